//! The facts behind who reaches what: a place with everything that decides about it, and the members
//! who may reach one place. Does not put the question itself.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use guildhall_domain::ids::{MemberId, OrgId, ResourceId};
use guildhall_domain::member::Member;
use guildhall_domain::reach::{Audience, Ground, Receiver};
use guildhall_domain::resource::{Grant, Resource, Subject};

use super::member::{After, member, member_columns};
use super::resource::{self, grant, grant_columns, resource_columns};
use super::{in_steps, room_for_ids};
use crate::apply::member::sort_key;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Value;

const UP: &str = concat!(
    "WITH RECURSIVE up (start, id, parent_id, height) AS (SELECT id, id, parent_id, 0 FROM resources WHERE organization_id = $1 AND id IN (?) UNION ALL SELECT u.start, r.id, r.parent_id, u.height + 1 FROM resources r JOIN up u ON r.id = u.parent_id WHERE r.organization_id = $1 AND u.height < 64) SELECT u.start, ",
    resource_columns!(),
    " FROM up u JOIN resources r ON r.id = u.id WHERE r.organization_id = $1 ORDER BY u.start, u.height DESC"
);
const GRANTS_ON: &str =
    concat!("SELECT ", grant_columns!(), " FROM grants t WHERE t.organization_id = $1 AND t.resource_id IN (?)");
const SOME: &str =
    concat!("SELECT ", resource_columns!(), " FROM resources r WHERE r.organization_id = $1 AND r.id IN (?)");
const BELOW: &str = "WITH RECURSIVE below (id, level) AS (SELECT id, 0 FROM resources WHERE organization_id = $1 AND id = $2 UNION ALL SELECT r.id, b.level + 1 FROM resources r JOIN below b ON r.parent_id = b.id WHERE r.organization_id = $1 AND b.level < 64) SELECT CAST(COALESCE(MAX(level), 0) AS BIGINT), (SELECT COUNT(*) FROM grants t WHERE t.organization_id = $1 AND t.subject_kind = 'resource' AND t.subject_id IN (SELECT id FROM below)) FROM below";
const CANDIDATES: &str = concat!(
    "SELECT sort_key, ",
    member_columns!(),
    " FROM memberships WHERE organization_id = $1 AND status = 'active'"
);

/// Every statement here.
pub(crate) fn statements() -> Vec<String> {
    let mut all: Vec<String> = vec![BELOW.to_owned()];
    all.extend([UP, GRANTS_ON, SOME].iter().map(|s| s.replace('?', &room_for_ids())));
    let nil = uuid::Uuid::nil();
    let audience = Audience { roles: vec!["x".to_owned()], groups: Vec::new(), places: vec![ResourceId::new(nil)] };
    for order in [Order::Name(Some((String::new(), MemberId::new(nil)))), Order::Age(Some(MemberId::new(nil)))] {
        all.push(compose(OrgId::new(nil), &audience, &order, 1).0);
    }
    all
}

/// A place with everything that decides who reaches it; without a way when there is no such resource.
///
/// # Errors
/// [`StoreError`].
pub fn ground(conn: &mut Conn<'_>, organization: OrgId, id: ResourceId) -> Result<Ground, StoreError> {
    let path = resource::path(conn, organization, id)?;
    let grants = resource::path_grants(conn, organization, id)?;
    let receivers = receivers(conn, organization, &grants)?;
    Ok(Ground { path, grants, receivers })
}

fn receivers(conn: &mut Conn<'_>, organization: OrgId, grants: &[Grant]) -> Result<Vec<Receiver>, StoreError> {
    let scopes: BTreeSet<ResourceId> = grants
        .iter()
        .filter_map(|grant| match grant.subject {
            Subject::Resource(scope) => Some(scope),
            Subject::Member(_) | Subject::Group(_) | Subject::Everyone => None,
        })
        .collect();
    let scopes: Vec<ResourceId> = scopes.into_iter().collect();
    let mut ways: Vec<(ResourceId, Vec<Resource>)> = Vec::new();
    for values in in_steps(organization, &scopes) {
        let rows = conn.all(&UP.replace('?', &room_for_ids()), &values, |row| {
            let start: ResourceId = row.next()?;
            Ok((start, resource::resource(row)?))
        })?;
        for (start, step) in rows {
            match ways.last_mut() {
                Some((scope, way)) if *scope == start => way.push(step),
                _ => ways.push((start, vec![step])),
            }
        }
    }
    let places: BTreeSet<ResourceId> = ways.iter().flat_map(|(_, way)| way).map(|step| step.id).collect();
    let places: Vec<ResourceId> = places.into_iter().collect();
    let mut on: HashMap<ResourceId, Vec<Grant>> = HashMap::new();
    for values in in_steps(organization, &places) {
        for one in conn.all(&GRANTS_ON.replace('?', &room_for_ids()), &values, grant)? {
            on.entry(one.resource).or_default().push(one);
        }
    }
    let with_grants = |(_, path): (ResourceId, Vec<Resource>)| {
        let grants = path.iter().filter_map(|step| on.get(&step.id)).flatten().cloned().collect();
        Receiver { path, grants }
    };
    Ok(ways.into_iter().map(with_grants).collect())
}

/// How many levels stand under a resource, and whether it, or something in it, is the subject of a
/// grant.
///
/// # Errors
/// [`StoreError`].
pub fn below(conn: &mut Conn<'_>, organization: OrgId, id: ResourceId) -> Result<(usize, bool), StoreError> {
    let found = conn.first(BELOW, params![organization, id], |row| {
        let (levels, receiving): (u64, u64) = (row.next()?, row.next()?);
        Ok((usize::try_from(levels).unwrap_or(usize::MAX), receiving > 0))
    })?;
    Ok(found.unwrap_or_default())
}

/// Some resources by their ids. In no order.
///
/// # Errors
/// [`StoreError`].
pub fn some(conn: &mut Conn<'_>, organization: OrgId, ids: &[ResourceId]) -> Result<Vec<Resource>, StoreError> {
    let mut found = Vec::new();
    for values in in_steps(organization, ids) {
        found.extend(conn.all(&SOME.replace('?', &room_for_ids()), &values, resource::resource)?);
    }
    Ok(found)
}

/// The order of a list of members, and where to go on.
#[derive(Clone, Debug)]
pub enum Order {
    /// By name.
    Name(Option<After>),
    /// Oldest first: what a change of name does not move.
    Age(Option<MemberId>),
}

impl Order {
    /// The same list, from behind a place in it.
    #[must_use]
    pub fn at(&self, place: &After) -> Self {
        match self {
            Self::Name(_) => Self::Name(Some(place.clone())),
            Self::Age(_) => Self::Age(Some(place.1)),
        }
    }

    /// Whether the list, from where it goes on, still comes by a place.
    #[must_use]
    pub fn is_before(&self, place: &After) -> bool {
        match self {
            Self::Name(last) => last.as_ref().is_none_or(|last| last < place),
            Self::Age(last) => last.is_none_or(|last| last < place.1),
        }
    }

    /// Which of two places comes first.
    #[must_use]
    pub fn compare(&self, one: &After, other: &After) -> Ordering {
        match self {
            Self::Name(_) => one.cmp(other),
            Self::Age(_) => one.1.cmp(&other.1),
        }
    }
}

/// Where somebody stands in a list of members.
#[must_use]
pub fn place(member: &Member) -> After {
    (sort_key(&member.name, &member.email), member.id)
}

fn compose(organization: OrgId, audience: &Audience, order: &Order, limit: u32) -> (String, Vec<Value>) {
    let mut values = vec![Value::from(organization)];
    let mut room = |more: Vec<Value>| {
        let first = values.len() + 1;
        values.extend(more);
        (first..=values.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
    };
    // An empty list is no list to either engine.
    let roles = room(audience.roles.iter().map(Value::from).chain([Value::from("")]).collect());
    let places =
        room(audience.places.iter().map(|id| Value::from(*id)).chain([Value::from(uuid::Uuid::nil())]).collect());
    let groups =
        room(audience.groups.iter().map(|id| Value::from(*id)).chain([Value::from(uuid::Uuid::nil())]).collect());
    let among = [
        format!("role IN ({roles})"),
        format!(
            "id IN (SELECT membership_id FROM group_members WHERE organization_id = $1 AND group_id IN ({groups}))"
        ),
        format!(
            "id IN (SELECT owner_id FROM resources WHERE organization_id = $1 AND id IN ({places}) AND owner_id IS NOT NULL)"
        ),
        format!(
            "id IN (SELECT subject_id FROM grants WHERE organization_id = $1 AND resource_id IN ({places}) AND subject_kind = 'member')"
        ),
        format!(
            "id IN (SELECT s.membership_id FROM grants t JOIN group_members s ON s.organization_id = t.organization_id AND s.group_id = t.subject_id WHERE t.organization_id = $1 AND t.resource_id IN ({places}) AND t.subject_kind = 'group')"
        ),
    ];
    let mut sql = format!("{CANDIDATES} AND ({})", among.join(" OR "));
    let by = match order {
        Order::Name(after) => {
            if let Some((key, id)) = after {
                sql.push_str(&format!(" AND (sort_key, id) > ({})", room(vec![key.into(), (*id).into()])));
            }
            "sort_key, id"
        }
        Order::Age(after) => {
            if let Some(id) = after {
                sql.push_str(&format!(" AND id > {}", room(vec![(*id).into()])));
            }
            "id"
        }
    };
    let limit = room(vec![limit.into()]);
    sql.push_str(&format!(" ORDER BY {by} LIMIT {limit}"));
    (sql, values)
}

/// Active members among whom is everybody who reaches a place, each with the place to go on from.
///
/// # Errors
/// [`StoreError`].
pub fn candidates(
    conn: &mut Conn<'_>,
    organization: OrgId,
    audience: &Audience,
    order: &Order,
    limit: u32,
) -> Result<Vec<(After, Member)>, StoreError> {
    let (sql, values) = compose(organization, audience, order, limit);
    conn.all(&sql, &values, |row| {
        let key: String = row.next()?;
        let one = member(row)?;
        Ok(((key, one.id), one))
    })
}
