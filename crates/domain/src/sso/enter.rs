//! Coming in with a provider's word: which account is meant, whether the organization takes the person, and
//! what its mapping then makes of them. INVARIANT: the tie is issuer and subject; an address that the provider
//! does not call verified, or whose domain its organization has not claimed, never leads to an account.

use super::{Claims, Connection, Gains, MailTrust};
use crate::change::Change;
use crate::group::{Group, GroupChange, Seat};
use crate::identity::Identity;
use crate::ids::UserId;
use crate::joining::{Address, Facts, Way, guard_join};
use crate::member::{Member, Status, Surroundings, guard_last_top};
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::text::Email;
use crate::time::Timestamp;

/// What is known about accounts that a sign-in may mean.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The one tied to the provider's subject.
    pub linked: Option<Identity>,
    /// The one signed in now, where it is a present member of the connection's organization.
    pub signed_in: Option<Identity>,
    /// The one that has proved the address.
    pub proved: Option<Identity>,
    /// Somebody is in the organization with that address, joined and without such a tie.
    pub member_with_address: bool,
    /// The organization has claimed the address's domain.
    pub claimed: bool,
}

/// Which account a sign-in means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// One that is tied already.
    Tied(Identity),
    /// One to tie now; `whole` as in [`super::Link`].
    Tie(Identity, bool),
    /// A new one; its address is proved or not.
    New {
        /// Whether the provider's word for the address counts as proof everywhere.
        proved: bool,
    },
}

/// Refuses an address that the connection does not serve.
///
/// # Errors
/// `sso.no_address`, `sso.domain`.
pub fn guard_mail(connection: &Connection, claims: &Claims) -> Result<Email, Refusal> {
    let given = claims.email.as_deref().ok_or(Code::SsoNoAddress)?;
    let email = Email::parse(given, "email").map_err(|_| Refusal::of(Code::SsoNoAddress))?;
    if !connection.serves(email.domain()) || !connection.domains.is_empty() && !claims.email_verified {
        return Err(Code::SsoDomain.into());
    }
    Ok(email)
}

/// Decides which account is meant.
///
/// # Errors
/// `sso.link_required`.
pub fn account_for(connection: &Connection, claims: &Claims, known: Known) -> Result<Account, Refusal> {
    if let Some(linked) = known.linked {
        return Ok(Account::Tied(linked));
    }
    let trusted = claims.email_verified
        && match connection.mail_trust {
            MailTrust::Never => false,
            MailTrust::ClaimedDomains => known.claimed,
            MailTrust::Always => connection.organization.is_none(),
        };
    match (known.proved, known.signed_in) {
        (Some(proved), _) if trusted => Ok(Account::Tie(proved, true)),
        (_, Some(signed_in)) => Ok(Account::Tie(signed_in, false)),
        (None, None) if !known.member_with_address || trusted => Ok(Account::New { proved: trusted }),
        _ => Err(Code::SsoLinkRequired.into()),
    }
}

/// How somebody comes into the organization of the connection.
#[derive(Clone, Debug)]
pub struct Entrance {
    /// Their present membership.
    pub member: Option<Member>,
    /// The membership to make.
    pub newcomer: Member,
    /// What the decision rests on.
    pub facts: Facts,
}

/// Refuses whoever is a member and switched off, or was taken out.
///
/// # Errors
/// `sso.no_account`.
pub fn guard_linked(entrance: &Entrance) -> Result<(), Refusal> {
    match &entrance.member {
        Some(member) if member.status == Status::Deactivated => Err(Code::SsoNoAccount.into()),
        _ => Ok(()),
    }
}

/// Makes somebody new a member, where the connection does that (PL-26), with the mapping's role or its own.
/// Whoever was taken out comes back by invitation only.
///
/// # Errors
/// `sso.no_account`, and those of [`guard_join`].
pub fn join(
    rules: &Rules,
    connection: &Connection,
    claims: &Claims,
    entrance: Entrance,
    gains: &Gains,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    if !connection.just_in_time || entrance.facts.gone {
        return Err(Code::SsoNoAccount.into());
    }
    let mut member = entrance.newcomer;
    // INVARIANT: the organization's own provider vouches for addresses there, and there alone.
    let address = Address::of(claims.email.as_deref().unwrap_or_default(), claims.email_verified);
    let status = guard_join(rules, Way::Provider, address, &entrance.facts)?;
    let known = |role: &&String| rules.role(crate::preset::ORGANIZATION, role).is_some();
    if let Some(role) = gains.role.as_ref().or(connection.role.as_ref()).filter(known) {
        member.role.clone_from(role);
    }
    member.status = status;
    member.joined_at = (status == Status::Active).then_some(now);
    Ok(vec![Change::MemberJoined { member: Box::new(member) }])
}

/// What the mapping makes of a member: another role, and places in the groups it keeps. Whoever has no claim to a
/// mapped role any more falls back to the connection's; the last holder of the top role stays what they are.
#[must_use]
pub fn placed(
    rules: &Rules,
    connection: &Connection,
    member: &Member,
    around: Surroundings,
    gains: &Gains,
    held: &[(Group, Seat)],
    mapped: &[Group],
) -> Vec<Change> {
    let mut changes = Vec::new();
    let fallback = || connection.role.clone().unwrap_or_else(|| rules.policy().role_default.as_str().to_owned());
    let wanted = match &gains.role {
        Some(role) => role.clone(),
        None if gains.mapped_roles.contains(&member.role) => fallback(),
        None => member.role.clone(),
    };
    let lowers = wanted != member.role && guard_last_top(rules, member, around).is_err();
    if wanted != member.role && !lowers && rules.role(crate::preset::ORGANIZATION, &wanted).is_some() {
        changes.push(Change::MemberRoleChanged { member: Box::new(member.clone()), after: wanted });
    }
    for group in mapped {
        let seat = held.iter().find(|(one, _)| one.id == group.id).map(|(_, seat)| *seat);
        let email = member.label().to_owned();
        let due = gains.groups.contains(&group.id);
        match seat {
            None if due => changes.push(Change::Group(GroupChange::SeatSet {
                group: Box::new(group.clone()),
                email,
                before: None,
                after: Seat { member: member.id, manager: false },
            })),
            Some(seat) if !due => {
                changes.push(Change::Group(GroupChange::SeatLeft { group: Box::new(group.clone()), email, seat }));
            }
            _ => {}
        }
    }
    changes
}

/// Whose account it is, where there is one.
impl Account {
    /// The identity, unless it is new.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Tied(who) | Self::Tie(who, _) => Some(who.id),
            Self::New { .. } => None,
        }
    }
}
