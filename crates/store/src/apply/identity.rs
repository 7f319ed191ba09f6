//! Rows of identities and what they hold: sessions, tokens, mailed links, waiting mail.

use guildhall_domain::change::{LinkKind, Profile};
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{InvitationId, LinkId, MailId, OrgId, SessionId, UserId};
use guildhall_domain::invitation::SecretHash;
use guildhall_domain::time::Timestamp;

use super::At;
use super::member::{email_key, search_key, sort_key};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const CREATE: &str = "INSERT INTO identities (id, email, email_key, email_verified_at, name, handle, password, administrator, valid_from, revision, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10)";
const PROFILE: &str = "UPDATE identities SET name = $2, handle = $3 WHERE id = $1 RETURNING email";
const EMAIL: &str =
    "UPDATE identities SET email = $2, email_key = $3, email_verified_at = $4 WHERE id = $1 RETURNING name, handle";
const SHOWN: &str = "UPDATE memberships SET name = $2, email = $3, email_key = $4, sort_key = $5, search_key = $6, handle = $7 WHERE identity_id = $1 AND status <> 'removed'";
const PASSWORD: &str = "UPDATE identities SET password = $2 WHERE id = $1";
const VALID_FROM: &str = "UPDATE identities SET valid_from = $2 WHERE id = $1 AND deleted_at IS NULL";
const END_SESSIONS: &str = "DELETE FROM sessions WHERE identity_id = $1";
const END_OTHER_SESSIONS: &str = "DELETE FROM sessions WHERE identity_id = $1 AND id <> $2";
const END_HALF_SESSIONS: &str = "DELETE FROM ceremonies WHERE identity_id = $1";
const END_SESSION: &str = "DELETE FROM sessions WHERE identity_id = $1 AND id = $2";
const REPLACE_LINKS: &str = "DELETE FROM links WHERE kind = $1 AND (identity_id = $2 OR identity_id IS NULL)";
const LINK: &str = "INSERT INTO links (id, kind, identity_id, email, secret, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
const LINK_USED: &str = "DELETE FROM links WHERE id = $1";
const MAIL: &str = "INSERT INTO outbox (id, organization_id, invitation_id, kind, recipient, sealed, attempts, next_at, state, created_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, 'queued', $7)";

pub(crate) const STATEMENTS: &[&str] = &[
    CREATE,
    PROFILE,
    EMAIL,
    SHOWN,
    PASSWORD,
    VALID_FROM,
    END_SESSIONS,
    END_HALF_SESSIONS,
    END_OTHER_SESSIONS,
    END_SESSION,
    REPLACE_LINKS,
    LINK,
    LINK_USED,
    MAIL,
];

pub(super) fn created(conn: &mut Conn<'_>, i: &Identity, password: Option<&str>) -> Result<(), StoreError> {
    conn.execute(
        CREATE,
        params![
            i.id,
            &i.email,
            email_key(&i.email),
            i.email_verified_at,
            &i.name,
            i.handle.clone(),
            password,
            i.administrator,
            i.valid_from,
            i.created_at
        ],
    )
    .map(drop)
}

/// Memberships carry a copy of what their identity shows, so that lists are ordered by an index.
fn show(conn: &mut Conn<'_>, user: UserId, name: &str, email: &str, handle: Option<&str>) -> Result<(), StoreError> {
    conn.execute(
        SHOWN,
        params![user, name, email, email_key(email), sort_key(name, email), search_key(name, email, handle), handle],
    )
    .map(drop)
}

pub(super) fn profile_edited(conn: &mut Conn<'_>, user: UserId, after: &Profile) -> Result<(), StoreError> {
    let email = conn.first(PROFILE, params![user, &after.name, after.handle.clone()], |row| row.next::<String>())?;
    show(conn, user, &after.name, &email.unwrap_or_default(), after.handle.as_deref())
}

pub(super) fn email_verified(
    conn: &mut Conn<'_>,
    user: UserId,
    email: &str,
    when: Timestamp,
) -> Result<(), StoreError> {
    address_given(conn, user, email, Some(when))
}

/// Another address; `proved` says since when it is proved.
pub(super) fn address_given(
    conn: &mut Conn<'_>,
    user: UserId,
    email: &str,
    proved: Option<Timestamp>,
) -> Result<(), StoreError> {
    let shown = conn.first(EMAIL, params![user, email, email_key(email), proved], |row| {
        Ok((row.next::<String>()?, row.next::<Option<String>>()?))
    })?;
    let (name, handle) = shown.unwrap_or_default();
    show(conn, user, &name, email, handle.as_deref())
}

pub(super) fn password_changed(conn: &mut Conn<'_>, user: UserId, hash: &str) -> Result<(), StoreError> {
    conn.execute(PASSWORD, params![user, hash]).map(drop)
}

pub(super) fn authentication_reset(conn: &mut Conn<'_>, user: UserId, from: Timestamp) -> Result<(), StoreError> {
    conn.execute(VALID_FROM, params![user, from])?;
    conn.execute(END_HALF_SESSIONS, params![user])?;
    conn.execute(END_SESSIONS, params![user]).map(drop)
}

pub(super) fn sessions_ended(conn: &mut Conn<'_>, user: UserId, except: Option<SessionId>) -> Result<(), StoreError> {
    conn.execute(END_HALF_SESSIONS, params![user])?;
    match except {
        Some(kept) => conn.execute(END_OTHER_SESSIONS, params![user, kept]),
        None => conn.execute(END_SESSIONS, params![user]),
    }
    .map(drop)
}

pub(super) fn session_ended(conn: &mut Conn<'_>, user: UserId, session: SessionId) -> Result<(), StoreError> {
    conn.execute(END_SESSION, params![user, session]).map(drop)
}

#[allow(clippy::too_many_arguments, reason = "the fields of one change")]
pub(super) fn link_issued(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    link: LinkId,
    kind: LinkKind,
    user: Option<UserId>,
    email: &str,
    hash: &SecretHash,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    conn.execute(REPLACE_LINKS, params![kind.word(), user])?;
    conn.execute(LINK, params![link, kind.word(), user, email, *hash, expires_at, at.now]).map(drop)
}

pub(super) fn link_used(conn: &mut Conn<'_>, link: LinkId) -> Result<(), StoreError> {
    conn.execute(LINK_USED, params![link]).map(drop)
}

pub(super) fn mail_queued(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    mail: MailId,
    about: (Option<OrgId>, Option<InvitationId>),
    kind: &str,
    to: &str,
    sealed: &[u8],
) -> Result<(), StoreError> {
    conn.execute(MAIL, params![mail, about.0, about.1, kind, to, sealed.to_vec(), at.now]).map(drop)
}
