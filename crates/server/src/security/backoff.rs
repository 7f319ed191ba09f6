//! Waits that double: after some free failures, each further one makes whoever guesses wait twice as long. In the
//! memory of this node; a success or an hour of quiet forgets. Does not know what was guessed at.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::limits::RetryAfter;

/// The longest wait.
const LONGEST_MS: i64 = 15 * 60 * 1_000;
/// How long after the end of its wait a key is remembered.
const QUIET_MS: i64 = 60 * 60 * 1_000;
/// Keys remembered at most; beyond it, those whose wait ends first are forgotten.
const MAX_KEYS: usize = 100_000;

#[derive(Clone, Copy, Debug, Default)]
struct Tries {
    failures: u32,
    until_ms: i64,
}

/// One such rule over many keys. Time is a parameter: Unix milliseconds.
#[derive(Debug)]
pub struct Backoff {
    free: u32,
    tries: Mutex<HashMap<u64, Tries>>,
    hasher: RandomState,
}

impl Backoff {
    /// `free` failures cost nothing; then a second, two, four …
    #[must_use]
    pub fn after(free: u32) -> Self {
        Self { free, tries: Mutex::default(), hasher: RandomState::new() }
    }

    /// Whether one more try is allowed now.
    ///
    /// # Errors
    /// [`RetryAfter`].
    pub fn may(&self, key: &str, now_ms: i64) -> Result<(), RetryAfter> {
        let key = self.hasher.hash_one(key);
        // INVARIANT: no wait is longer than the longest, whatever the clock did.
        let until = self.lock().get(&key).map_or(0, |tries| tries.until_ms.min(now_ms.saturating_add(LONGEST_MS)));
        match u64::try_from(until.saturating_sub(now_ms)) {
            Ok(wait_ms) if wait_ms > 0 => Err(RetryAfter { seconds: wait_ms.div_ceil(1_000) }),
            _ => Ok(()),
        }
    }

    /// Counts a failure.
    pub fn failed(&self, key: &str, now_ms: i64) {
        let key = self.hasher.hash_one(key);
        let mut all = self.lock();
        if all.len() >= MAX_KEYS && !all.contains_key(&key) {
            forget(&mut all, now_ms);
        }
        let tries = all.entry(key).or_default();
        if now_ms.saturating_sub(tries.until_ms) > QUIET_MS {
            tries.failures = 0;
        }
        tries.failures = tries.failures.saturating_add(1);
        let doubled = tries.failures.checked_sub(self.free + 1).map_or(0, |over| 1_000_i64 << over.min(10));
        tries.until_ms = now_ms.saturating_add(doubled.min(LONGEST_MS));
    }

    /// Forgets the failures of a key.
    pub fn succeeded(&self, key: &str) {
        self.lock().remove(&self.hasher.hash_one(key));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Tries>> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes room: first those that are quiet, then the half that failed least.
fn forget(all: &mut HashMap<u64, Tries>, now_ms: i64) {
    all.retain(|_, tries| now_ms.saturating_sub(tries.until_ms) <= QUIET_MS);
    if all.len() >= MAX_KEYS {
        let mut counts: Vec<u32> = all.values().map(|tries| tries.failures).collect();
        let middle = counts.len() / 2;
        let (_, median, _) = counts.select_nth_unstable(middle);
        let median = *median;
        all.retain(|_, tries| tries.failures > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    #[test]
    fn waits_double_after_the_free_failures_up_to_the_longest() {
        let waits = Backoff::after(2);
        let mut now = NOW;
        let mut seen = Vec::new();
        for _ in 0..14 {
            assert_eq!(waits.may("a", now), Ok(()));
            waits.failed("a", now);
            let wait = waits.may("a", now).err().map_or(0, |w| w.seconds);
            seen.push(wait);
            now += i64::try_from(wait).unwrap_or(0) * 1_000;
        }
        assert_eq!(seen, [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(waits.may("b", now), Ok(()), "another key");
    }

    #[test]
    fn a_success_or_an_hour_of_quiet_forgets() {
        let waits = Backoff::after(0);
        waits.failed("a", NOW);
        assert!(waits.may("a", NOW).is_err());
        waits.succeeded("a");
        assert_eq!(waits.may("a", NOW), Ok(()));
        waits.failed("a", NOW);
        waits.failed("a", NOW + 3_000);
        assert_eq!(waits.may("a", NOW + 3_000).err().map(|w| w.seconds), Some(2));
        let later = NOW + 2 * QUIET_MS;
        waits.failed("a", later);
        assert_eq!(waits.may("a", later).err().map(|w| w.seconds), Some(1));
    }
}
