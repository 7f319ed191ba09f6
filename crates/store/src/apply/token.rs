//! Rows of tokens and deploy keys.

use guildhall_domain::deploy_key::DeployKeyChange;
use guildhall_domain::ids::{MemberId, OrgId};
use guildhall_domain::token::{KeptSecret, Token, TokenChange};
use serde_json::json;

use super::At;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const CREATE: &str = "INSERT INTO tokens (id, organization_id, membership_id, identity_id, holder, name, scopes, secret, sealed, last4, expires_at, created_at, issued_at, active) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
const RENAME: &str = "UPDATE tokens SET name = $2 WHERE id = $1";
const SWITCH: &str = "UPDATE tokens SET active = $2 WHERE id = $1";
const ROTATE: &str = "UPDATE tokens SET old_secret = secret, old_issued_at = issued_at, old_until = $2, secret = $3, sealed = $4, last4 = $5, issued_at = $6, expires_at = $7 WHERE id = $1";
const REVOKE: &str = "UPDATE tokens SET revoked_at = $2, sealed = NULL WHERE id = $1 AND revoked_at IS NULL";
const REVOKE_ALL: &str = "UPDATE tokens SET revoked_at = $3, sealed = NULL WHERE organization_id = $1 AND membership_id = $2 AND revoked_at IS NULL";
const ERASE: &str = "UPDATE tokens SET sealed = NULL WHERE organization_id = $1 AND sealed IS NOT NULL";
const KEY: &str = "INSERT INTO deploy_keys (organization_id, id, name, secret, last4, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)";
const FORGET_KEY: &str = "DELETE FROM deploy_keys WHERE organization_id = $1 AND id = $2";

pub(crate) const STATEMENTS: &[&str] = &[CREATE, RENAME, SWITCH, ROTATE, REVOKE, REVOKE_ALL, ERASE, KEY, FORGET_KEY];

pub(super) fn changed(conn: &mut Conn<'_>, at: &At<'_>, change: &TokenChange) -> Result<(), StoreError> {
    match change {
        TokenChange::Created { token, secret } => created(conn, token, secret),
        TokenChange::Renamed { token, after } => conn.execute(RENAME, params![token.id, after]).map(drop),
        TokenChange::Switched { token, active } => conn.execute(SWITCH, params![token.id, *active]).map(drop),
        TokenChange::Rotated { token: t, secret, old_until } => conn
            .execute(
                ROTATE,
                params![t.id, *old_until, secret.hash, secret.sealed.clone(), &t.last4, t.issued_at, t.expires_at],
            )
            .map(drop),
        TokenChange::ValueShown { .. } => Ok(()),
        TokenChange::Revoked { token } => conn.execute(REVOKE, params![token.id, at.now]).map(drop),
    }
}

fn created(conn: &mut Conn<'_>, t: &Token, secret: &KeptSecret) -> Result<(), StoreError> {
    let scopes = t.scopes.as_ref().map(|names| json!(names).to_string());
    conn.execute(
        CREATE,
        params![
            t.id,
            t.organization,
            t.member,
            t.user,
            t.holder,
            &t.name,
            scopes,
            secret.hash,
            secret.sealed.clone(),
            &t.last4,
            t.expires_at,
            t.created_at,
            t.issued_at,
            t.active
        ],
    )
    .map(drop)
}

pub(super) fn all_revoked(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    organization: OrgId,
    member: MemberId,
) -> Result<(), StoreError> {
    conn.execute(REVOKE_ALL, params![organization, member, at.now]).map(drop)
}

pub(super) fn values_erased(conn: &mut Conn<'_>, organization: OrgId) -> Result<(), StoreError> {
    conn.execute(ERASE, params![organization]).map(drop)
}

pub(super) fn deploy_key_changed(conn: &mut Conn<'_>, change: &DeployKeyChange) -> Result<(), StoreError> {
    match change {
        DeployKeyChange::Created { key: k, hash } => conn
            .execute(KEY, params![k.organization, k.id, &k.name, *hash, &k.last4, k.created_at, k.created_by])
            .map(drop),
        DeployKeyChange::Deleted { key: k } => conn.execute(FORGET_KEY, params![k.organization, k.id]).map(drop),
    }
}
