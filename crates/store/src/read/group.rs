//! Groups and who is in them.

use guildhall_domain::group::{Belonging, Group, Seat};
use guildhall_domain::ids::{GroupId, MemberId, OrgId};
use guildhall_domain::text::fold;

use super::Page;
use super::role::names;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::{Row, Value};

macro_rules! columns {
    () => {
        "g.id, g.organization_id, g.name, g.description, g.origin, g.created_at, g.revision, g.external_id, g.slug, g.reserved, g.joins, g.permissions"
    };
}

pub(super) use columns;

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM groups g WHERE g.organization_id = $1 AND g.id = $2");
const BY_NAME: &str = concat!("SELECT ", columns!(), " FROM groups g WHERE g.organization_id = $1 AND g.name_key = $2");
const LIST: &str = concat!(
    "SELECT g.name_key, ",
    columns!(),
    " FROM groups g WHERE g.organization_id = $1 AND (g.name_key, g.id) > ($2, $3) ORDER BY g.name_key, g.id LIMIT $4"
);
const SEAT: &str = "SELECT membership_id, manager FROM group_members WHERE organization_id = $1 AND group_id = $2 AND membership_id = $3";
const SEATS: &str = "SELECT membership_id, manager FROM group_members WHERE organization_id = $1 AND group_id = $2 AND membership_id > $3 ORDER BY membership_id LIMIT $4";
const OF_MEMBER: &str =
    "SELECT group_id, manager FROM group_members WHERE organization_id = $1 AND membership_id = $2 ORDER BY group_id";
const OF_MEMBERS: &str = "SELECT s.membership_id, s.manager, g.id, g.name FROM group_members s JOIN groups g ON g.organization_id = s.organization_id AND g.id = s.group_id WHERE s.organization_id = $1 AND s.membership_id IN ";

const HELD: &str = concat!(
    "SELECT s.manager, ",
    columns!(),
    " FROM group_members s JOIN groups g ON g.organization_id = s.organization_id AND g.id = s.group_id WHERE s.organization_id = $1 AND s.membership_id = $2 ORDER BY g.name_key, g.id"
);
const JOINING: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM groups g WHERE g.organization_id = $1 AND g.joins = 1 AND NOT EXISTS (SELECT 1 FROM group_members s WHERE s.organization_id = $1 AND s.group_id = g.id AND s.membership_id = $2) ORDER BY g.name_key, g.id"
);
const ANY_JOINING: &str = "SELECT 1 FROM groups WHERE organization_id = $1 AND joins = 1 LIMIT 1";
const OF_PRESET: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM groups g WHERE g.organization_id = $1 AND (g.slug = $2 OR g.name_key = $3) ORDER BY g.id LIMIT 1"
);
const GIVING: &str = "SELECT id, permissions FROM groups WHERE organization_id = $1 AND permissions IS NOT NULL";
const ALONE: &str = "SELECT 1 FROM group_members s WHERE s.organization_id = $1 AND s.group_id = $2 AND NOT EXISTS (SELECT 1 FROM group_members o WHERE o.organization_id = $1 AND o.membership_id = s.membership_id AND o.group_id <> $2) LIMIT 1";
const MANAGERS: &str = "SELECT s.membership_id FROM group_members s WHERE s.organization_id = $1 AND s.group_id = $2 AND s.manager = 1 AND NOT EXISTS (SELECT 1 FROM group_members o WHERE o.organization_id = $1 AND o.membership_id = s.membership_id AND o.group_id <> $2 AND o.manager = 1) ORDER BY s.membership_id";

/// Every statement here.
pub(crate) fn statements() -> Vec<String> {
    let mut all: Vec<String> =
        [BY_ID, BY_NAME, LIST, SEAT, SEATS, OF_MEMBER, HELD, JOINING, ANY_JOINING, OF_PRESET, GIVING, ALONE, MANAGERS]
            .iter()
            .map(|s| (*s).to_owned())
            .collect();
    all.push(in_list(OF_MEMBERS, 2));
    all
}

fn in_list(head: &str, many: usize) -> String {
    let places: Vec<String> = (0..many).map(|n| format!("${}", n + 2)).collect();
    format!("{head}({}) ORDER BY g.name_key", places.join(", "))
}

pub(super) fn group(row: &mut Row) -> Result<Group, StoreError> {
    Ok(Group {
        id: row.next()?,
        organization: row.next()?,
        name: row.next()?,
        description: row.next()?,
        origin: row.next()?,
        created_at: row.next()?,
        revision: row.next()?,
        external_id: row.next()?,
        slug: row.next()?,
        reserved: row.next()?,
        joins: row.next()?,
        permissions: names(row)?.unwrap_or_default(),
    })
}

/// One group.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &mut Conn<'_>, organization: OrgId, id: GroupId) -> Result<Option<Group>, StoreError> {
    conn.first(BY_ID, params![organization, id], group)
}

/// The group of a name, without regard to letter case.
///
/// # Errors
/// [`StoreError`].
pub fn by_name(conn: &mut Conn<'_>, organization: OrgId, name: &str) -> Result<Option<Group>, StoreError> {
    conn.first(BY_NAME, params![organization, fold(name)], group)
}

/// Where a page of groups ended: name key and id.
pub type After = (String, GroupId);

/// A page of groups by name.
///
/// # Errors
/// [`StoreError`].
pub fn list(conn: &mut Conn<'_>, organization: OrgId, page: &Page<After>) -> Result<Vec<(After, Group)>, StoreError> {
    let (key, id) = page.after.clone().map_or_else(|| (String::new(), uuid::Uuid::nil()), |(key, id)| (key, id.uuid()));
    conn.all(LIST, params![organization, key, id, page.limit], |row| {
        let key: String = row.next()?;
        let one = group(row)?;
        Ok(((key, one.id), one))
    })
}

/// A member's place in a group.
///
/// # Errors
/// [`StoreError`].
pub fn seat(
    conn: &mut Conn<'_>,
    organization: OrgId,
    group: GroupId,
    member: MemberId,
) -> Result<Option<Seat>, StoreError> {
    conn.first(SEAT, params![organization, group, member], |row| Ok(Seat { member: row.next()?, manager: row.next()? }))
}

/// A page of the places of a group.
///
/// # Errors
/// [`StoreError`].
pub fn seats(
    conn: &mut Conn<'_>,
    organization: OrgId,
    group: GroupId,
    page: &Page<MemberId>,
) -> Result<Vec<Seat>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::nil, MemberId::uuid);
    conn.all(SEATS, params![organization, group, after, page.limit], |row| {
        Ok(Seat { member: row.next()?, manager: row.next()? })
    })
}

/// The groups a member is in.
///
/// # Errors
/// [`StoreError`].
pub fn of_member(conn: &mut Conn<'_>, organization: OrgId, member: MemberId) -> Result<Vec<Belonging>, StoreError> {
    conn.all(OF_MEMBER, params![organization, member], |row| Ok(Belonging { group: row.next()?, manager: row.next()? }))
}

/// The groups a member is in, whole, with the member's place in each.
///
/// # Errors
/// [`StoreError`].
pub fn held(conn: &mut Conn<'_>, organization: OrgId, member: MemberId) -> Result<Vec<(Group, Seat)>, StoreError> {
    conn.all(HELD, params![organization, member], |row| {
        let manager = row.next()?;
        Ok((group(row)?, Seat { member, manager }))
    })
}

/// The groups that whoever joins enters and that this member is not in.
///
/// # Errors
/// [`StoreError`].
pub fn joining(conn: &mut Conn<'_>, organization: OrgId, member: MemberId) -> Result<Vec<Group>, StoreError> {
    conn.all(JOINING, params![organization, member], group)
}

/// Whether there is any group that whoever joins enters.
///
/// # Errors
/// [`StoreError`].
pub fn any_joining(conn: &mut Conn<'_>, organization: OrgId) -> Result<bool, StoreError> {
    conn.exists(ANY_JOINING, params![organization])
}

/// The group that a preset knows by `slug`, or another one of that name.
///
/// # Errors
/// [`StoreError`].
pub fn of_preset(
    conn: &mut Conn<'_>,
    organization: OrgId,
    slug: &str,
    name: &str,
) -> Result<Option<Group>, StoreError> {
    conn.first(OF_PRESET, params![organization, slug, fold(name)], group)
}

/// What the organization's groups give, for those that give something.
///
/// # Errors
/// [`StoreError`].
pub fn giving(conn: &mut Conn<'_>, organization: OrgId) -> Result<Vec<(GroupId, Vec<String>)>, StoreError> {
    conn.all(GIVING, params![organization], |row| Ok((row.next()?, names(row)?.unwrap_or_default())))
}

/// Whether the group is the only one of somebody in it.
///
/// # Errors
/// [`StoreError`].
pub fn is_alone(conn: &mut Conn<'_>, organization: OrgId, group: GroupId) -> Result<bool, StoreError> {
    Ok(conn.first(ALONE, params![organization, group], |row| row.next::<i64>())?.is_some())
}

/// Those who manage this group and no other.
///
/// # Errors
/// [`StoreError`].
pub fn managers_of_this_only(
    conn: &mut Conn<'_>,
    organization: OrgId,
    group: GroupId,
) -> Result<Vec<MemberId>, StoreError> {
    conn.all(MANAGERS, params![organization, group], |row| row.next())
}

/// A membership, whether it manages the group, the group and its name.
pub type NamedSeat = (MemberId, bool, GroupId, String);

/// The groups each of some members is in: one question for a whole page.
///
/// # Errors
/// [`StoreError`].
pub fn of_members(
    conn: &mut Conn<'_>,
    organization: OrgId,
    members: &[MemberId],
) -> Result<Vec<NamedSeat>, StoreError> {
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = vec![Value::from(organization)];
    values.extend(members.iter().map(|m| Value::from(*m)));
    conn.all(&in_list(OF_MEMBERS, members.len()), &values, |row| {
        Ok((row.next()?, row.next()?, row.next()?, row.next()?))
    })
}
