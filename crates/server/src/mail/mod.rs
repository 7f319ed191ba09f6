//! Mail: what it says and how it leaves.
//!
//! Texts are pure functions ([`letters`]) and sending is one call ([`MailTransport::send`]). When mail is sent, tried
//! again or given up is the outbox's business, not this module's.

pub mod letters;
mod message;
mod transport;

pub use message::Message;
pub use transport::{MailTransport, SendError, Sent};
