//! The database itself: its schema and its soundness. Does not mend anything.

use crate::conn::Conn;
use crate::error::StoreError;
use crate::migrate;

/// The newest schema this program knows.
pub const KNOWN: u64 = migrate::KNOWN;

/// The schema the database has; `None` where nothing of ours is in it.
///
/// # Errors
/// [`StoreError`].
pub fn version(conn: &mut Conn<'_>) -> Result<Option<u64>, StoreError> {
    migrate::version(conn.driver)
}

/// What is damaged, a sentence each; empty when nothing is.
///
/// # Errors
/// [`StoreError`].
pub fn damage(conn: &mut Conn<'_>) -> Result<Vec<String>, StoreError> {
    conn.driver.damage()
}
