//! The facts of an index spelled out, as a store would find them: for reasons, and for whoever stands
//! otherwise than as a member. What is asked of them is [`crate::reach`].

use uuid::Uuid;

use super::ask::{Asked, ResourceAt};
use super::{GROUP, GrantRow, Index, MEMBER, ResourceRow, SCOPE};
use crate::condition::{Properties, Scene};
use crate::ids::{GrantId, GroupId, MemberId, ResourceId};
use crate::permission::{Bit, Mask};
use crate::preset::ORGANIZATION;
use crate::reach::{self, Ground, Receiver, Who};
use crate::resource::{Given, Grant, Resource, Subject};
use crate::rights::{Inputs, Standing};
use crate::time::Timestamp;

impl Index {
    /// Puts the question to [`crate::reach`], for its reasons: the same facts, spelled out.
    pub fn spelled_out<T>(&self, asked: &Asked, ask: impl FnOnce(&Inputs<'_>) -> T) -> T {
        let Some(row) = self.row(asked.member) else { return ask(&Inputs::at_root(None)) };
        let groups = self.groups_of(asked.member);
        let who = Who { member: MemberId::new(row.id), groups: &groups };
        self.ask_as(self.standing(row, asked.scopes), who, asked.at, asked.now, ask)
    }

    /// The same of somebody who stands here in a way of their own, as an owner of the tenant does.
    pub fn ask_as<T>(
        &self,
        standing: Option<Standing<'_>>,
        who: Who<'_>,
        at: Option<ResourceAt>,
        now: Timestamp,
        ask: impl FnOnce(&Inputs<'_>) -> T,
    ) -> T {
        reach::with(&self.rules, standing, self.ground(at).site(), who, now, ask)
    }

    /// Everything the member may do there when conditions are looked at.
    #[must_use]
    pub fn settled(&self, asked: &Asked, told: &Properties) -> Mask {
        self.rules.preset().catalogue.settled(self.effective(asked), || self.scene(asked, told))
    }

    /// Whether the member may, conditions looked at. What needs none costs what [`Index::may`] costs.
    #[inline]
    #[must_use]
    pub fn may_with(&self, asked: &Asked, bit: Bit, told: &Properties) -> bool {
        self.may(asked, bit) || self.may_under_conditions(asked, bit, told)
    }

    fn may_under_conditions(&self, asked: &Asked, bit: Bit, told: &Properties) -> bool {
        let catalogue = &self.rules.preset().catalogue;
        let mut open = catalogue.under_conditions(bit).peekable();
        if open.peek().is_none() {
            return false;
        }
        let wanted = open.fold(Mask::EMPTY, |wanted, one| wanted.with(one.bit));
        catalogue.settled(self.effective(asked) & wanted, || self.scene(asked, told)).contains(bit)
    }

    /// The scene of a question.
    #[must_use]
    pub fn scene<'a>(&'a self, asked: &Asked, told: &'a Properties) -> Scene<'a> {
        let id = MemberId::new(self.row(asked.member).map(|row| row.id).unwrap_or_default());
        let (role, groups) = (self.role_of(asked.member), self.groups_of(asked.member));
        Scene::of_somebody((id, self.is_program(asked.member)), role, &groups, self.name_of(asked.at), told)
    }

    /// The type of a place and what it is called outside.
    #[must_use]
    pub fn name_of(&self, at: Option<ResourceAt>) -> (&str, String) {
        let Some(ResourceAt(at)) = at else { return (ORGANIZATION, self.organization.to_string()) };
        let row = self.resources.get(at);
        let kind = row.and_then(|row| self.kinds.get(usize::from(row.kind))).map_or("", |kind| kind.slug.as_str());
        let named = row.map(|row| row.external.as_deref().map_or(ResourceId::new(row.id).to_string(), str::to_owned));
        (kind, named.unwrap_or_default())
    }

    /// A place with everything that decides who reaches it. Resources have no names here.
    #[must_use]
    pub fn ground(&self, at: Option<ResourceAt>) -> Ground {
        let Some(ResourceAt(target)) = at else { return Ground::default() };
        let (path, grants) = self.way(target);
        let mut scopes: Vec<u32> = self
            .upwards(target)
            .filter_map(|at| self.resources.get(at)?.grants.as_ref())
            .flat_map(|on| on.rows.iter().filter(|grant| grant.subject >= SCOPE).map(GrantRow::number))
            .collect();
        scopes.sort_unstable();
        scopes.dedup();
        let receiver = |scope: u32| {
            let (path, grants) = self.way(scope);
            Receiver { path, grants }
        };
        let mut receivers: Vec<Receiver> = scopes.into_iter().map(receiver).collect();
        receivers.sort_by_key(|receiver| receiver.path.last().map(|scope| scope.id));
        Ground { path, grants, receivers }
    }

    /// The way from the top to a resource, and the grants on it.
    fn way(&self, target: u32) -> (Vec<Resource>, Vec<Grant>) {
        let (mut path, mut grants) = (Vec::new(), Vec::new());
        for row in self.upwards(target).filter_map(|at| self.resources.get(at)) {
            path.push(self.resource_told(row));
            let Some(on) = &row.grants else { continue };
            grants.extend(on.rows.iter().zip(&on.ids).filter_map(|(grant, id)| self.grant_told(row.id, *id, grant)));
        }
        path.reverse();
        grants.sort_by_key(|grant| grant.id);
        (path, grants)
    }

    fn resource_told(&self, row: &ResourceRow) -> Resource {
        // What somebody who is gone owned is nobody's.
        let owner = self.members.get(row.owner).filter(|owner| owner.status.is_some());
        Resource {
            id: ResourceId::new(row.id),
            organization: self.organization,
            kind: self.kinds.get(usize::from(row.kind)).map_or_else(String::new, |kind| kind.slug.clone()),
            external_id: row.external.as_deref().map(str::to_owned),
            name: String::new(),
            parent: self.resources.get(row.parent).map(|row| ResourceId::new(row.id)),
            owner: owner.map(|row| MemberId::new(row.id)),
            controlled: row.controlled,
            created_at: Timestamp::default(),
            revision: 0,
        }
    }

    fn grant_told(&self, on: Uuid, id: Uuid, row: &GrantRow) -> Option<Grant> {
        let number = row.number();
        let given: Given = self.given.get(usize::from(row.given))?.given.clone();
        let subject = match row.subject & !u64::from(u32::MAX) {
            SCOPE => Subject::Resource(ResourceId::new(self.resources.get(number)?.id)),
            MEMBER => Subject::Member(MemberId::new(self.members.get(number)?.id)),
            GROUP => Subject::Group(GroupId::new(*self.group_ids.get(number as usize)?)),
            _ => Subject::Everyone,
        };
        Some(Grant {
            id: GrantId::new(id),
            organization: self.organization,
            resource: ResourceId::new(on),
            subject,
            given,
            expires_at: (row.ends != i64::MAX).then(|| Timestamp::from_micros(row.ends)),
            created_at: Timestamp::default(),
            created_by: None,
        })
    }
}
