//! Resources, their tree, and the grants on them.

use guildhall_domain::ids::{GrantId, GroupId, MemberId, OrgId, ResourceId};
use guildhall_domain::resource::{Given, Grant, Resource, Subject};

use super::Page;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::{Row, Value};

macro_rules! resource_columns {
    () => {
        "r.id, r.organization_id, r.type, r.external_id, r.name, r.parent_id, r.owner_id, r.controlled, r.created_at, r.revision"
    };
}
macro_rules! grant_columns {
    () => {
        "t.id, t.organization_id, t.resource_id, t.subject_kind, t.subject_id, t.given_kind, t.given, t.expires_at, t.created_at, t.created_by"
    };
}
pub(super) use {grant_columns, resource_columns};
macro_rules! path {
    () => {
        "WITH RECURSIVE path (id, parent_id, height) AS (SELECT id, parent_id, 0 FROM resources WHERE organization_id = $1 AND id = $2 UNION ALL SELECT r.id, r.parent_id, p.height + 1 FROM resources r JOIN path p ON r.id = p.parent_id WHERE r.organization_id = $1 AND p.height < 64) "
    };
}

const BY_ID: &str =
    concat!("SELECT ", resource_columns!(), " FROM resources r WHERE r.organization_id = $1 AND r.id = $2");
const BY_EXTERNAL: &str = concat!(
    "SELECT ",
    resource_columns!(),
    " FROM resources r WHERE r.organization_id = $1 AND r.type = $2 AND r.external_id = $3"
);
const PATH: &str = concat!(
    path!(),
    "SELECT ",
    resource_columns!(),
    " FROM path p JOIN resources r ON r.id = p.id WHERE r.organization_id = $1 ORDER BY p.height DESC"
);
const PATH_GRANTS: &str = concat!(
    path!(),
    "SELECT ",
    grant_columns!(),
    " FROM path p JOIN grants t ON t.resource_id = p.id WHERE t.organization_id = $1 ORDER BY t.id"
);
const LIST: &str = concat!("SELECT ", resource_columns!(), " FROM resources r WHERE r.organization_id = $1");
const GRANTS: &str = concat!(
    "SELECT ",
    grant_columns!(),
    " FROM grants t WHERE t.organization_id = $1 AND t.resource_id = $2 AND t.id > $3 ORDER BY t.id LIMIT $4"
);
const GRANT: &str = concat!("SELECT ", grant_columns!(), " FROM grants t WHERE t.organization_id = $1 AND t.id = $2");
const OF_GROUP: &str = concat!(
    "SELECT ",
    grant_columns!(),
    " FROM grants t WHERE t.organization_id = $1 AND t.subject_kind = 'group' AND t.subject_id = $2 ORDER BY t.id"
);
const ALL: &str = concat!(
    "SELECT ",
    resource_columns!(),
    " FROM resources r WHERE r.organization_id = $1 AND r.id > $2 ORDER BY r.id LIMIT $3"
);
const ALL_GRANTS: &str = concat!(
    "SELECT ",
    grant_columns!(),
    " FROM grants t WHERE t.organization_id = $1 AND (t.resource_id, t.id) > ($2, $3) ORDER BY t.resource_id, t.id LIMIT $4"
);

const OF_MEMBER: &str = concat!(
    "SELECT ",
    grant_columns!(),
    " FROM grants t WHERE t.organization_id = $1 AND t.subject_kind = 'member' AND t.subject_id = $2 ORDER BY t.id"
);

/// Every statement here, the list in each combination of its filters.
pub(crate) fn statements() -> Vec<String> {
    let mut all: Vec<String> =
        [BY_ID, BY_EXTERNAL, PATH, PATH_GRANTS, GRANTS, GRANT, OF_GROUP, OF_MEMBER, ALL, ALL_GRANTS]
            .iter()
            .map(|s| (*s).to_owned())
            .collect();
    for bits in 0..32_u8 {
        let filter = Filter {
            kind: (bits & 1 != 0).then(|| "x".to_owned()),
            parent: (bits & 2 != 0).then(|| (bits & 16 != 0).then(|| ResourceId::new(uuid::Uuid::nil()))),
            query: (bits & 8 != 0).then(|| "x".to_owned()),
            owner: (bits & 4 != 0).then(|| MemberId::new(uuid::Uuid::nil())),
        };
        all.push(compose(OrgId::new(uuid::Uuid::nil()), &filter, &Page { after: None, limit: 1 }).0);
    }
    all
}

pub(super) fn resource(row: &mut Row) -> Result<Resource, StoreError> {
    Ok(Resource {
        id: row.next()?,
        organization: row.next()?,
        kind: row.next()?,
        external_id: row.next()?,
        name: row.next()?,
        parent: row.next()?,
        owner: row.next()?,
        controlled: row.next()?,
        created_at: row.next()?,
        revision: row.next()?,
    })
}

pub(super) fn given_of(kind: &str, word: String) -> Result<Given, StoreError> {
    match kind {
        "role" => Ok(Given::Role(word)),
        "permission" => Ok(Given::Permission(word)),
        other => Err(StoreError::Corrupt(format!("nobody can be given a `{other}`"))),
    }
}

pub(super) fn grant(row: &mut Row) -> Result<Grant, StoreError> {
    let (id, organization, resource): (GrantId, OrgId, ResourceId) = (row.next()?, row.next()?, row.next()?);
    let (subject, subject_id): (String, Option<uuid::Uuid>) = (row.next()?, row.next()?);
    let (kind, given): (String, String) = (row.next()?, row.next()?);
    let subject = match (subject.as_str(), subject_id) {
        ("member", Some(id)) => Subject::Member(MemberId::new(id)),
        ("group", Some(id)) => Subject::Group(GroupId::new(id)),
        ("resource", Some(id)) => Subject::Resource(ResourceId::new(id)),
        ("everyone", None) => Subject::Everyone,
        (other, _) => return Err(StoreError::Corrupt(format!("`{other}` is no subject of a grant"))),
    };
    let given = given_of(&kind, given)?;
    let (expires_at, created_at, created_by) = (row.next()?, row.next()?, row.next()?);
    Ok(Grant { id, organization, resource, subject, given, expires_at, created_at, created_by })
}

/// One resource.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &mut Conn<'_>, organization: OrgId, id: ResourceId) -> Result<Option<Resource>, StoreError> {
    conn.first(BY_ID, params![organization, id], resource)
}

/// All resources after one of them, `most` at a time.
///
/// # Errors
/// [`StoreError`].
pub fn all(
    conn: &mut Conn<'_>,
    organization: OrgId,
    after: ResourceId,
    most: u32,
) -> Result<Vec<Resource>, StoreError> {
    conn.all(ALL, params![organization, after, most], resource)
}

/// All grants after one of them, by resource, `most` at a time.
///
/// # Errors
/// [`StoreError`].
pub fn all_grants(
    conn: &mut Conn<'_>,
    organization: OrgId,
    on: ResourceId,
    after: uuid::Uuid,
    most: u32,
) -> Result<Vec<Grant>, StoreError> {
    conn.all(ALL_GRANTS, params![organization, on, after, most], grant)
}

/// The resource a product calls `external_id`.
///
/// # Errors
/// [`StoreError`].
pub fn by_external(
    conn: &mut Conn<'_>,
    organization: OrgId,
    kind: &str,
    external_id: &str,
) -> Result<Option<Resource>, StoreError> {
    conn.first(BY_EXTERNAL, params![organization, kind, external_id], resource)
}

/// The way from the top to a resource, the resource last; empty when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn path(conn: &mut Conn<'_>, organization: OrgId, id: ResourceId) -> Result<Vec<Resource>, StoreError> {
    conn.all(PATH, params![organization, id], resource)
}

/// Every grant on a resource and what it stands under.
///
/// # Errors
/// [`StoreError`].
pub fn path_grants(conn: &mut Conn<'_>, organization: OrgId, id: ResourceId) -> Result<Vec<Grant>, StoreError> {
    conn.all(PATH_GRANTS, params![organization, id], grant)
}

/// Which resources a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only of this type.
    pub kind: Option<String>,
    /// Only directly under this one; `Some(None)` is the organization itself.
    pub parent: Option<Option<ResourceId>>,
    /// Part of a name or external id, folded.
    pub query: Option<String>,
    /// Only owned by this member.
    pub owner: Option<MemberId>,
}

fn compose(organization: OrgId, filter: &Filter, page: &Page<ResourceId>) -> (String, Vec<Value>) {
    let mut sql = LIST.to_owned();
    let mut values = vec![Value::from(organization)];
    let conditions = [
        ("r.type =", filter.kind.as_ref().map(Value::from)),
        ("r.parent_id =", filter.parent.flatten().map(Value::from)),
        ("r.owner_id =", filter.owner.map(Value::from)),
        ("r.id >", Some(page.after.map_or_else(uuid::Uuid::nil, ResourceId::uuid).into())),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            values.push(value);
            sql.push_str(&format!(" AND {condition} ${}", values.len()));
        }
    }
    if filter.parent == Some(None) {
        sql.push_str(" AND r.parent_id IS NULL");
    }
    if let Some(query) = &filter.query {
        let escaped = query.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        values.push(format!("%{escaped}%").into());
        sql.push_str(&format!(" AND r.search_key LIKE ${} ESCAPE '\\'", values.len()));
    }
    values.push(page.limit.into());
    sql.push_str(&format!(" ORDER BY r.id LIMIT ${}", values.len()));
    (sql, values)
}

/// A page of resources, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    conn: &mut Conn<'_>,
    organization: OrgId,
    filter: &Filter,
    page: &Page<ResourceId>,
) -> Result<Vec<Resource>, StoreError> {
    let (sql, values) = compose(organization, filter, page);
    conn.all(&sql, &values, resource)
}

/// A page of the grants on one resource.
///
/// # Errors
/// [`StoreError`].
pub fn grants(
    conn: &mut Conn<'_>,
    organization: OrgId,
    on: ResourceId,
    page: &Page<GrantId>,
) -> Result<Vec<Grant>, StoreError> {
    conn.all(
        GRANTS,
        params![organization, on, page.after.map_or_else(uuid::Uuid::nil, GrantId::uuid), page.limit],
        grant,
    )
}

/// One grant.
///
/// # Errors
/// [`StoreError`].
pub fn grant_by_id(conn: &mut Conn<'_>, organization: OrgId, id: GrantId) -> Result<Option<Grant>, StoreError> {
    conn.first(GRANT, params![organization, id], grant)
}

/// Every grant to a member, not those to their groups.
///
/// # Errors
/// [`StoreError`].
pub fn of_member(conn: &mut Conn<'_>, organization: OrgId, member: MemberId) -> Result<Vec<Grant>, StoreError> {
    conn.all(OF_MEMBER, params![organization, member], grant)
}

/// Everything a member owns, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn owned_by(conn: &mut Conn<'_>, organization: OrgId, member: MemberId) -> Result<Vec<Resource>, StoreError> {
    let filter = Filter { owner: Some(member), ..Filter::default() };
    list(conn, organization, &filter, &Page { after: None, limit: u32::MAX })
}

/// Every grant to a group.
///
/// # Errors
/// [`StoreError`].
pub fn of_group(conn: &mut Conn<'_>, organization: OrgId, group: GroupId) -> Result<Vec<Grant>, StoreError> {
    conn.all(OF_GROUP, params![organization, group], grant)
}
