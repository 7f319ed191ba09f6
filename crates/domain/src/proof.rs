//! How somebody proved who they are when their session began, and whether that suffices in one organization.
//! Does not verify passwords, keys or tickets of a provider.

use serde::{Deserialize, Serialize};

use crate::ids::ConnectionId;
use crate::member::{Member, words};
use crate::policy::Policy;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

words! {
    /// With what a session began.
    Method {
        /// A password, given or chosen.
        Password = "password",
        /// A passkey.
        Passkey = "passkey",
        /// An identity provider.
        Sso = "sso",
    }
}

/// What a session rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// With what it began.
    pub method: Method,
    /// The connection that vouched, where it was a provider.
    pub connection: Option<ConnectionId>,
    /// When a second factor was last given in this session.
    pub factor_at: Option<Timestamp>,
    /// When somebody last proved to be who the session says.
    pub proved_at: Timestamp,
}

impl Proof {
    /// By something that is one factor.
    #[must_use]
    pub const fn one(method: Method, now: Timestamp) -> Self {
        Self { method, connection: None, factor_at: None, proved_at: now }
    }
}

/// A session, as an organization looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Sitting {
    /// When it began.
    pub created_at: Timestamp,
    /// The request before this one.
    pub seen_at: Timestamp,
    /// What it rests on.
    pub proof: Proof,
}

/// Whether a session counts in an organization: each asks its own rule of it.
///
/// # Errors
/// `auth.invalid`.
pub fn guard(policy: &Policy, member: &Member, session: &Sitting, now: Timestamp) -> Result<(), Refusal> {
    let idle_s = now.seconds_since(session.seen_at);
    let over = policy.session_idle_s.is_some_and(|most_s| idle_s > most_s)
        || now.seconds_since(session.created_at) > policy.session_absolute_s
        || session.created_at < member.sessions_from;
    if over {
        let detail = "your session is over for this organization; sign in again";
        return Err(Refusal::because(Code::AuthInvalid, detail));
    }
    Ok(())
}
