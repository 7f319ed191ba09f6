//! Tokens that people make for themselves. Does not mint secrets.

use serde::{Deserialize, Serialize};

use crate::access::Permit;
use crate::action::Action;
use crate::change::Change;
use crate::ids::{MemberId, OrgId, TokenId, UserId};
use crate::permission::Mask;
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// One token, as the store keeps it; the secret is not among it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// The organization it is bound to. `None` only for the one printed at `init`, which is valid
    /// wherever its holder is a member.
    pub organization: Option<OrgId>,
    /// The holder's membership there.
    pub member: Option<MemberId>,
    /// The holder.
    pub user: UserId,
    /// What it is for, in its maker's words.
    pub name: String,
    /// Names of the permissions it carries; `None` is everything its holder may.
    pub scopes: Option<Vec<String>>,
    /// Last four characters of the secret.
    pub last4: String,
    /// When it stops working; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Last request seen with it, kept roughly.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// What a token's scopes let through. A token without scopes carries everything its holder may,
/// except making further tokens; only the one printed at `init` carries that too. A scope the
/// preset does not know any more gives nothing.
#[must_use]
pub fn scope_mask(rules: &Rules, token: &Token) -> Option<Mask> {
    match &token.scopes {
        Some(names) => Some(names.iter().filter_map(|name| rules.preset().bit(name)).fold(Mask::EMPTY, Mask::with)),
        None if token.organization.is_none() => None,
        None => Some(Mask::ALL.without(rules.preset().action_bit(Action::TokenCreate))),
    }
}

fn check_scopes(permit: &Permit, rules: &Rules, names: &[String]) -> Result<(), Refusal> {
    for (at, name) in names.iter().enumerate() {
        let Some(bit) = rules.preset().bit(name) else {
            return Err(Refusal::value(
                Code::ScopeUnknown,
                format!("scopes[{at}]"),
                format!("no scope `{name}`; scopes are permission names"),
            ));
        };
        if !permit.rights().contains(bit) {
            return Err(Refusal::because(Code::TokenScopeAboveOwn, format!("you do not hold `{name}` yourself")));
        }
    }
    if names.is_empty() {
        return Err(Refusal::field("scopes", "field.empty", "name at least one scope, or leave `scopes` out"));
    }
    Ok(())
}

/// Makes a token. `minted_by_token` tells that the maker holds a token, not a session: then
/// scopes left out become that token's own, fixed at this moment.
///
/// # Errors
/// `token.scope_unknown`, `token.scope_above_own`, `token.limit`, `token.life`.
pub fn create(
    permit: &Permit,
    rules: &Rules,
    mut token: Token,
    hash: [u8; 32],
    minted_by_token: bool,
    held: u64,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    match &token.scopes {
        Some(names) => check_scopes(permit, rules, names)?,
        None if minted_by_token => {
            let minting = rules.preset().action_bit(Action::TokenCreate);
            let kept =
                rules.preset().catalogue.iter().filter(|(bit, _)| *bit != minting && permit.rights().contains(*bit));
            token.scopes = Some(kept.map(|(_, permission)| permission.name.clone()).collect());
        }
        None => {}
    }
    let policy = rules.policy();
    if policy.token_max_per_member.is_some_and(|most| held >= most.unsigned_abs()) {
        return Err(Refusal::of(Code::TokenLimit));
    }
    if let Some(life_s) = policy.token_max_life_s {
        let latest = now.plus_s(life_s);
        if token.expires_at.is_none_or(|end| end > latest) {
            return Err(Refusal::value(Code::TokenLife, "expires_at", format!("at most {life_s} seconds from now")));
        }
    }
    if token.expires_at.is_some_and(|end| end <= now) {
        return Err(Refusal::value(Code::TokenLife, "expires_at", "lies in the past"));
    }
    Ok(vec![Change::TokenCreated { token: Box::new(token), hash }])
}
