//! Limits on how often a stranger may try: by address and by account, in the memory of this node.
//!
//! Each limit is a bucket that refills evenly (the generic cell rate algorithm, ITU-T I.371): one stored time per key,
//! nothing to sweep while it is read. The limits cap what guessing, enumeration and mail bombs can achieve; they are
//! not quotas that a customer pays for, and they do not decide who is right.
//!
//! ## Guessing at an account
//! A failed sign-in counts in three buckets, and each is asked before the password is looked at:
//! 1. the address: one machine that tries many accounts;
//! 2. account and address together: one machine that tries one account;
//! 3. the account from everywhere: many machines that try one account. This one alone would let a stranger lock the
//!    owner out, so it does **not** hold for an address from which that account has signed in successfully in the
//!    last 30 days. The owner's usual place stays open while a botnet is slowed to some guesses a minute; from a new
//!    place the owner waits for one refill, or comes in by a mailed link, which guesses cannot close.
//!
//! Beside the buckets, waits double once one machine goes on guessing at one account (see [`super::backoff`]). A browser that has signed in with the account carries a cookie that says so, which only this
//! installation can make: its tries count for themselves alone, so it gets in whatever others do from the same place.
//!
//! Only failures count: an office behind one address that signs in right is never slowed.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::backoff::Backoff;

/// Wrong passwords for one account from one place that cost no wait.
const FREE_PASSWORDS: u32 = 30;
/// Sign-in pages that one address may open a minute.
const QUESTIONS_PER_MINUTE: u32 = 600;
/// Wrong codes of a second factor that cost no wait; whoever is asked for one has shown the password.
const FREE_CODES: u32 = 5;
/// How long a successful sign-in makes an address known to its account.
const KNOWN_ADDRESS_S: u32 = 30 * 24 * 3600;
/// 16 bytes each, so that known addresses outlast a flood of others.
const MAX_KNOWN: usize = 1_000_000;
/// Keys that one limit remembers at most; beyond it, those nearest to being full again are forgotten first.
const MAX_KEYS: usize = 100_000;

/// "Too often": 429 with `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryAfter {
    /// Whole seconds until one more try is allowed, at least 1.
    pub seconds: u64,
}

/// So many per period, all of them at once if need be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many; 0 turns the limit off.
    pub count: u32,
    /// In how many seconds.
    pub period_s: u32,
}

impl Rate {
    /// `count` in any minute; 0 means no limit.
    pub const fn per_minute(count: u32) -> Self {
        Self { count, period_s: 60 }
    }

    /// `count` in any hour; 0 means no limit.
    pub const fn per_hour(count: u32) -> Self {
        Self { count, period_s: 3600 }
    }
}

/// One limit over many keys. Time is a parameter: Unix milliseconds. A clock that steps back costs nobody more than
/// one period.
#[derive(Debug)]
pub struct Limiter {
    period_ms: i64,
    /// What one try costs, in milliseconds of refilling; 0 when there is no limit.
    cost_us: i64,
    /// When the bucket of a key will be full again, in microseconds.
    full_at_us: Mutex<HashMap<u64, i64>>,
    max_keys: usize,
    hasher: RandomState,
}

impl Limiter {
    /// A limit of `rate` for each key.
    pub fn new(rate: Rate) -> Self {
        Self::with_max_keys(rate, MAX_KEYS)
    }

    fn with_max_keys(rate: Rate, max_keys: usize) -> Self {
        let period_ms = i64::from(rate.period_s.max(1)) * 1000;
        let cost_us = if rate.count == 0 { 0 } else { (period_ms * 1000 / i64::from(rate.count)).max(1) };
        Self { period_ms, cost_us, full_at_us: Mutex::default(), max_keys, hasher: RandomState::new() }
    }

    /// Counts one try.
    ///
    /// # Errors
    /// [`RetryAfter`] when the bucket is empty; the try is then not counted.
    pub fn take(&self, key: &str, now_ms: i64) -> Result<(), RetryAfter> {
        if self.cost_us == 0 {
            return Ok(());
        }
        let key = self.hasher.hash_one(key);
        let mut buckets = self.lock();
        let full_at = self.full_at(&mut buckets, key, now_ms);
        self.room(full_at, now_ms)?;
        self.store(&mut buckets, key, full_at.saturating_add(self.cost_us), now_ms);
        Ok(())
    }

    /// Empties the bucket, whatever was in it; with a count of 1, [`Self::peek`] then refuses for one period.
    fn drain(&self, key: &str, now_ms: i64) {
        let full_at = now_ms.saturating_add(self.period_ms).saturating_mul(1000);
        self.store(&mut self.lock(), self.hasher.hash_one(key), full_at, now_ms);
    }

    fn store(&self, buckets: &mut HashMap<u64, i64>, key: u64, full_at: i64, now_ms: i64) {
        if buckets.len() >= self.max_keys {
            forget_the_fullest(buckets, now_ms.saturating_mul(1000));
        }
        buckets.insert(key, full_at);
    }

    /// Whether one more try would be allowed, without counting it.
    ///
    /// # Errors
    /// [`RetryAfter`] when the bucket is empty.
    pub fn peek(&self, key: &str, now_ms: i64) -> Result<(), RetryAfter> {
        if self.cost_us == 0 {
            return Ok(());
        }
        let key = self.hasher.hash_one(key);
        let full_at = self.full_at(&mut self.lock(), key, now_ms);
        self.room(full_at, now_ms)
    }

    /// How many keys are remembered; for metrics.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nobody is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, i64>> {
        self.full_at_us.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// INVARIANT: never further ahead than one period, so that a clock that stepped back blocks nobody for longer.
    fn full_at(&self, buckets: &mut HashMap<u64, i64>, key: u64, now_ms: i64) -> i64 {
        let now = now_ms.saturating_mul(1000);
        let latest = now.saturating_add(self.period_ms * 1000);
        buckets.get_mut(&key).map_or(now, |full_at| {
            *full_at = (*full_at).min(latest);
            now.max(*full_at)
        })
    }

    fn room(&self, full_at: i64, now_ms: i64) -> Result<(), RetryAfter> {
        let allowed_at = full_at.saturating_add(self.cost_us).saturating_sub(self.period_ms * 1000);
        let wait_us = allowed_at.saturating_sub(now_ms.saturating_mul(1000));
        if wait_us <= 0 {
            return Ok(());
        }
        Err(RetryAfter { seconds: u64::try_from(wait_us).unwrap_or(0).div_ceil(1_000_000).max(1) })
    }
}

/// Makes room: first the keys that are full anyway, then the fuller half. What remains are the busiest offenders.
fn forget_the_fullest(buckets: &mut HashMap<u64, i64>, now_us: i64) {
    let before = buckets.len();
    buckets.retain(|_, full_at| *full_at > now_us);
    if buckets.len() * 10 > before * 9 {
        let mut times: Vec<i64> = buckets.values().copied().collect();
        let half = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(half);
        let median = *median;
        // Those above the median always fit; of those equal to it, as many as there is room for.
        let mut room = half.saturating_sub(buckets.values().filter(|full_at| **full_at > median).count());
        buckets.retain(|_, full_at| {
            let fits = *full_at == median && room > 0;
            room -= usize::from(fits);
            *full_at > median || fits
        });
    }
}

/// All limits of a server, from its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitRates {
    /// Sign-ups by address.
    pub sign_up: Rate,
    /// Acceptances of invitations and links by address.
    pub accept: Rate,
    /// Failed sign-ins by address.
    pub sign_in_failures_by_address: Rate,
    /// Failed sign-ins by account and address together.
    pub sign_in_failures_by_account_and_address: Rate,
    /// Failed sign-ins by account, from addresses it does not know.
    pub sign_in_failures_by_account: Rate,
    /// Requests with an unknown token, by address; right tokens never count.
    pub bad_tokens: Rate,
    /// Requests for a mail (forgotten password, verification) by address.
    pub mail_requests: Rate,
    /// Mails to one recipient.
    pub mails_to_recipient: Rate,
    /// Mails that one organization causes.
    pub mails_of_organization: Rate,
}

/// The limits of one node.
#[derive(Debug)]
pub struct Limits {
    /// Sign-ups by address: [`Limiter::take`] with [`address_key`].
    pub sign_up: Limiter,
    /// Acceptances by address.
    pub accept: Limiter,
    /// Unknown tokens by address: take after the token was not found, answer 429 in place of 401.
    pub bad_tokens: Limiter,
    /// Requests for a mail by address.
    pub mail_requests: Limiter,
    /// Mails by recipient.
    pub mails_to_recipient: Limiter,
    /// Mails by organization.
    pub mails_of_organization: Limiter,
    /// Questions to passkeys by address; each is a row until it is answered or over.
    pub questions: Limiter,
    /// Codes of second factors, by identity and place.
    pub codes: Backoff,
    waits: Backoff,
    by_address: Limiter,
    by_pair: Limiter,
    by_account: Limiter,
    known: Limiter,
}

impl Limits {
    /// Empty buckets for all limits.
    pub fn new(rates: LimitRates) -> Self {
        Self {
            sign_up: Limiter::new(rates.sign_up),
            accept: Limiter::new(rates.accept),
            bad_tokens: Limiter::new(rates.bad_tokens),
            mail_requests: Limiter::new(rates.mail_requests),
            mails_to_recipient: Limiter::new(rates.mails_to_recipient),
            mails_of_organization: Limiter::new(rates.mails_of_organization),
            questions: Limiter::new(Rate::per_minute(QUESTIONS_PER_MINUTE)),
            codes: Backoff::after(FREE_CODES),
            waits: Backoff::after(FREE_PASSWORDS),
            by_address: Limiter::new(rates.sign_in_failures_by_address),
            by_pair: Limiter::new(rates.sign_in_failures_by_account_and_address),
            by_account: Limiter::new(rates.sign_in_failures_by_account),
            // A bucket of one: emptied at each success, and until it is full again the address is known.
            known: Limiter::with_max_keys(Rate { count: 1, period_s: KNOWN_ADDRESS_S }, MAX_KNOWN),
        }
    }

    /// Before the password is looked at. `account` is what was typed, folded, whether or not it exists.
    ///
    /// # Errors
    /// [`RetryAfter`] when guessing went too far.
    pub fn may_sign_in(&self, account: &str, from: impl Into<Whence>, now_ms: i64) -> Result<(), RetryAfter> {
        let from = from.into();
        let pair = from.pair(account);
        self.by_pair.peek(&pair, now_ms)?;
        self.waits.may(&pair, now_ms)?;
        if from.known {
            return Ok(());
        }
        self.by_address.peek(&from.key, now_ms)?;
        if self.known.peek(&pair, now_ms).is_err() {
            return Ok(());
        }
        self.by_account.peek(account, now_ms)
    }

    /// After a failure. Counts even for accounts that do not exist.
    pub fn sign_in_failed(&self, account: &str, from: impl Into<Whence>, now_ms: i64) {
        let from = from.into();
        let pair = from.pair(account);
        // Full buckets stay full: those who raced past the check are counted as far as there is room.
        let _ = self.by_pair.take(&pair, now_ms);
        self.waits.failed(&pair, now_ms);
        if from.known {
            return;
        }
        let _ = self.by_address.take(&from.key, now_ms);
        if self.known.peek(&pair, now_ms).is_ok() {
            let _ = self.by_account.take(account, now_ms);
        }
    }

    /// After a success: the address is known to the account from now on.
    pub fn sign_in_succeeded(&self, account: &str, from: impl Into<Whence>, now_ms: i64) {
        let pair = from.into().pair(account);
        self.known.drain(&pair, now_ms);
        self.waits.succeeded(&pair);
    }
}

/// Whence a try comes: a network address, or a browser that has signed in with the account before.
#[derive(Clone, Debug)]
pub struct Whence {
    key: String,
    known: bool,
}

impl Whence {
    /// A browser that showed a cookie of this installation for the account.
    #[must_use]
    pub fn device(id: &str) -> Self {
        Self { key: format!("device {id}"), known: true }
    }

    /// The key of this place and an account together.
    #[must_use]
    pub fn pair(&self, account: &str) -> String {
        format!("{} {account}", self.key)
    }
}

impl From<IpAddr> for Whence {
    fn from(address: IpAddr) -> Self {
        Self { key: address_key(address), known: false }
    }
}

/// The key of an address: an IPv6 customer holds a /64 at least, so all of it counts as one; IPv4 in IPv6 as IPv4.
pub fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x}/64", u128::from(address) >> 64),
    }
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
