//! One process per database. SQLite's file is guarded by its folder's lock; on PostgreSQL a lock is
//! held by a connection that does nothing else. When that connection is lost the process is not
//! alone any more, as far as it knows, until it has the lock again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::driver::postgres::{Config, Guard};
use crate::error::StoreError;
use crate::follow::Follower;

/// How long a start waits for a process that is just ending.
const START_WITHIN: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(200);

/// Whether this process is alone with its database, and who wants to know.
#[derive(Clone, Default)]
pub(crate) struct Alone {
    yes: Arc<AtomicBool>,
    follower: Arc<OnceLock<Arc<dyn Follower>>>,
    end: Arc<(Mutex<bool>, Condvar)>,
}

impl Alone {
    /// Alone by other means.
    pub(crate) fn always() -> Self {
        let alone = Self::default();
        alone.yes.store(true, Ordering::SeqCst);
        alone
    }

    /// Alone as long as a lock in the database is held. Blocks until it is.
    pub(crate) fn by_lock(config: &Config) -> Result<Self, StoreError> {
        let alone = Self::always();
        let begun = Instant::now();
        let guard = loop {
            match Guard::take(config)? {
                Some(guard) => break guard,
                None if begun.elapsed() > START_WITHIN => return Err(StoreError::Taken),
                None => thread::sleep(AGAIN),
            }
        };
        let (keeper, config) = (alone.clone(), config.clone());
        crate::pool::spawn("store-lock", move || keeper.keep(guard, &config))?;
        Ok(alone)
    }

    pub(crate) fn is(&self) -> bool {
        self.yes.load(Ordering::SeqCst)
    }

    pub(crate) fn follower(&self) -> Option<&Arc<dyn Follower>> {
        self.follower.get()
    }

    pub(crate) fn follow(&self, follower: Arc<dyn Follower>) {
        // There is one memory to a store; a second would not be told anything.
        let _ = self.follower.set(follower);
    }

    /// Lets go of the lock.
    pub(crate) fn end(&self) {
        *self.end.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.end.1.notify_all();
    }

    fn ended(&self, wait: Duration) -> bool {
        let ended = self.end.0.lock().unwrap_or_else(PoisonError::into_inner);
        *self.end.1.wait_timeout_while(ended, wait, |ended| !*ended).map_or_else(|e| e.into_inner().0, |found| found.0)
    }

    fn forget(&self) {
        if let Some(follower) = self.follower() {
            follower.forget();
        }
    }

    fn keep(&self, mut guard: Guard, config: &Config) {
        loop {
            while guard.holds() {
                if self.ended(Duration::ZERO) {
                    return;
                }
            }
            self.yes.store(false, Ordering::SeqCst);
            self.forget();
            guard = loop {
                if self.ended(AGAIN) {
                    return;
                }
                if let Ok(Some(taken)) = Guard::take(config) {
                    break taken;
                }
            };
            // INVARIANT: what was read before the lock was taken again is not kept.
            self.forget();
            self.yes.store(true, Ordering::SeqCst);
        }
    }
}
