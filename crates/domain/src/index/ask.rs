//! Asking an index: who somebody is, what a resource is, what the one may do to the other, and why.
//! The plain answer takes no memory; the reasons are told by [`crate::reach`] from the same facts.

use uuid::Uuid;

use super::{EVERYONE, GROUP, Grants, Index, MEMBER, MemberRow, NOBODY, ResourceRow};
use crate::ids::{GrantId, GroupId, MemberId, ResourceId, UserId};
use crate::member::Status;
use crate::permission::{Bit, Mask};
use crate::reach::{self, Site, Who};
use crate::resource::{Given, Grant, Resource, Subject};
use crate::rights::{self, Inputs, Standing, Way};
use crate::time::Timestamp;

/// Levels that are looked at above a resource: more than the deepest place there is.
pub(super) const DEEPEST: usize = 64;

/// A membership of one organization's index. Good for every later version of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberAt(u32);

/// A resource of one organization's index. Good for every later version of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceAt(u32);

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

    fn row(&self, member: MemberAt) -> Option<&MemberRow> {
        self.members.get(member.0)
    }

    fn standing<'a>(&'a self, row: &MemberRow, scopes: Option<Mask>) -> Option<Standing<'a>> {
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
        let mut path = [0_u32; DEEPEST];
        let (depth, controlled) = self.path(asked.at, &mut path);
        let way = Way::new(standing.rights, depth, controlled);
        let mut given = if way.stops(0).is_none() { way.floor(standing.rights) } else { Mask::EMPTY };
        for (at, above) in path.iter().take(usize::from(depth)).zip(0_u16..) {
            if way.stops(depth - above).is_some() {
                // What lies further up is stopped too.
                break;
            }
            if let Some(resource) = self.resources.get(*at) {
                given |= self.given_on(resource, asked.member, row, asked.now);
            }
        }
        rights::remains(given, &standing)
    }

    /// Whether the member may.
    #[must_use]
    pub fn may(&self, asked: &Asked, bit: Bit) -> bool {
        self.effective(asked).contains(bit)
    }

    /// The way up from a resource: how deep it is, and how deep the nearest controlled scope.
    fn path(&self, at: Option<ResourceAt>, path: &mut [u32; DEEPEST]) -> (u16, Option<u16>) {
        let (mut many, mut controlled) = (0_u16, None);
        let mut next = at.map_or(NOBODY, |at| at.0);
        while let Some(row) = self.resources.get(next)
            && let Some(place) = path.get_mut(usize::from(many))
        {
            *place = next;
            if controlled.is_none() && row.controlled {
                controlled = Some(many);
            }
            many += 1;
            next = row.parent;
        }
        (many, controlled.map(|above| many - above))
    }

    /// What the owner, the grants and the groups give on one resource itself.
    fn given_on(&self, resource: &ResourceRow, member: MemberAt, row: &MemberRow, now: Timestamp) -> Mask {
        let mut given = Mask::EMPTY;
        if resource.owner == member.0 {
            given |= self.kinds.get(usize::from(resource.kind)).map_or(Mask::EMPTY, |kind| kind.owned);
        }
        let Some(grants) = &resource.grants else { return given };
        given |= self.living(grants, EVERYONE, now) | self.living(grants, MEMBER | u64::from(member.0), now);
        let groups = row.groups.as_deref().unwrap_or_default();
        if grants.rows.len() < groups.len() {
            let to_groups = grants.rows.iter().filter(|g| g.subject & GROUP != 0);
            for grant in to_groups.filter(|g| g.ends > now.micros()) {
                if u32::try_from(grant.subject ^ GROUP).is_ok_and(|group| groups.binary_search(&group).is_ok()) {
                    given |= self.mask(grant.given);
                }
            }
            return given;
        }
        groups.iter().fold(given, |given, group| given | self.living(grants, GROUP | u64::from(*group), now))
    }

    /// What lives of the grants to one subject.
    fn living(&self, grants: &Grants, subject: u64, now: Timestamp) -> Mask {
        let from = grants.rows.partition_point(|row| row.subject < subject);
        let its = grants.rows.iter().skip(from).take_while(|row| row.subject == subject);
        its.filter(|row| row.ends > now.micros()).fold(Mask::EMPTY, |mask, row| mask | self.mask(row.given))
    }

    fn mask(&self, given: u16) -> Mask {
        self.given.get(usize::from(given)).map_or(Mask::EMPTY, |row| row.mask)
    }

    /// Puts the question to [`crate::reach`], for its reasons: the same facts, spelled out.
    pub fn spelled_out<T>(&self, asked: &Asked, ask: impl FnOnce(&Inputs<'_>) -> T) -> T {
        let Some(row) = self.row(asked.member) else { return ask(&Inputs::at_root(None)) };
        let (path, grants) = self.site(asked.at);
        let groups: Vec<GroupId> = match row.groups.as_deref() {
            Some(mine) => {
                self.groups.iter().filter(|(_, at)| mine.contains(at)).map(|(id, _)| GroupId::new(*id)).collect()
            }
            None => Vec::new(),
        };
        let who = Who { member: MemberId::new(row.id), groups: &groups };
        let site = Site { path: &path, grants: &grants };
        reach::with(&self.rules, self.standing(row, asked.scopes), site, who, asked.now, ask)
    }

    fn site(&self, at: Option<ResourceAt>) -> (Vec<Resource>, Vec<Grant>) {
        let (mut path, mut grants) = (Vec::new(), Vec::new());
        for row in at.into_iter().flat_map(|at| self.upwards(at.0)).filter_map(|at| self.resources.get(at)) {
            path.push(self.resource_told(row));
            let Some(on) = &row.grants else { continue };
            grants.extend(on.rows.iter().zip(&on.ids).filter_map(|(grant, id)| {
                let given = self.given.get(usize::from(grant.given))?.given.clone();
                let ends = (grant.ends != i64::MAX).then(|| Timestamp::from_micros(grant.ends));
                self.grant_told(row.id, *id, grant.subject, given, ends)
            }));
        }
        path.reverse();
        grants.sort_by_key(|grant| grant.id);
        (path, grants)
    }

    fn resource_told(&self, row: &ResourceRow) -> Resource {
        let of_member = |at: u32| self.members.get(at).map(|row| MemberId::new(row.id));
        Resource {
            id: ResourceId::new(row.id),
            organization: self.organization,
            kind: self.kinds.get(usize::from(row.kind)).map_or_else(String::new, |kind| kind.slug.clone()),
            external_id: row.external.as_deref().map(str::to_owned),
            name: String::new(),
            parent: self.resources.get(row.parent).map(|row| ResourceId::new(row.id)),
            owner: Some(row.owner).filter(|at| *at != NOBODY).and_then(of_member),
            controlled: row.controlled,
            created_at: Timestamp::default(),
            revision: 0,
        }
    }

    fn grant_told(&self, on: Uuid, id: Uuid, to: u64, given: Given, ends: Option<Timestamp>) -> Option<Grant> {
        let number = u32::try_from(to & u64::from(u32::MAX)).ok()?;
        let subject = match to & !u64::from(u32::MAX) {
            MEMBER => Subject::Member(MemberId::new(self.members.get(number)?.id)),
            GROUP => Subject::Group(GroupId::new(*self.groups.iter().find(|(_, at)| **at == number)?.0)),
            _ => Subject::Everyone,
        };
        Some(Grant {
            id: GrantId::new(id),
            organization: self.organization,
            resource: ResourceId::new(on),
            subject,
            given,
            expires_at: ends,
            created_at: Timestamp::default(),
            created_by: None,
        })
    }
}
