//! SQLite through rusqlite: one writer that shares each fsync among all who wait, and a few
//! readers. Does not know what the statements mean.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, ToSql};

use super::{Counter, Dialect, Driver};
use crate::error::StoreError;
use crate::value::{Row, Value};

pub(crate) const DIALECT: Dialect = Dialect { id: "BLOB", text: "TEXT", bytes: "BLOB" };

pub(crate) struct Sqlite {
    connection: Connection,
    /// Which value each parameter of a statement takes, by the statement's text.
    orders: HashMap<String, Arc<[usize]>>,
    counter: Counter,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, writes: bool, counter: &Counter) -> Result<Self, StoreError> {
        if writes {
            // SQLite would make it readable for everybody; its journals take the file's mode.
            let made = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
            made.map_err(|error| StoreError::Unavailable(format!("the database file cannot be written: {error}")))?;
        }
        let access = if writes {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
        let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(fault)?;
        // Without this SQLite plans a statement anew whenever a parameter's value changes.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(fault)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).map_err(fault)?;
        connection.set_prepared_statement_cache_capacity(256);
        if writes {
            // Room for what a thousand people take, so that pages are not written and read again on the way; and a
            // journal of as much, so that pages that change again and again reach the file but once.
            connection
                .execute_batch(
                    "PRAGMA journal_mode = WAL; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000;",
                )
                .map_err(fault)?;
        }
        connection
            .execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")
            .map_err(fault)?;
        Ok(Self { connection, orders: HashMap::new(), counter: counter.clone() })
    }

    /// Whether a transaction is open. A full disk can end one behind our back.
    pub(crate) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// A statement with its values.
    fn bound(&mut self, sql: &str, params: &[Value]) -> Result<CachedStatement<'_>, StoreError> {
        self.counter.one();
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        let order = match self.orders.get(sql) {
            Some(known) => Arc::clone(known),
            None => {
                let order = order(&statement)?;
                self.orders.insert(sql.to_owned(), Arc::clone(&order));
                order
            }
        };
        for (index, place) in order.iter().enumerate() {
            let value = params.get(*place);
            let value = value.ok_or_else(|| StoreError::Bug(format!("statement parameter {place} has no value")))?;
            statement.raw_bind_parameter(index + 1, Bound(value)).map_err(fault)?;
        }
        Ok(statement)
    }
}

/// SQLite numbers `$n` by first appearance: the value for each is the one its name says. Asking for a name takes the
/// longer the more there are, so each statement is asked once.
fn order(statement: &CachedStatement<'_>) -> Result<Arc<[usize]>, StoreError> {
    let place = |index| {
        let number = statement.parameter_name(index)?.get(1..)?.parse::<usize>().ok()?;
        number.checked_sub(1)
    };
    let all: Option<_> = (1..=statement.parameter_count()).map(place).collect();
    all.ok_or_else(|| StoreError::Bug("a statement's parameter has no number".to_owned()))
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(n) => ValueRef::Integer(*n),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
            Value::Id(id) => ValueRef::Blob(id.as_bytes()),
        }))
    }
}

fn value(raw: ValueRef<'_>) -> Result<Value, StoreError> {
    Ok(match raw {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::Int(n),
        ValueRef::Text(text) => Value::Text(
            String::from_utf8(text.to_vec()).map_err(|_| StoreError::Corrupt("text is not UTF-8".to_owned()))?,
        ),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => return Err(StoreError::Corrupt("a number is not whole".to_owned())),
    })
}

fn fault(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::Conflict(error.to_string()),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Unavailable(format!("another program holds the database: {error}"))
        }
        Some(ErrorCode::DiskFull) => StoreError::Unavailable("the disk is full; free some space".to_owned()),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            StoreError::Unavailable(format!("the database file cannot be written: {error}"))
        }
        Some(ErrorCode::SystemIoFailure) => StoreError::Unavailable(format!("the disk failed: {error}")),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(error.to_string()),
        _ => StoreError::Bug(error.to_string()),
    }
}

impl Driver for Sqlite {
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.bound(sql, params)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut out = Vec::new();
        while let Some(row) = rows.next().map_err(fault)? {
            let mut values = Vec::with_capacity(columns);
            for column in 0..columns {
                values.push(value(row.get_ref(column).map_err(fault)?)?);
            }
            out.push(Row::new(values));
        }
        Ok(out)
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        self.bound(sql, params)?.raw_execute().map(|n| n as u64).map_err(fault)
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.counter.one();
        // A transaction's own words come with every piece of work: they are parsed once.
        match sql.contains(';') {
            true => self.connection.execute_batch(sql).map_err(fault),
            false => self.connection.prepare_cached(sql).and_then(|mut one| one.raw_execute()).map(drop).map_err(fault),
        }
    }

    fn prepare(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql).map(drop).map_err(fault)
    }

    fn hold(&mut self) -> Result<(), StoreError> {
        // Every read of ours stands in a transaction, which sees one snapshot.
        Ok(())
    }

    fn release(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn damage(&mut self) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        for mut row in self.query("PRAGMA quick_check", &[])? {
            found.push(row.next::<String>()?);
        }
        found.retain(|line| line != "ok");
        for mut row in self.query("PRAGMA foreign_key_check", &[])? {
            found.push(format!("a row of `{}` belongs to one that is missing", row.next::<String>()?));
        }
        Ok(found)
    }
}
