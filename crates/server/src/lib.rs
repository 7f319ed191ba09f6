//! Guildhall's use cases, REST API, console and jobs. Rules stand in `domain`, statements in
//! `store`; here is the order in which they are asked.

pub mod app;
pub mod config;
pub mod console;
pub mod http;
pub mod jobs;
pub mod mail;
pub mod memory;
pub mod notes;
pub mod ops;
pub mod provider;
pub mod scim;
pub mod security;
pub mod serve;
