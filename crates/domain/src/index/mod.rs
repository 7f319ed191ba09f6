//! The rights index: everything a check asks of one organization, in memory, as one immutable value.
//! A write makes the next version, which shares all it did not touch; whoever reads keeps the
//! version they began with, and waits for nobody. Small numbers stand for ids, roles, kinds and
//! what grants give, so that an answer is some look-ups and bit operations.
//!
//! INVARIANT: answers are those of [`crate::reach`] and [`crate::rights`] on the same facts; a test
//! holds the two together. Loads nothing: facts are put in, changes are followed, and what cannot
//! be followed says so. Addresses are not known here: whom an address belongs to is a matter of
//! identities, not of one organization.

mod ask;
mod facts;
mod follow;
mod rows;
mod told;

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::ids::OrgId;
use crate::member::Status;
use crate::permission::Mask;
use crate::preset::{RoleRights, Rules};
use crate::reach;
use crate::resource::{Given, Grant};
pub use ask::{Asked, MemberAt, ResourceAt};
pub use follow::Followed;
use rows::{Rows, Table};

const NOBODY: u32 = u32::MAX;
/// Grants' subjects in the order they are kept in: everybody, groups, members, scopes.
const EVERYONE: u64 = 0;
const GROUP: u64 = 1 << 32;
const MEMBER: u64 = 2 << 32;
const SCOPE: u64 = 3 << 32;

/// What a fact in hand does not fit to; the organization has to be loaded anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfit;

/// A membership. Gone ones keep their place, with no status.
#[derive(Clone, Debug, Default)]
struct MemberRow {
    id: Uuid,
    user: Uuid,
    seats: Option<Arc<[Seat]>>,
    role: u16,
    status: Option<Status>,
    program: bool,
}

impl MemberRow {
    fn seats(&self) -> &[Seat] {
        self.seats.as_deref().unwrap_or_default()
    }

    /// The place in a group of this number.
    fn seat(&self, group: u32) -> Option<Seat> {
        let at = self.seats().partition_point(|seat| seat.group() < group);
        self.seats().get(at).copied().filter(|seat| seat.group() == group)
    }
}

/// A place in a group: its number, and whether its holder runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seat(u32);

impl Seat {
    const fn new(group: u32, manager: bool) -> Self {
        Self(group << 1 | manager as u32)
    }

    const fn group(self) -> u32 {
        self.0 >> 1
    }

    const fn manager(self) -> bool {
        self.0 & 1 == 1
    }
}

#[derive(Clone, Debug)]
struct ResourceRow {
    id: Uuid,
    parent: u32,
    owner: u32,
    external: Option<Arc<str>>,
    grants: Option<Arc<Grants>>,
    kind: u16,
    controlled: bool,
    there: bool,
}

impl Default for ResourceRow {
    fn default() -> Self {
        Self {
            id: Uuid::nil(),
            parent: NOBODY,
            owner: NOBODY,
            external: None,
            grants: None,
            kind: 0,
            controlled: false,
            there: false,
        }
    }
}

/// The grants on one resource, by subject; the ids beside them are for reasons only.
#[derive(Clone, Debug, Default)]
struct Grants {
    rows: Vec<GrantRow>,
    ids: Vec<Uuid>,
    /// Where those to members begin.
    members: usize,
    /// Tells quickly of most subjects that nothing is granted to them.
    sieve: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct GrantRow {
    subject: u64,
    /// `i64::MAX` is never.
    ends: i64,
    given: u16,
}

/// An organization role and what it means under the rules.
#[derive(Clone, Debug)]
struct RoleRow {
    slug: String,
    rights: RoleRights,
}

/// A type of resources: what owning one gives, what managing gives on one that is granted to groups
/// of one's own only, and what tells whether somebody is in one.
#[derive(Clone, Debug)]
struct KindRow {
    slug: String,
    owned: Mask,
    managed: Option<Mask>,
    entry: Mask,
}

impl KindRow {
    fn new(slug: &str, rules: &Rules) -> Self {
        let preset = rules.preset();
        let entry = reach::entry_of(preset, slug);
        let managed = Some(preset.group_manager_mask(slug)).filter(|mask| !mask.is_empty());
        Self { slug: slug.to_owned(), owned: preset.owner_mask(slug), managed, entry }
    }
}

/// What a grant can give on a type.
#[derive(Clone, Debug)]
struct GivenRow {
    kind: u16,
    given: Given,
    mask: Mask,
}

/// One organization at one revision. Cloning it is cheap; see the module.
#[derive(Clone, Debug)]
pub struct Index {
    organization: OrgId,
    revision: u64,
    rules: Arc<Rules>,
    seed: u64,
    roles: Arc<Vec<RoleRow>>,
    kinds: Arc<Vec<KindRow>>,
    given: Arc<Vec<GivenRow>>,
    members: Rows<MemberRow>,
    members_by_id: Table,
    members_by_user: Table,
    groups: Arc<HashMap<Uuid, u32>>,
    /// By number; of those that are gone too.
    group_ids: Arc<Vec<Uuid>>,
    /// Groups that give something by themselves.
    giving: Arc<Vec<(u32, Mask)>>,
    /// Whether anything granted on a scope makes it a controlled one.
    by_grants: bool,
    /// How many scopes say of themselves that they are controlled ones.
    controlled: usize,
    resources: Rows<ResourceRow>,
    resources_by_id: Table,
    resources_by_name: Table,
    granted: usize,
    seated: usize,
    gone: usize,
}

impl Index {
    /// An organization with nobody in it. `seed` is any number that callers do not know.
    #[must_use]
    pub fn new(organization: OrgId, rules: Arc<Rules>, seed: u64) -> Self {
        let by_grants = rules.policy().scope_controlled_by_grants;
        Self {
            organization,
            revision: 0,
            rules,
            seed,
            roles: Arc::default(),
            kinds: Arc::default(),
            given: Arc::default(),
            members: Rows::new(),
            members_by_id: Table::new(),
            members_by_user: Table::new(),
            groups: Arc::default(),
            group_ids: Arc::default(),
            giving: Arc::default(),
            by_grants,
            controlled: 0,
            resources: Rows::new(),
            resources_by_id: Table::new(),
            resources_by_name: Table::new(),
            granted: 0,
            seated: 0,
            gone: 0,
        }
    }

    /// Whose rights these are.
    #[must_use]
    pub const fn organization(&self) -> OrgId {
        self.organization
    }

    /// The revision whose facts these are.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Says which revision the facts that were put in are of.
    #[must_use]
    pub const fn at(mut self, revision: u64) -> Self {
        self.revision = revision;
        self
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// How much memory it takes, roughly.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let tables = [&self.members_by_id, &self.members_by_user, &self.resources_by_id, &self.resources_by_name];
        let lists = self.seated * size_of::<Seat>()
            + self.granted * (size_of::<GrantRow>() + size_of::<Uuid>() + facts::SIEVE_BITS / 8);
        // Each list has a head of its own: two counts, and what the allocator adds.
        let heads = (self.members.len() + self.resources.len()) * 32;
        size_of::<Self>()
            + self.members.bytes()
            + self.resources.bytes()
            + tables.iter().map(|table| table.bytes()).sum::<usize>()
            + lists
            + heads
    }

    /// Whether so much is gone that loading it anew is the better way.
    #[must_use]
    pub const fn is_worn(&self) -> bool {
        self.gone > 1_024 && self.gone * 2 > self.members.len() + self.resources.len()
    }

    fn role(&mut self, slug: &str) -> u16 {
        let known = self.roles.iter().position(|role| role.slug == slug);
        let at = known.unwrap_or_else(|| {
            let row = RoleRow { slug: slug.to_owned(), rights: self.rules.rights(slug).clone() };
            Arc::make_mut(&mut self.roles).push(row);
            self.roles.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    fn kind(&mut self, slug: &str) -> u16 {
        let known = self.kinds.iter().position(|kind| kind.slug == slug);
        let at = known.unwrap_or_else(|| {
            let row = KindRow::new(slug, &self.rules);
            Arc::make_mut(&mut self.kinds).push(row);
            self.kinds.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    fn given(&mut self, kind: u16, grant: &Grant) -> u16 {
        let known = self.given.iter().position(|row| row.kind == kind && row.given == grant.given);
        let at = known.unwrap_or_else(|| {
            let slug = self.kinds.get(usize::from(kind)).map_or("", |kind| kind.slug.as_str());
            let mask = grant.mask(&self.rules, slug);
            Arc::make_mut(&mut self.given).push(GivenRow { kind, given: grant.given.clone(), mask });
            self.given.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }
}
