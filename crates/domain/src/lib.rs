//! Guildhall's rules, and nothing else: types, presets, rights, decisions, changes and refusals.
//!
//! INVARIANT: no async, no input or output, no clock, no randomness, no SQL and no HTTP in this
//! crate. Time and fresh ids come in as arguments.

pub mod ids;
pub mod refusal;
pub mod text;
pub mod time;
