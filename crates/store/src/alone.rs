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
const AGAIN: Duration = Duration::from_millis(100);
/// How often a write looks whether the lock is back, in steps of half of that.
const SOON: usize = 20;

/// Whether this process is alone with its database, and who wants to know. Lets go of the lock when
/// it is dropped.
pub(crate) struct Alone(Arc<State>);

#[derive(Default)]
struct State {
    yes: AtomicBool,
    follower: OnceLock<Arc<dyn Follower>>,
    ended: Mutex<bool>,
    ending: Condvar,
}

impl Alone {
    /// Alone by other means.
    pub(crate) fn always() -> Self {
        Self(Arc::new(State { yes: AtomicBool::new(true), ..State::default() }))
    }

    /// Alone as long as a lock in the database is held. Blocks until it is.
    pub(crate) fn by_lock(config: &Config) -> Result<Self, StoreError> {
        let begun = Instant::now();
        let guard = loop {
            match Guard::take(config)? {
                Some(guard) => break guard,
                None if begun.elapsed() > START_WITHIN => return Err(StoreError::Taken),
                None => thread::sleep(AGAIN),
            }
        };
        let alone = Self::always();
        let (state, config) = (Arc::clone(&alone.0), config.clone());
        crate::pool::spawn("store-lock", move || state.keep(guard, &config))?;
        Ok(alone)
    }

    pub(crate) fn is(&self) -> bool {
        self.0.yes.load(Ordering::SeqCst)
    }

    /// Whether it is, or is again in a moment.
    pub(crate) async fn is_soon(&self) -> bool {
        for _ in 0..SOON {
            if self.is() {
                return true;
            }
            tokio::time::sleep(AGAIN / 2).await;
        }
        self.is()
    }

    pub(crate) fn follower(&self) -> Option<&Arc<dyn Follower>> {
        self.0.follower.get()
    }

    pub(crate) fn follow(&self, follower: Arc<dyn Follower>) {
        // There is one memory to a store; a second would not be told anything.
        let _ = self.0.follower.set(follower);
    }

    /// Lets go of the lock.
    pub(crate) fn end(&self) {
        *self.0.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.ending.notify_all();
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.end();
    }
}

impl State {
    /// Whether it is over, after waiting for that.
    fn ended(&self, wait: Duration) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.ending.wait_timeout_while(ended, wait, |ended| !*ended);
        *waited.map_or_else(|e| e.into_inner().0, |found| found.0)
    }

    fn forget(&self) {
        if let Some(follower) = self.follower.get() {
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
