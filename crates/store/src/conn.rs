//! Reading: statements in, typed rows out, on whichever engine. Does not write; see `tx`.

use crate::driver::Driver;
use crate::error::StoreError;
use crate::value::{Row, Value};

/// A connection for the length of one piece of work.
pub struct Conn<'a> {
    pub(crate) driver: &'a mut dyn Driver,
}

impl Conn<'_> {
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
