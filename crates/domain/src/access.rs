//! Who may do what to whom, as values: a caller's standing in one organization becomes a
//! [`Permit`] for one action, or a refusal. Nobody else can make a permit.

use crate::action::Action;
use crate::ids::{MemberId, OrgId, UserId};
use crate::member::{Member, MemberKind, Status};
use crate::permission::Mask;
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::rights::{self, Inputs};

/// What is known of a caller in one organization.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The caller's membership there, if any.
    pub member: Option<Member>,
    /// Scopes of the credential; `None` is everything the holder may.
    pub scopes: Option<Mask>,
}

impl Standing {
    /// Everything the caller may do at the organization's root.
    #[must_use]
    pub fn rights(&self, rules: &Rules) -> Mask {
        self.member.as_ref().map_or(Mask::EMPTY, |member| rights::effective(&inputs(member, rules, self.scopes)))
    }
}

/// The formula's inputs for a member at the organization's root.
#[must_use]
pub fn inputs<'a>(member: &'a Member, rules: &'a Rules, scopes: Option<Mask>) -> Inputs<'a> {
    Inputs::at_root(Some(rules.standing(&member.role, member.status == Status::Active, scopes)))
}

/// Leave to do one action in one organization, with everything a decision asks of its holder.
#[derive(Clone, Debug)]
pub struct Permit {
    organization: OrgId,
    action: Action,
    member: MemberId,
    user: Option<UserId>,
    rights: Mask,
    may_all: Vec<Action>,
    program: bool,
    mints: bool,
}

impl Permit {
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
        let over_oneself = [Action::MemberLeave, Action::TokenCreate];
        over_oneself.iter().fold(rights, |rights, own| rights.without(own.bit())).is_subset_of(self.rights)
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

/// Gives a permit for `action` in `organization`, or says no. To somebody who is not an active
/// member the organization does not exist.
///
/// # Errors
/// `not_found`, `access.denied`, `token.scope_missing`.
pub fn authorize(organization: OrgId, standing: &Standing, rules: &Rules, action: Action) -> Result<Permit, Refusal> {
    let Some(member) =
        standing.member.as_ref().filter(|m| m.organization == organization && m.status == Status::Active)
    else {
        return Err(Refusal::of(Code::NotFound));
    };
    let rights = standing.rights(rules);
    let bit = rules.preset().action_bit(action);
    if !rights.contains(bit) {
        let whole = rights::effective(&inputs(member, rules, None));
        if whole.contains(bit) {
            return Err(Refusal::because(
                Code::ScopeMissing,
                format!("this token was made without the scope `{}`", action.permission()),
            ));
        }
        return Err(Refusal::because(
            Code::AccessDenied,
            format!("your role here does not have `{}`", action.permission()),
        ));
    }
    let may_all = Action::ALL.iter().copied().filter(|a| rights.contains(rules.preset().action_bit(*a))).collect();
    let program = member.kind == MemberKind::ServiceAccount;
    let mints = standing.scopes.is_none_or(|scopes| scopes.contains(Action::TokenCreate.bit()));
    Ok(Permit { organization, action, member: member.id, user: member.user, rights, may_all, program, mints })
}
