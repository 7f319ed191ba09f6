//! Log lines on their way to standard error. Requests do not wait for whoever reads the log: lines
//! are gathered for a moment and written in one go by a thread of their own. Warnings and errors
//! are written at once, behind whatever waits. Does not decide what is logged.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits for others at most.
const GATHER: Duration = Duration::from_millis(20);
/// What may wait; whoever logs more writes it out.
const MOST_BYTES: usize = 1 << 20;

/// The lines that wait, and the thread that writes them.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    lines: Mutex<Vec<u8>>,
    some: Condvar,
    /// What is being written. Held before the lines are taken, which keeps them in order; whoever logs meanwhile
    /// waits for nobody.
    leaving: Mutex<Vec<u8>>,
}

impl Waiting {
    fn lines(&self) -> MutexGuard<'_, Vec<u8>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what waits.
    fn write(&self) {
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut *leaving, &mut *self.lines());
        // Without standard error there is nobody to tell.
        let _ = io::stderr().lock().write_all(&leaving);
        leaving.clear();
    }
}

impl Lines {
    /// Starts the thread.
    pub(crate) fn start() -> io::Result<Self> {
        let lines = Self::default();
        let waiting = Arc::clone(&lines.0);
        thread::Builder::new().name("log".to_owned()).spawn(move || {
            loop {
                let some = waiting.some.wait_while(waiting.lines(), |lines| lines.is_empty());
                drop(some.unwrap_or_else(PoisonError::into_inner));
                thread::sleep(GATHER);
                waiting.write();
            }
        })?;
        Ok(lines)
    }

    /// Writes what waits now: nobody else will once the program ends.
    pub(crate) fn flush(&self) {
        self.0.write();
    }
}

/// The writer of one line.
pub(crate) struct Line<'a> {
    waiting: &'a Waiting,
    is_urgent: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = self.waiting.lines();
        let was_empty = lines.is_empty();
        lines.extend_from_slice(bytes);
        let is_full = lines.len() > MOST_BYTES;
        drop(lines);
        if self.is_urgent || is_full {
            self.waiting.write();
        } else if was_empty {
            self.waiting.some.notify_one();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { waiting: &self.0, is_urgent: true }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Line<'a> {
        Line { waiting: &self.0, is_urgent: *about.level() <= Level::WARN }
    }
}
