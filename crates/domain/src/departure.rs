//! Going: removed, leaving, deleting one's own identity, and undoing a removal. What a person owns
//! has to go somewhere first; everything happens in one commit. Does not load anything.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::Permit;
use crate::change::Change;
use crate::identity::Identity;
use crate::ids::{GrantId, GroupId, ResourceId};
use crate::joining::Facts;
use crate::member::{self, Member, MemberKind, Origin, Status, Surroundings};
use crate::organization::Organization;
use crate::ownership;
use crate::permission::Mask;
use crate::policy::{DeletePrecondition, OrganizationsPerIdentity, OwnedObjects, SelfRemoval};
use crate::preset::Rules;
use crate::provisioning::guard_managed;
use crate::refusal::{Code, Refusal};
use crate::resource::{Grant, Resource};
use crate::seats;
use crate::service_account;
use crate::tenant::{Tenant, TenantChange, TenantMember};
use crate::text::Email;
use crate::time::Timestamp;

/// Where something owned goes.
#[derive(Clone, Debug)]
pub enum Fate {
    /// Nobody said.
    Unsaid,
    /// To the organization, by somebody's word.
    Organization,
    /// To this member.
    Heir(Box<Member>),
}

/// Something the person owns.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The thing.
    pub resource: Resource,
    /// Where it goes.
    pub to: Fate,
    /// What whoever decides may do there; looked at where it goes to somebody.
    pub rights: Mask,
}

/// Everything a person has here beside the membership.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    /// What they own.
    pub holdings: Vec<Holding>,
    /// Groups they are in, and whether they manage them.
    pub seats: Vec<(GroupId, bool)>,
    /// What is granted to them.
    pub grants: Vec<Grant>,
}

/// What a removed member had, for whoever undoes the removal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Where the membership stood.
    pub status: Status,
    /// Groups, and whether they managed them.
    pub seats: Vec<(GroupId, bool)>,
    /// What was granted to them.
    pub grants: Vec<Grant>,
    /// What they owned and nobody got.
    pub owned: Vec<ResourceId>,
}

impl Kept {
    /// The groups.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupId> {
        self.seats.iter().map(|(group, _)| *group).collect()
    }

    /// The grants.
    #[must_use]
    pub fn grant_ids(&self) -> Vec<GrantId> {
        self.grants.iter().map(|grant| grant.id).collect()
    }
}

/// The form in which a refusal lists what is owned.
fn blocker(resource: &Resource) -> Value {
    json!({"resource": resource.id, "type": resource.kind, "name": resource.name})
}

fn owns(blockers: Vec<Value>, hint: &str) -> Refusal {
    let detail = format!("{} of the things they own stand in the way; {hint}", blockers.len());
    Refusal { detail, extra: Some(("blockers", Value::Array(blockers))), ..Refusal::of(Code::OwnsResources) }
}

/// The things that keep their owner here under the policy.
fn in_the_way<'a>(rules: &Rules, holdings: &'a [Holding]) -> impl Iterator<Item = &'a Holding> {
    let before = rules.policy().delete_precondition == DeletePrecondition::Transferred;
    let knob = rules.policy().delete_owned_objects;
    holdings.iter().filter(move |holding| match (knob, &holding.to) {
        _ if before => true,
        (OwnedObjects::OrgOwned | OwnedObjects::Orphan, _) | (_, Fate::Heir(_)) => false,
        (OwnedObjects::Block, to) => matches!(to, Fate::Unsaid),
        (OwnedObjects::TransferRequired, _) => true,
    })
}

pub(crate) fn guard_owned(rules: &Rules, estate: &Estate) -> Result<(), Refusal> {
    let blockers: Vec<Value> = in_the_way(rules, &estate.holdings).map(|h| blocker(&h.resource)).collect();
    if blockers.is_empty() {
        return Ok(());
    }
    let before = rules.policy().delete_precondition == DeletePrecondition::Transferred;
    let hint = if before { "hand them on before" } else { "name who gets them in `transfer_to` or `transfers`" };
    Err(owns(blockers, hint))
}

/// Refuses heirs who cannot take what they are given.
pub(crate) fn guard_heirs(rules: &Rules, leaving: &Member, estate: &Estate) -> Result<(), Refusal> {
    for holding in &estate.holdings {
        if let Fate::Heir(heir) = &holding.to {
            if heir.id == leaving.id {
                return Err(Refusal::value(Code::TransferHeir, "transfer_to", "whoever goes inherits nothing"));
            }
            ownership::guard_owner(Some(heir), Code::TransferHeir, "transfer_to")?;
            ownership::guard_handing_on(holding.rights, rules.preset(), &holding.resource.kind, Some(heir.id))?;
        }
    }
    Ok(())
}

/// How a membership ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By removing the member.
    Removed,
    /// By leaving.
    Left,
}

/// Everything that refuses the end of a membership at this moment, the most telling first.
#[must_use]
pub fn obstacles(
    permit: &Permit,
    rules: &Rules,
    member: &Member,
    around: Surroundings,
    estate: &Estate,
    way: Way,
) -> Vec<Refusal> {
    if !matches!(member.status, Status::Active | Status::Deactivated | Status::PendingApproval | Status::Requested) {
        return vec![member::wrong_state(member, "only somebody who came in can be removed")];
    }
    if member.origin == Origin::Tenant {
        return vec![member::wrong_state(
            member,
            "an owner of the tenant is here without a membership; there is none to end",
        )];
    }
    let (policy, mut found) = (rules.policy(), Vec::new());
    let mine = permit.is_self(member.id);
    if mine && member.kind == MemberKind::ServiceAccount {
        found.push(service_account::ends_itself());
    } else if mine && way == Way::Removed && policy.self_deactivate_or_remove == SelfRemoval::Forbidden {
        found.push(Refusal::of(Code::SelfRemove));
    }
    if !mine {
        found.extend(guard_managed(permit, rules, member).err());
        found.extend(member::guard_rank(permit, rules, member).err());
    }
    found.extend(member::guard_last_top(rules, member, around).err());
    let first = policy.delete_precondition == DeletePrecondition::Deactivated && member.status == Status::Active;
    if !mine && first {
        found.push(Refusal::of(Code::MemberDeactivateFirst));
    }
    found.extend(guard_heirs(rules, member, estate).err());
    found.extend(guard_owned(rules, estate).err());
    found
}

/// Hands on what somebody gets, and takes the owner from the rest.
pub(crate) fn handed_on(estate: &Estate) -> impl Iterator<Item = Change> {
    estate.holdings.iter().map(|holding| {
        let heir = match &holding.to {
            Fate::Heir(heir) => Some(heir.id),
            Fate::Unsaid | Fate::Organization => None,
        };
        ownership::handed_on(&holding.resource, heir)
    })
}

fn gone(member: &Member, estate: &Estate, ended: Change) -> Vec<Change> {
    let mut changes: Vec<Change> = handed_on(estate).collect();
    changes.push(ended);
    changes.push(Change::TokensRevoked { organization: member.organization, member: member.id });
    changes
}

/// Ends a membership for good: grants, groups and tokens here go, what the person owns goes where it
/// was said to, and they come back only as new. Somebody else's removal can be undone for as long as
/// the policy says.
///
/// # Errors
/// The first of [`obstacles`].
pub fn remove(
    permit: &Permit,
    rules: &Rules,
    member: &Member,
    around: Surroundings,
    estate: &Estate,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    if let Some(why) = obstacles(permit, rules, member, around, estate, Way::Removed).into_iter().next() {
        return Err(why);
    }
    if permit.is_self(member.id) {
        return Ok(left(member, around, estate));
    }
    let mut changes = Vec::new();
    if let Some(grace_s) = rules.policy().removal_grace_s {
        let ownerless = estate.holdings.iter().filter(|h| !matches!(h.to, Fate::Heir(_)));
        let kept = Kept {
            status: member.status,
            seats: estate.seats.clone(),
            grants: estate.grants.clone(),
            owned: ownerless.map(|h| h.resource.id).collect(),
        };
        let until = now.plus_s(grace_s);
        changes.push(Change::RemovalKept { member: Box::new(member.clone()), kept: Box::new(kept), until });
    }
    changes.extend(gone(member, estate, Change::MemberRemoved { member: Box::new(member.clone()) }));
    changes.extend(member::end_of_access(member, around, "removed from the organization"));
    Ok(changes)
}

fn left(member: &Member, around: Surroundings, estate: &Estate) -> Vec<Change> {
    let mut changes = gone(member, estate, Change::MemberLeft { member: Box::new(member.clone()) });
    changes.extend(member::end_of_access(member, around, "left the organization"));
    changes
}

/// Leaves an organization by oneself.
///
/// # Errors
/// The first of [`obstacles`].
pub fn leave(
    permit: &Permit,
    rules: &Rules,
    member: &Member,
    around: Surroundings,
    estate: &Estate,
) -> Result<Vec<Change>, Refusal> {
    match obstacles(permit, rules, member, around, estate, Way::Left).into_iter().next() {
        Some(why) => Err(why),
        None => Ok(left(member, around, estate)),
    }
}

/// A removal that may still be undone, narrowed to what is still there: groups, resources and their
/// grants that ended meanwhile do not come back.
#[derive(Clone, Debug)]
pub struct Undo {
    /// What the member had.
    pub kept: Kept,
    /// Until when it may be undone.
    pub until: Timestamp,
    /// Who they are now.
    pub identity: Identity,
    /// What they owned and nobody owns since.
    pub ownerless: Vec<Resource>,
}

/// Undoes a removal: membership, role, groups, grants and ownership are as they were. Sessions and
/// tokens stay dead.
///
/// # Errors
/// `member.already`, `removal.over`, `member.elsewhere`, `member.top_role_required`, `role.above_own`,
/// `seats.full`.
pub fn restore(
    permit: &Permit,
    rules: &Rules,
    member: &Member,
    undo: Option<Undo>,
    facts: &Facts,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    if member.status != Status::Removed {
        return Err(Refusal::of(Code::MemberAlready));
    }
    let undo = undo.filter(|undo| now < undo.until).ok_or_else(|| Refusal::of(Code::RemovalOver))?;
    if facts.here {
        return Err(Refusal::of(Code::MemberAlready));
    }
    if facts.elsewhere && rules.policy().identity_organizations == OrganizationsPerIdentity::One {
        return Err(Refusal::of(Code::MemberElsewhere));
    }
    member::guard_rank(permit, rules, member)?;
    member::guard_role(permit, rules, &member.role, "role")?;
    if undo.kept.status != Status::Deactivated {
        seats::guard(rules.policy(), facts.seats)?;
    }
    let after = Member {
        status: undo.kept.status,
        email: undo.identity.email,
        name: undo.identity.name,
        handle: undo.identity.handle,
        sessions_from: now,
        managed: false,
        ..member.clone()
    };
    let mut changes = vec![Change::MemberRestored { member: Box::new(after), kept: Box::new(undo.kept) }];
    changes.extend(undo.ownerless.iter().map(|resource| ownership::handed_on(resource, Some(member.id))));
    Ok(changes)
}

/// One membership of somebody who goes from everywhere, with what its end rests on.
#[derive(Clone, Debug)]
pub struct Ending {
    /// Where.
    pub organization: Organization,
    /// Its rules.
    pub rules: std::sync::Arc<Rules>,
    /// The membership.
    pub member: Member,
    /// What stands beside it.
    pub around: Surroundings,
    /// What they have there.
    pub estate: Estate,
}

/// Where somebody who goes from everywhere stands in the tier above organizations.
#[derive(Clone, Debug, Default)]
pub struct TenantPlaces {
    /// The places they have, by their identity or by the address they proved.
    pub places: Vec<(Tenant, TenantMember)>,
    /// Names of the tenants that would be left without an owner who can sign in.
    pub alone: Vec<String>,
}

/// Whether `typed` names the identity: its handle or its address.
fn names(identity: &Identity, typed: &str) -> bool {
    let typed = typed.trim();
    let same_address = Email::parse(typed, "confirm").is_ok_and(|typed| typed.is_same(&identity.email));
    same_address || identity.handle.as_deref().is_some_and(|handle| handle == typed)
}

/// Deletes an identity: every membership ends, and what the installation knew about the person is
/// erased; records of the past keep the name they were made with. Never a side effect of anything,
/// and never deletes an organization.
///
/// # Errors
/// `identity.confirm`, `member.last_owner` with `organizations`, `tenant.last_owner`,
/// `member.owns_resources` with `blockers`.
pub fn delete_identity(
    identity: &Identity,
    typed: &str,
    endings: &[Ending],
    tenants: &TenantPlaces,
) -> Result<Vec<Change>, Refusal> {
    if !names(identity, typed) {
        return Err(Refusal::value(Code::IdentityConfirm, "confirm", "type your handle or your address"));
    }
    let last = |e: &&Ending| member::guard_last_top(&e.rules, &e.member, e.around).is_err();
    let ownerless: Vec<&Organization> = endings.iter().filter(last).map(|e| &e.organization).collect();
    if !ownerless.is_empty() {
        let names: Vec<&str> = ownerless.iter().map(|o| o.slug.as_str()).collect();
        let detail = format!(
            "you are the only active holder of the top role of {}; give it to somebody else, or delete the organization",
            names.join(", ")
        );
        let list = ownerless.iter().map(|o| json!({"id": o.id, "slug": o.slug, "name": o.name})).collect();
        return Err(Refusal { detail, extra: Some(("organizations", list)), ..Refusal::of(Code::LastOwner) });
    }
    if !tenants.alone.is_empty() {
        let detail = format!("you are the only owner of {}; make somebody else owner first", tenants.alone.join(", "));
        return Err(Refusal::because(Code::TenantLastOwner, detail));
    }
    let named = |e: &Ending, Holding { resource: r, .. }: &Holding| json!({"organization": e.organization.slug, "resource": r.id, "type": r.kind, "name": r.name});
    let blockers: Vec<Value> =
        endings.iter().flat_map(|e| in_the_way(&e.rules, &e.estate.holdings).map(|h| named(e, h))).collect();
    if !blockers.is_empty() {
        return Err(owns(blockers, "hand them on first"));
    }
    let end = |e: &Ending| gone(&e.member, &e.estate, Change::MemberLeft { member: Box::new(e.member.clone()) });
    let mut changes: Vec<Change> = endings.iter().flat_map(end).collect();
    changes.extend(tenants.places.iter().cloned().map(|(tenant, member)| {
        Change::Tenant(TenantChange::MemberRemoved { tenant: Box::new(tenant), member: Box::new(member) })
    }));
    changes.push(Change::SessionsEnded { user: identity.id, except: None, why: "the identity is deleted" });
    changes.push(Change::IdentityDeleted { identity: Box::new(identity.clone()) });
    Ok(changes)
}
