//! Mail domains that an organization claims, and the proof that they are its own. Asks no name server and sends
//! nothing.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::Permit;
use crate::change::{AuditFact, Change};
use crate::disposable::is_public;
use crate::ids::{DomainId, OrgId};
use crate::member::words;
use crate::policy::domain;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

words! {
    /// How a claim is proved.
    VerifyBy {
        /// By a TXT record, looked up again each day.
        Dns = "dns",
        /// By a code mailed to the domain's postmaster, once a year.
        Mail = "mail",
    }
}

words! {
    /// Where a claim stands.
    ClaimState {
        /// Not proved yet.
        Pending = "pending",
        /// Proved: it has effect.
        Verified = "verified",
        /// Proved once and not any more.
        Lost = "lost",
    }
}

/// How long a record may be missing before the claim is lost.
const MISSED_S: i64 = 3 * 86_400;
/// How long a mailed proof holds.
const MAILED_S: i64 = 365 * 86_400;

/// One claim, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedDomain {
    /// Its id.
    pub id: DomainId,
    /// Who claims it.
    pub organization: OrgId,
    /// The domain in its ASCII form.
    pub domain: String,
    /// How the claim is proved.
    pub verify_by: VerifyBy,
    /// What the TXT record holds.
    pub record: String,
    /// Where the claim stands.
    pub state: ClaimState,
    /// Since when it is proved.
    pub verified_at: Option<Timestamp>,
    /// When it was last looked up.
    pub checked_at: Option<Timestamp>,
    /// Since when the record is missing.
    pub missed_since: Option<Timestamp>,
    /// When it was claimed.
    pub created_at: Timestamp,
    /// Revision of its last change.
    pub revision: u64,
}

impl ClaimedDomain {
    /// The name under which the TXT record is looked up.
    #[must_use]
    pub fn record_name(&self) -> String {
        format!("_guildhall.{}", self.domain)
    }
}

/// One recorded change of a claim.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum DomainChange {
    Claimed {
        claim: Box<ClaimedDomain>,
        code: Option<[u8; 32]>,
    },
    /// The claim as it is after somebody looked.
    Looked {
        before: ClaimState,
        claim: Box<ClaimedDomain>,
    },
    Dropped {
        claim: Box<ClaimedDomain>,
    },
}

impl DomainChange {
    /// The claim it is about.
    #[must_use]
    pub fn claim(&self) -> &ClaimedDomain {
        match self {
            Self::Claimed { claim, .. } | Self::Looked { claim, .. } | Self::Dropped { claim } => claim,
        }
    }

    /// What the audit trail says of it; looking that finds what was known is none of its business.
    #[must_use]
    pub fn audit(&self) -> Option<AuditFact> {
        let claim = self.claim();
        let state = |state: ClaimState| json!({"domain": claim.domain, "state": state.word()});
        let (kind, before, after) = match self {
            Self::Claimed { .. } => ("domain.claimed", Value::Null, state(claim.state)),
            Self::Looked { before, .. } if *before == claim.state => return None,
            Self::Looked { before, .. } => {
                let kind = if claim.state == ClaimState::Verified { "domain.verified" } else { "domain.lost" };
                (kind, state(*before), state(claim.state))
            }
            Self::Dropped { .. } => ("domain.dropped", state(claim.state), Value::Null),
        };
        let target = ("domain", claim.id.to_string(), claim.domain.clone());
        Some(AuditFact { organization: Some(claim.organization), kind, target, before, after })
    }
}

/// Reads a domain that is to be claimed.
///
/// # Errors
/// `field.invalid`, `domain.public`.
pub fn read(text: &str) -> Result<String, Refusal> {
    let named = domain(text.trim().trim_start_matches('@'));
    let named = named.ok_or_else(|| Refusal::field("domain", "field.invalid", "a domain such as `example.org`"))?;
    if is_public(&named) { Err(Code::DomainPublic.into()) } else { Ok(named) }
}

/// Claims a domain. `here` tells that the organization claims it already, `elsewhere` that another one has proved it.
///
/// # Errors
/// `domain.claimed_already`, `domain.taken`.
pub fn claim(
    _permit: &Permit,
    claim: ClaimedDomain,
    code: Option<[u8; 32]>,
    here: bool,
    elsewhere: bool,
) -> Result<Vec<Change>, Refusal> {
    if here {
        return Err(Code::DomainClaimedAlready.into());
    }
    if elsewhere {
        return Err(Code::DomainTaken.into());
    }
    Ok(vec![Change::Domain(DomainChange::Claimed { claim: Box::new(claim), code })])
}

fn looked(claim: &ClaimedDomain, after: ClaimedDomain) -> Vec<Change> {
    vec![Change::Domain(DomainChange::Looked { before: claim.state, claim: Box::new(after) })]
}

/// The claim was found proved.
///
/// # Errors
/// `domain.taken`.
pub fn proved(claim: &ClaimedDomain, elsewhere: bool, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    if elsewhere {
        return Err(Code::DomainTaken.into());
    }
    let verified_at = match claim.state {
        ClaimState::Verified if claim.verify_by == VerifyBy::Dns => claim.verified_at,
        _ => Some(now),
    };
    let after = ClaimedDomain {
        state: ClaimState::Verified,
        verified_at,
        checked_at: Some(now),
        missed_since: None,
        ..claim.clone()
    };
    Ok(looked(claim, after))
}

/// The record was not there. A claim that was proved is lost once that lasts.
#[must_use]
pub fn missed(claim: &ClaimedDomain, now: Timestamp) -> Vec<Change> {
    let since = claim.missed_since.unwrap_or(now);
    let lost = claim.state == ClaimState::Verified && now.seconds_since(since) >= MISSED_S;
    let state = if lost { ClaimState::Lost } else { claim.state };
    looked(claim, ClaimedDomain { state, checked_at: Some(now), missed_since: Some(since), ..claim.clone() })
}

/// A proof by mail that is too old is none.
#[must_use]
pub fn aged(claim: &ClaimedDomain, now: Timestamp) -> Vec<Change> {
    let old = claim.verified_at.is_none_or(|at| now.seconds_since(at) >= MAILED_S);
    let state = if old { ClaimState::Lost } else { claim.state };
    looked(claim, ClaimedDomain { state, checked_at: Some(now), ..claim.clone() })
}

/// Gives a claim up: what rests on it has no effect any more.
#[must_use]
pub fn release(_permit: &Permit, claim: ClaimedDomain) -> Vec<Change> {
    vec![Change::Domain(DomainChange::Dropped { claim: Box::new(claim) })]
}
