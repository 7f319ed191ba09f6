//! Who owns a resource, and handing it on. Whoever owns a thing has the highest role of its type
//! there, so giving ownership away is giving rights. Does not load anything.

use crate::change::Change;
use crate::ids::MemberId;
use crate::member::{Member, Origin, Status};
use crate::permission::Mask;
use crate::preset::{Preset, Rules};
use crate::refusal::{Code, Refusal};
use crate::resource::{self, Resource, ResourceChange, ResourcePermit, Verb};

/// What owning a resource of type `kind` gives: what the preset says, the highest role of its type by itself.
#[must_use]
pub fn gives(preset: &Preset, kind: &str) -> Mask {
    preset.owner_mask(kind)
}

/// What somebody must hold at a resource of type `kind` to make another member its owner; `None`
/// when the preset lets nobody.
#[must_use]
pub fn needed(preset: &Preset, kind: &str) -> Option<Mask> {
    Verb::Share.permission(preset, kind).map(|(bit, _)| gives(preset, kind).with(bit))
}

/// Who owns what somebody makes here without naming an owner: they do. An owner of the tenant is here without a
/// membership; what they make is the organization's.
#[must_use]
pub fn of_maker(me: &Member) -> Option<&Member> {
    Some(me).filter(|me| me.origin != Origin::Tenant)
}

/// Refuses an owner who does not work here at this moment; nobody is as good as anybody.
pub(crate) fn guard_owner(owner: Option<&Member>, code: Code, field: &str) -> Result<(), Refusal> {
    match owner {
        Some(member) if member.status != Status::Active => {
            Err(Refusal::value(code, field, "only an active member can own something"))
        }
        _ => Ok(()),
    }
}

/// Refuses whoever may not decide who owns a resource of type `kind` where they have `rights`.
/// Who owns a thing decides who enters, so to edit it is not enough; and nobody gives more than
/// they have.
pub(crate) fn guard_handing_on(rights: Mask, preset: &Preset, kind: &str, to: Option<MemberId>) -> Result<(), Refusal> {
    resource::guard_verb(rights, preset, kind, Verb::Share)?;
    if to.is_some() && !gives(preset, kind).is_subset_of(rights) {
        return Err(Refusal::of(Code::GrantAboveOwn));
    }
    Ok(())
}

/// The same resource with another owner.
pub(crate) fn handed_on(before: &Resource, to: Option<MemberId>) -> Change {
    let after = Resource { owner: to, ..before.clone() };
    Change::Resource(ResourceChange::Edited { before: Box::new(before.clone()), after: Box::new(after) })
}

/// Hands a resource on to another member, or with `None` to the organization.
///
/// # Errors
/// `transfer.heir`, `access.denied`, `grant.above_own`.
pub fn transfer(
    permit: &ResourcePermit,
    rules: &Rules,
    before: &Resource,
    to: Option<&Member>,
) -> Result<Vec<Change>, Refusal> {
    let heir = to.map(|member| member.id);
    if before.owner == heir {
        return Ok(Vec::new());
    }
    guard_owner(to, Code::TransferHeir, "to")?;
    guard_handing_on(permit.rights(), rules.preset(), &before.kind, heir)?;
    Ok(vec![handed_on(before, heir)])
}
