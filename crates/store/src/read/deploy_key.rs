//! Deploy keys.

use guildhall_domain::deploy_key::DeployKey;
use guildhall_domain::ids::{OrgId, TokenId};

use super::Page;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! columns {
    () => {
        "id, organization_id, name, last4, created_at, created_by, last_used_at"
    };
}

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM deploy_keys WHERE organization_id = $1 AND id = $2");
const BY_SECRET: &str = concat!("SELECT ", columns!(), " FROM deploy_keys WHERE secret = $1");
const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM deploy_keys WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
);

pub(crate) const STATEMENTS: &[&str] = &[BY_ID, BY_SECRET, LIST];

fn key(row: &mut Row) -> Result<DeployKey, StoreError> {
    Ok(DeployKey {
        id: row.next()?,
        organization: row.next()?,
        name: row.next()?,
        last4: row.next()?,
        created_at: row.next()?,
        created_by: row.next()?,
        last_used_at: row.next()?,
    })
}

/// One deploy key.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &mut Conn<'_>, organization: OrgId, id: TokenId) -> Result<Option<DeployKey>, StoreError> {
    conn.first(BY_ID, params![organization, id], key)
}

/// The deploy key of a secret.
///
/// # Errors
/// [`StoreError`].
pub fn by_secret(conn: &mut Conn<'_>, secret: &[u8; 32]) -> Result<Option<DeployKey>, StoreError> {
    conn.first(BY_SECRET, params![*secret], key)
}

/// A page of an organization's deploy keys, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn list(conn: &mut Conn<'_>, organization: OrgId, page: &Page<TokenId>) -> Result<Vec<DeployKey>, StoreError> {
    conn.all(LIST, params![organization, page.after.map_or_else(uuid::Uuid::max, TokenId::uuid), page.limit], key)
}
