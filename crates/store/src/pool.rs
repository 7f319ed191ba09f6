//! The threads that own the connections. Readers and writers wait in bounded queues; a write runs
//! to its end whether or not anybody still listens. Does not know what the work means.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::driver::postgres::{Config, Postgres};
use crate::driver::sqlite::Sqlite;
use crate::driver::{Counter, Driver};
use crate::error::StoreError;

const QUEUE: usize = 4_096;
/// Most writes that share one commit, and the longest the first of them waits for others.
const GROUP: usize = 256;
const GROUP_TIME: Duration = Duration::from_millis(20);
const RETRIES: u32 = 12;

/// How a piece of writing ended.
pub(crate) enum Verdict {
    /// Keep what was written.
    Commit,
    /// Nothing to keep.
    Rollback,
    /// The engine failed.
    Failed(StoreError),
}

/// Runs on the connection; tells whether to keep what it wrote.
pub(crate) type WriteWork = Box<dyn FnMut(&mut dyn Driver) -> Verdict + Send>;
pub(crate) type ReadJob = Box<dyn FnOnce(Result<&mut dyn Driver, StoreError>) + Send>;

/// A piece of writing. `run` may run again after a conflict; `done` is told once whether the
/// commit stands.
pub(crate) struct WriteJob {
    pub(crate) run: WriteWork,
    pub(crate) done: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

enum Work {
    Read(ReadJob),
    Write(WriteJob),
    /// Close the connection and end; dropped when that is done.
    End(flume::Sender<()>),
}

/// How long a thread may take to end.
const END_WITHIN: Duration = Duration::from_secs(5);

/// The queues to the threads.
#[derive(Clone)]
pub(crate) struct Pool {
    reads: flume::Sender<Work>,
    writes: flume::Sender<Work>,
    readers: usize,
    writers: usize,
}

impl Pool {
    pub(crate) fn sqlite(path: PathBuf, readers: usize, counter: &Counter) -> Result<Self, StoreError> {
        let (writes, write_queue) = flume::bounded(QUEUE);
        let (reads, read_queue) = flume::bounded(QUEUE);
        let writer = Sqlite::open(&path, true, counter)?;
        spawn("store-writer", move || sqlite_writer(writer, &write_queue))?;
        for _ in 0..readers {
            let (queue, path, counter) = (read_queue.clone(), path.clone(), counter.clone());
            spawn("store-reader", move || sqlite_reader(&path, &queue, &counter))?;
        }
        Ok(Self { reads, writes, readers, writers: 1 })
    }

    pub(crate) fn postgres(config: &Config, connections: usize, counter: &Counter) -> Result<Self, StoreError> {
        let (sender, queue) = flume::bounded(QUEUE);
        let connections = connections.max(1);
        for _ in 0..connections {
            let (queue, config, counter) = (queue.clone(), config.clone(), counter.clone());
            spawn("store-postgres", move || postgres_worker(&config, &queue, &counter))?;
        }
        Ok(Self { reads: sender.clone(), writes: sender, readers: 0, writers: connections })
    }

    pub(crate) fn read(&self, job: ReadJob) -> Result<(), StoreError> {
        self.reads.try_send(Work::Read(job)).map_err(|_| StoreError::Busy)
    }

    pub(crate) fn write(&self, job: WriteJob) -> Result<(), StoreError> {
        self.writes.try_send(Work::Write(job)).map_err(|_| StoreError::Busy)
    }

    /// Ends every thread after the work that waits. The writer closes last: then SQLite folds its
    /// journal back into the file.
    pub(crate) fn close(&self) {
        let readers = std::iter::repeat_n(&self.reads, self.readers);
        for queue in readers.chain(std::iter::repeat_n(&self.writes, self.writers)) {
            let (end, ended) = flume::bounded::<()>(0);
            if queue.send_timeout(Work::End(end), END_WITHIN).is_ok() {
                let _ = ended.recv_timeout(END_WITHIN);
            }
        }
    }
}

pub(crate) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map(drop)
        .map_err(|e| StoreError::Unavailable(format!("cannot start a thread: {e}")))
}

fn guarded(job: &mut WriteJob, driver: &mut dyn Driver) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| (job.run)(driver)))
        .unwrap_or_else(|_| Verdict::Failed(StoreError::Bug("the work panicked".to_owned())))
}

fn sqlite_reader(path: &std::path::Path, queue: &flume::Receiver<Work>, counter: &Counter) {
    let mut open: Option<Sqlite> = None;
    while let Ok(work) = queue.recv() {
        let job = match work {
            Work::Read(job) => job,
            Work::Write(_) => continue,
            Work::End(ended) => {
                drop(open);
                drop(ended);
                return;
            }
        };
        if open.is_none() {
            match Sqlite::open(path, false, counter) {
                Ok(fresh) => open = Some(fresh),
                Err(error) => {
                    job(Err(error));
                    continue;
                }
            }
        }
        let Some(driver) = open.as_mut() else { continue };
        // One snapshot for the whole read.
        let begun = driver.script("BEGIN");
        let outcome = catch_unwind(AssertUnwindSafe(|| match begun {
            Ok(()) => job(Ok(driver)),
            Err(error) => job(Err(error)),
        }));
        if outcome.is_err() || driver.script("ROLLBACK").is_err() {
            open = None;
        }
    }
}

fn sqlite_writer(mut driver: Sqlite, queue: &flume::Receiver<Work>) {
    let mut end = None;
    while end.is_none() {
        match queue.recv() {
            Ok(Work::Write(first)) => end = sqlite_group(&mut driver, first, queue),
            Ok(Work::End(ended)) => end = Some(ended),
            Ok(Work::Read(_)) => {}
            Err(_) => return,
        }
    }
    drop(driver);
    drop(end);
}

/// Runs `first` and whoever waits behind it in one commit. Answers the word to end, if it came.
fn sqlite_group(driver: &mut Sqlite, first: WriteJob, queue: &flume::Receiver<Work>) -> Option<flume::Sender<()>> {
    let begun = Instant::now();
    if let Err(error) = driver.script("BEGIN IMMEDIATE") {
        (first.done)(Err(error));
        return None;
    }
    let (mut finished, mut any, mut end) = (Vec::new(), false, None);
    let mut next = Some(first);
    while let Some(mut job) = next.take() {
        let (kept, outcome) = sqlite_step(driver, &mut job);
        any |= kept;
        finished.push((job.done, outcome));
        if finished.len() < GROUP && begun.elapsed() < GROUP_TIME && driver.in_transaction() {
            match queue.try_recv() {
                Ok(Work::Write(more)) => next = Some(more),
                Ok(Work::End(ended)) => end = Some(ended),
                Ok(Work::Read(_)) | Err(_) => {}
            }
        }
    }
    let committed = if !driver.in_transaction() {
        Err(StoreError::Unavailable("the disk is full or failed; nothing was kept".to_owned()))
    } else if any {
        driver.script("COMMIT").inspect_err(|_| {
            let _ = driver.script("ROLLBACK");
        })
    } else {
        driver.script("ROLLBACK")
    };
    for (done, outcome) in finished {
        done(outcome.and_then(|()| committed.clone()));
    }
    end
}

fn sqlite_step(driver: &mut Sqlite, job: &mut WriteJob) -> (bool, Result<(), StoreError>) {
    if let Err(error) = driver.script("SAVEPOINT work") {
        return (false, Err(error));
    }
    match guarded(job, driver) {
        Verdict::Commit => match driver.script("RELEASE work") {
            Ok(()) => (true, Ok(())),
            Err(error) => (false, Err(error)),
        },
        Verdict::Rollback => (false, undo(driver)),
        Verdict::Failed(error) => {
            let _ = undo(driver);
            (false, Err(error))
        }
    }
}

fn undo(driver: &mut Sqlite) -> Result<(), StoreError> {
    if driver.in_transaction() { driver.script("ROLLBACK TO work; RELEASE work") } else { Ok(()) }
}

fn postgres_worker(config: &Config, queue: &flume::Receiver<Work>, counter: &Counter) {
    let mut open: Option<Postgres> = None;
    while let Ok(work) = queue.recv() {
        if matches!(work, Work::End(_)) {
            drop(open);
            return;
        }
        if open.as_ref().is_none_or(Postgres::is_closed) {
            open = None;
            match Postgres::open(config, counter) {
                Ok(fresh) => open = Some(fresh),
                Err(error) => {
                    match work {
                        Work::Read(job) => job(Err(error)),
                        Work::Write(job) => (job.done)(Err(error)),
                        Work::End(_) => return,
                    }
                    continue;
                }
            }
        }
        let Some(driver) = open.as_mut() else { continue };
        match work {
            Work::Read(job) => {
                if catch_unwind(AssertUnwindSafe(|| job(Ok(driver)))).is_err() {
                    open = None;
                }
            }
            Work::Write(mut job) => {
                let outcome = postgres_write(driver, &mut job);
                (job.done)(outcome);
            }
            Work::End(_) => return,
        }
    }
}

fn postgres_write(driver: &mut Postgres, job: &mut WriteJob) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let outcome = postgres_try(driver, job);
        match outcome {
            Err(StoreError::Conflict(_)) if tries < RETRIES => {
                thread::sleep(Duration::from_millis(1_u64 << tries.min(6)))
            }
            other => return other,
        }
    }
}

fn postgres_try(driver: &mut Postgres, job: &mut WriteJob) -> Result<(), StoreError> {
    driver.script("BEGIN")?;
    match guarded(job, driver) {
        Verdict::Commit => driver.script("COMMIT"),
        Verdict::Rollback => driver.script("ROLLBACK"),
        Verdict::Failed(error) => {
            let _ = driver.script("ROLLBACK");
            Err(error)
        }
    }
}
