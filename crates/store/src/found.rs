//! What work on a connection finds, on its way to whoever waits for it. Work of any kind is run by the same code, which
//! knows nothing of what is found: were that built for each kind, it would be most of the program.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Stop;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::tx::Tx;

/// Work that reads.
pub(crate) type Reading = Box<dyn FnOnce(&mut Conn<'_>) -> Result<(), Stop> + Send>;
/// Work that writes.
pub(crate) type Writing = Box<dyn FnMut(&mut Tx<'_>) -> Result<(), Stop> + Send>;

/// Where it is put.
pub(crate) struct Found<T>(Arc<Mutex<Option<T>>>);

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Send + 'static> Found<T> {
    /// Puts something there.
    pub(crate) fn put(&self) -> impl Fn(T) + Send + use<T> {
        let slot = Arc::clone(&self.0);
        move |value| *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value)
    }

    /// Work that puts there what it finds.
    pub(crate) fn kept(&self, work: impl FnOnce(&mut Conn<'_>) -> Result<T, Stop> + Send + 'static) -> Reading {
        let put = self.put();
        Box::new(move |conn| work(conn).map(put))
    }

    /// What was put there last.
    pub(crate) fn take(&self) -> Result<T, Stop> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        found.ok_or_else(|| Stop::Failed(StoreError::Bug("the work left no answer".to_owned())))
    }
}
