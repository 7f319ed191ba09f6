//! What happens to a token, and what the audit trail says of it.

use serde_json::{Value, json};

use super::{KeptSecret, Token};
use crate::change::AuditFact;
use crate::time::Timestamp;

/// One recorded change of a token.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum TokenChange {
    Created {
        token: Box<Token>,
        secret: KeptSecret,
    },
    Renamed {
        token: Box<Token>,
        after: String,
    },
    /// Off or on.
    Switched {
        token: Box<Token>,
        active: bool,
    },
    /// `token` is what it is from here on; the secret before is valid until `old_until`.
    Rotated {
        token: Box<Token>,
        secret: KeptSecret,
        old_until: Option<Timestamp>,
    },
    /// Nothing moves; that it was looked at is recorded.
    ValueShown {
        token: Box<Token>,
    },
    Revoked {
        token: Box<Token>,
    },
}

impl TokenChange {
    /// The token it is about.
    #[must_use]
    pub fn token(&self) -> &Token {
        match self {
            Self::Created { token, .. }
            | Self::Renamed { token, .. }
            | Self::Switched { token, .. }
            | Self::Rotated { token, .. }
            | Self::ValueShown { token }
            | Self::Revoked { token } => token,
        }
    }

    /// What the audit trail says of it.
    #[must_use]
    pub fn audit(&self) -> AuditFact {
        let token = self.token();
        let (kind, before, after) = match self {
            Self::Created { .. } => (
                "token.created",
                Value::Null,
                json!({"name": token.name, "scopes": token.scopes, "expires_at": token.expires_at, "member": token.member}),
            ),
            Self::Renamed { after, .. } => ("token.renamed", json!({"name": token.name}), json!({"name": after})),
            Self::Switched { active, .. } => (
                if *active { "token.reactivated" } else { "token.deactivated" },
                json!({"active": token.active}),
                json!({"active": active}),
            ),
            Self::Rotated { old_until, .. } => {
                ("token.rotated", Value::Null, json!({"expires_at": token.expires_at, "old_secret_until": old_until}))
            }
            Self::ValueShown { .. } => ("token.value_shown", Value::Null, Value::Null),
            Self::Revoked { .. } => ("token.revoked", json!({"name": token.name}), Value::Null),
        };
        AuditFact {
            organization: token.organization,
            kind,
            target: ("token", token.id.to_string(), token.name.clone()),
            before,
            after,
        }
    }
}
