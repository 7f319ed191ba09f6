//! The handlers behind the pages: read the visit, call one use case, show or send on.

pub mod account;
pub mod admin;
pub mod api_docs;
pub mod entrance;
mod handover;
mod tenant_resources;
mod tenant_settings;
pub mod tenants;
mod token_form;
