//! Rows of removals that can be undone, and what is left of a deleted identity.

use guildhall_domain::departure::Kept;
use guildhall_domain::identity::Identity;
use guildhall_domain::member::Member;
use guildhall_domain::resource::Grant;
use guildhall_domain::time::Timestamp;
use serde_json::json;

use super::{At, member, resource};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const KEEP: &str = "INSERT INTO removals (organization_id, membership_id, identity_id, kept, removed_at, until) VALUES ($1, $2, $3, $4, $5, $6)";
const FORGET: &str = "DELETE FROM removals WHERE organization_id = $1 AND membership_id = $2";
const SEAT: &str =
    "INSERT INTO group_members (organization_id, group_id, membership_id, manager) VALUES ($1, $2, $3, $4)";
const ERASE: &str = "UPDATE identities SET email = '', email_key = $2, email_verified_at = NULL, name = '', handle = NULL, password = NULL, administrator = 0, valid_from = $3, deleted_at = $4 WHERE id = $1";
const ERASE_SHOWN: &str = "UPDATE memberships SET email = '', email_key = '', name = '', sort_key = '', search_key = '', handle = NULL WHERE identity_id = $1";
const ERASE_SESSIONS: &str = "DELETE FROM sessions WHERE identity_id = $1";
const ERASE_TOKENS: &str = "UPDATE tokens SET revoked_at = $2 WHERE identity_id = $1 AND revoked_at IS NULL";
const ERASE_LINKS: &str = "DELETE FROM links WHERE identity_id = $1";
const ERASE_SSO: &str = "DELETE FROM sso_links WHERE identity_id = $1";
const ERASE_REMOVALS: &str = "DELETE FROM removals WHERE identity_id = $1";

pub(crate) const STATEMENTS: &[&str] =
    &[KEEP, FORGET, SEAT, ERASE, ERASE_SHOWN, ERASE_SESSIONS, ERASE_TOKENS, ERASE_LINKS, ERASE_SSO, ERASE_REMOVALS];

pub(super) fn kept(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    member: &Member,
    kept: &Kept,
    until: Timestamp,
) -> Result<(), StoreError> {
    let text = json!(kept).to_string();
    conn.execute(KEEP, params![member.organization, member.id, member.user, text, at.now, until]).map(drop)
}

pub(super) fn restored(conn: &mut Conn<'_>, at: &At<'_>, back: &Member, kept: &Kept) -> Result<(), StoreError> {
    conn.execute(FORGET, params![back.organization, back.id])?;
    member::replaced(conn, at, back)?;
    member::sessions_from(conn, at, back, back.sessions_from)?;
    for (group, manager) in &kept.seats {
        conn.execute(SEAT, params![back.organization, *group, back.id, *manager])?;
    }
    kept.grants.iter().try_for_each(|grant: &Grant| resource::granted(conn, grant))
}

/// INVARIANT: no credential is issued after the end of time, so none of a deleted identity is ever
/// valid, whenever it was issued.
pub(super) fn identity_deleted(conn: &mut Conn<'_>, at: &At<'_>, gone: &Identity) -> Result<(), StoreError> {
    let (key, never) = (gone.id.to_string(), Timestamp::from_micros(i64::MAX));
    conn.execute(ERASE, params![gone.id, key, never, at.now])?;
    conn.execute(ERASE_SHOWN, params![gone.id])?;
    conn.execute(ERASE_TOKENS, params![gone.id, at.now])?;
    for erase in [ERASE_SESSIONS, ERASE_LINKS, ERASE_SSO, ERASE_REMOVALS] {
        conn.execute(erase, params![gone.id])?;
    }
    super::factor::all_gone(conn, gone.id)
}
