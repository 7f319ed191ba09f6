//! Coming in: by an invitation, and whether the person's other memberships allow it. Does not find
//! anybody and begins no session.

use super::{Deliver, Invitation, open};
use crate::change::Change;
use crate::identity::Identity;
use crate::member::{Member, Status};
use crate::policy::{ApprovalMode, OrganizationsPerIdentity};
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

/// Where else a person belongs, for the rule of one organization per person.
#[derive(Clone, Copy, Debug, Default)]
pub struct Belongs {
    /// A present membership of this organization.
    pub here: bool,
    /// A present membership of any other.
    pub elsewhere: bool,
}

/// Refuses a join that the person's other memberships forbid.
///
/// # Errors
/// `member.already`, `member.elsewhere`.
pub fn guard_join(rules: &Rules, belongs: Belongs) -> Result<(), Refusal> {
    if belongs.here {
        return Err(Refusal::of(Code::MemberAlready));
    }
    if belongs.elsewhere && rules.policy().identity_organizations == OrganizationsPerIdentity::One {
        return Err(Refusal::of(Code::MemberElsewhere));
    }
    Ok(())
}

/// The status somebody of this address joins with.
#[must_use]
pub fn status_on_joining(rules: &Rules, email: &str, named: bool) -> Status {
    let waits = match rules.policy().approval_mode {
        ApprovalMode::Off => false,
        ApprovalMode::All => true,
        ApprovalMode::OutsideDomains => {
            let domain = email.rsplit_once('@').map_or("", |(_, d)| d).to_lowercase();
            !rules.policy().approval_domains.contains(&domain)
        }
    };
    if waits && !(named && rules.policy().approval_exempt_named_invites) {
        Status::PendingApproval
    } else {
        Status::Active
    }
}

/// Accepts an invitation.
///
/// INVARIANT: an invitation never signs anybody in as an identity that exists: a new identity is
/// made, or the one signed in is used.
///
/// # Errors
/// Those of [`open`](super::open), `invitation.other_person`, `invitation.sign_in_required`, `member.already`,
/// `member.elsewhere`.
pub fn accept(
    rules: &Rules,
    invitation: &Invitation,
    waiting: &Member,
    guest: Guest<'_>,
    belongs: Belongs,
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
    guard_join(rules, belongs)?;
    // Somebody invited by handle is of the domain they have proved, if any.
    let address = match invitation.invitee {
        Some(_) => identity.email_verified_at.map_or("", |_| identity.email.as_str()),
        None => invitation.email.as_str(),
    };
    let status = status_on_joining(rules, address, true);
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
