//! How somebody proved who they are when their session began, and whether that suffices in one organization.
//! Does not verify passwords, keys or tickets of a provider.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::ids::ConnectionId;
use crate::member::{Member, MemberKind, words};
use crate::policy::Policy;
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::tenant::Settings;
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

    /// The same, with a second factor given now.
    #[must_use]
    pub const fn and_factor(self, now: Timestamp) -> Self {
        Self { factor_at: Some(now), ..self }
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
    /// From when on a session without a second factor does not count here; `None` where none is asked for.
    pub factor_due: Option<Timestamp>,
    /// The lengths that held when it began, where those that hold now are for new sessions only.
    pub earlier: Option<Lengths>,
    /// Whose provider vouched for it.
    pub vouched: Vouched,
}

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// Without a request, in seconds.
    pub idle_s: Option<i64>,
    /// In use, in seconds.
    pub absolute_s: i64,
}

impl Lengths {
    /// Those of a policy.
    #[must_use]
    pub const fn of(policy: &Policy) -> Self {
        Self { idle_s: policy.session_idle_s, absolute_s: policy.session_absolute_s }
    }

    /// The same under a tenant, which lets no session live longer than it says.
    #[must_use]
    pub fn under(self, settings: &Settings) -> Self {
        Self { absolute_s: settings.session_left(self.absolute_s), ..self }
    }
}

/// What an organization asked of sessions before, as far as that still counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Since when it asks for second factors as it does now.
    pub factors_since: Timestamp,
    /// Lengths of sessions that began before a moment, the earliest first.
    pub lengths: Vec<(Timestamp, Lengths)>,
}

impl Past {
    /// The lengths of a session that began then, where later ones are for new sessions only.
    #[must_use]
    pub fn lengths_of(&self, began: Timestamp) -> Option<Lengths> {
        self.lengths.iter().find(|(until, _)| *until > began).map(|(_, lengths)| *lengths)
    }
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
/// `auth.invalid`, `sso.required`, `sso.elsewhere`, `factor.required`.
pub fn guard(rules: &Rules, member: &Member, session: &Sitting, now: Timestamp) -> Result<(), Refusal> {
    let policy = rules.policy();
    let idle_s = now.seconds_since(session.seen_at);
    let lengths = session.earlier.unwrap_or_else(|| Lengths::of(policy));
    let over = lengths.idle_s.is_some_and(|most_s| idle_s > most_s)
        || now.seconds_since(session.created_at) > lengths.absolute_s
        || session.created_at < member.sessions_from;
    if over {
        let detail = "your session is over for this organization; sign in again";
        return Err(Refusal::because(Code::AuthInvalid, detail));
    }
    match session.vouched {
        Vouched::Own | Vouched::Elsewhere if needs_sso(rules, member, now) => return Err(Code::SsoRequired.into()),
        Vouched::Elsewhere => return Err(Code::SsoElsewhere.into()),
        Vouched::Own | Vouched::Here => {}
    }
    if session.proof.factor_at.is_none() && session.factor_due.is_some_and(|due| due <= now) {
        return Err(Code::FactorRequired.into());
    }
    Ok(())
}

/// Whether the organization is reached from an address, with whatever credential.
///
/// # Errors
/// `access.network`.
pub fn guard_network(policy: &Policy, from: IpAddr) -> Result<(), Refusal> {
    if policy.access_networks.lets_in(from) { Ok(()) } else { Err(Code::AccessNetwork.into()) }
}

/// Whoever sets the networks is in one of them.
///
/// # Errors
/// `policy.locks_out`.
pub fn guard_lock_out(after: &Policy, from: IpAddr) -> Result<(), Refusal> {
    guard_network(after, from).map_err(|_| Code::PolicyLocksOut.into())
}

/// Whether whoever is signed in proved recently enough who they are, for acts that hand out more than themselves.
///
/// # Errors
/// `proof.stale`.
pub fn guard_recent(policy: &Policy, proof: &Proof, now: Timestamp) -> Result<(), Refusal> {
    match policy.session_step_up_s {
        Some(most_s) if now.seconds_since(proof.proved_at) > most_s => Err(Code::ProofStale.into()),
        _ => Ok(()),
    }
}
