//! What directories keep by SCIM: their tokens, the people and groups in the order they came, and the requests of
//! late. A place in a list is found by adding up blocks, never by counting rows.

use guildhall_domain::group::{Group, Seat};
use guildhall_domain::ids::{EventId, GroupId, MemberId, OrgId, TokenId};
use guildhall_domain::member::Member;
use guildhall_domain::provisioning::ScimToken;
use guildhall_domain::text::fold;
use guildhall_domain::time::Timestamp;
use serde_json::{Map, Value as Json};

use super::group::{columns as group_columns, group};
use super::{Page, in_steps, member, room_for_ids};
use crate::apply::places::{BLOCK, GROUPS, PEOPLE};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! token_columns {
    () => {
        "id, organization_id, name, last4, created_at, issued_at, created_by, last_used_at"
    };
}
macro_rules! person_columns {
    () => {
        "place, membership_id, attributes, created_at, changed_at, revision"
    };
}
macro_rules! people {
    ($condition:literal) => {
        concat!("SELECT ", person_columns!(), " FROM scim_users WHERE organization_id = $1 AND ", $condition)
    };
}
macro_rules! groups {
    ($condition:literal) => {
        concat!(
            "SELECT g.place, g.changed_at, ",
            group_columns!(),
            " FROM groups g WHERE g.organization_id = $1 AND g.place IS NOT NULL AND ",
            $condition
        )
    };
}

const TOKEN_BY_SECRET: &str = concat!("SELECT ", token_columns!(), " FROM scim_tokens WHERE secret = $1");
const TOKEN_BY_ID: &str =
    concat!("SELECT ", token_columns!(), " FROM scim_tokens WHERE organization_id = $1 AND id = $2");
const TOKENS: &str =
    concat!("SELECT ", token_columns!(), " FROM scim_tokens WHERE organization_id = $1 ORDER BY id DESC");
const PEOPLE_FROM: &str = people!("place > $2 ORDER BY place LIMIT $3");
const BY_MEMBER: &str = people!("membership_id = $2");
const BY_USER_NAME: &str = people!("user_name_key = $2");
const BY_EXTERNAL: &str = people!("external_id = $2 ORDER BY place");
const BY_ADDRESS: &str = "SELECT u.place, u.membership_id, u.attributes, u.created_at, u.changed_at, u.revision FROM scim_addresses a JOIN scim_users u ON u.organization_id = a.organization_id AND u.membership_id = a.membership_id WHERE a.organization_id = $1 AND a.address_key = $2 ORDER BY u.place";
const SIGNS_IN: &str = "SELECT id FROM memberships WHERE organization_id = $1 AND email_key = $2 AND status <> 'removed' AND managed = 1 LIMIT 1";
const BLOCKS: &str = "SELECT block, held FROM scim_blocks WHERE organization_id = $1 AND kind = $2 ORDER BY block";
const PEOPLE_PLACES: &str =
    "SELECT place FROM scim_users WHERE organization_id = $1 AND place >= $2 ORDER BY place LIMIT $3";
const GROUP_PLACES: &str =
    "SELECT place FROM groups WHERE organization_id = $1 AND place IS NOT NULL AND place >= $2 ORDER BY place LIMIT $3";
const GROUPS_FROM: &str = groups!("g.place > $2 ORDER BY g.place LIMIT $3");
const GROUP_BY_ID: &str = groups!("g.id = $2");
const GROUP_BY_NAME: &str = groups!("g.name_key = $2");
const GROUP_BY_EXTERNAL: &str = groups!("g.external_id = $2");
const EXTERNAL_TAKEN: &str = "SELECT id FROM groups WHERE organization_id = $1 AND external_id = $2";
const GROUPS_WITH: &str = groups!(
    "EXISTS (SELECT 1 FROM group_members s WHERE s.organization_id = $1 AND s.group_id = g.id AND s.membership_id = $2) ORDER BY g.place"
);
const SEATS: &str = "SELECT s.membership_id, s.manager FROM group_members s JOIN memberships m ON m.organization_id = s.organization_id AND m.id = s.membership_id WHERE s.organization_id = $1 AND s.group_id = $2 AND m.managed = 1 ORDER BY s.membership_id";
const GROUPS_OF: &str = "SELECT s.membership_id, g.id, g.name FROM group_members s JOIN groups g ON g.organization_id = s.organization_id AND g.id = s.group_id WHERE s.organization_id = $1 AND g.place IS NOT NULL AND s.membership_id IN (?) ORDER BY g.name_key, g.id";
const REQUESTS: &str = "SELECT organization_id, id, at, token_name, method, path, status, outcome FROM scim_requests WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";

pub(crate) const STATEMENTS: &[&str] = &[
    TOKEN_BY_SECRET,
    TOKEN_BY_ID,
    TOKENS,
    PEOPLE_FROM,
    BY_MEMBER,
    BY_USER_NAME,
    BY_EXTERNAL,
    BY_ADDRESS,
    SIGNS_IN,
    BLOCKS,
    PEOPLE_PLACES,
    GROUP_PLACES,
    GROUPS_FROM,
    GROUP_BY_ID,
    GROUP_BY_NAME,
    GROUP_BY_EXTERNAL,
    EXTERNAL_TAKEN,
    GROUPS_WITH,
    SEATS,
    REQUESTS,
];

/// The statement with a list of ids.
pub(crate) fn statements() -> [String; 1] {
    [GROUPS_OF.replace('?', &room_for_ids())]
}

fn token(row: &mut Row) -> Result<ScimToken, StoreError> {
    Ok(ScimToken {
        id: row.next()?,
        organization: row.next()?,
        name: row.next()?,
        last4: row.next()?,
        created_at: row.next()?,
        issued_at: row.next()?,
        created_by: row.next()?,
        last_used_at: row.next()?,
    })
}

/// The token of a secret.
///
/// # Errors
/// [`StoreError`].
pub fn token_by_secret(conn: &mut Conn<'_>, secret: &[u8; 32]) -> Result<Option<ScimToken>, StoreError> {
    conn.first(TOKEN_BY_SECRET, params![*secret], token)
}

/// One token.
///
/// # Errors
/// [`StoreError`].
pub fn token_by_id(conn: &mut Conn<'_>, organization: OrgId, id: TokenId) -> Result<Option<ScimToken>, StoreError> {
    conn.first(TOKEN_BY_ID, params![organization, id], token)
}

/// The tokens of an organization's directories, newest first; there are few.
///
/// # Errors
/// [`StoreError`].
pub fn tokens(conn: &mut Conn<'_>, organization: OrgId) -> Result<Vec<ScimToken>, StoreError> {
    conn.all(TOKENS, params![organization], token)
}

/// Somebody a directory keeps.
#[derive(Clone, Debug)]
pub struct KeptPerson {
    /// The membership.
    pub member: Member,
    /// Their place in the list.
    pub place: u64,
    /// What the directory said.
    pub attributes: Map<String, Json>,
    /// Since when it keeps them.
    pub created_at: Timestamp,
    /// When it last said something else.
    pub changed_at: Timestamp,
    /// Revision of what it said.
    pub revision: u64,
}

/// A row, before its membership is known.
type Row0 = (u64, MemberId, Map<String, Json>, Timestamp, Timestamp, u64);

fn person(row: &mut Row) -> Result<Row0, StoreError> {
    Ok((row.next()?, row.next()?, row.next()?, row.next()?, row.next()?, row.next()?))
}

fn with_members(conn: &mut Conn<'_>, here: OrgId, rows: Vec<Row0>) -> Result<Vec<KeptPerson>, StoreError> {
    let ids: Vec<MemberId> = rows.iter().map(|row| row.1).collect();
    let members = match ids.as_slice() {
        [one] => member::by_id(conn, here, *one)?.into_iter().collect(),
        _ => member::some(conn, here, &ids)?,
    };
    let mut of: std::collections::HashMap<MemberId, Member> = members.into_iter().map(|m| (m.id, m)).collect();
    let whole = |(place, id, attributes, created_at, changed_at, revision): Row0| {
        let member = of.remove(&id)?;
        Some(KeptPerson { member, place, attributes, created_at, changed_at, revision })
    };
    Ok(rows.into_iter().filter_map(whole).collect())
}

/// The people behind a place, in the order they came.
///
/// # Errors
/// [`StoreError`].
pub fn people(conn: &mut Conn<'_>, here: OrgId, page: &Page<u64>) -> Result<Vec<KeptPerson>, StoreError> {
    let rows = conn.all(PEOPLE_FROM, params![here, page.after.unwrap_or(0), page.limit], person)?;
    with_members(conn, here, rows)
}

/// One person by the membership.
///
/// # Errors
/// [`StoreError`].
pub fn by_member(conn: &mut Conn<'_>, here: OrgId, id: MemberId) -> Result<Option<KeptPerson>, StoreError> {
    let rows = conn.all(BY_MEMBER, params![here, id], person)?;
    Ok(with_members(conn, here, rows)?.pop())
}

/// One person by the user name, without regard to letter case.
///
/// # Errors
/// [`StoreError`].
pub fn by_user_name(conn: &mut Conn<'_>, here: OrgId, name: &str) -> Result<Option<KeptPerson>, StoreError> {
    let rows = conn.all(BY_USER_NAME, params![here, fold(name)], person)?;
    Ok(with_members(conn, here, rows)?.pop())
}

/// People by the directory's own id.
///
/// # Errors
/// [`StoreError`].
pub fn by_external_id(conn: &mut Conn<'_>, here: OrgId, id: &str) -> Result<Vec<KeptPerson>, StoreError> {
    let rows = conn.all(BY_EXTERNAL, params![here, id], person)?;
    with_members(conn, here, rows)
}

/// People by one of the addresses the directory gives them.
///
/// # Errors
/// [`StoreError`].
pub fn by_address(conn: &mut Conn<'_>, here: OrgId, address: &str) -> Result<Vec<KeptPerson>, StoreError> {
    let rows = conn.all(BY_ADDRESS, params![here, fold(address)], person)?;
    with_members(conn, here, rows)
}

/// Who among those a directory keeps signs in with an address, by the address's key.
///
/// # Errors
/// [`StoreError`].
pub fn signs_in_with(conn: &mut Conn<'_>, here: OrgId, email_key: &str) -> Result<Option<MemberId>, StoreError> {
    conn.first(SIGNS_IN, params![here, email_key], Row::next)
}

/// A list that a directory pages through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// People.
    People,
    /// Groups.
    Groups,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::People => PEOPLE,
            Self::Groups => GROUPS,
        }
    }
}

/// The place before the `skip`-th of a list, counted from 0, and how long the list is.
///
/// # Errors
/// [`StoreError`].
pub fn place_before(conn: &mut Conn<'_>, here: OrgId, kind: Kind, skip: u64) -> Result<(u64, u64), StoreError> {
    let read = |row: &mut Row| Ok((row.next::<u64>()?, row.next::<u64>()?));
    let blocks = conn.all(BLOCKS, params![here, kind.word()], read)?;
    let total = blocks.iter().map(|(_, held)| held).sum();
    let mut left = skip;
    for (block, held) in blocks {
        if left < held {
            if left == 0 {
                return Ok(((block * BLOCK).saturating_sub(1), total));
            }
            let sql = if kind == Kind::People { PEOPLE_PLACES } else { GROUP_PLACES };
            let places = conn.all(sql, params![here, block * BLOCK, left], |row| row.next::<u64>())?;
            return Ok((places.last().copied().unwrap_or(0), total));
        }
        left -= held;
    }
    Ok((i64::MAX.unsigned_abs(), total))
}

/// A group a directory keeps.
#[derive(Clone, Debug)]
pub struct KeptGroup {
    /// The group.
    pub group: Group,
    /// Its place in the list.
    pub place: u64,
    /// When it, or who is in it, last changed.
    pub changed_at: Timestamp,
}

fn kept_group(row: &mut Row) -> Result<KeptGroup, StoreError> {
    let (place, changed_at) = (row.next()?, row.next::<Option<Timestamp>>()?);
    let group = group(row)?;
    Ok(KeptGroup { place, changed_at: changed_at.unwrap_or(group.created_at), group })
}

/// The groups behind a place, in the order they came.
///
/// # Errors
/// [`StoreError`].
pub fn groups(conn: &mut Conn<'_>, here: OrgId, page: &Page<u64>) -> Result<Vec<KeptGroup>, StoreError> {
    conn.all(GROUPS_FROM, params![here, page.after.unwrap_or(0), page.limit], kept_group)
}

/// One group.
///
/// # Errors
/// [`StoreError`].
pub fn group_by_id(conn: &mut Conn<'_>, here: OrgId, id: GroupId) -> Result<Option<KeptGroup>, StoreError> {
    conn.first(GROUP_BY_ID, params![here, id], kept_group)
}

/// The group of a name, without regard to letter case.
///
/// # Errors
/// [`StoreError`].
pub fn group_by_name(conn: &mut Conn<'_>, here: OrgId, name: &str) -> Result<Option<KeptGroup>, StoreError> {
    conn.first(GROUP_BY_NAME, params![here, fold(name)], kept_group)
}

/// The group of the directory's own id.
///
/// # Errors
/// [`StoreError`].
pub fn group_by_external_id(conn: &mut Conn<'_>, here: OrgId, id: &str) -> Result<Option<KeptGroup>, StoreError> {
    conn.first(GROUP_BY_EXTERNAL, params![here, id], kept_group)
}

/// Whose external id this is among all groups of the organization.
///
/// # Errors
/// [`StoreError`].
pub fn external_id_of(conn: &mut Conn<'_>, here: OrgId, id: &str) -> Result<Option<GroupId>, StoreError> {
    conn.first(EXTERNAL_TAKEN, params![here, id], Row::next)
}

/// The groups somebody is in.
///
/// # Errors
/// [`StoreError`].
pub fn groups_with(conn: &mut Conn<'_>, here: OrgId, member: MemberId) -> Result<Vec<KeptGroup>, StoreError> {
    conn.all(GROUPS_WITH, params![here, member], kept_group)
}

/// Everybody in a group whom a directory keeps.
///
/// # Errors
/// [`StoreError`].
pub fn seats(conn: &mut Conn<'_>, here: OrgId, group: GroupId) -> Result<Vec<Seat>, StoreError> {
    conn.all(SEATS, params![here, group], |row| Ok(Seat { member: row.next()?, manager: row.next()? }))
}

/// The directory's groups that some people are in: one question for a page of them.
///
/// # Errors
/// [`StoreError`].
pub fn groups_of(
    conn: &mut Conn<'_>,
    here: OrgId,
    members: &[MemberId],
) -> Result<Vec<(MemberId, GroupId, String)>, StoreError> {
    let (mut found, [sql]) = (Vec::new(), statements());
    for values in in_steps(here, members) {
        found.extend(conn.all(&sql, &values, |row| Ok((row.next()?, row.next()?, row.next()?)))?);
    }
    Ok(found)
}

/// One request of a directory, and what came of it.
#[derive(Clone, Debug)]
pub struct ScimRequest {
    /// Where.
    pub organization: OrgId,
    /// Its id.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// The name of the token it came with.
    pub token_name: String,
    /// Its method.
    pub method: String,
    /// Its path below the organization, with what was asked for.
    pub path: String,
    /// The status it was answered with.
    pub status: u16,
    /// What was done, or why not.
    pub outcome: String,
}

/// A page of a directory's requests, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn requests(conn: &mut Conn<'_>, here: OrgId, page: &Page<EventId>) -> Result<Vec<ScimRequest>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::max, EventId::uuid);
    conn.all(REQUESTS, params![here, after, page.limit], |row| {
        Ok(ScimRequest {
            organization: row.next()?,
            id: row.next()?,
            at: row.next()?,
            token_name: row.next()?,
            method: row.next()?,
            path: row.next()?,
            status: u16::try_from(row.next::<u64>()?).unwrap_or_default(),
            outcome: row.next()?,
        })
    })
}
