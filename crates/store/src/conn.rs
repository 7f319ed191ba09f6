//! Reading: statements in, typed rows out, on whichever engine. Does not write; see `tx`.

use crate::driver::Driver;
use crate::error::StoreError;
use crate::value::{Row, Value};

/// A connection for the length of one piece of work.
pub struct Conn<'a> {
    pub(crate) driver: &'a mut dyn Driver,
    writes: bool,
}

impl<'a> Conn<'a> {
    pub(crate) fn reading(driver: &'a mut dyn Driver) -> Self {
        Self { driver, writes: false }
    }

    pub(crate) fn writing(driver: &'a mut dyn Driver) -> Self {
        Self { driver, writes: true }
    }
}

impl Conn<'_> {
    /// Whether this is a write's transaction: what a decision rests on is read from it afresh.
    #[must_use]
    pub const fn writes(&self) -> bool {
        self.writes
    }

    /// Reads at one moment on every engine, however many statements it takes. Not for writes: they
    /// have taken what they read.
    ///
    /// # Errors
    /// What the work returns, or [`StoreError`].
    pub fn at_one_moment<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.driver.hold()?;
        let outcome = work(self);
        self.driver.release()?;
        outcome
    }

    pub(crate) fn all<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        read: impl Fn(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.driver.query(sql, params)?.iter_mut().map(read).collect()
    }

    pub(crate) fn first<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        read: impl Fn(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.driver.query(sql, params)?.first_mut().map(read).transpose()
    }

    pub(crate) fn exists(&mut self, sql: &str, params: &[Value]) -> Result<bool, StoreError> {
        Ok(!self.driver.query(sql, params)?.is_empty())
    }

    pub(crate) fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        self.driver.execute(sql, params)
    }
}
