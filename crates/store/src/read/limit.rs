//! Usage limits, and how much was used.

use guildhall_domain::ids::{LimitId, MemberId, OrgId};
use guildhall_domain::limit::{Limit, Scope, Terms};
use guildhall_domain::usage::Measured;

use super::Page;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::{Row, Value};

macro_rules! columns {
    () => {
        "id, organization_id, scope, scope_id, unit, budget, period_s, pooled, enabled, created_at, revision"
    };
}

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM usage_limits WHERE organization_id = $1 AND id = $2");
const LIST: &str =
    concat!("SELECT ", columns!(), " FROM usage_limits WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3");
const OF_UNIT: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM usage_limits WHERE organization_id = $1 AND unit = $2 AND enabled = 1 ORDER BY id"
);
const COUNT: &str = "SELECT COUNT(*) FROM usage_limits WHERE organization_id = $1";
/// Sums are cast: PostgreSQL widens them to a type that is no integer.
const USED: &str = "SELECT CAST(COALESCE(SUM(u.amount), 0) AS BIGINT) FROM usage_buckets u";
const WINDOW: &str = "SELECT u.until_s, CAST(SUM(u.amount) AS BIGINT) FROM usage_buckets u";
const IN_PERIOD: &str = " WHERE u.organization_id = $1 AND u.unit = $2 AND u.until_s > $3";
const OF_GROUP: &str =
    " JOIN group_members s ON s.organization_id = u.organization_id AND s.membership_id = u.membership_id";

/// Every statement here.
pub(crate) fn statements() -> Vec<String> {
    let mut all: Vec<String> = [BY_ID, LIST, OF_UNIT, COUNT].iter().map(|s| (*s).to_owned()).collect();
    let id = uuid::Uuid::nil();
    let whose =
        [Measured::All, Measured::Group(guildhall_domain::ids::GroupId::new(id)), Measured::One(MemberId::new(id))];
    all.extend(whose.iter().flat_map(|whose| [about(USED, *whose).0, in_order(*whose).0]));
    all
}

fn about(head: &str, whose: Measured) -> (String, Option<Value>) {
    match whose {
        Measured::All => (format!("{head}{IN_PERIOD}"), None),
        Measured::Group(id) => (format!("{head}{OF_GROUP}{IN_PERIOD} AND s.group_id = $4"), Some(id.into())),
        Measured::One(id) => (format!("{head}{IN_PERIOD} AND u.membership_id = $4"), Some(id.into())),
    }
}

fn in_order(whose: Measured) -> (String, Option<Value>) {
    let (sql, id) = about(WINDOW, whose);
    (format!("{sql} GROUP BY u.until_s ORDER BY u.until_s"), id)
}

fn limit(row: &mut Row) -> Result<Limit, StoreError> {
    let (id, organization): (LimitId, OrgId) = (row.next()?, row.next()?);
    let (word, of): (String, Option<uuid::Uuid>) = (row.next()?, row.next()?);
    let scope = match (word.as_str(), of) {
        ("organization", None) => Scope::Organization,
        ("group", Some(id)) => Scope::Group(guildhall_domain::ids::GroupId::new(id)),
        ("member", id) => Scope::Member(id.map(MemberId::new)),
        _ => return Err(StoreError::Corrupt(format!("`{word}` is no scope of a limit"))),
    };
    Ok(Limit {
        id,
        organization,
        scope,
        unit: row.next()?,
        terms: Terms { budget: row.next()?, period_s: row.next()?, pooled: row.next()?, enabled: row.next()? },
        created_at: row.next()?,
        revision: row.next()?,
    })
}

/// One limit.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &mut Conn<'_>, organization: OrgId, id: LimitId) -> Result<Option<Limit>, StoreError> {
    conn.first(BY_ID, params![organization, id], limit)
}

/// A page of limits, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn list(conn: &mut Conn<'_>, organization: OrgId, page: &Page<LimitId>) -> Result<Vec<Limit>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::nil, LimitId::uuid);
    conn.all(LIST, params![organization, after, page.limit], limit)
}

/// The limits of a unit that are in force.
///
/// # Errors
/// [`StoreError`].
pub fn of_unit(conn: &mut Conn<'_>, organization: OrgId, unit: &str) -> Result<Vec<Limit>, StoreError> {
    conn.all(OF_UNIT, params![organization, unit], limit)
}

/// How many limits an organization has.
///
/// # Errors
/// [`StoreError`].
pub fn count(conn: &mut Conn<'_>, organization: OrgId) -> Result<u64, StoreError> {
    Ok(conn.first(COUNT, params![organization], Row::next)?.unwrap_or(0))
}

fn values(organization: OrgId, unit: &str, gone_by_s: i64, id: Option<Value>) -> Vec<Value> {
    let mut values = vec![organization.into(), unit.into(), gone_by_s.into()];
    values.extend(id);
    values
}

/// How much was used after the second `gone_by_s`.
///
/// # Errors
/// [`StoreError`].
pub fn used(
    conn: &mut Conn<'_>,
    organization: OrgId,
    unit: &str,
    whose: Measured,
    gone_by_s: i64,
) -> Result<u64, StoreError> {
    let (sql, id) = about(USED, whose);
    Ok(conn.first(&sql, &values(organization, unit, gone_by_s, id), Row::next)?.unwrap_or(0))
}

/// The same in the order of time: each second up to which something was used, and how much.
///
/// # Errors
/// [`StoreError`].
pub fn window(
    conn: &mut Conn<'_>,
    organization: OrgId,
    unit: &str,
    whose: Measured,
    gone_by_s: i64,
) -> Result<Vec<(i64, u64)>, StoreError> {
    let (sql, id) = in_order(whose);
    conn.all(&sql, &values(organization, unit, gone_by_s, id), |row| Ok((row.next()?, row.next()?)))
}
