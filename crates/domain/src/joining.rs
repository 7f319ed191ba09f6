//! Coming in: ONE function says for every way of joining whether a person may come in, and with which
//! status. Decides nothing about the membership afterwards, finds nobody and begins no session.

mod change;
mod sign_up;

pub use change::JoinChange;
pub use sign_up::{arrive, domains_set, sign_up, sign_up_anywhere, waits_no_more};

use crate::disposable::is_disposable;
use crate::member::Status;
use crate::organization::guard_shared;
use crate::policy::{ApprovalMode, OrganizationsPerIdentity, Policy, SignupClosedByInvites};
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::seats::{self, Seats};

/// By which door somebody comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Makes the organization.
    Founder,
    /// Was invited by name.
    Named,
    /// Holds a link that was made for nobody in particular.
    Link,
    /// Signs up without an invitation.
    SignUp,
    /// Has proved an address of a mail domain whose people join by themselves.
    Domain,
    /// Signs in by a provider that the organization trusts.
    Provider,
    /// Asks to be let in.
    Request,
    /// Is let in by an administrator or a directory.
    Direct,
}

/// The address somebody comes in with.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    domain: &'a str,
    proved: bool,
}

impl<'a> Address<'a> {
    /// A stored address, and whether the person has proved that it is theirs.
    ///
    /// INVARIANT: an address that is not proved never counts for a rule about domains, but for the one an
    /// administrator invited by name, or lets in: there the administrator's word counts.
    #[must_use]
    pub fn of(email: &'a str, proved: bool) -> Self {
        Self { domain: email.rsplit_once('@').map_or("", |(_, domain)| domain), proved }
    }
}

/// What a join rests on beside the person's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// A present membership of this organization.
    pub here: bool,
    /// A present membership of any other.
    pub elsewhere: bool,
    /// Was here once and went, or was turned away.
    pub gone: bool,
    /// Who is here, for the number of seats.
    pub seats: Seats,
    /// An invitation keeps a seat for the person.
    pub seat_kept: bool,
    /// Somebody was invited, ever.
    pub invited_once: bool,
    /// Some invitation waits.
    pub invited_now: bool,
}

/// Refuses a join that the policy or the person's other memberships forbid; otherwise the status the
/// person joins with.
///
/// INVARIANT: every way of joining asks this, after the organization was taken.
///
/// # Errors
/// `member.already`, `member.elsewhere`, `join.closed`, `join.domain`, `join.unproved`, `join.disposable`,
/// `join.link_excluded`, `seats.full`, `organization.personal`.
pub fn guard_join(rules: &Rules, way: Way, address: Address<'_>, facts: &Facts) -> Result<Status, Refusal> {
    let policy = rules.policy();
    if way != Way::Founder {
        guard_shared(policy)?;
    }
    if facts.here {
        return Err(Refusal::of(Code::MemberAlready));
    }
    if facts.elsewhere && policy.identity_organizations == OrganizationsPerIdentity::One {
        return Err(Refusal::of(Code::MemberElsewhere));
    }
    match way {
        Way::Link if policy.domain_excludes_links && is_managed(policy) => {
            return Err(Refusal::of(Code::JoinLinkExcluded));
        }
        Way::SignUp => guard_sign_up(policy, address, facts)?,
        // Whoever was taken out is not let in again by the address alone.
        Way::Domain if facts.gone || !(address.proved && policy.domain_auto_join.contains(address.domain)) => {
            return Err(Refusal::of(Code::JoinDomain));
        }
        Way::Request if !policy.join_requests => return Err(Refusal::of(Code::NotFound)),
        _ => {}
    }
    // The founder chose the rules; inviting by name and letting in are an administrator's word for whose address it is.
    if way != Way::Founder {
        guard_exclusive(policy, address, matches!(way, Way::Named | Way::Direct))?;
    }
    let kept = facts.seat_kept && policy.seats_counts_invited;
    if !kept && !matches!(way, Way::Request | Way::Founder) {
        seats::guard(policy, facts.seats)?;
    }
    Ok(status_on_joining(rules, way, address))
}

/// Whether people may sign up by themselves now: the switch, and what invitations do to it.
#[must_use]
pub fn is_open(policy: &Policy, facts: &Facts) -> bool {
    let closed = match policy.signup_closed_by_invites {
        SignupClosedByInvites::Never | SignupClosedByInvites::Switch => false,
        SignupClosedByInvites::Implicit => facts.invited_once,
        SignupClosedByInvites::ImplicitLiteral => facts.invited_now,
    };
    policy.signup_open && !closed
}

fn guard_sign_up(policy: &Policy, address: Address<'_>, facts: &Facts) -> Result<(), Refusal> {
    if !is_open(policy, facts) {
        return Err(Refusal::of(Code::JoinClosed));
    }
    if policy.signup_refuses_disposable && is_disposable(address.domain) {
        return Err(Refusal::of(Code::JoinDisposable));
    }
    let filtered = !policy.signup_domains.is_empty();
    if filtered && !policy.signup_domains.contains(address.domain) {
        return Err(Refusal::of(Code::JoinDomain));
    }
    if (filtered || policy.signup_verified_email) && !address.proved {
        return Err(Refusal::of(Code::JoinUnproved));
    }
    Ok(())
}

/// Refuses an address that an organization of certain mail domains does not take.
///
/// # Errors
/// `join.domain`, `join.unproved`.
pub fn guard_exclusive(policy: &Policy, address: Address<'_>, vouched: bool) -> Result<(), Refusal> {
    if policy.domain_exclusive.is_empty() {
        return Ok(());
    }
    if !policy.domain_exclusive.contains(address.domain) {
        return Err(Refusal::of(Code::JoinDomain));
    }
    if address.proved || vouched { Ok(()) } else { Err(Refusal::of(Code::JoinUnproved)) }
}

/// Whether the organization is one of certain mail domains.
#[must_use]
pub fn is_managed(policy: &Policy) -> bool {
    !policy.domain_auto_join.is_empty() || !policy.domain_exclusive.is_empty()
}

/// The status somebody joins with.
#[must_use]
pub fn status_on_joining(rules: &Rules, way: Way, address: Address<'_>) -> Status {
    let policy = rules.policy();
    let waits = match way {
        Way::Request => return Status::Requested,
        Way::Founder | Way::Direct => false,
        Way::Named if policy.approval_exempt_named_invites => false,
        Way::Named | Way::Link | Way::SignUp | Way::Domain | Way::Provider => match policy.approval_mode {
            ApprovalMode::Off => false,
            ApprovalMode::All => true,
            ApprovalMode::OutsideDomains => {
                let counts = address.proved || way == Way::Named;
                !(counts && policy.approval_domains.contains(address.domain))
            }
        },
    };
    if waits { Status::PendingApproval } else { Status::Active }
}
