//! What can go wrong beneath the rules. Does not hold refusals: those are expected.

use std::fmt;

/// A fault of the store.
#[derive(Clone, Debug)]
pub enum StoreError {
    /// The database cannot be reached, read or written now; nothing was changed.
    Unavailable(String),
    /// Another process uses the database.
    Taken,
    /// More work waits than may wait.
    Busy,
    /// Another transaction came in between; the store runs the work again.
    Conflict(String),
    /// The database was written by a newer program than this one.
    TooNew {
        /// The database's schema version.
        found: u64,
        /// The newest this program knows.
        known: u64,
    },
    /// What is stored cannot be what was stored.
    Corrupt(String),
    /// The statement or its use is wrong: a mistake in this program.
    Bug(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "database unavailable: {why}"),
            Self::Taken => f.write_str("the database is in use by another guildhall"),
            Self::Busy => f.write_str("database queue is full"),
            Self::Conflict(why) => write!(f, "transaction conflict: {why}"),
            Self::TooNew { found, known } => {
                write!(f, "the database has schema {found}, this program knows {known}; run the newer program")
            }
            Self::Corrupt(why) => write!(f, "stored data is damaged: {why}"),
            Self::Bug(why) => write!(f, "database statement failed: {why}"),
        }
    }
}

impl std::error::Error for StoreError {}
