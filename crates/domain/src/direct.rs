//! Adding the people of a tenant to its organizations directly: no invitation, in at once (TP-9).
//! Does not decide who belongs to the tenant.

use crate::access::Permit;
use crate::change::Change;
use crate::identity::Identity;
use crate::ids::MemberId;
use crate::joining::{Address, Facts, Way, guard_join};
use crate::member::{Origin, brought_in, guard_role};
use crate::organization::guard_shared;
use crate::policy::DirectJoin;
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// Refuses to invite where people are added directly.
///
/// # Errors
/// `join.direct_only`, `organization.personal`.
pub fn guard_invites(rules: &Rules) -> Result<(), Refusal> {
    guard_shared(rules.policy())?;
    match rules.policy().join_direct {
        DirectJoin::Nobody => Ok(()),
        DirectJoin::TenantMembers => Err(Code::JoinDirectOnly.into()),
    }
}

/// Somebody to add.
#[derive(Clone, Copy, Debug)]
pub struct Newcomer<'a> {
    /// The person, when they are one of the tenant's.
    pub who: Option<&'a Identity>,
    /// The role they get; the usual one when left out.
    pub role: Option<&'a str>,
    /// What joining rests on.
    pub facts: &'a Facts,
}

/// Adds one of the tenant's people, who is in at once. Approvals are for those who come by
/// themselves.
///
/// # Errors
/// `join.not_direct`, `member.not_in_tenant`, `role.unknown`, `role.above_own`, `organization.personal`, and those of
/// [`guard_join`].
pub fn add(
    permit: &Permit,
    rules: &Rules,
    newcomer: Newcomer<'_>,
    id: MemberId,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    guard_shared(rules.policy())?;
    if rules.policy().join_direct != DirectJoin::TenantMembers {
        return Err(Code::JoinNotDirect.into());
    }
    let role = newcomer.role.unwrap_or_else(|| rules.policy().role_default.as_str());
    guard_role(permit, rules, role, "role")?;
    let who = newcomer.who.ok_or(Code::MemberNotInTenant)?;
    guard_join(rules, Way::Direct, Address::of(&who.email, who.email_verified_at.is_some()), newcomer.facts)?;
    Ok(vec![Change::MemberJoined { member: Box::new(brought_in(permit, id, who, role, Origin::Direct, now)) }])
}
