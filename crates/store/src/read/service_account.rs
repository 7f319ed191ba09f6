//! Service accounts: one, and the list. Their memberships are read as everybody's are.

use guildhall_domain::ids::{MemberId, OrgId, ServiceAccountId};
use guildhall_domain::member::Member;
use guildhall_domain::service_account::ServiceAccount;

use super::{Page, member};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

const BY_ID: &str = "SELECT id, description, owner_id FROM service_accounts WHERE organization_id = $1 AND id = $2";
const LIST: &str = "SELECT s.id, s.description, s.owner_id FROM service_accounts s JOIN memberships m ON m.organization_id = s.organization_id AND m.id = s.id WHERE s.organization_id = $1 AND s.id < $2 AND m.status <> 'removed' ORDER BY s.id DESC LIMIT $3";

const OWNED: &str = "SELECT s.id, s.description, s.owner_id FROM service_accounts s JOIN memberships m ON m.organization_id = s.organization_id AND m.id = s.id WHERE s.organization_id = $1 AND s.owner_id = $2 AND m.status <> 'removed' ORDER BY s.id";

pub(crate) const STATEMENTS: &[&str] = &[BY_ID, LIST, OWNED];

/// What is kept beside the membership: its id, the description, the owner.
type Beside = (MemberId, String, Option<MemberId>);

fn beside(row: &mut Row) -> Result<Beside, StoreError> {
    Ok((row.next()?, row.next()?, row.next()?))
}

fn with(member: Member, (_, description, owner): Beside) -> ServiceAccount {
    ServiceAccount { member, description, owner }
}

/// One service account.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(
    conn: &mut Conn<'_>,
    organization: OrgId,
    id: ServiceAccountId,
) -> Result<Option<ServiceAccount>, StoreError> {
    let Some(found) = conn.first(BY_ID, params![organization, id], beside)? else { return Ok(None) };
    Ok(member::by_id(conn, organization, found.0)?.map(|member| with(member, found)))
}

/// A page of service accounts, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    conn: &mut Conn<'_>,
    organization: OrgId,
    page: &Page<ServiceAccountId>,
) -> Result<Vec<ServiceAccount>, StoreError> {
    let after = page.after.map_or_else(uuid::Uuid::max, ServiceAccountId::uuid);
    let found = conn.all(LIST, params![organization, after, page.limit], beside)?;
    whole(conn, organization, found)
}

/// The service accounts that a member answers for.
///
/// # Errors
/// [`StoreError`].
pub fn owned_by(conn: &mut Conn<'_>, organization: OrgId, owner: MemberId) -> Result<Vec<ServiceAccount>, StoreError> {
    let found = conn.all(OWNED, params![organization, owner], beside)?;
    whole(conn, organization, found)
}

fn whole(conn: &mut Conn<'_>, organization: OrgId, found: Vec<Beside>) -> Result<Vec<ServiceAccount>, StoreError> {
    let ids: Vec<MemberId> = found.iter().map(|(id, ..)| *id).collect();
    let members = member::some(conn, organization, &ids)?;
    let of = |one: Beside| members.iter().find(|m| m.id == one.0).cloned().map(|member| with(member, one));
    Ok(found.into_iter().filter_map(of).collect())
}
