//! Tenants and the people in them.

use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{OrgId, TenantId, TenantMemberId, UserId};
use guildhall_domain::organization::Organization;
use guildhall_domain::tenant::{Settings, Tenant, TenantMember, TenantRole};
use guildhall_domain::text::Email;

use super::{Page, organization};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::{Row, Value};

macro_rules! columns {
    () => {
        "t.id, t.slug, t.name, t.settings, t.valid_from, t.object_revision, t.created_at"
    };
}
macro_rules! people {
    () => {
        "m.tenant_id, m.id, m.identity_id, m.label, m.role, m.created_at, (SELECT MAX(x.last_active_at) FROM memberships x JOIN organizations o ON o.id = x.organization_id JOIN identities i ON i.id = x.identity_id WHERE o.tenant_id = m.tenant_id AND (i.id = m.identity_id OR (i.email_key = m.email_key AND i.email_verified_at IS NOT NULL)))"
    };
}

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM tenants t WHERE t.id = $1");
const BY_SLUG: &str = concat!("SELECT ", columns!(), " FROM tenants t WHERE t.slug = $1");
/// The second and third parameter name a person: their id, and the key of the address they proved.
const OF_PERSON: &str = concat!(
    "SELECT (SELECT MAX(m.role) FROM tenant_members m WHERE m.tenant_id = t.id AND (m.identity_id = $2 OR m.email_key = $3)), ",
    columns!(),
    " FROM tenants t WHERE t.id > $1 AND t.id IN (SELECT m.tenant_id FROM tenant_members m WHERE m.identity_id = $2 OR m.email_key = $3) ORDER BY t.id LIMIT $4"
);
/// The first parameter is a person's id, the second the key of the address they proved, or nothing.
const OWNED_ALONE: &str = "SELECT t.name FROM tenants t WHERE t.id IN (SELECT m.tenant_id FROM tenant_members m WHERE m.role = 'owner' AND (m.identity_id = $1 OR m.email_key = $2)) AND NOT EXISTS (SELECT 1 FROM tenant_members o WHERE o.tenant_id = t.id AND o.role = 'owner' AND (o.identity_id <> $1 OR o.email_key <> $2 AND EXISTS (SELECT 1 FROM identities i WHERE i.email_key = o.email_key AND i.email_verified_at IS NOT NULL))) ORDER BY t.id";
const PLACES: &str =
    concat!("SELECT ", people!(), " FROM tenant_members m WHERE m.identity_id = $1 ORDER BY m.tenant_id");
const NAMED: &str = concat!("SELECT ", people!(), " FROM tenant_members m WHERE m.email_key = $1 ORDER BY m.tenant_id");
const ROLES: &str =
    "SELECT role FROM tenant_members WHERE tenant_id = $1 AND (identity_id = $2 OR email_key = $3) ORDER BY role DESC";
const ROLES_OF: &str = "SELECT tenant_id, role FROM tenant_members WHERE identity_id = $1 OR email_key = (SELECT email_key FROM identities WHERE id = $1 AND email_verified_at IS NOT NULL) ORDER BY tenant_id, role DESC";
const NAMES: &str = "SELECT 1 FROM tenant_members m LEFT JOIN identities i ON i.id = m.identity_id WHERE m.tenant_id = $1 AND (m.email_key = $2 OR i.email_key = $2 AND i.email_verified_at IS NOT NULL) LIMIT 1";
const MEMBER: &str = concat!("SELECT ", people!(), " FROM tenant_members m WHERE m.tenant_id = $1 AND m.id = $2");
const MEMBERS: &str =
    concat!("SELECT ", people!(), " FROM tenant_members m WHERE m.tenant_id = $1 AND m.id > $2 ORDER BY m.id LIMIT $3");
const COUNT: &str = "SELECT COUNT(*) FROM tenant_members WHERE tenant_id = $1";
const OTHER_OWNER: &str = "SELECT 1 FROM tenant_members m WHERE m.tenant_id = $1 AND m.id <> $2 AND m.role = 'owner' AND (m.identity_id IS NOT NULL OR EXISTS (SELECT 1 FROM identities i WHERE i.email_key = m.email_key AND i.email_verified_at IS NOT NULL)) LIMIT 1";
const OWNERS: &str = "SELECT i.email FROM tenant_members m JOIN identities i ON i.id = m.identity_id OR (i.email_key = m.email_key AND i.email_verified_at IS NOT NULL) WHERE m.tenant_id = $1 AND m.role = 'owner'";
const OWNER_IDS: &str = "SELECT i.id FROM tenant_members m JOIN identities i ON i.id = m.identity_id OR (i.email_key = m.email_key AND i.email_verified_at IS NOT NULL) WHERE m.tenant_id = $1 AND m.role = 'owner'";
const ORGANIZATIONS: &str =
    "SELECT id FROM organizations WHERE tenant_id = $1 AND id > $2 AND deleted_at IS NULL ORDER BY id LIMIT $3";

pub(crate) const STATEMENTS: &[&str] = &[
    BY_ID,
    BY_SLUG,
    OF_PERSON,
    OWNED_ALONE,
    PLACES,
    NAMED,
    ROLES,
    ROLES_OF,
    NAMES,
    MEMBER,
    MEMBERS,
    COUNT,
    OTHER_OWNER,
    OWNERS,
    OWNER_IDS,
    ORGANIZATIONS,
];

/// Settings as a column keeps them.
pub(crate) fn written(settings: &Settings) -> Result<String, StoreError> {
    serde_json::to_string(settings).map_err(|e| StoreError::Bug(format!("settings cannot be written: {e}")))
}

fn tenant(row: &mut Row) -> Result<Tenant, StoreError> {
    Ok(Tenant {
        id: row.next()?,
        slug: row.next()?,
        name: row.next()?,
        settings: serde_json::from_value(row.next()?)
            .map_err(|e| StoreError::Corrupt(format!("the settings of a tenant: {e}")))?,
        valid_from: row.next()?,
        revision: row.next()?,
        created_at: row.next()?,
    })
}

fn member(row: &mut Row) -> Result<TenantMember, StoreError> {
    Ok(TenantMember {
        tenant: row.next()?,
        id: row.next()?,
        user: row.next()?,
        label: row.next()?,
        role: row.next()?,
        created_at: row.next()?,
        last_active_at: row.next()?,
    })
}

/// The key of the address somebody proved; an unproved one is nobody's.
fn proved(who: &Identity) -> Option<String> {
    who.email_verified_at?;
    Email::parse(&who.email, "email").ok().map(|email| email.key().to_owned())
}

/// One tenant by its id or slug.
///
/// # Errors
/// [`StoreError`].
pub fn find(conn: &mut Conn<'_>, name: &str) -> Result<Option<Tenant>, StoreError> {
    match name.parse::<TenantId>() {
        Ok(id) => by_id(conn, id),
        Err(_) => conn.first(BY_SLUG, params![name], tenant),
    }
}

/// One tenant.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &mut Conn<'_>, id: TenantId) -> Result<Option<Tenant>, StoreError> {
    conn.first(BY_ID, params![id], tenant)
}

/// What somebody is in a tenant, the most of it.
///
/// # Errors
/// [`StoreError`].
pub fn role(conn: &mut Conn<'_>, id: TenantId, who: &Identity) -> Result<Option<TenantRole>, StoreError> {
    conn.first(ROLES, params![id, who.id, proved(who)], Row::next)
}

/// What somebody is in each tenant they belong to, the most of it first.
///
/// # Errors
/// [`StoreError`].
pub fn roles_of(conn: &mut Conn<'_>, user: UserId) -> Result<Vec<(TenantId, TenantRole)>, StoreError> {
    conn.all(ROLES_OF, params![user], |row| Ok((row.next()?, row.next()?)))
}

/// Whether a tenant has somebody with this address already.
///
/// # Errors
/// [`StoreError`].
pub fn names(conn: &mut Conn<'_>, id: TenantId, email_key: &str) -> Result<bool, StoreError> {
    conn.exists(NAMES, params![id, email_key])
}

/// The tenants somebody belongs to, each with what they are there.
///
/// # Errors
/// [`StoreError`].
pub fn of_person(
    conn: &mut Conn<'_>,
    who: &Identity,
    page: &Page<TenantId>,
) -> Result<Vec<(TenantRole, Tenant)>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::nil, TenantId::uuid);
    conn.all(OF_PERSON, params![after, who.id, proved(who), page.limit], |row| Ok((row.next()?, tenant(row)?)))
}

/// Somebody of a tenant.
///
/// # Errors
/// [`StoreError`].
pub fn member_by_id(
    conn: &mut Conn<'_>,
    tenant: TenantId,
    id: TenantMemberId,
) -> Result<Option<TenantMember>, StoreError> {
    conn.first(MEMBER, params![tenant, id], member)
}

/// A page of a tenant's people, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn members(
    conn: &mut Conn<'_>,
    tenant: TenantId,
    page: &Page<TenantMemberId>,
) -> Result<Vec<TenantMember>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::nil, TenantMemberId::uuid);
    conn.all(MEMBERS, params![tenant, after, page.limit], member)
}

/// Names of the tenants that have no owner who can sign in but this person.
///
/// # Errors
/// [`StoreError`].
pub fn owned_alone(conn: &mut Conn<'_>, who: &Identity) -> Result<Vec<String>, StoreError> {
    conn.all(OWNED_ALONE, params![who.id, proved(who).unwrap_or_default()], Row::next)
}

/// The places that somebody has by their identity.
///
/// # Errors
/// [`StoreError`].
pub fn places(conn: &mut Conn<'_>, user: UserId) -> Result<Vec<TenantMember>, StoreError> {
    conn.all(PLACES, params![user], member)
}

/// The places that the address somebody proved names.
///
/// # Errors
/// [`StoreError`].
pub fn named(conn: &mut Conn<'_>, who: &Identity) -> Result<Vec<TenantMember>, StoreError> {
    match proved(who) {
        Some(key) => conn.all(NAMED, params![key], member),
        None => Ok(Vec::new()),
    }
}

/// How many people a tenant has.
///
/// # Errors
/// [`StoreError`].
pub fn count(conn: &mut Conn<'_>, tenant: TenantId) -> Result<u64, StoreError> {
    Ok(conn.first(COUNT, params![tenant], Row::next)?.unwrap_or(0))
}

/// Whether a tenant has another owner who can sign in.
///
/// # Errors
/// [`StoreError`].
pub fn other_owner(conn: &mut Conn<'_>, member: &TenantMember) -> Result<bool, StoreError> {
    conn.exists(OTHER_OWNER, params![member.tenant, member.id])
}

/// The addresses of a tenant's owners.
///
/// # Errors
/// [`StoreError`].
pub fn owners(conn: &mut Conn<'_>, tenant: TenantId) -> Result<Vec<String>, StoreError> {
    conn.all(OWNERS, params![tenant], Row::next)
}

/// Who owns a tenant at this moment.
///
/// # Errors
/// [`StoreError`].
pub fn owner_ids(conn: &mut Conn<'_>, tenant: TenantId) -> Result<Vec<UserId>, StoreError> {
    conn.all(OWNER_IDS, params![tenant], Row::next)
}

/// A page of a tenant's organizations, by id.
///
/// # Errors
/// [`StoreError`].
pub fn organizations(
    conn: &mut Conn<'_>,
    tenant: TenantId,
    page: &Page<OrgId>,
) -> Result<Vec<Organization>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::nil, OrgId::uuid);
    let values: Vec<Value> = params![tenant, after, page.limit].to_vec();
    let ids: Vec<OrgId> = conn.all(ORGANIZATIONS, &values, Row::next)?;
    let found: Result<Vec<_>, _> = ids.into_iter().map(|id| organization::by_id(conn, id)).collect();
    Ok(found?.into_iter().flatten().collect())
}
