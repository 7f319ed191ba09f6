//! What joining rests on: who is in an organization, who went, who asked, and which mail domains lead where.

use guildhall_domain::ids::{MemberId, OrgId, UserId};
use guildhall_domain::member::Status;
use guildhall_domain::seats::Seats;
use guildhall_domain::text::fold;
use guildhall_domain::time::Timestamp;

use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! known {
    () => {
        "SELECT 1 FROM memberships WHERE organization_id = $1 AND email_key = $2 AND status <> 'removed' UNION ALL SELECT 1 FROM identities WHERE email_key = $2 AND email_verified_at IS NOT NULL"
    };
}

const SEATS: &str = "SELECT status, COUNT(*) FROM memberships WHERE organization_id = $1 AND status <> 'removed' AND status IN ('active', 'pending_approval', 'invited') GROUP BY status";
const KNOWS: &str = concat!(known!(), " LIMIT 1");
const KNOWS_OR_KEEPS: &str =
    concat!(known!(), " UNION ALL SELECT 1 FROM scim_users WHERE organization_id = $1 AND user_name_key = $3 LIMIT 1");
const SEATS_TOLD: &str = "SELECT seats_told FROM organizations WHERE id = $1";
const GONE: &str =
    "SELECT 1 FROM memberships WHERE identity_id = $1 AND organization_id = $2 AND status = 'removed' LIMIT 1";
const ASKED: &str = "SELECT o.id, o.slug, o.name, m.id, m.status, m.created_at, m.rejected_at, m.rejected_reason FROM memberships m JOIN organizations o ON o.id = m.organization_id WHERE m.identity_id = $1 AND m.status <> 'removed' AND m.status IN ('requested', 'pending_approval') AND o.deleted_at IS NULL ORDER BY m.id DESC LIMIT $2";
const REJECTED: &str = "SELECT o.id, o.slug, o.name, m.id, m.status, m.created_at, m.rejected_at, m.rejected_reason FROM memberships m JOIN organizations o ON o.id = m.organization_id WHERE m.identity_id = $1 AND m.status = 'removed' AND m.rejected_at > $2 AND o.deleted_at IS NULL ORDER BY m.id DESC LIMIT $3";

const WAITING: &str = "SELECT organization_id FROM waiting_sign_ups WHERE identity_id = $1";
const LED_BY: &str = "SELECT d.organization_id FROM join_domains d JOIN organizations o ON o.id = d.organization_id WHERE d.domain = $1 AND o.deleted_at IS NULL ORDER BY d.organization_id";

pub(crate) const STATEMENTS: &[&str] =
    &[SEATS, KNOWS, KNOWS_OR_KEEPS, SEATS_TOLD, GONE, ASKED, REJECTED, WAITING, LED_BY];

/// Who is in an organization, for the number of its seats.
///
/// # Errors
/// [`StoreError`].
pub fn seats(conn: &mut Conn<'_>, organization: OrgId) -> Result<Seats, StoreError> {
    let counted = conn.all(SEATS, params![organization], |row| Ok((row.next::<Status>()?, row.next::<u64>()?)))?;
    let mut seats = Seats::default();
    for (status, count) in counted {
        match status {
            Status::Invited => seats.invited += count,
            _ => seats.present += count,
        }
    }
    Ok(seats)
}

/// Whether anybody is met by an address's key: present or invited here, or somebody who proved it.
///
/// # Errors
/// [`StoreError`].
pub fn knows(conn: &mut Conn<'_>, organization: OrgId, email_key: &str) -> Result<bool, StoreError> {
    conn.exists(KNOWS, params![organization, email_key])
}

/// The same, or whom a directory keeps here under a user name.
///
/// # Errors
/// [`StoreError`].
pub fn knows_or_keeps(
    conn: &mut Conn<'_>,
    organization: OrgId,
    email_key: &str,
    user_name: &str,
) -> Result<bool, StoreError> {
    conn.exists(KNOWS_OR_KEEPS, params![organization, email_key, fold(user_name)])
}

/// The threshold of seats the owners were told of last, in per cent.
///
/// # Errors
/// [`StoreError`].
pub fn seats_told(conn: &mut Conn<'_>, organization: OrgId) -> Result<u32, StoreError> {
    let told = conn.first(SEATS_TOLD, params![organization], |row| row.next::<u64>())?.unwrap_or(0);
    Ok(u32::try_from(told).unwrap_or(u32::MAX))
}

/// Whether somebody was here once and went, or was turned away.
///
/// # Errors
/// [`StoreError`].
pub fn gone(conn: &mut Conn<'_>, organization: OrgId, user: UserId) -> Result<bool, StoreError> {
    conn.exists(GONE, params![user, organization])
}

/// The sign-up that waits for the proof of somebody's address, with the organization they named.
///
/// # Errors
/// [`StoreError`].
pub fn waiting_sign_up(conn: &mut Conn<'_>, user: UserId) -> Result<Option<Option<OrgId>>, StoreError> {
    conn.first(WAITING, params![user], Row::next)
}

/// The organizations whose people of this mail domain join by themselves.
///
/// # Errors
/// [`StoreError`].
pub fn led_by(conn: &mut Conn<'_>, domain: &str) -> Result<Vec<OrgId>, StoreError> {
    conn.all(LED_BY, params![domain], Row::next)
}

/// Somebody's waiting for an organization, or the end of it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where.
    pub organization: OrgId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The membership.
    pub member: MemberId,
    /// `requested` or `pending_approval`; `removed` for somebody who was turned away.
    pub status: Status,
    /// Since when.
    pub created_at: Timestamp,
    /// When they were turned away.
    pub rejected_at: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
}

fn asked(row: &mut Row) -> Result<Asked, StoreError> {
    Ok(Asked {
        organization: row.next()?,
        slug: row.next()?,
        name: row.next()?,
        member: row.next()?,
        status: row.next()?,
        created_at: row.next()?,
        rejected_at: row.next()?,
        reason: row.next()?,
    })
}

/// Where somebody waits, newest first, and then where they were turned away after `since`.
///
/// # Errors
/// [`StoreError`].
pub fn asked_by(conn: &mut Conn<'_>, user: UserId, since: Timestamp, limit: u32) -> Result<Vec<Asked>, StoreError> {
    let mut all = conn.all(ASKED, params![user, limit], asked)?;
    all.extend(conn.all(REJECTED, params![user, since, limit], asked)?);
    Ok(all)
}
