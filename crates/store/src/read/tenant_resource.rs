//! Resources of tenants, and who keeps a resource of an organization.

use guildhall_domain::ids::{MemberId, OrgId, ResourceId, TenantId, TenantResourceId};
use guildhall_domain::resource::{Keeper, Resource};
use guildhall_domain::tenant::TenantResource;

use super::Page;
use super::resource::{resource, resource_columns};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! columns {
    () => {
        "r.id, r.tenant_id, r.type, r.name, r.reach, r.created_at, r.revision"
    };
}

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM tenant_resources r WHERE r.tenant_id = $1 AND r.id = $2");
const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM tenant_resources r WHERE r.tenant_id = $1 AND r.id > $2 ORDER BY r.id LIMIT $3"
);
/// A service account that is gone keeps nothing.
const KEEPER: &str = "SELECT k.tenant_resource_id, m.id FROM kept_resources k LEFT JOIN memberships m ON m.organization_id = k.organization_id AND m.id = k.membership_id AND m.status <> 'removed' WHERE k.organization_id = $1 AND k.resource_id = $2";
const IN_ORGANIZATION: &str = concat!(
    "SELECT ",
    resource_columns!(),
    " FROM kept_resources k JOIN resources r ON r.organization_id = k.organization_id AND r.id = k.resource_id WHERE k.organization_id = $1 AND k.tenant_resource_id = $2"
);

pub(crate) const STATEMENTS: &[&str] = &[BY_ID, LIST, KEEPER, IN_ORGANIZATION];

/// Where it goes, as a column keeps it.
pub(crate) fn written(to: Option<&Vec<OrgId>>) -> Result<String, StoreError> {
    serde_json::to_string(&to).map_err(|e| StoreError::Bug(format!("organizations cannot be written: {e}")))
}

fn shared(row: &mut Row) -> Result<TenantResource, StoreError> {
    Ok(TenantResource {
        id: row.next()?,
        tenant: row.next()?,
        kind: row.next()?,
        name: row.next()?,
        to: serde_json::from_value(row.next()?)
            .map_err(|e| StoreError::Corrupt(format!("the organizations of a tenant's resource: {e}")))?,
        created_at: row.next()?,
        revision: row.next()?,
    })
}

/// One resource of a tenant.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(
    conn: &mut Conn<'_>,
    tenant: TenantId,
    id: TenantResourceId,
) -> Result<Option<TenantResource>, StoreError> {
    conn.first(BY_ID, params![tenant, id], shared)
}

/// A page of the resources of a tenant, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    conn: &mut Conn<'_>,
    tenant: TenantId,
    page: &Page<TenantResourceId>,
) -> Result<Vec<TenantResource>, StoreError> {
    let after = page.after.unwrap_or_else(|| TenantResourceId::new(uuid::Uuid::nil()));
    conn.all(LIST, params![tenant, after, page.limit], shared)
}

/// Who keeps a resource, if somebody does.
///
/// # Errors
/// [`StoreError`].
pub fn keeper(conn: &mut Conn<'_>, organization: OrgId, id: ResourceId) -> Result<Option<Keeper>, StoreError> {
    let found = conn.first(KEEPER, params![organization, id], |row| {
        Ok((row.next::<Option<TenantResourceId>>()?, row.next::<Option<MemberId>>()?))
    })?;
    Ok(found.and_then(|(tenant, member)| tenant.map(Keeper::Tenant).or(member.map(Keeper::Integration))))
}

/// What a resource of a tenant is in an organization.
///
/// # Errors
/// [`StoreError`].
pub fn in_organization(
    conn: &mut Conn<'_>,
    organization: OrgId,
    id: TenantResourceId,
) -> Result<Option<Resource>, StoreError> {
    conn.first(IN_ORGANIZATION, params![organization, id], resource)
}
