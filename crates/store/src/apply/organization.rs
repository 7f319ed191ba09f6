//! Rows of organizations and the installation.

use guildhall_domain::account::Account;
use guildhall_domain::change::Naming;
use guildhall_domain::ids::OrgId;
use guildhall_domain::organization::Organization;
use guildhall_domain::time::Timestamp;
use serde_json::{Map, Value};

use super::{At, joining};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const SET_UP: &str = "UPDATE instance SET set_up = 1 WHERE id = 1";
const CREATE: &str = "INSERT INTO organizations (id, slug, name, preset, preset_version, preset_text, policy, valid_from, revision, object_revision, created_at, tenant_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, 1, $9, $10)";
const RENAME: &str = "UPDATE organizations SET name = $2, slug = $3, object_revision = $4 WHERE id = $1";
const DELETE: &str = "UPDATE organizations SET deleted_at = $2, object_revision = $3 WHERE id = $1";
const REVOKE_TOKENS: &str = "UPDATE tokens SET revoked_at = $2 WHERE organization_id = $1 AND revoked_at IS NULL";
const POLICY: &str = "UPDATE organizations SET policy = $2, object_revision = $3 WHERE id = $1";
const PRESET: &str = "UPDATE organizations SET preset = $2, preset_version = $3, preset_text = $4, policy = $5, object_revision = $6 WHERE id = $1";
const VALID_FROM: &str = "UPDATE organizations SET valid_from = $2, object_revision = $3 WHERE id = $1";
const ACCOUNT: &str = "UPDATE organizations SET plan = $2, billing_contacts = $3, account_revision = $4 WHERE id = $1";

pub(crate) const STATEMENTS: &[&str] =
    &[SET_UP, CREATE, RENAME, DELETE, REVOKE_TOKENS, POLICY, PRESET, VALID_FROM, ACCOUNT];

pub(super) fn instance_set_up(conn: &mut Conn<'_>) -> Result<(), StoreError> {
    conn.execute(SET_UP, &[]).map(drop)
}

pub(super) fn created(conn: &mut Conn<'_>, o: &Organization) -> Result<(), StoreError> {
    conn.execute(
        CREATE,
        params![
            o.id,
            &o.slug,
            &o.name,
            &o.preset,
            o.preset_version,
            &o.preset_text,
            &o.policy,
            o.valid_from,
            o.created_at,
            o.tenant
        ],
    )
    .map(drop)
}

pub(super) fn renamed(conn: &mut Conn<'_>, at: &At<'_>, id: OrgId, after: &Naming) -> Result<(), StoreError> {
    conn.execute(RENAME, params![id, &after.name, &after.slug, at.revision(id)?]).map(drop)
}

/// The organization stays for the sake of its audit trail; nobody can reach it any more.
pub(super) fn deleted(conn: &mut Conn<'_>, at: &At<'_>, id: OrgId) -> Result<(), StoreError> {
    conn.execute(DELETE, params![id, at.now, at.revision(id)?])?;
    conn.execute(REVOKE_TOKENS, params![id, at.now]).map(drop)
}

pub(super) fn policy_changed(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    id: OrgId,
    (before, after): (&Map<String, Value>, &Map<String, Value>),
) -> Result<(), StoreError> {
    joining::policy_changed(conn, id, before, after)?;
    conn.execute(POLICY, params![id, after, at.revision(id)?]).map(drop)
}

pub(super) fn preset_applied(conn: &mut Conn<'_>, at: &At<'_>, after: &Organization) -> Result<(), StoreError> {
    conn.execute(
        PRESET,
        params![
            after.id,
            &after.preset,
            after.preset_version,
            &after.preset_text,
            &after.policy,
            at.revision(after.id)?
        ],
    )
    .map(drop)
}

pub(super) fn authentication_reset(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    id: OrgId,
    from: Timestamp,
) -> Result<(), StoreError> {
    conn.execute(VALID_FROM, params![id, from, at.revision(id)?]).map(drop)
}

pub(super) fn account_changed(conn: &mut Conn<'_>, at: &At<'_>, id: OrgId, after: &Account) -> Result<(), StoreError> {
    let contacts = Value::from(after.billing_contacts.as_slice());
    conn.execute(ACCOUNT, params![id, after.plan.clone(), &contacts, at.revision(id)?]).map(drop)
}
