//! Signing up, and what a proved address opens afterwards. Hashes nothing and sends nothing.

use super::{Address, Facts, JoinChange, Way, guard_join, status_on_joining};
use crate::change::Change;
use crate::identity::Identity;
use crate::ids::OrgId;
use crate::member::{Member, Origin, Status};
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// Signs somebody new up. Where the organization's rules ask for a proved address, only the identity is made,
/// and joining waits for the proof (PX-24).
///
/// INVARIANT: the answer does not depend on who else has the address.
///
/// # Errors
/// Those of [`guard_join`] but `join.unproved`.
pub fn sign_up(
    rules: &Rules,
    who: &Identity,
    password: String,
    member: Member,
    facts: &Facts,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let created = Change::IdentityCreated { identity: Box::new(who.clone()), password: Some(password) };
    let then = match guard_join(rules, Way::SignUp, Address::of(&who.email, false), facts) {
        Ok(status) => joined(member, status, now),
        Err(refusal) if refusal.code == Code::JoinUnproved => {
            Change::Join(JoinChange::SignUpWaits { user: who.id, organization: Some(member.organization) })
        }
        Err(refusal) => return Err(refusal),
    };
    Ok(vec![created, then])
}

/// Signs somebody new up who names no organization: the proof of their address leads them to the one of
/// their mail domain, or makes it.
#[must_use]
pub fn sign_up_anywhere(who: &Identity, password: String) -> Vec<Change> {
    vec![
        Change::IdentityCreated { identity: Box::new(who.clone()), password: Some(password) },
        Change::Join(JoinChange::SignUpWaits { user: who.id, organization: None }),
    ]
}

/// Lets somebody in whose address is proved now, by the sign-up that waited for it or by their mail domain.
///
/// # Errors
/// Those of [`guard_join`].
pub fn arrive(rules: &Rules, way: Way, member: Member, facts: &Facts, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    let status = guard_join(rules, way, Address::of(&member.email, true), facts)?;
    Ok(vec![joined(member, status, now)])
}

fn joined(member: Member, status: Status, now: Timestamp) -> Change {
    let joined_at = (status == Status::Active).then_some(now);
    Change::MemberJoined { member: Box::new(Member { status, joined_at, ..member }) }
}

/// Whether somebody who waits for an approval would not have to, with the address they proved since.
#[must_use]
pub fn waits_no_more(rules: &Rules, member: &Member) -> bool {
    let way = match member.origin {
        Origin::Invitation => Way::Named,
        Origin::InviteLink => Way::Link,
        Origin::Domain => Way::Domain,
        Origin::Provider => Way::Provider,
        _ => Way::SignUp,
    };
    member.status == Status::PendingApproval
        && status_on_joining(rules, way, Address::of(&member.email, true)) == Status::Active
}

/// The domains that lead people into an organization, where they are others than before.
#[must_use]
pub fn domains_set(organization: OrgId, before: Option<&Rules>, after: &crate::policy::Policy) -> Option<Change> {
    let list = &after.domain_auto_join;
    let same = before.map_or(list.is_empty(), |before| before.policy().domain_auto_join == *list);
    let domains = list.iter().map(str::to_owned).collect();
    (!same).then_some(Change::Join(JoinChange::DomainsSet { organization, domains }))
}
