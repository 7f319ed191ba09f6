//! Tokens of people and of service accounts: made, renamed, switched off and on, given a new
//! secret, shown again where the policy keeps values. Does not mint, seal or hash secrets.

mod change;

pub use change::TokenChange;

use serde::{Deserialize, Serialize};

use crate::access::Permit;
use crate::action::Action;
use crate::change::Change;
use crate::ids::{GroupId, MemberId, OrgId, TokenId, UserId};
use crate::member::{Member, MemberKind, guard_rank};
use crate::permission::Mask;
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// Longest time for which a rotated secret stays valid beside the new one.
pub const OVERLAP_MAX_S: i64 = 30 * 86_400;

const WITHOUT_MINTING: &str = "this token was made without the scope `token.create`";

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
    /// Whether a person or a program holds it.
    pub holder: MemberKind,
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
    /// When the secret in use was issued: at first, or by a rotation.
    pub issued_at: Timestamp,
    /// Last request seen with it, kept roughly.
    pub last_used_at: Option<Timestamp>,
    /// Whether it is switched on.
    pub active: bool,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    /// Whether it speaks for this membership. A key is for one organization, and a service account's for its one
    /// membership there (PL-14).
    #[must_use]
    pub fn speaks_for(&self, member: &Member) -> bool {
        self.organization.is_none_or(|bound| bound == member.organization)
            && self.member.is_none_or(|bound| bound == member.id)
    }
}

/// What is kept of a secret: how it is recognised, and, sealed, the value itself. The sealed value
/// goes no further where the policy does not keep values (K47).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSecret {
    /// Its keyed hash.
    pub hash: [u8; 32],
    /// The value, unreadable without the instance key.
    pub sealed: Option<Vec<u8>>,
}

impl KeptSecret {
    fn under(self, rules: &Rules) -> Self {
        Self { sealed: self.sealed.filter(|_| rules.policy().token_value_again), ..self }
    }
}

/// New values of a token; `None` keeps what is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenEdit {
    /// The new name.
    pub name: Option<String>,
    /// On or off.
    pub active: Option<bool>,
}

/// What a token's scopes let through. A person's token without scopes carries everything its holder
/// may, except making further tokens; only the one printed at `init` carries that too. A service
/// account's token without scopes carries everything the account may: managing tokens is part of
/// its work where its role says so (TP-35). A scope the preset does not know any more gives nothing.
#[must_use]
pub fn scope_mask(rules: &Rules, token: &Token) -> Option<Mask> {
    match &token.scopes {
        Some(names) => Some(rules.preset().catalogue.given_by(names)),
        None if token.organization.is_none() || token.holder == MemberKind::ServiceAccount => None,
        None => Some(Mask::ALL.without(rules.preset().action_bit(Action::TokenCreate))),
    }
}

/// Refuses scopes that are none, or that reach beyond `rights`.
fn check_scopes(rights: Mask, rules: &Rules, names: &[String]) -> Result<(), Refusal> {
    for (at, name) in names.iter().enumerate() {
        let Some(bit) = rules.preset().bit(name) else {
            return Err(Refusal::value(
                Code::ScopeUnknown,
                format!("scopes[{at}]"),
                format!("no scope `{name}`; scopes are permission names"),
            ));
        };
        if !rights.contains(bit) {
            return Err(Refusal::because(Code::TokenScopeAboveOwn, format!("you do not hold `{name}` yourself")));
        }
    }
    if names.is_empty() {
        return Err(Refusal::field("scopes", "field.empty", "name at least one scope, or leave `scopes` out"));
    }
    Ok(())
}

fn refused_life(detail: String) -> Refusal {
    Refusal::value(Code::TokenLife, "expires_at", detail)
}

/// Refuses an end that is over, or later than the policy lets a token live from now on.
fn guard_end(rules: &Rules, end: Option<Timestamp>, now: Timestamp) -> Result<(), Refusal> {
    if let Some(life_s) = rules.policy().token_max_life_s
        && end.is_none_or(|end| end > now.plus_s(life_s))
    {
        return Err(refused_life(format!("at most {life_s} seconds from now")));
    }
    if end.is_some_and(|end| end <= now) {
        return Err(refused_life("lies in the past".to_owned()));
    }
    Ok(())
}

/// The end of a token that begins now, as the policy counts it, or why it cannot have that end.
fn guard_life(rules: &Rules, wanted: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
    guard_end(rules, wanted, now)?;
    let policy = rules.policy();
    if let Some(life_s) = policy.token_min_life_s
        && wanted.is_some_and(|end| end < now.plus_s(life_s))
    {
        return Err(refused_life(format!("at least {life_s} seconds from now")));
    }
    Ok(wanted.map(|end| if policy.token_whole_days { end.end_of_day() } else { end }))
}

fn guard_count(most: Option<i64>, held: u64) -> Result<(), Refusal> {
    match most {
        Some(most) if held >= most.unsigned_abs() => Err(Refusal::of(Code::TokenLimit)),
        _ => Ok(()),
    }
}

/// Makes a token for oneself. `minted_by_token` tells that the maker holds a token, not a session:
/// then scopes left out become that token's own, fixed at this moment.
///
/// # Errors
/// `access.denied`, `token.scope_unknown`, `token.scope_above_own`, `token.limit`, `token.life`.
pub fn create(
    permit: &Permit,
    rules: &Rules,
    mut token: Token,
    secret: KeptSecret,
    minted_by_token: bool,
    held: u64,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    if permit.is_program() {
        return Err(Refusal::because(
            Code::AccessDenied,
            "a service account has no personal tokens; make it one under `service-accounts`",
        ));
    }
    match &token.scopes {
        Some(names) => check_scopes(permit.rights(), rules, names)?,
        None if minted_by_token => {
            let minting = rules.preset().action_bit(Action::TokenCreate);
            let kept = rules.preset().catalogue.names(permit.rights().without(minting));
            token.scopes = Some(kept.into_iter().map(str::to_owned).collect());
        }
        None => {}
    }
    guard_count(rules.policy().token_max_per_member, held)?;
    token.expires_at = guard_life(rules, token.expires_at, now)?;
    Ok(vec![Change::Token(TokenChange::Created { token: Box::new(token), secret: secret.under(rules) })])
}

/// May the permit's holder have a secret that acts as `holder`? Only with everything that the
/// holder's role gives, and with a credential that makes credentials.
///
/// # Errors
/// `token.scope_missing`, `member.top_role_required`, `service_account.other_top`, `access.denied`.
pub fn guard_secret(permit: &Permit, rules: &Rules, holder: &Member) -> Result<(), Refusal> {
    guard_mints(permit)?;
    guard_rank(permit, rules, holder)?;
    if !permit.covers_role(rules.rights(&holder.role)) {
        return Err(Refusal::because(
            Code::AccessDenied,
            format!("`{}` has rights that you do not hold; ask somebody who does", holder.label()),
        ));
    }
    Ok(())
}

/// Refuses a secret of an account that is given more than whoever would have the secret: by groups it is in, or
/// (`more`) by grants and by what it owns. Nobody gives more than they have, by any path.
///
/// # Errors
/// `grant.above_own`.
pub fn guard_gifts(permit: &Permit, rules: &Rules, groups: &[GroupId], more: bool) -> Result<(), Refusal> {
    let above = groups.iter().any(|group| !crate::group::covers(permit, rules.group_mask(*group)));
    if more || above {
        return Err(Refusal::because(
            Code::GrantAboveOwn,
            "the account is granted more than you have; nobody gives that away",
        ));
    }
    Ok(())
}

/// Makes a token for a service account.
///
/// # Errors
/// `token.scope_missing`, `member.top_role_required`, `service_account.other_top`, `access.denied`,
/// `token.scope_unknown`, `token.scope_above_own`, `token.limit`, `token.life`.
pub fn create_for(
    permit: &Permit,
    rules: &Rules,
    account: &Member,
    mut token: Token,
    secret: KeptSecret,
    held: u64,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    guard_secret(permit, rules, account)?;
    if let Some(names) = &token.scopes {
        check_scopes(permit.rights(), rules, names)?;
    }
    guard_count(rules.policy().service_account_max_tokens, held)?;
    token.expires_at = guard_life(rules, token.expires_at, now)?;
    Ok(vec![Change::Token(TokenChange::Created { token: Box::new(token), secret: secret.under(rules) })])
}

/// Renames a token, switches it off or on. Who may is asked by [`guard_holder`], or it is one's own.
#[must_use]
pub fn edit(token: &Token, edit: &TokenEdit) -> Vec<Change> {
    let mut changes = Vec::new();
    if let Some(name) = edit.name.as_ref().filter(|name| **name != token.name) {
        changes.push(Change::Token(TokenChange::Renamed { token: Box::new(token.clone()), after: name.clone() }));
    }
    if let Some(active) = edit.active.filter(|active| *active != token.active) {
        changes.push(Change::Token(TokenChange::Switched { token: Box::new(token.clone()), active }));
    }
    changes
}

/// May the permit's holder switch off and revoke tokens of `holder`? A service account leaves those
/// of other service accounts with the top role alone (TP-35).
///
/// # Errors
/// `service_account.other_top`.
pub fn guard_holder(permit: &Permit, rules: &Rules, holder: &Member) -> Result<(), Refusal> {
    crate::service_account::guard_other_top(permit, rules, holder)
}

/// Gives a service account's token a new secret. The old one is dead at once, or after `overlap_s`
/// seconds; the one before it is dead in any case. `expires_at` left out stays.
///
/// # Errors
/// As [`create_for`], `field.out_of_range`.
pub fn rotate(
    permit: &Permit,
    rules: &Rules,
    account: &Member,
    before: &Token,
    wanted: &Rotation,
    secret: KeptSecret,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    guard_secret(permit, rules, account)?;
    if !(0..=OVERLAP_MAX_S).contains(&wanted.overlap_s) {
        let detail = format!("0 to {OVERLAP_MAX_S} seconds");
        return Err(Refusal::field("overlap_s", "field.out_of_range", detail));
    }
    let overlap = now.plus_s(wanted.overlap_s);
    let old_until = (wanted.overlap_s > 0).then(|| before.expires_at.map_or(overlap, |end| end.min(overlap)));
    let after = Token {
        expires_at: match wanted.expires_at {
            Some(end) => guard_life(rules, Some(end), now)?,
            None => guard_end(rules, before.expires_at, now).map(|()| before.expires_at)?,
        },
        last4: wanted.last4.clone(),
        issued_at: now,
        ..before.clone()
    };
    Ok(vec![Change::Token(TokenChange::Rotated { token: Box::new(after), secret: secret.under(rules), old_until })])
}

/// What a rotation asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// For how many seconds the old secret stays valid beside the new one.
    pub overlap_s: i64,
    /// When the token stops working; `None` keeps what is.
    pub expires_at: Option<Timestamp>,
    /// Last four characters of the new secret.
    pub last4: String,
}

/// Shows the value of a token again, where the policy keeps values (PX-41). Who may is asked by
/// [`guard_secret`], or it is one's own and [`guard_minting`] asks.
///
/// # Errors
/// `token.value_hidden`.
pub fn show_value(rules: &Rules, token: &Token) -> Result<Vec<Change>, Refusal> {
    if !rules.policy().token_value_again {
        return Err(Refusal::of(Code::TokenValueHidden));
    }
    Ok(vec![Change::Token(TokenChange::ValueShown { token: Box::new(token.clone()) })])
}

/// May a token in use switch on, rename and see tokens of its own holder? Only one that may make
/// them too.
///
/// # Errors
/// `token.scope_missing`.
pub(crate) fn guard_mints(permit: &Permit) -> Result<(), Refusal> {
    if permit.mints() { Ok(()) } else { Err(Refusal::because(Code::ScopeMissing, WITHOUT_MINTING)) }
}

/// The same of a token that makes another for its own holder.
///
/// # Errors
/// `token.scope_missing`.
pub fn guard_minting(in_use: &Token) -> Result<(), Refusal> {
    let whole = in_use.organization.is_none() || in_use.holder == MemberKind::ServiceAccount;
    let mints = match &in_use.scopes {
        Some(scopes) => scopes.iter().any(|scope| scope == Action::TokenCreate.permission()),
        None => whole,
    };
    if mints { Ok(()) } else { Err(Refusal::because(Code::ScopeMissing, WITHOUT_MINTING)) }
}
