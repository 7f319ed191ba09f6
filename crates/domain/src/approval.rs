//! People who wait for an administrator: those who came in and those who asked. Let in, turned away, or
//! gone by themselves. Who has to wait is decided in [`crate::joining`].

use crate::access::Permit;
use crate::change::Change;
use crate::joining::{self, Address, Facts, JoinChange, Way};
use crate::member::{Member, Status, Surroundings, end_of_access, guard_role, wrong_state};
use crate::policy::{ApprovalMode, ApprovalOnDisable, Policy};
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

const fn waits(member: &Member) -> bool {
    matches!(member.status, Status::PendingApproval | Status::Requested)
}

/// Lets a waiting person in. Whoever only asked takes a seat by it and has to meet the rules of joining.
///
/// # Errors
/// `member.state`, `member.self_approve`, `role.above_own`, `member.elsewhere`, `join.domain`,
/// `join.unproved`, `seats.full`.
pub fn approve(
    permit: &Permit,
    rules: &Rules,
    member: &Member,
    address: Address<'_>,
    facts: &Facts,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    if member.status == Status::Active {
        return Ok(Vec::new());
    }
    if !waits(member) {
        return Err(wrong_state(member, "only somebody who waits for approval can be approved"));
    }
    guard_other(permit, member)?;
    guard_role(permit, rules, &member.role, "role")?;
    if member.status == Status::Requested {
        joining::guard_join(rules, Way::Direct, address, &Facts { here: false, ..*facts })?;
    }
    Ok(vec![Change::MemberApproved { member: Box::new(member.clone()), at: now }])
}

/// Nobody approves themselves (PX-28), whatever brought them a permit.
fn guard_other(permit: &Permit, member: &Member) -> Result<(), Refusal> {
    if permit.is_self(member.id) { Err(Code::SelfApprove.into()) } else { Ok(()) }
}

/// Lets a waiting person in because nothing keeps them waiting any more: approvals were switched off (K17),
/// or they proved an address that is inside.
#[must_use]
pub fn approve_by_policy(member: &Member, now: Timestamp) -> Vec<Change> {
    vec![Change::MemberApproved { member: Box::new(member.clone()), at: now }]
}

/// Whether a change of the policy lets everybody in who waits for an approval.
#[must_use]
pub fn opens(before: &Policy, after: &Policy) -> bool {
    before.approval_mode != ApprovalMode::Off
        && after.approval_mode == ApprovalMode::Off
        && after.approval_on_disable == ApprovalOnDisable::ApproveAll
}

/// Turns a waiting person away.
///
/// # Errors
/// `member.state`.
pub fn reject(
    _permit: &Permit,
    member: &Member,
    around: Surroundings,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    if !waits(member) {
        return Err(wrong_state(member, "only somebody who waits for approval can be rejected"));
    }
    let reason = reason.map(str::to_owned);
    let mut changes = vec![Change::MemberRejected { member: Box::new(member.clone()), reason, at: now }];
    // Whoever only asked was never in: their sessions are not this organization's.
    if member.status == Status::PendingApproval {
        changes.extend(end_of_access(member, around, "membership rejected"));
    }
    Ok(changes)
}

/// Asks to join. `member` is the membership to make; `invited` tells that an invitation waits for the
/// address the person has proved.
///
/// # Errors
/// Those of [`joining::guard_join`], `invitation.already_pending`.
pub fn ask(
    rules: &Rules,
    member: Member,
    address: Address<'_>,
    facts: &Facts,
    invited: bool,
) -> Result<Vec<Change>, Refusal> {
    let status = joining::guard_join(rules, Way::Request, address, facts)?;
    if invited {
        return Err(Refusal::because(
            Code::InvitationPending,
            "an invitation waits for you there; open the link in its mail",
        ));
    }
    Ok(vec![Change::Join(JoinChange::Requested { member: Box::new(Member { status, joined_at: None, ..member }) })])
}

/// Takes back one's own request to join.
///
/// # Errors
/// `not_found` when there is none.
pub fn withdraw(member: Option<&Member>) -> Result<Vec<Change>, Refusal> {
    let asked = member.filter(|m| m.status == Status::Requested).ok_or(Code::NotFound)?;
    Ok(vec![Change::Join(JoinChange::Withdrawn { member: Box::new(asked.clone()) })])
}
