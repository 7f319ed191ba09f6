//! What a write would do, told from the changes it would make. Does not keep anything.

use guildhall_domain::change::{AccessChange, Change};
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::Rules;
use guildhall_store::read::organization;
use guildhall_store::{Stop, Tx};

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
        if let Some(access) = change.access()
            && let Some(organization) = organization::by_id(tx, access.organization)?
        {
            let rules = ctx.app.rules_uncached(&organization)?;
            compare(&rules, &access, &mut preview);
        }
    }
    Ok(preview)
}

fn compare(rules: &Rules, access: &AccessChange, preview: &mut Preview) {
    let mask = |role: &Option<String>| role.as_deref().map_or(Mask::EMPTY, |slug| rules.role_mask(slug));
    let (before, after) = (mask(&access.before), mask(&access.after));
    let names = |mask: Mask| -> Vec<String> {
        rules.preset().catalogue.iter().filter(|(bit, _)| mask.contains(*bit)).map(|(_, p)| p.name.clone()).collect()
    };
    for (list, difference) in [(&mut preview.access_gained, after - before), (&mut preview.access_lost, before - after)]
    {
        if !difference.is_empty() {
            list.push(PreviewAccess {
                member: access.member.to_string(),
                email: access.email.clone(),
                permissions: names(difference),
            });
        }
    }
}
