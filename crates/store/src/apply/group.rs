//! Rows of groups and who is in them.

use guildhall_domain::group::{Group, GroupChange, GroupOrigin, Seat};
use guildhall_domain::text::fold;
use serde_json::json;

use super::At;
use super::places::GROUPS;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Value;

const CREATE: &str = "INSERT INTO groups (organization_id, id, name, name_key, description, origin, created_at, revision, external_id, slug, reserved, joins, permissions, place, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $7)";
const PERMISSIONS: &str = "UPDATE groups SET permissions = $3, revision = $4 WHERE organization_id = $1 AND id = $2";
const KEPT_BY: &str =
    "UPDATE groups SET origin = $3, external_id = $4, revision = $5 WHERE organization_id = $1 AND id = $2";
const RULES: &str = "UPDATE organizations SET object_revision = $2 WHERE id = $1";
const EDIT: &str = "UPDATE groups SET name = $3, name_key = $4, description = $5, revision = $6, changed_at = $7 WHERE organization_id = $1 AND id = $2";
const EMPTY: &str = "DELETE FROM group_members WHERE organization_id = $1 AND group_id = $2";
const UNGRANT: &str = "DELETE FROM grants WHERE organization_id = $1 AND subject_kind = 'group' AND subject_id = $2";
const DELETE: &str = "DELETE FROM groups WHERE organization_id = $1 AND id = $2 RETURNING place";
const SEAT: &str = "INSERT INTO group_members (organization_id, group_id, membership_id, manager) VALUES ($1, $2, $3, $4) ON CONFLICT (organization_id, group_id, membership_id) DO UPDATE SET manager = excluded.manager";
const LEAVE: &str = "DELETE FROM group_members WHERE organization_id = $1 AND group_id = $2 AND membership_id = $3";
const TOUCH: &str = "UPDATE groups SET revision = $3, changed_at = $4 WHERE organization_id = $1 AND id = $2";

pub(crate) const STATEMENTS: &[&str] =
    &[CREATE, KEPT_BY, PERMISSIONS, RULES, EDIT, EMPTY, UNGRANT, DELETE, SEAT, LEAVE, TOUCH];

pub(super) fn changed(conn: &mut Conn<'_>, at: &At<'_>, change: &GroupChange) -> Result<(), StoreError> {
    let group = change.group();
    let revision = at.revision(group.organization)?;
    match change {
        GroupChange::Created { group: g } => created(conn, at, g, revision),
        GroupChange::PermissionsSet { permissions, .. } => {
            conn.execute(PERMISSIONS, params![group.organization, group.id, stored(permissions), revision])?;
            rules_changed(conn, group, revision)
        }
        GroupChange::Edited { name, description, .. } => conn
            .execute(EDIT, params![group.organization, group.id, name, fold(name), description, revision, at.now])
            .map(drop),
        GroupChange::Deleted { .. } => {
            conn.execute(UNGRANT, params![group.organization, group.id])?;
            super::limit::forget(conn, group.organization, group.id.uuid())?;
            conn.execute(EMPTY, params![group.organization, group.id])?;
            deleted(conn, at, group)?;
            if group.permissions.is_empty() { Ok(()) } else { rules_changed(conn, group, revision) }
        }
        GroupChange::KeptBy { origin, external_id, .. } => conn
            .execute(KEPT_BY, params![group.organization, group.id, *origin, external_id.clone(), revision])
            .map(drop),
        GroupChange::SeatSet { after, .. } => seat(conn, at, group, after),
        GroupChange::SeatLeft { seat: left, .. } => {
            conn.execute(LEAVE, params![group.organization, group.id, left.member])?;
            conn.execute(TOUCH, params![group.organization, group.id, revision, at.now]).map(drop)
        }
    }
}

/// A directory's group leaves the directory's list.
fn deleted(conn: &mut Conn<'_>, at: &At<'_>, g: &Group) -> Result<(), StoreError> {
    let place = conn.first(DELETE, params![g.organization, g.id], |row| row.next::<Option<u64>>())?.flatten();
    if let Some(place) = place {
        at.places.borrow_mut().free(g.organization, GROUPS, place);
    }
    Ok(())
}

fn created(conn: &mut Conn<'_>, at: &At<'_>, g: &Group, revision: u64) -> Result<(), StoreError> {
    let place = match g.origin {
        GroupOrigin::External => Some(at.places.borrow_mut().take(conn, g.organization, GROUPS)?),
        GroupOrigin::Local => None,
    };
    conn.execute(
        CREATE,
        params![
            g.organization,
            g.id,
            &g.name,
            fold(&g.name),
            &g.description,
            g.origin,
            g.created_at,
            revision,
            g.external_id.clone(),
            g.slug.clone(),
            g.reserved,
            g.joins,
            stored(&g.permissions),
            place
        ],
    )?;
    if g.permissions.is_empty() { Ok(()) } else { rules_changed(conn, g, revision) }
}

/// What a group gives, as JSON; nothing for a group that gives nothing.
fn stored(permissions: &[String]) -> Value {
    if permissions.is_empty() { Value::Null } else { Value::from(&json!(permissions)) }
}

/// INVARIANT: the organization's own revision moves with what its groups give: what is kept in memory of its
/// rules is keyed by it.
fn rules_changed(conn: &mut Conn<'_>, group: &Group, revision: u64) -> Result<(), StoreError> {
    conn.execute(RULES, params![group.organization, revision]).map(drop)
}

fn seat(conn: &mut Conn<'_>, at: &At<'_>, group: &Group, seat: &Seat) -> Result<(), StoreError> {
    let revision = at.revision(group.organization)?;
    conn.execute(SEAT, params![group.organization, group.id, seat.member, seat.manager])?;
    conn.execute(TOUCH, params![group.organization, group.id, revision, at.now]).map(drop)
}
