//! What a write would do, told from the changes it would make. Does not keep anything.

use std::collections::HashSet;
use std::sync::Arc;

use guildhall_domain::change::Change;
use guildhall_domain::ids::{MemberId, OrgId};
use guildhall_domain::member::Status;
use guildhall_domain::organization::Organization;
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::Rules;
use guildhall_domain::role::{CustomRole, RoleChange};
use guildhall_store::read::member::Filter;
use guildhall_store::read::{Page, member as members, organization, role as roles};
use guildhall_store::{Stop, Tx};

use super::view::{EventTarget, Preview, PreviewAccess, PreviewChange, PreviewMail};
use super::{Ctx, captured, stranded};

/// The preview of everything `tx` has applied.
///
/// # Errors
/// [`Stop`].
pub fn of(ctx: &Ctx, tx: &mut Tx<'_>) -> Result<Preview, Stop> {
    let changes: Vec<Change> = tx.changes().to_vec();
    let mut preview = Preview::default();
    let mut touched: Vec<OrgId> = Vec::new();
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
        let here = match change {
            Change::PolicyChanged { organization, .. } => Some(*organization),
            Change::PresetApplied { after, .. } => Some(after.id),
            Change::Role(change) => Some(change.role().organization),
            other => other.access().map(|access| access.organization),
        };
        touched.extend(here.filter(|id| !touched.contains(id)));
    }
    for id in touched {
        if let Some(here) = organization::by_id(tx, id)? {
            compare(ctx, tx, &here, &changes, &mut preview)?;
        }
    }
    Ok(preview)
}

/// Who has other rights than before: whoever's membership or role changed, and whoever is active with a role that
/// means something else by another knob, another preset or an edited role.
fn compare(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    here: &Organization,
    changes: &[Change],
    preview: &mut Preview,
) -> Result<(), Stop> {
    let own = roles::of_organization(tx, here.id)?;
    let (before, after) = (earlier(ctx, here, own.clone(), changes)?, ctx.app.rules_of(here, own)?);
    // Whoever comes in or changes the role by the same write is told by that.
    let mut told: HashSet<MemberId> = HashSet::new();
    for access in changes.iter().filter_map(Change::access).filter(|access| access.organization == here.id) {
        told.insert(access.member);
        let names = (names(&before, access.before.as_deref()), names(&after, access.after.as_deref()));
        tell((access.member, &access.email), (&names.0, &names.1), preview);
    }
    preview.stranded.extend(stranded::of(tx, here.id, &before, &after)?);
    preview.without_factor.extend(stranded::without_factor(tx, here.id, &before, &after)?);
    preview.needs_sso.extend(captured::of(tx, here.id, &before, &after)?);
    for role in after.organization_roles() {
        let names = (names(&before, Some(&role.slug)), names(&after, Some(&role.slug)));
        if names.0 == names.1 {
            continue;
        }
        let filter = Filter { role: Some(role.slug.clone()), status: Some(Status::Active), ..Filter::default() };
        let holders = members::list(tx, here.id, &filter, &Page { after: None, limit: u32::MAX })?;
        for (_, member) in holders.into_iter().filter(|(_, member)| !told.contains(&member.id)) {
            tell((member.id, &member.email), (&names.0, &names.1), preview);
        }
    }
    Ok(())
}

/// The rules as they were before the changes.
fn earlier(ctx: &Ctx, here: &Organization, mut own: Vec<CustomRole>, changes: &[Change]) -> Result<Arc<Rules>, Stop> {
    let mut was = here.clone();
    for change in changes.iter().rev() {
        match change {
            Change::PolicyChanged { organization, before, .. } if *organization == here.id => {
                was.policy = before.clone();
            }
            Change::PresetApplied { before, .. } if before.id == here.id => was = (**before).clone(),
            Change::Role(change) if change.role().organization == here.id => {
                own.retain(|role| role.id != change.role().id);
                if !matches!(change, RoleChange::Created { .. }) {
                    own.push(change.role().clone());
                }
            }
            _ => {}
        }
    }
    Ok(ctx.app.rules_of(&was, own)?)
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
