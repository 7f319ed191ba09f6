//! Rows of the mail domains that organizations claim.

use guildhall_domain::claimed_domain::DomainChange;

use super::At;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const CLAIM: &str = "INSERT INTO claimed_domains (id, organization_id, domain, verify_by, record, secret, state, created_at, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const LOOKED: &str = "UPDATE claimed_domains SET state = $3, verified_at = $4, checked_at = $5, missed_since = $6, revision = $7 WHERE organization_id = $1 AND id = $2";
const USED: &str =
    "UPDATE claimed_domains SET secret = NULL WHERE organization_id = $1 AND id = $2 AND state = 'verified'";
const DROP: &str = "DELETE FROM claimed_domains WHERE organization_id = $1 AND id = $2";

pub(crate) const STATEMENTS: &[&str] = &[CLAIM, LOOKED, USED, DROP];

pub(super) fn changed(conn: &mut Conn<'_>, at: &At<'_>, change: &DomainChange) -> Result<(), StoreError> {
    let c = change.claim();
    let revision = at.revision(c.organization)?;
    match change {
        DomainChange::Claimed { code, .. } => conn
            .execute(
                CLAIM,
                params![
                    c.id,
                    c.organization,
                    &c.domain,
                    c.verify_by,
                    &c.record,
                    *code,
                    c.state,
                    c.created_at,
                    revision
                ],
            )
            .map(drop),
        DomainChange::Looked { before, .. } => {
            let revision = if *before == c.state { c.revision } else { revision };
            conn.execute(
                LOOKED,
                params![c.organization, c.id, c.state, c.verified_at, c.checked_at, c.missed_since, revision],
            )?;
            conn.execute(USED, params![c.organization, c.id]).map(drop)
        }
        DomainChange::Dropped { .. } => conn.execute(DROP, params![c.organization, c.id]).map(drop),
    }
}
