//! Groups of members: made, renamed, ended, joined and left, and what being in one gives. Members with the
//! `manager` flag run their group as far as their role lets managers. Does not know what is granted to a group.

mod running;
mod sight;

pub use running::follow_role;
pub use sight::{is_seen, runs};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::Permit;
use crate::action::Action;
use crate::change::{AuditFact, Change};
use crate::ids::{GroupId, MemberId, OrgId};
use crate::member::{Member, words};
use crate::permission::Mask;
use crate::preset::{RoleRights, Rules};
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

words! {
    /// Where a group comes from.
    GroupOrigin {
        /// Made here.
        Local = "local",
        /// Kept by a directory elsewhere.
        External = "external",
    }
}

/// One group, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Where.
    pub organization: OrgId,
    /// Its name, unique in the organization without regard to letter case.
    pub name: String,
    /// What it is for, perhaps empty.
    pub description: String,
    /// Where it comes from.
    pub origin: GroupOrigin,
    /// How the directory that keeps it calls it.
    pub external_id: Option<String>,
    /// How the preset that brought it calls it.
    pub slug: Option<String>,
    /// Whether it stays as the preset has it: not renamed, deleted or granted anything.
    pub reserved: bool,
    /// Whether whoever joins enters it.
    pub joins: bool,
    /// What being in it gives at the organization and below, by name.
    pub permissions: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Revision of its last change.
    pub revision: u64,
}

/// A member's place in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The member.
    pub member: MemberId,
    /// Whether they run the group.
    pub manager: bool,
}

/// A group that a member is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Belonging {
    /// The group.
    pub group: GroupId,
    /// Whether they run it.
    pub manager: bool,
}

/// One recorded change of a group.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum GroupChange {
    Created {
        group: Box<Group>,
    },
    Edited {
        group: Box<Group>,
        name: String,
        description: String,
    },
    Deleted {
        group: Box<Group>,
    },
    PermissionsSet {
        group: Box<Group>,
        permissions: Vec<String>,
    },
    /// A provider keeps it from now on, or does not any more.
    KeptBy {
        group: Box<Group>,
        origin: GroupOrigin,
        external_id: Option<String>,
    },
    /// A member came in, or was made manager or none.
    SeatSet {
        group: Box<Group>,
        email: String,
        before: Option<Seat>,
        after: Seat,
    },
    SeatLeft {
        group: Box<Group>,
        email: String,
        seat: Seat,
    },
}

impl GroupChange {
    /// The group it is about, as it was.
    #[must_use]
    pub fn group(&self) -> &Group {
        match self {
            Self::Created { group }
            | Self::Edited { group, .. }
            | Self::Deleted { group }
            | Self::PermissionsSet { group, .. }
            | Self::KeptBy { group, .. }
            | Self::SeatSet { group, .. }
            | Self::SeatLeft { group, .. } => group,
        }
    }

    /// What the audit trail says of it.
    #[must_use]
    pub fn audit(&self) -> AuditFact {
        let named = |g: &Group| json!({"name": g.name, "description": g.description});
        let seat = |email: &str, s: &Seat| json!({"member": s.member, "email": email, "manager": s.manager});
        let (kind, before, after) = match self {
            Self::Created { group } => ("group.created", Value::Null, named(group)),
            Self::Edited { group, name, description } => {
                ("group.edited", named(group), json!({"name": name, "description": description}))
            }
            Self::Deleted { group } => ("group.deleted", named(group), Value::Null),
            Self::PermissionsSet { group, permissions } => (
                "group.permissions_changed",
                json!({"permissions": group.permissions}),
                json!({"permissions": permissions}),
            ),
            Self::KeptBy { origin, .. } => (
                "group.origin_changed",
                json!({"origin": self.group().origin.word()}),
                json!({"origin": origin.word()}),
            ),
            Self::SeatSet { email, before, after, .. } => {
                let kind = if before.is_some() { "group.manager_changed" } else { "group.member_added" };
                (kind, before.map_or(Value::Null, |s| seat(email, &s)), seat(email, after))
            }
            Self::SeatLeft { email, seat: left, .. } => ("group.member_removed", seat(email, left), Value::Null),
        };
        let group = self.group();
        AuditFact {
            organization: Some(group.organization),
            kind,
            target: ("group", group.id.to_string(), group.name.clone()),
            before,
            after,
        }
    }
}

/// May a provider keep this group? Its mapping then gives everything the group gives, so its maker has to have that.
///
/// # Errors
/// `group.external`, `group.reserved`, `group.grants_above_own`.
pub fn guard_mapped(permit: &Permit, rules: &Rules, group: &Group, grants_more: bool) -> Result<(), Refusal> {
    guard_reserved(group)?;
    guard_adding(permit, rules, group, grants_more)
}

/// The action somebody needs to run a group: their own as its manager, any other as one who manages groups.
#[must_use]
pub fn action_for(manages: bool, may_manage_all: bool) -> Action {
    if manages && !may_manage_all { Action::GroupManageOwn } else { Action::GroupManage }
}

/// A group that a directory keeps is changed there, unless the policy lets it be changed here as well.
fn guard_local(by_directory: bool, rules: &Rules, group: &Group) -> Result<(), Refusal> {
    let kept = group.origin == GroupOrigin::External && rules.policy().keeps_directory_apart();
    if kept && !by_directory {
        return Err(Refusal::of(Code::GroupExternal));
    }
    Ok(())
}

fn guard_reserved(group: &Group) -> Result<(), Refusal> {
    if group.reserved { Err(Refusal::of(Code::GroupReserved)) } else { Ok(()) }
}

/// May the group be granted anything (ON-34)?
///
/// # Errors
/// `group.reserved`.
pub fn guard_receives(group: &Group) -> Result<(), Refusal> {
    guard_reserved(group)
}

/// Makes a group.
///
/// # Errors
/// `group.name_taken`.
pub fn create(_permit: &Permit, group: Group, name_taken: bool) -> Result<Vec<Change>, Refusal> {
    if name_taken {
        return Err(Refusal::of(Code::GroupNameTaken));
    }
    Ok(vec![Change::Group(GroupChange::Created { group: Box::new(group) })])
}

/// Renames or describes a group.
///
/// # Errors
/// `group.name_taken`, `group.external`, `group.reserved`.
pub fn edit(
    permit: &Permit,
    rules: &Rules,
    group: &Group,
    name: String,
    description: String,
    name_taken: bool,
) -> Result<Vec<Change>, Refusal> {
    if name == group.name && description == group.description {
        return Ok(Vec::new());
    }
    guard_local(permit.is_directory(), rules, group)?;
    guard_reserved(group)?;
    if name_taken {
        return Err(Refusal::of(Code::GroupNameTaken));
    }
    Ok(vec![Change::Group(GroupChange::Edited { group: Box::new(group.clone()), name, description })])
}

/// Decides what being in a group gives (ON-32). Nobody lets it give, or takes from it, more than they have.
///
/// # Errors
/// `permission.unknown`, `group.grants_above_own`.
pub fn set_permissions(
    permit: &Permit,
    rules: &Rules,
    group: &Group,
    permissions: Vec<String>,
) -> Result<Vec<Change>, Refusal> {
    let mut after = Mask::EMPTY;
    for (at, name) in permissions.iter().enumerate() {
        let Some(given) = rules.preset().catalogue.gives(name) else {
            let (field, detail) = (format!("permissions[{at}]"), format!("no permission `{name}`"));
            return Err(Refusal::value(Code::PermissionUnknown, field, detail));
        };
        after |= given;
    }
    if !covers(permit, rules.group_mask(group.id)) || !covers(permit, after) {
        return Err(Refusal::of(Code::GroupGrantsAboveOwn));
    }
    if permissions == group.permissions {
        return Ok(Vec::new());
    }
    Ok(vec![Change::Group(GroupChange::PermissionsSet { group: Box::new(group.clone()), permissions })])
}

/// May somebody be taken into this group? `grants_more` as in [`set_seat`].
///
/// # Errors
/// `group.external`, `group.grants_above_own`.
pub fn guard_adding(permit: &Permit, rules: &Rules, group: &Group, grants_more: bool) -> Result<(), Refusal> {
    guard_local(permit.is_directory(), rules, group)?;
    if grants_more || !covers(permit, rules.group_mask(group.id)) {
        return Err(Refusal::of(Code::GroupGrantsAboveOwn));
    }
    Ok(())
}

/// Does the permit's holder have all that a group gives, at the organization and below?
pub(crate) fn covers(permit: &Permit, gives: Mask) -> bool {
    permit.covers_role(&RoleRights { floor: gives, ceiling: Mask::ALL, below: Mask::ALL, ..RoleRights::default() })
}

/// Ends a group; its members stay in the organization, what was granted to it is gone (ON-31).
///
/// `alone` tells that it is the only group of somebody; `managers` are those who manage no other.
///
/// # Errors
/// `group.external`, `group.reserved`, `group.last_group`.
pub fn delete(
    permit: &Permit,
    rules: &Rules,
    group: &Group,
    alone: bool,
    managers: &[Member],
) -> Result<Vec<Change>, Refusal> {
    guard_local(permit.is_directory(), rules, group)?;
    guard_reserved(group)?;
    // What a directory takes away is gone: somebody without a group has nothing, which harms nobody else.
    if alone && rules.policy().group_required && !permit.is_directory() {
        return Err(Refusal::of(Code::GroupLast));
    }
    let mut changes: Vec<Change> = managers.iter().filter_map(|one| running::role_lost(rules, one)).collect();
    changes.push(Change::Group(GroupChange::Deleted { group: Box::new(group.clone()) }));
    Ok(changes)
}

/// What else is to know of a member whose place in a group changes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around {
    /// They are in another group.
    pub elsewhere: bool,
    /// They manage another group.
    pub manages_elsewhere: bool,
    /// The group is granted something, or gives something, that the permit's holder lacks.
    pub grants_more: bool,
}

/// Takes a member into a group, or changes whether they run it. Nobody gives more than their own by taking
/// somebody in or by letting them run it (ON-34). Where the preset says so, running a first group brings the
/// managers' role, and running none any more takes it (ON-18).
///
/// # Errors
/// `group.external`, `member.state`, `group.self_manager`, `group.grants_above_own`, `group.manager_role`,
/// `role.above_own`.
pub fn set_seat(
    permit: &Permit,
    rules: &Rules,
    group: &Group,
    member: &Member,
    before: Option<Seat>,
    manager: bool,
    around: Around,
) -> Result<Vec<Change>, Refusal> {
    let after = Seat { member: member.id, manager };
    if before == Some(after) {
        return Ok(Vec::new());
    }
    if before.is_none() {
        guard_local(permit.is_directory(), rules, group)?;
        if !member.came_in() {
            return Err(Refusal::because(Code::MemberState, "only people who came in can be in a group"));
        }
    }
    let was = before.is_some_and(|seat| seat.manager);
    if permit.action() == Action::GroupManageOwn && permit.is_self(member.id) && was && !manager {
        return Err(Refusal::of(Code::GroupSelfManager));
    }
    let gives = !covers(permit, rules.group_mask(group.id));
    if (around.grants_more || gives) && (before.is_none() || (manager && !was)) {
        return Err(Refusal::of(Code::GroupGrantsAboveOwn));
    }
    let role = match (was, manager) {
        (false, true) => running::role_won(permit, rules, member)?,
        (true, false) if !around.manages_elsewhere => running::role_lost(rules, member),
        _ => None,
    };
    let email = member.email.clone();
    let seat = Change::Group(GroupChange::SeatSet { group: Box::new(group.clone()), email, before, after });
    Ok(std::iter::once(seat).chain(role).collect())
}

/// Takes a member out of a group. A manager does not take themself out (ON-33), and where everybody must be
/// in a group nobody's last one is taken.
///
/// # Errors
/// `group.external`, `group.self_manager`, `group.last_group`.
pub fn leave_seat(
    permit: &Permit,
    rules: &Rules,
    group: &Group,
    member: &Member,
    seat: Seat,
    around: Around,
) -> Result<Vec<Change>, Refusal> {
    guard_local(permit.is_directory(), rules, group)?;
    if permit.action() == Action::GroupManageOwn && permit.is_self(member.id) {
        return Err(Refusal::of(Code::GroupSelfManager));
    }
    let needed = rules.policy().group_required && !permit.is_directory();
    if needed && !around.elsewhere && !rules.preset().is_top(&member.role) {
        return Err(Refusal::of(Code::GroupLast));
    }
    let lost = if seat.manager && !around.manages_elsewhere { running::role_lost(rules, member) } else { None };
    let email = member.email.clone();
    let left = Change::Group(GroupChange::SeatLeft { group: Box::new(group.clone()), email, seat });
    Ok(std::iter::once(left).chain(lost).collect())
}

/// Whoever joins, or is switched on again, enters the groups that are for everybody (ON-24, ON-34).
#[must_use]
pub fn enter(member: &Member, groups: &[Group]) -> Vec<Change> {
    let seat = |group: &Group| {
        let (email, after) = (member.email.clone(), Seat { member: member.id, manager: false });
        Change::Group(GroupChange::SeatSet { group: Box::new(group.clone()), email, before: None, after })
    };
    groups.iter().map(seat).collect()
}
