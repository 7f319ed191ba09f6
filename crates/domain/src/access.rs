//! Who may do what to whom, as values: a caller's standing in one organization becomes a
//! [`Permit`] for one action, or a refusal. Nobody else can make a permit.

use std::sync::Arc;

use crate::action::Action;
use crate::group::Belonging;
use crate::ids::{MemberId, OrgId, UserId};
use crate::member::{Member, MemberKind};
use crate::permission::Mask;
use crate::preset::{RoleRights, Rules};
use crate::reach::{self, Site, Who};
use crate::refusal::{Code, Refusal};
use crate::rights::{self, Inputs};
use crate::time::Timestamp;

/// What is known of a caller in one organization.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The caller's membership there, if any.
    pub member: Option<Arc<Member>>,
    /// The groups they are in, where these matter to rights at the organization.
    pub groups: Vec<Belonging>,
    /// Scopes of the credential; `None` is everything the holder may.
    pub scopes: Option<Mask>,
}

impl Standing {
    /// Everything the caller may do at the organization's root.
    #[must_use]
    pub fn rights(&self, rules: &Rules) -> Mask {
        self.member
            .as_ref()
            .map_or(Mask::EMPTY, |member| at_root(member, &self.groups, rules, self.scopes, rights::effective))
    }
}

/// Puts a member's question at the organization's root to the formula and hands its inputs to `ask`.
pub fn at_root<T>(
    member: &Member,
    groups: &[Belonging],
    rules: &Rules,
    scopes: Option<Mask>,
    ask: impl FnOnce(&Inputs<'_>) -> T,
) -> T {
    let standing = rules.standing(&member.role, member.is_in(), scopes);
    let (site, who) = (Site { path: &[], grants: &[], receivers: &[] }, Who { member: member.id, groups });
    // Time ends grants on resources, of which there are none at the root.
    reach::with(rules, Some(standing), site, who, Timestamp::default(), ask)
}

/// Leave to do one action in one organization, with everything a decision asks of its holder.
#[derive(Clone, Debug)]
pub struct Permit {
    organization: OrgId,
    action: Action,
    member: MemberId,
    user: Option<UserId>,
    role: String,
    rights: Mask,
    below: Mask,
    past_control: Mask,
    ceiling: Mask,
    may_all: Vec<Action>,
    program: bool,
    mints: bool,
    directory: bool,
}

impl Permit {
    /// Leave of an organization's directory, which [`crate::provisioning::permit`] gives: it is nobody's, and keeps
    /// people and groups whatever their rank.
    pub(crate) fn of_directory(organization: OrgId) -> Self {
        Self {
            organization,
            action: Action::DirectoryManage,
            member: MemberId::new(uuid::Uuid::nil()),
            user: None,
            role: String::new(),
            rights: Mask::ALL,
            below: Mask::ALL,
            past_control: Mask::ALL,
            ceiling: Mask::ALL,
            may_all: vec![Action::MemberManageTop, Action::MemberDeactivate, Action::GroupManage],
            program: false,
            mints: false,
            directory: true,
        }
    }

    /// Is the holder the organization's directory?
    #[must_use]
    pub const fn is_directory(&self) -> bool {
        self.directory
    }

    /// The organization it is for.
    #[must_use]
    pub const fn organization(&self) -> OrgId {
        self.organization
    }

    /// The action it was asked for.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// The holder's membership.
    #[must_use]
    pub const fn member(&self) -> MemberId {
        self.member
    }

    /// The holder's identity.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        self.user
    }

    /// Everything the holder may do here.
    #[must_use]
    pub const fn rights(&self) -> Mask {
        self.rights
    }

    /// What the holder may do in everything below the organization.
    #[must_use]
    pub const fn below(&self) -> Mask {
        self.below
    }

    /// What the holder may do below the organization inside controlled scopes too.
    #[must_use]
    pub const fn past_control(&self) -> Mask {
        self.past_control
    }

    /// May the holder have everything that `ceiling` lets through? As in [`Permit::covers`], what everybody
    /// has over themself only is left aside.
    #[must_use]
    pub fn covers_ceiling(&self, ceiling: Mask) -> bool {
        over_others(ceiling).is_subset_of(self.ceiling)
    }

    /// The slug of the holder's role.
    #[must_use]
    pub fn role(&self) -> &str {
        &self.role
    }

    /// May the holder do `action` too?
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        self.may_all.contains(&action)
    }

    /// Does the holder have all of `rights`? Those that everybody has over themself only are left
    /// aside: a policy that keeps owners from leaving, and a token that makes no tokens, must not
    /// keep anybody from managing people who may.
    #[must_use]
    pub fn covers(&self, rights: Mask) -> bool {
        over_others(rights).is_subset_of(self.rights)
    }

    /// Does the holder have all that a role gives, at the organization, below it and past controlled scopes?
    #[must_use]
    pub fn covers_role(&self, role: &RoleRights) -> bool {
        let gives = over_others(role.floor & role.ceiling);
        gives.is_subset_of(self.rights)
            && (gives & role.below).is_subset_of(self.below)
            && (!role.bypass || (gives & role.below).is_subset_of(self.past_control))
    }

    /// Is the holder a service account?
    #[must_use]
    pub const fn is_program(&self) -> bool {
        self.program
    }

    /// May the credential in use make further credentials? A session may; a token only when it was
    /// made with `token.create`, so that a leaked one does not outlive its revocation.
    #[must_use]
    pub const fn mints(&self) -> bool {
        self.mints
    }

    /// Is `member` the holder?
    #[must_use]
    pub fn is_self(&self, member: MemberId) -> bool {
        self.member == member
    }
}

/// What is left of some rights without those that everybody has over themself only.
fn over_others(rights: Mask) -> Mask {
    [Action::MemberLeave, Action::TokenCreate].iter().fold(rights, |rights, own| rights.without(own.bit()))
}

/// Says no unless the standing lets its holder do `action`. To somebody who is not an active member
/// the organization does not exist.
fn allowed<'a>(
    organization: OrgId,
    standing: &'a Standing,
    rules: &Rules,
    action: Action,
) -> Result<(&'a Member, Mask), Refusal> {
    let Some(member) = standing.member.as_ref().filter(|m| m.organization == organization && m.is_in()) else {
        return Err(Refusal::of(Code::NotFound));
    };
    let rights = standing.rights(rules);
    let bit = rules.preset().action_bit(action);
    if rights.contains(bit) {
        return Ok((member, rights));
    }
    let whole = at_root(member, &standing.groups, rules, None, rights::effective);
    if whole.contains(bit) {
        return Err(Refusal::because(
            Code::ScopeMissing,
            format!("this token was made without the scope `{}`", action.permission()),
        ));
    }
    Err(Refusal::because(Code::AccessDenied, format!("your role here does not have `{}`", action.permission())))
}

/// What [`authorize`] says, for whoever needs no permit.
///
/// # Errors
/// `not_found`, `access.denied`, `token.scope_missing`.
pub fn guard(organization: OrgId, standing: &Standing, rules: &Rules, action: Action) -> Result<(), Refusal> {
    allowed(organization, standing, rules, action).map(drop)
}

/// Gives a permit for `action` in `organization`, or says no.
///
/// # Errors
/// `not_found`, `access.denied`, `token.scope_missing`.
pub fn authorize(organization: OrgId, standing: &Standing, rules: &Rules, action: Action) -> Result<Permit, Refusal> {
    let (member, rights) = allowed(organization, standing, rules, action)?;
    let may_all = Action::ALL.iter().copied().filter(|a| rights.contains(rules.preset().action_bit(*a))).collect();
    let own = rules.rights(&member.role);
    // One step below the organization: what flows down, and what of it a controlled scope lets through.
    let (below, past_control) = at_root(member, &standing.groups, rules, standing.scopes, |root| {
        let below = Inputs { depth: 1, ..*root };
        (rights::effective(&below), rights::effective(&Inputs { controlled: Some(1), ..below }))
    });
    Ok(Permit {
        organization,
        action,
        member: member.id,
        user: member.user,
        role: member.role.clone(),
        rights,
        below,
        past_control,
        ceiling: own.ceiling,
        may_all,
        program: member.kind == MemberKind::ServiceAccount,
        mints: standing.scopes.is_none_or(|scopes| scopes.contains(Action::TokenCreate.bit())),
        directory: false,
    })
}
