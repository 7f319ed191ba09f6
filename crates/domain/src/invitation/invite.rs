//! Inviting somebody: by address or by handle, once, and again only as the policy lets it. Sends
//! nothing and makes no secrets.

use super::carry::{Carried, guard_role_carried};
use super::{Deliver, Delivery, Invitation, SecretHash, State, expiry};
use crate::access::Permit;
use crate::action::Action;
use crate::change::Change;
use crate::ids::{InvitationId, MemberId, UserId};
use crate::joining::{self, Address};
use crate::member::{Member, MemberKind, Origin, Status, guard_role};
use crate::policy::{InviteAddressee, InviteReissue};
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::seats::{self, Seats};
use crate::text::Email;
use crate::time::Timestamp;

/// Whom an invitation is for.
#[derive(Clone, Debug)]
pub enum Addressee {
    /// Whoever proves this address.
    Email(Email),
    /// This person, known by their handle. Their address is not the inviter's to know.
    Person {
        /// Who.
        id: UserId,
        /// Their handle.
        handle: String,
        /// Whether they have proved an address that mail can go to.
        reachable: bool,
    },
}

/// One wanted invitation, read and checked for form.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Fresh id of the invitation.
    pub id: InvitationId,
    /// Fresh id of the membership that will wait.
    pub member: MemberId,
    /// For whom.
    pub addressee: Addressee,
    /// Name as typed, perhaps empty.
    pub name: String,
    /// The role to give; `None` takes the policy's default.
    pub role: Option<String>,
    /// What it gives beside the role; each was asked about.
    pub carried: Carried,
    /// How the secret travels.
    pub deliver: Deliver,
    /// Hash of the fresh secret.
    pub secret: SecretHash,
}

/// What is known of the addressee in this organization.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// A present membership of theirs, invited ones included.
    pub member: Option<Member>,
    /// The last invitation they had, whatever became of it. Needed for an invited member, and where
    /// the policy never invites again after expiry.
    pub last: Option<Invitation>,
    /// Who is here, for the number of seats.
    pub seats: Seats,
}

/// Refuses what a list of addressees must not hold at all, where the policy takes all or nothing:
/// everything but people who are here or invited already.
///
/// # Errors
/// The refusal itself.
pub fn guard_bulk(rules: &Rules, refusal: Refusal) -> Result<Refusal, Refusal> {
    use crate::policy::InviteBulk;
    let known = matches!(refusal.code, Code::MemberAlready | Code::InvitationPending);
    if rules.policy().invite_bulk == InviteBulk::AllOrNothing && !known { Err(refusal) } else { Ok(refusal) }
}

/// After an expiry there may be no second invitation, but for holders of the top role where the
/// policy lets them; the trail tells of it (PX-10).
pub(super) fn guard_reissue(permit: &Permit, rules: &Rules, expired: &Invitation) -> Result<Vec<Change>, Refusal> {
    if rules.policy().invite_reissue_after_expiry == InviteReissue::Always {
        return Ok(Vec::new());
    }
    if rules.policy().invite_reissue_override && permit.may(Action::MemberManageTop) {
        return Ok(vec![Change::InvitationReissueOverridden { invitation: Box::new(expired.clone()) }]);
    }
    Err(Refusal::of(Code::InvitationNoReissue))
}

fn guard_addressee(rules: &Rules, wanted: &Wanted) -> Result<(), Refusal> {
    let (way, field) = match wanted.addressee {
        Addressee::Email(_) => (InviteAddressee::Email, "email"),
        Addressee::Person { .. } => (InviteAddressee::Handle, "handle"),
    };
    if !rules.policy().invite_addressee.contains(way) {
        let detail = format!("nobody is invited by {field} here");
        return Err(Refusal::value(Code::InvitationAddressee, field, detail));
    }
    if matches!(wanted.addressee, Addressee::Person { reachable: false, .. }) && wanted.deliver == Deliver::Email {
        return Err(Refusal::of(Code::InvitationUnreachable));
    }
    // Somebody with a handle has given their name themself (PX-8).
    let named = field == "handle" || wanted.name.split(' ').count() > 1;
    if rules.policy().invite_names_required && !named {
        let detail = "give the person's given and family name";
        return Err(Refusal::value(Code::InvitationNames, "name", detail));
    }
    Ok(())
}

/// Invites one person.
///
/// # Errors
/// `invitation.addressee`, `invitation.unreachable`, `invitation.names_required`,
/// `invitation.not_carried`, `role.unknown`, `role.above_own`, `member.already`,
/// `invitation.already_pending`, `invitation.no_reissue`, `join.domain`, `seats.full`.
pub fn invite(
    permit: &Permit,
    rules: &Rules,
    wanted: &Wanted,
    known: &Known,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    guard_addressee(rules, wanted)?;
    let role = wanted.role.clone().unwrap_or_else(|| rules.policy().role_default.as_str().to_owned());
    guard_role(permit, rules, &role, "role")?;
    guard_role_carried(rules, &role)?;
    if let Addressee::Email(email) = &wanted.addressee {
        joining::guard_exclusive(rules.policy(), Address::of(email.shown(), false), true)?;
    }
    let (mut changes, mut seats) = (Vec::new(), known.seats);
    let expired = known.last.as_ref().filter(|last| last.has_expired(now));
    match &known.member {
        Some(member) if member.status != Status::Invited => return Err(Refusal::of(Code::MemberAlready)),
        Some(_) if expired.is_none() => return Err(Refusal::of(Code::InvitationPending)),
        Some(_) | None => {}
    }
    if let Some(last) = expired {
        changes.extend(guard_reissue(permit, rules, last)?);
        if last.state == State::Pending {
            seats.invited = seats.invited.saturating_sub(1);
            changes.push(Change::InvitationCancelled { invitation: Box::new(last.clone()), state: State::Cancelled });
        }
    }
    seats::guard(rules.policy(), seats)?;
    let (member, invitation) = rows(permit, wanted, role, expiry(rules, now), now);
    changes.push(Change::MemberInvited {
        member: Box::new(member),
        invitation: Box::new(invitation),
        secret: wanted.secret,
    });
    Ok(changes)
}

/// The membership that waits, and the invitation it waits with.
fn rows(
    permit: &Permit,
    wanted: &Wanted,
    role: String,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> (Member, Invitation) {
    let (email, invitee, handle) = match &wanted.addressee {
        Addressee::Email(email) => (email.shown().to_owned(), None, None),
        Addressee::Person { id, handle, .. } => (String::new(), Some(*id), Some(handle.clone())),
    };
    // Whoever has no address to be listed by is listed by their handle.
    let name = match &handle {
        Some(handle) if wanted.name.is_empty() => format!("@{handle}"),
        _ => wanted.name.clone(),
    };
    let member = Member {
        id: wanted.member,
        organization: permit.organization(),
        user: None,
        kind: MemberKind::Person,
        email: email.clone(),
        name,
        handle: handle.clone(),
        role: role.clone(),
        status: Status::Invited,
        origin: Origin::Invitation,
        joined_at: None,
        created_at: now,
        created_by: Some(permit.member()),
        last_active_at: None,
        sessions_from: Timestamp::default(),
        managed: false,
        revision: 0,
    };
    let invitation = Invitation {
        id: wanted.id,
        organization: permit.organization(),
        member: wanted.member,
        email,
        invitee,
        handle,
        name: wanted.name.clone(),
        role,
        carried: wanted.carried.clone(),
        deliver: wanted.deliver,
        state: State::Pending,
        expires_at,
        delivery: if wanted.deliver == Deliver::Email { Delivery::Queued } else { Delivery::None },
        delivery_detail: None,
        created_at: now,
        created_by: Some(permit.member()),
        revision: 0,
    };
    (member, invitation)
}
