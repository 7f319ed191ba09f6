//! Rows of second factors and backup codes, and of what an organization asks of sessions.

use guildhall_domain::factor::{Factor, FactorChange};
use guildhall_domain::ids::{OrgId, SessionId, UserId};
use guildhall_domain::proof::Lengths;
use guildhall_domain::time::Timestamp;

use super::At;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const PROVED: &str = "UPDATE sessions SET proved_at = $2, factor_at = COALESCE($3, factor_at) WHERE id = $1";
const ADD: &str = "INSERT INTO factors (id, identity_id, kind, name, sealed, credential, count, confirmed_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const DROP_UNCONFIRMED: &str = "DELETE FROM factors WHERE identity_id = $1 AND kind = 'totp' AND confirmed_at IS NULL";
const CONFIRM: &str = "UPDATE factors SET confirmed_at = $2, count = $3, last_used_at = $2 WHERE id = $1";
const RENAME: &str = "UPDATE factors SET name = $2 WHERE id = $1";
const USE: &str = "UPDATE factors SET count = $2, last_used_at = $3, sealed = COALESCE($4, sealed) WHERE id = $1";
const REMOVE: &str = "DELETE FROM factors WHERE id = $1";
const REMOVE_ALL: &str = "DELETE FROM factors WHERE identity_id = $1";
const DROP_CODES: &str = "DELETE FROM backup_codes WHERE identity_id = $1";
const CODE: &str = "INSERT INTO backup_codes (identity_id, hash) VALUES ($1, $2)";
const USE_CODE: &str = "DELETE FROM backup_codes WHERE identity_id = $1 AND hash = $2";
const ASKED: &str = "UPDATE organizations SET factors_from = $2 WHERE id = $1";

const LENGTHS: &str = "INSERT INTO session_lengths (organization_id, until, idle_s, absolute_s) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

pub(crate) const STATEMENTS: &[&str] = &[
    PROVED,
    LENGTHS,
    ADD,
    DROP_UNCONFIRMED,
    CONFIRM,
    RENAME,
    USE,
    REMOVE,
    REMOVE_ALL,
    DROP_CODES,
    CODE,
    USE_CODE,
    ASKED,
];

pub(super) fn session_proved(
    conn: &mut Conn<'_>,
    session: SessionId,
    factor: bool,
    at: Timestamp,
) -> Result<(), StoreError> {
    conn.execute(PROVED, params![session, at, factor.then_some(at)]).map(drop)
}

pub(super) fn changed(conn: &mut Conn<'_>, change: &FactorChange) -> Result<(), StoreError> {
    match change {
        FactorChange::Begun { factor, sealed } => {
            conn.execute(DROP_UNCONFIRMED, params![factor.user])?;
            added(conn, factor, sealed, None)
        }
        FactorChange::PasskeyAdded { factor, sealed, credential } => added(conn, factor, sealed, Some(credential)),
        FactorChange::Confirmed { factor, step, at } => conn.execute(CONFIRM, params![factor.id, *at, *step]).map(drop),
        FactorChange::Renamed { factor, name } => conn.execute(RENAME, params![factor.id, name]).map(drop),
        FactorChange::Used { factor, count, sealed, at } => {
            conn.execute(USE, params![*factor, *count, *at, sealed.clone()]).map(drop)
        }
        FactorChange::Removed { factor } => conn.execute(REMOVE, params![factor.id]).map(drop),
        FactorChange::CodesMade { user, hashes } => {
            conn.execute(DROP_CODES, params![*user])?;
            for hash in hashes {
                conn.execute(CODE, params![*user, *hash])?;
            }
            Ok(())
        }
        FactorChange::CodeUsed { user, hash } => conn.execute(USE_CODE, params![*user, *hash]).map(drop),
        FactorChange::Reset { user, .. } => all_gone(conn, *user),
        // A record of the trail and nothing else; the link is a change of its own.
        FactorChange::LinkSent { .. } => Ok(()),
    }
}

fn added(conn: &mut Conn<'_>, f: &Factor, sealed: &[u8], credential: Option<&Vec<u8>>) -> Result<(), StoreError> {
    conn.execute(
        ADD,
        params![
            f.id,
            f.user,
            f.kind,
            &f.name,
            sealed.to_vec(),
            credential.cloned(),
            f.count,
            f.confirmed_at,
            f.created_at
        ],
    )
    .map(drop)
}

/// Whoever is gone proves nothing any more.
pub(super) fn all_gone(conn: &mut Conn<'_>, user: UserId) -> Result<(), StoreError> {
    conn.execute(REMOVE_ALL, params![user])?;
    conn.execute(DROP_CODES, params![user]).map(drop)
}

/// The time of grace of an organization's people begins anew.
pub(super) fn asked(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    organization: guildhall_domain::ids::OrgId,
) -> Result<(), StoreError> {
    conn.execute(ASKED, params![organization, at.now]).map(drop)
}

pub(super) fn lengths_kept(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    organization: OrgId,
    l: Lengths,
) -> Result<(), StoreError> {
    conn.execute(LENGTHS, params![organization, at.now, l.idle_s, l.absolute_s]).map(drop)
}
