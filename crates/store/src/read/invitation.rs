//! Invitations.

use guildhall_domain::ids::{InvitationId, MemberId, OrgId, UserId};
use guildhall_domain::invitation::{Carried, Invitation, SecretHash, State};

use guildhall_domain::time::Timestamp;

use super::{Page, in_steps, room_for_ids};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! columns {
    () => {
        "id, organization_id, membership_id, email, name, role, deliver, state, expires_at, delivery, delivery_detail, created_at, created_by, revision, invitee_id, handle, carries"
    };
}

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM invitations WHERE organization_id = $1 AND id = $2");
const BY_SECRET: &str = concat!("SELECT ", columns!(), " FROM invitations WHERE secret = $1");
const OF_MEMBER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM invitations WHERE organization_id = $1 AND membership_id = $2 ORDER BY id DESC LIMIT 1"
);
const LAST_OF_EMAIL: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM invitations WHERE organization_id = $1 AND email_key = $2 ORDER BY created_at DESC, id DESC LIMIT 1"
);
const LAST_OF_INVITEE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM invitations WHERE organization_id = $1 AND invitee_id = $2 ORDER BY created_at DESC, id DESC LIMIT 1"
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

const LIST_EXPIRED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM invitations WHERE organization_id = $1 AND id < $2 AND (state = 'expired' OR state = 'pending' AND expires_at <= $4) ORDER BY id DESC LIMIT $3"
);

const ANY: &str = "SELECT 1 FROM invitations WHERE organization_id = $1 LIMIT 1";
const ANY_STATE: &str = "SELECT 1 FROM invitations WHERE organization_id = $1 AND state = $2 LIMIT 1";

pub(crate) const STATEMENTS: &[&str] =
    &[BY_ID, BY_SECRET, OF_MEMBER, LAST_OF_EMAIL, LAST_OF_INVITEE, LIST, LIST_STATE, LIST_EXPIRED, ANY, ANY_STATE];

/// Most carry nothing, and then nothing is written.
fn carried(text: Option<String>) -> Result<Carried, StoreError> {
    let bad = |e: serde_json::Error| StoreError::Corrupt(format!("what an invitation carries: {e}"));
    text.map_or_else(|| Ok(Carried::default()), |text| serde_json::from_str(&text).map_err(bad))
}

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
        invitee: row.next()?,
        handle: row.next()?,
        carried: carried(row.next()?)?,
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

/// The last invitation of an address, by the address's key, whatever became of it.
///
/// # Errors
/// [`StoreError`].
pub fn last_of_email(
    conn: &mut Conn<'_>,
    organization: OrgId,
    email_key: &str,
) -> Result<Option<Invitation>, StoreError> {
    conn.first(LAST_OF_EMAIL, params![organization, email_key], invitation)
}

/// The last invitation of somebody invited by handle, whatever became of it.
///
/// # Errors
/// [`StoreError`].
pub fn last_of_invitee(
    conn: &mut Conn<'_>,
    organization: OrgId,
    invitee: UserId,
) -> Result<Option<Invitation>, StoreError> {
    conn.first(LAST_OF_INVITEE, params![organization, invitee], invitation)
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

/// A page of invitations, newest first; `state` is the stored state's word, or `expired` for all whose
/// time is over at `now`.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    conn: &mut Conn<'_>,
    organization: OrgId,
    state: Option<&str>,
    page: &Page<InvitationId>,
    now: Timestamp,
) -> Result<Vec<Invitation>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::max, InvitationId::uuid);
    match state {
        Some("expired") => conn.all(LIST_EXPIRED, params![organization, after, page.limit, now], invitation),
        Some(state) => conn.all(LIST_STATE, params![organization, after, page.limit, state], invitation),
        None => conn.all(LIST, params![organization, after, page.limit], invitation),
    }
}
