//! Groups of members: made, renamed, ended, joined and left. Members with the `manager` flag run
//! their group as far as their role lets managers. Does not know what is granted to a group.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::Permit;
use crate::action::Action;
use crate::change::{AuditFact, Change};
use crate::ids::{GroupId, MemberId, OrgId};
use crate::member::{Member, Status, words};
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

/// The action somebody needs to run a group: their own as its manager, any other as one who
/// manages groups.
#[must_use]
pub fn action_for(manages: bool, may_manage_all: bool) -> Action {
    if manages && !may_manage_all { Action::GroupManageOwn } else { Action::GroupManage }
}

fn guard_local(group: &Group) -> Result<(), Refusal> {
    if group.origin == GroupOrigin::External {
        return Err(Refusal::of(Code::GroupExternal));
    }
    Ok(())
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
/// `group.name_taken`, `group.external`.
pub fn edit(
    _permit: &Permit,
    group: &Group,
    name: String,
    description: String,
    name_taken: bool,
) -> Result<Vec<Change>, Refusal> {
    if name == group.name && description == group.description {
        return Ok(Vec::new());
    }
    guard_local(group)?;
    if name_taken {
        return Err(Refusal::of(Code::GroupNameTaken));
    }
    Ok(vec![Change::Group(GroupChange::Edited { group: Box::new(group.clone()), name, description })])
}

/// Ends a group; its members stay in the organization, what was granted to it is gone (ON-31).
///
/// # Errors
/// `group.external`.
pub fn delete(_permit: &Permit, group: &Group) -> Result<Vec<Change>, Refusal> {
    guard_local(group)?;
    Ok(vec![Change::Group(GroupChange::Deleted { group: Box::new(group.clone()) })])
}

/// May somebody be taken into this group? `grants_more` as in [`set_seat`].
///
/// # Errors
/// `group.external`, `group.grants_above_own`.
pub fn guard_adding(group: &Group, grants_more: bool) -> Result<(), Refusal> {
    guard_local(group)?;
    if grants_more {
        return Err(Refusal::of(Code::GroupGrantsAboveOwn));
    }
    Ok(())
}

/// Takes a member into a group, or changes whether they run it.
///
/// `grants_more` tells that the group is granted something the permit's holder lacks: nobody gives
/// more than their own by taking somebody in (ON-34).
///
/// # Errors
/// `group.external`, `member.state`, `group.self_manager`, `group.grants_above_own`.
pub fn set_seat(
    permit: &Permit,
    group: &Group,
    member: &Member,
    before: Option<Seat>,
    manager: bool,
    grants_more: bool,
) -> Result<Vec<Change>, Refusal> {
    let after = Seat { member: member.id, manager };
    if before == Some(after) {
        return Ok(Vec::new());
    }
    if before.is_none() {
        guard_local(group)?;
        if !matches!(member.status, Status::Active | Status::Deactivated | Status::PendingApproval) {
            return Err(Refusal::because(Code::MemberState, "only people who came in can be in a group"));
        }
    }
    let steps_down = permit.is_self(member.id) && before.is_some_and(|seat| seat.manager) && !manager;
    if permit.action() == Action::GroupManageOwn && steps_down {
        return Err(Refusal::of(Code::GroupSelfManager));
    }
    if grants_more && before.is_none() {
        return Err(Refusal::of(Code::GroupGrantsAboveOwn));
    }
    let email = member.email.clone();
    Ok(vec![Change::Group(GroupChange::SeatSet { group: Box::new(group.clone()), email, before, after })])
}

/// Takes a member out of a group. A manager does not take themself out (ON-33).
///
/// # Errors
/// `group.external`, `group.self_manager`.
pub fn leave_seat(permit: &Permit, group: &Group, member: &Member, seat: Seat) -> Result<Vec<Change>, Refusal> {
    guard_local(group)?;
    if permit.action() == Action::GroupManageOwn && permit.is_self(member.id) {
        return Err(Refusal::of(Code::GroupSelfManager));
    }
    let email = member.email.clone();
    Ok(vec![Change::Group(GroupChange::SeatLeft { group: Box::new(group.clone()), email, seat })])
}
