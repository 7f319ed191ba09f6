//! Rows of memberships and invitations.

use guildhall_domain::ids::{MemberId, OrgId};
use guildhall_domain::invitation::{Carried, Deliver, Delivery, Invitation, SecretHash, State};
use guildhall_domain::member::{Member, Status};
use guildhall_domain::text::{Email, fold};
use guildhall_domain::time::Timestamp;

use super::At;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const INSERT: &str = "INSERT INTO memberships (organization_id, id, identity_id, kind, email, email_key, name, sort_key, search_key, handle, role, status, origin, joined_at, created_at, created_by, last_active_at, sessions_from, managed, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
const REPLACE: &str = "UPDATE memberships SET identity_id = $3, email = $4, email_key = $5, name = $6, sort_key = $7, search_key = $8, handle = $9, role = $10, status = $11, joined_at = $12, revision = $13 WHERE organization_id = $1 AND id = $2";
const ROLE: &str = "UPDATE memberships SET role = $3, revision = $4 WHERE organization_id = $1 AND id = $2";
const STATUS: &str = "UPDATE memberships SET status = $3, revision = $4 WHERE organization_id = $1 AND id = $2";
const APPROVE: &str =
    "UPDATE memberships SET status = 'active', joined_at = $3, revision = $4 WHERE organization_id = $1 AND id = $2";
const SESSIONS_FROM: &str =
    "UPDATE memberships SET sessions_from = $3, revision = $4 WHERE organization_id = $1 AND id = $2";
const INVITE: &str = "INSERT INTO invitations (organization_id, id, membership_id, email, email_key, name, role, deliver, state, secret, expires_at, delivery, created_at, created_by, revision, invitee_id, handle, carries) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
const RESEND: &str = "UPDATE invitations SET secret = $3, deliver = $4, expires_at = $5, delivery = $6, delivery_detail = NULL, revision = $7 WHERE organization_id = $1 AND id = $2";
const INVITATION_ROLE: &str = "UPDATE invitations SET role = $3, revision = $4 WHERE organization_id = $1 AND id = $2";
const INVITATION_CARRIES: &str =
    "UPDATE invitations SET carries = $3, revision = $4 WHERE organization_id = $1 AND id = $2";
const INVITATION_STATE: &str =
    "UPDATE invitations SET state = $3, revision = $4 WHERE organization_id = $1 AND id = $2";
const UNQUEUE: &str = "UPDATE outbox SET next_at = NULL, sealed = NULL, state = 'superseded' WHERE invitation_id = $1 AND next_at IS NOT NULL";
const FORGET_MEMBER: &str = "DELETE FROM memberships WHERE organization_id = $1 AND id = $2 AND status = 'invited'";

pub(crate) const STATEMENTS: &[&str] = &[
    INSERT,
    REPLACE,
    ROLE,
    STATUS,
    APPROVE,
    SESSIONS_FROM,
    INVITE,
    RESEND,
    INVITATION_ROLE,
    INVITATION_CARRIES,
    INVITATION_STATE,
    UNQUEUE,
    FORGET_MEMBER,
];

/// The key an address is compared by. A stored address was parsed before; the fallback only folds.
pub(crate) fn email_key(email: &str) -> String {
    Email::parse(email, "email").map_or_else(|_| fold(email), |e| e.key().to_owned())
}

/// What a member list is ordered by: the name, or the address of somebody without one.
pub(crate) fn sort_key(name: &str, email: &str) -> String {
    fold(if name.is_empty() { email } else { name })
}

/// What a search looks in: name, address and handle, folded.
pub(crate) fn search_key(name: &str, email: &str, handle: Option<&str>) -> String {
    fold(&format!("{name} {email} {}", handle.unwrap_or_default()))
}

pub(super) fn inserted(conn: &mut Conn<'_>, at: &At<'_>, m: &Member) -> Result<(), StoreError> {
    conn.execute(
        INSERT,
        params![
            m.organization,
            m.id,
            m.user,
            m.kind,
            &m.email,
            email_key(&m.email),
            &m.name,
            sort_key(&m.name, &m.email),
            search_key(&m.name, &m.email, m.handle.as_deref()),
            m.handle.clone(),
            &m.role,
            m.status,
            m.origin,
            m.joined_at,
            m.created_at,
            m.created_by,
            m.last_active_at,
            m.sessions_from,
            m.managed,
            at.revision(m.organization)?
        ],
    )
    .map(drop)
}

pub(super) fn replaced(conn: &mut Conn<'_>, at: &At<'_>, m: &Member) -> Result<(), StoreError> {
    conn.execute(
        REPLACE,
        params![
            m.organization,
            m.id,
            m.user,
            &m.email,
            email_key(&m.email),
            &m.name,
            sort_key(&m.name, &m.email),
            search_key(&m.name, &m.email, m.handle.as_deref()),
            m.handle.clone(),
            &m.role,
            m.status,
            m.joined_at,
            at.revision(m.organization)?
        ],
    )
    .map(drop)
}

pub(super) fn role_changed(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    organization: OrgId,
    member: MemberId,
    role: &str,
) -> Result<(), StoreError> {
    conn.execute(ROLE, params![organization, member, role, at.revision(organization)?]).map(drop)
}

pub(super) fn status(conn: &mut Conn<'_>, at: &At<'_>, m: &Member, status: Status) -> Result<(), StoreError> {
    conn.execute(STATUS, params![m.organization, m.id, status, at.revision(m.organization)?]).map(drop)
}

pub(super) fn approved(conn: &mut Conn<'_>, at: &At<'_>, m: &Member, when: Timestamp) -> Result<(), StoreError> {
    conn.execute(APPROVE, params![m.organization, m.id, when, at.revision(m.organization)?]).map(drop)
}

pub(super) fn sessions_from(conn: &mut Conn<'_>, at: &At<'_>, m: &Member, from: Timestamp) -> Result<(), StoreError> {
    conn.execute(SESSIONS_FROM, params![m.organization, m.id, from, at.revision(m.organization)?]).map(drop)
}

pub(super) fn invited(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    waiting: &Member,
    i: &Invitation,
    secret: &SecretHash,
) -> Result<(), StoreError> {
    inserted(conn, at, waiting)?;
    conn.execute(
        INVITE,
        params![
            i.organization,
            i.id,
            i.member,
            &i.email,
            email_key(&i.email),
            &i.name,
            &i.role,
            i.deliver,
            i.state,
            *secret,
            i.expires_at,
            i.delivery,
            i.created_at,
            i.created_by,
            at.revision(i.organization)?,
            i.invitee,
            i.handle.clone(),
            carries(&i.carried)
        ],
    )
    .map(drop)
}
/// Most carry nothing, and then nothing is written.
fn carries(carried: &Carried) -> Option<String> {
    (!carried.is_empty()).then(|| carried.told().to_string())
}

pub(super) fn invitation_carries(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    i: &Invitation,
    after: &Carried,
) -> Result<(), StoreError> {
    conn.execute(INVITATION_CARRIES, params![i.organization, i.id, carries(after), at.revision(i.organization)?])
        .map(drop)
}

pub(super) fn invitation_resent(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    i: &Invitation,
    deliver: Deliver,
    secret: &SecretHash,
    expires_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    conn.execute(UNQUEUE, params![i.id])?;
    let delivery = if deliver == Deliver::Email { Delivery::Queued } else { Delivery::None };
    conn.execute(
        RESEND,
        params![i.organization, i.id, *secret, deliver, expires_at, delivery, at.revision(i.organization)?],
    )
    .map(drop)
}

/// The waiting membership's role goes with it.
pub(super) fn invitation_role(conn: &mut Conn<'_>, at: &At<'_>, i: &Invitation, role: &str) -> Result<(), StoreError> {
    conn.execute(INVITATION_ROLE, params![i.organization, i.id, role, at.revision(i.organization)?])?;
    role_changed(conn, at, i.organization, i.member, role)
}

/// Withdrawn or declined: the waiting membership goes with it; what is left is the invitation's own history.
pub(super) fn invitation_closed(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    i: &Invitation,
    state: State,
) -> Result<(), StoreError> {
    conn.execute(UNQUEUE, params![i.id])?;
    conn.execute(INVITATION_STATE, params![i.organization, i.id, state, at.revision(i.organization)?])?;
    conn.execute(FORGET_MEMBER, params![i.organization, i.member]).map(drop)
}

pub(super) fn invitation_accepted(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    i: &Invitation,
    member: &Member,
) -> Result<(), StoreError> {
    conn.execute(UNQUEUE, params![i.id])?;
    conn.execute(INVITATION_STATE, params![i.organization, i.id, State::Accepted, at.revision(i.organization)?])?;
    replaced(conn, at, member)
}
