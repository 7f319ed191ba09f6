//! PostgreSQL through its blocking client, one connection a thread. Does not know what the
//! statements mean.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

pub(crate) use ::postgres::Config;
use ::postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use ::postgres::{Client, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Counter, Dialect, Driver};
use crate::error::StoreError;
use crate::value::{Row, Value};

pub(crate) const DIALECT: Dialect = Dialect { id: "UUID", text: "TEXT COLLATE \"C\"", bytes: "BYTEA" };

/// Reads a connection's address, with what holds for every connection of ours.
pub(crate) fn config(url: &str) -> Result<Config, StoreError> {
    let mut config: Config =
        url.parse().map_err(|_| StoreError::Unavailable("the address of PostgreSQL cannot be read".to_owned()))?;
    config.connect_timeout(Duration::from_secs(5)).application_name("guildhall");
    Ok(config)
}

pub(crate) struct Postgres {
    client: Client,
    prepared: HashMap<String, Statement>,
    counter: Counter,
}

impl Postgres {
    pub(crate) fn open(config: &Config, counter: &Counter) -> Result<Self, StoreError> {
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| StoreError::Bug(format!("TLS: {e}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut client = config.connect(MakeRustlsConnect::new(tls)).map_err(|e| fault(&e))?;
        client
            .batch_execute("SET client_min_messages = warning; SET default_transaction_isolation = 'read committed'; SET idle_in_transaction_session_timeout = '60s'; SET lock_timeout = '20s'")
            .map_err(|e| fault(&e))?;
        Ok(Self { client, prepared: HashMap::new(), counter: counter.clone() })
    }

    /// Whether the connection is lost.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn statement(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(known) = self.prepared.get(sql) {
            return Ok(known.clone());
        }
        let made = self.client.prepare(sql).map_err(|e| fault(&e))?;
        self.prepared.insert(sql.to_owned(), made.clone());
        Ok(made)
    }
}

/// The lock that says that a process is alone with its database (or its schema of it), held by a
/// connection of its own.
pub(crate) struct Guard(Client);

const LOCK: &str = "SELECT pg_try_advisory_lock(7310578, hashtext(current_schema()))";
/// How often a quiet lock's connection is asked whether it lives.
const PULSE: Duration = Duration::from_millis(200);

impl Guard {
    /// Takes the lock; `None` while another process holds it.
    pub(crate) fn take(config: &Config) -> Result<Option<Self>, StoreError> {
        let mut config = config.clone();
        config.tcp_user_timeout(Duration::from_secs(2)).keepalives_idle(Duration::from_secs(1));
        let mut client = Postgres::open(&config, &Counter::default())?.client;
        let taken = client.query_one(LOCK, &[]).and_then(|row| row.try_get::<_, bool>(0)).map_err(|e| fault(&e))?;
        Ok(taken.then_some(Self(client)))
    }

    /// Watches for a while whether the connection stands; it is noticed at once when it breaks.
    pub(crate) fn holds(&mut self) -> bool {
        use ::postgres::fallible_iterator::FallibleIterator;
        while let Some(_heard) = match self.0.notifications().timeout_iter(PULSE).next() {
            Ok(heard) => heard,
            Err(_) => return false,
        } {}
        !self.0.is_closed() && self.0.simple_query("SELECT 1").is_ok()
    }
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut bytes::BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(n) if *ty == Type::INT4 => i32::try_from(*n)?.to_sql(ty, out),
            Self::Int(n) => n.to_sql(ty, out),
            // PostgreSQL keeps no NUL in texts. Names never hold one; what is only looked for finds nothing.
            Self::Text(text) if text.contains('\0') => text.replace('\0', "\u{fffd}").to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Bytes(bytes) => bytes.to_sql(ty, out),
            Self::Id(id) => id.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn value(row: &::postgres::Row, column: usize, ty: &Type) -> Result<Value, StoreError> {
    let read = match *ty {
        Type::INT8 => row.try_get::<_, Option<i64>>(column).map(|v| v.map_or(Value::Null, Value::Int)),
        Type::INT4 => {
            row.try_get::<_, Option<i32>>(column).map(|v| v.map_or(Value::Null, |n| Value::Int(i64::from(n))))
        }
        Type::TEXT | Type::VARCHAR => {
            row.try_get::<_, Option<String>>(column).map(|v| v.map_or(Value::Null, Value::Text))
        }
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(column).map(|v| v.map_or(Value::Null, Value::Bytes)),
        Type::UUID => row.try_get::<_, Option<uuid::Uuid>>(column).map(|v| v.map_or(Value::Null, Value::Id)),
        _ => return Err(StoreError::Bug(format!("a column has the type `{ty}`, which this program does not use"))),
    };
    read.map_err(|e| fault(&e))
}

fn fault(error: &::postgres::Error) -> StoreError {
    let Some(db) = error.as_db_error() else {
        return if error.is_closed()
            || error.to_string().contains("connecting")
            || error.source().is_some_and(|s| s.is::<std::io::Error>())
        {
            let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            StoreError::Unavailable(format!("PostgreSQL cannot be reached: {cause}"))
        } else {
            StoreError::Bug(error.to_string())
        };
    };
    let code = db.code().code();
    let text = format!("{} ({code})", db.message());
    match code {
        // unique violation, serialization failure, deadlock: the work is run again on fresh facts
        "23505" | "40001" | "40P01" => StoreError::Conflict(text),
        // lock timeout, connection and resource classes, shutting down, read-only
        "55P03" | "25006" => StoreError::Unavailable(text),
        _ if ["08", "53", "57", "58", "28", "3D"].iter().any(|class| code.starts_with(class)) => {
            StoreError::Unavailable(text)
        }
        _ => StoreError::Bug(text),
    }
}

impl Driver for Postgres {
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.counter.one();
        let statement = self.statement(sql)?;
        let bound: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as &(dyn ToSql + Sync)).collect();
        let rows = self.client.query(&statement, &bound).map_err(|e| fault(&e))?;
        rows.iter()
            .map(|row| {
                let values = row.columns().iter().enumerate().map(|(at, column)| value(row, at, column.type_()));
                values.collect::<Result<Vec<_>, _>>().map(Row::new)
            })
            .collect()
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        self.counter.one();
        let statement = self.statement(sql)?;
        let bound: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as &(dyn ToSql + Sync)).collect();
        self.client.execute(&statement, &bound).map_err(|e| fault(&e))
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.counter.one();
        self.client.batch_execute(sql).map_err(|e| fault(&e))
    }

    fn prepare(&mut self, sql: &str) -> Result<(), StoreError> {
        self.statement(sql).map(drop)
    }

    fn hold(&mut self) -> Result<(), StoreError> {
        self.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    fn release(&mut self) -> Result<(), StoreError> {
        self.script("ROLLBACK")
    }

    fn damage(&mut self) -> Result<Vec<String>, StoreError> {
        // The server looks after its own files; that it answers is what can be asked from here.
        self.script("SELECT 1").map(|()| Vec::new())
    }
}
