//! What a member reaches of a resource, and whence: the facts of the tree, the owner and the grants
//! put into the one formula of [`crate::rights`]. Does not load anything.

use crate::group::Belonging;
use crate::ids::MemberId;
use crate::permission::Mask;
use crate::preset::Rules;
use crate::resource::{Grant, Resource, Subject};
use crate::rights::{self, Inputs, Standing, Whence};
use crate::time::Timestamp;

/// The way from the organization to a resource.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The resources from the top, the target last; empty for the organization itself.
    pub path: &'a [Resource],
    /// Every grant on any of them.
    pub grants: &'a [Grant],
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
    group: Option<String>,
    kind: SourceKind,
    mask: Mask,
    depth: u16,
}

#[derive(Clone, Copy)]
enum SourceKind {
    Direct,
    Group,
    Everyone,
    Owner,
    GroupManager,
}

fn depth_of(at: usize) -> u16 {
    u16::try_from(at + 1).unwrap_or(u16::MAX)
}

/// What follows from managing every group that the resource is granted to, where there is one and the
/// resource is not everybody's.
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
            Subject::Group(_) | Subject::Everyone => return None,
            Subject::Member(_) => {}
        }
    }
    let group = through.filter(|_| !mask.is_empty())?;
    Some(Source { id: group.clone(), group: Some(group), kind: SourceKind::GroupManager, mask, depth: 0 })
}

fn sources(rules: &Rules, site: Site<'_>, who: Who<'_>, manages_all: bool, now: Timestamp) -> Vec<Source> {
    let mut found = Vec::new();
    for one in who.groups {
        let mask = rules.group_mask(one.group);
        if !mask.is_empty() {
            let id = one.group.to_string();
            found.push(Source { group: Some(id.clone()), id, kind: SourceKind::Group, mask, depth: 0 });
        }
    }
    for (at, resource) in site.path.iter().enumerate() {
        let depth = depth_of(at);
        if resource.owner == Some(who.member) {
            let mask = rules.preset().owner_mask(&resource.kind);
            found.push(Source { id: resource.id.to_string(), group: None, kind: SourceKind::Owner, mask, depth });
        }
        found.extend(by_managing(rules, resource, site.grants, who, manages_all, now).map(|mut source| {
            source.depth = depth;
            source
        }));
        for grant in site.grants.iter().filter(|g| g.resource == resource.id && g.lives(now)) {
            let kind = match grant.subject {
                Subject::Member(member) if member == who.member => SourceKind::Direct,
                Subject::Group(group) if who.groups.iter().any(|one| one.group == group) => SourceKind::Group,
                Subject::Everyone => SourceKind::Everyone,
                Subject::Member(_) | Subject::Group(_) => continue,
            };
            let group = match grant.subject {
                Subject::Group(group) => Some(group.to_string()),
                Subject::Member(_) | Subject::Everyone => None,
            };
            found.push(Source {
                id: grant.id.to_string(),
                group,
                kind,
                mask: grant.mask(rules, &resource.kind),
                depth,
            });
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
    let standing = standing.map(|standing| rules.standing_in(standing, who.groups.len()));
    let manages_all = standing.is_some_and(|standing| standing.rights.manages_all);
    let found = sources(rules, site, who, manages_all, now);
    let grants: Vec<rights::Grant<'_>> = found
        .iter()
        .map(|source| rights::Grant {
            id: &source.id,
            mask: source.mask,
            whence: match source.kind {
                SourceKind::Direct => Whence::Direct,
                SourceKind::Group => Whence::Group(source.group.as_deref().unwrap_or_default()),
                SourceKind::Everyone => Whence::Everyone,
                SourceKind::Owner => Whence::Owner,
                SourceKind::GroupManager => Whence::GroupManager(source.group.as_deref().unwrap_or_default()),
            },
            depth: source.depth,
        })
        .collect();
    let controlled = site.path.iter().rposition(|resource| resource.controlled).map(depth_of);
    let depth = site.path.len().checked_sub(1).map_or(0, depth_of);
    ask(&Inputs { standing, depth, controlled, grants: &grants })
}

/// Everything the member may do there.
#[must_use]
pub fn rights(rules: &Rules, standing: Option<Standing<'_>>, site: Site<'_>, who: Who<'_>, now: Timestamp) -> Mask {
    with(rules, standing, site, who, now, rights::effective)
}
