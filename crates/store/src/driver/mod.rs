//! The engines. Everything that knows SQLite from PostgreSQL stands in this folder. Statements are
//! written once, in the dialect both understand, with `$1`-style parameters.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::StoreError;
use crate::value::{Row, Value};

/// Counts the statements of all connections of a store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter(Arc<AtomicU64>);

impl Counter {
    fn one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were.
    pub(crate) fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One connection, on the thread that owns it.
pub(crate) trait Driver {
    /// Runs a statement and reads its rows.
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError>;
    /// Runs a statement and counts the rows it touched.
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError>;
    /// Runs a script without parameters.
    fn script(&mut self, sql: &str) -> Result<(), StoreError>;
    /// Prepares a statement without running it.
    fn prepare(&mut self, sql: &str) -> Result<(), StoreError>;
    /// Keeps what is read from here on at one moment, where the engine does not do so by itself.
    fn hold(&mut self) -> Result<(), StoreError>;
    /// Ends [`Driver::hold`].
    fn release(&mut self) -> Result<(), StoreError>;
    /// What the engine finds damaged in its own files, as far as it can be asked; empty is good.
    fn damage(&mut self) -> Result<Vec<String>, StoreError>;
}

/// The words that differ between the engines' table definitions.
pub(crate) struct Dialect {
    /// 16-byte ids.
    pub(crate) id: &'static str,
    /// Text ordered by its bytes.
    pub(crate) text: &'static str,
    /// Bytes.
    pub(crate) bytes: &'static str,
}

impl Dialect {
    pub(crate) fn render(&self, ddl: &str) -> String {
        ddl.replace("{U}", self.id).replace("{T}", self.text).replace("{B}", self.bytes)
    }
}
