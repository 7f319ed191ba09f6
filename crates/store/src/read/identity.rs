//! Identities.

use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{LinkId, UserId};
use guildhall_domain::invitation::SecretHash;
use guildhall_domain::time::Timestamp;

use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! columns {
    () => {
        "id, email, email_verified_at, name, handle, administrator, valid_from, revision, created_at"
    };
}

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM identities WHERE id = $1 AND deleted_at IS NULL");
const VERIFIED: &str =
    concat!("SELECT ", columns!(), " FROM identities WHERE email_key = $1 AND email_verified_at IS NOT NULL");
const PROVISIONED: &str = "SELECT i.id, i.email, i.email_verified_at, i.name, i.handle, i.administrator, i.valid_from, i.revision, i.created_at FROM identities i WHERE i.email_key = $1 AND i.email_verified_at IS NULL AND i.password IS NULL AND i.deleted_at IS NULL AND EXISTS (SELECT 1 FROM memberships m WHERE m.identity_id = i.id AND m.managed = 1 AND m.status = 'active' AND m.status <> 'removed') ORDER BY i.id LIMIT 1";
const BY_HANDLE: &str = concat!("SELECT ", columns!(), " FROM identities WHERE handle = $1");
const SIGN_IN: &str = concat!(
    "SELECT password, ",
    columns!(),
    " FROM identities WHERE email_key = $1 ORDER BY (email_verified_at IS NULL), id LIMIT $2"
);
const PASSWORD: &str = "SELECT password FROM identities WHERE id = $1";
const LINK: &str = "SELECT id, identity_id, email, expires_at FROM links WHERE secret = $1 AND kind = $2";
const WAITING: &str = "SELECT email FROM links WHERE identity_id = $1 AND kind = $2 AND expires_at > $3";

pub(crate) const STATEMENTS: &[&str] = &[BY_ID, VERIFIED, PROVISIONED, BY_HANDLE, SIGN_IN, PASSWORD, LINK, WAITING];

pub(super) fn identity(row: &mut Row) -> Result<Identity, StoreError> {
    Ok(Identity {
        id: row.next()?,
        email: row.next()?,
        email_verified_at: row.next()?,
        name: row.next()?,
        handle: row.next()?,
        administrator: row.next()?,
        valid_from: row.next()?,
        revision: row.next()?,
        created_at: row.next()?,
    })
}

/// One identity; a deleted one is none.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &mut Conn<'_>, id: UserId) -> Result<Option<Identity>, StoreError> {
    conn.first(BY_ID, params![id], identity)
}

/// The identity that proved an address, by the address's key. An unverified address never
/// resolves to anybody.
///
/// # Errors
/// [`StoreError`].
pub fn verified(conn: &mut Conn<'_>, email_key: &str) -> Result<Option<Identity>, StoreError> {
    conn.first(VERIFIED, params![email_key], identity)
}

/// The identity that a link for a new password to this address goes to: whoever proved the address, else somebody
/// whom a directory brought with it and who has had no password yet. Opening the link proves the address.
///
/// # Errors
/// [`StoreError`].
pub fn reachable(conn: &mut Conn<'_>, email_key: &str) -> Result<Option<Identity>, StoreError> {
    match verified(conn, email_key)? {
        Some(found) => Ok(Some(found)),
        None => conn.first(PROVISIONED, params![email_key], identity),
    }
}

/// The identity with a handle.
///
/// # Errors
/// [`StoreError`].
pub fn by_handle(conn: &mut Conn<'_>, handle: &str) -> Result<Option<Identity>, StoreError> {
    conn.first(BY_HANDLE, params![handle], identity)
}

/// Identities that sign in with an address, the one that proved it first, and their password
/// hashes.
///
/// # Errors
/// [`StoreError`].
pub fn for_sign_in(
    conn: &mut Conn<'_>,
    email_key: &str,
    limit: u32,
) -> Result<Vec<(Option<String>, Identity)>, StoreError> {
    conn.all(SIGN_IN, params![email_key, limit], |row| Ok((row.next()?, identity(row)?)))
}

/// The password hash of an identity.
///
/// # Errors
/// [`StoreError`].
pub fn password(conn: &mut Conn<'_>, id: UserId) -> Result<Option<String>, StoreError> {
    Ok(conn.first(PASSWORD, params![id], |row| row.next::<Option<String>>())?.flatten())
}

/// A mailed link.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// Whose.
    pub user: Option<UserId>,
    /// The address it was mailed to.
    pub email: String,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// The link of a secret.
///
/// # Errors
/// [`StoreError`].
pub fn link(
    conn: &mut Conn<'_>,
    secret: &SecretHash,
    kind: guildhall_domain::change::LinkKind,
) -> Result<Option<Link>, StoreError> {
    conn.first(LINK, params![*secret, kind.word()], |row| {
        Ok(Link { id: row.next()?, user: row.next()?, email: row.next()?, expires_at: row.next()? })
    })
}

/// The address that an open link of this kind was mailed to.
///
/// # Errors
/// [`StoreError`].
pub fn waiting_address(
    conn: &mut Conn<'_>,
    id: UserId,
    kind: guildhall_domain::change::LinkKind,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    conn.first(WAITING, params![id, kind.word(), now], |row| row.next())
}
