//! What a member reaches of a resource, and whence: the facts of the tree, the owner and the grants
//! put into the one formula of [`crate::rights`]. Does not load anything.

use crate::ids::{GroupId, MemberId};
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
    pub groups: &'a [GroupId],
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
}

fn depth_of(at: usize) -> u16 {
    u16::try_from(at + 1).unwrap_or(u16::MAX)
}

fn sources(rules: &Rules, site: Site<'_>, who: Who<'_>, now: Timestamp) -> Vec<Source> {
    let mut found = Vec::new();
    for (at, resource) in site.path.iter().enumerate() {
        let depth = depth_of(at);
        if resource.owner == Some(who.member) {
            // Whoever owns a thing has the highest role of its type there.
            let mask = rules.preset().roles_of(&resource.kind).next().map_or(Mask::EMPTY, |role| role.floor);
            found.push(Source { id: resource.id.to_string(), group: None, kind: SourceKind::Owner, mask, depth });
        }
        for grant in site.grants.iter().filter(|g| g.resource == resource.id && g.lives(now)) {
            let kind = match grant.subject {
                Subject::Member(member) if member == who.member => SourceKind::Direct,
                Subject::Group(group) if who.groups.contains(&group) => SourceKind::Group,
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
    let found = sources(rules, site, who, now);
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
