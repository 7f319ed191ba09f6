//! The role that goes with running groups, where the preset has one: won with the first group, lost with
//! the last, chosen by naming groups, and given up with all of them.

use super::{Group, GroupChange, Seat, guard_local};
use crate::access::Permit;
use crate::change::Change;
use crate::member::{Member, guard_role};
use crate::policy::RoleSlug;
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};

fn role(rules: &Rules) -> Option<&str> {
    rules.policy().group_manager_role.as_ref().map(RoleSlug::as_str)
}

fn lost(rules: &Rules) -> Option<&str> {
    rules.policy().group_manager_role_lost.as_ref().map(RoleSlug::as_str)
}

fn given(member: &Member, role: &str) -> Change {
    Change::MemberRoleChanged { member: Box::new(member.clone()), after: role.to_owned() }
}

/// What becomes of the role of somebody who runs a first group.
pub(super) fn role_won(permit: &Permit, rules: &Rules, member: &Member) -> Result<Option<Change>, Refusal> {
    let Some(role) = role(rules).filter(|role| *role != member.role) else { return Ok(None) };
    if lost(rules) != Some(member.role.as_str()) {
        return Err(Refusal::of(Code::GroupManagerRole));
    }
    guard_role(permit, rules, role, "manager")?;
    Ok(Some(given(member, role)))
}

/// What becomes of the role of somebody who runs no group any more.
pub(super) fn role_lost(rules: &Rules, member: &Member) -> Option<Change> {
    let held = role(rules).is_some_and(|role| role == member.role);
    lost(rules).filter(|_| held).map(|after| given(member, after))
}

fn seat(group: &Group, member: &Member, before: Option<Seat>, manager: bool) -> Change {
    let (email, after) = (member.email.clone(), Seat { member: member.id, manager });
    Change::Group(GroupChange::SeatSet { group: Box::new(group.clone()), email, before, after })
}

/// What follows in groups when a member's role becomes `after`. The managers' role needs groups to manage,
/// those of before or `chosen` ones (ON-14); another role ends managing everywhere (ON-17).
///
/// # Errors
/// `group.groups_needed`, `group.external`, a refused value.
pub fn follow_role(
    rules: &Rules,
    member: &Member,
    after: &str,
    held: &[(Group, Seat)],
    chosen: &[(Group, Option<Seat>)],
) -> Result<Vec<Change>, Refusal> {
    let managers = role(rules);
    if managers != Some(after) {
        if !chosen.is_empty() {
            return Err(Refusal::field("groups", "field.invalid", "only the role of managers takes groups"));
        }
        let given_up = held.iter().filter(|(_, seat)| seat.manager && managers == Some(member.role.as_str()));
        return Ok(given_up.map(|(group, before)| seat(group, member, Some(*before), false)).collect());
    }
    if chosen.is_empty() && !held.iter().any(|(_, seat)| seat.manager) {
        let detail = format!("name the groups that somebody with the role `{after}` manages");
        return Err(Refusal::value(Code::GroupsNeeded, "groups", detail));
    }
    let mut changes = Vec::new();
    for (group, before) in chosen.iter().filter(|(_, before)| !before.is_some_and(|seat| seat.manager)) {
        if before.is_none() {
            guard_local(false, rules, group)?;
        }
        changes.push(seat(group, member, *before, true));
    }
    Ok(changes)
}
