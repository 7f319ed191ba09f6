//! Everything the rights of one organization rest on, read in whole. Read it at one moment.

use guildhall_domain::ids::{GroupId, MemberId, OrgId, ResourceId};
use guildhall_domain::index::Index;
use guildhall_domain::resource::{Grant, Resource, Subject};
use uuid::Uuid;

use super::resource;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const MEMBERS: &str = "SELECT id, identity_id, kind, role, status FROM memberships WHERE organization_id = $1 AND status <> 'removed' AND id > $2 ORDER BY id LIMIT $3";
const GROUPS: &str = "SELECT id FROM groups WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3";
const SEATS: &str = "SELECT group_id, membership_id, manager FROM group_members WHERE organization_id = $1 AND (group_id, membership_id) > ($2, $3) ORDER BY group_id, membership_id LIMIT $4";

pub(crate) const STATEMENTS: &[&str] = &[MEMBERS, GROUPS, SEATS];

/// Rows of one step: a large organization is not held in memory twice.
const STEP: u32 = 10_000;

/// Repeats `step` with the last key it gave, until it gives none.
fn steps<K>(mut key: K, mut step: impl FnMut(&K) -> Result<Option<K>, StoreError>) -> Result<(), StoreError> {
    while let Some(next) = step(&key)? {
        key = next;
    }
    Ok(())
}

/// Puts all facts of an organization into its index. What refers to somebody or something that is
/// not there gives nothing.
///
/// # Errors
/// [`StoreError`].
pub fn fill(conn: &mut Conn<'_>, organization: OrgId, mut index: Index) -> Result<Index, StoreError> {
    let nil = Uuid::nil();
    steps(nil, |after| {
        let rows = conn.all(MEMBERS, params![organization, *after, STEP], |row| {
            Ok((row.next::<MemberId>()?, row.next()?, row.next()?, row.next::<String>()?, row.next()?))
        })?;
        for (id, user, kind, role, status) in &rows {
            index.put_member(*id, *user, *kind, role, *status);
        }
        Ok(rows.last().map(|(id, ..)| id.uuid()))
    })?;
    steps(nil, |after| {
        let rows = conn.all(GROUPS, params![organization, *after, STEP], |row| row.next::<GroupId>())?;
        rows.iter().for_each(|id| index.put_group(*id));
        Ok(rows.last().map(|id| id.uuid()))
    })?;
    steps((nil, nil), |(group, member)| {
        let rows = conn.all(SEATS, params![organization, *group, *member, STEP], |row| {
            Ok((row.next::<GroupId>()?, row.next::<MemberId>()?, row.next()?))
        })?;
        for (group, member, manager) in &rows {
            // A seat without its member or group gives nothing.
            let _ = index.put_seat(*group, *member, *manager);
        }
        Ok(rows.last().map(|(group, member, _)| (group.uuid(), member.uuid())))
    })?;
    resources(conn, organization, &mut index)?;
    grants(conn, organization, &mut index)?;
    Ok(index)
}

/// Parents before what stands under them, whichever was made first.
fn resources(conn: &mut Conn<'_>, organization: OrgId, index: &mut Index) -> Result<(), StoreError> {
    let mut waiting: Vec<Resource> = Vec::new();
    steps(nil_resource(), |after| {
        let rows = resource::all(conn, organization, *after, STEP)?;
        let last = rows.last().map(|r| r.id);
        waiting.extend(rows.into_iter().filter(|one| index.put_resource(one).is_err()));
        Ok(last)
    })?;
    loop {
        let before = waiting.len();
        waiting.retain(|one| index.put_resource(one).is_err());
        if waiting.len() == before {
            return Ok(());
        }
    }
}

const fn nil_resource() -> ResourceId {
    ResourceId::new(Uuid::nil())
}

fn grants(conn: &mut Conn<'_>, organization: OrgId, index: &mut Index) -> Result<(), StoreError> {
    // Those of one resource in the order the index keeps them in, so that each is put at the end.
    let place = |grant: &Grant| match grant.subject {
        Subject::Everyone => (0, Uuid::nil()),
        Subject::Group(id) => (1, id.uuid()),
        Subject::Member(id) => (2, id.uuid()),
        Subject::Resource(id) => (3, id.uuid()),
    };
    let mut put = |mut rows: Vec<Grant>| {
        rows.sort_by_key(|grant| (grant.resource, place(grant)));
        for grant in rows {
            // A grant on or to what is not there gives nothing.
            let _ = index.put_grant(&grant);
        }
    };
    steps((nil_resource(), Uuid::nil()), |(on, after)| {
        let rows = resource::all_grants(conn, organization, *on, *after, STEP)?;
        let last = rows.last().map(|grant| (grant.resource, grant.id.uuid()));
        put(rows);
        Ok(last)
    })
}
