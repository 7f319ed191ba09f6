//! Resources that somebody else keeps: an integration, which is the service account that made them so, or the tenant
//! above. In the organization they are shared and read, and not changed (TP-28). Also what never leaves its scope.

use serde_json::json;

use super::{Resource, ResourceChange, Verb};
use crate::change::Change;
use crate::ids::{MemberId, ResourceId, TenantResourceId};
use crate::member::{Member, MemberKind};
use crate::permission::Mask;
use crate::preset::Preset;
use crate::refusal::{Code, Refusal};

/// Who keeps a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// A service account.
    Integration(MemberId),
    /// The tenant above, as this resource of its own.
    Tenant(TenantResourceId),
}

impl Keeper {
    /// As it is shown.
    #[must_use]
    pub fn shown(self) -> String {
        match self {
            Self::Integration(member) => member.to_string(),
            Self::Tenant(resource) => resource.to_string(),
        }
    }

    pub(super) fn told(self) -> serde_json::Value {
        json!({"kept_by": self.shown()})
    }
}

/// Refuses a change of what somebody else keeps.
///
/// # Errors
/// `resource.kept`.
pub fn guard_keeper(keeper: Option<Keeper>, by: MemberId) -> Result<(), Refusal> {
    match keeper {
        None => Ok(()),
        Some(Keeper::Integration(member)) if member == by => Ok(()),
        Some(Keeper::Integration(_)) => {
            let why = "an integration keeps this; it is changed where the integration takes it from";
            Err(Refusal::because(Code::ResourceKept, why))
        }
        Some(Keeper::Tenant(_)) => {
            Err(Refusal::because(Code::ResourceKept, "the tenant keeps this; an owner of the tenant changes it there"))
        }
    }
}

/// What remains of somebody's rights on what somebody else keeps: everything but changing and ending it.
#[must_use]
pub fn rights_left(preset: &Preset, kind: &str, rights: Mask, keeper: Option<Keeper>, by: MemberId) -> Mask {
    if guard_keeper(keeper, by).is_ok() {
        return rights;
    }
    let bit = |verb: Verb| verb.permission(preset, kind).map_or(Mask::EMPTY, |(bit, _)| Mask::EMPTY.with(bit));
    rights - ((bit(Verb::Update) | bit(Verb::Delete)) - (bit(Verb::Share) | bit(Verb::Read)))
}

/// Has a resource kept by the service account that makes it.
///
/// # Errors
/// A refused value for a person.
pub fn keep(resource: &Resource, by: &Member) -> Result<Vec<Change>, Refusal> {
    if by.kind != MemberKind::ServiceAccount {
        let why = "only a service account keeps what it makes";
        return Err(Refusal::field("integration", "field.invalid", why));
    }
    let (resource, keeper) = (Box::new(resource.clone()), Keeper::Integration(by.id));
    Ok(vec![Change::Resource(ResourceChange::Kept { resource, keeper })])
}

/// The scope that the last of `path` never leaves: the nearest thing above it whose type does not stay itself.
#[must_use]
pub fn home(preset: &Preset, path: &[Resource]) -> Option<ResourceId> {
    let stays = |one: &Resource| preset.resource_type(&one.kind).is_some_and(|kind| kind.stays);
    let (last, above) = path.split_last()?;
    above.iter().rev().find(|one| !stays(one)).filter(|_| stays(last)).map(|one| one.id)
}

/// Refuses to share the last of `path` to a scope outside of its home. `way` is the path to the scope.
///
/// # Errors
/// `resource.stays`.
pub fn guard_home(preset: &Preset, path: &[Resource], way: &[Resource]) -> Result<(), Refusal> {
    match home(preset, path) {
        Some(home) if way.iter().all(|one| one.id != home) => Err(Code::ResourceStays.into()),
        _ => Ok(()),
    }
}

/// Refuses to move the last of `path` out of its home, to below `to`.
///
/// # Errors
/// `resource.stays`.
pub fn guard_move(preset: &Preset, path: &[Resource], to: &[Resource]) -> Result<(), Refusal> {
    guard_home(preset, path, to)
}
