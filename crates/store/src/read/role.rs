//! The roles that an organization made for itself, and who holds one.

use guildhall_domain::ids::OrgId;
use guildhall_domain::role::CustomRole;

use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

const OF_ORGANIZATION: &str = "SELECT id, organization_id, applies_to, slug, name, description, permissions, ceiling, below, created_at, revision FROM roles WHERE organization_id = $1 ORDER BY id";
const GRANTS: &str = "SELECT COUNT(*) FROM grants t JOIN resources r ON r.organization_id = t.organization_id AND r.id = t.resource_id WHERE t.organization_id = $1 AND t.given_kind = 'role' AND t.given = $3 AND r.type = $2";

const LINKS: &str = "SELECT COUNT(*) FROM invite_links WHERE organization_id = $1 AND state = 'open' AND role = $2";

pub(crate) const STATEMENTS: &[&str] = &[OF_ORGANIZATION, GRANTS, LINKS];

/// A list of names as it is stored.
pub(super) fn names(row: &mut Row) -> Result<Option<Vec<String>>, StoreError> {
    serde_json::from_value(row.next()?).map_err(|e| StoreError::Corrupt(format!("a stored list of permissions: {e}")))
}

fn role(row: &mut Row) -> Result<CustomRole, StoreError> {
    Ok(CustomRole {
        id: row.next()?,
        organization: row.next()?,
        applies_to: row.next()?,
        slug: row.next()?,
        name: row.next()?,
        description: row.next()?,
        permissions: names(row)?.unwrap_or_default(),
        ceiling: names(row)?,
        below: names(row)?,
        created_at: row.next()?,
        revision: row.next()?,
    })
}

/// Every role the organization made for itself, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn of_organization(conn: &mut Conn<'_>, organization: OrgId) -> Result<Vec<CustomRole>, StoreError> {
    conn.all(OF_ORGANIZATION, params![organization], role)
}

/// How many grants give a role of a type, those that have ended included.
///
/// # Errors
/// [`StoreError`].
pub fn grants_of(conn: &mut Conn<'_>, organization: OrgId, kind: &str, slug: &str) -> Result<u64, StoreError> {
    Ok(conn.first(GRANTS, params![organization, kind, slug], |row| row.next())?.unwrap_or(0))
}

/// How many open invite links give a role of the organization.
///
/// # Errors
/// [`StoreError`].
pub fn links_of(conn: &mut Conn<'_>, organization: OrgId, slug: &str) -> Result<u64, StoreError> {
    Ok(conn.first(LINKS, params![organization, slug], |row| row.next())?.unwrap_or(0))
}
