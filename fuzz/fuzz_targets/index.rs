//! Any bytes choose a history of an organization; the rights index walks through it beside plain lists
//! and the formula. The walk itself is that of the domain's `index_laws` test.
//! `cargo +nightly fuzz run index`, with cargo-fuzz.
#![no_main]

#[allow(dead_code, reason = "the tests throw from a number too")]
#[path = "../../crates/domain/tests/index_laws/facts.rs"]
mod facts;
#[path = "../../crates/domain/tests/index_laws/laws.rs"]
mod laws;
#[path = "../../crates/domain/tests/index_laws/people.rs"]
mod people;
#[path = "../../crates/domain/tests/index_laws/things.rs"]
mod things;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::walk_bytes(bytes);
});
