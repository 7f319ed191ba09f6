//! Rows of the roles that an organization makes for itself.

use guildhall_domain::preset::ORGANIZATION;
use guildhall_domain::role::{CustomRole, RoleChange};
use serde_json::json;

use super::At;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const CREATE: &str = "INSERT INTO roles (organization_id, id, applies_to, slug, name, description, permissions, ceiling, below, created_at, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const EDIT: &str = "UPDATE roles SET name = $3, description = $4, permissions = $5, ceiling = $6, below = $7, revision = $8 WHERE organization_id = $1 AND id = $2";
const DELETE: &str = "DELETE FROM roles WHERE organization_id = $1 AND id = $2";
const REGRANT: &str = "UPDATE grants SET given = $4 WHERE organization_id = $1 AND given_kind = 'role' AND given = $3 AND resource_id IN (SELECT r.id FROM resources r WHERE r.organization_id = $1 AND r.type = $2)";
const RELINK: &str =
    "UPDATE invite_links SET role = $3, revision = $4 WHERE organization_id = $1 AND role = $2 AND state = 'open'";
const TOUCH: &str = "UPDATE organizations SET object_revision = $2 WHERE id = $1";

pub(crate) const STATEMENTS: &[&str] = &[CREATE, EDIT, DELETE, REGRANT, RELINK, TOUCH];

/// INVARIANT: the organization's own revision moves with its roles: what is kept in memory of its rules is
/// keyed by it.
pub(super) fn changed(conn: &mut Conn<'_>, at: &At<'_>, change: &RoleChange) -> Result<(), StoreError> {
    let organization = change.role().organization;
    let revision = at.revision(organization)?;
    match change {
        RoleChange::Created { role } => created(conn, role, revision)?,
        RoleChange::Edited { after: r, .. } => {
            conn.execute(
                EDIT,
                params![
                    organization,
                    r.id,
                    &r.name,
                    &r.description,
                    &json!(r.permissions),
                    &json!(r.ceiling),
                    &json!(r.below),
                    revision
                ],
            )?;
        }
        RoleChange::Deleted { role: r, replaced_by } => {
            if let Some(heir) = replaced_by {
                conn.execute(REGRANT, params![organization, &r.applies_to, &r.slug, heir])?;
                if r.applies_to == ORGANIZATION {
                    conn.execute(RELINK, params![organization, &r.slug, heir, revision])?;
                }
            }
            conn.execute(DELETE, params![organization, r.id])?;
        }
    }
    conn.execute(TOUCH, params![organization, revision]).map(drop)
}

fn created(conn: &mut Conn<'_>, r: &CustomRole, revision: u64) -> Result<(), StoreError> {
    conn.execute(
        CREATE,
        params![
            r.organization,
            r.id,
            &r.applies_to,
            &r.slug,
            &r.name,
            &r.description,
            &json!(r.permissions),
            &json!(r.ceiling),
            &json!(r.below),
            r.created_at,
            revision
        ],
    )
    .map(drop)
}
