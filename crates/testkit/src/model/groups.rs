//! Groups of members, and who runs them.

use serde_json::{Value, json};

use super::organizations::Place;
use super::roles::names;
use super::rules::tidy;
use super::{Call, Member, Model, Outcome, no};

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    pub id: String,
    pub organization: String,
    pub name: String,
    pub description: String,
    /// Members, each with whether they manage it.
    pub seats: Vec<(String, bool)>,
    /// What being in it gives.
    pub gives: Vec<String>,
    pub revision: u64,
}

fn view(g: &Group) -> Value {
    json!({"id": g.id, "name": g.name, "description": g.description, "origin": "local", "permissions": g.gives, "revision": g.revision})
}

impl Model {
    fn group(&self, place: &Place, id: &str) -> Outcome<Group> {
        let found = self.groups.iter().find(|g| g.organization == place.id && g.id == id);
        found.cloned().map_or_else(|| no(404, "not_found"), Ok)
    }

    fn name_taken(&self, place: &Place, name: &str, but: Option<&str>) -> bool {
        let mut here = self.groups.iter().filter(|g| g.organization == place.id && Some(g.id.as_str()) != but);
        here.any(|g| g.name.to_lowercase() == name.to_lowercase())
    }

    pub(super) fn create_group(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "group.manage")?;
        let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
        if self.name_taken(&place, &name, None) {
            return no(409, "group.name_taken");
        }
        let description = c.text("description").and_then(tidy).unwrap_or_default();
        let (id, revision) = (self.fresh("grp"), self.at(&place).revision);
        let made = Group {
            id,
            organization: place.id.clone(),
            name,
            description,
            seats: Vec::new(),
            gives: Vec::new(),
            revision,
        };
        self.groups.push(made.clone());
        self.tell(&place.id, "group.created");
        if let Some(gives) = names(&c.asked.body["permissions"]).filter(|gives| !gives.is_empty()) {
            self.give(&place, &made.id, gives)?;
        }
        Ok((201, view(&self.group(&place, &made.id)?)))
    }

    pub(super) fn list_groups(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "group.list")?;
        let mut here: Vec<_> = self.groups.iter().filter(|g| g.organization == place.id).collect();
        here.sort_by_key(|g| g.name.to_lowercase());
        let items: Vec<Value> = here.into_iter().map(view).collect();
        Ok((200, json!({"items": items})))
    }

    pub(super) fn show_group(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "group.list")?;
        Ok((200, view(&self.group(&place, c.arg(1))?)))
    }

    /// Decides what being in a group gives; nobody more than they have, here and below.
    fn give(&mut self, place: &Place, id: &str, gives: Vec<String>) -> Outcome<()> {
        self.permit(place, "group.permissions")?;
        let found = self.group(place, id)?;
        if gives.iter().any(|p| !self.at(place).rules.permissions.contains(p)) {
            return no(422, "permission.unknown");
        }
        if self.holds_less(place, &found.gives) || self.holds_less(place, &gives) {
            return no(403, "group.grants_above_own");
        }
        if gives != found.gives {
            self.change_group(place, id, "group.permissions_changed", |g| g.gives = gives.clone());
            let one = self.organization_mut(&place.id);
            one.object = one.revision;
        }
        Ok(())
    }

    /// A group for a write by whoever manages all groups or this one. Tells which.
    fn taken_group(&mut self, c: &Call<'_>) -> Outcome<(Place, Group, bool)> {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "group.list")?;
        let found = self.group(&place, c.arg(1))?;
        let manager = found.seats.iter().any(|(member, manager)| *member == place.me.id && *manager);
        let own_only = manager && !self.may(&place, "group.manage");
        self.permit(&place, if own_only { "group.manage_own" } else { "group.manage" })?;
        c.seen(found.revision)?;
        Ok((place, found, own_only))
    }

    fn change_group(&mut self, place: &Place, id: &str, kind: &'static str, change: impl Fn(&mut Group)) {
        let revision = self.at(place).revision;
        for group in self.groups.iter_mut().filter(|g| g.id == id) {
            change(group);
            group.revision = revision;
        }
        self.tell(&place.id, kind);
    }

    pub(super) fn edit_group(&mut self, c: &Call<'_>) -> Outcome {
        let only = |field: &str| c.asked.body.get(field).is_none();
        if let Some(gives) = names(&c.asked.body["permissions"]).filter(|_| only("name") && only("description")) {
            // To decide what a group gives is not to run it.
            let place = self.take_place(c, c.arg(0))?;
            self.permit(&place, "group.list")?;
            let found = self.group(&place, c.arg(1))?;
            self.permit(&place, "group.permissions")?;
            c.seen(found.revision)?;
            self.give(&place, &found.id, gives)?;
            return Ok((200, view(&self.group(&place, &found.id)?)));
        }
        let (place, found, _) = self.taken_group(c)?;
        let name = match c.text("name") {
            Some(given) => tidy(given).map_or_else(|| no(422, "request.invalid"), Ok)?,
            None => found.name.clone(),
        };
        let description = match c.text("description") {
            Some(given) => tidy(given).unwrap_or_default(),
            None => found.description.clone(),
        };
        if (&name, &description) != (&found.name, &found.description) {
            if self.name_taken(&place, &name, Some(&found.id)) {
                return no(409, "group.name_taken");
            }
            self.change_group(&place, &found.id, "group.edited", |g| {
                (g.name, g.description) = (name.clone(), description.clone());
            });
        }
        Ok((200, view(&self.group(&place, &found.id)?)))
    }

    pub(super) fn delete_group(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "group.list")?;
        let found = self.group(&place, c.arg(1))?;
        self.permit(&place, "group.manage")?;
        c.seen(found.revision)?;
        self.groups.retain(|g| g.id != found.id);
        self.grants.retain(|g| g.subject != ("group".to_owned(), found.id.clone()));
        self.unlimit(&found.id);
        if !found.gives.is_empty() {
            let one = self.organization_mut(&place.id);
            one.object = one.revision;
        }
        self.tell(&place.id, "group.deleted");
        Ok((204, Value::Null))
    }

    pub(super) fn list_seats(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "group.list")?;
        let found = self.group(&place, c.arg(1))?;
        let seat = |(id, manager): &(String, bool)| {
            let member = self.member(&place.id, id)?;
            Some(json!({"member": id, "email": member.email, "status": member.status, "manager": manager}))
        };
        let items: Vec<Value> = found.seats.iter().filter_map(seat).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    pub(super) fn set_seat(&mut self, c: &Call<'_>) -> Outcome {
        let (place, found, own_only) = self.taken_group(c)?;
        let Some(member) = self.member(&place.id, c.arg(2)).cloned() else { return no(404, "not_found") };
        let manager = c.asked.body["manager"] == json!(true);
        self.seat_by(&place, found, member, manager, own_only)?;
        Ok((204, Value::Null))
    }

    /// Gives somebody a place in a group, or another one.
    pub(super) fn seat_by(
        &mut self,
        place: &Place,
        found: Group,
        member: Member,
        manager: bool,
        own_only: bool,
    ) -> Outcome<()> {
        let before = found.seats.iter().find(|(id, _)| *id == member.id).map(|(_, manager)| *manager);
        if before == Some(manager) {
            return Ok(());
        }
        if before.is_none() && !["active", "deactivated", "pending_approval"].contains(&member.status) {
            return no(409, "member.state");
        }
        if own_only && member.id == place.me.id && before == Some(true) {
            return no(409, "group.self_manager");
        }
        let raised = before.is_none() || (manager && before == Some(false));
        if raised && (self.gives_more(place, &found) || self.holds_less(place, &found.gives)) {
            return no(403, "group.grants_above_own");
        }
        let kind = if before.is_some() { "group.manager_changed" } else { "group.member_added" };
        self.change_group(place, &found.id, kind, |g| {
            g.seats.retain(|(id, _)| *id != member.id);
            g.seats.push((member.id.clone(), manager));
        });
        Ok(())
    }

    /// Whether the group is granted anything that the caller does not have there.
    pub(super) fn gives_more(&self, place: &Place, group: &Group) -> bool {
        let subject = ("group".to_owned(), group.id.clone());
        let theirs = self.grants.iter().filter(|g| g.subject == subject && g.lives(self.now));
        theirs.into_iter().any(|grant| {
            let target = self.resources.iter().find(|r| r.id == grant.resource);
            let held = self.reaches(&place.me, place.scopes.as_ref(), target);
            self.given_by(&place.id, grant).iter().any(|p| !held.contains(p))
        })
    }

    pub(super) fn leave_seat(&mut self, c: &Call<'_>) -> Outcome {
        let (place, found, own_only) = self.taken_group(c)?;
        let Some(member) = self.member(&place.id, c.arg(2)).cloned() else { return no(404, "not_found") };
        if !found.seats.iter().any(|(id, _)| *id == member.id) {
            return no(404, "not_found");
        }
        if own_only && member.id == place.me.id {
            return no(409, "group.self_manager");
        }
        self.change_group(&place, &found.id, "group.member_removed", |g| g.seats.retain(|(id, _)| *id != member.id));
        Ok((204, Value::Null))
    }

    /// Whoever is gone is in no group, is granted nothing and owns nothing.
    pub(super) fn forget(&mut self, member: &Member) {
        let revision = self.organization(&member.organization).expect("an organization").revision;
        for group in &mut self.groups {
            group.seats.retain(|(id, _)| *id != member.id);
        }
        self.grants.retain(|g| g.subject != ("member".to_owned(), member.id.clone()));
        self.unlimit(&member.id);
        self.shares.retain(|l| l.by != member.id);
        for program in self.programs.iter_mut().filter(|p| p.owner.as_ref() == Some(&member.id)) {
            program.owner = None;
        }
        for resource in self.resources.iter_mut().filter(|r| r.owner.as_ref() == Some(&member.id)) {
            (resource.owner, resource.revision) = (None, revision);
        }
    }
}
