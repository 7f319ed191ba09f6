//! Sessions and tokens.

use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{MemberId, OrgId, SessionId, TokenId, UserId};
use guildhall_domain::proof::Proof;
use guildhall_domain::time::Timestamp;
use guildhall_domain::token::Token;

use super::Page;
use super::identity::identity;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! token_columns {
    () => {
        "id, organization_id, membership_id, identity_id, holder, name, scopes, last4, expires_at, created_at, issued_at, last_used_at, active, revoked_at"
    };
}
macro_rules! session_columns {
    () => {
        "id, identity_id, created_at, seen_at, expires_at, address, agent, method, connection_id, factor_at, proved_at"
    };
}

// Recognising a caller is the most frequent read of all, so it is one statement each.
macro_rules! token_and_holder {
    ($ends:literal, $issued:literal, $condition:literal) => {
        concat!(
            "SELECT t.id, t.organization_id, t.membership_id, t.identity_id, t.holder, t.name, t.scopes, t.last4, ",
            $ends,
            ", t.created_at, ",
            $issued,
            ", t.last_used_at, t.active, t.revoked_at, i.id, i.email, i.email_verified_at, i.name, i.handle, i.administrator, i.valid_from, i.revision, i.created_at FROM tokens t JOIN identities i ON i.id = t.identity_id WHERE ",
            $condition
        )
    };
}
const TOKEN_BY_SECRET: &str = token_and_holder!("t.expires_at", "t.issued_at", "t.secret = $1");
// With the secret that was replaced the token ends when that does.
const TOKEN_BY_OLD_SECRET: &str = token_and_holder!(
    "CASE WHEN t.expires_at < t.old_until THEN t.expires_at ELSE t.old_until END",
    "t.old_issued_at",
    "t.old_secret = $1 AND t.old_until > $2"
);
const SEALED: &str = "SELECT sealed FROM tokens WHERE id = $1";
const TOKEN_OF_IDENTITY: &str =
    concat!("SELECT ", token_columns!(), " FROM tokens WHERE identity_id = $1 AND id = $2 AND revoked_at IS NULL");
const TOKEN_OF_ORGANIZATION: &str =
    concat!("SELECT ", token_columns!(), " FROM tokens WHERE organization_id = $1 AND id = $2 AND revoked_at IS NULL");
const TOKENS_OF_IDENTITY: &str = concat!(
    "SELECT ",
    token_columns!(),
    " FROM tokens WHERE identity_id = $1 AND revoked_at IS NULL AND id < $2 ORDER BY id DESC LIMIT $3"
);
const TOKENS_OF_IDENTITY_HERE: &str = concat!(
    "SELECT ",
    token_columns!(),
    " FROM tokens WHERE identity_id = $1 AND organization_id = $4 AND revoked_at IS NULL AND id < $2 ORDER BY id DESC LIMIT $3"
);
const TOKENS_OF_ORGANIZATION: &str = concat!(
    "SELECT ",
    token_columns!(),
    " FROM tokens WHERE organization_id = $1 AND revoked_at IS NULL AND id < $2 ORDER BY id DESC LIMIT $3"
);
const TOKENS_OF_MEMBER: &str = concat!(
    "SELECT ",
    token_columns!(),
    " FROM tokens WHERE organization_id = $1 AND membership_id = $2 AND revoked_at IS NULL AND id < $3 ORDER BY id DESC LIMIT $4"
);
const TOKENS_HELD: &str = "SELECT COUNT(*) FROM tokens WHERE organization_id = $1 AND membership_id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)";
const SESSION_BY_SECRET: &str = "SELECT s.id, s.identity_id, s.created_at, s.seen_at, s.expires_at, s.address, s.agent, s.method, s.connection_id, s.factor_at, s.proved_at, i.id, i.email, i.email_verified_at, i.name, i.handle, i.administrator, i.valid_from, i.revision, i.created_at FROM sessions s JOIN identities i ON i.id = s.identity_id WHERE s.secret = $1";
const SESSION_OF_IDENTITY: &str =
    concat!("SELECT ", session_columns!(), " FROM sessions WHERE identity_id = $1 AND id = $2");
const SESSIONS_OF_IDENTITY: &str = concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions WHERE identity_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
);

pub(crate) const STATEMENTS: &[&str] = &[
    TOKEN_BY_SECRET,
    TOKEN_BY_OLD_SECRET,
    SEALED,
    TOKEN_OF_IDENTITY,
    TOKEN_OF_ORGANIZATION,
    TOKENS_OF_IDENTITY,
    TOKENS_OF_IDENTITY_HERE,
    TOKENS_OF_ORGANIZATION,
    TOKENS_OF_MEMBER,
    TOKENS_HELD,
    SESSION_BY_SECRET,
    SESSION_OF_IDENTITY,
    SESSIONS_OF_IDENTITY,
];

/// One browser session, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// When it began.
    pub created_at: Timestamp,
    /// Last request seen, kept roughly.
    pub seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Network address it began from.
    pub address: String,
    /// The browser's name for itself.
    pub agent: String,
    /// What it rests on.
    pub proof: Proof,
}

fn token(row: &mut Row) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.next()?,
        organization: row.next()?,
        member: row.next()?,
        user: row.next()?,
        holder: row.next()?,
        name: row.next()?,
        scopes: match row.next::<Option<serde_json::Value>>()? {
            Some(json) => {
                Some(serde_json::from_value(json).map_err(|e| StoreError::Corrupt(format!("stored scopes: {e}")))?)
            }
            None => None,
        },
        last4: row.next()?,
        expires_at: row.next()?,
        created_at: row.next()?,
        issued_at: row.next()?,
        last_used_at: row.next()?,
        active: row.next()?,
        revoked_at: row.next()?,
    })
}

fn session(row: &mut Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.next()?,
        user: row.next()?,
        created_at: row.next()?,
        seen_at: row.next()?,
        expires_at: row.next()?,
        address: row.next()?,
        agent: row.next()?,
        proof: Proof { method: row.next()?, connection: row.next()?, factor_at: row.next()?, proved_at: row.next()? },
    })
}

/// The token of a secret and its holder, revoked, expired and switched off ones too. A secret that
/// was replaced by a rotation counts while both are valid; the token's end is that moment then.
///
/// # Errors
/// [`StoreError`].
pub fn token_by_secret(
    conn: &mut Conn<'_>,
    secret: &[u8; 32],
    now: Timestamp,
) -> Result<Option<(Token, Identity)>, StoreError> {
    let both = |row: &mut Row| Ok((token(row)?, identity(row)?));
    match conn.first(TOKEN_BY_SECRET, params![*secret], both)? {
        Some(found) => Ok(Some(found)),
        None => conn.first(TOKEN_BY_OLD_SECRET, params![*secret, now], both),
    }
}

/// The sealed value of a token, where it was kept.
///
/// # Errors
/// [`StoreError`].
pub fn sealed_value(conn: &mut Conn<'_>, id: TokenId) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(conn.first(SEALED, params![id], |row| row.next::<Option<Vec<u8>>>())?.flatten())
}

/// One unrevoked token of somebody.
///
/// # Errors
/// [`StoreError`].
pub fn token_of_identity(conn: &mut Conn<'_>, user: UserId, id: TokenId) -> Result<Option<Token>, StoreError> {
    conn.first(TOKEN_OF_IDENTITY, params![user, id], token)
}

/// One unrevoked token bound to an organization.
///
/// # Errors
/// [`StoreError`].
pub fn token_of_organization(
    conn: &mut Conn<'_>,
    organization: OrgId,
    id: TokenId,
) -> Result<Option<Token>, StoreError> {
    conn.first(TOKEN_OF_ORGANIZATION, params![organization, id], token)
}

/// A page of somebody's unrevoked tokens, newest first; `here` keeps to those bound to one
/// organization.
///
/// # Errors
/// [`StoreError`].
pub fn tokens_of_identity(
    conn: &mut Conn<'_>,
    user: UserId,
    here: Option<OrgId>,
    page: &Page<TokenId>,
) -> Result<Vec<Token>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::max, TokenId::uuid);
    match here {
        Some(here) => conn.all(TOKENS_OF_IDENTITY_HERE, params![user, after, page.limit, here], token),
        None => conn.all(TOKENS_OF_IDENTITY, params![user, after, page.limit], token),
    }
}

/// A page of an organization's unrevoked tokens, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn tokens_of_organization(
    conn: &mut Conn<'_>,
    organization: OrgId,
    page: &Page<TokenId>,
) -> Result<Vec<Token>, StoreError> {
    conn.all(
        TOKENS_OF_ORGANIZATION,
        params![organization, page.after.map_or_else(uuid::Uuid::max, TokenId::uuid), page.limit],
        token,
    )
}

/// A page of the unrevoked tokens of a membership, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn tokens_of_member(
    conn: &mut Conn<'_>,
    organization: OrgId,
    member: MemberId,
    page: &Page<TokenId>,
) -> Result<Vec<Token>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::max, TokenId::uuid);
    conn.all(TOKENS_OF_MEMBER, params![organization, member, after, page.limit], token)
}

/// How many tokens a membership holds that are not over; switched-off ones count.
///
/// # Errors
/// [`StoreError`].
pub fn tokens_held(
    conn: &mut Conn<'_>,
    organization: OrgId,
    member: MemberId,
    now: Timestamp,
) -> Result<u64, StoreError> {
    Ok(conn.first(TOKENS_HELD, params![organization, member, now], |row| row.next())?.unwrap_or(0))
}

/// The session of a secret and whose it is, over or not.
///
/// # Errors
/// [`StoreError`].
pub fn session_by_secret(conn: &mut Conn<'_>, secret: &[u8; 32]) -> Result<Option<(Session, Identity)>, StoreError> {
    conn.first(SESSION_BY_SECRET, params![*secret], |row| Ok((session(row)?, identity(row)?)))
}

/// One session of somebody.
///
/// # Errors
/// [`StoreError`].
pub fn session_of_identity(conn: &mut Conn<'_>, user: UserId, id: SessionId) -> Result<Option<Session>, StoreError> {
    conn.first(SESSION_OF_IDENTITY, params![user, id], session)
}

/// A page of somebody's sessions, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn sessions_of_identity(
    conn: &mut Conn<'_>,
    user: UserId,
    page: &Page<SessionId>,
) -> Result<Vec<Session>, StoreError> {
    conn.all(
        SESSIONS_OF_IDENTITY,
        params![user, page.after.map_or_else(uuid::Uuid::max, SessionId::uuid), page.limit],
        session,
    )
}
