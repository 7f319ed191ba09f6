//! Invitations by name: made, resent, changed, withdrawn, accepted. Does not make or compare
//! secrets and sends nothing: hashes come in, mails are queued beside the changes.

mod accept;

pub use accept::{Guest, accept, guard_known};

use serde::{Deserialize, Serialize};

use crate::access::Permit;
use crate::change::Change;
use crate::ids::{InvitationId, MemberId, OrgId};
use crate::joining::{self, Address};
use crate::member::{Member, MemberKind, Origin, Status, guard_role, words};
use crate::policy::InviteReissue;
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::seats::{self, Seats};
use crate::text::Email;
use crate::time::Timestamp;

words! {
    /// What has become of an invitation. That it has expired is told by its time, not by a state.
    State {
        /// Waits.
        Pending = "pending",
        /// Somebody came in with it.
        Accepted = "accepted",
        /// Withdrawn.
        Cancelled = "cancelled",
        /// Declined by the invited person.
        Refused = "refused",
    }
}

words! {
    /// How the secret reaches the invited person.
    Deliver {
        /// By mail; whoever opens it has proved the address.
        Email = "email",
        /// Handed over by the inviter; proves nothing about the address.
        Link = "link",
    }
}

words! {
    /// What became of the mail.
    Delivery {
        /// No mail was to be sent.
        None = "none",
        /// Waits in the outbox, perhaps after a try that failed for now.
        Queued = "queued",
        /// Taken by the mail server.
        Sent = "sent",
        /// Refused for good, or tried too often.
        Failed = "failed",
    }
}

/// One invitation, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Where to.
    pub organization: OrgId,
    /// The membership that waits for the person.
    pub member: MemberId,
    /// The invited address.
    pub email: String,
    /// Name as the inviter typed it.
    pub name: String,
    /// The role it gives.
    pub role: String,
    /// How its secret travels.
    pub deliver: Deliver,
    /// What has become of it.
    pub state: State,
    /// When its present secret stops working; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// What became of the mail.
    pub delivery: Delivery,
    /// The mail server's words, or where the mail was written.
    pub delivery_detail: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Option<MemberId>,
    /// Revision of its last change.
    pub revision: u64,
}

impl Invitation {
    /// The word callers see: a pending invitation whose time is over is `expired`.
    #[must_use]
    pub fn shown_state(&self, now: Timestamp) -> &'static str {
        if self.state == State::Pending && self.is_over(now) { "expired" } else { self.state.word() }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// A fresh secret's hash; the secret itself goes to the mail or the answer only.
pub type SecretHash = [u8; 32];

/// One wanted invitation, read and checked for form.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Fresh id of the invitation.
    pub id: InvitationId,
    /// Fresh id of the membership that will wait.
    pub member: MemberId,
    /// The address.
    pub email: Email,
    /// Name as typed, perhaps empty.
    pub name: String,
    /// The role to give; `None` takes the policy's default.
    pub role: Option<String>,
    /// How the secret travels.
    pub deliver: Deliver,
    /// Hash of the fresh secret.
    pub secret: SecretHash,
}

/// What is known of the address in this organization.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// A present membership of that address, invited ones included.
    pub member: Option<Member>,
    /// The invitation of an invited one.
    pub invitation: Option<Invitation>,
    /// Who is here, for the number of seats.
    pub seats: Seats,
}

fn expiry(rules: &Rules, now: Timestamp) -> Option<Timestamp> {
    rules.policy().invite_ttl_s.map(|ttl_s| now.plus_s(ttl_s))
}

/// Invites one address.
///
/// # Errors
/// `role.unknown`, `role.above_own`, `member.already`, `invitation.already_pending`,
/// `invitation.no_reissue`, `join.domain`, `seats.full`.
pub fn invite(
    permit: &Permit,
    rules: &Rules,
    wanted: &Wanted,
    known: &Known,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let role = wanted.role.clone().unwrap_or_else(|| rules.policy().role_default.as_str().to_owned());
    guard_role(permit, rules, &role, "role")?;
    joining::guard_exclusive(rules.policy(), Address::of(wanted.email.shown(), false), true)?;
    let (mut changes, mut seats) = (Vec::new(), known.seats);
    match (&known.member, &known.invitation) {
        (Some(member), Some(old)) if member.status == Status::Invited && old.is_over(now) => {
            if rules.policy().invite_reissue_after_expiry == InviteReissue::Never {
                return Err(Refusal::of(Code::InvitationNoReissue));
            }
            changes.push(Change::InvitationCancelled { invitation: Box::new(old.clone()) });
            seats.invited = seats.invited.saturating_sub(1);
        }
        (Some(member), _) if member.status == Status::Invited => return Err(Refusal::of(Code::InvitationPending)),
        (Some(_), _) => return Err(Refusal::of(Code::MemberAlready)),
        (None, _) => {}
    }
    seats::guard(rules.policy(), seats)?;
    let member = Member {
        id: wanted.member,
        organization: permit.organization(),
        user: None,
        kind: MemberKind::Person,
        email: wanted.email.shown().to_owned(),
        name: wanted.name.clone(),
        handle: None,
        role: role.clone(),
        status: Status::Invited,
        origin: Origin::Invitation,
        joined_at: None,
        created_at: now,
        created_by: Some(permit.member()),
        last_active_at: None,
        sessions_from: Timestamp::default(),
        revision: 0,
    };
    let invitation = Invitation {
        id: wanted.id,
        organization: permit.organization(),
        member: wanted.member,
        email: wanted.email.shown().to_owned(),
        name: wanted.name.clone(),
        role,
        deliver: wanted.deliver,
        state: State::Pending,
        expires_at: expiry(rules, now),
        delivery: if wanted.deliver == Deliver::Email { Delivery::Queued } else { Delivery::None },
        delivery_detail: None,
        created_at: now,
        created_by: Some(permit.member()),
        revision: 0,
    };
    changes.push(Change::MemberInvited {
        member: Box::new(member),
        invitation: Box::new(invitation),
        secret: wanted.secret,
    });
    Ok(changes)
}

fn must_wait(invitation: &Invitation) -> Result<(), Refusal> {
    if invitation.state == State::Pending {
        return Ok(());
    }
    Err(Refusal::because(
        Code::InvitationNotPending,
        format!("the invitation is `{}`; make a new one", invitation.state.word()),
    ))
}

/// Gives a waiting invitation a new secret and a new end; the old link is dead from here on.
///
/// # Errors
/// `invitation.not_pending`, `invitation.no_reissue`, `role.above_own`.
pub fn resend(
    permit: &Permit,
    rules: &Rules,
    invitation: &Invitation,
    deliver: Deliver,
    secret: SecretHash,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    must_wait(invitation)?;
    guard_role(permit, rules, &invitation.role, "role")?;
    if invitation.is_over(now) && rules.policy().invite_reissue_after_expiry == InviteReissue::Never {
        return Err(Refusal::of(Code::InvitationNoReissue));
    }
    Ok(vec![Change::InvitationResent {
        invitation: Box::new(invitation.clone()),
        deliver,
        secret,
        expires_at: expiry(rules, now),
    }])
}

/// Gives a waiting invitation another role.
///
/// # Errors
/// `invitation.not_pending`, `role.unknown`, `role.above_own`.
pub fn change_role(
    permit: &Permit,
    rules: &Rules,
    invitation: &Invitation,
    role: &str,
) -> Result<Vec<Change>, Refusal> {
    must_wait(invitation)?;
    guard_role(permit, rules, role, "role")?;
    guard_role(permit, rules, &invitation.role, "role")?;
    if invitation.role == role {
        return Ok(Vec::new());
    }
    Ok(vec![Change::InvitationRoleChanged { invitation: Box::new(invitation.clone()), after: role.to_owned() }])
}

/// Withdraws a waiting invitation; its link is dead and the waiting membership is gone.
///
/// # Errors
/// `invitation.not_pending`, `role.above_own`.
pub fn cancel(permit: &Permit, rules: &Rules, invitation: &Invitation) -> Result<Vec<Change>, Refusal> {
    must_wait(invitation)?;
    guard_role(permit, rules, &invitation.role, "role")?;
    Ok(vec![Change::InvitationCancelled { invitation: Box::new(invitation.clone()) }])
}

/// Can this invitation be opened at all?
///
/// # Errors
/// `invitation.used`, `invitation.cancelled`, `invitation.expired`.
pub fn open(invitation: &Invitation, now: Timestamp) -> Result<(), Refusal> {
    match invitation.state {
        State::Accepted => Err(Refusal::of(Code::InvitationUsed)),
        State::Cancelled | State::Refused => Err(Refusal::of(Code::InvitationCancelled)),
        State::Pending if invitation.is_over(now) => Err(Refusal::of(Code::InvitationExpired)),
        State::Pending => Ok(()),
    }
}
