//! Who gets what somebody who goes owns, as a form: the things with room for an address each, and what was
//! sent back, read as the use cases take it. Decides nothing.

use std::collections::BTreeMap;

use guildhall_domain::preset::Rules;
use guildhall_domain::refusal::{Code, FieldError, Refusal};
use guildhall_store::Stop;

use crate::console::verdict::sentence;
use crate::console::view::{Choice, Handing, Heirloom, Input};
use crate::console::visit::Sent;
use crate::ops::Ctx;
use crate::ops::departures::Handover;
use crate::ops::members::{self, MemberQuery};
use crate::ops::removal_plan::OwnedThing;
use crate::ops::view::MemberView;

/// How many things have a field of their own, and how many people are offered.
const SHOWN: usize = 25;
const OFFERED: u32 = 50;

const ALL: &str = "transfer_to";

fn field(resource: &str) -> String {
    format!("transfers.{resource}")
}

async fn active(ctx: &Ctx, org: &str, query: Option<String>, limit: u32) -> Result<Vec<MemberView>, Stop> {
    let query = MemberQuery { query, status: Some("active".to_owned()), limit: Some(limit), ..MemberQuery::default() };
    Ok(members::list(ctx, org, query).await?.items)
}

/// The form; `None` when nothing is owned. `leaving` is not offered to themself.
///
/// # Errors
/// [`Stop`].
pub(super) async fn form(
    ctx: &Ctx,
    org: &str,
    rules: &Rules,
    leaving: &str,
    owns: &[OwnedThing],
    answer: Option<(&Sent, &[FieldError])>,
) -> Result<Option<Handing>, Stop> {
    let Some(first) = owns.first() else { return Ok(None) };
    let input = |name: &str| match answer {
        Some((sent, errors)) => Input {
            value: sent.get(name).to_owned(),
            error: errors.iter().find(|e| e.field == name).map(|e| sentence(&e.detail)),
        },
        None => Input::default(),
    };
    let kind = |slug: &str| rules.preset().resource_type(slug).map_or_else(|| slug.to_owned(), |t| t.name.clone());
    let each = owns.iter().take(SHOWN).map(|thing| Heirloom {
        heir: input(&field(&thing.resource)),
        field: field(&thing.resource),
        name: thing.name.clone(),
        kind: kind(&thing.kind),
    });
    let things = match owns.len() {
        1 => "One thing here has".to_owned(),
        many => format!("{many} things here have"),
    };
    let becomes = match first.becomes.as_str() {
        "organization" => "What nobody gets belongs to the organization.",
        "nobody" => "What nobody gets has no owner any more.",
        _ => "Each needs another owner first.",
    };
    // Whoever may not list people types the addresses.
    let people = active(ctx, org, None, OFFERED).await.unwrap_or_default();
    let people = people.into_iter().filter(|m| m.id != leaving);
    let people = people.filter_map(|m| Some(Choice::new(m.identity.email?, m.identity.name))).collect();
    Ok(Some(Handing {
        lead: format!("{things} this owner. {becomes}"),
        all: input(ALL),
        each: each.collect(),
        hidden: owns.len().saturating_sub(SHOWN),
        people,
    }))
}

/// The member behind an address as the list of people shows it.
async fn by_address(ctx: &Ctx, org: &str, field: &str, address: &str) -> Result<String, Stop> {
    let listed = active(ctx, org, Some(address.to_owned()), 100).await?;
    let same = |m: &&MemberView| m.identity.email.as_ref().is_some_and(|e| e.eq_ignore_ascii_case(address));
    let found: Vec<&MemberView> = listed.iter().filter(same).collect();
    match found.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => Err(Refusal::value(Code::TransferHeir, field, "nobody who is active here has that address").into()),
        _ => Err(Refusal::value(Code::TransferHeir, field, "several people here have that address").into()),
    }
}

/// What the form said.
///
/// # Errors
/// `transfer.heir`, naming the field.
pub(super) async fn said(ctx: &Ctx, org: &str, sent: &Sent) -> Result<Handover, Stop> {
    let (mut transfer_to, mut transfers) = (None, BTreeMap::new());
    for (name, value) in &sent.fields {
        let address = value.trim();
        if address.is_empty() {
            continue;
        }
        if name == ALL {
            transfer_to = Some(by_address(ctx, org, name, address).await?);
        } else if let Some(resource) = name.strip_prefix("transfers.") {
            transfers.insert(resource.to_owned(), Some(by_address(ctx, org, name, address).await?));
        }
    }
    Ok(Handover { transfer_to, transfers })
}
