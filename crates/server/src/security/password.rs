//! Password hashing: Argon2id on threads of its own, with one memory arena each.
//!
//! A hash takes tens of milliseconds and 19 MiB. So the work never runs on the threads that serve requests, at most
//! `workers` run at once, each reuses its arena, the line of those who wait is bounded, and idle arenas go back to
//! the system. Rules for passwords (length, strength) are not here, nor is who may sign in.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Version};
use tokio::sync::oneshot;

use super::phc::{Costs, Phc};
use super::secret::{Entropy, Secret, random_bytes};
use super::token::same;

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Longer passwords are refused (hashing) or match nothing (verifying).
pub const MAX_PASSWORD_BYTES: usize = 1024;
/// The default costs: OWASP's second choice for Argon2id, the strongest that fits 19 MiB.
pub const DEFAULT_COSTS: Params = Params { memory_kib: 19_456, iterations: 2 };

/// The costs of new hashes; one lane always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    /// Memory in KiB, at least 8.
    pub memory_kib: u32,
    /// Passes over the memory, at least 1.
    pub iterations: u32,
}

/// How much work may run and wait.
#[derive(Debug, Clone, Copy)]
pub struct Capacity {
    /// Threads; one per core is the most that helps.
    pub workers: usize,
    /// How many may wait before [`PasswordError::Busy`].
    pub queue: usize,
    /// After how long without work a thread gives its memory back.
    pub idle: Duration,
}

/// Why a password was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordError {
    /// Too many are waiting: 503 with `Retry-After`.
    Busy {
        /// When the line should have gone down.
        retry_after_s: u64,
    },
    /// More than [`MAX_PASSWORD_BYTES`].
    TooLong,
    /// The computation failed: out of memory, or the service is shutting down.
    Failed,
}

impl std::fmt::Display for PasswordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Busy { retry_after_s } => {
                write!(f, "too many are signing in at this moment; try again in {retry_after_s} s")
            }
            Self::TooLong => write!(f, "the password is longer than {MAX_PASSWORD_BYTES} bytes; choose a shorter one"),
            Self::Failed => f.write_str("the password could not be hashed; see the log for memory or a shutdown"),
        }
    }
}

impl std::error::Error for PasswordError {}

/// The service. Dropping it ends its threads after the work they are at.
#[derive(Debug)]
pub struct PasswordHasher {
    line: Arc<Line>,
    costs: Costs,
    entropy: Arc<dyn Entropy>,
    capacity: Capacity,
}

impl PasswordHasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the costs are outside what can be verified later, or the system gives no thread.
    pub fn new(params: Params, capacity: Capacity, entropy: Arc<dyn Entropy>) -> io::Result<Self> {
        let costs = Costs { memory_kib: params.memory_kib, iterations: params.iterations, lanes: 1 };
        let sample = Phc { costs, salt: vec![0; SALT_BYTES], hash: vec![0; HASH_BYTES] };
        if Phc::parse(&sample.to_string()).is_none() {
            let reason = "password costs must be 8 to 131072 KiB and 1 to 8 iterations";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let hasher = Self { line: Arc::default(), costs, entropy, capacity };
        for _ in 0..capacity.workers.max(1) {
            let worker = Worker {
                line: Arc::clone(&hasher.line),
                usual: costs.memory_kib,
                idle: capacity.idle,
                arena: Vec::new(),
            };
            std::thread::Builder::new().name("password".to_owned()).spawn(move || worker.run())?;
        }
        Ok(hasher)
    }

    /// The PHC string to store for a new password.
    ///
    /// # Errors
    /// See [`PasswordError`].
    pub async fn hash(&self, password: Secret<String>) -> Result<String, PasswordError> {
        if password.expose().len() > MAX_PASSWORD_BYTES {
            return Err(PasswordError::TooLong);
        }
        let salt = random_bytes::<SALT_BYTES>(self.entropy.as_ref()).to_vec();
        let hash = self.compute(password, self.costs, salt.clone(), HASH_BYTES).await?;
        Ok(Phc { costs: self.costs, salt, hash }.to_string())
    }

    /// Whether the password is the one that was hashed.
    ///
    /// Without a stored hash (nobody has that address, or signs in otherwise) the same work is done in vain, so that
    /// the time says nothing about who has an account. A stored hash that cannot be read counts as none.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] or [`PasswordError::Failed`]; an overlong password is simply wrong.
    pub async fn verify(&self, password: Secret<String>, stored: Option<String>) -> Result<bool, PasswordError> {
        if password.expose().len() > MAX_PASSWORD_BYTES {
            return Ok(false);
        }
        let parsed = stored.as_deref().and_then(Phc::parse);
        if stored.is_some() && parsed.is_none() {
            tracing::error!(
                "a stored password hash is not argon2id or has unbearable costs; the person must reset the password"
            );
        }
        let known = parsed.is_some();
        let dummy = || Phc { costs: self.costs, salt: vec![0; SALT_BYTES], hash: vec![0; HASH_BYTES] };
        let phc = parsed.unwrap_or_else(dummy);
        let hash = self.compute(password, phc.costs, phc.salt, phc.hash.len()).await?;
        Ok(same(&hash, &phc.hash) & known)
    }

    /// Whether a hash that just verified should be replaced, because costs have changed since.
    pub fn needs_rehash(&self, stored: &str) -> bool {
        Phc::parse(stored).is_none_or(|phc| phc.costs != self.costs || phc.hash.len() != HASH_BYTES)
    }

    /// How many wait in line.
    pub fn waiting(&self) -> usize {
        self.line.lock().jobs.len()
    }

    /// How many arenas are held at this moment; 0 when idle.
    pub fn arenas(&self) -> usize {
        self.line.arenas.load(Ordering::Relaxed)
    }

    async fn compute(
        &self,
        password: Secret<String>,
        costs: Costs,
        salt: Vec<u8>,
        length: usize,
    ) -> Result<Vec<u8>, PasswordError> {
        let (answer, answered) = oneshot::channel();
        self.line.join(Job { password, costs, salt, length, answer }, &self.capacity)?;
        answered.await.ok().flatten().ok_or(PasswordError::Failed)
    }
}

impl Drop for PasswordHasher {
    fn drop(&mut self) {
        let mut waiting = self.line.lock();
        waiting.closed = true;
        waiting.jobs.clear();
        self.line.changed.notify_all();
    }
}

/// One computation, with the place its answer goes.
#[derive(Debug)]
struct Job {
    password: Secret<String>,
    costs: Costs,
    salt: Vec<u8>,
    length: usize,
    answer: oneshot::Sender<Option<Vec<u8>>>,
}

/// Those who wait, and the threads' shared numbers.
#[derive(Debug, Default)]
struct Line {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    arenas: AtomicUsize,
    last_cost_us: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, job: Job, capacity: &Capacity) -> Result<(), PasswordError> {
        let mut waiting = self.lock();
        if waiting.jobs.len() >= capacity.queue {
            // Who hung up meanwhile does not keep others out.
            waiting.jobs.retain(|job| !job.answer.is_closed());
        }
        let length = waiting.jobs.len();
        if length >= capacity.queue {
            let cost_us = self.last_cost_us.load(Ordering::Relaxed);
            let line_us = cost_us.saturating_mul(length as u64) / capacity.workers.max(1) as u64;
            return Err(PasswordError::Busy { retry_after_s: line_us.div_ceil(1_000_000).max(1) });
        }
        waiting.jobs.push_back(job);
        self.changed.notify_one();
        Ok(())
    }
}

struct Worker {
    line: Arc<Line>,
    /// Arenas of this size are kept for the next job; larger ones are given back at once.
    usual: u32,
    idle: Duration,
    arena: Vec<Block>,
}

impl Worker {
    fn run(mut self) {
        while let Some(job) = self.next_job() {
            if job.answer.is_closed() {
                continue;
            }
            let start = Instant::now();
            let hash = self.compute(&job);
            let cost_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.line.last_cost_us.store(cost_us, Ordering::Relaxed);
            // A caller who hung up needs no answer.
            let _ = job.answer.send(hash);
        }
        self.give_back();
    }

    /// Waits for work, giving the arena back after the idle time. `None` ends the thread.
    fn next_job(&mut self) -> Option<Job> {
        let line = Arc::clone(&self.line);
        let mut waiting = line.lock();
        loop {
            if waiting.closed {
                return None;
            }
            if let Some(job) = waiting.jobs.pop_front() {
                return Some(job);
            }
            if self.arena.is_empty() {
                waiting = line.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (guard, wait) = line.changed.wait_timeout(waiting, self.idle).unwrap_or_else(PoisonError::into_inner);
            waiting = guard;
            if wait.timed_out() && waiting.jobs.is_empty() {
                self.give_back();
            }
        }
    }

    fn compute(&mut self, job: &Job) -> Option<Vec<u8>> {
        let Costs { memory_kib, iterations, lanes } = job.costs;
        let params = argon2::Params::new(memory_kib, iterations, lanes, Some(job.length)).ok()?;
        let blocks = params.block_count();
        if self.arena.len() < blocks {
            self.give_back();
            self.arena.try_reserve_exact(blocks).ok()?;
            self.arena.resize(blocks, Block::new());
            self.line.arenas.fetch_add(1, Ordering::Relaxed);
        }
        let mut hash = vec![0; job.length];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(job.password.expose().as_bytes(), &job.salt, &mut hash, &mut self.arena)
            .ok()?;
        if memory_kib > self.usual {
            self.give_back();
        }
        Some(hash)
    }

    fn give_back(&mut self) {
        if !self.arena.is_empty() {
            self.arena = Vec::new();
            self.line.arenas.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
#[path = "password_tests.rs"]
mod tests;
