//! Grants: who is given what on a resource, by whom, until when. Does not know what a grant amounts
//! to for somebody; that is [`crate::reach`].

use serde::{Deserialize, Serialize};

use super::{Resource, ResourceChange, ResourcePermit, Verb, authorize, guard_verb};
use crate::access::Permit;
use crate::change::Change;
use crate::ids::{GrantId, GroupId, MemberId, OrgId, ResourceId};
use crate::organization::guard_shared;
use crate::permission::Mask;
use crate::preset::Rules;
use crate::reach::Origin;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// Who is granted something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum Subject {
    /// One member.
    Member(MemberId),
    /// Everybody in a group.
    Group(GroupId),
    /// Everybody who reaches another resource, such as the workspace that a connection is shared
    /// to (TP-27).
    Resource(ResourceId),
    /// Every active member of the organization.
    Everyone,
}

/// What is granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// A role that applies to the resource's type.
    Role(String),
    /// One permission.
    Permission(String),
}

impl Given {
    /// What it gives on a resource of type `kind`; a role or permission that is not known
    /// any more gives nothing.
    #[must_use]
    pub fn mask(&self, rules: &Rules, kind: &str) -> Mask {
        match self {
            Self::Role(slug) => rules.role(kind, slug).map_or(Mask::EMPTY, |role| role.floor),
            Self::Permission(name) => rules.preset().catalogue.gives(name).unwrap_or(Mask::EMPTY),
        }
    }

    /// The slug or name itself.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Role(word) | Self::Permission(word) => word,
        }
    }
}

/// One grant, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Where.
    pub organization: OrgId,
    /// On what.
    pub resource: ResourceId,
    /// To whom.
    pub subject: Subject,
    /// What.
    pub given: Given,
    /// When it ends; `None` is never. Time is not a change: a grant knows when it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Option<MemberId>,
}

impl Grant {
    /// Whether it still gives something at `now`.
    #[must_use]
    pub fn lives(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }

    /// What it gives on a resource of type `kind`.
    #[must_use]
    pub fn mask(&self, rules: &Rules, kind: &str) -> Mask {
        self.given.mask(rules, kind)
    }
}

/// Refuses every call about grants where the organization is not offered them (CT-31).
///
/// # Errors
/// `grant.not_offered`.
pub fn guard_offered(rules: &Rules) -> Result<(), Refusal> {
    if rules.policy().grants_offered { Ok(()) } else { Err(Code::GrantNotOffered.into()) }
}

/// Refuses a scope as receiver that would make a circle or a chain. `way` is the path to the scope,
/// `handed` whether anything on it is itself shared to a scope, `receives` whether the thing shared,
/// or something in it, receives as a scope.
///
/// INVARIANT: sharing to scopes goes one step. Whether somebody reaches a scope never depends on
/// another share to a scope, so the question always ends.
///
/// # Errors
/// `grant.cycle`, `grant.chained`.
pub fn guard_receiver(resource: &Resource, way: &[Resource], handed: bool, receives: bool) -> Result<(), Refusal> {
    let refused = |code: Code| Err(Refusal::value(code, "subject.id", code.meaning()));
    if way.iter().any(|above| above.id == resource.id) {
        return refused(Code::GrantCycle);
    }
    if handed || receives { refused(Code::GrantChained) } else { Ok(()) }
}

/// May the permit's holder give this on the resource? Nobody gives more than they have there.
///
/// # Errors
/// `role.unknown`, `permission.unknown`, `grant.above_own`.
pub fn guard_given(permit: &ResourcePermit, rules: &Rules, resource: &Resource, given: &Given) -> Result<(), Refusal> {
    let kind = &resource.kind;
    match given {
        Given::Role(slug) if rules.role(kind, slug).is_none() => {
            let known: Vec<_> = rules.roles_of(kind).map(|r| r.slug.as_str()).collect();
            let detail = format!("no role `{slug}` of a {kind}; there are {}", known.join(", "));
            Err(Refusal::value(Code::RoleUnknown, "role", detail))
        }
        Given::Permission(name) if rules.preset().bit(name).is_none() => {
            Err(Refusal::value(Code::PermissionUnknown, "permission", format!("no permission `{name}`")))
        }
        given if !given.mask(rules, kind).is_subset_of(permit.rights()) => Err(Code::GrantAboveOwn.into()),
        Given::Role(_) | Given::Permission(_) => Ok(()),
    }
}

/// Nobody shares a thing so widely that they may not share it any more: who shares it only because they
/// manage the groups it is granted to gives it neither to other groups nor to everyone (ON-19, ON-33).
///
/// # Errors
/// `grant.too_wide`.
pub fn guard_kept(permit: &ResourcePermit, rights_after: Mask, rules: &Rules, kind: &str) -> Result<(), Refusal> {
    authorize(permit.member(), rights_after, rules.preset(), kind, Verb::Share)
        .map(drop)
        .map_err(|_| Refusal::of(Code::ShareTooWide))
}

/// Grants something on a resource. Nobody grants more than they have there.
///
/// # Errors
/// `grant.not_offered`, `access.denied`, `role.unknown`, `permission.unknown`, `grant.above_own`, `grant.expired`.
pub fn grant(
    permit: &ResourcePermit,
    rules: &Rules,
    resource: &Resource,
    grant: Grant,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    guard(permit, rules, resource, &grant, now)?;
    Ok(vec![Change::Resource(ResourceChange::Granted { resource: Box::new(resource.clone()), grant: Box::new(grant) })])
}

fn guard(
    permit: &ResourcePermit,
    rules: &Rules,
    resource: &Resource,
    grant: &Grant,
    now: Timestamp,
) -> Result<(), Refusal> {
    guard_offered(rules)?;
    guard_shared(rules.policy())?;
    if grant.subject == Subject::Everyone {
        guard_verb(permit.rights(), rules.preset(), &resource.kind, Verb::Publish)?;
    }
    guard_given(permit, rules, resource, &grant.given)?;
    if !grant.lives(now) {
        return Err(Refusal::value(Code::GrantExpired, "expires_at", "lies in the past"));
    }
    Ok(())
}

/// Lets a grant give something else, or end at another time: mostly less (PL-20).
///
/// # Errors
/// As [`grant`].
pub fn change_grant(
    permit: &ResourcePermit,
    rules: &Rules,
    resource: &Resource,
    before: &Grant,
    after: Grant,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    guard_offered(rules)?;
    if *before == after {
        return Ok(Vec::new());
    }
    guard(permit, rules, resource, &after, now)?;
    let (resource, before) = (Box::new(resource.clone()), Box::new(before.clone()));
    Ok(vec![Change::Resource(ResourceChange::GrantChanged { resource, before, after: Box::new(after) })])
}

fn revoked(resource: &Resource, grant: Grant) -> Change {
    Change::Resource(ResourceChange::Revoked { resource: Box::new(resource.clone()), grant: Box::new(grant) })
}

/// Takes a grant back.
///
/// # Errors
/// `grant.not_offered`.
pub fn revoke(
    _permit: &ResourcePermit,
    rules: &Rules,
    resource: &Resource,
    grant: Grant,
) -> Result<Vec<Change>, Refusal> {
    guard_offered(rules)?;
    Ok(vec![revoked(resource, grant)])
}

/// Takes back everything granted on a resource, in one step (CT-31).
///
/// # Errors
/// `grant.not_offered`.
pub fn revoke_all(
    _permit: &ResourcePermit,
    rules: &Rules,
    resource: &Resource,
    grants: Vec<Grant>,
) -> Result<Vec<Change>, Refusal> {
    guard_offered(rules)?;
    Ok(grants.into_iter().map(|grant| revoked(resource, grant)).collect())
}

/// Takes back everything granted to one member, in one step (CT-31).
///
/// # Errors
/// `grant.not_offered`.
pub fn revoke_of_member(_permit: &Permit, rules: &Rules, held: Vec<(Resource, Grant)>) -> Result<Vec<Change>, Refusal> {
    guard_offered(rules)?;
    Ok(held.into_iter().map(|(resource, grant)| revoked(&resource, grant)).collect())
}

/// Takes somebody out of a resource: what was granted to them there goes, and nothing else (TP-16).
/// `elsewhere` is what would still let them in; then nothing is taken, since a yes would be a lie.
///
/// # Errors
/// `grant.not_offered`, `grant.elsewhere`, `not_found` for somebody who is not in.
pub fn take_out(
    permit: &ResourcePermit,
    rules: &Rules,
    resource: &Resource,
    direct: Vec<Grant>,
    elsewhere: Option<&Origin>,
) -> Result<Vec<Change>, Refusal> {
    guard_offered(rules)?;
    if let Some(origin) = elsewhere {
        return Err(Refusal::because(Code::GrantElsewhere, origin.sentence()));
    }
    if direct.is_empty() {
        return Err(Code::NotFound.into());
    }
    revoke_all(permit, rules, resource, direct)
}
