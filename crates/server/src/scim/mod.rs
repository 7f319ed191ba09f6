//! The language of SCIM 2.0 (RFC 7643, RFC 7644) as pure functions over JSON: schemas, filters, PATCH, what of a
//! resource is shown. Stores nothing and decides nothing about anybody.

pub mod document;
pub mod error;
pub mod filter;
pub mod matching;
pub mod patch;
pub mod projection;
pub mod publish;
pub mod schema;

pub use error::ScimError;
