//! Bringing in people of another directory: no invitation, in at once. Groups, resources and grants that come with
//! them are decided where all others are.

use crate::access::Permit;
use crate::change::Change;
use crate::direct::guard_invites;
use crate::identity::Identity;
use crate::ids::MemberId;
use crate::joining::{Address, Facts, Way, guard_join};
use crate::member::{Origin, brought_in, guard_role};
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::seats::Seats;
use crate::time::Timestamp;

/// Somebody to bring in.
#[derive(Clone, Copy, Debug)]
pub struct Newcomer<'a> {
    /// The person.
    pub who: &'a Identity,
    /// Whether nobody had that address: the identity is made with the membership.
    pub is_new: bool,
    /// The role they get; the usual one when left out.
    pub role: Option<&'a str>,
    /// Whether they belong to another organization.
    pub elsewhere: bool,
    /// The seats that are held now.
    pub seats: Seats,
}

/// Brings somebody in, with an address that whoever administers the installation vouches for.
///
/// INVARIANT: nobody else does. Otherwise any organization could draw somebody else's account in, and see from the
/// answer whether there is one.
///
/// # Errors
/// `instance.administrator_required`, `join.direct_only`, `role.unknown`, `role.above_own`, and those of [`guard_join`].
pub fn join(
    permit: &Permit,
    rules: &Rules,
    administrator: bool,
    newcomer: Newcomer<'_>,
    id: MemberId,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    if !administrator {
        return Err(Code::InstanceAdministrator.into());
    }
    guard_invites(rules)?;
    let Newcomer { who, is_new, role, elsewhere, seats } = newcomer;
    let role = role.unwrap_or_else(|| rules.policy().role_default.as_str());
    guard_role(permit, rules, role, "role")?;
    let facts = Facts { elsewhere, seats, ..Facts::default() };
    guard_join(rules, Way::Direct, Address::of(&who.email, true), &facts)?;
    let joined = Change::MemberJoined { member: Box::new(brought_in(permit, id, who, role, Origin::Import, now)) };
    let made = is_new.then(|| Change::IdentityCreated { identity: Box::new(who.clone()), password: None });
    Ok(made.into_iter().chain([joined]).collect())
}
