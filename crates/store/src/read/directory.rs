//! The people of an organization as they are looked up, to be kept in memory. Does not search.

use guildhall_domain::directory::{Directory, Entry, Facet};
use guildhall_domain::ids::{MemberId, OrgId, UserId};
use guildhall_domain::member::{MemberKind, Status};

use super::{in_steps, room_for_ids};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! entries {
    ($condition:literal) => {
        concat!(
            "SELECT id, sort_key, search_key, kind, role, status FROM memberships WHERE organization_id = $1 AND ",
            $condition
        )
    };
}

const ALL: &str = entries!("status <> 'removed'");
const OF_IDENTITY: &str = "SELECT id FROM memberships WHERE organization_id = $1 AND identity_id = $2";

pub(crate) fn statements() -> [String; 3] {
    [ALL.to_owned(), OF_IDENTITY.to_owned(), some_sql()]
}

fn some_sql() -> String {
    entries!("id IN (?)").replace('?', &room_for_ids())
}

type Read = (MemberId, String, String, MemberKind, String, Status);

fn read(row: &mut Row) -> Result<Read, StoreError> {
    Ok((row.next()?, row.next()?, row.next()?, row.next()?, row.next()?, row.next()?))
}

fn entry(directory: &mut Directory, (id, sort_key, search_key, kind, role, status): Read) -> Entry {
    let facets = vec![Facet::Status(status), Facet::Kind(kind), directory.role(&role)];
    Entry { id, sort_key: sort_key.into(), search_key: search_key.into(), facets }
}

/// Everybody who is listed.
///
/// # Errors
/// [`StoreError`].
pub fn whole(conn: &mut Conn<'_>, organization: OrgId) -> Result<Directory, StoreError> {
    let mut directory = Directory::default();
    let rows = conn.all(ALL, params![organization], read)?;
    let entries = rows.into_iter().map(|row| entry(&mut directory, row)).collect();
    directory.fill(entries);
    Ok(directory)
}

/// Puts these members as they are now into the directory, and takes those out that are listed no more.
///
/// # Errors
/// [`StoreError`].
pub fn renew(
    conn: &mut Conn<'_>,
    organization: OrgId,
    members: &[MemberId],
    directory: &mut Directory,
) -> Result<(), StoreError> {
    members.iter().for_each(|id| directory.remove(*id));
    for values in in_steps(organization, members) {
        for row in conn.all(&some_sql(), &values, read)? {
            if row.5 != Status::Removed {
                let entry = entry(directory, row);
                directory.put(entry);
            }
        }
    }
    Ok(())
}

/// Every membership somebody has or had.
///
/// # Errors
/// [`StoreError`].
pub fn of_identity(conn: &mut Conn<'_>, organization: OrgId, user: UserId) -> Result<Vec<MemberId>, StoreError> {
    conn.all(OF_IDENTITY, params![organization, user], Row::next)
}
