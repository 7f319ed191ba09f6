//! Invitations.

use guildhall_domain::ids::{InvitationId, MemberId, OrgId};
use guildhall_domain::invitation::{Invitation, SecretHash, State};

use super::{Page, in_steps, room_for_ids};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! columns {
    () => {
        "id, organization_id, membership_id, email, name, role, deliver, state, expires_at, delivery, delivery_detail, created_at, created_by, revision"
    };
}

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM invitations WHERE organization_id = $1 AND id = $2");
const BY_SECRET: &str = concat!("SELECT ", columns!(), " FROM invitations WHERE secret = $1");
const OF_MEMBER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM invitations WHERE organization_id = $1 AND membership_id = $2 ORDER BY id DESC LIMIT 1"
);
const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM invitations WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
);
const LIST_STATE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM invitations WHERE organization_id = $1 AND id < $2 AND state = $4 ORDER BY id DESC LIMIT $3"
);

const ANY: &str = "SELECT 1 FROM invitations WHERE organization_id = $1 LIMIT 1";
const ANY_STATE: &str = "SELECT 1 FROM invitations WHERE organization_id = $1 AND state = $2 LIMIT 1";

pub(crate) const STATEMENTS: &[&str] = &[BY_ID, BY_SECRET, OF_MEMBER, LIST, LIST_STATE, ANY, ANY_STATE];

fn invitation(row: &mut Row) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: row.next()?,
        organization: row.next()?,
        member: row.next()?,
        email: row.next()?,
        name: row.next()?,
        role: row.next()?,
        deliver: row.next()?,
        state: row.next()?,
        expires_at: row.next()?,
        delivery: row.next()?,
        delivery_detail: row.next()?,
        created_at: row.next()?,
        created_by: row.next()?,
        revision: row.next()?,
    })
}

/// One invitation.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &mut Conn<'_>, organization: OrgId, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
    conn.first(BY_ID, params![organization, id], invitation)
}

/// The invitation of a secret.
///
/// # Errors
/// [`StoreError`].
pub fn by_secret(conn: &mut Conn<'_>, secret: &SecretHash) -> Result<Option<Invitation>, StoreError> {
    conn.first(BY_SECRET, params![*secret], invitation)
}

/// The invitation a membership came from or waits for.
///
/// # Errors
/// [`StoreError`].
pub fn of_member(conn: &mut Conn<'_>, organization: OrgId, member: MemberId) -> Result<Option<Invitation>, StoreError> {
    conn.first(OF_MEMBER, params![organization, member], invitation)
}

pub(crate) fn of_members_sql() -> String {
    let ids = room_for_ids();
    concat!(
        "SELECT ",
        columns!(),
        " FROM invitations WHERE organization_id = $1 AND state = 'pending' AND membership_id IN (?)"
    )
    .replace('?', &ids)
}

/// The waiting invitations of some memberships, in no order.
///
/// # Errors
/// [`StoreError`].
pub fn of_members(
    conn: &mut Conn<'_>,
    organization: OrgId,
    members: &[MemberId],
) -> Result<Vec<Invitation>, StoreError> {
    let mut found = Vec::new();
    for values in in_steps(organization, members) {
        found.extend(conn.all(&of_members_sql(), &values, invitation)?);
    }
    Ok(found)
}

/// Whether the organization has invited anybody, ever or with an invitation in that state.
///
/// # Errors
/// [`StoreError`].
pub fn any(conn: &mut Conn<'_>, organization: OrgId, state: Option<State>) -> Result<bool, StoreError> {
    match state {
        Some(state) => conn.exists(ANY_STATE, params![organization, state]),
        None => conn.exists(ANY, params![organization]),
    }
}

/// A page of invitations, newest first; `state` is the stored state's word.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    conn: &mut Conn<'_>,
    organization: OrgId,
    state: Option<&str>,
    page: &Page<InvitationId>,
) -> Result<Vec<Invitation>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::max, InvitationId::uuid);
    match state {
        Some(state) => conn.all(LIST_STATE, params![organization, after, page.limit, state], invitation),
        None => conn.all(LIST, params![organization, after, page.limit], invitation),
    }
}
