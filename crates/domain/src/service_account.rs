//! Service accounts: members that are programs. Made, described, handed to another owner, given
//! another role, deleted; their tokens are in [`crate::token`]. Does not look anything up.
//!
//! INVARIANT: a service account's own id, its membership and its identity share their bits; it is a
//! member of one organization and never of another.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::Permit;
use crate::change::{AuditFact, Change};
use crate::departure::{self, Estate};
use crate::identity::Identity;
use crate::ids::{MemberId, ServiceAccountId, UserId};
use crate::member::{self, Member, MemberKind, Status, Surroundings, guard_rank, guard_role};
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::seats::{self, Seats};

/// One service account, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAccount {
    /// Its membership, with its name and role.
    pub member: Member,
    /// What it is for, perhaps empty.
    pub description: String,
    /// The person who answers for it; `None` once they are gone.
    pub owner: Option<MemberId>,
}

impl ServiceAccount {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> ServiceAccountId {
        ServiceAccountId::new(self.member.id.uuid())
    }
}

/// The id under which callers know an identity: `svc_…` of a program, `usr_…` of a person.
#[must_use]
pub fn shown_id(user: UserId, kind: MemberKind) -> String {
    match kind {
        MemberKind::Person => user.to_string(),
        MemberKind::ServiceAccount => ServiceAccountId::new(user.uuid()).to_string(),
    }
}

/// One recorded change of a service account.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum ServiceAccountChange {
    Created {
        account: Box<ServiceAccount>,
        identity: Box<Identity>,
    },
    Edited {
        account: Box<ServiceAccount>,
        description: String,
        owner: Option<MemberId>,
    },
    /// With its tokens.
    Deleted {
        account: Box<ServiceAccount>,
    },
}

impl ServiceAccountChange {
    /// The account it is about, as it was.
    #[must_use]
    pub fn account(&self) -> &ServiceAccount {
        match self {
            Self::Created { account, .. } | Self::Edited { account, .. } | Self::Deleted { account } => account,
        }
    }

    /// What the audit trail says of it.
    #[must_use]
    pub fn audit(&self) -> AuditFact {
        let account = self.account();
        let whole = |a: &ServiceAccount| json!({"name": a.member.name, "description": a.description, "owner": a.owner, "role": a.member.role});
        let (kind, before, after) = match self {
            Self::Created { .. } => ("service_account.created", Value::Null, whole(account)),
            Self::Edited { description, owner, .. } => (
                "service_account.edited",
                json!({"description": account.description, "owner": account.owner}),
                json!({"description": description, "owner": owner}),
            ),
            Self::Deleted { .. } => ("service_account.deleted", whole(account), Value::Null),
        };
        AuditFact {
            organization: Some(account.member.organization),
            kind,
            target: ("service_account", account.id().to_string(), account.member.name.clone()),
            before,
            after,
        }
    }
}

/// A service account with the top role manages itself and others below that role, never another
/// with it: a leaked credential must not lock out or take over its peers (TP-35).
pub(crate) fn guard_other_top(permit: &Permit, rules: &Rules, member: &Member) -> Result<(), Refusal> {
    let other = member.kind == MemberKind::ServiceAccount && !permit.is_self(member.id);
    if permit.is_program() && other && rules.preset().is_top(&member.role) {
        return Err(Refusal::of(Code::ServiceAccountTop));
    }
    Ok(())
}

/// A service account makes no other one a holder of the top role (TP-35).
pub(crate) fn guard_gift(permit: &Permit, rules: &Rules, to: &Member, role: &str) -> Result<(), Refusal> {
    let other = to.kind == MemberKind::ServiceAccount && !permit.is_self(to.id);
    if permit.is_program() && other && rules.preset().is_top(role) { Err(top_given()) } else { Ok(()) }
}

pub(crate) fn top_given() -> Refusal {
    Refusal::because(Code::RoleAboveOwn, "a service account gives no other one the top role")
}

fn guard_owner(owner: Option<&Member>) -> Result<(), Refusal> {
    match owner {
        Some(member) if member.kind != MemberKind::Person || member.status != Status::Active => {
            Err(Refusal::value(Code::ServiceAccountOwner, "owner", Code::ServiceAccountOwner.meaning()))
        }
        _ => Ok(()),
    }
}

/// Makes a service account; its role is at most its maker's own (CT-25), and it takes a seat (TP-34).
///
/// # Errors
/// `role.unknown`, `role.above_own`, `service_account.owner`, `seats.full`.
pub fn create(
    permit: &Permit,
    rules: &Rules,
    account: ServiceAccount,
    identity: Identity,
    owner: Option<&Member>,
    seats: Seats,
) -> Result<Vec<Change>, Refusal> {
    guard_role(permit, rules, &account.member.role, "role")?;
    guard_gift(permit, rules, &account.member, &account.member.role)?;
    guard_owner(owner)?;
    seats::guard(rules.policy(), seats)?;
    Ok(vec![Change::ServiceAccount(ServiceAccountChange::Created {
        account: Box::new(account),
        identity: Box::new(identity),
    })])
}

/// New values of a service account; `None` keeps what is. Its name is not among them: it stands in
/// the audit trail of everything it did (CT-25).
#[derive(Clone, Debug, Default)]
pub struct ServiceAccountEdit<'a> {
    /// The new description.
    pub description: Option<String>,
    /// The new owner.
    pub owner: Option<&'a Member>,
    /// The new role.
    pub role: Option<&'a str>,
}

/// Describes a service account, hands it to another owner, gives it another role.
///
/// # Errors
/// `service_account.owner`, and those of [`member::change_role`].
pub fn edit(
    permit: &Permit,
    rules: &Rules,
    account: &ServiceAccount,
    around: Surroundings,
    edit: ServiceAccountEdit<'_>,
) -> Result<Vec<Change>, Refusal> {
    guard_rank(permit, rules, &account.member)?;
    guard_owner(edit.owner)?;
    let owner = edit.owner.map_or(account.owner, |member| Some(member.id));
    let description = edit.description.unwrap_or_else(|| account.description.clone());
    let mut changes = Vec::new();
    if (owner, &description) != (account.owner, &account.description) {
        let account = Box::new(account.clone());
        changes.push(Change::ServiceAccount(ServiceAccountChange::Edited { account, description, owner }));
    }
    if let Some(role) = edit.role {
        changes.extend(member::change_role(permit, rules, &account.member, around, role)?);
    }
    Ok(changes)
}

/// A service account goes by somebody's word and never by its own: whoever holds a leaked secret of it would.
pub(crate) fn ends_itself() -> Refusal {
    Refusal::because(Code::SelfRemove, "a service account does not end its own membership; somebody else deletes it")
}

/// Deletes a service account and every token of it. `typed` must be its name (TP-34); what it owns goes as what
/// people own.
///
/// # Errors
/// `member.self`, `member.top_role_required`, `service_account.other_top`, `service_account.confirm_name`,
/// `transfer.heir`, `access.denied`, `grant.above_own`, `member.owns_resources` with `blockers`.
pub fn delete(
    permit: &Permit,
    rules: &Rules,
    account: &ServiceAccount,
    estate: &Estate,
    typed: &str,
) -> Result<Vec<Change>, Refusal> {
    if permit.is_self(account.member.id) {
        return Err(ends_itself());
    }
    guard_rank(permit, rules, &account.member)?;
    if typed != account.member.name {
        let detail = format!("type `{}` to confirm", account.member.name);
        return Err(Refusal::value(Code::ServiceAccountConfirm, "confirm", detail));
    }
    departure::guard_heirs(rules, &account.member, estate)?;
    departure::guard_owned(rules, estate)?;
    let (organization, member) = (account.member.organization, account.member.id);
    let mut changes: Vec<Change> = departure::handed_on(estate).collect();
    changes.push(Change::ServiceAccount(ServiceAccountChange::Deleted { account: Box::new(account.clone()) }));
    changes.push(Change::TokensRevoked { organization, member });
    Ok(changes)
}
