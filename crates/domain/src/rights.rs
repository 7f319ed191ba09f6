//! Who may do what: the one formula, and the same formula with its reasons.
//!
//! Pure arithmetic over facts that were already looked up: it loads nothing, knows no names of permissions
//! and remembers nothing. `((floor ∪ grants ∪ derived) ∩ ceiling) ∩ credential scopes`, and nothing at all
//! for whoever is not an active member.

use crate::permission::{Bit, Mask};
use crate::preset::RoleRights;
use serde::Serialize;
use std::fmt;

/// A membership and the credential in use.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The slug of the organization role, for the reasons.
    pub role: &'a str,
    /// Whether the membership is active: not invited, waiting, deactivated or removed.
    pub active: bool,
    /// What the role means under the organization's policy.
    pub rights: &'a RoleRights,
    /// What the credential is limited to; `None` for a session, which is not limited.
    pub credential_scopes: Option<Mask>,
}

/// How a grant reaches the member.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum Whence<'a> {
    /// Given to the member.
    Direct,
    /// Given to a group of the member.
    Group(&'a str),
    /// Given to everybody in the organization.
    Everyone,
    /// Given to a scope the member belongs to.
    Share(&'a str),
    /// Follows from owning the resource.
    Owner,
    /// Follows from managing a group the resource is shared with.
    GroupManager(&'a str),
}

/// One source of rights besides the organization role.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a> {
    /// The grant's id, for the reasons; for a derived right, the id of what it follows from.
    pub id: &'a str,
    /// What it gives.
    pub mask: Mask,
    /// How it reaches the member.
    pub whence: Whence<'a>,
    /// The depth of the scope it was given on, which is the target or one of its ancestors.
    pub depth: u16,
}

/// Everything the answer depends on. Depths count from the organization, which is 0.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The asker's membership in the target's organization; `None` for anybody else.
    pub standing: Option<Standing<'a>>,
    /// The depth of the target.
    pub depth: u16,
    /// The depth of the nearest controlled scope among the target and its ancestors (CT-32).
    pub controlled: Option<u16>,
    /// The grants on the target and its ancestors, derived ones included.
    pub grants: &'a [Grant<'a>],
}

impl<'a> Inputs<'a> {
    /// A question asked at the organization itself, where only the role speaks.
    pub fn at_root(standing: Option<Standing<'a>>) -> Inputs<'a> {
        Inputs { standing, depth: 0, controlled: None, grants: &[] }
    }
}

/// What somebody may do at the target.
pub fn effective(inputs: &Inputs<'_>) -> Mask {
    let Some(standing) = inputs.standing.filter(|standing| standing.active) else {
        return Mask::EMPTY;
    };
    let given = sources(inputs, &standing)
        .filter(|source| source.stopped.is_none())
        .fold(Mask::EMPTY, |given, source| given | source.mask);
    remains(given, standing.rights, standing.credential_scopes)
}

/// What of everything that is given to an active member with these rights remains theirs.
pub(crate) fn remains(given: Mask, rights: &RoleRights, credential_scopes: Option<Mask>) -> Mask {
    given & rights.ceiling & credential_scopes.unwrap_or(Mask::ALL)
}

/// One thing that gives rights, and whether something keeps it from reaching the target.
struct Source<'a> {
    mask: Mask,
    /// `None` is the organization role.
    grant: Option<Grant<'a>>,
    stopped: Option<Stop>,
}

/// What keeps a right from reaching the target.
#[derive(Clone, Copy)]
enum Stop {
    /// The role speaks at the root only.
    RootOnly,
    /// A controlled scope at this depth lies between.
    Controlled(u16),
}

/// The role's floor and every grant on the way from the organization to the target.
fn sources<'a>(inputs: &Inputs<'a>, standing: &Standing<'a>) -> impl Iterator<Item = Source<'a>> {
    let (rights, target) = (standing.rights, inputs.depth);
    let control = inputs.controlled.filter(|_| !rights.bypass);
    let stops = move |depth: u16| control.filter(|controlled| depth < *controlled).map(Stop::Controlled);
    let reaching = rights.floor_at(target > 0);
    let floor = Source { mask: reaching, grant: None, stopped: stops(0) };
    let kept = Source { mask: rights.floor - reaching, grant: None, stopped: Some(Stop::RootOnly) };
    // INVARIANT: rights flow down only. A grant below the target is not the target's.
    let on_the_way = inputs.grants.iter().filter(move |grant| grant.depth <= target);
    [floor, kept].into_iter().chain(on_the_way.map(move |grant| Source {
        mask: grant.mask,
        grant: Some(*grant),
        stopped: stops(grant.depth),
    }))
}

/// One link of the chain behind an answer. In the order of [`explain`], the links of an allowed question
/// tell what gave the right; those of a refused one end with what was missing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason<'a> {
    /// Is an active member with this role.
    Membership { role: &'a str },
    /// The role gives it.
    Role { role: &'a str },
    /// A grant gives it, at the scope of this depth.
    Grant { id: &'a str, whence: Whence<'a>, depth: u16 },
    /// The share link gives it, on the scope of this depth.
    ShareLink { depth: u16 },
    /// It was given under this condition, which is met.
    Condition { condition: &'a str },
    /// It is given under this condition, which is not met, or cannot be answered.
    ConditionNotMet { condition: &'a str },
    /// The share link does not give it there.
    NotGivenByLink,
    /// Is no member of the organization.
    NotAMember,
    /// Is a member whose membership is not active.
    NotActive { role: &'a str },
    /// Neither the role nor any grant gives it.
    NotGiven { role: &'a str },
    /// The role gives it, at the organization's root only.
    RootOnly { role: &'a str },
    /// It is given above a controlled scope, which lets nothing from above through.
    CutByControlledScope { depth: u16, grant: Option<&'a str> },
    /// A knob of the policy takes it from this role.
    CutByPolicy { role: &'a str, knob: &'static str },
    /// It lies above what this role may have from any source.
    CutByCeiling { role: &'a str },
    /// The token in use lacks it among its scopes.
    CutByCredentialScopes,
}

impl Reason<'_> {
    /// Whether the link tells what was missing.
    pub fn denies(&self) -> bool {
        !matches!(
            self,
            Reason::Membership { .. }
                | Reason::Role { .. }
                | Reason::Grant { .. }
                | Reason::ShareLink { .. }
                | Reason::Condition { .. }
        )
    }
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Membership { role } => write!(f, "is an active member with the role `{role}`"),
            Reason::Role { role } => write!(f, "the role `{role}` gives it"),
            Reason::Grant { id, .. } => write!(f, "the grant `{id}` gives it"),
            Reason::ShareLink { .. } => write!(f, "the share link gives it"),
            Reason::Condition { condition } => write!(f, "the condition `{condition}` is met"),
            Reason::ConditionNotMet { condition } => write!(f, "the condition `{condition}` is not met"),
            Reason::NotGivenByLink => write!(f, "the share link does not give it there"),
            Reason::NotAMember => write!(f, "is not a member of the organization"),
            Reason::NotActive { .. } => write!(f, "the membership is not active"),
            Reason::NotGiven { role } => {
                write!(f, "neither the role `{role}` nor a grant gives it")
            }
            Reason::RootOnly { role } => write!(f, "the role `{role}` gives it only at the organization itself"),
            Reason::CutByControlledScope { grant: None, .. } => {
                write!(f, "the role gives it, but a controlled scope lets nothing from above through")
            }
            Reason::CutByControlledScope { grant: Some(id), .. } => {
                write!(f, "the grant `{id}` gives it, but a controlled scope lets nothing from above through")
            }
            Reason::CutByPolicy { role, knob } => {
                write!(f, "the policy `{knob}` takes it from the role `{role}`")
            }
            Reason::CutByCeiling { role } => {
                write!(f, "it is above what the role `{role}` may have")
            }
            Reason::CutByCredentialScopes => write!(f, "the token in use lacks this scope"),
        }
    }
}

/// Why `effective` holds `bit` or not, as a chain. Some link [`Reason::denies`] exactly when it does not.
pub fn explain<'a>(inputs: &Inputs<'a>, bit: Bit) -> Vec<Reason<'a>> {
    let Some(standing) = inputs.standing else {
        return vec![Reason::NotAMember];
    };
    let role = standing.role;
    if !standing.active {
        return vec![Reason::NotActive { role }];
    }
    let giving = || sources(inputs, &standing).filter(|source| source.mask.contains(bit));
    let mut chain = vec![Reason::Membership { role }];
    let reaching = giving().filter(|source| source.stopped.is_none());
    chain.extend(reaching.map(|source| match source.grant {
        None => Reason::Role { role },
        Some(Grant { id, whence, depth, .. }) => Reason::Grant { id, whence, depth },
    }));
    if chain.len() == 1 {
        chain.extend(giving().filter_map(|source| stopped(&source, role)));
    }
    if chain.len() == 1 {
        chain.push(Reason::NotGiven { role });
    }
    chain.extend(taken(&standing, bit));
    chain
}

fn stopped<'a>(source: &Source<'a>, role: &'a str) -> Option<Reason<'a>> {
    let grant = source.grant.map(|grant| grant.id);
    source.stopped.map(|stop| match stop {
        Stop::RootOnly => Reason::RootOnly { role },
        Stop::Controlled(depth) => Reason::CutByControlledScope { depth, grant },
    })
}

/// What takes `bit` away, whoever gave it.
fn taken<'a>(standing: &Standing<'a>, bit: Bit) -> impl Iterator<Item = Reason<'a>> {
    let role = standing.role;
    let above = !standing.rights.ceiling.contains(bit);
    let ceiling = above.then(|| match standing.rights.cut_by(bit) {
        Some(knob) => Reason::CutByPolicy { role, knob: knob.name() },
        None => Reason::CutByCeiling { role },
    });
    let unscoped = standing.credential_scopes.is_some_and(|scopes| !scopes.contains(bit));
    ceiling.into_iter().chain(unscoped.then_some(Reason::CutByCredentialScopes))
}
