//! Rows of what joining leaves beside a membership: the reason of a rejection, the domains that lead to an
//! organization, sign-ups that wait for a proof, and how full a house its owners were told of.

use guildhall_domain::ids::{OrgId, UserId};
use guildhall_domain::joining::JoinChange;
use guildhall_domain::member::{Member, Status};
use guildhall_domain::time::Timestamp;
use serde_json::{Map, Value};

use super::{At, member, resource};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const REJECT: &str = "UPDATE memberships SET status = 'removed', rejected_at = $3, rejected_reason = $4, revision = $5 WHERE organization_id = $1 AND id = $2";
const SEATS_TOLD: &str = "UPDATE organizations SET seats_told = $2 WHERE id = $1";
const FORGET_DOMAINS: &str = "DELETE FROM join_domains WHERE organization_id = $1";
const DOMAIN: &str = "INSERT INTO join_domains (domain, organization_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const WAITS: &str = "INSERT INTO waiting_sign_ups (identity_id, organization_id) VALUES ($1, $2)";
const SETTLED: &str = "DELETE FROM waiting_sign_ups WHERE identity_id = $1";

pub(crate) const STATEMENTS: &[&str] = &[REJECT, SEATS_TOLD, FORGET_DOMAINS, DOMAIN, WAITS, SETTLED];

pub(super) fn changed(conn: &mut Conn<'_>, at: &At<'_>, change: &JoinChange) -> Result<(), StoreError> {
    match change {
        JoinChange::Requested { member: m } => member::inserted(conn, at, m),
        JoinChange::Withdrawn { member: m } => member::status(conn, at, m, Status::Removed),
        JoinChange::SeatsReached { organization, percent, .. } => seats_told(conn, *organization, *percent),
        JoinChange::DomainsSet { organization, domains } => domains_set(conn, *organization, domains),
        JoinChange::SignUpWaits { user, organization } => sign_up_waits(conn, *user, *organization),
        JoinChange::SignUpSettled { user } => conn.execute(SETTLED, params![*user]).map(drop),
    }
}

/// Another number of seats is told of anew.
pub(super) fn policy_changed(
    conn: &mut Conn<'_>,
    organization: OrgId,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Result<(), StoreError> {
    if before.get("seats.max") == after.get("seats.max") { Ok(()) } else { seats_told(conn, organization, 0) }
}

fn domains_set(conn: &mut Conn<'_>, organization: OrgId, domains: &[String]) -> Result<(), StoreError> {
    conn.execute(FORGET_DOMAINS, params![organization])?;
    domains.iter().try_for_each(|domain| conn.execute(DOMAIN, params![domain, organization]).map(drop))
}

fn sign_up_waits(conn: &mut Conn<'_>, user: UserId, organization: Option<OrgId>) -> Result<(), StoreError> {
    conn.execute(WAITS, params![user, organization]).map(drop)
}

pub(super) fn rejected(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    m: &Member,
    reason: Option<&str>,
    when: Timestamp,
) -> Result<(), StoreError> {
    resource::member_gone(conn, at, m.organization, m.id)?;
    let reason = reason.map(str::to_owned);
    conn.execute(REJECT, params![m.organization, m.id, when, reason, at.revision(m.organization)?]).map(drop)
}

fn seats_told(conn: &mut Conn<'_>, organization: OrgId, percent: u32) -> Result<(), StoreError> {
    conn.execute(SEATS_TOLD, params![organization, u64::from(percent)]).map(drop)
}
