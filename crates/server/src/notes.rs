//! What is worth noting and not worth waiting for: refusals and failed sign-ins on their way to the audit
//! trail. INVARIANT: putting a note never waits, never fails and never takes a lock of the database; when more
//! is noted than can be written, notes are dropped and counted.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use guildhall_domain::time::Timestamp;
use guildhall_store::stream::Note;
use guildhall_store::{Author, Keep, Stop, Store};
use tokio::sync::Notify;

/// As many notes wait at most.
pub const MOST: usize = 10_000;

/// The notes that wait.
#[derive(Debug, Default)]
pub struct Notes {
    waiting: Mutex<VecDeque<(Author, Note)>>,
    /// Wakes whoever writes them.
    pub wait: Notify,
}

impl Notes {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<(Author, Note)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a note among those that wait.
    pub fn put(&self, author: Author, note: Note) {
        let mut waiting = self.waiting();
        if waiting.len() >= MOST {
            metrics::counter!("guildhall_audit_notes_dropped_total").increment(1);
            return;
        }
        waiting.push_back((author, note));
        drop(waiting);
        self.wait.notify_one();
    }

    /// Writes what waits, in the order it came.
    ///
    /// # Errors
    /// [`Stop`]; what waits goes on waiting then.
    pub async fn write(&self, store: &Store, now: Timestamp) -> Result<(), Stop> {
        let taken: Vec<(Author, Note)> = self.waiting().drain(..).collect();
        if taken.is_empty() {
            return Ok(());
        }
        let batch = taken.clone();
        let done = store
            .write(Author::default(), now, Keep::Commit, move |tx| {
                for (author, note) in &batch {
                    tx.note(author, note)?;
                }
                Ok(())
            })
            .await;
        if done.is_err() {
            let mut waiting = self.waiting();
            for one in taken.into_iter().rev() {
                waiting.push_front(one);
            }
            waiting.truncate(MOST);
        }
        done
    }
}
