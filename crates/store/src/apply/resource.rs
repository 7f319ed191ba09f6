//! Rows of resources and grants, and what goes when a member goes.

use guildhall_domain::ids::{MemberId, OrgId};
use guildhall_domain::resource::{Given, Grant, Keeper, Resource, ResourceChange, ShareLink, Subject};
use guildhall_domain::text::fold;

use super::At;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Value;

macro_rules! subtree {
    () => {
        "WITH RECURSIVE below (id) AS (SELECT id FROM resources WHERE organization_id = $1 AND id = $2 UNION SELECT r.id FROM resources r JOIN below b ON r.parent_id = b.id WHERE r.organization_id = $1) "
    };
}

const CREATE: &str = "INSERT INTO resources (organization_id, id, type, external_id, name, parent_id, owner_id, controlled, created_at, revision, search_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const EDIT: &str = "UPDATE resources SET name = $3, parent_id = $4, owner_id = $5, controlled = $6, external_id = $7, revision = $8, search_key = $9 WHERE organization_id = $1 AND id = $2";
const UNGRANT: &str = concat!(
    subtree!(),
    "DELETE FROM grants WHERE organization_id = $1 AND (resource_id IN (SELECT id FROM below) OR (subject_kind = 'resource' AND subject_id IN (SELECT id FROM below)))"
);
const UNSHARE: &str =
    concat!(subtree!(), "DELETE FROM share_links WHERE organization_id = $1 AND resource_id IN (SELECT id FROM below)");
const DELETE: &str =
    concat!(subtree!(), "DELETE FROM resources WHERE organization_id = $1 AND id IN (SELECT id FROM below)");
const KEEP: &str = "INSERT INTO kept_resources (organization_id, resource_id, tenant_resource_id, membership_id) VALUES ($1, $2, $3, $4)";
const UNKEEP: &str = concat!(
    subtree!(),
    "DELETE FROM kept_resources WHERE organization_id = $1 AND resource_id IN (SELECT id FROM below)"
);
const GRANT: &str = "INSERT INTO grants (organization_id, id, resource_id, subject_kind, subject_id, given_kind, given, expires_at, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const CHANGE: &str =
    "UPDATE grants SET given_kind = $3, given = $4, expires_at = $5 WHERE organization_id = $1 AND id = $2";
const LINK: &str = "INSERT INTO share_links (organization_id, id, resource_id, given_kind, given, secret, last4, expires_at, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const UNLINK: &str = "DELETE FROM share_links WHERE organization_id = $1 AND id = $2";
const FORGET_LINKS: &str = "DELETE FROM share_links WHERE organization_id = $1 AND created_by = $2";
const REVOKE: &str = "DELETE FROM grants WHERE organization_id = $1 AND id = $2";
const FORGET_GRANTS: &str =
    "DELETE FROM grants WHERE organization_id = $1 AND subject_kind = 'member' AND subject_id = $2";
const FORGET_SEATS: &str = "DELETE FROM group_members WHERE organization_id = $1 AND membership_id = $2";
const FORGET_OWNER: &str =
    "UPDATE resources SET owner_id = NULL, revision = $3 WHERE organization_id = $1 AND owner_id = $2";

pub(crate) const STATEMENTS: &[&str] = &[
    CREATE,
    EDIT,
    UNGRANT,
    UNSHARE,
    DELETE,
    KEEP,
    UNKEEP,
    GRANT,
    CHANGE,
    REVOKE,
    LINK,
    UNLINK,
    FORGET_LINKS,
    FORGET_GRANTS,
    FORGET_SEATS,
    FORGET_OWNER,
];

pub(super) fn changed(conn: &mut Conn<'_>, at: &At<'_>, change: &ResourceChange) -> Result<(), StoreError> {
    let revision = at.revision(change.resource().organization)?;
    match change {
        ResourceChange::Created { resource: r } => conn
            .execute(
                CREATE,
                params![
                    r.organization,
                    r.id,
                    &r.kind,
                    r.external_id.clone(),
                    &r.name,
                    r.parent,
                    r.owner,
                    r.controlled,
                    r.created_at,
                    revision,
                    search_key(r)
                ],
            )
            .map(drop),
        ResourceChange::Edited { after: r, .. } => conn
            .execute(
                EDIT,
                params![
                    r.organization,
                    r.id,
                    &r.name,
                    r.parent,
                    r.owner,
                    r.controlled,
                    r.external_id.clone(),
                    revision,
                    search_key(r)
                ],
            )
            .map(drop),
        ResourceChange::Deleted { resource: r } => deleted(conn, r),
        ResourceChange::Granted { grant, .. } => granted(conn, grant),
        ResourceChange::GrantChanged { after: g, .. } => {
            let (kind, given) = words(&g.given);
            conn.execute(CHANGE, params![g.organization, g.id, kind, given, g.expires_at]).map(drop)
        }
        ResourceChange::LinkShared { link, hash, .. } => linked(conn, link, hash),
        ResourceChange::LinkRevoked { link, .. } => conn.execute(UNLINK, params![link.organization, link.id]).map(drop),
        ResourceChange::Kept { resource: r, keeper } => {
            let (tenant, member) = match keeper {
                Keeper::Tenant(id) => (Some(*id), None),
                Keeper::Integration(id) => (None, Some(*id)),
            };
            conn.execute(KEEP, params![r.organization, r.id, tenant, member]).map(drop)
        }
        ResourceChange::Revoked { grant, .. } => conn.execute(REVOKE, params![grant.organization, grant.id]).map(drop),
    }
}

/// What a search looks into.
fn search_key(r: &Resource) -> String {
    fold(&format!("{} {}", r.name, r.external_id.as_deref().unwrap_or_default()))
}

fn deleted(conn: &mut Conn<'_>, r: &Resource) -> Result<(), StoreError> {
    conn.execute(UNGRANT, params![r.organization, r.id])?;
    conn.execute(UNSHARE, params![r.organization, r.id])?;
    conn.execute(UNKEEP, params![r.organization, r.id])?;
    conn.execute(DELETE, params![r.organization, r.id]).map(drop)
}

fn words(given: &Given) -> (&'static str, &str) {
    match given {
        Given::Role(slug) => ("role", slug),
        Given::Permission(name) => ("permission", name),
    }
}

fn linked(conn: &mut Conn<'_>, l: &ShareLink, hash: &[u8; 32]) -> Result<(), StoreError> {
    let (kind, given) = words(&l.given);
    conn.execute(
        LINK,
        params![
            l.organization,
            l.id,
            l.resource,
            kind,
            given,
            *hash,
            &l.last4,
            l.expires_at,
            l.created_at,
            l.created_by
        ],
    )
    .map(drop)
}

pub(super) fn granted(conn: &mut Conn<'_>, g: &Grant) -> Result<(), StoreError> {
    let (subject, id) = match g.subject {
        Subject::Member(id) => ("member", Value::from(id)),
        Subject::Group(id) => ("group", Value::from(id)),
        Subject::Resource(id) => ("resource", Value::from(id)),
        Subject::Everyone => ("everyone", Value::Null),
    };
    let (kind, given) = words(&g.given);
    conn.execute(
        GRANT,
        params![g.organization, g.id, g.resource, subject, id, kind, given, g.expires_at, g.created_at, g.created_by],
    )
    .map(drop)
}

/// A member who is gone is in no group, is granted and limited nothing, shares nothing by a link and
/// owns nothing: what they owned belongs to the organization.
pub(super) fn member_gone(
    conn: &mut Conn<'_>,
    at: &At<'_>,
    organization: OrgId,
    member: MemberId,
) -> Result<(), StoreError> {
    super::limit::forget(conn, organization, member.uuid())?;
    conn.execute(FORGET_GRANTS, params![organization, member])?;
    conn.execute(FORGET_LINKS, params![organization, member])?;
    conn.execute(FORGET_SEATS, params![organization, member])?;
    conn.execute(FORGET_OWNER, params![organization, member, at.revision(organization)?]).map(drop)
}
