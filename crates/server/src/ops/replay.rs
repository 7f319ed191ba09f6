//! Repetitions of a request by its `Idempotency-Key`: the first answer is kept, sealed, in the commit it
//! belongs to, and given again. Does not read headers.

use guildhall_domain::refusal::Code;
use guildhall_store::read::outbox;
use guildhall_store::{Conn, Stop, StoreError, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Ctx, DAY_S};

/// What kept answers are sealed for.
const ANSWERS: &str = "idempotency";

impl Ctx {
    pub(super) fn earlier_answer<T: DeserializeOwned>(&self, tx: &mut Tx<'_>) -> Result<Option<T>, Stop> {
        let Some(idempotency) = self.idempotency.filter(|_| !self.dry_run) else {
            return Ok(None);
        };
        let since = self.now.plus_s(-DAY_S);
        if tx.claim_answer(&idempotency.key, &idempotency.body, since)? {
            return Ok(None);
        }
        let (body, sealed) = outbox::idempotent(tx, &idempotency.key, since)?
            .ok_or_else(|| StoreError::Conflict("a kept answer went away meanwhile".to_owned()))?;
        if body != idempotency.body {
            return Err(Code::IdempotencyMismatch.into());
        }
        let opened = self
            .app
            .key
            .open(ANSWERS, &idempotency.key, &sealed)
            .map_err(|_| StoreError::Corrupt("a kept answer cannot be opened with this instance key".to_owned()))?;
        serde_json::from_slice(opened.expose())
            .map(Some)
            .map_err(|e| StoreError::Corrupt(format!("a kept answer: {e}")).into())
    }

    /// Whether the request repeats one that was answered: then what it would do is not looked at
    /// again.
    ///
    /// # Errors
    /// [`Stop::Failed`].
    pub fn is_repetition(&self, conn: &mut Conn<'_>) -> Result<bool, Stop> {
        match self.idempotency.filter(|_| !self.dry_run) {
            Some(idempotency) => Ok(outbox::idempotent(conn, &idempotency.key, self.now.plus_s(-DAY_S))?.is_some()),
            None => Ok(false),
        }
    }

    pub(super) fn keep_answer<T: Serialize>(&self, tx: &mut Tx<'_>, value: &T) -> Result<(), Stop> {
        let Some(idempotency) = self.idempotency else { return Ok(()) };
        let text = serde_json::to_vec(value).map_err(|e| StoreError::Bug(format!("an answer cannot be kept: {e}")))?;
        let sealed = self.app.key.seal(ANSWERS, &idempotency.key, &text, self.app.entropy.as_ref());
        Ok(tx.remember(&idempotency.key, sealed)?)
    }
}
