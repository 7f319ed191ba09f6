//! Rows of groups and who is in them.

use guildhall_domain::group::{Group, GroupChange, Seat};
use guildhall_domain::text::fold;

use super::At;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const CREATE: &str = "INSERT INTO groups (organization_id, id, name, name_key, description, origin, created_at, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const EDIT: &str = "UPDATE groups SET name = $3, name_key = $4, description = $5, revision = $6 WHERE organization_id = $1 AND id = $2";
const EMPTY: &str = "DELETE FROM group_members WHERE organization_id = $1 AND group_id = $2";
const UNGRANT: &str = "DELETE FROM grants WHERE organization_id = $1 AND subject_kind = 'group' AND subject_id = $2";
const DELETE: &str = "DELETE FROM groups WHERE organization_id = $1 AND id = $2";
const SEAT: &str = "INSERT INTO group_members (organization_id, group_id, membership_id, manager) VALUES ($1, $2, $3, $4) ON CONFLICT (organization_id, group_id, membership_id) DO UPDATE SET manager = excluded.manager";
const LEAVE: &str = "DELETE FROM group_members WHERE organization_id = $1 AND group_id = $2 AND membership_id = $3";
const TOUCH: &str = "UPDATE groups SET revision = $3 WHERE organization_id = $1 AND id = $2";

pub(crate) const STATEMENTS: &[&str] = &[CREATE, EDIT, EMPTY, UNGRANT, DELETE, SEAT, LEAVE, TOUCH];

pub(super) fn changed(conn: &mut Conn<'_>, at: &At<'_>, change: &GroupChange) -> Result<(), StoreError> {
    let group = change.group();
    let revision = at.revision(group.organization)?;
    match change {
        GroupChange::Created { group: g } => conn
            .execute(
                CREATE,
                params![g.organization, g.id, &g.name, fold(&g.name), &g.description, g.origin, g.created_at, revision],
            )
            .map(drop),
        GroupChange::Edited { name, description, .. } => {
            conn.execute(EDIT, params![group.organization, group.id, name, fold(name), description, revision]).map(drop)
        }
        GroupChange::Deleted { .. } => {
            conn.execute(UNGRANT, params![group.organization, group.id])?;
            super::limit::forget(conn, group.organization, group.id.uuid())?;
            conn.execute(EMPTY, params![group.organization, group.id])?;
            conn.execute(DELETE, params![group.organization, group.id]).map(drop)
        }
        GroupChange::SeatSet { after, .. } => seat(conn, group, after, revision),
        GroupChange::SeatLeft { seat: left, .. } => {
            conn.execute(LEAVE, params![group.organization, group.id, left.member])?;
            conn.execute(TOUCH, params![group.organization, group.id, revision]).map(drop)
        }
    }
}

fn seat(conn: &mut Conn<'_>, group: &Group, seat: &Seat, revision: u64) -> Result<(), StoreError> {
    conn.execute(SEAT, params![group.organization, group.id, seat.member, seat.manager])?;
    conn.execute(TOUCH, params![group.organization, group.id, revision]).map(drop)
}
