//! Coming in by an invitation. Whether the organization takes the person is decided in
//! [`crate::joining`]; this finds nobody and begins no session.

use super::{Deliver, Invitation, open};
use crate::change::Change;
use crate::identity::Identity;
use crate::joining::{Address, Facts, Way, guard_join};
use crate::member::{Member, Status};
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::text::Email;
use crate::time::Timestamp;

/// Who comes in with an invitation.
#[derive(Clone, Debug)]
pub enum Guest<'a> {
    /// Somebody signed in.
    Known {
        /// Who.
        identity: &'a Identity,
        /// Another identity has proved the invited address.
        verified_elsewhere: bool,
    },
    /// Somebody new: the identity to make and its password hash. `verified_elsewhere` tells that
    /// another identity has proved the invited address.
    New {
        /// The identity to make.
        identity: Box<Identity>,
        /// Its password hash.
        password: String,
        /// Another identity has proved the invited address.
        verified_elsewhere: bool,
    },
}

/// Refuses an identity that the invitation is not for. A mailed one proves the address it was opened at.
///
/// # Errors
/// `invitation.other_person`.
pub fn guard_known(invitation: &Invitation, identity: &Identity) -> Result<(), Refusal> {
    if let Some(invitee) = invitation.invitee {
        let other = "this invitation is for somebody else; sign in as the person it was made for";
        return if invitee == identity.id { Ok(()) } else { Err(Refusal::because(Code::InvitationOtherPerson, other)) };
    }
    let same = Email::parse(&identity.email, "email")
        .is_ok_and(|mine| Email::parse(&invitation.email, "email").is_ok_and(|theirs| mine.key() == theirs.key()));
    if same && (identity.email_verified_at.is_some() || invitation.deliver == Deliver::Email) {
        return Ok(());
    }
    Err(Refusal::because(
        Code::InvitationOtherPerson,
        "this invitation is for another address; sign in with that one, or prove the address first",
    ))
}

/// Accepts an invitation.
///
/// INVARIANT: an invitation never signs anybody in as an identity that exists: a new identity is
/// made, or the one signed in is used.
///
/// # Errors
/// Those of [`open`](super::open) and [`guard_join`], `invitation.other_person`,
/// `invitation.sign_in_required`.
pub fn accept(
    rules: &Rules,
    invitation: &Invitation,
    waiting: &Member,
    guest: Guest<'_>,
    facts: &Facts,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    open(invitation, now)?;
    let by_mail = invitation.deliver == Deliver::Email;
    let mut changes = Vec::new();
    let identity = match guest {
        Guest::Known { identity, verified_elsewhere } => {
            guard_known(invitation, identity)?;
            if invitation.invitee.is_none() && identity.email_verified_at.is_none() {
                if verified_elsewhere {
                    return Err(Refusal::of(Code::InvitationSignIn));
                }
                changes.push(Change::EmailVerified {
                    user: identity.id,
                    before: identity.email.clone(),
                    after: identity.email.clone(),
                    at: now,
                });
            }
            identity.clone()
        }
        Guest::New { mut identity, password, verified_elsewhere } => {
            if invitation.invitee.is_some() || by_mail && verified_elsewhere {
                return Err(Refusal::of(Code::InvitationSignIn));
            }
            identity.email = invitation.email.clone();
            identity.email_verified_at = by_mail.then_some(now);
            changes.push(Change::IdentityCreated { identity: identity.clone(), password: Some(password) });
            *identity
        }
    };
    let proved = identity.email_verified_at.is_some();
    let address = match invitation.invitee {
        // Nobody vouched for an address of somebody invited by handle: only a proved one is any.
        Some(_) if proved => Address::of(&identity.email, true),
        Some(_) => Address::of("", false),
        None => Address::of(&invitation.email, proved || by_mail),
    };
    let status = guard_join(rules, Way::Named, address, &Facts { seat_kept: true, ..*facts })?;
    let after = Member {
        user: Some(identity.id),
        name: identity.name.clone(),
        handle: identity.handle.clone(),
        email: identity.email.clone(),
        status,
        joined_at: (status == Status::Active).then_some(now),
        ..waiting.clone()
    };
    changes.push(Change::InvitationAccepted { invitation: Box::new(invitation.clone()), member: Box::new(after) });
    Ok(changes)
}
