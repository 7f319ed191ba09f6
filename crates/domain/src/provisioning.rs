//! What a directory elsewhere keeps here by SCIM (RFC 7643, RFC 7644): the people it brought or took over, the
//! groups it sends, and the tokens it comes with. Knows nothing of SCIM's messages; the address and the name in a
//! [`Record`] were read from them before.

mod change;
mod token;

pub use change::ScimChange;
pub use token::{ScimToken, TOKENS_MOST, create_token, permit, rename_token, revoke_token, rotate_token};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::access::Permit;
use crate::change::{Change, Profile};
use crate::group::{self, Around, Group, Seat};
use crate::identity::Identity;
use crate::ids::{MemberId, UserId};
use crate::invitation::{Invitation, State};
use crate::joining::{Address, Facts, Way, guard_join};
use crate::member::{self, Member, Origin, Status, Surroundings};
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::seats::{self, Seats};
use crate::text::{Email, fold};
use crate::time::Timestamp;

/// What the directory says of a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// By what it knows them, unique here without regard to letter case.
    pub user_name: String,
    /// Its own id of them.
    pub external_id: Option<String>,
    /// The address they sign in with.
    pub address: String,
    /// What people call them, perhaps empty.
    pub name: String,
    /// Everything it said, `userName` and addresses among it.
    pub attributes: Map<String, Value>,
}

/// May this caller do to the person what their directory does (ON-12)?
///
/// INVARIANT: every decision that switches somebody off or on, or removes them, asks this.
pub(crate) fn guard_managed(permit: &Permit, rules: &Rules, member: &Member) -> Result<(), Refusal> {
    let kept = member.managed && rules.policy().keeps_directory_apart();
    if kept && !permit.is_directory() { Err(Refusal::of(Code::MemberManaged)) } else { Ok(()) }
}

/// Somebody the directory brings.
#[derive(Clone, Copy, Debug)]
pub struct Newcomer<'a> {
    /// What it says of them.
    pub record: &'a Record,
    /// Whether they are to work at once.
    pub active: bool,
    /// It keeps somebody with that user name or address already.
    pub taken: bool,
    /// The identity that proved the address.
    pub who: Option<&'a Identity>,
    /// Its membership here.
    pub present: Option<&'a Member>,
    /// An invitation of the address that waits.
    pub waiting: Option<&'a Invitation>,
    /// What joining rests on.
    pub facts: &'a Facts,
    /// What a decision about `present` rests on.
    pub around: Surroundings,
    /// Ids for an identity and a membership, if they are made.
    pub ids: (UserId, MemberId),
}

/// Takes somebody in, or takes over the account here that has proved the address (ON-46).
///
/// # Errors
/// `scim.taken`, `seats.full`, those of [`guard_join`] and of [`member::deactivate`].
pub fn take_in(permit: &Permit, rules: &Rules, new: &Newcomer<'_>, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    if new.taken || new.present.is_some_and(|member| member.managed) {
        return Err(Refusal::of(Code::ScimTaken));
    }
    let Some(member) = new.present else { return join(permit, rules, new, now) };
    let mut changes = switched(permit, rules, member, new.active, new.around, new.facts.seats, now)?;
    changes.push(kept(member, None, new.record));
    Ok(changes)
}

fn kept(member: &Member, before: Option<&Record>, after: &Record) -> Change {
    let (member, before, after) = (Box::new(member.clone()), before.cloned().map(Box::new), Box::new(after.clone()));
    Change::Scim(ScimChange::PersonKept { member, before, after })
}

fn join(permit: &Permit, rules: &Rules, new: &Newcomer<'_>, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    let (record, mut changes) = (new.record, Vec::new());
    // Whoever is not to work yet takes no seat.
    let facts = if new.active { *new.facts } else { Facts { seats: Seats::default(), ..*new.facts } };
    let facts = Facts { seat_kept: new.waiting.is_some(), ..facts };
    guard_join(rules, Way::Direct, Address::of(&record.address, new.who.is_some()), &facts)?;
    let fresh = Identity {
        id: new.ids.0,
        email: record.address.clone(),
        email_verified_at: None,
        name: record.name.clone(),
        handle: None,
        administrator: false,
        valid_from: Timestamp::default(),
        revision: 1,
        created_at: now,
    };
    if new.who.is_none() {
        changes.push(Change::IdentityCreated { identity: Box::new(fresh.clone()), password: None });
    }
    if let Some(invitation) = new.waiting {
        changes.push(Change::InvitationCancelled { invitation: Box::new(invitation.clone()), state: State::Cancelled });
    }
    let who = new.who.unwrap_or(&fresh);
    let role = new.waiting.map_or_else(|| rules.policy().role_default.as_str(), |waiting| waiting.role.as_str());
    let member = Member {
        status: if new.active { Status::Active } else { Status::Deactivated },
        created_by: None,
        managed: true,
        ..member::brought_in(permit, new.ids.1, who, role, Origin::Scim, now)
    };
    changes.push(Change::MemberJoined { member: Box::new(member.clone()) });
    changes.push(kept(&member, None, record));
    Ok(changes)
}

/// Switches somebody on or off as the directory says (ON-47).
fn switched(
    permit: &Permit,
    rules: &Rules,
    member: &Member,
    on: bool,
    around: Surroundings,
    seats: Seats,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    match (member.status, on) {
        (Status::Active, false) => member::deactivate(permit, rules, member, around),
        (Status::Deactivated, true) => member::reactivate(permit, rules, member, seats),
        (Status::Requested, true) => {
            seats::guard(rules.policy(), seats)?;
            Ok(vec![Change::MemberApproved { member: Box::new(member.clone()), at: now }])
        }
        (Status::PendingApproval, true) => {
            Ok(vec![Change::MemberApproved { member: Box::new(member.clone()), at: now }])
        }
        _ => Ok(Vec::new()),
    }
}

/// Somebody the directory keeps, with all that a change of them rests on.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The membership.
    pub member: &'a Member,
    /// The identity.
    pub who: &'a Identity,
    /// What the directory said before.
    pub before: &'a Record,
    /// What else a decision about them rests on.
    pub around: Surroundings,
    /// Who is here, for the number of seats.
    pub seats: Seats,
    /// It keeps somebody else with the new user name or address.
    pub taken: bool,
    /// They belong to another organization too.
    pub elsewhere: bool,
    /// They have a place in a tenant.
    pub in_tenant: bool,
    /// They manage a group.
    pub manages: bool,
    /// Somebody else who proved the new address, and whether that one manages a group or holds the top role here.
    pub holder: Option<bool>,
}

/// Brings somebody up to what the directory says; `None` leaves on or off as it is. Nothing changes when nothing
/// differs.
///
/// # Errors
/// `scim.taken`, `scim.address_kept`, `email.taken`, those of [`member::deactivate`] and [`member::reactivate`].
pub fn change(
    permit: &Permit,
    rules: &Rules,
    known: &Known<'_>,
    after: &Record,
    active: Option<bool>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    if known.taken {
        return Err(Refusal::of(Code::ScimTaken));
    }
    let member = known.member;
    let on = active.unwrap_or(member.status == Status::Active);
    let mut changes = switched(permit, rules, member, on, known.around, known.seats, now)?;
    let moved = known.before.address != after.address || (on && member.status != Status::Active);
    // Whoever is switched off keeps the address: renaming somebody is how a directory begins to delete (ON-49).
    if on && moved && !same_address(&known.who.email, &after.address) {
        changes.push(moved_to(rules, known, &after.address)?);
    }
    if known.before != after {
        changes.push(kept(member, Some(known.before), after));
    }
    if known.before.name != after.name && known.who.name != after.name && !known.elsewhere {
        let handle = known.who.handle.clone();
        let before = Profile { name: known.who.name.clone(), handle: handle.clone() };
        let shown = Profile { name: after.name.clone(), handle };
        changes.push(Change::ProfileEdited { user: known.who.id, before, after: shown });
    }
    Ok(changes)
}

fn same_address(one: &str, other: &str) -> bool {
    let key = |text: &str| Email::parse(text, "emails").map_or_else(|_| fold(text), |email| email.key().to_owned());
    key(one) == key(other)
}

/// Another address to sign in with, not proved yet. A directory never moves one that opens more than its own
/// organization, nor that of people who run it (ON-49).
fn moved_to(rules: &Rules, known: &Known<'_>, address: &str) -> Result<Change, Refusal> {
    let leads = rules.preset().is_top(&known.member.role) || known.manages || known.holder == Some(true);
    if leads || known.elsewhere || known.in_tenant || known.who.administrator {
        return Err(Refusal::of(Code::ScimAddressKept));
    }
    if known.holder.is_some() {
        return Err(Refusal::of(Code::EmailTaken));
    }
    Ok(Change::Scim(ScimChange::AddressChanged {
        member: Box::new(known.member.clone()),
        user: known.who.id,
        before: known.who.email.clone(),
        after: address.to_owned(),
    }))
}

/// Lets go of somebody: switched off, out of the directory's groups and not kept by it any more; nothing of theirs
/// is erased (ON-48).
///
/// # Errors
/// Those of [`member::deactivate`].
pub fn let_go(
    permit: &Permit,
    rules: &Rules,
    member: &Member,
    record: &Record,
    around: Surroundings,
    seats: &[(Group, Seat)],
) -> Result<Vec<Change>, Refusal> {
    let mut changes = match member.status {
        Status::Active => member::deactivate(permit, rules, member, around)?,
        _ => Vec::new(),
    };
    let directorys = |group: &Group| group.origin == group::GroupOrigin::External;
    for (at, (group, seat)) in seats.iter().enumerate().filter(|(_, (group, _))| directorys(group)) {
        let rest = seats.iter().enumerate().filter(|(other, (group, _))| *other > at || !directorys(group));
        let manages_elsewhere = rest.clone().any(|(_, (_, other))| other.manager);
        let around = Around { elsewhere: true, manages_elsewhere, grants_more: false };
        changes.extend(group::leave_seat(permit, rules, group, member, *seat, around)?);
    }
    let (member, record) = (Box::new(member.clone()), Box::new(record.clone()));
    changes.push(Change::Scim(ScimChange::PersonLetGo { member, record }));
    Ok(changes)
}

/// May a directory's group be called that (ON-50)?
///
/// # Errors
/// `scim.name_reserved`.
pub fn guard_group_name(rules: &Rules, name: &str) -> Result<(), Refusal> {
    let mut roles = rules.organization_roles();
    if rules.policy().scim_reserves_role_names && roles.any(|role| fold(&role.name) == fold(name)) {
        return Err(Refusal::of(Code::ScimNameReserved));
    }
    Ok(())
}

/// Calls a directory's group by another id of the directory's own.
#[must_use]
pub fn call_group(_permit: &Permit, group: &Group, after: Option<String>) -> Vec<Change> {
    if group.external_id == after {
        return Vec::new();
    }
    vec![Change::Scim(ScimChange::GroupCalled { group: Box::new(group.clone()), after })]
}
