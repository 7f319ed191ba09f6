//! Rows of what directories keep by SCIM.

use guildhall_domain::ids::{MemberId, OrgId, UserId};
use guildhall_domain::member::Member;
use guildhall_domain::provisioning::{Record, ScimChange};
use guildhall_domain::text::fold;
use serde_json::Value as Json;

use super::places::PEOPLE;
use super::{At, identity};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const TOKEN: &str = "INSERT INTO scim_tokens (organization_id, id, name, secret, last4, created_at, issued_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const TOKEN_NAME: &str = "UPDATE scim_tokens SET name = $3 WHERE organization_id = $1 AND id = $2";
const TOKEN_SECRET: &str =
    "UPDATE scim_tokens SET secret = $3, last4 = $4, issued_at = $5 WHERE organization_id = $1 AND id = $2";
const TOKEN_GONE: &str = "DELETE FROM scim_tokens WHERE organization_id = $1 AND id = $2";
const KEEP: &str = "INSERT INTO scim_users (organization_id, membership_id, place, user_name_key, external_id, attributes, created_at, changed_at, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)";
const EDIT: &str = "UPDATE scim_users SET user_name_key = $3, external_id = $4, attributes = $5, changed_at = $6, revision = $7 WHERE organization_id = $1 AND membership_id = $2";
const LET_GO: &str = "DELETE FROM scim_users WHERE organization_id = $1 AND membership_id = $2 RETURNING place";
const ADDRESS: &str = "INSERT INTO scim_addresses (organization_id, address_key, membership_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const NO_ADDRESS: &str = "DELETE FROM scim_addresses WHERE organization_id = $1 AND membership_id = $2";
const MARK: &str = "UPDATE memberships SET managed = $3 WHERE organization_id = $1 AND id = $2";
const CALL_GROUP: &str =
    "UPDATE groups SET external_id = $3, revision = $4, changed_at = $5 WHERE organization_id = $1 AND id = $2";

pub(crate) const STATEMENTS: &[&str] =
    &[TOKEN, TOKEN_NAME, TOKEN_SECRET, TOKEN_GONE, KEEP, EDIT, LET_GO, ADDRESS, NO_ADDRESS, MARK, CALL_GROUP];

pub(super) fn changed(conn: &mut Conn<'_>, at: &At<'_>, change: &ScimChange) -> Result<(), StoreError> {
    match change {
        ScimChange::TokenCreated { token: t, hash } => conn
            .execute(
                TOKEN,
                params![t.organization, t.id, &t.name, *hash, &t.last4, t.created_at, t.issued_at, t.created_by],
            )
            .map(drop),
        ScimChange::TokenRenamed { token: t, after } => {
            conn.execute(TOKEN_NAME, params![t.organization, t.id, after]).map(drop)
        }
        ScimChange::TokenRotated { token: t, hash } => {
            conn.execute(TOKEN_SECRET, params![t.organization, t.id, *hash, &t.last4, t.issued_at]).map(drop)
        }
        ScimChange::TokenRevoked { token: t } => conn.execute(TOKEN_GONE, params![t.organization, t.id]).map(drop),
        ScimChange::PersonKept { member: m, before: None, after } => kept(conn, at, m, after),
        ScimChange::PersonKept { member: m, after, .. } => {
            let (name, revision) = (fold(&after.user_name), at.revision(m.organization)?);
            let called = after.external_id.clone();
            let values = params![m.organization, m.id, name, called, &after.attributes, at.now, revision];
            conn.execute(EDIT, values)?;
            conn.execute(NO_ADDRESS, params![m.organization, m.id])?;
            addresses(conn, m, after)
        }
        ScimChange::PersonLetGo { member: m, .. } => let_go(conn, at, m.organization, m.id),
        ScimChange::AddressChanged { user, after, .. } => address_changed(conn, *user, after),
        ScimChange::GroupCalled { group: g, after } => {
            let revision = at.revision(g.organization)?;
            conn.execute(CALL_GROUP, params![g.organization, g.id, after.clone(), revision, at.now]).map(drop)
        }
    }
}

fn kept(conn: &mut Conn<'_>, at: &At<'_>, m: &Member, record: &Record) -> Result<(), StoreError> {
    let place = at.places.borrow_mut().take(conn, m.organization, PEOPLE)?;
    conn.execute(
        KEEP,
        params![
            m.organization,
            m.id,
            place,
            fold(&record.user_name),
            record.external_id.clone(),
            &record.attributes,
            at.now,
            at.revision(m.organization)?
        ],
    )?;
    addresses(conn, m, record)?;
    // Whoever came in by the directory bears the mark since.
    if m.managed { Ok(()) } else { conn.execute(MARK, params![m.organization, m.id, true]).map(drop) }
}

fn addresses(conn: &mut Conn<'_>, m: &Member, record: &Record) -> Result<(), StoreError> {
    let all = record.attributes.get("emails").and_then(Json::as_array);
    let values = all.into_iter().flatten().filter_map(|one| one.get("value").and_then(Json::as_str));
    for value in values {
        conn.execute(ADDRESS, params![m.organization, fold(value), m.id])?;
    }
    Ok(())
}

/// Somebody is kept no more: let go by the directory, or gone from the organization.
pub(super) fn let_go(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    organization: OrgId,
    member: MemberId,
) -> Result<(), StoreError> {
    let Some(place) = conn.first(LET_GO, params![organization, member], |row| row.next::<u64>())? else {
        return Ok(());
    };
    conn.execute(NO_ADDRESS, params![organization, member])?;
    at.places.borrow_mut().free(organization, PEOPLE, place);
    conn.execute(MARK, params![organization, member, false]).map(drop)
}

fn address_changed(conn: &mut Conn<'_>, user: UserId, email: &str) -> Result<(), StoreError> {
    identity::address_given(conn, user, email, None)
}
