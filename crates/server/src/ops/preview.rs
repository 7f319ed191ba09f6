//! What a write would do, told from the changes it would make. Does not keep anything.

use std::collections::HashSet;

use guildhall_domain::change::{AccessChange, Change};
use guildhall_domain::ids::{MemberId, OrgId};
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
        if let Change::PolicyChanged { organization, before, after } = change {
            // Whoever comes in by the same write is told by that.
            let told = changes.iter().filter_map(|c| c.access().map(|access| access.member)).collect();
            compare_policies(ctx, tx, *organization, (before, after), &told, &mut preview)?;
        }
        if let Some(access) = change.access()
            && let Some(organization) = organization::by_id(tx, access.organization)?
        {
            let rules = ctx.app.rules_uncached(&organization)?;
            compare(&rules, &access, &mut preview);
        }
    }
    Ok(preview)
}

/// Knobs take rights from roles and give them back: everybody active whose role is touched is told.
fn compare_policies(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    organization: OrgId,
    (before, after): (&Map<String, Value>, &Map<String, Value>),
    told: &HashSet<MemberId>,
    preview: &mut Preview,
) -> Result<(), Stop> {
    let Some(here) = organization::by_id(tx, organization)? else { return Ok(()) };
    let with =
        |policy: &Map<String, Value>| ctx.app.rules_uncached(&Organization { policy: policy.clone(), ..here.clone() });
    let (before, after) = (with(before)?, with(after)?);
    for role in after.preset().organization_roles() {
        let masks = (before.role_mask(&role.slug), after.role_mask(&role.slug));
        if masks.0 == masks.1 {
            continue;
        }
        let filter = Filter { role: Some(role.slug.clone()), status: Some(Status::Active), ..Filter::default() };
        let holders = members::list(tx, organization, &filter, &Page { after: None, limit: u32::MAX })?;
        for (_, member) in holders.into_iter().filter(|(_, member)| !told.contains(&member.id)) {
            tell(&after, (member.id, &member.email), masks, preview);
        }
    }
    Ok(())
}

fn compare(rules: &Rules, access: &AccessChange, preview: &mut Preview) {
    let mask = |role: &Option<String>| role.as_deref().map_or(Mask::EMPTY, |slug| rules.role_mask(slug));
    tell(rules, (access.member, &access.email), (mask(&access.before), mask(&access.after)), preview);
}

fn tell(rules: &Rules, (member, email): (MemberId, &str), (before, after): (Mask, Mask), preview: &mut Preview) {
    let names = |mask: Mask| -> Vec<String> {
        rules.preset().catalogue.iter().filter(|(bit, _)| mask.contains(*bit)).map(|(_, p)| p.name.clone()).collect()
    };
    for (list, difference) in [(&mut preview.access_gained, after - before), (&mut preview.access_lost, before - after)]
    {
        if !difference.is_empty() {
            list.push(PreviewAccess {
                member: member.to_string(),
                email: email.to_owned(),
                permissions: names(difference),
            });
        }
    }
}
