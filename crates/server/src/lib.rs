//! Guildhall's use cases, REST API, console and jobs.

pub mod config;
pub mod mail;
pub mod security;
