//! What happens at random to resources and to what is granted on them.

use guildhall_domain::change::Change;
use guildhall_domain::ids::{GrantId, ResourceId};
use guildhall_domain::resource::{Grant, Resource, ResourceChange, Subject};
use guildhall_domain::time::Timestamp;

use crate::facts::Facts;

impl Facts {
    pub(crate) fn resource(&mut self) -> Option<Change> {
        if self.resources.len() < 4 || self.dice.one_in(5) {
            let kinds: Vec<String> = self.rules.preset().types.iter().map(|kind| kind.slug.clone()).collect();
            let parent = self.dice.of(&self.resources).map(|r| r.id).filter(|id| self.path(*id).len() < 12);
            let parent = parent.filter(|_| !self.dice.one_in(3));
            let resource = Resource {
                id: ResourceId::new(self.dice.id()),
                organization: self.organization,
                kind: self.dice.of(&kinds)?.clone(),
                external_id: (!self.dice.one_in(3)).then(|| format!("{:x}", self.dice.next())),
                name: String::new(),
                parent,
                owner: self.dice.of(&self.members).map(|m| m.id).filter(|_| !self.dice.one_in(3)),
                controlled: self.dice.one_in(6),
                created_at: Timestamp::default(),
                revision: 0,
            };
            self.resources.push(resource.clone());
            return Some(Change::Resource(ResourceChange::Created { resource: Box::new(resource) }));
        }
        let before = self.dice.of(&self.resources)?.clone();
        if self.dice.one_in(10) {
            return Some(self.deleted(before));
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
        Some(Change::Resource(ResourceChange::Edited { before: Box::new(before), after: Box::new(after) }))
    }

    /// With everything under it, and what was shared to any of it.
    fn deleted(&mut self, before: Resource) -> Change {
        let all = self.resources.iter().map(|r| r.id);
        let gone: Vec<ResourceId> = all.filter(|id| self.path(*id).iter().any(|r| r.id == before.id)).collect();
        self.resources.retain(|r| !gone.contains(&r.id));
        let to_gone = |subject| matches!(subject, Subject::Resource(scope) if gone.contains(&scope));
        self.grants.retain(|g| !gone.contains(&g.resource) && !to_gone(g.subject));
        Change::Resource(ResourceChange::Deleted { resource: Box::new(before) })
    }

    pub(crate) fn grant(&mut self) -> Option<Change> {
        if self.grants.len() > 5 && self.dice.one_in(3) {
            let at = self.dice.below(self.grants.len());
            let grant = Box::new(self.grants.get(at)?.clone());
            let resource = Box::new(self.resources.iter().find(|r| r.id == grant.resource)?.clone());
            if self.dice.one_in(3) {
                let given = self.given(&resource.kind);
                let after = Grant { given, expires_at: self.end(), ..(*grant).clone() };
                *self.grants.get_mut(at)? = after.clone();
                let after = Box::new(after);
                return Some(Change::Resource(ResourceChange::GrantChanged { resource, before: grant, after }));
            }
            self.grants.remove(at);
            return Some(Change::Resource(ResourceChange::Revoked { resource, grant }));
        }
        let resource = self.dice.of(&self.resources)?.clone();
        let subject = match self.dice.below(8) {
            0 => Subject::Everyone,
            1..=3 => Subject::Group(self.dice.of(&self.groups)?.id),
            4 => Subject::Resource(self.dice.of(&self.resources)?.id),
            _ => Subject::Member(self.dice.of(&self.members)?.id),
        };
        let grant = Grant {
            id: GrantId::new(self.dice.id()),
            organization: self.organization,
            resource: resource.id,
            subject,
            given: self.given(&resource.kind),
            expires_at: self.end(),
            created_at: Timestamp::default(),
            created_by: None,
        };
        self.grants.push(grant.clone());
        Some(Change::Resource(ResourceChange::Granted { resource: Box::new(resource), grant: Box::new(grant) }))
    }

    fn end(&mut self) -> Option<Timestamp> {
        self.dice.one_in(3).then(|| Timestamp::from_micros(self.now + self.dice.below(400) as i64))
    }
}
