//! Removals that can still be undone.

use guildhall_domain::departure::Kept;
use guildhall_domain::ids::{MemberId, OrgId};
use guildhall_domain::time::Timestamp;

use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const KEPT: &str = "SELECT kept, until FROM removals WHERE organization_id = $1 AND membership_id = $2";
const LATEST: &str = "SELECT membership_id, until FROM removals WHERE organization_id = $1 AND until > $2 ORDER BY removed_at DESC, membership_id LIMIT $3";

pub(crate) const STATEMENTS: &[&str] = &[KEPT, LATEST];

/// What a removed member had, and until when the removal can be undone.
///
/// # Errors
/// [`StoreError`].
pub fn kept(
    conn: &mut Conn<'_>,
    organization: OrgId,
    member: MemberId,
) -> Result<Option<(Kept, Timestamp)>, StoreError> {
    conn.first(KEPT, params![organization, member], |row| {
        let kept = serde_json::from_value(row.next()?);
        Ok((kept.map_err(|e| StoreError::Corrupt(format!("a kept removal: {e}")))?, row.next()?))
    })
}

/// The latest removals that can be undone at `now`, `most` of them, and until when.
///
/// # Errors
/// [`StoreError`].
pub fn latest(
    conn: &mut Conn<'_>,
    organization: OrgId,
    now: Timestamp,
    most: u32,
) -> Result<Vec<(MemberId, Timestamp)>, StoreError> {
    conn.all(LATEST, params![organization, now, most], |row| Ok((row.next()?, row.next()?)))
}
