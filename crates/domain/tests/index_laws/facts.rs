//! What is so in an organization, as plain lists, and what happens to it at random. Says for each
//! thing that happened which change told of it.

use std::collections::VecDeque;
use std::sync::Arc;

use guildhall_domain::change::Change;
use guildhall_domain::departure::Kept;
use guildhall_domain::group::{Group, GroupChange, GroupOrigin, Seat};
use guildhall_domain::ids::{GroupId, InvitationId, MemberId, OrgId, ResourceId, UserId};
use guildhall_domain::index::Index;
use guildhall_domain::invitation::{Carried, Deliver, Delivery, Invitation, State};
use guildhall_domain::member::{Member, MemberKind, Origin, Status};
use guildhall_domain::preset::{Preset, Rules};
use guildhall_domain::reach::{Ground, Receiver};
use guildhall_domain::resource::{Given, Grant, Resource, Subject};
use guildhall_domain::time::Timestamp;
use uuid::Uuid;

/// Chance: from a number, the same way again; or from somebody's bytes, and from a number once they are over.
pub(crate) struct Dice {
    state: u64,
    bytes: Option<VecDeque<u8>>,
}

impl Dice {
    pub(crate) fn of_seed(seed: u64) -> Self {
        Self { state: seed * 2 + 1, bytes: None }
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        Self { state: 1, bytes: Some(bytes.iter().copied().collect()) }
    }

    /// Whether the bytes ran out.
    pub(crate) fn is_over(&self) -> bool {
        self.bytes.as_ref().is_some_and(VecDeque::is_empty)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A byte of somebody's for each choice among few, so that a changed byte changes one choice.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        match self.bytes.as_mut().filter(|_| end <= 256).and_then(VecDeque::pop_front) {
            Some(byte) => usize::from(byte) % end.max(1),
            None => (self.next() >> 33) as usize % end.max(1),
        }
    }

    pub(crate) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub(crate) fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    pub(crate) fn id(&mut self) -> Uuid {
        Uuid::from_u128(u128::from(self.next()) << 64 | u128::from(self.next()))
    }
}

pub(crate) struct Facts {
    pub(crate) organization: OrgId,
    preset: Arc<Preset>,
    by_grants: bool,
    group_required: bool,
    pub(crate) rules: Arc<Rules>,
    pub(crate) revision: u64,
    pub(crate) now: i64,
    pub(crate) members: Vec<Member>,
    pub(crate) groups: Vec<Group>,
    pub(crate) seats: Vec<(GroupId, MemberId, bool)>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) removed: Vec<(Member, Kept)>,
    pub(crate) dice: Dice,
}

impl Facts {
    pub(crate) fn new(preset: &Arc<Preset>, seed: u64, mut dice: Dice) -> Self {
        let mut facts = Self {
            organization: OrgId::new(dice.id()),
            preset: Arc::clone(preset),
            by_grants: seed.is_multiple_of(3),
            group_required: seed % 4 == 1,
            rules: Arc::new(Rules::new(Arc::clone(preset), preset.policy.clone())),
            revision: 1,
            now: 1_000,
            members: Vec::new(),
            groups: Vec::new(),
            seats: Vec::new(),
            resources: Vec::new(),
            grants: Vec::new(),
            removed: Vec::new(),
            dice,
        };
        facts.rule();
        facts
    }

    /// Puts the rules together anew.
    fn rule(&mut self) {
        let mut policy = self.preset.policy.clone();
        policy.scope_controlled_by_grants = self.by_grants;
        policy.group_required = self.group_required;
        let giving = self.groups.iter().filter(|group| !group.permissions.is_empty());
        let giving: Vec<_> = giving.map(|group| (group.id, group.permissions.clone())).collect();
        self.rules = Arc::new(Rules::new(Arc::clone(&self.preset), policy).and_groups(&giving));
    }

    pub(crate) fn load(&self) -> Index {
        let mut index = Index::new(self.organization, Arc::clone(&self.rules), 7);
        for member in &self.members {
            index.put_member(member.id, member.user, member.kind, &member.role, member.status);
        }
        for group in &self.groups {
            index.put_group(group.id);
        }
        for (group, member, manager) in &self.seats {
            index.put_seat(*group, *member, *manager).expect("both are there");
        }
        let mut waiting: Vec<&Resource> = self.resources.iter().collect();
        while !waiting.is_empty() {
            waiting.retain(|resource| index.put_resource(resource).is_err());
        }
        for grant in &self.grants {
            index.put_grant(grant).expect("both are there");
        }
        index.at(self.revision)
    }

    pub(crate) fn member(&mut self, status: Status) -> Member {
        let role = if self.dice.one_in(20) { "a role nobody knows".to_owned() } else { self.role() };
        let user = (status != Status::Invited).then(|| UserId::new(self.dice.id()));
        let at = Timestamp::from_micros(self.now);
        Member {
            id: MemberId::new(self.dice.id()),
            organization: self.organization,
            user,
            kind: MemberKind::Person,
            email: String::new(),
            name: String::new(),
            handle: None,
            role,
            status,
            origin: Origin::SignUp,
            joined_at: None,
            created_at: at,
            created_by: None,
            last_active_at: None,
            sessions_from: at,
            managed: false,
            revision: 0,
        }
    }

    pub(crate) fn role(&mut self) -> String {
        let roles: Vec<&str> = self.rules.preset().organization_roles().map(|role| role.slug.as_str()).collect();
        roles[self.dice.below(roles.len())].to_owned()
    }

    pub(crate) fn invitation(&mut self, member: &Member) -> Invitation {
        Invitation {
            id: InvitationId::new(self.dice.id()),
            organization: self.organization,
            member: member.id,
            email: String::new(),
            invitee: None,
            handle: None,
            name: String::new(),
            role: member.role.clone(),
            carried: Carried::default(),
            deliver: Deliver::Link,
            state: State::Pending,
            expires_at: None,
            delivery: Delivery::None,
            delivery_detail: None,
            created_at: Timestamp::default(),
            created_by: None,
            revision: 0,
        }
    }

    /// Gone: in no group, granted nothing, owner of nothing.
    pub(crate) fn forget(&mut self, member: MemberId) {
        self.members.retain(|m| m.id != member);
        self.seats.retain(|(_, m, _)| *m != member);
        self.grants.retain(|g| g.subject != Subject::Member(member));
        for resource in self.resources.iter_mut().filter(|r| r.owner == Some(member)) {
            resource.owner = None;
        }
    }

    pub(crate) fn set(&mut self, member: &Member, change: impl Fn(&mut Member)) {
        self.members.iter_mut().filter(|m| m.id == member.id).for_each(change);
    }

    fn permissions(&mut self) -> Vec<String> {
        let preset = Arc::clone(&self.preset);
        let names: Vec<&str> = preset.catalogue.iter().map(|(_, p)| p.name.as_str()).collect();
        (0..self.dice.below(4)).filter_map(|_| self.dice.of(&names).map(|name| (*name).to_owned())).collect()
    }

    fn group(&mut self) -> Option<Change> {
        if self.groups.len() < 3 || self.dice.one_in(10) {
            let group = Group {
                id: GroupId::new(self.dice.id()),
                organization: self.organization,
                name: String::new(),
                description: String::new(),
                origin: GroupOrigin::Local,
                external_id: None,
                slug: None,
                reserved: false,
                joins: false,
                permissions: if self.dice.one_in(4) { self.permissions() } else { Vec::new() },
                created_at: Timestamp::default(),
                revision: 0,
            };
            self.groups.push(group.clone());
            self.rule();
            return Some(Change::Group(GroupChange::Created { group: Box::new(group) }));
        }
        let at = self.dice.below(self.groups.len());
        let group = Box::new(self.groups.get(at)?.clone());
        if self.dice.one_in(15) {
            self.groups.remove(at);
            self.seats.retain(|(g, ..)| *g != group.id);
            self.grants.retain(|g| g.subject != Subject::Group(group.id));
            self.rule();
            return Some(Change::Group(GroupChange::Deleted { group }));
        }
        if self.dice.one_in(40) {
            let permissions = self.permissions();
            self.groups.get_mut(at)?.permissions.clone_from(&permissions);
            self.rule();
            return Some(Change::Group(GroupChange::PermissionsSet { group, permissions }));
        }
        self.seat(group)
    }

    fn seat(&mut self, group: Box<Group>) -> Option<Change> {
        let (id, email) = (group.id, String::new());
        let member = self.dice.of(&self.members)?.id;
        let at = self.seats.iter().position(|(g, m, _)| *g == id && *m == member);
        let before = at.and_then(|at| self.seats.get(at)).map(|(_, _, manager)| Seat { member, manager: *manager });
        if let (Some(at), Some(seat)) = (at, before)
            && self.dice.one_in(2)
        {
            self.seats.remove(at);
            return Some(Change::Group(GroupChange::SeatLeft { group, email, seat }));
        }
        let after = Seat { member, manager: self.dice.one_in(2) };
        match at.and_then(|at| self.seats.get_mut(at)) {
            Some(seat) => seat.2 = after.manager,
            None => self.seats.push((id, member, after.manager)),
        }
        Some(Change::Group(GroupChange::SeatSet { group, email, before, after }))
    }

    pub(crate) fn path(&self, id: ResourceId) -> Vec<Resource> {
        let mut path = Vec::new();
        let mut next = Some(id);
        while let Some(found) = next.and_then(|id| self.resources.iter().find(|r| r.id == id)) {
            path.push(found.clone());
            next = found.parent;
        }
        path.reverse();
        path
    }

    /// The way to a place and the grants on it.
    fn way(&self, target: Option<ResourceId>) -> (Vec<Resource>, Vec<Grant>) {
        let path = target.map(|id| self.path(id)).unwrap_or_default();
        let on = |grant: &&Grant| path.iter().any(|r| r.id == grant.resource);
        let mut grants: Vec<Grant> = self.grants.iter().filter(on).cloned().collect();
        grants.sort_by_key(|grant| grant.id);
        (path, grants)
    }

    /// A place with everything that decides who reaches it.
    pub(crate) fn ground(&self, target: Option<ResourceId>) -> Ground {
        let (path, grants) = self.way(target);
        let mut receivers: Vec<Receiver> = Vec::new();
        for grant in &grants {
            let Subject::Resource(scope) = grant.subject else { continue };
            if receivers.iter().all(|one| one.path.last().is_none_or(|last| last.id != scope)) {
                let (path, grants) = self.way(Some(scope));
                receivers.push(Receiver { path, grants });
            }
        }
        Ground { path, grants, receivers }
    }

    /// What a grant gives on a type.
    pub(crate) fn given(&mut self, kind: &str) -> Given {
        let preset = Arc::clone(&self.preset);
        if self.dice.one_in(3) {
            let names: Vec<&str> = preset.catalogue.iter().map(|(_, p)| p.name.as_str()).collect();
            return Given::Permission(self.dice.of(&names).map_or_else(String::new, |name| (*name).to_owned()));
        }
        let roles: Vec<&str> = preset.roles_of(kind).map(|role| role.slug.as_str()).collect();
        Given::Role(self.dice.of(&roles).map_or_else(|| "none".to_owned(), |slug| (*slug).to_owned()))
    }

    /// Something happens, or several things in one commit.
    pub(crate) fn step(&mut self) -> Vec<Change> {
        self.now += self.dice.below(20) as i64;
        let many = 1 + usize::from(self.dice.one_in(4)) * self.dice.below(4);
        let one = |facts: &mut Self| match facts.dice.below(10) {
            0..=2 => facts.people(),
            3..=4 => facts.group(),
            5..=6 => facts.resource(),
            _ => facts.grant(),
        };
        (0..many).filter_map(|_| one(self)).collect()
    }
}
