//! x
pub mod security;
