//! Connections to identity providers, who is who there, and the sessions they vouched for.

use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{ConnectionId, OrgId, SessionId, UserId};
use guildhall_domain::proof::Vouched;
use guildhall_domain::sso::Connection;

use serde_json::Value;

use super::Page;
use super::identity::identity;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! columns {
    () => {
        "c.id, c.organization_id, c.name, c.issuer, c.client_id, c.saml, c.secret, c.scopes, c.domains, c.position, c.enabled, c.just_in_time, c.role, c.mail_trust, c.mapping, c.tested_at, c.trial, c.created_at, c.revision"
    };
}

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM sso_connections c WHERE c.id = $1");
const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM sso_connections c WHERE c.organization_id = $1 AND c.id < $2 ORDER BY c.id DESC LIMIT $3"
);
const LIST_OF_ALL: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM sso_connections c WHERE c.organization_id IS NULL AND c.id < $1 ORDER BY c.id DESC LIMIT $2"
);
const OPEN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM sso_connections c WHERE c.organization_id = $1 AND c.enabled = 1 ORDER BY c.position, c.id"
);
const OPEN_TO_ALL: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM sso_connections c WHERE c.organization_id IS NULL AND c.enabled = 1 ORDER BY c.position, c.id"
);
const BY_DOMAIN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM sso_connection_domains d JOIN sso_connections c ON c.id = d.connection_id LEFT JOIN organizations o ON o.id = c.organization_id WHERE d.domain = $1 AND c.enabled = 1 AND o.deleted_at IS NULL ORDER BY c.position, c.id"
);
const BY_ISSUER: &str = concat!("SELECT ", columns!(), " FROM sso_connections c WHERE c.issuer = $1 ORDER BY c.id");
const OTHERS_OPEN: &str =
    "SELECT 1 FROM sso_connections WHERE organization_id = $1 AND enabled = 1 AND id <> $2 LIMIT 1";
const LINKED: &str = "SELECT i.id, i.email, i.email_verified_at, i.name, i.handle, i.administrator, i.valid_from, i.revision, i.created_at FROM sso_links l JOIN identities i ON i.id = l.identity_id WHERE l.connection_id = $1 AND l.issuer = $2 AND l.subject = $3 AND i.deleted_at IS NULL";
const VOUCHED: &str = "SELECT c.organization_id, c.enabled, l.whole FROM sso_connections c LEFT JOIN sso_links l ON l.connection_id = c.id AND l.identity_id = $2 WHERE c.id = $1";
const SESSIONS: &str = "SELECT id FROM sessions WHERE connection_id = $1 AND identity_id = $2";
const SESSIONS_BY_SID: &str = "SELECT id FROM sessions WHERE connection_id = $1 AND provider_sid = $2";
const TIED: &str = "SELECT 1 FROM sso_links l JOIN sso_connections c ON c.id = l.connection_id WHERE l.identity_id = $1 AND c.organization_id = $2 AND c.enabled = 1 LIMIT 1";
const CLAIMED_BY: &str = "SELECT d.organization_id FROM claimed_domains d JOIN organizations o ON o.id = d.organization_id WHERE d.domain = $1 AND d.state = 'verified' AND o.deleted_at IS NULL";

pub(crate) const STATEMENTS: &[&str] = &[
    BY_ID,
    LIST,
    LIST_OF_ALL,
    OPEN,
    OPEN_TO_ALL,
    BY_DOMAIN,
    BY_ISSUER,
    OTHERS_OPEN,
    LINKED,
    VOUCHED,
    SESSIONS,
    SESSIONS_BY_SID,
    TIED,
    CLAIMED_BY,
];

/// A connection, with its sealed secret.
pub type Stored = (Connection, Option<Vec<u8>>);

fn listed<T>(row: &mut Row, read: fn(Value) -> Result<T, serde_json::Error>) -> Result<T, StoreError> {
    read(row.next()?).map_err(|e| StoreError::Corrupt(format!("a stored connection: {e}")))
}

fn connection(row: &mut Row) -> Result<Stored, StoreError> {
    let (id, organization, name, issuer, client_id) = (row.next()?, row.next()?, row.next()?, row.next()?, row.next()?);
    let saml = listed(row, serde_json::from_value)?;
    let secret: Option<Vec<u8>> = row.next()?;
    let made = Connection {
        id,
        organization,
        name,
        issuer,
        client_id,
        saml,
        has_secret: secret.is_some(),
        scopes: listed(row, serde_json::from_value)?,
        domains: listed(row, serde_json::from_value)?,
        position: u32::try_from(row.next::<u64>()?).unwrap_or(u32::MAX),
        enabled: row.next()?,
        just_in_time: row.next()?,
        role: row.next()?,
        mail_trust: row.next()?,
        mapping: listed(row, serde_json::from_value)?,
        tested_at: row.next()?,
        trial: row.next()?,
        created_at: row.next()?,
        revision: row.next()?,
    };
    Ok((made, secret))
}

/// One connection, whosever it is.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &mut Conn<'_>, id: ConnectionId) -> Result<Option<Stored>, StoreError> {
    conn.first(BY_ID, params![id], connection)
}

/// A page of an organization's connections, or of the installation's, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    conn: &mut Conn<'_>,
    organization: Option<OrgId>,
    page: &Page<ConnectionId>,
) -> Result<Vec<Stored>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::max, ConnectionId::uuid);
    match organization {
        Some(here) => conn.all(LIST, params![here, after, page.limit], connection),
        None => conn.all(LIST_OF_ALL, params![after, page.limit], connection),
    }
}

/// The connections that are switched on, in their order.
///
/// # Errors
/// [`StoreError`].
pub fn open(conn: &mut Conn<'_>, organization: Option<OrgId>) -> Result<Vec<Stored>, StoreError> {
    match organization {
        Some(here) => conn.all(OPEN, params![here], connection),
        None => conn.all(OPEN_TO_ALL, &[], connection),
    }
}

/// The connections that are switched on and name a mail domain.
///
/// # Errors
/// [`StoreError`].
pub fn by_domain(conn: &mut Conn<'_>, domain: &str) -> Result<Vec<Stored>, StoreError> {
    conn.all(BY_DOMAIN, params![domain], connection)
}

/// The connections to one provider, whosever they are.
///
/// # Errors
/// [`StoreError`].
pub fn by_issuer(conn: &mut Conn<'_>, issuer: &str) -> Result<Vec<Stored>, StoreError> {
    conn.all(BY_ISSUER, params![issuer], connection)
}

/// Whether another connection of the organization is switched on.
///
/// # Errors
/// [`StoreError`].
pub fn others_open(conn: &mut Conn<'_>, organization: OrgId, but: ConnectionId) -> Result<bool, StoreError> {
    conn.exists(OTHERS_OPEN, params![organization, but])
}

/// Who is meant by a provider's name for somebody.
///
/// # Errors
/// [`StoreError`].
pub fn linked(
    conn: &mut Conn<'_>,
    connection: ConnectionId,
    issuer: &str,
    subject: &str,
) -> Result<Option<Identity>, StoreError> {
    conn.first(LINKED, params![connection, issuer, subject], identity)
}

/// Whose provider vouched for a session, seen from an organization.
///
/// # Errors
/// [`StoreError`].
pub fn vouched(
    conn: &mut Conn<'_>,
    connection: ConnectionId,
    user: UserId,
    here: OrgId,
) -> Result<Vouched, StoreError> {
    let read = |row: &mut Row| Ok((row.next::<Option<OrgId>>()?, row.next::<bool>()?, row.next::<Option<bool>>()?));
    Ok(match conn.first(VOUCHED, params![connection, user], read)? {
        Some((Some(owner), true, _)) if owner == here => Vouched::Here,
        Some((None, ..) | (_, _, Some(true))) => Vouched::Own,
        _ => Vouched::Elsewhere,
    })
}

/// The sessions that a connection vouched for: somebody's, or by the provider's name for one.
///
/// # Errors
/// [`StoreError`].
pub fn sessions(
    conn: &mut Conn<'_>,
    connection: ConnectionId,
    user: Option<UserId>,
    sid: Option<&str>,
) -> Result<Vec<SessionId>, StoreError> {
    match (sid, user) {
        (Some(sid), _) => conn.all(SESSIONS_BY_SID, params![connection, sid], Row::next),
        (None, Some(user)) => conn.all(SESSIONS, params![connection, user], Row::next),
        (None, None) => Ok(Vec::new()),
    }
}

/// Whether somebody is tied to one of the organization's connections that are switched on.
///
/// # Errors
/// [`StoreError`].
pub fn is_tied(conn: &mut Conn<'_>, organization: OrgId, user: UserId) -> Result<bool, StoreError> {
    conn.exists(TIED, params![user, organization])
}

/// The organization that has claimed a mail domain.
///
/// # Errors
/// [`StoreError`].
pub fn claimed_by(conn: &mut Conn<'_>, domain: &str) -> Result<Option<OrgId>, StoreError> {
    conn.first(CLAIMED_BY, params![domain], Row::next)
}
