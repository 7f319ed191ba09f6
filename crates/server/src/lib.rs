//! x
pub mod console;
