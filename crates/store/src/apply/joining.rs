//! Rows of what joining leaves beside a membership: the reason of a rejection, and how full a house its
//! owners were told of.

use guildhall_domain::ids::OrgId;
use guildhall_domain::member::Member;
use guildhall_domain::time::Timestamp;

use super::At;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const REJECT: &str = "UPDATE memberships SET status = 'removed', rejected_at = $3, rejected_reason = $4, revision = $5 WHERE organization_id = $1 AND id = $2";
const SEATS_TOLD: &str = "UPDATE organizations SET seats_told = $2 WHERE id = $1";

pub(crate) const STATEMENTS: &[&str] = &[REJECT, SEATS_TOLD];

pub(super) fn rejected(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    m: &Member,
    reason: Option<&str>,
    when: Timestamp,
) -> Result<(), StoreError> {
    let reason = reason.map(str::to_owned);
    conn.execute(REJECT, params![m.organization, m.id, when, reason, at.revision(m.organization)?]).map(drop)
}

pub(super) fn seats_told(conn: &mut Conn<'_>, organization: OrgId, percent: u32) -> Result<(), StoreError> {
    conn.execute(SEATS_TOLD, params![organization, u64::from(percent)]).map(drop)
}
