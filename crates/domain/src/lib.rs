//! Guildhall's rules: pure types and functions. No async, no I/O, no clock, no randomness, no SQL, no HTTP.

pub mod action;
pub mod permission;
pub mod policy;
pub mod preset;
pub mod rights;
