//! What keeps secrets secret: random bytes, tokens, the instance key, passwords and limits on guessing.
//!
//! Nothing here knows an organization, a table or a route; callers decide when to ask and what to store.

pub mod backoff;
pub mod key;
pub mod limits;
pub mod outbound;
pub mod password;
mod phc;
pub mod secret;
pub mod token;
pub mod totp;
