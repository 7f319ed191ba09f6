//! What callers send and see of tokens. Does not load anything.

use guildhall_domain::member::MemberKind;
use guildhall_domain::service_account::shown_id;
use guildhall_domain::time::Timestamp;
use guildhall_domain::token::Token;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new token for oneself.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for; 1 to 100 characters.
    pub name: String,
    /// Id or slug of the organization it is bound to.
    pub organization: String,
    /// Permissions it carries; left out: everything its holder may, except making tokens.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// When it stops working; left out: never, unless the policy sets a longest life.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// A new token of a service account.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewServiceToken {
    /// What it is for, 1 to 100 characters; left out: the account's name.
    #[serde(default)]
    pub name: Option<String>,
    /// Permissions it carries; left out: everything the account may.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// When it stops working; left out: never, unless the policy sets a longest life.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// Changes of a token; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditToken {
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it works: `false` switches it off, `true` on again.
    #[serde(default)]
    pub active: Option<bool>,
}

/// How a token gets a new secret.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// For how many seconds the old secret stays valid beside the new one, up to 30 days; left out: not at all.
    #[serde(default)]
    pub overlap_s: i64,
    /// When the token stops working; left out: as before.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// The value of a token, shown again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenValue {
    /// `tok_…`
    pub id: String,
    /// The secret itself.
    pub token: String,
}

/// One token, without its secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// `tok_…`
    pub id: String,
    /// `personal_token` or `service_token`.
    pub kind: String,
    /// The organization it is bound to; `null` for the one made at `init`.
    pub organization: Option<String>,
    /// What it is for.
    pub name: String,
    /// Permissions it carries; `null` is everything its holder may, for a person's except making tokens.
    pub scopes: Option<Vec<String>>,
    /// The last four characters of the secret.
    pub last4: String,
    /// Whether it is switched on.
    pub active: bool,
    /// When it stops working; `null` is never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its secret was issued: as it was made, or rotated last.
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Timestamp,
    /// Last request seen with it, kept roughly; `null` until first used.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
    /// `usr_…` or `svc_…` of its holder.
    pub holder: String,
    /// The secret itself, in the answer that made it and never again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token: Option<String>,
}

/// The word for a token of such a holder.
#[must_use]
pub const fn kind_of(holder: MemberKind) -> &'static str {
    match holder {
        MemberKind::Person => "personal_token",
        MemberKind::ServiceAccount => "service_token",
    }
}

impl From<&Token> for TokenView {
    fn from(t: &Token) -> Self {
        Self {
            id: t.id.to_string(),
            kind: kind_of(t.holder).to_owned(),
            organization: t.organization.map(|id| id.to_string()),
            name: t.name.clone(),
            scopes: t.scopes.clone(),
            last4: t.last4.clone(),
            active: t.active,
            expires_at: t.expires_at,
            created_at: t.created_at,
            issued_at: t.issued_at,
            last_used_at: t.last_used_at,
            holder: shown_id(t.user, t.holder),
            token: None,
        }
    }
}
