//! Putting facts into an index and taking them out: members, seats in groups, resources, grants.
//! Loading is putting everything in; following a change is putting in what changed.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use uuid::Uuid;

use super::rows::{Rows, of_id, of_text};
use super::{
    EVERYONE, GROUP, GrantRow, Grants, Index, MEMBER, MemberRow, NOBODY, ResourceRow, SCOPE, Seat, Unfit, ask,
};
use crate::ids::{GrantId, GroupId, MemberId, ResourceId, UserId};
use crate::member::{MemberKind, Status};
use crate::resource::{Grant, Resource, Subject};
use crate::time::Timestamp;

impl Index {
    /// Puts a membership in, or what it is now in the place of what it was.
    pub fn put_member(&mut self, id: MemberId, user: Option<UserId>, kind: MemberKind, role: &str, status: Status) {
        let role = self.role(role);
        let (id, user) = (id.uuid(), user.map_or(Uuid::nil(), UserId::uuid));
        let at = match self.member_at(id) {
            Some(at) => at,
            None => {
                let at = self.members.push(MemberRow { id, ..MemberRow::default() });
                let rows = &self.members;
                self.members_by_id.insert(of_id(id.as_u128()), at, |n| hash_of_member(rows, n));
                at
            }
        };
        let Some(row) = self.members.get_mut(at) else { return };
        (row.role, row.status, row.program) = (role, Some(status), kind == MemberKind::ServiceAccount);
        if row.user != user {
            let before = std::mem::replace(&mut row.user, user);
            let rows = &self.members;
            let hash = |n: u32| rows.get(n).map_or(0, |row| of_id(row.user.as_u128()));
            if !before.is_nil() {
                self.members_by_user.remove(of_id(before.as_u128()), at, hash);
            }
            if !user.is_nil() {
                self.members_by_user.insert(of_id(user.as_u128()), at, hash);
            }
        }
    }

    pub(super) fn set_role(&mut self, id: MemberId, role: &str) -> Result<(), Unfit> {
        let role = self.role(role);
        let row = self.member_at(id.uuid()).and_then(|at| self.members.get_mut(at)).ok_or(Unfit)?;
        row.role = role;
        Ok(())
    }

    /// Takes a membership out, with everything that was granted to it. What it owned is nobody's.
    pub(super) fn take_member(&mut self, id: MemberId) -> Result<(), Unfit> {
        let at = self.member_at(id.uuid()).ok_or(Unfit)?;
        let row = self.members.get(at).cloned().ok_or(Unfit)?;
        let rows = &self.members;
        self.members_by_id.remove(of_id(row.id.as_u128()), at, |n| hash_of_member(rows, n));
        if !row.user.is_nil() {
            let hash = |n: u32| rows.get(n).map_or(0, |row| of_id(row.user.as_u128()));
            self.members_by_user.remove(of_id(row.user.as_u128()), at, hash);
        }
        self.seated -= row.seats().len();
        if let Some(row) = self.members.get_mut(at) {
            (row.seats, row.status) = (None, None);
        }
        let subject = MEMBER | u64::from(at);
        self.ungrant(subject..=subject, |_| true);
        self.gone += 1;
        Ok(())
    }

    pub(super) fn member_at(&self, id: Uuid) -> Option<u32> {
        self.members_by_id.find(of_id(id.as_u128()), |n| self.members.get(n).is_some_and(|row| row.id == id))
    }

    fn group_at(&self, id: GroupId) -> Option<u32> {
        self.groups.get(&id.uuid()).copied()
    }

    /// Puts a group in, with what being in it gives.
    pub fn put_group(&mut self, id: GroupId) {
        if self.group_at(id).is_some() {
            return;
        }
        let number = u32::try_from(self.group_ids.len()).unwrap_or(NOBODY);
        Arc::make_mut(&mut self.groups).insert(id.uuid(), number);
        Arc::make_mut(&mut self.group_ids).push(id.uuid());
        let gives = self.rules.group_mask(id);
        if !gives.is_empty() {
            Arc::make_mut(&mut self.giving).push((number, gives));
        }
    }

    /// Puts a member into a group, or decides anew whether they run it.
    ///
    /// # Errors
    /// [`Unfit`] when either is not there.
    pub fn put_seat(&mut self, group: GroupId, member: MemberId, manager: bool) -> Result<(), Unfit> {
        self.seat(group, member, Some(manager))
    }

    pub(super) fn seat(&mut self, group: GroupId, member: MemberId, manager: Option<bool>) -> Result<(), Unfit> {
        let group = self.group_at(group).ok_or(Unfit)?;
        let at = self.member_at(member.uuid()).ok_or(Unfit)?;
        self.sit(at, group, manager).ok_or(Unfit)
    }

    fn sit(&mut self, member: u32, group: u32, manager: Option<bool>) -> Option<()> {
        let row = self.members.get_mut(member)?;
        let mut seats = row.seats().to_vec();
        let before = seats.len();
        seats.retain(|seat| seat.group() != group);
        if let Some(manager) = manager {
            let at = seats.partition_point(|seat| seat.group() < group);
            seats.insert(at, Seat::new(group, manager));
        }
        self.seated = self.seated + seats.len() - before;
        row.seats = (!seats.is_empty()).then(|| seats.into());
        Some(())
    }

    pub(super) fn resource_at(&self, id: Uuid) -> Option<u32> {
        self.resources_by_id.find(of_id(id.as_u128()), |n| self.resources.get(n).is_some_and(|row| row.id == id))
    }

    fn number_of(&self, parent: Option<ResourceId>) -> Result<u32, Unfit> {
        parent.map_or(Ok(NOBODY), |id| self.resource_at(id.uuid()).ok_or(Unfit))
    }

    /// Puts a resource in, or what it is now in the place of what it was. What it stands under is
    /// put in before it; an owner who is not here owns nothing.
    ///
    /// # Errors
    /// [`Unfit`] when its parent is not there.
    pub fn put_resource(&mut self, resource: &Resource) -> Result<(), Unfit> {
        let id = resource.id.uuid();
        let parent = self.number_of(resource.parent)?;
        let kind = self.kind(&resource.kind);
        let owner = resource.owner.and_then(|owner| self.member_at(owner.uuid())).unwrap_or(NOBODY);
        let at = match self.resource_at(id) {
            Some(at) => at,
            None => {
                let at = self.resources.push(ResourceRow { id, there: true, ..ResourceRow::default() });
                let rows = &self.resources;
                self.resources_by_id.insert(of_id(id.as_u128()), at, |n| hash_of_resource(rows, n));
                at
            }
        };
        self.rename(at, kind, resource.external_id.as_deref());
        let row = self.resources.get_mut(at).ok_or(Unfit)?;
        self.controlled = self.controlled + usize::from(resource.controlled) - usize::from(row.controlled);
        (row.parent, row.owner, row.controlled) = (parent, owner, resource.controlled);
        Ok(())
    }

    /// Gives a resource its type and its outside name.
    fn rename(&mut self, at: u32, kind: u16, external: Option<&str>) {
        let Some(row) = self.resources.get(at) else { return };
        let (before, was) = (row.external.clone(), row.kind);
        let same = was == kind && before.as_deref() == external;
        if same {
            return;
        }
        let seed = self.seed;
        if let Some(before) = before {
            let rows = &self.resources;
            self.resources_by_name.remove(of_text(seed, was, &before), at, |n| hash_of_name(rows, seed, n));
        }
        if let Some(row) = self.resources.get_mut(at) {
            (row.kind, row.external) = (kind, external.map(Arc::from));
        }
        if let Some(name) = external {
            let rows = &self.resources;
            self.resources_by_name.insert(of_text(seed, kind, name), at, |n| hash_of_name(rows, seed, n));
        }
    }

    /// Takes a resource out, with everything under it.
    pub(super) fn take_resource(&mut self, id: ResourceId) -> Result<(), Unfit> {
        let top = self.resource_at(id.uuid()).ok_or(Unfit)?;
        let below = self.resources.iter().filter(|(at, row)| row.there && self.stands_under(*at, top));
        let below: Vec<u32> = below.map(|(at, _)| at).collect();
        for at in below.iter().copied() {
            let Some(kind) = self.resources.get(at).map(|row| row.kind) else { continue };
            self.rename(at, kind, None);
            let Some(row) = self.resources.get(at).cloned() else { continue };
            let rows = &self.resources;
            self.resources_by_id.remove(of_id(row.id.as_u128()), at, |n| hash_of_resource(rows, n));
            self.granted -= row.grants.as_ref().map_or(0, |grants| grants.rows.len());
            self.controlled -= usize::from(row.controlled);
            if let Some(row) = self.resources.get_mut(at) {
                (row.there, row.grants, row.controlled) = (false, None, false);
            }
            self.gone += 1;
        }
        // What was shared to it reaches nobody.
        self.ungrant(SCOPE..=u64::MAX, |row| below.binary_search(&row.number()).is_ok());
        Ok(())
    }

    fn stands_under(&self, at: u32, top: u32) -> bool {
        self.upwards(at).any(|above| above == top)
    }

    /// A resource and all it stands under, from below. Ends even on a ring, which cannot be.
    pub(super) fn upwards(&self, at: u32) -> impl Iterator<Item = u32> {
        let parent = |at: &u32| self.resources.get(*at).map(|row| row.parent).filter(|at| *at != NOBODY);
        std::iter::successors(Some(at), parent).take(ask::DEEPEST)
    }

    fn subject(&self, subject: &Subject) -> Option<u64> {
        match subject {
            Subject::Everyone => Some(EVERYONE),
            Subject::Group(id) => self.group_at(*id).map(|at| GROUP | u64::from(at)),
            Subject::Member(id) => self.member_at(id.uuid()).map(|at| MEMBER | u64::from(at)),
            Subject::Resource(id) => self.resource_at(id.uuid()).map(|at| SCOPE | u64::from(at)),
        }
    }

    /// Puts a grant in.
    ///
    /// # Errors
    /// [`Unfit`] when its resource or its subject is not there.
    pub fn put_grant(&mut self, grant: &Grant) -> Result<(), Unfit> {
        let on = self.resource_at(grant.resource.uuid()).ok_or(Unfit)?;
        let subject = self.subject(&grant.subject).ok_or(Unfit)?;
        let kind = self.resources.get(on).ok_or(Unfit)?.kind;
        let given = self.given(kind, grant);
        let row = self.resources.get_mut(on).ok_or(Unfit)?;
        let grants = Arc::make_mut(row.grants.get_or_insert_default());
        let at = grants.rows.partition_point(|row| row.subject <= subject);
        let ends = grant.expires_at.map_or(i64::MAX, Timestamp::micros);
        grants.rows.insert(at, GrantRow { subject, ends, given });
        grants.ids.insert(at, grant.id.uuid());
        grants.settle_with(subject);
        self.granted += 1;
        Ok(())
    }

    pub(super) fn take_grant(&mut self, on: ResourceId, id: GrantId) -> Result<(), Unfit> {
        let on = self.resource_at(on.uuid()).ok_or(Unfit)?;
        let row = self.resources.get_mut(on).ok_or(Unfit)?;
        let grants = Arc::make_mut(row.grants.as_mut().ok_or(Unfit)?);
        let at = grants.ids.iter().position(|known| *known == id.uuid()).ok_or(Unfit)?;
        grants.rows.remove(at);
        grants.ids.remove(at);
        grants.settle();
        self.granted -= 1;
        Ok(())
    }

    /// Takes a group out, with its seats and everything that was granted to it.
    pub(super) fn take_group(&mut self, id: GroupId) -> Result<(), Unfit> {
        let group = Arc::make_mut(&mut self.groups).remove(&id.uuid()).ok_or(Unfit)?;
        let seated = self.members.iter().filter(|(_, row)| row.seat(group).is_some());
        for member in seated.map(|(at, _)| at).collect::<Vec<_>>() {
            self.sit(member, group, None).ok_or(Unfit)?;
        }
        let subject = GROUP | u64::from(group);
        self.ungrant(subject..=subject, |_| true);
        Ok(())
    }

    /// Takes out everything that was granted to those of some subjects that `to` says yes of.
    fn ungrant(&mut self, subjects: RangeInclusive<u64>, to: impl Fn(&GrantRow) -> bool) {
        let granted = |row: &ResourceRow| {
            let its = row.grants.as_ref().and_then(|grants| grants.rows.get(grants.of(&subjects)));
            its.is_some_and(|rows| rows.iter().any(&to))
        };
        for on in self.resources.iter().filter(|(_, row)| granted(row)).map(|(at, _)| at).collect::<Vec<_>>() {
            let Some(grants) = self.resources.get_mut(on).and_then(|row| row.grants.as_mut()) else { continue };
            let (before, grants) = (grants.rows.len(), Arc::make_mut(grants));
            let goes = |row: &GrantRow| subjects.contains(&row.subject) && to(row);
            let mut keep = grants.rows.iter().map(|row| !goes(row)).collect::<Vec<_>>().into_iter();
            grants.ids.retain(|_| keep.next().unwrap_or(true));
            grants.rows.retain(|row| !goes(row));
            grants.settle();
            self.granted -= before - grants.rows.len();
        }
    }
}

/// Bits of a fresh sieve for each row, at least; it is made anew when there is half of that left.
pub(super) const SIEVE_BITS: usize = 16;

/// The word of a sieve of so many, a power of two, and the bit in it.
const fn place_of(subject: u64, words: usize) -> (usize, u64) {
    let hash = subject.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((hash >> 20) as usize & words.wrapping_sub(1), 1 << (hash >> 58))
}

impl Grants {
    /// Looks anew where the grants to members begin, and who has any.
    fn settle(&mut self) {
        self.members = self.rows.partition_point(|row| row.subject < MEMBER);
        let words = (self.rows.len() * SIEVE_BITS).div_ceil(64).next_power_of_two();
        self.sieve = vec![0; words];
        for row in &self.rows {
            let (at, bit) = place_of(row.subject, words);
            if let Some(word) = self.sieve.get_mut(at) {
                *word |= bit;
            }
        }
    }

    /// Settles after one was added for this subject.
    fn settle_with(&mut self, subject: u64) {
        let (at, bit) = place_of(subject, self.sieve.len());
        let roomy = self.rows.len() * SIEVE_BITS / 2 <= self.sieve.len() * 64;
        match self.sieve.get_mut(at) {
            Some(word) if roomy => *word |= bit,
            _ => return self.settle(),
        }
        self.members += usize::from(subject < MEMBER);
    }

    /// Whether anything may be granted to a subject: so it is for all to whom something is, and for few others.
    pub(super) fn may_hold(&self, subject: u64) -> bool {
        let (at, bit) = place_of(subject, self.sieve.len());
        self.sieve.get(at).is_some_and(|word| word & bit != 0)
    }

    /// The places of the grants to some subjects.
    fn of(&self, subjects: &RangeInclusive<u64>) -> Range<usize> {
        let from = self.rows.partition_point(|row| row.subject < *subjects.start());
        from..self.rows.partition_point(|row| row.subject <= *subjects.end())
    }
}

fn hash_of_member(rows: &Rows<MemberRow>, number: u32) -> u64 {
    rows.get(number).map_or(0, |row| of_id(row.id.as_u128()))
}

fn hash_of_resource(rows: &Rows<ResourceRow>, number: u32) -> u64 {
    rows.get(number).map_or(0, |row| of_id(row.id.as_u128()))
}

fn hash_of_name(rows: &Rows<ResourceRow>, seed: u64, number: u32) -> u64 {
    rows.get(number).map_or(0, |row| of_text(seed, row.kind, row.external.as_deref().unwrap_or_default()))
}
