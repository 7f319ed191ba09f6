//! Guildhall's rules, and nothing else: types, presets, rights, decisions, changes and refusals.
//!
//! INVARIANT: no async, no input or output, no clock, no randomness, no SQL and no HTTP in this
//! crate. Time and fresh ids come in as arguments.

pub mod access;
pub mod account;
pub mod action;
pub mod approval;
pub mod change;
pub mod claimed_domain;
pub mod condition;
pub mod departure;
pub mod deploy_key;
pub mod direct;
pub mod directory;
pub mod disposable;
pub mod factor;
pub mod group;
pub mod identity;
pub mod ids;
pub mod import;
pub mod index;
pub mod invitation;
pub mod invite_link;
pub mod joining;
pub mod limit;
pub mod member;
pub mod network;
pub mod organization;
pub mod ownership;
pub mod permission;
pub mod policy;
pub mod preset;
pub mod proof;
pub mod provisioning;
pub mod reach;
pub mod refusal;
pub mod resource;
pub mod rights;
pub mod role;
pub mod seats;
pub mod service_account;
pub mod sso;
pub mod tenant;
pub mod text;
pub mod time;
pub mod token;
pub mod usage;
