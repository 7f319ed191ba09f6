//! The tree of resources below an organization, what is granted on it, and who reaches what.

use serde_json::{Value, json};

use super::organizations::Place;
use super::rules::tidy;
use super::tokens::moment;
use super::{Call, Member, Model, Outcome, Seconds, no};

/// A resource or inner scope.
#[derive(Clone, Debug)]
pub struct Resource {
    pub id: String,
    pub organization: String,
    pub kind: String,
    pub external: Option<String>,
    pub name: String,
    pub parent: Option<String>,
    pub owner: Option<String>,
    pub controlled: bool,
    pub revision: u64,
}

/// A grant.
#[derive(Clone, Debug)]
pub struct Grant {
    pub id: String,
    pub resource: String,
    /// `member`, `group` or `everyone`, and an id.
    pub subject: (String, String),
    pub role: Option<String>,
    pub permission: Option<String>,
    pub expires: Option<Seconds>,
}

impl Grant {
    pub(super) fn lives(&self, now: Seconds) -> bool {
        self.expires.is_none_or(|end| end > now)
    }
}

/// The names a verb may have in a preset, the first that is there counts.
fn names(verb: &str) -> [&'static str; 3] {
    match verb {
        "read" => ["read", "view", "use"],
        "create" => ["create", "manage", "edit"],
        "update" => ["edit", "update", "manage"],
        "delete" => ["delete", "manage", "edit"],
        _ => ["share", "manage", "manage"],
    }
}

const DEEPEST: usize = 16;

impl Model {
    /// A resource by id or `type:external_id`.
    pub(super) fn resource(&self, place: &Place, name: &str) -> Option<&Resource> {
        self.resources.iter().filter(|r| r.organization == place.id).find(|r| {
            let external = r.external.as_ref().map(|external| format!("{}:{external}", r.kind));
            r.id == name || external.as_deref() == Some(name)
        })
    }

    /// From the top of the tree down to the resource itself.
    fn way_to(&self, target: &Resource) -> Vec<Resource> {
        let mut way = vec![target.clone()];
        while let Some(parent) = way[0].parent.clone() {
            way.insert(0, self.resources.iter().find(|r| r.id == parent).expect("its parent").clone());
        }
        way
    }

    fn role_of_type(&self, place: &str, kind: &str, slug: Option<&str>) -> Option<Vec<String>> {
        let rules = &self.organization(place)?.rules;
        let mut roles = rules.inner.iter().filter(|(of, _, _)| of == kind);
        let found = roles.find(|(_, role, _)| slug.is_none_or(|slug| slug == role));
        found.map(|(_, _, gives)| gives.clone())
    }

    pub(super) fn given_by(&self, place: &Place, grant: &Grant) -> Vec<String> {
        let kind = self.resources.iter().find(|r| r.id == grant.resource).map(|r| r.kind.clone()).unwrap_or_default();
        match (&grant.role, &grant.permission) {
            (Some(role), _) => self.role_of_type(&place.id, &kind, Some(role)).unwrap_or_default(),
            (None, permission) => permission.iter().cloned().collect(),
        }
    }

    /// Everything a member may do at a resource, or at the organization itself:
    /// what the role gives, what is owned and granted on the way, under the role's ceiling and the
    /// credential's scopes. A controlled resource lets nothing through from above it.
    pub(super) fn reaches(&self, m: &Member, scopes: Option<&Vec<String>>, target: Option<&Resource>) -> Vec<String> {
        if m.status != "active" {
            return Vec::new();
        }
        let here = self.organization(&m.organization).expect("an organization");
        let Some(reach) = here.rules.reach.iter().find(|r| r.slug == m.role) else { return Vec::new() };
        let way = target.map(|t| self.way_to(t)).unwrap_or_default();
        let wall = way.iter().rposition(|r| r.controlled).filter(|_| !reach.bypass);
        let mut given = Vec::new();
        if wall.is_none() {
            let gives = here.rules.roles.iter().find(|(role, _)| *role == m.role);
            let gives = gives.map(|(_, gives)| gives.clone()).unwrap_or_default();
            given.extend(gives.into_iter().filter(|p| way.is_empty() || reach.below.contains(p)));
        }
        for (depth, scope) in way.iter().enumerate() {
            if wall.is_some_and(|wall| depth < wall) {
                continue;
            }
            if scope.owner.as_ref() == Some(&m.id) {
                given.extend(self.role_of_type(&here.id, &scope.kind, None).unwrap_or_default());
            }
            for grant in self.grants.iter().filter(|g| g.resource == scope.id && g.lives(self.now)) {
                let (kind, id) = (grant.subject.0.as_str(), &grant.subject.1);
                let seated = self.groups.iter().any(|g| g.id == *id && g.seats.iter().any(|(who, _)| *who == m.id));
                if kind == "everyone" || (kind == "member" && *id == m.id) || (kind == "group" && seated) {
                    let place = Place { id: here.id.clone(), me: m.clone(), scopes: None };
                    given.extend(self.given_by(&place, grant));
                }
            }
        }
        given.retain(|p| reach.ceiling.contains(p) && !here.knobs_take(&m.role, p));
        given.retain(|p| scopes.is_none_or(|s| s.contains(p)));
        given
    }

    fn has(&self, place: &Place, held: &[String], kind: &str, verb: &str) -> bool {
        let known = &self.at(place).rules.permissions;
        let mut all = names(verb).into_iter().map(|name| format!("{kind}.{name}"));
        all.find(|name| known.contains(name)).is_some_and(|name| held.contains(&name))
    }

    fn allow(&self, place: &Place, held: &[String], kind: &str, verb: &str) -> Outcome<()> {
        if verb != "create" && !self.has(place, held, kind, "read") {
            return no(404, "not_found");
        }
        if self.has(place, held, kind, verb) { Ok(()) } else { no(403, "access.denied") }
    }

    /// A resource the caller may do `verb` to, and what they hold there.
    fn permitted(&self, place: &Place, name: &str, verb: &str) -> Outcome<(Resource, Vec<String>)> {
        let Some(found) = self.resource(place, name) else { return no(404, "not_found") };
        let held = self.reaches(&place.me, place.scopes.as_ref(), Some(found));
        self.allow(place, &held, &found.kind, verb)?;
        Ok((found.clone(), held))
    }

    /// Where something is to stand. What one may not see cannot be named.
    fn under(&self, place: &Place, parent: Option<&str>) -> Outcome<Option<Resource>> {
        match parent.filter(|p| !p.is_empty()) {
            None => Ok(None),
            Some(name) => match self.permitted(place, name, "read") {
                Ok((found, _)) => Ok(Some(found)),
                Err(_) => no(422, "resource.parent"),
            },
        }
    }

    fn fits_under(&self, place: &Place, id: Option<&str>, kind: &str, parent: Option<&Resource>) -> Outcome<()> {
        let types = &self.at(place).rules.types;
        let Some((_, parents)) = types.iter().find(|(slug, _)| slug == kind) else { return no(422, "resource.type") };
        let above = parent.map_or("organization", |p| p.kind.as_str());
        if !parents.iter().any(|p| p == above) {
            return no(422, "resource.parent");
        }
        let way = parent.map(|p| self.way_to(p)).unwrap_or_default();
        if way.iter().any(|r| Some(r.id.as_str()) == id) {
            return no(422, "resource.cycle");
        }
        if way.len() >= DEEPEST { no(422, "resource.parent") } else { Ok(()) }
    }

    fn owner(&self, place: &Place, id: &str) -> Outcome<Member> {
        self.member(&place.id, id).cloned().map_or_else(|| no(422, "resource.owner"), Ok)
    }

    fn resource_view(&self, r: &Resource) -> Value {
        let owner = r.owner.as_ref().and_then(|id| self.member(&r.organization, id));
        json!({
            "id": r.id, "type": r.kind, "external_id": r.external, "name": r.name, "parent": r.parent,
            "owner": owner.map(|m| json!({"id": m.id, "email": m.email})), "controlled": r.controlled,
            "revision": r.revision,
        })
    }

    pub(super) fn create_resource(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        let parent = self.under(&place, c.text("parent"))?;
        let kind = c.text("type").unwrap_or_default().to_owned();
        let held = self.reaches(&place.me, place.scopes.as_ref(), parent.as_ref());
        self.allow(&place, &held, &kind, "create")?;
        let owner = match c.text("owner").filter(|o| !o.is_empty()) {
            Some(id) => self.owner(&place, id)?,
            None => place.me.clone(),
        };
        let external = c.text("external_id").filter(|e| !e.is_empty()).map(str::to_owned);
        let taken = external.as_ref().is_some_and(|e| self.resource(&place, &format!("{kind}:{e}")).is_some());
        let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
        self.fits_under(&place, None, &kind, parent.as_ref())?;
        if owner.status != "active" {
            return no(422, "resource.owner");
        }
        if taken {
            return no(409, "resource.external_id_taken");
        }
        let (id, revision) = (self.fresh("res"), self.at(&place).revision);
        let (organization, parent) = (place.id.clone(), parent.map(|p| p.id));
        let controlled = c.asked.body["controlled"] == json!(true);
        let made =
            Resource { id, organization, kind, external, name, parent, owner: Some(owner.id), controlled, revision };
        self.resources.push(made.clone());
        self.tell(&place.id, "resource.created");
        Ok((201, self.resource_view(&made)))
    }

    pub(super) fn list_resources(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        let kind = c.asked.query.iter().find(|(name, _)| *name == "type").map(|(_, value)| value.clone());
        let here = self.resources.iter().filter(|r| r.organization == place.id);
        let wanted = here.filter(|r| kind.as_ref().is_none_or(|k| *k == r.kind));
        let seen = wanted.filter(|r| self.permitted(&place, &r.id, "read").is_ok());
        let items: Vec<Value> = seen.map(|r| self.resource_view(r)).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    pub(super) fn show_resource(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        let (found, _) = self.permitted(&place, c.arg(1), "read")?;
        Ok((200, self.resource_view(&found)))
    }

    pub(super) fn edit_resource(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        let (before, held) = self.permitted(&place, c.arg(1), "update")?;
        c.seen(before.revision)?;
        let mut after = before.clone();
        if let Some(name) = c.text("name") {
            after.name = tidy(name).map_or_else(|| no(422, "request.invalid"), Ok)?;
        }
        after.controlled = c.asked.body["controlled"].as_bool().unwrap_or(before.controlled);
        let mut parent = None;
        if let Some(name) = c.text("parent") {
            parent = self.under(&place, Some(name))?;
            after.parent = parent.as_ref().map(|p| p.id.clone());
            if after.parent != before.parent {
                let there = self.reaches(&place.me, place.scopes.as_ref(), parent.as_ref());
                self.allow(&place, &there, &before.kind, "create")?;
            }
        }
        let mut owner = None;
        if let Some(id) = c.text("owner") {
            owner = if id.is_empty() { None } else { Some(self.owner(&place, id)?) };
            after.owner = owner.as_ref().map(|m| m.id.clone());
        }
        if after.parent != before.parent {
            self.fits_under(&place, Some(&before.id), &before.kind, parent.as_ref())?;
        }
        let handed_on = after.owner != before.owner;
        if handed_on && owner.as_ref().is_some_and(|m| m.status != "active") {
            return no(422, "resource.owner");
        }
        // Who owns a thing and whether it is controlled decide who enters.
        if handed_on || after.controlled != before.controlled {
            self.allow(&place, &held, &before.kind, "share")?;
        }
        let owners = self.role_of_type(&place.id, &before.kind, None).unwrap_or_default();
        if handed_on && after.owner.is_some() && owners.iter().any(|p| !held.contains(p)) {
            return no(403, "grant.above_own");
        }
        let picture = |r: &Resource| (r.name.clone(), r.parent.clone(), r.owner.clone(), r.controlled);
        if picture(&after) != picture(&before) {
            after.revision = self.at(&place).revision;
            for one in self.resources.iter_mut().filter(|r| r.id == before.id) {
                *one = after.clone();
            }
            self.tell(&place.id, "resource.edited");
        }
        Ok((200, self.resource_view(&after)))
    }

    pub(super) fn delete_resource(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        let (found, _) = self.permitted(&place, c.arg(1), "delete")?;
        c.seen(found.revision)?;
        let all = self.resources.clone();
        let ends = |r: &Resource| self.way_to(r).iter().any(|above| above.id == found.id);
        let ended: Vec<String> = all.iter().filter(|r| ends(r)).map(|r| r.id.clone()).collect();
        self.resources.retain(|r| !ended.contains(&r.id));
        self.grants.retain(|g| !ended.contains(&g.resource));
        self.tell(&place.id, "resource.deleted");
        Ok((204, Value::Null))
    }

    pub(super) fn list_people(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        let (target, _) = self.permitted(&place, c.arg(1), "share")?;
        let rules = self.at(&place).rules.clone();
        let there: Vec<&String> = rules
            .permissions
            .iter()
            .zip(&rules.asked_of)
            .filter(|(_, of)| **of == target.kind)
            .map(|(p, _)| p)
            .collect();
        let reached = |m: &Member| {
            let held = self.reaches(m, None, Some(&target));
            let some: Vec<&&String> = there.iter().filter(|p| held.contains(p)).collect();
            (!some.is_empty()).then(|| json!({"member": m.id, "permissions": {"$set": some}}))
        };
        let here = self.members.iter().filter(|m| m.organization == place.id);
        let items: Vec<Value> = here.filter_map(reached).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    fn grant_view(g: &Grant) -> Value {
        let id = if g.subject.0 == "everyone" { Value::Null } else { json!(g.subject.1) };
        json!({
            "id": g.id, "resource": g.resource, "subject": {"type": g.subject.0, "id": id}, "role": g.role,
            "permission": g.permission, "expires_at": if g.expires.is_some() { json!("$some") } else { Value::Null },
        })
    }

    pub(super) fn list_grants(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        let (target, _) = self.permitted(&place, c.arg(1), "share")?;
        let items: Vec<Value> = self.grants.iter().filter(|g| g.resource == target.id).map(Self::grant_view).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    pub(super) fn create_grant(&mut self, c: &Call<'_>) -> Outcome {
        let (role, permission) = (c.text("role").map(str::to_owned), c.text("permission").map(str::to_owned));
        if role.is_some() == permission.is_some() {
            return no(422, "request.invalid");
        }
        let place = self.take_place(c, c.arg(0))?;
        let (target, held) = self.permitted(&place, c.arg(1), "share")?;
        let (kind, id) = (c.asked.body["subject"]["type"].as_str(), c.asked.body["subject"]["id"].as_str());
        if (kind == Some("everyone")) == id.is_some() {
            return no(422, "request.invalid");
        }
        let id = id.unwrap_or_default().to_owned();
        let found = match kind {
            Some("member") => self.member(&place.id, &id).is_some_and(|m| m.status != "invited"),
            Some("group") => self.groups.iter().any(|g| g.organization == place.id && g.id == id),
            _ => true,
        };
        if !found {
            return no(422, "grant.subject");
        }
        let subject = (kind.unwrap_or_default().to_owned(), id);
        let expires = c.text("expires_at").and_then(moment);
        let made = Grant { id: self.fresh("grt"), resource: target.id.clone(), subject, role, permission, expires };
        let known = &self.at(&place).rules.permissions;
        if made.permission.as_ref().is_some_and(|p| !known.contains(p)) {
            return no(422, "permission.unknown");
        }
        if made.role.as_ref().is_some_and(|r| self.role_of_type(&place.id, &target.kind, Some(r)).is_none()) {
            return no(422, "role.unknown");
        }
        if self.given_by(&place, &made).iter().any(|p| !held.contains(p)) {
            return no(403, "grant.above_own");
        }
        if !made.lives(self.now) {
            return no(422, "grant.expired");
        }
        self.grants.push(made.clone());
        self.tell(&place.id, "grant.created");
        Ok((201, Self::grant_view(&made)))
    }

    pub(super) fn revoke_grant(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        let here = |g: &&Grant| self.resources.iter().any(|r| r.id == g.resource && r.organization == place.id);
        let found = self.grants.iter().filter(here).find(|g| g.id == c.arg(1)).cloned();
        let Some(found) = found else { return no(404, "not_found") };
        self.permitted(&place, &found.resource, "share")?;
        self.grants.retain(|g| g.id != found.id);
        self.tell(&place.id, "grant.revoked");
        Ok((204, Value::Null))
    }
}
