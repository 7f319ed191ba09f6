//! Tokens of directories: who makes them, and what they open. Knows no secret.

use serde::{Deserialize, Serialize};

use super::ScimChange;
use crate::access::Permit;
use crate::action::Action;
use crate::change::Change;
use crate::ids::{MemberId, OrgId, TokenId};
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;
use crate::token::guard_mints;

/// How many tokens of directories live at once: the one in use, and the one that takes its place.
pub const TOKENS_MOST: usize = 2;

/// One token of a directory, as the store keeps it; the secret is not among it. It stands for no person and opens
/// nothing but `/scim` of its organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScimToken {
    /// Its id.
    pub id: TokenId,
    /// The organization it opens.
    pub organization: OrgId,
    /// Which directory has it, in its maker's words.
    pub name: String,
    /// Last four characters of the secret.
    pub last4: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its present secret was made.
    pub issued_at: Timestamp,
    /// Who made it.
    pub created_by: Option<MemberId>,
    /// Last time it was used, kept roughly.
    pub last_used_at: Option<Timestamp>,
}

/// Leave of the directory that shows this token.
///
/// # Errors
/// `auth.invalid` where the organization's credentials were reset since, `scim.not_offered`.
pub fn permit(token: &ScimToken, rules: &Rules, valid_from: Timestamp) -> Result<Permit, Refusal> {
    if token.issued_at < valid_from {
        return Err(Refusal::of(Code::AuthInvalid));
    }
    guard_offered(rules)?;
    Ok(Permit::of_directory(token.organization))
}

fn guard_offered(rules: &Rules) -> Result<(), Refusal> {
    if rules.policy().scim_offered { Ok(()) } else { Err(Refusal::of(Code::ScimNotOffered)) }
}

/// A directory switches people off and on whatever their role: nobody hands that out who may not touch holders of the
/// top role themself.
fn guard_reach(permit: &Permit) -> Result<(), Refusal> {
    guard_mints(permit)?;
    if permit.may(Action::MemberManageTop) {
        return Ok(());
    }
    let lacked = Action::MemberManageTop.permission();
    let detail = format!("a directory may do more than you, who lack `{lacked}`; ask somebody who has it");
    Err(Refusal::because(Code::AccessDenied, detail))
}

/// Makes a token for a directory (ON-43).
///
/// # Errors
/// `token.scope_missing`, `access.denied`, `scim.not_offered`, `scim_token.limit`.
pub fn create_token(
    permit: &Permit,
    rules: &Rules,
    living: usize,
    token: ScimToken,
    hash: [u8; 32],
) -> Result<Vec<Change>, Refusal> {
    guard_offered(rules)?;
    guard_reach(permit)?;
    if living >= TOKENS_MOST {
        return Err(Refusal::of(Code::ScimTokenLimit));
    }
    Ok(vec![Change::Scim(ScimChange::TokenCreated { token: Box::new(token), hash })])
}

/// Calls a token something else.
#[must_use]
pub fn rename_token(_permit: &Permit, token: ScimToken, after: String) -> Vec<Change> {
    if token.name == after {
        return Vec::new();
    }
    vec![Change::Scim(ScimChange::TokenRenamed { token: Box::new(token), after })]
}

/// Gives a token another secret; the one before opens nothing from here on (ON-43).
///
/// # Errors
/// `token.scope_missing`, `access.denied`, `scim.not_offered`.
pub fn rotate_token(
    permit: &Permit,
    rules: &Rules,
    token: ScimToken,
    last4: String,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    guard_offered(rules)?;
    guard_reach(permit)?;
    let after = ScimToken { last4, issued_at: now, ..token };
    Ok(vec![Change::Scim(ScimChange::TokenRotated { token: Box::new(after), hash })])
}

/// Ends a token.
#[must_use]
pub fn revoke_token(_permit: &Permit, token: ScimToken) -> Vec<Change> {
    vec![Change::Scim(ScimChange::TokenRevoked { token: Box::new(token) })]
}
