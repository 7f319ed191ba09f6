//! Rows of service accounts beside their memberships and identities.

use guildhall_domain::ids::{MemberId, OrgId};
use guildhall_domain::service_account::ServiceAccountChange;

use super::{At, gone, identity, member};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const CREATE: &str =
    "INSERT INTO service_accounts (organization_id, id, description, owner_id) VALUES ($1, $2, $3, $4)";
const EDIT: &str = "UPDATE service_accounts SET description = $3, owner_id = $4 WHERE organization_id = $1 AND id = $2";
const TOUCH: &str = "UPDATE memberships SET revision = $3 WHERE organization_id = $1 AND id = $2";
const FORGET_OWNER: &str = "UPDATE service_accounts SET owner_id = NULL WHERE organization_id = $1 AND owner_id = $2";

pub(crate) const STATEMENTS: &[&str] = &[CREATE, EDIT, TOUCH, FORGET_OWNER];

pub(super) fn changed(conn: &mut Conn<'_>, at: &At<'_>, change: &ServiceAccountChange) -> Result<(), StoreError> {
    let m = &change.account().member;
    match change {
        ServiceAccountChange::Created { account, identity } => {
            identity::created(conn, identity, None)?;
            member::inserted(conn, at, m)?;
            let (description, owner) = (&account.description, account.owner);
            conn.execute(CREATE, params![m.organization, m.id, description, owner]).map(drop)
        }
        ServiceAccountChange::Edited { description, owner, .. } => {
            conn.execute(EDIT, params![m.organization, m.id, description, *owner])?;
            conn.execute(TOUCH, params![m.organization, m.id, at.revision(m.organization)?]).map(drop)
        }
        ServiceAccountChange::Deleted { .. } => gone(conn, at, m),
    }
}

/// Nobody answers any more for what somebody who is gone owned; it goes on working.
pub(super) fn owner_gone(conn: &mut Conn<'_>, organization: OrgId, member: MemberId) -> Result<(), StoreError> {
    conn.execute(FORGET_OWNER, params![organization, member]).map(drop)
}
