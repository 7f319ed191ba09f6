//! Deploy keys: secrets that tie an installation of the product to an organization (PX-42). They
//! belong to no person, carry no rights and open nothing but the question whose they are.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::Permit;
use crate::change::{AuditFact, Change};
use crate::ids::{MemberId, OrgId, TokenId};
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// One deploy key, as the store keeps it; the secret is not among it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployKey {
    /// Its id.
    pub id: TokenId,
    /// The organization it proves.
    pub organization: OrgId,
    /// What it is for, in its maker's words.
    pub name: String,
    /// Last four characters of the secret.
    pub last4: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Option<MemberId>,
    /// Last time it was shown to a product, kept roughly.
    pub last_used_at: Option<Timestamp>,
}

/// One recorded change of a deploy key.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum DeployKeyChange {
    Created { key: Box<DeployKey>, hash: [u8; 32] },
    Deleted { key: Box<DeployKey> },
}

impl DeployKeyChange {
    /// What the audit trail says of it.
    #[must_use]
    pub fn audit(&self) -> AuditFact {
        let named = |key: &DeployKey| json!({"name": key.name, "last4": key.last4});
        let (key, kind, before, after) = match self {
            Self::Created { key, .. } => (key, "deploy_key.created", Value::Null, named(key)),
            Self::Deleted { key } => (key, "deploy_key.deleted", named(key), Value::Null),
        };
        let target = ("deploy_key", key.id.to_string(), key.name.clone());
        AuditFact { organization: Some(key.organization), kind, target, before, after }
    }
}

/// Makes a deploy key.
///
/// # Errors
/// `deploy_key.not_offered`.
pub fn create(_permit: &Permit, rules: &Rules, key: DeployKey, hash: [u8; 32]) -> Result<Vec<Change>, Refusal> {
    if !rules.policy().deploy_keys_offered {
        return Err(Refusal::of(Code::DeployKeysNotOffered));
    }
    Ok(vec![Change::DeployKey(DeployKeyChange::Created { key: Box::new(key), hash })])
}

/// Ends a deploy key.
#[must_use]
pub fn delete(_permit: &Permit, key: DeployKey) -> Vec<Change> {
    vec![Change::DeployKey(DeployKeyChange::Deleted { key: Box::new(key) })]
}

/// Does the key prove its organization at this moment? Not where the organization offers deploy
/// keys no more, nor when it was made before everybody's credentials were reset.
#[must_use]
pub fn proves(rules: &Rules, key: &DeployKey, valid_from: Timestamp) -> bool {
    rules.policy().deploy_keys_offered && key.created_at >= valid_from
}
