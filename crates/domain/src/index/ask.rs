//! Asking an index: who somebody is, what a resource is, what the one may do to the other. Takes no
//! memory; reasons are told elsewhere.

use super::{EVERYONE, GROUP, GrantRow, Grants, Index, MEMBER, MemberRow, NOBODY, ResourceRow, SCOPE};
use crate::group::Belonging;
use crate::ids::{GroupId, MemberId, ResourceId, UserId};
use crate::member::Status;
use crate::permission::{Bit, Mask};
use crate::rights::{self, Standing, Way};
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

/// Whoever is asked about, looked up once.
#[derive(Clone, Copy)]
struct Asker<'a> {
    number: u32,
    row: &'a MemberRow,
    standing: Standing<'a>,
    now: i64,
}

impl Index {
    /// The member with this id.
    #[must_use]
    pub fn member(&self, id: MemberId) -> Option<MemberAt> {
        self.member_at(id.uuid()).map(MemberAt)
    }

    /// The member who is this person.
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
    #[must_use]
    pub fn resource_named(&self, kind: &str, external_id: &str) -> Option<ResourceAt> {
        let kind = u16::try_from(self.kinds.iter().position(|row| row.slug == kind)?).ok()?;
        let is = |row: &ResourceRow| row.kind == kind && row.external.as_deref() == Some(external_id);
        let hash = super::rows::of_text(self.seed, kind, external_id);
        self.resources_by_name.find(hash, |n| self.resources.get(n).is_some_and(is)).map(ResourceAt)
    }

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
        let Some(row) = self.row(asked.member) else { return Mask::EMPTY };
        let Some(standing) = self.standing(row, asked.scopes).filter(|standing| standing.active) else {
            return Mask::EMPTY;
        };
        let standing = self.rules.standing_in(standing, row.seats().len());
        let who = Asker { number: asked.member.0, row, standing, now: asked.now.micros() };
        self.reached(&who, asked.at.map_or(NOBODY, |at| at.0), true)
    }

    /// Whether the member may.
    #[must_use]
    pub fn may(&self, asked: &Asked, bit: Bit) -> bool {
        self.effective(asked).contains(bit)
    }

    /// What remains at a place of everything that reaches it. What is shared to scopes counts only
    /// with `shares`: whether somebody is in a scope depends on no other scope.
    fn reached(&self, who: &Asker<'_>, target: u32, shares: bool) -> Mask {
        let (depth, controlled) = self.depth(target);
        let way = Way::new(who.standing.rights, depth, controlled);
        let mut given = match way.stops(0) {
            None => way.floor(who.standing.rights) | self.given_by_groups(who.row),
            Some(_) => Mask::EMPTY,
        };
        for (resource, above) in self.up(target).zip(0_u16..) {
            if way.stops(depth - above).is_some() {
                // What lies further up is stopped too.
                break;
            }
            given |= self.given_on(resource, who, shares);
        }
        rights::remains(given, &who.standing)
    }

    /// A resource and all it stands under, from below.
    fn up(&self, target: u32) -> impl Iterator<Item = &ResourceRow> {
        std::iter::successors(self.resources.get(target), |row| self.resources.get(row.parent)).take(DEEPEST)
    }

    /// How deep a resource is, and how deep the nearest controlled scope on the way to it.
    fn depth(&self, target: u32) -> (u16, Option<u16>) {
        let (mut depth, mut controlled) = (0, None);
        for row in self.up(target) {
            if controlled.is_none() && self.is_controlled(row) {
                controlled = Some(depth);
            }
            depth += 1;
        }
        (depth, controlled.map(|above| depth - above))
    }

    /// As [`crate::reach::is_controlled`].
    fn is_controlled(&self, row: &ResourceRow) -> bool {
        row.controlled || (self.by_grants && row.grants.as_ref().is_some_and(|grants| !grants.rows.is_empty()))
    }

    /// What being in groups gives at the organization and below.
    fn given_by_groups(&self, row: &MemberRow) -> Mask {
        let mine = self.giving.iter().filter(|(group, _)| row.seat(*group).is_some());
        mine.fold(Mask::EMPTY, |given, (_, mask)| given | *mask)
    }

    /// What the owner, the managers, the grants and the groups give on one resource itself.
    fn given_on(&self, resource: &ResourceRow, who: &Asker<'_>, shares: bool) -> Mask {
        let mut given = Mask::EMPTY;
        let kind = self.kinds.get(usize::from(resource.kind));
        if resource.owner == who.number {
            given |= kind.map_or(Mask::EMPTY, |kind| kind.owned);
        }
        let Some(grants) = &resource.grants else { return given };
        if let Some(kind) = kind
            && !kind.managed.is_empty()
            && by_managing(grants, who)
        {
            given |= kind.managed;
        }
        let (shared, own) = grants.rows.split_at_checked(grants.members).unwrap_or_default();
        given |= self.given_to(shared, EVERYONE, who.now) | self.to_groups(shared, who);
        if let Some(mine) = own.get(own.partition_point(|row| row.subject < MEMBER | u64::from(who.number))..) {
            given |= self.given_to(mine, MEMBER | u64::from(who.number), who.now);
        }
        if shares { given | self.to_scopes(grants, who, given) } else { given }
    }

    /// What is granted to their groups, of what is granted to everybody and to groups.
    fn to_groups(&self, shared: &[GrantRow], who: &Asker<'_>) -> Mask {
        let seats = who.row.seats();
        let mut given = Mask::EMPTY;
        if shared.len() < seats.len() {
            let mine =
                shared.iter().filter(|g| g.lives(who.now) && g.group().is_some_and(|n| who.row.seat(n).is_some()));
            return mine.fold(given, |given, grant| given | self.mask(grant.given));
        }
        // Both go by the number of the group, so each search begins where the one before ended.
        let mut rest = shared;
        for seat in seats {
            let group = GROUP | u64::from(seat.group());
            rest = rest.get(rest.partition_point(|row| row.subject < group)..).unwrap_or_default();
            given |= self.given_to(rest, group, who.now);
        }
        given
    }

    /// What is granted to scopes that they are in, beside what is `given` anyhow.
    fn to_scopes(&self, grants: &Grants, who: &Asker<'_>, given: Mask) -> Mask {
        let mut more = Mask::EMPTY;
        let shared = grants.rows.iter().rev().take_while(|grant| grant.subject >= SCOPE);
        for grant in shared.filter(|grant| grant.lives(who.now)) {
            let mask = self.mask(grant.given);
            if !mask.is_subset_of(given | more) && self.is_in(grant.number(), who) {
                more |= mask;
            }
        }
        more
    }

    /// Whether somebody is in a scope, whatever their credential is limited to.
    fn is_in(&self, scope: u32, who: &Asker<'_>) -> bool {
        let kind = self.resources.get(scope).and_then(|row| self.kinds.get(usize::from(row.kind)));
        let needed = kind.map_or(Mask::EMPTY, |kind| kind.entry);
        let whole = Asker { standing: Standing { credential_scopes: None, ..who.standing }, ..*who };
        !needed.is_empty() && needed.is_subset_of(self.reached(&whole, scope, false))
    }

    /// What lives of the grants to one subject, which stand at the beginning.
    fn given_to(&self, rows: &[GrantRow], subject: u64, now: i64) -> Mask {
        let its = rows.iter().take_while(|row| row.subject == subject);
        its.filter(|row| row.lives(now)).fold(Mask::EMPTY, |mask, row| mask | self.mask(row.given))
    }

    fn mask(&self, given: u16) -> Mask {
        self.given.get(usize::from(given)).map_or(Mask::EMPTY, |row| row.mask)
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

/// Whether somebody manages every group that the resource is granted to, where there is one and the
/// resource is neither everybody's nor shared to a scope.
fn by_managing(grants: &Grants, who: &Asker<'_>) -> bool {
    let managed = |group| who.row.seat(group).is_some_and(|s| s.manager() || who.standing.rights.manages_all);
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
