//! Asking in process: a service that keeps its own copy of one organization's facts and answers checks without a
//! request, with the very code of the server. `cargo run -p guildhall-domain --example embedded`
//!
//! The facts come from the API: the preset (`…/preset`), policy, members with their groups, resources and grants; the
//! audit trail tells what changed since. How they are kept is the service's own business.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::collections::HashMap;
use std::sync::Arc;

use guildhall_domain::group::Belonging;
use guildhall_domain::ids::{GrantId, GroupId, MemberId, OrgId, ResourceId};
use guildhall_domain::preset::{Preset, Rules, built_in};
use guildhall_domain::reach::{self, Ground, Who};
use guildhall_domain::resource::{Given, Grant, Resource, Subject};
use guildhall_domain::rights;
use guildhall_domain::time::Timestamp;
use uuid::Uuid;

/// What the service knows of a member.
struct Member {
    id: MemberId,
    role: String,
    active: bool,
    groups: Vec<Belonging>,
}

/// One organization, as the service keeps it.
struct Organization {
    rules: Rules,
    members: HashMap<&'static str, Member>,
    resources: HashMap<&'static str, Resource>,
    grants: Vec<Grant>,
}

impl Organization {
    /// May this member do that there? The same formula as `POST …/check`.
    fn allows(&self, who: &str, permission: &str, on: Option<&str>, now: Timestamp) -> bool {
        let (Some(member), Some(bit)) = (self.members.get(who), self.rules.preset().bit(permission)) else {
            return false;
        };
        let ground = on.map_or_else(Ground::default, |name| self.ground(name));
        let standing = self.rules.standing(&member.role, member.active, None);
        let who = Who { member: member.id, groups: &member.groups };
        reach::with(&self.rules, Some(standing), ground.site(), who, now, |inputs| {
            rights::effective(inputs).contains(bit)
        })
    }

    /// A resource with everything above it, and the grants on the way.
    fn ground(&self, name: &str) -> Ground {
        let mut path: Vec<Resource> = self.resources.get(name).cloned().into_iter().collect();
        while let Some(parent) = path.first().and_then(|top| top.parent) {
            match self.resources.values().find(|one| one.id == parent) {
                Some(found) => path.insert(0, found.clone()),
                None => break,
            }
        }
        let on_the_way = |grant: &&Grant| path.iter().any(|one| one.id == grant.resource);
        let grants = self.grants.iter().filter(on_the_way).cloned().collect();
        Ground { path, grants, receivers: Vec::new() }
    }
}

fn number(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn facts(preset: Arc<Preset>) -> Organization {
    let (here, research) = (OrgId::new(number(1)), GroupId::new(number(2)));
    let member = |n, role: &str, groups: &[GroupId]| Member {
        id: MemberId::new(number(n)),
        role: role.to_owned(),
        active: true,
        groups: groups.iter().map(|group| Belonging { group: *group, manager: false }).collect(),
    };
    let resource = |n, kind: &str, parent: Option<ResourceId>| Resource {
        id: ResourceId::new(number(n)),
        organization: here,
        kind: kind.to_owned(),
        external_id: None,
        name: kind.to_owned(),
        parent,
        owner: None,
        controlled: false,
        created_at: Timestamp::default(),
        revision: 1,
    };
    let plans = resource(20, "workspace", None);
    let first = resource(21, "project", Some(plans.id));
    let grant = Grant {
        id: GrantId::new(number(30)),
        organization: here,
        resource: plans.id,
        subject: Subject::Group(research),
        given: Given::Role("editor".to_owned()),
        expires_at: Some(Timestamp::default().plus_s(3_600)),
        created_at: Timestamp::default(),
        created_by: None,
    };
    let policy = preset.policy.clone();
    Organization {
        rules: Rules::new(preset, policy),
        members: HashMap::from([
            ("olivia", member(10, "owner", &[])),
            ("ann", member(11, "member", &[research])),
            ("gina", member(12, "guest", &[])),
        ]),
        resources: HashMap::from([("plans", plans), ("first", first)]),
        grants: vec![grant],
    }
}

/// Asks, tells, and stops when the answer is not what the page says.
fn tell(acme: &Organization, who: &str, permission: &str, on: Option<&str>, now: Timestamp, expected: bool) {
    let allowed = acme.allows(who, permission, on, now);
    println!("{who:<7} {permission:<14} {:<6} {}", on.unwrap_or("-"), if allowed { "yes" } else { "no" });
    assert_eq!(allowed, expected, "{who} {permission}");
}

fn main() {
    // A service would read the organization's own text, from `GET …/preset`, with `Preset::parse`.
    let mut acme = facts(built_in("standard").unwrap());
    let now = Timestamp::default().plus_s(60);
    tell(&acme, "olivia", "policy.update", None, now, true);
    tell(&acme, "ann", "project.edit", Some("first"), now, true);
    tell(&acme, "ann", "project.share", Some("first"), now, false);
    tell(&acme, "gina", "project.read", Some("first"), now, false);
    // A grant knows when it ends: no change has to arrive for that.
    tell(&acme, "ann", "project.edit", Some("first"), now.plus_s(7_200), false);
    // Somebody was switched off: the trail says so, and from then on nothing is theirs.
    acme.members.get_mut("olivia").unwrap().active = false;
    tell(&acme, "olivia", "policy.update", None, now, false);
}
