//! What tests stand on: the whole program on a free port, on either engine, with a clock moved by
//! hand, seeded randomness and mail that is caught. Only ever a development dependency.

pub mod app;
pub mod authenticator;
pub mod browser;
pub mod caller;
pub mod mail;
pub mod memory;
pub mod model;
pub mod people;
pub mod provider;
pub mod smtp;
pub mod wire;

pub use app::{Engine, ManualClock, Owner, TestApp, engines};
pub use browser::Browser;
pub use caller::{Answer, Caller};
pub use people::{Invited, Person};
pub use provider::{Landed, OpenId};
