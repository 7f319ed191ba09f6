//! What a member reaches of a resource, and whence: the facts of the tree, the owner and the grants
//! put into the one formula of [`crate::rights`]. Does not load anything.

mod audience;
mod conditional;
mod link;
mod origin;

pub use audience::Audience;
pub use conditional::explain;
pub use link::{by_link, link_mask};
pub use origin::{Origin, elsewhere};

use crate::group::Belonging;
use crate::ids::{MemberId, OrgId, ResourceId};
use crate::permission::Mask;
use crate::preset::{ORGANIZATION, Preset, Rules};
use crate::resource::{Grant, Resource, Subject, Verb};
use crate::rights::{self, Inputs, Standing, Whence};
use crate::time::Timestamp;

/// The way to a scope that something is shared to, and the grants on it.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// The resources from the top, the scope last.
    pub path: Vec<Resource>,
    /// Every grant on any of them.
    pub grants: Vec<Grant>,
}

/// The way from the organization to a resource.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The resources from the top, the target last; empty for the organization itself.
    pub path: &'a [Resource],
    /// Every grant on any of them.
    pub grants: &'a [Grant],
    /// Every scope that is the subject of one of these grants.
    pub receivers: &'a [Receiver],
}

/// A place with everything that decides who reaches it, as a store finds it.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// The resources from the top, the target last; empty for the organization itself.
    pub path: Vec<Resource>,
    /// Every grant on any of them.
    pub grants: Vec<Grant>,
    /// Every scope that is the subject of one of these grants.
    pub receivers: Vec<Receiver>,
}

impl Ground {
    /// As the formula takes it.
    #[must_use]
    pub fn site(&self) -> Site<'_> {
        Site { path: &self.path, grants: &self.grants, receivers: &self.receivers }
    }

    /// The type of the place and what it is called outside.
    #[must_use]
    pub fn named(&self, organization: OrgId) -> (&str, String) {
        let Some(target) = self.path.last() else { return (ORGANIZATION, organization.to_string()) };
        (&target.kind, target.external_id.clone().unwrap_or_else(|| target.id.to_string()))
    }
}

/// Whose reach is asked.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// The member.
    pub member: MemberId,
    /// The groups they are in.
    pub groups: &'a [Belonging],
}

/// One source of rights on the way, with the names its reasons are told by.
struct Source {
    id: String,
    through: Option<String>,
    kind: SourceKind,
    mask: Mask,
    depth: u16,
}

#[derive(Clone, Copy)]
enum SourceKind {
    Direct,
    Group,
    Scope,
    Everyone,
    Owner,
    GroupManager,
}

fn depth_of(at: usize) -> u16 {
    u16::try_from(at + 1).unwrap_or(u16::MAX)
}

/// Whether rights from above stop at a resource: because it says so, or because the policy has every
/// scope controlled on which anything is granted, even if that has ended meanwhile (CT-31).
#[must_use]
pub fn is_controlled(rules: &Rules, resource: &Resource, has_grants: bool) -> bool {
    resource.controlled || (has_grants && rules.policy().scope_controlled_by_grants)
}

/// Where on the way the nearest controlled scope stands.
fn wall(rules: &Rules, site: Site<'_>) -> Option<usize> {
    let has_grants = |resource: &Resource| site.grants.iter().any(|grant| grant.resource == resource.id);
    site.path.iter().rposition(|resource| is_controlled(rules, resource, has_grants(resource)))
}

/// The permission that tells whether somebody is in a scope of this type.
pub(crate) fn entry_of(preset: &Preset, kind: &str) -> Mask {
    Verb::Read.permission(preset, kind).map_or(Mask::EMPTY, |(bit, _)| Mask::EMPTY.with(bit))
}

/// The same of the scope at the end of a way.
fn entry(preset: &Preset, path: &[Resource]) -> Mask {
    path.last().map_or(Mask::EMPTY, |scope| entry_of(preset, &scope.kind))
}

/// The receivers that a member reaches. INVARIANT: what is shared to scopes does not count for that,
/// and neither does what the credential in use is limited to.
fn scopes(rules: &Rules, standing: Standing<'_>, site: Site<'_>, who: Who<'_>, now: Timestamp) -> Vec<ResourceId> {
    let whole = Standing { credential_scopes: None, ..standing };
    let reached = site.receivers.iter().filter(|receiver| {
        let there = Site { path: &receiver.path, grants: &receiver.grants, receivers: &[] };
        let needed = entry(rules.preset(), &receiver.path);
        !needed.is_empty() && needed.is_subset_of(given(rules, Some(whole), there, who, &[], now, rights::effective))
    });
    reached.filter_map(|receiver| receiver.path.last().map(|scope| scope.id)).collect()
}

/// What follows from managing every group that the resource is granted to, where there is one and the
/// resource is neither everybody's nor shared to a scope.
fn by_managing(
    rules: &Rules,
    resource: &Resource,
    grants: &[Grant],
    who: Who<'_>,
    manages_all: bool,
    now: Timestamp,
) -> Option<Source> {
    let mask = rules.preset().group_manager_mask(&resource.kind);
    let managed = |group| who.groups.iter().any(|one| one.group == group && (one.manager || manages_all));
    let mut through = None;
    for grant in grants.iter().filter(|g| g.resource == resource.id && g.lives(now)) {
        match grant.subject {
            Subject::Group(group) if managed(group) => through = Some(group.to_string()),
            Subject::Group(_) | Subject::Resource(_) | Subject::Everyone => return None,
            Subject::Member(_) => {}
        }
    }
    let group = through.filter(|_| !mask.is_empty())?;
    Some(Source { id: group.clone(), through: Some(group), kind: SourceKind::GroupManager, mask, depth: 0 })
}

fn sources(
    rules: &Rules,
    site: Site<'_>,
    who: Who<'_>,
    scopes: &[ResourceId],
    manages_all: bool,
    now: Timestamp,
) -> Vec<Source> {
    let mut found = Vec::new();
    for one in who.groups {
        let mask = rules.group_mask(one.group);
        if !mask.is_empty() {
            let id = one.group.to_string();
            found.push(Source { through: Some(id.clone()), id, kind: SourceKind::Group, mask, depth: 0 });
        }
    }
    for (at, resource) in site.path.iter().enumerate() {
        let depth = depth_of(at);
        if resource.owner == Some(who.member) {
            let mask = rules.preset().owner_mask(&resource.kind);
            found.push(Source { id: resource.id.to_string(), through: None, kind: SourceKind::Owner, mask, depth });
        }
        found.extend(by_managing(rules, resource, site.grants, who, manages_all, now).map(|mut source| {
            source.depth = depth;
            source
        }));
        for grant in site.grants.iter().filter(|g| g.resource == resource.id && g.lives(now)) {
            let (kind, through) = match grant.subject {
                Subject::Member(member) if member == who.member => (SourceKind::Direct, None),
                Subject::Group(group) if who.groups.iter().any(|one| one.group == group) => {
                    (SourceKind::Group, Some(group.to_string()))
                }
                Subject::Resource(scope) if scopes.contains(&scope) => (SourceKind::Scope, Some(scope.to_string())),
                Subject::Everyone => (SourceKind::Everyone, None),
                Subject::Member(_) | Subject::Group(_) | Subject::Resource(_) => continue,
            };
            let mask = grant.mask(rules, &resource.kind);
            found.push(Source { id: grant.id.to_string(), through, kind, mask, depth });
        }
    }
    found
}

/// Puts the question to the formula and hands its inputs to `ask`.
pub fn with<T>(
    rules: &Rules,
    standing: Option<Standing<'_>>,
    site: Site<'_>,
    who: Who<'_>,
    now: Timestamp,
    ask: impl FnOnce(&Inputs<'_>) -> T,
) -> T {
    let reached = standing.map(|standing| scopes(rules, standing, site, who, now)).unwrap_or_default();
    given(rules, standing, site, who, &reached, now, ask)
}

/// The same, of a member of whom it is known which scopes they reach.
fn given<T>(
    rules: &Rules,
    standing: Option<Standing<'_>>,
    site: Site<'_>,
    who: Who<'_>,
    scopes: &[ResourceId],
    now: Timestamp,
    ask: impl FnOnce(&Inputs<'_>) -> T,
) -> T {
    let standing = standing.map(|standing| rules.standing_in(standing, who.groups.len()));
    let manages_all = standing.is_some_and(|standing| standing.rights.manages_all);
    let found = sources(rules, site, who, scopes, manages_all, now);
    let grants: Vec<rights::Grant<'_>> = found
        .iter()
        .map(|source| {
            let through = source.through.as_deref().unwrap_or_default();
            let whence = match source.kind {
                SourceKind::Direct => Whence::Direct,
                SourceKind::Group => Whence::Group(through),
                SourceKind::Scope => Whence::Share(through),
                SourceKind::Everyone => Whence::Everyone,
                SourceKind::Owner => Whence::Owner,
                SourceKind::GroupManager => Whence::GroupManager(through),
            };
            rights::Grant { id: &source.id, mask: source.mask, whence, depth: source.depth }
        })
        .collect();
    let controlled = wall(rules, site).map(depth_of);
    let depth = site.path.len().checked_sub(1).map_or(0, depth_of);
    ask(&Inputs { standing, depth, controlled, grants: &grants })
}

/// Everything the member may do there.
#[must_use]
pub fn rights(rules: &Rules, standing: Option<Standing<'_>>, site: Site<'_>, who: Who<'_>, now: Timestamp) -> Mask {
    with(rules, standing, site, who, now, rights::effective)
}
