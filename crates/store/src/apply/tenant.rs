//! Rows of tenants and their people, and what ends every sign-in of the installation.

use guildhall_domain::tenant::{TenantChange, TenantMember};
use guildhall_domain::text::Email;
use guildhall_domain::time::Timestamp;

use super::At;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::read::tenant::written;
use crate::read::tenant_resource::written as reach;

const CREATE: &str = "INSERT INTO tenants (id, slug, name, settings, valid_from, revision, object_revision, created_at) VALUES ($1, $2, $3, $4, $5, 1, 1, $6)";
const RENAME: &str = "UPDATE tenants SET name = $2, object_revision = $3 WHERE id = $1";
const SETTINGS: &str = "UPDATE tenants SET settings = $2, object_revision = $3 WHERE id = $1";
const VALID_FROM: &str = "UPDATE tenants SET valid_from = $2 WHERE id = $1";
const ADD: &str = "INSERT INTO tenant_members (tenant_id, id, identity_id, email_key, label, role, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
const ROLE: &str = "UPDATE tenant_members SET role = $3 WHERE tenant_id = $1 AND id = $2";
const BIND: &str = "UPDATE tenant_members SET identity_id = $3, email_key = NULL WHERE tenant_id = $1 AND id = $2";
const REMOVE: &str = "DELETE FROM tenant_members WHERE tenant_id = $1 AND id = $2";
const RESOURCE: &str = "INSERT INTO tenant_resources (tenant_id, id, type, name, reach, created_at, revision) VALUES ($1, $2, $3, $4, $5, $6, $7)";
const RESOURCE_EDIT: &str =
    "UPDATE tenant_resources SET name = $3, reach = $4, revision = $5 WHERE tenant_id = $1 AND id = $2";
const RESOURCE_END: &str = "DELETE FROM tenant_resources WHERE tenant_id = $1 AND id = $2";
const EVERYBODY: &str = "UPDATE identities SET valid_from = $1 WHERE valid_from < $1";

pub(crate) const STATEMENTS: &[&str] =
    &[CREATE, RENAME, SETTINGS, VALID_FROM, ADD, ROLE, BIND, REMOVE, RESOURCE, RESOURCE_EDIT, RESOURCE_END, EVERYBODY];

pub(super) fn changed(conn: &mut Conn<'_>, at: &At<'_>, change: &TenantChange) -> Result<(), StoreError> {
    let tenant = change.tenant();
    match change {
        TenantChange::Created { tenant: t, owner } => {
            let settings = written(&t.settings)?;
            conn.execute(CREATE, params![t.id, &t.slug, &t.name, settings, t.valid_from, t.created_at])?;
            add(conn, owner)
        }
        TenantChange::Renamed { name, .. } => {
            conn.execute(RENAME, params![tenant.id, name, at.revision(tenant.trail())?]).map(drop)
        }
        TenantChange::SettingsChanged { after, .. } => {
            conn.execute(SETTINGS, params![tenant.id, written(after)?, at.revision(tenant.trail())?]).map(drop)
        }
        TenantChange::MemberAdded { member, .. } => add(conn, member),
        TenantChange::MemberRoleChanged { member, after, .. } => {
            conn.execute(ROLE, params![member.tenant, member.id, *after]).map(drop)
        }
        TenantChange::MemberBound { member, user, .. } => {
            conn.execute(BIND, params![member.tenant, member.id, *user]).map(drop)
        }
        TenantChange::MemberRemoved { member, .. } => conn.execute(REMOVE, params![member.tenant, member.id]).map(drop),
        TenantChange::AuthenticationReset { at: from, .. } => {
            conn.execute(VALID_FROM, params![tenant.id, *from]).map(drop)
        }
        TenantChange::ResourceCreated { resource: r, .. } => {
            let (reach, revision) = (reach(r.to.as_ref())?, at.revision(tenant.trail())?);
            conn.execute(RESOURCE, params![r.tenant, r.id, &r.kind, &r.name, reach, r.created_at, revision]).map(drop)
        }
        TenantChange::ResourceEdited { after: r, .. } => {
            let (reach, revision) = (reach(r.to.as_ref())?, at.revision(tenant.trail())?);
            conn.execute(RESOURCE_EDIT, params![r.tenant, r.id, &r.name, reach, revision]).map(drop)
        }
        TenantChange::ResourceDeleted { resource: r, .. } => {
            conn.execute(RESOURCE_END, params![r.tenant, r.id]).map(drop)
        }
    }
}

fn add(conn: &mut Conn<'_>, m: &TenantMember) -> Result<(), StoreError> {
    let email = if m.user.is_none() { Email::parse(&m.label, "email").ok() } else { None };
    let key = email.map(|email| email.key().to_owned());
    conn.execute(ADD, params![m.tenant, m.id, m.user, key, &m.label, m.role, m.created_at]).map(drop)
}

/// Nothing that anybody holds is valid any more.
pub(super) fn everybody_reset(conn: &mut Conn<'_>, from: Timestamp) -> Result<(), StoreError> {
    conn.execute(EVERYBODY, params![from]).map(drop)
}
