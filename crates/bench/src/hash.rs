//! The bare hash that bounds every sign-in: Argon2id with the product's default costs, its memory
//! reused, on every core.

use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use guildhall_server::security::password::DEFAULT_COSTS;

use crate::Outcome;

/// Hashes a second on all cores together.
pub(crate) fn rate(time: Duration) -> Outcome<f64> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads: Vec<_> = (0..cores).map(|_| std::thread::spawn(move || one_core(time))).collect();
    threads.into_iter().map(|thread| thread.join().map_err(|_| "a hashing thread broke down".to_owned())?).sum()
}

fn one_core(time: Duration) -> Outcome<f64> {
    let failed = |e: argon2::Error| format!("the bare hash failed: {e}");
    let params = Params::new(DEFAULT_COSTS.memory_kib, DEFAULT_COSTS.iterations, 1, Some(32)).map_err(failed)?;
    let mut memory = vec![Block::new(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (begun, mut hashes, mut out) = (Instant::now(), 0.0, [0_u8; 32]);
    while begun.elapsed() < time {
        argon2
            .hash_password_into_with_memory(b"correct horse battery", &[7; 16], &mut out, &mut memory)
            .map_err(failed)?;
        hashes += 1.0;
    }
    Ok(hashes / begun.elapsed().as_secs_f64())
}
