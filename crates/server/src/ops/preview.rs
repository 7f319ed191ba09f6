//! What a write would do, told from the changes it would make. Does not keep anything.

use std::collections::HashSet;
use std::sync::Arc;

use guildhall_domain::change::Change;
use guildhall_domain::ids::MemberId;
use guildhall_domain::member::Status;
use guildhall_domain::organization::Organization;
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::Rules;
use guildhall_store::read::member::Filter;
use guildhall_store::read::{Page, member as members, organization};
use guildhall_store::{Stop, Tx};
use serde_json::{Map, Value};

use super::Ctx;
use super::view::{EventTarget, Preview, PreviewAccess, PreviewChange, PreviewMail};

/// The preview of everything `tx` has applied.
///
/// # Errors
/// [`Stop`].
pub fn of(ctx: &Ctx, tx: &mut Tx<'_>) -> Result<Preview, Stop> {
    let changes: Vec<Change> = tx.changes().to_vec();
    let mut preview =
        Preview { changes: Vec::new(), access_gained: Vec::new(), access_lost: Vec::new(), mails: Vec::new() };
    for change in &changes {
        if let Some(fact) = change.audit() {
            let (kind, id, name) = fact.target;
            preview.changes.push(PreviewChange {
                kind: fact.kind.to_owned(),
                target: EventTarget { kind: kind.to_owned(), id, name },
                before: fact.before,
                after: fact.after,
            });
        }
        if let Change::MailQueued { kind, to, .. } = change {
            preview.mails.push(PreviewMail { to: to.clone(), kind: (*kind).to_owned() });
        }
        // Whoever comes in or changes the role by the same write is told by that.
        let told = || changes.iter().filter_map(|c| c.access().map(|access| access.member)).collect();
        match change {
            Change::PolicyChanged { organization, before, after } => {
                if let Some(here) = organization::by_id(tx, *organization)? {
                    let with = |policy: &Map<String, Value>| Organization { policy: policy.clone(), ..here.clone() };
                    compare_rules(ctx, tx, (&with(before), &with(after)), &told(), &mut preview)?;
                }
            }
            Change::PresetApplied { before, after } => {
                compare_rules(ctx, tx, (before, after), &told(), &mut preview)?;
            }
            _ => {}
        }
        if let Some(access) = change.access()
            && let Some(organization) = organization::by_id(tx, access.organization)?
        {
            let after = ctx.app.rules_uncached(&organization)?;
            let before = rules_before(ctx, &changes)?.unwrap_or_else(|| Arc::clone(&after));
            let names = (names(&before, access.before.as_deref()), names(&after, access.after.as_deref()));
            tell((access.member, &access.email), (&names.0, &names.1), &mut preview);
        }
    }
    Ok(preview)
}

/// The rules under which people had their roles, where the same write puts a preset into force.
fn rules_before(ctx: &Ctx, changes: &[Change]) -> Result<Option<Arc<Rules>>, Stop> {
    let before = changes.iter().find_map(|change| match change {
        Change::PresetApplied { before, .. } => Some(before),
        _ => None,
    });
    Ok(before.map(|before| ctx.app.rules_uncached(before)).transpose()?)
}

/// Knobs take rights from roles and give them back, and another preset gives them other rights: everybody active
/// whose role is touched is told.
fn compare_rules(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    (before, after): (&Organization, &Organization),
    told: &HashSet<MemberId>,
    preview: &mut Preview,
) -> Result<(), Stop> {
    let here = after.id;
    let (before, after) = (ctx.app.rules_uncached(before)?, ctx.app.rules_uncached(after)?);
    for role in after.preset().organization_roles() {
        let names = (names(&before, Some(&role.slug)), names(&after, Some(&role.slug)));
        if names.0 == names.1 {
            continue;
        }
        let filter = Filter { role: Some(role.slug.clone()), status: Some(Status::Active), ..Filter::default() };
        let holders = members::list(tx, here, &filter, &Page { after: None, limit: u32::MAX })?;
        for (_, member) in holders.into_iter().filter(|(_, member)| !told.contains(&member.id)) {
            tell((member.id, &member.email), (&names.0, &names.1), preview);
        }
    }
    Ok(())
}

/// What a role gives at the root, by name: bits mean something in one preset only.
fn names(rules: &Rules, role: Option<&str>) -> Vec<String> {
    let mask = role.map_or(Mask::EMPTY, |slug| rules.role_mask(slug));
    rules.preset().catalogue.names(mask).into_iter().map(str::to_owned).collect()
}

fn tell((member, email): (MemberId, &str), (before, after): (&[String], &[String]), preview: &mut Preview) {
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|name| !those.contains(name)).cloned().collect()
    };
    for (list, permissions) in
        [(&mut preview.access_gained, only(after, before)), (&mut preview.access_lost, only(before, after))]
    {
        if !permissions.is_empty() {
            list.push(PreviewAccess { member: member.to_string(), email: email.to_owned(), permissions });
        }
    }
}
