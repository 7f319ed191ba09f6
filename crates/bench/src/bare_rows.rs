//! The rows that came into a database of the product, written once more without it: bare inserts into a copy made
//! before, its indexes and its audit trail among them.

use std::path::Path;
use std::time::Instant;

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use crate::Outcome;

/// Rows in one transaction.
const ROWS: usize = 10_000;

/// What [`Before::inserted`] measures, as a reference.
pub(crate) const AGAINST: &str = "bare inserts of the same rows, 10,000 a transaction";

fn wrong(error: rusqlite::Error) -> String {
    format!("the bare inserts: {error}")
}

/// A database as it was.
pub(crate) struct Before {
    copy: String,
    source: Connection,
}

/// How many rows came, and how long they took bare.
pub(crate) struct Inserted {
    pub(crate) rows: f64,
    pub(crate) seconds: f64,
}

impl Before {
    /// Copies a database.
    pub(crate) fn of(file: &Path) -> Outcome<Self> {
        let copy = file.with_extension("before").to_string_lossy().into_owned();
        let source = Connection::open(file).map_err(wrong)?;
        source.execute("VACUUM INTO ?1", params![copy]).map_err(wrong)?;
        Ok(Self { copy, source })
    }

    /// Writes the rows that came since into the copy; `tables` names those first that others refer to.
    pub(crate) fn inserted(self, tables: &[&str]) -> Outcome<Inserted> {
        self.source.execute("ATTACH ?1 AS before", params![self.copy]).map_err(wrong)?;
        let came: Vec<_> =
            tables.iter().map(|table| Ok((*table, came(&self.source, table)?))).collect::<Outcome<Vec<_>>>()?;
        drop(self.source);
        #[allow(clippy::cast_precision_loss, reason = "some hundred thousand")]
        let rows = came.iter().map(|(_, rows)| rows.len()).sum::<usize>() as f64;
        Ok(Inserted { rows, seconds: insert(&self.copy, &came)? })
    }
}

/// Rows of a table that came since the copy was made.
fn came(connection: &Connection, table: &str) -> Outcome<Vec<Vec<Value>>> {
    let sql = format!("SELECT * FROM {table} EXCEPT SELECT * FROM before.{table}");
    let mut statement = connection.prepare(&sql).map_err(wrong)?;
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect()).map_err(wrong)?;
    rows.collect::<rusqlite::Result<_>>().map_err(wrong)
}

/// Seconds that the bare inserts take.
fn insert(copy: &str, all: &[(&str, Vec<Vec<Value>>)]) -> Outcome<f64> {
    let mut target = Connection::open(copy).map_err(wrong)?;
    target
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
        .map_err(wrong)?;
    let begun = Instant::now();
    for (table, rows) in all {
        for some in rows.chunks(ROWS) {
            let room = vec!["?"; some.first().map_or(0, Vec::len)].join(",");
            let tx = target.transaction().map_err(wrong)?;
            // A row that only changed is among those that came, as a last activity that was put down meanwhile.
            let mut insert = tx.prepare(&format!("INSERT OR IGNORE INTO {table} VALUES ({room})")).map_err(wrong)?;
            for row in some {
                insert.execute(params_from_iter(row)).map_err(wrong)?;
            }
            drop(insert);
            tx.commit().map_err(wrong)?;
        }
    }
    Ok(begun.elapsed().as_secs_f64())
}
