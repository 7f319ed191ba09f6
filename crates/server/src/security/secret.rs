//! Values that must not be printed, and where random bytes come from.
//!
//! Does not decide what a secret is for: tokens are in [`super::token`], keys in [`super::key`].

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// A value that is wiped when dropped and never printed.
///
/// `Debug` writes `[hidden]`; there is no `Display` and no `Serialize`, so that showing it takes the word `expose`.
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

/// Where random bytes come from; a parameter everywhere, so that tests repeat.
pub trait Entropy: Send + Sync + fmt::Debug {
    /// Overwrites all of `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` random bytes.
pub fn random_bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

/// The operating system's random source.
#[derive(Debug, Clone, Copy)]
pub struct OsEntropy(());

impl OsEntropy {
    /// Opens the source by reading from it once.
    ///
    /// # Errors
    /// What the system answers when it has no random source (a sandbox without `getrandom`, for example).
    pub fn new() -> Result<Self, getrandom::Error> {
        getrandom::fill(&mut [0; 32]).map(|()| Self(()))
    }
}

impl Entropy for OsEntropy {
    /// INVARIANT: never returns with predictable bytes. A source that worked at start and fails now leaves no safe
    /// way on, so the process ends.
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            tracing::error!(%error, "the system's random source failed, stopping");
            std::process::abort();
        }
    }
}

/// Repeatable bytes for tests: SHA-256 over seed and counter, one block per 32 bytes. Never for production.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    counter: AtomicU64,
}

impl SeededEntropy {
    /// The same seed gives the same bytes in the same order of calls.
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: AtomicU64::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let count = self.counter.fetch_add(1, Ordering::Relaxed);
            let block =
                Sha256::new().chain_update(self.seed.to_le_bytes()).chain_update(count.to_le_bytes()).finalize();
            for (target, source) in chunk.iter_mut().zip(block.iter()) {
                *target = *source;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::from("correct horse");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "[hidden] Some([hidden])");
        assert_eq!(secret.clone().expose(), "correct horse");
    }

    #[test]
    fn seeded_bytes_repeat_and_differ_by_seed_and_call() {
        let first = SeededEntropy::new(7);
        let again = SeededEntropy::new(7);
        let one: [u8; 40] = random_bytes(&first);
        assert_eq!(one, random_bytes::<40>(&again));
        assert_ne!(one, random_bytes::<40>(&first));
        assert_ne!(one, random_bytes::<40>(&SeededEntropy::new(8)));
    }

    #[test]
    fn the_system_gives_different_bytes_each_time() {
        let entropy = OsEntropy::new().unwrap();
        assert_ne!(random_bytes::<32>(&entropy), random_bytes::<32>(&entropy));
    }
}
