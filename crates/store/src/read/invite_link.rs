//! Invite links.

use guildhall_domain::ids::{InviteLinkId, OrgId};
use guildhall_domain::invitation::SecretHash;
use guildhall_domain::invite_link::InviteLink;
use guildhall_domain::time::Timestamp;

use super::Page;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! columns {
    () => {
        "id, organization_id, role, state, expires_at, uses_left, created_at, created_by, revision"
    };
}

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM invite_links WHERE organization_id = $1 AND id = $2");
const BY_SECRET: &str = concat!("SELECT ", columns!(), " FROM invite_links WHERE secret = $1");
const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM invite_links WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
);
const COUNT_OPEN: &str = "SELECT COUNT(*) FROM invite_links WHERE organization_id = $1 AND state = 'open' AND (expires_at IS NULL OR expires_at > $2) AND (uses_left IS NULL OR uses_left > 0)";

pub(crate) const STATEMENTS: &[&str] = &[BY_ID, BY_SECRET, LIST, COUNT_OPEN];

fn link(row: &mut Row) -> Result<InviteLink, StoreError> {
    Ok(InviteLink {
        id: row.next()?,
        organization: row.next()?,
        role: row.next()?,
        state: row.next()?,
        expires_at: row.next()?,
        uses_left: row.next()?,
        created_at: row.next()?,
        created_by: row.next()?,
        revision: row.next()?,
    })
}

/// One link.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &mut Conn<'_>, organization: OrgId, id: InviteLinkId) -> Result<Option<InviteLink>, StoreError> {
    conn.first(BY_ID, params![organization, id], link)
}

/// The link of a secret.
///
/// # Errors
/// [`StoreError`].
pub fn by_secret(conn: &mut Conn<'_>, secret: &SecretHash) -> Result<Option<InviteLink>, StoreError> {
    conn.first(BY_SECRET, params![*secret], link)
}

/// A page of links, newest first, those that work no more among them.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    conn: &mut Conn<'_>,
    organization: OrgId,
    page: &Page<InviteLinkId>,
) -> Result<Vec<InviteLink>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::max, InviteLinkId::uuid);
    conn.all(LIST, params![organization, after, page.limit], link)
}

/// How many links somebody could come in with now.
///
/// # Errors
/// [`StoreError`].
pub fn count_open(conn: &mut Conn<'_>, organization: OrgId, now: Timestamp) -> Result<u64, StoreError> {
    Ok(conn.first(COUNT_OPEN, params![organization, now], Row::next)?.unwrap_or(0))
}
