//! Memberships: one, those of a person, and the list with its filters.

use guildhall_domain::ids::{GroupId, MemberId, OrgId, UserId};
use guildhall_domain::member::{Member, MemberKind, Status, Surroundings};

use super::{Page, in_steps, room_for_ids};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::{Row, Value};

// INVARIANT: each condition on one status says `<> 'removed'` too. SQLite takes an index of those who are
// there only when the statement says so itself; it does not conclude it.
macro_rules! member_columns {
    () => {
        "id, organization_id, identity_id, kind, email, name, handle, role, status, origin, joined_at, created_at, created_by, last_active_at, sessions_from, managed, revision"
    };
}

pub(super) use member_columns;

const BY_ID: &str = concat!(
    "SELECT ",
    member_columns!(),
    " FROM memberships WHERE organization_id = $1 AND id = $2 AND status <> 'removed'"
);
const OF_IDENTITY_HERE: &str = concat!(
    "SELECT ",
    member_columns!(),
    " FROM memberships WHERE identity_id = $2 AND organization_id = $1 AND status <> 'removed'"
);
const BY_EMAIL: &str = concat!(
    "SELECT ",
    member_columns!(),
    " FROM memberships WHERE organization_id = $1 AND email_key = $2 AND status <> 'removed' ORDER BY (identity_id IS NULL), id LIMIT 1"
);
const OF_IDENTITY: &str = concat!(
    "SELECT ",
    member_columns!(),
    " FROM memberships WHERE identity_id = $1 AND status <> 'removed' ORDER BY organization_id"
);
const OTHER_TOP: &str = "SELECT 1 FROM memberships WHERE organization_id = $1 AND role = $2 AND status = 'active' AND status <> 'removed' AND kind = 'person' AND id <> $3 LIMIT 1";
const ACTIVE_ELSEWHERE: &str = "SELECT 1 FROM memberships m JOIN organizations o ON o.id = m.organization_id WHERE m.identity_id = $1 AND m.organization_id <> $2 AND m.status = 'active' AND m.status <> 'removed' AND o.deleted_at IS NULL LIMIT 1";
const PRESENT_ELSEWHERE: &str = "SELECT 1 FROM memberships m JOIN organizations o ON o.id = m.organization_id WHERE m.identity_id = $1 AND m.organization_id <> $2 AND m.status <> 'removed' AND m.status <> 'requested' AND o.deleted_at IS NULL LIMIT 1";
const TOP_HOLDERS: &str = "SELECT id FROM memberships WHERE organization_id = $1 AND role = $2 AND status = 'active' AND status <> 'removed' AND kind = 'person' LIMIT $3";
const WAITING: &str = concat!(
    "SELECT ",
    member_columns!(),
    " FROM memberships WHERE organization_id = $1 AND status = 'pending_approval' AND status <> 'removed' ORDER BY sort_key, id LIMIT $2"
);
const LIST: &str = concat!(
    "SELECT sort_key, ",
    member_columns!(),
    " FROM memberships WHERE organization_id = $1 AND status <> 'removed'"
);

/// The same from the places of a group on, for SQLite goes through everybody otherwise.
const LIST_OF_GROUP: &str = concat!(
    "SELECT sort_key, ",
    member_columns!(),
    " FROM (SELECT s.membership_id AS seated FROM group_members s WHERE s.organization_id = $1 AND s.group_id = $2) g \
     CROSS JOIN memberships WHERE organization_id = $1 AND id = seated AND status <> 'removed'"
);
/// Groups up to this size are sorted as a whole; of larger ones enough are met on the way through everybody.
const SORTED_WHOLE: u32 = 5_000;
const HOW_LARGE: &str =
    "SELECT COUNT(*) FROM (SELECT 1 FROM group_members s WHERE s.organization_id = $1 AND s.group_id = $2 LIMIT $3) g";

/// Every statement here, the list in each combination of its filters.
pub(crate) fn statements() -> Vec<String> {
    let mut all: Vec<String> = [
        BY_ID,
        OF_IDENTITY_HERE,
        BY_EMAIL,
        OF_IDENTITY,
        OTHER_TOP,
        ACTIVE_ELSEWHERE,
        PRESENT_ELSEWHERE,
        TOP_HOLDERS,
        WAITING,
        HOW_LARGE,
    ]
    .iter()
    .map(|s| (*s).to_owned())
    .chain([some_sql()])
    .collect();
    for bits in 0..64_u8 {
        let filter = Filter {
            query: (bits & 1 != 0).then(|| "x".to_owned()),
            status: (bits & 2 != 0).then_some(Status::Active),
            role: (bits & 4 != 0).then(|| "x".to_owned()),
            kind: (bits & 8 != 0).then_some(MemberKind::Person),
            group: (bits & 32 != 0).then(|| GroupId::new(uuid::Uuid::nil())),
        };
        let after = (bits & 16 != 0).then(|| (String::new(), MemberId::new(uuid::Uuid::nil())));
        let page = Page { after, limit: 1 };
        for from_group in [false, true] {
            all.push(compose(OrgId::new(uuid::Uuid::nil()), &filter, from_group, &page).0);
        }
    }
    all
}

pub(super) fn member(row: &mut Row) -> Result<Member, StoreError> {
    Ok(Member {
        id: row.next()?,
        organization: row.next()?,
        user: row.next()?,
        kind: row.next()?,
        email: row.next()?,
        name: row.next()?,
        handle: row.next()?,
        role: row.next()?,
        status: row.next()?,
        origin: row.next()?,
        joined_at: row.next()?,
        created_at: row.next()?,
        created_by: row.next()?,
        last_active_at: row.next()?,
        sessions_from: row.next()?,
        managed: row.next()?,
        revision: row.next()?,
    })
}

/// One membership, removed ones not.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &mut Conn<'_>, organization: OrgId, id: MemberId) -> Result<Option<Member>, StoreError> {
    conn.first(BY_ID, params![organization, id], member)
}

/// Somebody's membership here.
///
/// # Errors
/// [`StoreError`].
pub fn of_identity_here(conn: &mut Conn<'_>, organization: OrgId, user: UserId) -> Result<Option<Member>, StoreError> {
    conn.first(OF_IDENTITY_HERE, params![organization, user], member)
}

/// The membership (or waiting invitation) of an address here, by the address's key.
///
/// # Errors
/// [`StoreError`].
pub fn by_email(conn: &mut Conn<'_>, organization: OrgId, email_key: &str) -> Result<Option<Member>, StoreError> {
    conn.first(BY_EMAIL, params![organization, email_key], member)
}

/// Every present membership of somebody.
///
/// # Errors
/// [`StoreError`].
pub fn of_identity(conn: &mut Conn<'_>, user: UserId) -> Result<Vec<Member>, StoreError> {
    conn.all(OF_IDENTITY, params![user], member)
}

/// What a decision about `target` needs to know beside it.
///
/// # Errors
/// [`StoreError`].
pub fn surroundings(conn: &mut Conn<'_>, target: &Member, top_role: &str) -> Result<Surroundings, StoreError> {
    let other_top_holder = conn.exists(OTHER_TOP, params![target.organization, top_role, target.id])?;
    let active_elsewhere = match target.user {
        Some(user) => conn.exists(ACTIVE_ELSEWHERE, params![user, target.organization])?,
        None => false,
    };
    Ok(Surroundings { other_top_holder, active_elsewhere })
}

/// Whether somebody has come into any other organization and is still there. Having asked does not count.
///
/// # Errors
/// [`StoreError`].
pub fn present_elsewhere(conn: &mut Conn<'_>, user: UserId, organization: OrgId) -> Result<bool, StoreError> {
    conn.exists(PRESENT_ELSEWHERE, params![user, organization])
}

/// Active people who hold the top role, `enough` of them at most.
///
/// # Errors
/// [`StoreError`].
pub fn top_holders(
    conn: &mut Conn<'_>,
    organization: OrgId,
    top_role: &str,
    enough: u32,
) -> Result<Vec<MemberId>, StoreError> {
    conn.all(TOP_HOLDERS, params![organization, top_role, enough], Row::next)
}

fn some_sql() -> String {
    concat!("SELECT ", member_columns!(), " FROM memberships WHERE organization_id = $1 AND id IN (?)")
        .replace('?', &room_for_ids())
}

/// Some memberships by their ids, removed ones too: for the names behind ids. In no order.
///
/// # Errors
/// [`StoreError`].
pub fn some(conn: &mut Conn<'_>, organization: OrgId, ids: &[MemberId]) -> Result<Vec<Member>, StoreError> {
    let mut found = Vec::new();
    for values in in_steps(organization, ids) {
        found.extend(conn.all(&some_sql(), &values, member)?);
    }
    Ok(found)
}

/// People who wait for approval.
///
/// # Errors
/// [`StoreError`].
pub fn waiting(conn: &mut Conn<'_>, organization: OrgId, limit: u32) -> Result<Vec<Member>, StoreError> {
    conn.all(WAITING, params![organization, limit], member)
}

/// Which members a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of a name, address or handle, folded.
    pub query: Option<String>,
    /// Only of this status.
    pub status: Option<Status>,
    /// Only with this role.
    pub role: Option<String>,
    /// Only people, or only service accounts.
    pub kind: Option<MemberKind>,
    /// Only in this group.
    pub group: Option<GroupId>,
}

/// Where a page of members ended: sort key and id.
pub type After = (String, MemberId);

fn compose(organization: OrgId, filter: &Filter, from_group: bool, page: &Page<After>) -> (String, Vec<Value>) {
    let mut values = vec![Value::from(organization)];
    let driving = filter.group.filter(|_| from_group);
    values.extend(driving.map(Value::from));
    let mut sql = if driving.is_some() { LIST_OF_GROUP } else { LIST }.to_owned();
    let mut narrow = |condition: &str, value: Value, values: &mut Vec<Value>| {
        values.push(value);
        sql.push_str(" AND ");
        sql.push_str(&condition.replace('?', &format!("${}", values.len())));
    };
    if let Some(status) = filter.status {
        narrow("status = ?", status.into(), &mut values);
    }
    if let Some(role) = &filter.role {
        narrow("role = ?", role.into(), &mut values);
    }
    if let Some(kind) = filter.kind {
        narrow("kind = ?", kind.into(), &mut values);
    }
    if let Some(group) = filter.group.filter(|_| !from_group) {
        let seated =
            "id IN (SELECT s.membership_id FROM group_members s WHERE s.organization_id = $1 AND s.group_id = ?)";
        narrow(seated, group.into(), &mut values);
    }
    if let Some(query) = &filter.query {
        let escaped = query.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        narrow("search_key LIKE ? ESCAPE '\\'", format!("%{escaped}%").into(), &mut values);
    }
    if let Some((key, id)) = &page.after {
        values.push(key.into());
        values.push((*id).into());
        sql.push_str(&format!(" AND (sort_key, id) > (${}, ${})", values.len() - 1, values.len()));
    }
    values.push(page.limit.into());
    sql.push_str(&format!(" ORDER BY sort_key, id LIMIT ${}", values.len()));
    (sql, values)
}

/// A page of members in the order of their names, each with the place to go on from.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    conn: &mut Conn<'_>,
    organization: OrgId,
    filter: &Filter,
    page: &Page<After>,
) -> Result<Vec<(After, Member)>, StoreError> {
    let from_group = match filter.group {
        Some(group) => {
            let bounded = [organization.into(), group.into(), (SORTED_WHOLE + 1).into()];
            conn.first(HOW_LARGE, &bounded, |row| row.next::<u64>())?
                .is_some_and(|many| many <= u64::from(SORTED_WHOLE))
        }
        None => false,
    };
    let (sql, values) = compose(organization, filter, from_group, page);
    conn.all(&sql, &values, |row| {
        let key: String = row.next()?;
        let one = member(row)?;
        Ok(((key, one.id), one))
    })
}
