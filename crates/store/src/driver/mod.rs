//! The engines. Everything that knows SQLite from PostgreSQL stands in this folder. Statements are
//! written once, in the dialect both understand, with `$1`-style parameters.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use crate::error::StoreError;
use crate::value::{Row, Value};

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
