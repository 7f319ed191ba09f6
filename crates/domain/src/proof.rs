//! How somebody proved who they are when their session began, and whether that suffices in one organization.
//! Does not verify passwords, keys or tickets of a provider.

use serde::{Deserialize, Serialize};

use crate::ids::ConnectionId;
use crate::member::{Member, MemberKind, words};
use crate::preset::Rules;
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
    /// Whose provider vouched for it.
    pub vouched: Vouched,
}

/// Whose provider vouched for a session, seen from one organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vouched {
    /// The person themself did, or a provider whose word for them counts everywhere.
    Own,
    /// The organization's own one, by a connection that is switched on.
    Here,
    /// One whose word for the person counts in another organization alone.
    Elsewhere,
}

/// Whether single sign-on is required of a member at this moment (PL-25). Holders of the top role keep another way
/// in, all of them or those whom the policy names.
#[must_use]
pub fn needs_sso(rules: &Rules, member: &Member, now: Timestamp) -> bool {
    is_required(rules, now) && member.kind == MemberKind::Person && !keeps_way_in(rules, member)
}

/// Whether single sign-on is required by now.
#[must_use]
pub fn is_required(rules: &Rules, now: Timestamp) -> bool {
    let policy = rules.policy();
    policy.sso_required && policy.sso_required_from.is_none_or(|from| from <= now)
}

/// Whether somebody keeps another way in where single sign-on is required.
#[must_use]
pub fn keeps_way_in(rules: &Rules, member: &Member) -> bool {
    let named = &rules.policy().sso_break_glass;
    rules.preset().is_top(&member.role) && (named.is_empty() || named.contains(&member.email))
}

/// Whether a session counts in an organization: each asks its own rule of it.
///
/// # Errors
/// `auth.invalid`, `sso.required`, `sso.elsewhere`.
pub fn guard(rules: &Rules, member: &Member, session: &Sitting, now: Timestamp) -> Result<(), Refusal> {
    let policy = rules.policy();
    let idle_s = now.seconds_since(session.seen_at);
    let over = policy.session_idle_s.is_some_and(|most_s| idle_s > most_s)
        || now.seconds_since(session.created_at) > policy.session_absolute_s
        || session.created_at < member.sessions_from;
    if over {
        let detail = "your session is over for this organization; sign in again";
        return Err(Refusal::because(Code::AuthInvalid, detail));
    }
    match session.vouched {
        Vouched::Here => Ok(()),
        Vouched::Own | Vouched::Elsewhere if needs_sso(rules, member, now) => Err(Code::SsoRequired.into()),
        Vouched::Own => Ok(()),
        Vouched::Elsewhere => Err(Code::SsoElsewhere.into()),
    }
}
