//! Mail that waits.

use guildhall_domain::ids::{InvitationId, MailId, OrgId};
use guildhall_domain::time::Timestamp;

use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const DUE: &str = "SELECT id, organization_id, invitation_id, kind, recipient, sealed, attempts FROM outbox WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2";
const WAITING: &str = "SELECT COUNT(*) FROM outbox WHERE next_at IS NOT NULL";
const FAILED: &str = "SELECT COUNT(*) FROM outbox WHERE state = 'failed'";
const LAST_TROUBLE: &str =
    "SELECT detail FROM outbox WHERE detail IS NOT NULL AND state <> 'sent' ORDER BY id DESC LIMIT 1";
const IDEMPOTENT: &str = "SELECT body, sealed FROM idempotency WHERE key = $1 AND created_at > $2";

pub(crate) const STATEMENTS: &[&str] = &[DUE, WAITING, FAILED, LAST_TROUBLE, IDEMPOTENT];

/// One waiting message.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Its id.
    pub id: MailId,
    /// The organization it is about.
    pub organization: Option<OrgId>,
    /// The invitation it carries.
    pub invitation: Option<InvitationId>,
    /// Which letter it is.
    pub kind: String,
    /// To whom.
    pub to: String,
    /// The message, unreadable without the instance key.
    pub sealed: Vec<u8>,
    /// How often it was tried.
    pub attempts: u64,
}

/// Messages that are due, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn due(conn: &mut Conn<'_>, now: Timestamp, limit: u32) -> Result<Vec<Mail>, StoreError> {
    conn.all(DUE, params![now, limit], |row| {
        Ok(Mail {
            id: row.next()?,
            organization: row.next()?,
            invitation: row.next()?,
            kind: row.next()?,
            to: row.next()?,
            sealed: row.next()?,
            attempts: row.next()?,
        })
    })
}

/// How many messages wait.
///
/// # Errors
/// [`StoreError`].
pub fn waiting(conn: &mut Conn<'_>) -> Result<u64, StoreError> {
    Ok(conn.first(WAITING, &[], |row| row.next())?.unwrap_or(0))
}

/// How many messages were given up, among those whose record is still kept.
///
/// # Errors
/// [`StoreError`].
pub fn failed(conn: &mut Conn<'_>) -> Result<u64, StoreError> {
    Ok(conn.first(FAILED, &[], |row| row.next())?.unwrap_or(0))
}

/// What was said of the newest message that waits after a try or was given up.
///
/// # Errors
/// [`StoreError`].
pub fn last_trouble(conn: &mut Conn<'_>) -> Result<Option<String>, StoreError> {
    conn.first(LAST_TROUBLE, &[], |row| row.next())
}

/// Hash of the body that was answered, and the sealed answer.
pub type KeptAnswer = (Vec<u8>, Vec<u8>);

/// The stored answer of an idempotency key made after `since`.
///
/// # Errors
/// [`StoreError`].
pub fn idempotent(conn: &mut Conn<'_>, key: &[u8; 32], since: Timestamp) -> Result<Option<KeptAnswer>, StoreError> {
    conn.first(IDEMPOTENT, params![*key, since], |row| Ok((row.next()?, row.next()?)))
}
