//! The facts of an index spelled out, as a store would find them: for reasons, and for whoever stands
//! otherwise than as a member. What is asked of them is [`crate::reach`].

use uuid::Uuid;

use super::ask::{Asked, ResourceAt};
use super::{GROUP, GrantRow, Index, MEMBER, ResourceRow, SCOPE};
use crate::ids::{GrantId, GroupId, MemberId, ResourceId};
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
