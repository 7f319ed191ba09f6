//! The seam to SQLite and PostgreSQL: migrations, reads, and the ONE write path. Work comes in as
//! closures and runs on the threads that own the connections; nothing here decides what is
//! allowed.

mod alone;
mod apply;
pub mod ceremony;
mod conn;
mod consequence;
mod driver;
mod error;
mod follow;
mod found;
mod glance;
mod migrate;
mod pool;
pub mod read;
pub mod stream;
mod tx;
mod usage;
pub mod value;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use guildhall_domain::refusal::Refusal;
use guildhall_domain::time::Timestamp;
use tokio::sync::oneshot;

use alone::Alone;
pub use conn::Conn;
use driver::Counter;
pub use error::StoreError;
pub use follow::{Commit, Follower};
use found::{Found, Reading, Writing};
use glance::Glances;
use pool::{Pool, Verdict, WriteJob};
pub use tx::{Author, INSTANCE_TRAIL, IdSource, Tx};

/// Which database.
#[derive(Clone, Debug)]
pub enum Database {
    /// One file, one process.
    Sqlite {
        /// The file; made when missing.
        path: PathBuf,
    },
    /// A server, one process at a time.
    Postgres {
        /// `postgres://user:password@host/database`.
        url: String,
        /// Connections this process holds.
        connections: usize,
    },
}

/// Why a write ended without its answer.
#[derive(Clone, Debug)]
pub enum Stop {
    /// An expected no; nothing was changed.
    Refused(Refusal),
    /// The store failed; nothing was changed, unless the commit itself was cut off.
    Failed(StoreError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<guildhall_domain::refusal::Code> for Stop {
    fn from(code: guildhall_domain::refusal::Code) -> Self {
        Self::Refused(code.into())
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// What to do with a transaction's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Commit it.
    Commit,
    /// Commit it when a change was applied: a write that finds nothing to do leaves no trace.
    Changes,
    /// Undo it: the caller only wanted to know.
    Discard,
}

/// Looks at a database without changing it: nothing is made and no schema is raised. Blocks.
///
/// # Errors
/// What the work returns, or why the database cannot be opened.
pub fn examine<T>(
    database: &Database,
    work: impl FnOnce(&mut Conn<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    match database {
        Database::Sqlite { path } => {
            work(&mut Conn::reading(&mut driver::sqlite::Sqlite::open(path, false, &Counter::default())?))
        }
        Database::Postgres { url, .. } => {
            let config = driver::postgres::config(url)?;
            work(&mut Conn::reading(&mut driver::postgres::Postgres::open(&config, &Counter::default())?))
        }
    }
}

/// The database, shared by all who use it.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    glances: Option<Arc<Glances>>,
    ids: Arc<dyn IdSource>,
    troubled: Arc<AtomicBool>,
    alone: Arc<Alone>,
    counter: Counter,
    engine: &'static str,
}

impl Store {
    /// Opens a database and brings it to this program's schema. Blocks; call it before serving.
    ///
    /// # Errors
    /// [`StoreError`] with what to mend.
    pub fn open(database: &Database, ids: Arc<dyn IdSource>) -> Result<Self, StoreError> {
        let counter = Counter::default();
        let (pool, glances, alone, engine) = match database {
            Database::Sqlite { path } => {
                let mut first = driver::sqlite::Sqlite::open(path, true, &counter)?;
                migrate::migrate(&mut first, &driver::sqlite::DIALECT, "BEGIN IMMEDIATE", None)?;
                let threads = std::thread::available_parallelism().map_or(1, usize::from);
                let glances = Arc::new(Glances::new(path.clone(), threads, counter.clone()));
                (Pool::sqlite(path.clone(), 4, &counter)?, Some(glances), Alone::always(), "sqlite")
            }
            Database::Postgres { url, connections } => {
                let config = driver::postgres::config(url)?;
                let alone = Alone::by_lock(&config)?;
                let mut first = driver::postgres::Postgres::open(&config, &counter)?;
                migrate::migrate(
                    &mut first,
                    &driver::postgres::DIALECT,
                    "BEGIN",
                    Some("SELECT pg_advisory_xact_lock(7310577)"),
                )?;
                (Pool::postgres(&config, *connections, &counter)?, None, alone, "postgresql")
            }
        };
        Ok(Self {
            pool,
            glances,
            ids,
            troubled: Arc::new(AtomicBool::new(false)),
            alone: Arc::new(alone),
            counter,
            engine,
        })
    }

    /// `sqlite` or `postgresql`.
    #[must_use]
    pub const fn engine(&self) -> &'static str {
        self.engine
    }

    /// Tells `follower` of every commit from now on.
    pub fn follow(&self, follower: Arc<dyn Follower>) {
        self.alone.follow(follower);
    }

    /// Whether nobody but this process writes to the database, as far as it can know. While it is
    /// not, nothing that was read is to be kept.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.alone.is()
    }

    /// How many statements were run so far.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.counter.total()
    }

    /// Where fresh ids come from.
    #[must_use]
    pub fn ids(&self) -> &dyn IdSource {
        self.ids.as_ref()
    }

    /// Reads. On SQLite all of it sees one snapshot. What is to be waited for is boxed at once: a future is as large as
    /// all it may wait for, also where memory knows the answer and nothing is read.
    ///
    /// # Errors
    /// What the work returns, or [`Stop::Failed`].
    pub fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> impl Future<Output = Result<T, Stop>> + Send {
        let found = Found::default();
        let work = found.kept(work);
        Box::pin(async move {
            self.run_read(work).await?;
            found.take()
        })
    }

    async fn run_read(&self, work: Reading) -> Result<(), Stop> {
        let (sender, answer) = oneshot::channel();
        self.pool.read(Box::new(move |driver| {
            let outcome = match driver {
                Ok(driver) => work(&mut Conn::reading(driver)),
                Err(error) => Err(Stop::Failed(error)),
            };
            let _ = sender.send(outcome);
        }))?;
        answer.await.map_err(|_| Stop::Failed(StoreError::Bug("the reader stopped".to_owned())))?
    }

    /// Reads a few rows by their keys: like [`Store::read`], but without a hand-over to another
    /// thread where the engine runs in this process. Not for lists and searches: the thread that
    /// asks serves other requests too, and stands still meanwhile.
    ///
    /// # Errors
    /// What the work returns, or [`Stop::Failed`].
    pub fn glance<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> impl Future<Output = Result<T, Stop>> + Send {
        let found = Found::default();
        let work = found.kept(work);
        Box::pin(async move {
            self.run_glance(work).await?;
            found.take()
        })
    }

    async fn run_glance(&self, work: Reading) -> Result<(), Stop> {
        match self.glances.as_ref().and_then(|glances| Some((glances, glances.take()?))) {
            Some((glances, driver)) => glances.look(driver, work),
            None => self.run_read(work).await,
        }
    }

    /// Writes. The work may run more than once when transactions meet, so it must only read from
    /// the transaction, and apply to it. It runs to its end even when the caller goes away.
    ///
    /// # Errors
    /// What the work returns, or [`Stop::Failed`].
    pub async fn write<T: Send + 'static>(
        &self,
        author: Author,
        now: Timestamp,
        keep: Keep,
        mut work: impl FnMut(&mut Tx<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Stop> {
        let found = Found::default();
        let put = found.put();
        let work = move |tx: &mut Tx<'_>| work(tx).map(&put);
        self.run_write(author, now, keep, Box::new(work)).await?;
        found.take()
    }

    async fn run_write(&self, author: Author, now: Timestamp, keep: Keep, mut work: Writing) -> Result<(), Stop> {
        // INVARIANT: whoever has the lock keeps in memory what it knows, so nobody else writes.
        if !self.alone.is_soon().await {
            return Err(StoreError::Unavailable("another process may use the database by now".to_owned()).into());
        }
        let (sender, answer) = oneshot::channel();
        let slot: Arc<Mutex<Option<Result<(), Stop>>>> = Arc::default();
        let (filled, ids) = (Arc::clone(&slot), Arc::clone(&self.ids));
        let kept: Arc<Mutex<Option<Commit>>> = Arc::new(Mutex::new(None));
        let keeps = Arc::clone(&kept);
        let run = move |driver: &mut dyn driver::Driver| {
            let mut tx = Tx::new(Conn::writing(driver), ids.as_ref(), &author, now);
            let mut outcome = work(&mut tx);
            let stands = keep == Keep::Commit || (keep == Keep::Changes && !tx.changes().is_empty());
            if stands && outcome.is_ok() {
                outcome = tx.finish().map_err(Stop::Failed);
            }
            let verdict = match &outcome {
                Ok(_) if stands => Verdict::Commit,
                Ok(_) | Err(Stop::Refused(_)) => Verdict::Rollback,
                Err(Stop::Failed(error)) => Verdict::Failed(error.clone()),
            };
            let commit = matches!(verdict, Verdict::Commit).then(|| tx.into_commit());
            *keeps.lock().unwrap_or_else(PoisonError::into_inner) = commit;
            *filled.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            verdict
        };
        let (troubled, alone) = (Arc::clone(&self.troubled), Arc::clone(&self.alone));
        // An engine in this process tells surely that a commit failed.
        let is_sure = self.glances.is_some();
        let done = move |committed: Result<(), StoreError>| {
            troubled.store(matches!(committed, Err(StoreError::Unavailable(_))), Ordering::Relaxed);
            let commit = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
            // INVARIANT: whoever follows knows of a commit before anybody is answered.
            if let (Some(commit), Some(follower)) = (commit, alone.follower()) {
                match &committed {
                    Ok(()) => follower.committed(commit),
                    Err(_) if is_sure => {}
                    Err(_) => follower.unsure(),
                }
            }
            let outcome = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
            let _ = sender.send(match (committed, outcome) {
                (Ok(()), Some(outcome)) => outcome,
                (Ok(()), None) => Err(Stop::Failed(StoreError::Bug("the work left no answer".to_owned()))),
                (Err(error), _) => Err(Stop::Failed(error)),
            });
        };
        self.pool.write(WriteJob { run: Box::new(run), done: Box::new(done) })?;
        answer.await.map_err(|_| Stop::Failed(StoreError::Bug("the writer stopped".to_owned())))?
    }

    /// Closes every connection once the work that waits is done; nothing can be asked afterwards.
    /// Blocks. Without it nothing is lost, but SQLite's file is only whole together with its journal.
    pub fn close(&self) {
        if let Some(glances) = &self.glances {
            glances.close();
        }
        self.pool.close();
        self.alone.end();
    }

    /// Whether the database answers, and can be written when the last write failed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] and the like, with what is wrong.
    pub async fn health(&self) -> Result<(), StoreError> {
        let outcome = if self.troubled.load(Ordering::Relaxed) {
            self.write(Author::default(), Timestamp::default(), Keep::Commit, |tx| tx.probe().map_err(Stop::from)).await
        } else {
            self.read(|conn| read::organization::is_set_up(conn).map(drop).map_err(Stop::from)).await
        };
        match outcome {
            Err(Stop::Failed(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Prepares every statement of this crate and names the first that the engine does not take.
    ///
    /// # Errors
    /// [`StoreError::Bug`] with the statement.
    pub async fn prepare_all(&self) -> Result<usize, StoreError> {
        let prepared = self
            .read(|conn| {
                let all: Vec<String> = apply::statements()
                    .chain(tx::statements())
                    .chain(stream::STATEMENTS.iter().copied())
                    .chain(ceremony::STATEMENTS.iter().copied())
                    .chain(usage::STATEMENTS.iter().copied())
                    .map(str::to_owned)
                    .chain(read::statements())
                    .collect();
                for sql in &all {
                    conn.driver.prepare(sql).map_err(|e| StoreError::Bug(format!("{sql}: {e}")))?;
                }
                Ok(all.len())
            })
            .await;
        match prepared {
            Ok(count) => Ok(count),
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Refused(refusal)) => Err(StoreError::Bug(refusal.to_string())),
        }
    }
}
