//! Invitations by name: made, resent, changed, withdrawn, accepted. Does not make or compare
//! secrets and sends nothing: hashes come in, mails are queued beside the changes.

mod accept;
mod carry;
mod invite;

pub use accept::{Guest, accept, guard_known};
pub use carry::{
    Carried, CarriedRole, Found, MOST_CARRIED, carry_out, guard_group, guard_resource, guard_role_carried,
};
pub use invite::{Addressee, Known, Wanted, guard_bulk, invite};

use serde::{Deserialize, Serialize};

use crate::access::Permit;
use crate::change::Change;
use crate::ids::{InvitationId, MemberId, OrgId, UserId};
use crate::member::{guard_role, words};
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

words! {
    /// What has become of an invitation. That it has expired is told by its time, until it is closed.
    State {
        /// Waits.
        Pending = "pending",
        /// Somebody came in with it.
        Accepted = "accepted",
        /// Withdrawn.
        Cancelled = "cancelled",
        /// Withdrawn after its time was over.
        Expired = "expired",
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
    /// The invited address; empty when somebody was invited by handle.
    pub email: String,
    /// Who was invited by handle.
    pub invitee: Option<UserId>,
    /// Their handle.
    pub handle: Option<String>,
    /// Name as the inviter typed it.
    pub name: String,
    /// The role it gives.
    pub role: String,
    /// What it gives beside the role.
    pub carried: Carried,
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
        if self.has_expired(now) { "expired" } else { self.state.word() }
    }

    /// Did its time run out before anybody came in with it?
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.state == State::Expired || self.state == State::Pending && self.is_over(now)
    }

    /// Whom it is for, in a word: the address, or the handle.
    #[must_use]
    pub fn addressee(&self) -> String {
        self.handle.as_ref().map_or_else(|| self.email.clone(), |handle| format!("@{handle}"))
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// A fresh secret's hash; the secret itself goes to the mail or the answer only.
pub type SecretHash = [u8; 32];

fn expiry(rules: &Rules, now: Timestamp) -> Option<Timestamp> {
    rules.policy().invite_ttl_s.map(|ttl_s| now.plus_s(ttl_s))
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
    let mut changes = Vec::new();
    if invitation.is_over(now) {
        changes.extend(invite::guard_reissue(permit, rules, invitation)?);
    }
    changes.push(Change::InvitationResent {
        invitation: Box::new(invitation.clone()),
        deliver,
        secret,
        expires_at: expiry(rules, now),
    });
    Ok(changes)
}

/// Gives a waiting invitation another role.
///
/// # Errors
/// `invitation.not_pending`, `role.unknown`, `role.above_own`, `invitation.not_carried`.
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
    guard_role_carried(rules, role)?;
    Ok(vec![Change::InvitationRoleChanged { invitation: Box::new(invitation.clone()), after: role.to_owned() }])
}

/// Has a waiting invitation carry something else; what is new in it was asked about.
///
/// # Errors
/// `invitation.not_pending`, `role.above_own`.
pub fn change_carried(
    permit: &Permit,
    rules: &Rules,
    invitation: &Invitation,
    carried: Carried,
) -> Result<Vec<Change>, Refusal> {
    must_wait(invitation)?;
    guard_role(permit, rules, &invitation.role, "role")?;
    if invitation.carried == carried {
        return Ok(Vec::new());
    }
    Ok(vec![Change::InvitationCarriesChanged { invitation: Box::new(invitation.clone()), after: carried }])
}

/// Declines an invitation; the waiting membership is gone (ON-10).
///
/// # Errors
/// Those of [`open`].
pub fn refuse(invitation: &Invitation, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    open(invitation, now)?;
    Ok(vec![Change::InvitationRefused { invitation: Box::new(invitation.clone()) }])
}

/// Withdraws a waiting invitation; its link is dead and the waiting membership is gone.
///
/// # Errors
/// `invitation.not_pending`, `role.above_own`.
pub fn cancel(permit: &Permit, rules: &Rules, invitation: &Invitation, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    must_wait(invitation)?;
    guard_role(permit, rules, &invitation.role, "role")?;
    // One whose time was over stays known as that: there may be no other after it.
    let state = if invitation.is_over(now) { State::Expired } else { State::Cancelled };
    Ok(vec![Change::InvitationCancelled { invitation: Box::new(invitation.clone()), state }])
}

/// Can this invitation be opened at all?
///
/// # Errors
/// `invitation.used`, `invitation.cancelled`, `invitation.refused`, `invitation.expired`.
pub fn open(invitation: &Invitation, now: Timestamp) -> Result<(), Refusal> {
    match invitation.state {
        State::Accepted => Err(Refusal::of(Code::InvitationUsed)),
        State::Cancelled => Err(Refusal::of(Code::InvitationCancelled)),
        State::Refused => Err(Refusal::of(Code::InvitationRefused)),
        State::Expired => Err(Refusal::of(Code::InvitationExpired)),
        State::Pending if invitation.is_over(now) => Err(Refusal::of(Code::InvitationExpired)),
        State::Pending => Ok(()),
    }
}
