//! The audit trail, newest first, with its filters.

use guildhall_domain::ids::{EventId, OrgId, UserId};
use guildhall_domain::time::Timestamp;
use serde_json::Value as Json;

use super::Page;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::tx::{Author, INSTANCE_TRAIL};
use crate::value::{Row, Value};

const LIST: &str = "SELECT revision, id, kind, actor_kind, actor_id, actor_name, credential, target_kind, target_id, target_name, before_value, after_value, outcome, address, request_id, at FROM audit_events WHERE organization_id = $1";

const ACTS: &str = "SELECT e.revision, e.id, e.kind, e.actor_kind, e.actor_id, e.actor_name, e.credential, e.target_kind, e.target_id, e.target_name, e.before_value, e.after_value, e.outcome, e.address, e.request_id, e.at FROM audit_events e WHERE e.actor_id = $1 AND e.id < $2 AND (e.organization_id = $3 OR EXISTS (SELECT 1 FROM memberships m JOIN organizations o ON o.id = m.organization_id WHERE m.organization_id = e.organization_id AND m.identity_id = $4 AND m.status = 'active' AND m.status <> 'removed' AND o.deleted_at IS NULL) OR EXISTS (SELECT 1 FROM tenant_members t WHERE t.tenant_id = e.organization_id AND (t.identity_id = $4 OR t.email_key = (SELECT i.email_key FROM identities i WHERE i.id = $4 AND i.email_verified_at IS NOT NULL)))) ORDER BY e.id DESC LIMIT $5";

/// One record.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The organization's revision it belongs to.
    pub revision: u64,
    /// Its id.
    pub id: EventId,
    /// Dotted type.
    pub kind: String,
    /// Who did it, with what and from where.
    pub author: Author,
    /// What it happened to: kind, id, name.
    pub target: (String, String, String),
    /// What was.
    pub before: Json,
    /// What is.
    pub after: Json,
    /// `success`, `denied` or `failure`.
    pub outcome: String,
    /// When.
    pub at: Timestamp,
}

/// Which records a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Id or address of who did it.
    pub actor: Option<String>,
    /// Id of what it happened to, or the address of whom.
    pub target: Option<String>,
    /// The dotted type.
    pub kind: Option<String>,
    /// Outcome.
    pub outcome: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// Where a page ended.
pub type After = (u64, EventId);

pub(crate) fn statements() -> Vec<String> {
    // Ids and addresses are looked for in columns of their own.
    let composed =
        ["x", "x@example.org"].iter().flat_map(|word| (0..128_u8).map(move |bits| (word, bits))).map(|(word, bits)| {
            let text = |bit: u8| (bits & bit != 0).then(|| (*word).to_owned());
            let time = |bit: u8| (bits & bit != 0).then(Timestamp::default);
            let filter = Filter {
                actor: text(1),
                target: text(2),
                kind: text(4),
                outcome: text(8),
                since: time(16),
                until: time(32),
            };
            let after = (bits & 64 != 0).then(|| (0, EventId::new(uuid::Uuid::nil())));
            compose(OrgId::new(uuid::Uuid::nil()), &filter, &Page { after, limit: 1 }).0
        });
    composed.chain([ACTS.to_owned()]).collect()
}

fn compose(organization: OrgId, filter: &Filter, page: &Page<After>) -> (String, Vec<Value>) {
    let mut sql = LIST.to_owned();
    let mut values: Vec<Value> = params![organization].to_vec();
    let named = |text: &Option<String>| text.as_deref().is_some_and(|t| t.contains('@'));
    let conditions = [
        (if named(&filter.actor) { "actor_name =" } else { "actor_id =" }, filter.actor.as_ref().map(Value::from)),
        (if named(&filter.target) { "target_name =" } else { "target_id =" }, filter.target.as_ref().map(Value::from)),
        ("kind =", filter.kind.as_ref().map(Value::from)),
        ("outcome =", filter.outcome.as_ref().map(Value::from)),
        ("at >=", filter.since.map(Value::from)),
        ("at <", filter.until.map(Value::from)),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            values.push(value);
            sql.push_str(&format!(" AND {condition} ${}", values.len()));
        }
    }
    if let Some((revision, id)) = page.after {
        values.push(revision.into());
        values.push(id.into());
        sql.push_str(&format!(" AND (revision, id) < (${}, ${})", values.len() - 1, values.len()));
    }
    values.push(page.limit.into());
    sql.push_str(&format!(" ORDER BY revision DESC, id DESC LIMIT ${}", values.len()));
    (sql, values)
}

/// A page of the trail, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    conn: &mut Conn<'_>,
    organization: OrgId,
    filter: &Filter,
    page: &Page<After>,
) -> Result<Vec<Event>, StoreError> {
    let (sql, values) = compose(organization, filter, page);
    conn.all(&sql, &values, event)
}

fn event(row: &mut Row) -> Result<Event, StoreError> {
    let (revision, id, kind) = (row.next()?, row.next()?, row.next()?);
    let (actor_kind, actor_id, actor_name, credential) = (row.next()?, row.next()?, row.next()?, row.next()?);
    let target = (row.next()?, row.next()?, row.next()?);
    let (before, after, outcome) = (row.next()?, row.next()?, row.next()?);
    let (address, request_id, at) = (row.next()?, row.next()?, row.next()?);
    Ok(Event {
        revision,
        id,
        kind,
        author: Author { kind: actor_kind, id: actor_id, name: actor_name, credential, address, request_id },
        target,
        before,
        after,
        outcome,
        at,
    })
}

/// A page of what somebody did, newest first: to themself, and in organizations and tenants they belong to.
///
/// # Errors
/// [`StoreError`].
pub fn acts(conn: &mut Conn<'_>, user: UserId, page: &Page<EventId>) -> Result<Vec<Event>, StoreError> {
    let before = page.after.map_or_else(uuid::Uuid::max, EventId::uuid);
    conn.all(ACTS, params![user.to_string(), before, INSTANCE_TRAIL, user, page.limit], event)
}
