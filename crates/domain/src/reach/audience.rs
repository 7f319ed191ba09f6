//! Who may possibly reach a place, so that a store looks at nobody else. A sieve, not an answer:
//! whoever it lets through is asked the formula.

use super::{Receiver, Site, entry, wall};
use crate::ids::{GroupId, ResourceId};
use crate::permission::Mask;
use crate::preset::Rules;
use crate::resource::Subject;
use crate::time::Timestamp;

/// The members with one of these roles or in one of these groups, and those who own one of these places or are granted
/// something on it, by themselves or by a group.
///
/// INVARIANT: whoever reaches the place is among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// Organization roles.
    pub roles: Vec<String>,
    /// Groups that give something by themselves.
    pub groups: Vec<GroupId>,
    /// Places on the way.
    pub places: Vec<ResourceId>,
}

impl Audience {
    /// Who may have any of `wanted` at the end of the way.
    #[must_use]
    pub fn of(rules: &Rules, site: Site<'_>, wanted: Mask, now: Timestamp) -> Self {
        let receivers = site.receivers.iter();
        let inside = |receiver: &Receiver| {
            let there = Site { path: &receiver.path, grants: &receiver.grants, receivers: &[] };
            roles(rules, there, entry(rules.preset(), &receiver.path), now)
        };
        let mut all = roles(rules, site, wanted, now);
        all.extend(receivers.clone().flat_map(inside));
        all.sort();
        all.dedup();
        let ways = receivers.flat_map(|receiver| &receiver.path).chain(site.path);
        let mut places: Vec<ResourceId> = ways.map(|resource| resource.id).collect();
        places.sort();
        places.dedup();
        let mut groups: Vec<GroupId> = rules.giving_groups().collect();
        groups.sort();
        Self { roles: all, groups, places }
    }
}

/// The roles that give any of `wanted` there by themselves, or let what everybody is granted through.
fn roles(rules: &Rules, site: Site<'_>, wanted: Mask, now: Timestamp) -> Vec<String> {
    let common = site.grants.iter().any(|grant| grant.subject == Subject::Everyone && grant.lives(now));
    let shut = wall(rules, site).is_some();
    let gives = |slug: &str| {
        let role = rules.rights(slug);
        let below = if site.path.is_empty() { role.floor } else { role.floor & role.below };
        let floor = if shut && !role.bypass { Mask::EMPTY } else { below };
        let all = if common { wanted } else { wanted & floor };
        !(all & role.ceiling).is_empty()
    };
    let all = rules.organization_roles().map(|role| role.slug.clone());
    all.filter(|slug| gives(slug)).collect()
}
