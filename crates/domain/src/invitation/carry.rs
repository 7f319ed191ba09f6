//! What an invitation gives beside the role: places in groups and roles inside resources. Decided when
//! it is made, applied when somebody comes in; what is gone by then is skipped, and the trail says so.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Invitation;
use crate::access::Permit;
use crate::change::Change;
use crate::group::{self, Group, GroupChange, GroupOrigin, Seat};
use crate::ids::{GrantId, GroupId, ResourceId};
use crate::member::Member;
use crate::policy::InviteCarries;
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::resource::{self, Given, Grant, Resource, ResourceChange, ResourcePermit, Subject};
use crate::time::Timestamp;

/// Most groups, and most roles inside resources, that one invitation carries.
pub const MOST_CARRIED: usize = 100;

/// A role inside a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedRole {
    /// Where.
    pub resource: ResourceId,
    /// Slug of a role of its type.
    pub role: String,
}

/// What an invitation gives beside the organization's role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Groups to be in.
    #[serde(default)]
    pub groups: Vec<GroupId>,
    /// Roles inside resources.
    #[serde(default)]
    pub resources: Vec<CarriedRole>,
}

impl Carried {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.resources.is_empty()
    }

    /// As the audit trail tells it.
    #[must_use]
    pub fn told(&self) -> serde_json::Value {
        json!({"groups": self.groups, "resources": self.resources})
    }
}

fn guard_carries(rules: &Rules, what: InviteCarries) -> Result<(), Refusal> {
    if rules.policy().invite_carries.contains(what) {
        return Ok(());
    }
    let detail = format!("invitations here carry no {}", what.as_str());
    Err(Refusal::value(Code::InvitationNotCarried, what.as_str(), detail))
}

/// May an invitation carry this role? The usual one needs no leave.
///
/// # Errors
/// `invitation.not_carried`.
pub fn guard_role_carried(rules: &Rules, role: &str) -> Result<(), Refusal> {
    if role == rules.policy().role_default.as_str() { Ok(()) } else { guard_carries(rules, InviteCarries::Role) }
}

/// May the permit's holder have an invitation carry a place in this group? As when they add somebody.
///
/// # Errors
/// `invitation.not_carried`, `group.external`, `group.grants_above_own`.
pub fn guard_group(permit: &Permit, rules: &Rules, group: &Group, grants_more: bool) -> Result<(), Refusal> {
    guard_carries(rules, InviteCarries::Groups)?;
    group::guard_adding(permit, rules, group, grants_more)
}

/// May the permit's holder have an invitation carry this role there? As when they grant it.
///
/// # Errors
/// `invitation.not_carried`, `role.unknown`, `grant.above_own`.
pub fn guard_resource(permit: &ResourcePermit, rules: &Rules, resource: &Resource, role: &str) -> Result<(), Refusal> {
    guard_carries(rules, InviteCarries::Resources)?;
    resource::guard_given(permit, rules, resource, &Given::Role(role.to_owned()))
}

/// One thing an invitation carries, as it is when somebody comes in; `None` for what is gone.
#[derive(Clone, Debug)]
pub enum Found {
    /// A group.
    Group(GroupId, Option<Group>),
    /// A role inside a resource, with a fresh id for the grant.
    Resource(CarriedRole, Option<Resource>, GrantId),
}

/// Gives `member`, who has just come in, what the invitation carries.
#[must_use]
pub fn carry_out(
    rules: &Rules,
    invitation: &Invitation,
    member: &Member,
    found: Vec<Found>,
    now: Timestamp,
) -> Vec<Change> {
    let mut skipped = Carried::default();
    let mut changes = Vec::new();
    for one in found {
        match one {
            Found::Group(_, Some(group)) if group.origin == GroupOrigin::Local => {
                changes.push(Change::Group(GroupChange::SeatSet {
                    group: Box::new(group),
                    email: member.email.clone(),
                    before: None,
                    after: Seat { member: member.id, manager: false },
                }));
            }
            Found::Group(id, _) => skipped.groups.push(id),
            Found::Resource(carried, Some(target), id) if rules.role(&target.kind, &carried.role).is_some() => {
                let grant = Grant {
                    id,
                    organization: invitation.organization,
                    resource: target.id,
                    subject: Subject::Member(member.id),
                    given: Given::Role(carried.role),
                    expires_at: None,
                    created_at: now,
                    created_by: invitation.created_by,
                };
                let (resource, grant) = (Box::new(target), Box::new(grant));
                changes.push(Change::Resource(ResourceChange::Granted { resource, grant }));
            }
            Found::Resource(carried, ..) => skipped.resources.push(carried),
        }
    }
    if !skipped.is_empty() {
        changes.push(Change::InvitationCarriedInPart { invitation: Box::new(invitation.clone()), skipped });
    }
    changes
}
