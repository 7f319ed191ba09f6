//! What joining by oneself changes beside memberships that come and go: requests, the domains that lead to
//! an organization, sign-ups that wait for a proof, and how full a house its owners know of.

use serde_json::{Value, json};

use crate::change::AuditFact;
use crate::ids::{OrgId, UserId};
use crate::member::Member;

/// One recorded change.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum JoinChange {
    /// Somebody asks to be let in.
    Requested { member: Box<Member> },
    /// They take it back.
    Withdrawn { member: Box<Member> },
    /// So many per cent of the seats are taken, and the owners are told.
    SeatsReached { organization: OrgId, percent: u32, used: u64, most: u64 },
    /// The mail domains whose people join by themselves; part of the policy's change.
    DomainsSet { organization: OrgId, domains: Vec<String> },
    /// Somebody signed up and joins once their address is proved: this organization, or that of their mail
    /// domain.
    SignUpWaits { user: UserId, organization: Option<OrgId> },
    /// Nothing waits for the proof any more.
    SignUpSettled { user: UserId },
}

impl JoinChange {
    /// What the audit trail says of this change; `None` for parts of another change.
    #[must_use]
    pub fn audit(&self) -> Option<AuditFact> {
        let member = |m: &Member, kind, before, after| {
            let target = ("member", m.id.to_string(), m.email.clone());
            Some(AuditFact { organization: Some(m.organization), kind, target, before, after })
        };
        let state = |m: &Member| json!({"role": m.role, "status": m.status.word()});
        match self {
            Self::Requested { member: m } => member(m, "member.requested", Value::Null, state(m)),
            Self::Withdrawn { member: m } => member(m, "member.request_withdrawn", state(m), Value::Null),
            Self::SeatsReached { organization, percent, used, most } => Some(AuditFact {
                organization: Some(*organization),
                kind: "seats.threshold_reached",
                target: ("organization", organization.to_string(), String::new()),
                before: Value::Null,
                after: json!({"percent": percent, "used": used, "max": most}),
            }),
            Self::DomainsSet { .. } | Self::SignUpWaits { .. } | Self::SignUpSettled { .. } => None,
        }
    }
}
