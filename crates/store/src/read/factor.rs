//! Second factors, backup codes, and what an organization asks of them.

use guildhall_domain::factor::Factor;
use guildhall_domain::ids::{FactorId, OrgId, UserId};
use guildhall_domain::member::Member;
use guildhall_domain::policy::{FactorsRequired, Policy};
use guildhall_domain::proof::{Lengths, Past};

use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::value::Row;

macro_rules! columns {
    () => {
        "id, identity_id, kind, name, confirmed_at, count, created_at, last_used_at"
    };
}

const OF_IDENTITY: &str = concat!("SELECT ", columns!(), " FROM factors WHERE identity_id = $1 ORDER BY id");
const SEALED: &str = "SELECT sealed FROM factors WHERE id = $1";
const BY_CREDENTIAL: &str = concat!("SELECT ", columns!(), " FROM factors WHERE credential = $1");
const CREDENTIALS: &str = "SELECT credential FROM factors WHERE identity_id = $1 AND credential IS NOT NULL";
const CODE: &str = "SELECT 1 FROM backup_codes WHERE identity_id = $1 AND hash = $2";
const CODES_LEFT: &str = "SELECT COUNT(*) FROM backup_codes WHERE identity_id = $1";
const ASKED_SINCE: &str = "SELECT COALESCE(factors_from, created_at) FROM organizations WHERE id = $1";
const LENGTHS: &str = "SELECT until, idle_s, absolute_s FROM session_lengths WHERE organization_id = $1 ORDER BY until";
const WITHOUT: &str = "SELECT m.id FROM memberships m WHERE m.organization_id = $1 AND m.status = 'active' AND m.identity_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM factors f WHERE f.identity_id = m.identity_id AND f.confirmed_at IS NOT NULL) ORDER BY m.id";

pub(crate) const STATEMENTS: &[&str] =
    &[OF_IDENTITY, SEALED, BY_CREDENTIAL, CREDENTIALS, CODE, CODES_LEFT, ASKED_SINCE, LENGTHS, WITHOUT];

fn factor(row: &mut Row) -> Result<Factor, StoreError> {
    Ok(Factor {
        id: row.next()?,
        user: row.next()?,
        kind: row.next()?,
        name: row.next()?,
        confirmed_at: row.next()?,
        count: row.next()?,
        created_at: row.next()?,
        last_used_at: row.next()?,
    })
}

/// Everything somebody has or has begun to set up, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn of_identity(conn: &mut Conn<'_>, user: UserId) -> Result<Vec<Factor>, StoreError> {
    conn.all(OF_IDENTITY, params![user], factor)
}

/// What is kept, sealed, of a factor: the app's secret or the passkey's public key.
///
/// # Errors
/// [`StoreError`].
pub fn sealed(conn: &mut Conn<'_>, id: FactorId) -> Result<Option<Vec<u8>>, StoreError> {
    conn.first(SEALED, params![id], |row| row.next())
}

/// The passkey of a credential id.
///
/// # Errors
/// [`StoreError`].
pub fn by_credential(conn: &mut Conn<'_>, credential: &[u8]) -> Result<Option<Factor>, StoreError> {
    conn.first(BY_CREDENTIAL, params![credential.to_vec()], factor)
}

/// The credential ids of somebody's passkeys.
///
/// # Errors
/// [`StoreError`].
pub fn credentials(conn: &mut Conn<'_>, user: UserId) -> Result<Vec<Vec<u8>>, StoreError> {
    conn.all(CREDENTIALS, params![user], |row| row.next())
}

/// Whether it is the hash of an unused backup code.
///
/// # Errors
/// [`StoreError`].
pub fn is_code(conn: &mut Conn<'_>, user: UserId, hash: &[u8; 32]) -> Result<bool, StoreError> {
    conn.exists(CODE, params![user, *hash])
}

/// How many backup codes somebody has left.
///
/// # Errors
/// [`StoreError`].
pub fn codes_left(conn: &mut Conn<'_>, user: UserId) -> Result<u64, StoreError> {
    Ok(conn.first(CODES_LEFT, params![user], |row| row.next())?.unwrap_or(0))
}

/// What an organization asked of sessions before, as far as its policy makes that count.
///
/// # Errors
/// [`StoreError`].
pub fn past(conn: &mut Conn<'_>, organization: OrgId, policy: &Policy) -> Result<Past, StoreError> {
    let factors_since = match policy.mfa_required {
        FactorsRequired::Off => None,
        _ => conn.first(ASKED_SINCE, params![organization], |row| row.next())?,
    };
    let read = |row: &mut Row| Ok((row.next()?, Lengths { idle_s: row.next()?, absolute_s: row.next()? }));
    let lengths = match policy.session_new_only {
        true => conn.all(LENGTHS, params![organization], read)?,
        false => Vec::new(),
    };
    Ok(Past { factors_since: factors_since.unwrap_or_default(), lengths })
}

/// The active people of an organization who have no second factor.
///
/// # Errors
/// [`StoreError`].
pub fn people_without(conn: &mut Conn<'_>, organization: OrgId) -> Result<Vec<Member>, StoreError> {
    let ids = conn.all(WITHOUT, params![organization], |row| row.next())?;
    let mut people = Vec::with_capacity(ids.len());
    for id in ids {
        people.extend(super::member::by_id(conn, organization, id)?);
    }
    Ok(people)
}
