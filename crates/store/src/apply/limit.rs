//! Rows of usage limits.

use guildhall_domain::ids::OrgId;
use guildhall_domain::limit::{LimitChange, Scope};
use uuid::Uuid;

use super::At;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Value;

const CREATE: &str = "INSERT INTO usage_limits (organization_id, id, scope, scope_id, unit, budget, period_s, pooled, enabled, created_at, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const EDIT: &str = "UPDATE usage_limits SET budget = $3, period_s = $4, pooled = $5, enabled = $6, revision = $7 WHERE organization_id = $1 AND id = $2";
const DELETE: &str = "DELETE FROM usage_limits WHERE organization_id = $1 AND id = $2";
const FORGET: &str = "DELETE FROM usage_limits WHERE organization_id = $1 AND scope_id = $2";

pub(crate) const STATEMENTS: &[&str] = &[CREATE, EDIT, DELETE, FORGET];

pub(super) fn changed(conn: &mut Conn<'_>, at: &At<'_>, change: &LimitChange) -> Result<(), StoreError> {
    let limit = change.limit();
    let revision = at.revision(limit.organization)?;
    match change {
        LimitChange::Created { limit: l } => conn.execute(
            CREATE,
            params![
                l.organization,
                l.id,
                l.scope.word(),
                scope_id(l.scope),
                &l.unit,
                l.terms.budget,
                l.terms.period_s,
                l.terms.pooled,
                l.terms.enabled,
                l.created_at,
                revision
            ],
        ),
        LimitChange::Edited { after, .. } => conn.execute(
            EDIT,
            params![limit.organization, limit.id, after.budget, after.period_s, after.pooled, after.enabled, revision],
        ),
        LimitChange::Deleted { .. } => conn.execute(DELETE, params![limit.organization, limit.id]),
    }
    .map(drop)
}

fn scope_id(scope: Scope) -> Value {
    match scope {
        Scope::Group(id) => id.into(),
        Scope::Member(id) => id.into(),
        Scope::Organization => Value::Null,
    }
}

/// The limits of a group or member that is gone go too.
pub(super) fn forget(conn: &mut Conn<'_>, organization: OrgId, gone: Uuid) -> Result<(), StoreError> {
    conn.execute(FORGET, params![organization, gone]).map(drop)
}
