//! What of an organization's preset is in use.

use guildhall_domain::ids::OrgId;
use guildhall_domain::organization::preset::{InUse, RoleInUse};
use guildhall_domain::resource::Given;

use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const ROLES: &str = "SELECT role, COUNT(*), COUNT(CASE WHEN status = 'active' AND kind = 'person' THEN 1 END), COUNT(CASE WHEN kind = 'service_account' THEN 1 END) FROM memberships WHERE organization_id = $1 AND status <> 'removed' GROUP BY role ORDER BY role";
const TYPES: &str = "SELECT DISTINCT type FROM resources WHERE organization_id = $1 ORDER BY type";
const GRANTED: &str = "SELECT DISTINCT r.type, g.given_kind, g.given FROM grants g JOIN resources r ON r.organization_id = g.organization_id AND r.id = g.resource_id WHERE g.organization_id = $1 UNION SELECT r.type, l.given_kind, l.given FROM share_links l JOIN resources r ON r.organization_id = l.organization_id AND r.id = l.resource_id WHERE l.organization_id = $1 ORDER BY 1, 2, 3";

pub(crate) const STATEMENTS: &[&str] = &[ROLES, TYPES, GRANTED];

/// The roles people have, the types there are resources of, and what grants and share links give.
///
/// # Errors
/// [`StoreError`].
pub fn in_use(conn: &mut Conn<'_>, id: OrgId) -> Result<InUse, StoreError> {
    let roles = conn.all(ROLES, params![id], |row| {
        Ok(RoleInUse { slug: row.next()?, holders: row.next()?, active_people: row.next()?, programs: row.next()? })
    })?;
    let types = conn.all(TYPES, params![id], |row| row.next())?;
    let granted = conn.all(GRANTED, params![id], |row| {
        let (kind, given, name): (String, String, String) = (row.next()?, row.next()?, row.next()?);
        Ok((kind, if given == "role" { Given::Role(name) } else { Given::Permission(name) }))
    })?;
    Ok(InUse { roles, types, granted })
}
