//! Asking an index: who somebody is, what a resource is, what the one may do to the other. Takes no
//! memory; reasons are told elsewhere.

use super::{EVERYONE, GROUP, GrantRow, Grants, Index, MEMBER, MemberRow, NOBODY, ResourceRow, SCOPE};
use crate::group::Belonging;
use crate::ids::{GroupId, MemberId, ResourceId, UserId};
use crate::member::Status;
use crate::permission::{Bit, Mask};
use crate::preset::RoleRights;
use crate::rights::{self, Standing};
use crate::time::Timestamp;

/// Levels that are looked at above a resource: more than the deepest place there is.
pub(super) const DEEPEST: usize = 64;

/// A membership of one organization's index. Good for every later version of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberAt(pub(super) u32);

/// A resource of one organization's index. Good for every later version of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceAt(pub(super) u32);

/// A question: may this member, with a credential of these scopes, do something there now?
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Who.
    pub member: MemberAt,
    /// At what; `None` is the organization itself.
    pub at: Option<ResourceAt>,
    /// What the credential is limited to.
    pub scopes: Option<Mask>,
    /// When: what is granted for a time ends by itself.
    pub now: Timestamp,
}

/// Whoever is asked about, looked up once: an active member.
#[derive(Clone, Copy)]
struct Asker<'a> {
    number: u32,
    row: &'a MemberRow,
    rights: &'a RoleRights,
    now: i64,
}

/// What a question wants of all that is given to somebody: everything, or to know of one permission.
trait Wanted {
    fn take(&mut self, given: &Mask);

    /// Whether what is given would add to what was taken.
    fn lacks(&self, given: &Mask) -> bool;

    /// Whether nothing that is given further on can change the answer.
    fn is_settled(&self) -> bool;
}

impl Wanted for Mask {
    fn take(&mut self, given: &Mask) {
        *self |= *given;
    }

    fn lacks(&self, given: &Mask) -> bool {
        !given.is_subset_of(*self)
    }

    fn is_settled(&self) -> bool {
        false
    }
}

/// One permission, and whether it was given.
struct One {
    bit: Bit,
    given: bool,
}

impl Wanted for One {
    fn take(&mut self, given: &Mask) {
        self.given |= given.contains(self.bit);
    }

    fn lacks(&self, given: &Mask) -> bool {
        !self.given && given.contains(self.bit)
    }

    fn is_settled(&self) -> bool {
        self.given
    }
}

impl Index {
    /// The member with this id.
    #[must_use]
    pub fn member(&self, id: MemberId) -> Option<MemberAt> {
        self.member_at(id.uuid()).map(MemberAt)
    }

    /// The member who is this person.
    #[inline]
    #[must_use]
    pub fn member_of(&self, user: UserId) -> Option<MemberAt> {
        let user = user.uuid();
        let is = |n: u32| self.members.get(n).is_some_and(|row| row.user == user);
        self.members_by_user.find(super::rows::of_id(user.as_u128()), is).map(MemberAt)
    }

    /// The id of a member.
    #[must_use]
    pub fn id_of(&self, member: MemberAt) -> Option<MemberId> {
        self.row(member).map(|row| MemberId::new(row.id))
    }

    /// Where a membership stands; `None` when it is gone.
    #[must_use]
    pub fn status_of(&self, member: MemberAt) -> Option<Status> {
        self.row(member)?.status
    }

    /// The slug of a member's role.
    #[must_use]
    pub fn role_of(&self, member: MemberAt) -> Option<&str> {
        let role = self.roles.get(usize::from(self.row(member)?.role))?;
        Some(&role.slug)
    }

    /// Whether a member is a program.
    #[must_use]
    pub fn is_program(&self, member: MemberAt) -> bool {
        self.row(member).is_some_and(|row| row.program)
    }

    /// The groups a member is in, by id.
    #[must_use]
    pub fn groups_of(&self, member: MemberAt) -> Vec<Belonging> {
        let seats = self.row(member).map(MemberRow::seats).unwrap_or_default().iter();
        let mut groups: Vec<Belonging> = seats
            .filter_map(|seat| {
                let id = self.group_ids.get(seat.group() as usize)?;
                Some(Belonging { group: GroupId::new(*id), manager: seat.manager() })
            })
            .collect();
        groups.sort_by_key(|one| one.group);
        groups
    }

    /// Every member, in no order.
    pub fn members(&self) -> impl Iterator<Item = MemberAt> {
        self.members.iter().filter(|(_, row)| row.status.is_some()).map(|(at, _)| MemberAt(at))
    }

    /// Every resource, in no order.
    pub fn resources(&self) -> impl Iterator<Item = ResourceAt> {
        self.resources.iter().filter(|(_, row)| row.there).map(|(at, _)| ResourceAt(at))
    }

    /// The id of a resource.
    #[must_use]
    pub fn id_of_resource(&self, at: ResourceAt) -> Option<ResourceId> {
        self.resources.get(at.0).map(|row| ResourceId::new(row.id))
    }

    /// The type of a resource.
    #[must_use]
    pub fn kind_of(&self, at: ResourceAt) -> Option<&str> {
        let kind = self.kinds.get(usize::from(self.resources.get(at.0)?.kind))?;
        Some(&kind.slug)
    }

    /// The resource with this id.
    #[must_use]
    pub fn resource(&self, id: ResourceId) -> Option<ResourceAt> {
        self.resource_at(id.uuid()).map(ResourceAt)
    }

    /// The resource of this type that is called so outside.
    #[inline]
    #[must_use]
    pub fn resource_named(&self, kind: &str, external_id: &str) -> Option<ResourceAt> {
        let kind = u16::try_from(self.kinds.iter().position(|row| row.slug == kind)?).ok()?;
        let is = |row: &ResourceRow| row.kind == kind && row.external.as_deref() == Some(external_id);
        let hash = super::rows::of_text(self.seed, kind, external_id);
        self.resources_by_name.find(hash, |n| self.resources.get(n).is_some_and(is)).map(ResourceAt)
    }

    #[inline]
    pub(super) fn row(&self, member: MemberAt) -> Option<&MemberRow> {
        self.members.get(member.0)
    }

    /// What a member's role means here, before groups are counted.
    pub(super) fn standing(&self, row: &MemberRow, scopes: Option<Mask>) -> Option<Standing<'_>> {
        let role = self.roles.get(usize::from(row.role))?;
        let active = row.status == Some(Status::Active);
        Some(Standing { role: &role.slug, active, rights: &role.rights, credential_scopes: scopes })
    }

    /// Everything the member may do there.
    #[must_use]
    pub fn effective(&self, asked: &Asked) -> Mask {
        let Some(who) = self.asker(asked) else { return Mask::EMPTY };
        rights::remains(self.reached(&who, asked.target(), true, Mask::EMPTY), who.rights, asked.scopes)
    }

    /// Whether the member may: the same, asked of one permission only.
    #[inline]
    #[must_use]
    pub fn may(&self, asked: &Asked, bit: Bit) -> bool {
        let Some(who) = self.asker(asked) else { return false };
        let remains =
            who.rights.ceiling.contains(bit) && asked.scopes.as_ref().is_none_or(|scopes| scopes.contains(bit));
        remains && self.reached(&who, asked.target(), true, One { bit, given: false }).given
    }

    /// The member who is asked about, when they are an active one.
    #[inline]
    fn asker(&self, asked: &Asked) -> Option<Asker<'_>> {
        let row = self.row(asked.member).filter(|row| row.status == Some(Status::Active))?;
        let role = self.roles.get(usize::from(row.role))?;
        let rights = self.rules.rights_in(&role.slug, &role.rights, row.seats().len());
        Some(Asker { number: asked.member.0, row, rights, now: asked.now.micros() })
    }

    /// Takes what reaches a place, until that settles the question. What is shared to scopes counts only with
    /// `shares`: whether somebody is in a scope depends on no other scope.
    #[inline]
    fn reached<W: Wanted>(&self, who: &Asker<'_>, target: u32, shares: bool, mut wanted: W) -> W {
        let walled = (self.by_grants || self.controlled > 0) && !who.rights.bypass;
        if !walled || !self.up(target).any(|row| self.is_controlled(row)) {
            wanted.take(&who.rights.floor_at(target != NOBODY));
            if !self.giving.is_empty() {
                self.given_by_groups(who.row, &mut wanted);
            }
        }
        if !wanted.is_settled() {
            self.climb(who, target, walled, shares, &mut wanted);
        }
        wanted
    }

    /// Takes what is given on the way to a place, from below. Kept apart, so that a question which the role settles
    /// does not pay for the way.
    #[inline(never)]
    fn climb(&self, who: &Asker<'_>, target: u32, walled: bool, shares: bool, wanted: &mut impl Wanted) {
        for row in self.up(target) {
            self.given_on(row, who, shares, wanted);
            if wanted.is_settled() || (walled && self.is_controlled(row)) {
                break;
            }
        }
    }

    /// Takes what being in groups gives at the organization and below.
    #[inline(never)]
    fn given_by_groups(&self, row: &MemberRow, wanted: &mut impl Wanted) {
        let mine = self.giving.iter().filter(|(group, _)| row.seat(*group).is_some());
        mine.for_each(|(_, given)| wanted.take(given));
    }

    /// A resource and all it stands under, from below.
    fn up(&self, target: u32) -> impl Iterator<Item = &ResourceRow> {
        let mut next = target;
        (0..DEEPEST).map_while(move |_| {
            let row = self.resources.get(next)?;
            next = row.parent;
            Some(row)
        })
    }

    /// As [`crate::reach::is_controlled`].
    fn is_controlled(&self, row: &ResourceRow) -> bool {
        row.controlled || (self.by_grants && row.grants.as_ref().is_some_and(|grants| !grants.rows.is_empty()))
    }

    /// Takes what the owner, the managers, the grants and the groups give on one resource itself.
    fn given_on(&self, resource: &ResourceRow, who: &Asker<'_>, shares: bool, wanted: &mut impl Wanted) {
        let Some(kind) = self.kinds.get(usize::from(resource.kind)) else { return };
        if resource.owner == who.number {
            wanted.take(&kind.owned);
        }
        let Some(grants) = &resource.grants else { return };
        if let Some(managed) = &kind.managed
            && by_managing(grants, who)
        {
            wanted.take(managed);
        }
        let (shared, own) = grants.rows.split_at_checked(grants.members).unwrap_or_default();
        let mine = MEMBER | u64::from(who.number);
        if grants.may_hold(mine) {
            self.given_to(from(own, mine), mine, who.now, wanted);
        }
        if wanted.is_settled() {
            return;
        }
        self.given_to(shared, EVERYONE, who.now, wanted);
        self.to_groups(grants, shared, who, wanted);
        if shares && grants.rows.last().is_some_and(|last| last.subject >= SCOPE) {
            self.to_scopes(grants, who, wanted);
        }
    }

    /// Takes what is granted to their groups, of what is granted to everybody and to groups.
    fn to_groups(&self, grants: &Grants, shared: &[GrantRow], who: &Asker<'_>, wanted: &mut impl Wanted) {
        let seats = who.row.seats();
        if shared.len() < seats.len() {
            let is_mine = |grant: &&GrantRow| grant.group().is_some_and(|group| who.row.seat(group).is_some());
            let mine = shared.iter().filter(|grant| grant.lives(who.now)).filter(is_mine);
            return mine.for_each(|grant| self.take(grant, wanted));
        }
        let groups = seats.iter().map(|seat| GROUP | u64::from(seat.group()));
        for group in groups.filter(|group| grants.may_hold(*group)) {
            self.given_to(from(shared, group), group, who.now, wanted);
        }
    }

    /// Takes what is granted to scopes that they are in.
    #[inline(never)]
    fn to_scopes(&self, grants: &Grants, who: &Asker<'_>, wanted: &mut impl Wanted) {
        let shared = grants.rows.iter().rev().take_while(|grant| grant.subject >= SCOPE);
        for grant in shared.filter(|grant| grant.lives(who.now)) {
            if self.mask(grant).is_some_and(|given| wanted.lacks(given)) && self.is_in(grant.number(), who) {
                self.take(grant, wanted);
            }
        }
    }

    /// Whether somebody is in a scope, whatever their credential is limited to.
    fn is_in(&self, scope: u32, who: &Asker<'_>) -> bool {
        let kind = self.resources.get(scope).and_then(|row| self.kinds.get(usize::from(row.kind)));
        let needed = kind.map_or(Mask::EMPTY, |kind| kind.entry);
        !needed.is_empty() && needed.is_subset_of(self.reached(who, scope, false, Mask::EMPTY) & who.rights.ceiling)
    }

    /// Takes what lives of the grants to one subject, which stand at the beginning.
    fn given_to(&self, rows: &[GrantRow], subject: u64, now: i64, wanted: &mut impl Wanted) {
        let its = rows.iter().take_while(|row| row.subject == subject);
        its.filter(|row| row.lives(now)).for_each(|grant| self.take(grant, wanted));
    }

    fn take(&self, grant: &GrantRow, wanted: &mut impl Wanted) {
        if let Some(given) = self.mask(grant) {
            wanted.take(given);
        }
    }

    fn mask(&self, grant: &GrantRow) -> Option<&Mask> {
        self.given.get(usize::from(grant.given)).map(|row| &row.mask)
    }
}

impl Asked {
    #[inline]
    fn target(&self) -> u32 {
        self.at.map_or(NOBODY, |at| at.0)
    }
}

impl GrantRow {
    pub(super) const fn lives(&self, now: i64) -> bool {
        self.ends > now
    }

    /// The number of its subject among those of its kind.
    pub(super) const fn number(&self) -> u32 {
        self.subject as u32
    }

    fn group(&self) -> Option<u32> {
        (self.subject >> 32 == GROUP >> 32).then_some(self.number())
    }
}

/// The grants from those to a subject on.
fn from(rows: &[GrantRow], subject: u64) -> &[GrantRow] {
    rows.get(rows.partition_point(|row| row.subject < subject)..).unwrap_or_default()
}

/// Whether somebody manages every group that the resource is granted to, where there is one and the
/// resource is neither everybody's nor shared to a scope.
#[inline(never)]
fn by_managing(grants: &Grants, who: &Asker<'_>) -> bool {
    let managed = |group| who.row.seat(group).is_some_and(|s| s.manager() || who.rights.manages_all);
    let others = grants.rows.iter().rev().take_while(|grant| grant.subject >= SCOPE);
    let groups = grants.rows.iter().take_while(|grant| grant.subject < MEMBER);
    let mut through = false;
    for grant in groups.chain(others).filter(|grant| grant.lives(who.now)) {
        if !grant.group().is_some_and(managed) {
            return false;
        }
        through = true;
    }
    through
}
