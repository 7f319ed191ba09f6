//! Places of tenants that an address names: whose they are once somebody has proved it. Does not look anything up.

use super::{Tenant, TenantChange, TenantMember, TenantRole};
use crate::change::Change;
use crate::ids::UserId;

/// A place that an address names, of somebody who has proved that address.
#[derive(Clone, Debug)]
pub struct Named {
    /// Where.
    pub tenant: Tenant,
    /// The place.
    pub place: TenantMember,
    /// The place they have there by their identity, if they have one too.
    pub own: Option<TenantMember>,
}

/// Makes a place somebody's own before the address that names it stops being theirs.
///
/// INVARIANT: a place is whose who proved its address, and stays so with another address: it goes neither to nobody nor
/// to whoever has the mailbox next.
#[must_use]
pub fn keep(user: UserId, named: Named) -> Vec<Change> {
    let Named { tenant, place, own } = named;
    let (tenant, role) = (Box::new(tenant), place.role);
    let changes = match own {
        None => vec![TenantChange::MemberBound { tenant, member: Box::new(place), user }],
        Some(own) => {
            let member = Box::new(own);
            let rises = role == TenantRole::Owner && member.role != role;
            let risen = rises.then(|| TenantChange::MemberRoleChanged { tenant: tenant.clone(), member, after: role });
            risen.into_iter().chain([TenantChange::MemberRemoved { tenant, member: Box::new(place) }]).collect()
        }
    };
    changes.into_iter().map(Change::Tenant).collect()
}
