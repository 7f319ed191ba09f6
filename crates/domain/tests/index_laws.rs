//! The rights index and the formula say the same, whatever happened before: random histories of
//! changes, with expiry, with indexes loaded anew in the middle, and with changes that cannot be
//! followed. The reference holds plain lists and asks [`guildhall_domain::reach`].

use std::sync::Arc;

use guildhall_domain::change::Change;
use guildhall_domain::group::{Group, GroupChange, GroupOrigin, Seat};
use guildhall_domain::ids::{GrantId, GroupId, InvitationId, MemberId, OrgId, ResourceId, UserId};
use guildhall_domain::index::{Asked, Followed, Index};
use guildhall_domain::invitation::{Deliver, Delivery, Invitation, State};
use guildhall_domain::member::{Member, MemberKind, Origin, Status};
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::{Rules, built_in};
use guildhall_domain::reach::{self, Site, Who};
use guildhall_domain::resource::{Given, Grant, Resource, ResourceChange, Subject};
use guildhall_domain::rights;
use guildhall_domain::time::Timestamp;
use serde_json::Map;
use uuid::Uuid;

/// Steps of all histories together, and of one.
const STEPS: usize = 100_000;
const HISTORY: usize = 2_500;

struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end.max(1)
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u128(u128::from(self.next()) << 64 | u128::from(self.next()))
    }
}

/// What is so, as plain lists.
struct Facts {
    organization: OrgId,
    rules: Arc<Rules>,
    revision: u64,
    now: i64,
    members: Vec<Member>,
    groups: Vec<Group>,
    seats: Vec<(GroupId, MemberId)>,
    resources: Vec<Resource>,
    grants: Vec<Grant>,
    dice: Dice,
}

const ROLES: &[&str] = &["owner", "admin", "member", "guest", "a role nobody knows"];

impl Facts {
    fn new(preset: &str, seed: u64) -> Self {
        let mut dice = Dice(seed * 2 + 1);
        let preset = built_in(preset).expect("built in");
        let policy = preset.policy.clone();
        Self {
            organization: OrgId::new(dice.id()),
            rules: Arc::new(Rules::new(preset, policy)),
            revision: 1,
            now: 1_000,
            members: Vec::new(),
            groups: Vec::new(),
            seats: Vec::new(),
            resources: Vec::new(),
            grants: Vec::new(),
            dice,
        }
    }

    fn load(&self) -> Index {
        let mut index = Index::new(self.organization, Arc::clone(&self.rules), 7);
        for member in &self.members {
            index.put_member(member.id, member.user, &member.role, member.status);
        }
        for group in &self.groups {
            index.put_group(group.id);
        }
        for (group, member) in &self.seats {
            index.put_seat(*group, *member).expect("both are there");
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

    fn member(&mut self, status: Status) -> Member {
        let roles: Vec<&str> = self.rules.preset().organization_roles().map(|role| role.slug.as_str()).collect();
        let role = if self.dice.one_in(20) { ROLES[4] } else { roles[self.dice.below(roles.len())] };
        let role = role.to_owned();
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
            revision: 0,
        }
    }

    fn invitation(&mut self, member: &Member) -> Invitation {
        Invitation {
            id: InvitationId::new(self.dice.id()),
            organization: self.organization,
            member: member.id,
            email: String::new(),
            name: String::new(),
            role: member.role.clone(),
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
    fn forget(&mut self, member: MemberId) {
        self.members.retain(|m| m.id != member);
        self.seats.retain(|(_, m)| *m != member);
        self.grants.retain(|g| g.subject != Subject::Member(member));
        for resource in self.resources.iter_mut().filter(|r| r.owner == Some(member)) {
            resource.owner = None;
        }
    }

    fn set(&mut self, member: &Member, change: impl Fn(&mut Member)) {
        self.members.iter_mut().filter(|m| m.id == member.id).for_each(change);
    }

    fn people(&mut self) -> Option<Change> {
        if self.members.len() < 3 || self.dice.one_in(4) {
            let status = *self.dice.of(&[Status::Active, Status::Active, Status::PendingApproval, Status::Invited])?;
            let member = self.member(status);
            self.members.push(member.clone());
            let invitation = Box::new(self.invitation(&member));
            let member = Box::new(member);
            return Some(match status {
                Status::Invited => Change::MemberInvited { member, invitation, secret: [0; 32] },
                _ => Change::MemberJoined { member },
            });
        }
        let found = self.dice.of(&self.members)?.clone();
        let member = Box::new(found.clone());
        Some(match (found.status, self.dice.below(6)) {
            (Status::Invited, 0..=2) => {
                let after = Member { user: Some(UserId::new(self.dice.id())), status: Status::Active, ..found.clone() };
                self.set(&found, |m| *m = after.clone());
                Change::InvitationAccepted { invitation: Box::new(self.invitation(&found)), member: Box::new(after) }
            }
            (Status::Invited, 3) => {
                let after = ROLES[self.dice.below(4)].to_owned();
                self.set(&found, |m| m.role.clone_from(&after));
                Change::InvitationRoleChanged { invitation: Box::new(self.invitation(&found)), after }
            }
            (Status::Invited, _) => {
                self.forget(found.id);
                Change::InvitationCancelled { invitation: Box::new(self.invitation(&found)) }
            }
            (Status::PendingApproval, 0) => {
                self.forget(found.id);
                Change::MemberRejected { member, reason: None, at: Timestamp::default() }
            }
            (Status::PendingApproval, _) => {
                self.set(&found, |m| m.status = Status::Active);
                Change::MemberApproved { member, at: Timestamp::default() }
            }
            (Status::Deactivated, 0..=3) => {
                self.set(&found, |m| m.status = Status::Active);
                Change::MemberReactivated { member }
            }
            (_, 0) => {
                self.forget(found.id);
                if self.dice.one_in(2) { Change::MemberLeft { member } } else { Change::MemberRemoved { member } }
            }
            (Status::Active, 1) => {
                self.set(&found, |m| m.status = Status::Deactivated);
                Change::MemberDeactivated { member }
            }
            _ => {
                let roles: Vec<String> =
                    self.rules.preset().organization_roles().map(|role| role.slug.clone()).collect();
                let after = roles[self.dice.below(roles.len())].clone();
                self.set(&found, |m| m.role.clone_from(&after));
                Change::MemberRoleChanged { member, after }
            }
        })
    }

    fn group(&mut self) -> Option<Change> {
        let email = String::new();
        if self.groups.len() < 2 || self.dice.one_in(8) {
            let group = Group {
                id: GroupId::new(self.dice.id()),
                organization: self.organization,
                name: String::new(),
                description: String::new(),
                origin: GroupOrigin::Local,
                created_at: Timestamp::default(),
                revision: 0,
            };
            self.groups.push(group.clone());
            return Some(Change::Group(GroupChange::Created { group: Box::new(group) }));
        }
        let group = self.dice.of(&self.groups)?.clone();
        let id = group.id;
        let boxed = Box::new(group);
        if self.dice.one_in(12) {
            self.groups.retain(|g| g.id != id);
            self.seats.retain(|(g, _)| *g != id);
            self.grants.retain(|g| g.subject != Subject::Group(id));
            return Some(Change::Group(GroupChange::Deleted { group: boxed }));
        }
        let member = self.dice.of(&self.members)?.id;
        let seat = Seat { member, manager: self.dice.one_in(3) };
        let before = self.seats.contains(&(id, member)).then_some(seat);
        if before.is_some() && self.dice.one_in(2) {
            self.seats.retain(|taken| *taken != (id, member));
            return Some(Change::Group(GroupChange::SeatLeft { group: boxed, email, seat }));
        }
        if before.is_none() {
            self.seats.push((id, member));
        }
        Some(Change::Group(GroupChange::SeatSet { group: boxed, email, before, after: seat }))
    }

    fn path(&self, id: ResourceId) -> Vec<Resource> {
        let mut path = Vec::new();
        let mut next = Some(id);
        while let Some(found) = next.and_then(|id| self.resources.iter().find(|r| r.id == id)) {
            path.push(found.clone());
            next = found.parent;
        }
        path.reverse();
        path
    }

    fn resource(&mut self) -> Option<Change> {
        let kinds: Vec<String> = self.rules.preset().types.iter().map(|kind| kind.slug.clone()).collect();
        if self.resources.len() < 3 || self.dice.one_in(5) {
            let parent = self.dice.of(&self.resources).map(|r| r.id).filter(|id| self.path(*id).len() < 12);
            let parent = parent.filter(|_| !self.dice.one_in(3));
            let id = ResourceId::new(self.dice.id());
            let resource = Resource {
                id,
                organization: self.organization,
                kind: self.dice.of(&kinds)?.clone(),
                external_id: (!self.dice.one_in(3)).then(|| format!("{:x}", self.dice.next())),
                name: String::new(),
                parent,
                owner: self.dice.of(&self.members).map(|m| m.id).filter(|_| !self.dice.one_in(3)),
                controlled: self.dice.one_in(5),
                created_at: Timestamp::default(),
                revision: 0,
            };
            self.resources.push(resource.clone());
            return Some(Change::Resource(ResourceChange::Created { resource: Box::new(resource) }));
        }
        let before = self.dice.of(&self.resources)?.clone();
        let boxed = Box::new(before.clone());
        if self.dice.one_in(10) {
            let gone: Vec<ResourceId> = self
                .resources
                .iter()
                .map(|r| r.id)
                .filter(|id| self.path(*id).iter().any(|above| above.id == before.id))
                .collect();
            self.resources.retain(|r| !gone.contains(&r.id));
            self.grants.retain(|g| !gone.contains(&g.resource));
            return Some(Change::Resource(ResourceChange::Deleted { resource: boxed }));
        }
        let mut after = before.clone();
        match self.dice.below(4) {
            0 => after.controlled = !after.controlled,
            1 => after.owner = self.dice.of(&self.members).map(|m| m.id).filter(|_| !self.dice.one_in(4)),
            2 => after.external_id = Some(format!("{:x}", self.dice.next())),
            _ => {
                let parent = self.dice.of(&self.resources).map(|r| r.id);
                let fits = |id: &ResourceId| self.path(*id).iter().all(|above| above.id != before.id);
                after.parent = parent.filter(fits).filter(|id| self.path(*id).len() < 8);
            }
        }
        *self.resources.iter_mut().find(|r| r.id == before.id)? = after.clone();
        Some(Change::Resource(ResourceChange::Edited { before: boxed, after: Box::new(after) }))
    }

    fn grant(&mut self) -> Option<Change> {
        if self.grants.len() > 5 && self.dice.one_in(3) {
            let at = self.dice.below(self.grants.len());
            let grant = self.grants.remove(at);
            let resource = self.resources.iter().find(|r| r.id == grant.resource)?.clone();
            return Some(Change::Resource(ResourceChange::Revoked {
                resource: Box::new(resource),
                grant: Box::new(grant),
            }));
        }
        let resource = self.dice.of(&self.resources)?.clone();
        let subject = match self.dice.below(4) {
            0 => Subject::Everyone,
            1 => Subject::Group(self.dice.of(&self.groups)?.id),
            _ => Subject::Member(self.dice.of(&self.members)?.id),
        };
        let given = match self.dice.one_in(3) {
            true => {
                let names: Vec<&str> = self.rules.preset().catalogue.iter().map(|(_, p)| p.name.as_str()).collect();
                Given::Permission(self.dice.of(&names)?.to_string())
            }
            false => {
                let roles: Vec<&str> =
                    self.rules.preset().roles_of(&resource.kind).map(|role| role.slug.as_str()).collect();
                Given::Role(self.dice.of(&roles).map_or_else(|| "none".to_owned(), |slug| (*slug).to_owned()))
            }
        };
        let grant = Grant {
            id: GrantId::new(self.dice.id()),
            organization: self.organization,
            resource: resource.id,
            subject,
            given,
            expires_at: self.dice.one_in(3).then(|| Timestamp::from_micros(self.now + self.dice.below(400) as i64)),
            created_at: Timestamp::default(),
            created_by: None,
        };
        self.grants.push(grant.clone());
        Some(Change::Resource(ResourceChange::Granted { resource: Box::new(resource), grant: Box::new(grant) }))
    }

    /// Something happens, or nothing; what can not be followed is told by `None` for the change.
    fn step(&mut self) -> Vec<Change> {
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

    /// A random question to both.
    fn compare(&mut self, index: &Index) {
        let Some(member) = self.dice.of(&self.members).cloned() else { return };
        let resource = self.dice.of(&self.resources).cloned().filter(|_| !self.dice.one_in(6));
        let path = resource.as_ref().map(|r| self.path(r.id)).unwrap_or_default();
        let mut grants: Vec<Grant> =
            self.grants.iter().filter(|g| path.iter().any(|r| r.id == g.resource)).cloned().collect();
        grants.sort_by_key(|grant| grant.id);
        let groups: Vec<GroupId> = self.seats.iter().filter(|(_, m)| *m == member.id).map(|(g, _)| *g).collect();
        let scopes = self.dice.one_in(4).then(|| {
            self.rules.preset().catalogue.iter().map(|(bit, _)| bit).filter(|_| self.dice.one_in(2)).collect::<Mask>()
        });
        let now = Timestamp::from_micros(self.now);
        let standing = self.rules.standing(&member.role, member.status == Status::Active, scopes);
        let site = Site { path: &path, grants: &grants };
        let who = Who { member: member.id, groups: &groups };
        let right = reach::rights(&self.rules, Some(standing), site, who, now);

        let here = index.member(member.id).expect("the member is there");
        assert_eq!(index.status_of(here), Some(member.status));
        assert_eq!(member.user.and_then(|user| index.member_of(user)), member.user.map(|_| here));
        let at = resource.as_ref().map(|r| index.resource(r.id).expect("the resource is there"));
        if let Some(found) = &resource
            && let Some(external) = &found.external_id
        {
            assert_eq!(index.resource_named(&found.kind, external), at);
        }
        let asked = Asked { member: here, at, scopes, now };
        assert_eq!(index.effective(&asked), right, "{member:?} at {resource:?}");
        if self.dice.one_in(10) {
            let bits: Vec<_> = self.rules.preset().catalogue.iter().map(|(bit, _)| bit).collect();
            let bit = *self.dice.of(&bits).expect("a permission");
            let told = |inputs: &rights::Inputs<'_>| {
                rights::explain(inputs, bit).iter().map(|reason| format!("{reason:?}")).collect::<Vec<_>>()
            };
            let why = reach::with(&self.rules, Some(standing), site, who, now, told);
            assert_eq!(index.spelled_out(&asked, told), why);
        }
    }
}

#[test]
fn the_index_says_what_the_formula_says_after_any_history() {
    let presets = ["standard", "cloudtruth", "planasonix", "onyx"];
    let (mut lost, mut allowed) = (0, 0);
    for history in 0..STEPS / HISTORY {
        let mut facts = Facts::new(presets[history % presets.len()], history as u64 + 1);
        let mut index = facts.load();
        let mut before: Option<(Index, Asked, Mask)> = None;
        for _ in 0..HISTORY {
            let changes = facts.step();
            facts.revision += 1;
            if facts.dice.one_in(200) {
                // Loaded anew in the middle.
                index = facts.load();
            } else if facts.dice.one_in(200) {
                // A change that cannot be followed: the rules of everybody.
                let organization = facts.organization;
                let unknown = Change::PolicyChanged { organization, before: Map::new(), after: Map::new() };
                let all: Vec<Change> = changes.into_iter().chain([unknown]).collect();
                assert_eq!(index.follow(facts.revision, &all), Followed::Lost);
                (index, lost) = (facts.load(), lost + 1);
            } else {
                assert_eq!(index.follow(facts.revision, &changes), Followed::Here, "{changes:?}");
            }
            for _ in 0..2 {
                facts.compare(&index);
            }
            // Whoever holds an older version goes on reading what was so then.
            if let Some((old, asked, mask)) = &before {
                assert_eq!(old.effective(asked), *mask);
            }
            if facts.dice.one_in(50)
                && let Some(member) = facts.dice.of(&facts.members).and_then(|m| index.member(m.id))
            {
                let now = Timestamp::from_micros(facts.now);
                let asked = Asked { member, at: None, scopes: None, now };
                let mask = index.effective(&asked);
                allowed += usize::from(!mask.is_empty());
                before = Some((index.clone(), asked, mask));
            }
        }
        assert_eq!(index.revision(), facts.revision);
    }
    assert!(lost > 100 && allowed > 100, "{lost} lost, {allowed} allowed");
}

#[test]
fn a_revision_that_does_not_come_next_is_not_followed() {
    let facts = Facts::new("standard", 1);
    for skipped in [0, 1, 3] {
        assert_eq!(facts.load().follow(skipped, &[]), Followed::Lost, "{skipped}");
    }
    assert_eq!(facts.load().follow(2, &[]), Followed::Here);
}

#[test]
fn a_change_that_does_not_fit_is_not_followed() {
    let mut facts = Facts::new("standard", 1);
    let stranger = Box::new(facts.member(Status::Active));
    let mut index = facts.load();
    assert_eq!(index.follow(2, &[Change::MemberRemoved { member: stranger.clone() }]), Followed::Lost);
    let mut index = facts.load();
    let elsewhere = Box::new(Member { organization: OrgId::new(Uuid::nil()), ..*stranger });
    assert_eq!(index.follow(2, &[Change::MemberRemoved { member: elsewhere }]), Followed::Here);
}

#[test]
fn a_membership_takes_less_than_200_bytes() {
    let mut facts = Facts::new("standard", 9);
    let mut index = facts.load();
    let groups: Vec<GroupId> = (0..500).map(|_| GroupId::new(facts.dice.id())).collect();
    groups.iter().for_each(|group| index.put_group(*group));
    const MANY: usize = 100_000;
    for _ in 0..MANY {
        let (id, user) = (MemberId::new(facts.dice.id()), UserId::new(facts.dice.id()));
        index.put_member(id, Some(user), "member", Status::Active);
        for _ in 0..3 {
            index.put_seat(*facts.dice.of(&groups).expect("a group"), id).expect("both are there");
        }
    }
    assert!(index.bytes() / MANY <= 200, "{} bytes", index.bytes() / MANY);
}
