//! Mail domains that organizations claim.

use guildhall_domain::claimed_domain::ClaimedDomain;
use guildhall_domain::ids::{DomainId, OrgId};
use guildhall_domain::time::Timestamp;

use super::Page;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! columns {
    () => {
        "id, organization_id, domain, verify_by, record, state, verified_at, checked_at, missed_since, created_at, revision"
    };
}

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM claimed_domains WHERE organization_id = $1 AND id = $2");
const HERE: &str = "SELECT 1 FROM claimed_domains WHERE organization_id = $1 AND domain = $2";
const ELSEWHERE: &str = "SELECT 1 FROM claimed_domains d JOIN organizations o ON o.id = d.organization_id WHERE d.domain = $1 AND d.organization_id <> $2 AND d.state = 'verified' AND o.deleted_at IS NULL LIMIT 1";
const PROVED: &str =
    "SELECT domain FROM claimed_domains WHERE organization_id = $1 AND state = 'verified' ORDER BY domain";
const CODE: &str = "SELECT 1 FROM claimed_domains WHERE organization_id = $1 AND id = $2 AND secret = $3";
const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM claimed_domains WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
);
const DUE: &str = "SELECT d.id, d.organization_id, d.domain, d.verify_by, d.record, d.state, d.verified_at, d.checked_at, d.missed_since, d.created_at, d.revision FROM claimed_domains d JOIN organizations o ON o.id = d.organization_id WHERE d.state = 'verified' AND d.checked_at <= $1 AND o.deleted_at IS NULL ORDER BY d.checked_at, d.id LIMIT $2";

pub(crate) const STATEMENTS: &[&str] = &[BY_ID, HERE, ELSEWHERE, PROVED, CODE, LIST, DUE];

fn claim(row: &mut Row) -> Result<ClaimedDomain, StoreError> {
    Ok(ClaimedDomain {
        id: row.next()?,
        organization: row.next()?,
        domain: row.next()?,
        verify_by: row.next()?,
        record: row.next()?,
        state: row.next()?,
        verified_at: row.next()?,
        checked_at: row.next()?,
        missed_since: row.next()?,
        created_at: row.next()?,
        revision: row.next()?,
    })
}

/// One claim.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &mut Conn<'_>, organization: OrgId, id: DomainId) -> Result<Option<ClaimedDomain>, StoreError> {
    conn.first(BY_ID, params![organization, id], claim)
}

/// Whether the organization claims a domain.
///
/// # Errors
/// [`StoreError`].
pub fn is_here(conn: &mut Conn<'_>, organization: OrgId, domain: &str) -> Result<bool, StoreError> {
    conn.exists(HERE, params![organization, domain])
}

/// Whether another organization has proved a domain to be its own.
///
/// # Errors
/// [`StoreError`].
pub fn is_elsewhere(conn: &mut Conn<'_>, organization: OrgId, domain: &str) -> Result<bool, StoreError> {
    conn.exists(ELSEWHERE, params![domain, organization])
}

/// The domains that the organization has proved to be its own.
///
/// # Errors
/// [`StoreError`].
pub fn proved(conn: &mut Conn<'_>, organization: OrgId) -> Result<Vec<String>, StoreError> {
    conn.all(PROVED, params![organization], Row::next)
}

/// Whether a mailed code is that of a claim.
///
/// # Errors
/// [`StoreError`].
pub fn is_code(conn: &mut Conn<'_>, organization: OrgId, id: DomainId, code: &[u8; 32]) -> Result<bool, StoreError> {
    conn.exists(CODE, params![organization, id, *code])
}

/// A page of an organization's claims, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn list(conn: &mut Conn<'_>, organization: OrgId, page: &Page<DomainId>) -> Result<Vec<ClaimedDomain>, StoreError> {
    conn.all(LIST, params![organization, page.after.map_or_else(uuid::Uuid::max, DomainId::uuid), page.limit], claim)
}

/// Proved claims that nobody looked at since `before`, the longest waiting first.
///
/// # Errors
/// [`StoreError`].
pub fn due(conn: &mut Conn<'_>, before: Timestamp, limit: u32) -> Result<Vec<ClaimedDomain>, StoreError> {
    conn.all(DUE, params![before, limit], claim)
}
