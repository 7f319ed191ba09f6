//! Organizations.

use guildhall_domain::account::Account;
use guildhall_domain::ids::{OrgId, UserId};
use guildhall_domain::organization::Organization;
use serde_json::Value as Json;

use super::Page;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! columns {
    () => {
        "o.id, o.slug, o.name, o.preset, o.preset_version, o.preset_text, o.policy, o.valid_from, o.object_revision, o.created_at, o.tenant_id"
    };
}

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM organizations o WHERE o.id = $1 AND o.deleted_at IS NULL");
const BY_SLUG: &str =
    concat!("SELECT ", columns!(), " FROM organizations o WHERE o.slug = $1 AND o.deleted_at IS NULL");
const OF_IDENTITY: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM memberships m JOIN organizations o ON o.id = m.organization_id WHERE m.identity_id = $1 AND m.status = 'active' AND m.status <> 'removed' AND o.deleted_at IS NULL AND o.id > $2 ORDER BY o.id LIMIT $3"
);
const ALL: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM organizations o WHERE o.deleted_at IS NULL AND o.id > $1 ORDER BY o.id LIMIT $2"
);
const ACCOUNT: &str =
    "SELECT plan, billing_contacts, account_revision FROM organizations WHERE id = $1 AND deleted_at IS NULL";
const REVISION: &str = "SELECT revision FROM organizations WHERE id = $1 AND deleted_at IS NULL";
const NAME_TAKEN: &str = "SELECT 1 FROM organizations WHERE name = $1 AND id <> $2 AND deleted_at IS NULL LIMIT 1";
const SET_UP: &str = "SELECT set_up FROM instance WHERE id = 1";

pub(crate) const STATEMENTS: &[&str] = &[BY_ID, BY_SLUG, OF_IDENTITY, ALL, ACCOUNT, REVISION, NAME_TAKEN, SET_UP];

fn organization(row: &mut Row) -> Result<Organization, StoreError> {
    Ok(Organization {
        id: row.next()?,
        slug: row.next()?,
        name: row.next()?,
        preset: row.next()?,
        preset_version: u32::try_from(row.next::<u64>()?).unwrap_or(u32::MAX),
        preset_text: row.next()?,
        policy: row.next()?,
        valid_from: row.next()?,
        revision: row.next()?,
        created_at: row.next()?,
        tenant: row.next()?,
    })
}

/// One organization by its id or slug.
///
/// # Errors
/// [`StoreError`].
pub fn find(conn: &mut Conn<'_>, name: &str) -> Result<Option<Organization>, StoreError> {
    match name.parse::<OrgId>() {
        Ok(id) => by_id(conn, id),
        Err(_) => conn.first(BY_SLUG, params![name], organization),
    }
}

/// One organization by its id.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &mut Conn<'_>, id: OrgId) -> Result<Option<Organization>, StoreError> {
    conn.first(BY_ID, params![id], organization)
}

/// The organizations somebody is an active member of.
///
/// # Errors
/// [`StoreError`].
pub fn of_identity(conn: &mut Conn<'_>, user: UserId, page: &Page<OrgId>) -> Result<Vec<Organization>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::nil, OrgId::uuid);
    conn.all(OF_IDENTITY, params![user, after, page.limit], organization)
}

/// Every organization of the installation, by id.
///
/// # Errors
/// [`StoreError`].
pub fn all(conn: &mut Conn<'_>, page: &Page<OrgId>) -> Result<Vec<Organization>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::nil, OrgId::uuid);
    conn.all(ALL, params![after, page.limit], organization)
}

/// The organization's account, with the revision of its last change.
///
/// # Errors
/// [`StoreError`].
pub fn account(conn: &mut Conn<'_>, id: OrgId) -> Result<(Account, u64), StoreError> {
    let read = |row: &mut Row| {
        let (plan, contacts): (Option<String>, Json) = (row.next()?, row.next()?);
        let contacts = contacts.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned));
        Ok((Account { plan, billing_contacts: contacts.collect() }, row.next::<Option<u64>>()?.unwrap_or(1)))
    };
    Ok(conn.first(ACCOUNT, params![id], read)?.unwrap_or_default())
}

/// The organization's present revision: the number of its last write.
///
/// # Errors
/// [`StoreError`].
pub fn revision(conn: &mut Conn<'_>, id: OrgId) -> Result<u64, StoreError> {
    Ok(conn.first(REVISION, params![id], |row| row.next())?.unwrap_or(0))
}

/// Whether an organization other than `own` has this very name.
///
/// # Errors
/// [`StoreError`].
pub fn name_taken(conn: &mut Conn<'_>, name: &str, own: OrgId) -> Result<bool, StoreError> {
    conn.exists(NAME_TAKEN, params![name, own])
}

/// Whether the installation has had its first organization.
///
/// # Errors
/// [`StoreError`].
pub fn is_set_up(conn: &mut Conn<'_>) -> Result<bool, StoreError> {
    Ok(conn.first(SET_UP, &[], |row| row.next::<bool>())?.unwrap_or(false))
}
