//! Share links, and who shared what with whom.

use guildhall_domain::ids::{MemberId, OrgId, ResourceId, ShareLinkId};
use guildhall_domain::member::Status;
use guildhall_domain::resource::{Grant, Resource, ShareLink};
use uuid::Uuid;

use super::Page;
use super::resource::{given_of, grant, grant_columns, resource, resource_columns};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! link_columns {
    () => {
        "l.id, l.organization_id, l.resource_id, l.given_kind, l.given, l.last4, l.expires_at, l.created_at, l.created_by"
    };
}

const BY_SECRET: &str = concat!(
    "SELECT m.status, ",
    link_columns!(),
    " FROM share_links l JOIN memberships m ON m.organization_id = l.organization_id AND m.id = l.created_by WHERE l.secret = $1"
);
const BY_ID: &str =
    concat!("SELECT ", link_columns!(), " FROM share_links l WHERE l.organization_id = $1 AND l.id = $2");
const OF_RESOURCE: &str = concat!(
    "SELECT ",
    link_columns!(),
    " FROM share_links l WHERE l.organization_id = $1 AND l.resource_id = $2 AND l.id > $3 ORDER BY l.id LIMIT $4"
);
const LINKS_BY: &str = concat!(
    "SELECT ",
    resource_columns!(),
    ", ",
    link_columns!(),
    " FROM share_links l JOIN resources r ON r.organization_id = l.organization_id AND r.id = l.resource_id WHERE l.organization_id = $1 AND (l.created_by = $2 OR r.owner_id = $2) AND l.id > $3 ORDER BY l.id LIMIT $4"
);
const GRANTS_BY: &str = concat!(
    "SELECT ",
    resource_columns!(),
    ", ",
    grant_columns!(),
    " FROM grants t JOIN resources r ON r.organization_id = t.organization_id AND r.id = t.resource_id WHERE t.organization_id = $1 AND (t.created_by = $2 OR r.owner_id = $2) AND t.id > $3 ORDER BY t.id LIMIT $4"
);
const GRANTS_WITH: &str = concat!(
    "SELECT ",
    resource_columns!(),
    ", ",
    grant_columns!(),
    " FROM grants t JOIN resources r ON r.organization_id = t.organization_id AND r.id = t.resource_id WHERE t.organization_id = $1 AND ((t.subject_kind = 'member' AND t.subject_id = $2) OR (t.subject_kind = 'group' AND t.subject_id IN (SELECT group_id FROM group_members WHERE organization_id = $1 AND membership_id = $2))) AND t.id > $3 ORDER BY t.id LIMIT $4"
);
const GRANTS_OF: &str = concat!(
    "SELECT ",
    resource_columns!(),
    ", ",
    grant_columns!(),
    " FROM grants t JOIN resources r ON r.organization_id = t.organization_id AND r.id = t.resource_id WHERE t.organization_id = $1 AND t.subject_kind = 'member' AND t.subject_id = $2 ORDER BY t.id"
);

/// Every statement here.
pub(crate) fn statements() -> Vec<String> {
    let all = [BY_SECRET, BY_ID, OF_RESOURCE, LINKS_BY, GRANTS_BY, GRANTS_WITH, GRANTS_OF];
    all.iter().map(|s| (*s).to_owned()).collect()
}

fn link(row: &mut Row) -> Result<ShareLink, StoreError> {
    let (id, organization, resource) = (row.next()?, row.next()?, row.next()?);
    let (kind, given): (String, String) = (row.next()?, row.next()?);
    Ok(ShareLink {
        id,
        organization,
        resource,
        given: given_of(&kind, given)?,
        last4: row.next()?,
        expires_at: row.next()?,
        created_at: row.next()?,
        created_by: row.next()?,
    })
}

/// The link of a secret whose maker is an active member, ended ones too.
///
/// # Errors
/// [`StoreError`].
pub fn by_secret(conn: &mut Conn<'_>, secret: &[u8; 32]) -> Result<Option<ShareLink>, StoreError> {
    let found = conn.first(BY_SECRET, params![*secret], |row| Ok((row.next::<Status>()?, link(row)?)))?;
    Ok(found.filter(|(status, _)| *status == Status::Active).map(|(_, link)| link))
}

/// One link.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &mut Conn<'_>, organization: OrgId, id: ShareLinkId) -> Result<Option<ShareLink>, StoreError> {
    conn.first(BY_ID, params![organization, id], link)
}

/// A page of the links of a resource, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn of_resource(
    conn: &mut Conn<'_>,
    organization: OrgId,
    on: ResourceId,
    page: &Page<ShareLinkId>,
) -> Result<Vec<ShareLink>, StoreError> {
    let after = page.after.map_or_else(Uuid::nil, ShareLinkId::uuid);
    conn.all(OF_RESOURCE, params![organization, on, after, page.limit], link)
}

/// A page of the links that a member made, or that are on what they own, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn links_by(
    conn: &mut Conn<'_>,
    organization: OrgId,
    by: MemberId,
    page: &Page<Uuid>,
) -> Result<Vec<(Resource, ShareLink)>, StoreError> {
    let after = page.after.unwrap_or_default();
    conn.all(LINKS_BY, params![organization, by, after, page.limit], |row| Ok((resource(row)?, link(row)?)))
}

/// A page of the grants that a member made, or that are on what they own, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn grants_by(
    conn: &mut Conn<'_>,
    organization: OrgId,
    by: MemberId,
    page: &Page<Uuid>,
) -> Result<Vec<(Resource, Grant)>, StoreError> {
    let after = page.after.unwrap_or_default();
    conn.all(GRANTS_BY, params![organization, by, after, page.limit], |row| Ok((resource(row)?, grant(row)?)))
}

/// A page of the grants to a member or to a group of theirs, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn grants_with(
    conn: &mut Conn<'_>,
    organization: OrgId,
    with: MemberId,
    page: &Page<Uuid>,
) -> Result<Vec<(Resource, Grant)>, StoreError> {
    let after = page.after.unwrap_or_default();
    conn.all(GRANTS_WITH, params![organization, with, after, page.limit], |row| Ok((resource(row)?, grant(row)?)))
}

/// Every grant to a member themself.
///
/// # Errors
/// [`StoreError`].
pub fn grants_of(conn: &mut Conn<'_>, organization: OrgId, of: MemberId) -> Result<Vec<(Resource, Grant)>, StoreError> {
    conn.all(GRANTS_OF, params![organization, of], |row| Ok((resource(row)?, grant(row)?)))
}
