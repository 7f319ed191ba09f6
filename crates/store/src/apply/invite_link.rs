//! Rows of invite links.

use guildhall_domain::invite_link::{LinkChange, LinkState};

use super::At;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const CREATE: &str = "INSERT INTO invite_links (organization_id, id, role, state, secret, expires_at, uses_left, created_at, created_by, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const USE: &str =
    "UPDATE invite_links SET uses_left = uses_left - 1, revision = $3 WHERE organization_id = $1 AND id = $2";
const STATE: &str = "UPDATE invite_links SET state = $3, revision = $4 WHERE organization_id = $1 AND id = $2";
const RESET: &str = "UPDATE invite_links SET state = 'reset', revision = $3 WHERE organization_id = $1 AND state = 'open' AND (expires_at IS NULL OR expires_at > $2) AND (uses_left IS NULL OR uses_left > 0)";

pub(crate) const STATEMENTS: &[&str] = &[CREATE, USE, STATE, RESET];

pub(super) fn changed(conn: &mut Conn<'_>, at: &At<'_>, change: &LinkChange) -> Result<(), StoreError> {
    let revision = at.revision(change.organization())?;
    match change {
        LinkChange::Created { link: l, secret } => conn.execute(
            CREATE,
            params![
                l.organization,
                l.id,
                &l.role,
                l.state,
                *secret,
                l.expires_at,
                l.uses_left,
                l.created_at,
                l.created_by,
                revision
            ],
        ),
        LinkChange::Used { link: l, .. } => conn.execute(USE, params![l.organization, l.id, revision]),
        LinkChange::Cancelled { link: l } => {
            conn.execute(STATE, params![l.organization, l.id, LinkState::Cancelled, revision])
        }
        LinkChange::AllReset { organization, at: when, .. } => {
            conn.execute(RESET, params![*organization, *when, revision])
        }
    }
    .map(drop)
}
