//! Looks in place: a read of a few rows by their keys, on the thread that asks. Handing such a read
//! to another thread and back costs several times the read itself. Only for SQLite, whose engine
//! runs in this process; whatever may take long goes to the readers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Stop;
use crate::conn::Conn;
use crate::driver::Counter;
use crate::driver::Driver;
use crate::driver::sqlite::Sqlite;
use crate::error::StoreError;
use crate::found::Reading;

/// The connections for looks in place, each opened when it is first needed.
pub(crate) struct Glances {
    path: PathBuf,
    counter: Counter,
    free: Mutex<Vec<Option<Sqlite>>>,
}

impl Glances {
    /// As many as threads can look at the same time.
    pub(crate) fn new(path: PathBuf, count: usize, counter: Counter) -> Self {
        Self { path, counter, free: Mutex::new((0..count).map(|_| None).collect()) }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Option<Sqlite>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection for one look, unless all are in use or none can be opened.
    pub(crate) fn take(&self) -> Option<Sqlite> {
        let slot = self.free().pop()?;
        slot.or_else(|| Sqlite::open(&self.path, false, &self.counter).inspect_err(|_| self.free().push(None)).ok())
    }

    /// Closes the connections; later looks find none.
    pub(crate) fn close(&self) {
        self.free().clear();
    }

    /// Looks, on one snapshot, and gives the connection back.
    pub(crate) fn look(&self, mut driver: Sqlite, work: Reading) -> Result<(), Stop> {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            driver.script("BEGIN")?;
            work(&mut Conn::reading(&mut driver))
        }));
        let fit = outcome.is_ok() && (!driver.in_transaction() || driver.script("ROLLBACK").is_ok());
        self.free().push(fit.then_some(driver));
        outcome.unwrap_or_else(|_| Err(Stop::Failed(StoreError::Bug("the work panicked".to_owned()))))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::params;

    fn answer(conn: &mut Conn<'_>) -> Result<(), Stop> {
        let found: Option<u64> = conn.first("SELECT $1 + 1", params![41_u64], |row| row.next())?;
        assert_eq!(found, Some(42));
        Ok(())
    }

    #[test]
    fn a_look_gives_its_connection_back_even_when_the_work_panics() {
        let path = std::env::temp_dir().join(format!("guildhall-glance-{}.sqlite3", std::process::id()));
        drop(Sqlite::open(&path, true, &Counter::default()).unwrap());
        let glances = Glances::new(path.clone(), 1, Counter::default());
        for _ in 0..2 {
            let driver = glances.take().unwrap();
            assert!(glances.take().is_none(), "the only connection is in use");
            glances.look(driver, Box::new(answer)).unwrap();
            let driver = glances.take().unwrap();
            let broken = glances.look(driver, Box::new(|_| panic!("on purpose")));
            assert!(matches!(broken, Err(Stop::Failed(StoreError::Bug(_)))));
        }
        std::fs::remove_file(&path).unwrap();
        let gone = Glances::new(path, 1, Counter::default());
        assert!(gone.take().is_none() && gone.take().is_none(), "what cannot be opened is left to the readers");
        assert_eq!(gone.free().len(), 1);
    }
}
