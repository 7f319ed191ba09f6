//! What one member may do at every resource of an organization, in one walk down the tree.

use std::collections::{HashMap, HashSet};

use super::{Site, Who, entry, given, is_controlled};
use crate::ids::ResourceId;
use crate::permission::Mask;
use crate::preset::Rules;
use crate::resource::{Grant, Resource, Subject};
use crate::rights::{self, Standing};
use crate::time::Timestamp;

/// The whole tree, and of its grants those that can reach the member.
#[derive(Clone, Debug, Default)]
pub struct Everything {
    /// Every resource.
    pub resources: Vec<Resource>,
    /// Grants to the member, everyone and scopes, and all to groups: managing depends on every one.
    pub grants: Vec<Grant>,
    /// The resources on which anything is granted, to whomever.
    pub granted: HashSet<ResourceId>,
}

/// What the member may do at each resource.
#[must_use]
pub fn everywhere(
    rules: &Rules,
    standing: Standing<'_>,
    all: &Everything,
    who: Who<'_>,
    now: Timestamp,
) -> HashMap<ResourceId, Mask> {
    let receivers: HashSet<ResourceId> = all.grants.iter().filter_map(receiver).collect();
    let mut scopes = Vec::new();
    if !receivers.is_empty() {
        // Whether somebody is in a scope depends on no other scope, so a walk without any tells it.
        let whole = Standing { credential_scopes: None, ..standing };
        let first = Walk::new(rules, whole, all, who, &[], now).down();
        let inside = all.resources.iter().filter(|scope| receivers.contains(&scope.id)).filter(|scope| {
            let needed = entry(rules.preset(), std::slice::from_ref(*scope));
            let has = first.get(&scope.id).copied().unwrap_or_default();
            !needed.is_empty() && needed.is_subset_of(has)
        });
        scopes.extend(inside.map(|scope| scope.id));
    }
    Walk::new(rules, standing, all, who, &scopes, now).down()
}

fn receiver(grant: &Grant) -> Option<ResourceId> {
    match grant.subject {
        Subject::Resource(scope) => Some(scope),
        Subject::Member(_) | Subject::Group(_) | Subject::Everyone => None,
    }
}

struct Walk<'a> {
    rules: &'a Rules,
    standing: Standing<'a>,
    who: Who<'a>,
    scopes: &'a [ResourceId],
    now: Timestamp,
    granted: &'a HashSet<ResourceId>,
    children: HashMap<Option<ResourceId>, Vec<&'a Resource>>,
    grants: HashMap<ResourceId, Vec<&'a Grant>>,
}

/// The way to where the walk stands, and what was found so far.
#[derive(Default)]
struct Steps {
    path: Vec<Resource>,
    grants: Vec<Grant>,
    found: HashMap<ResourceId, Mask>,
}

impl<'a> Walk<'a> {
    fn new(
        rules: &'a Rules,
        standing: Standing<'a>,
        all: &'a Everything,
        who: Who<'a>,
        scopes: &'a [ResourceId],
        now: Timestamp,
    ) -> Self {
        let (mut children, mut grants) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for resource in &all.resources {
            children.entry(resource.parent).or_default().push(resource);
        }
        for grant in &all.grants {
            grants.entry(grant.resource).or_default().push(grant);
        }
        Self { rules, standing, who, scopes, now, granted: &all.granted, children, grants }
    }

    fn down(&self) -> HashMap<ResourceId, Mask> {
        let mut steps = Steps::default();
        self.visit(None, &mut steps);
        steps.found
    }

    fn visit(&self, parent: Option<ResourceId>, steps: &mut Steps) {
        for resource in self.children.get(&parent).into_iter().flatten() {
            let kept = steps.grants.len();
            let controlled = is_controlled(self.rules, resource, self.granted.contains(&resource.id));
            steps.path.push(Resource { controlled, ..(*resource).clone() });
            steps.grants.extend(self.grants.get(&resource.id).into_iter().flatten().map(|grant| (*grant).clone()));
            let site = Site { path: &steps.path, grants: &steps.grants, receivers: &[] };
            let mask = given(self.rules, Some(self.standing), site, self.who, self.scopes, self.now, rights::effective);
            steps.found.insert(resource.id, mask);
            self.visit(Some(resource.id), steps);
            steps.path.pop();
            steps.grants.truncate(kept);
        }
    }
}
