//! The tree of resources below an organization, what is granted on it, and who reaches what.

use serde_json::{Value, json};

use super::organizations::Place;
use super::rules::tidy;
use super::{Call, KeptHere, Member, Model, Outcome, no};

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

/// The names a verb may have in a preset, the first that is there counts.
fn names(verb: &str) -> &'static [&'static str] {
    match verb {
        "read" => &["read", "view", "use", "manage", "edit"],
        "create" => &["create", "manage", "edit"],
        "update" => &["edit", "update", "manage"],
        "delete" => &["delete", "manage", "edit"],
        _ => &["share", "manage"],
    }
}

const DEEPEST: usize = 16;

impl Model {
    /// A resource by id or `type:external_id`.
    pub(super) fn resource(&self, place: &Place, name: &str) -> Option<&Resource> {
        self.resource_of(&place.id, name)
    }

    pub(super) fn resource_of(&self, organization: &str, name: &str) -> Option<&Resource> {
        self.resources.iter().filter(|r| r.organization == organization).find(|r| {
            let external = r.external.as_ref().map(|external| format!("{}:{external}", r.kind));
            r.id == name || external.as_deref() == Some(name)
        })
    }

    /// From the top of the tree down to the resource itself.
    pub(super) fn way_to(&self, target: &Resource) -> Vec<Resource> {
        let mut way = vec![target.clone()];
        while let Some(parent) = way[0].parent.clone() {
            way.insert(0, self.resources.iter().find(|r| r.id == parent).expect("its parent").clone());
        }
        way
    }

    /// "What stands in a scope stays there": in the nearest thing above that may leave itself.
    pub(super) fn stays(&self, place: &Place, r: &Resource, to: Option<&Resource>) -> Outcome<()> {
        let staying = |r: &Resource| self.at(place).rules.staying.contains(&r.kind);
        let home = self.way_to(r).into_iter().rev().skip(1).find(|above| !staying(above)).filter(|_| staying(r));
        let way = to.map(|to| self.way_to(to)).unwrap_or_default();
        let leaves = home.is_some_and(|home| way.iter().all(|one| one.id != home.id));
        if leaves { no(409, "resource.stays") } else { Ok(()) }
    }

    pub(super) fn role_of_type(&self, place: &str, kind: &str, slug: Option<&str>) -> Option<Vec<String>> {
        let rules = &self.organization(place)?.rules;
        let mut roles = rules.inner.iter().filter(|(of, _, _)| of == kind);
        let found = roles.find(|(_, role, _)| slug.is_none_or(|slug| slug == role));
        found.map(|(_, _, gives)| gives.clone())
    }

    /// Everything a member may do at a resource, or at the organization itself:
    /// what the role gives, what is owned and granted on the way, under the role's ceiling and the
    /// credential's scopes. A controlled resource lets nothing through from above it.
    pub(super) fn reaches(&self, m: &Member, scopes: Option<&Vec<String>>, target: Option<&Resource>) -> Vec<String> {
        self.reaches_by(m, scopes, target, true)
    }

    /// Whether rights from above stop here.
    pub(super) fn is_controlled(&self, r: &Resource) -> bool {
        let here = self.organization(&r.organization).expect("an organization");
        let by_grants = here.knob("scope.controlled_by_grants") == json!(true);
        r.controlled || (by_grants && self.grants.iter().any(|g| g.resource == r.id))
    }

    /// Whether a member is in a scope, by something else than being in another.
    fn enters(&self, m: &Member, scope: &str) -> bool {
        let Some(scope) = self.resources.iter().find(|r| r.id == *scope) else { return false };
        let known = &self.organization(&scope.organization).expect("an organization").rules.permissions;
        let mut all = names("read").iter().map(|name| format!("{}.{name}", scope.kind));
        let needed = all.find(|name| known.contains(name));
        needed.is_some_and(|needed| self.reaches_by(m, None, Some(scope), false).contains(&needed))
    }

    /// The same, with what is shared to scopes or without.
    fn reaches_by(
        &self,
        m: &Member,
        scopes: Option<&Vec<String>>,
        target: Option<&Resource>,
        through: bool,
    ) -> Vec<String> {
        if m.status != "active" {
            return Vec::new();
        }
        let here = self.organization(&m.organization).expect("an organization");
        let Some(reach) = here.rules.reach.iter().find(|r| r.slug == m.role) else { return Vec::new() };
        let way = target.map(|t| self.way_to(t)).unwrap_or_default();
        let wall = way.iter().rposition(|r| self.is_controlled(r)).filter(|_| !reach.bypass);
        let mut given = Vec::new();
        if wall.is_none() {
            let gives = here.rules.roles.iter().find(|(role, _)| *role == m.role);
            let gives = gives.map(|(_, gives)| gives.clone()).unwrap_or_default();
            given.extend(gives.into_iter().filter(|p| way.is_empty() || reach.below.contains(p)));
            let mine = self.groups.iter().filter(|g| g.seats.iter().any(|(who, _)| *who == m.id));
            given.extend(mine.flat_map(|g| here.rules.whole(&g.gives)));
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
                let inside = kind == "resource" && through && self.enters(m, id);
                if kind == "everyone" || (kind == "member" && *id == m.id) || (kind == "group" && seated) || inside {
                    given.extend(self.given_by(&here.id, grant));
                }
            }
        }
        given.retain(|p| reach.ceiling.contains(p) && !here.knobs_take(&m.role, p));
        let scopes = scopes.map(|scopes| here.rules.whole(scopes));
        given.retain(|p| scopes.as_ref().is_none_or(|s| s.contains(p)));
        here.rules.permissions.iter().filter(|p| given.contains(p)).cloned().collect()
    }

    fn has(&self, place: &Place, held: &[String], kind: &str, verb: &str) -> bool {
        let known = &self.at(place).rules.permissions;
        let mut all = names(verb).iter().map(|name| format!("{kind}.{name}"));
        all.find(|name| known.contains(name)).is_some_and(|name| held.contains(&name))
    }

    pub(super) fn allow(&self, place: &Place, held: &[String], kind: &str, verb: &str) -> Outcome<()> {
        if verb != "create" && !self.has(place, held, kind, "read") {
            return no(404, "not_found");
        }
        if self.has(place, held, kind, verb) { Ok(()) } else { no(403, "access.denied") }
    }

    /// A resource the caller may do `verb` to, and what they hold there.
    pub(super) fn permitted(&self, place: &Place, name: &str, verb: &str) -> Outcome<(Resource, Vec<String>)> {
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
        let moved = id.and_then(|id| self.resources.iter().find(|r| r.id == id));
        let levels = moved.map_or(0, |moved| {
            let inside =
                self.resources.iter().map(|r| self.way_to(r)).filter(|way| way.iter().any(|r| r.id == moved.id));
            inside.map(|way| way.len()).max().unwrap_or_default() - self.way_to(moved).len()
        });
        if way.len() + levels >= DEEPEST {
            return no(422, "resource.parent");
        }
        let chained = moved.is_some_and(|moved| self.receives(moved)) && parent.is_some_and(|p| self.is_handed(p));
        if chained { no(422, "grant.chained") } else { Ok(()) }
    }

    /// Whether something is shared to a resource, or to something in it.
    pub(super) fn receives(&self, r: &Resource) -> bool {
        let scopes = self.grants.iter().filter(|g| g.subject.0 == "resource").map(|g| &g.subject.1);
        let mut scopes = scopes.filter_map(|id| self.resources.iter().find(|one| one.id == *id));
        scopes.any(|scope| self.way_to(scope).iter().any(|above| above.id == r.id))
    }

    /// Whether a resource, or what it stands under, is shared to a scope.
    pub(super) fn is_handed(&self, r: &Resource) -> bool {
        let way = self.way_to(r);
        self.grants.iter().any(|g| g.subject.0 == "resource" && way.iter().any(|above| above.id == g.resource))
    }

    fn owner(&self, place: &Place, id: &str) -> Outcome<Member> {
        self.member(&place.id, id).cloned().map_or_else(|| no(422, "resource.owner"), Ok)
    }

    pub(super) fn resource_view(&self, place: &Place, r: &Resource) -> Value {
        let held = self.reaches(&place.me, place.scopes.as_ref(), Some(r));
        let mut roles = self.at(place).rules.inner.iter().filter(|(of, _, _)| *of == r.kind);
        let role = roles.find(|(_, _, gives)| gives.iter().all(|p| held.contains(p))).map(|(_, slug, _)| slug);
        let owner = r.owner.as_ref().and_then(|id| self.member(&r.organization, id));
        json!({
            "id": r.id, "type": r.kind, "external_id": r.external, "name": r.name, "parent": r.parent,
            "owner": owner.map(|m| json!({"id": m.id, "email": m.email})), "role": role,
            "controlled": self.is_controlled(r), "kept_by": self.kept_by(&r.id), "revision": r.revision,
        })
    }

    /// Who owns a thing decides who enters, and nobody gives what they do not have.
    pub(super) fn may_hand_on(&self, place: &Place, held: &[String], kind: &str, to_somebody: bool) -> Outcome<()> {
        if !self.has(place, held, kind, "share") {
            return no(403, "access.denied");
        }
        let owners = self.role_of_type(&place.id, kind, None).unwrap_or_default();
        if to_somebody && owners.iter().any(|p| !held.contains(p)) { no(403, "grant.above_own") } else { Ok(()) }
    }

    pub(super) fn create_resource(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        let made = self.make_resource(c, place.clone())?;
        Ok((201, self.resource_view(&place, &made)))
    }

    pub(super) fn make_resource(&mut self, c: &Call<'_>, place: Place) -> Outcome<Resource> {
        let parent = self.under(&place, c.text("parent"))?;
        let kind = c.text("type").unwrap_or_default().to_owned();
        let held = self.reaches(&place.me, place.scopes.as_ref(), parent.as_ref());
        self.allow(&place, &held, &kind, "create")?;
        let owner = match c.text("owner").filter(|o| !o.is_empty()) {
            Some(id) => Some(self.owner(&place, id)?),
            // Nobody's membership owns nothing: it is the organization's.
            None => Some(place.me.clone()).filter(|me| !me.is_above()),
        };
        let external = c.text("external_id").filter(|e| !e.is_empty()).map(str::to_owned);
        let taken = external.as_ref().is_some_and(|e| self.resource(&place, &format!("{kind}:{e}")).is_some());
        let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
        let kept = c.asked.body["integration"] == json!(true);
        if kept && !place.me.program {
            return no(422, "request.invalid");
        }
        self.fits_under(&place, None, &kind, parent.as_ref())?;
        if owner.as_ref().is_some_and(|m| m.status != "active") {
            return no(422, "resource.owner");
        }
        if taken {
            return no(409, "resource.external_id_taken");
        }
        let (id, revision) = (self.fresh("res"), self.at(&place).revision);
        let (organization, parent) = (place.id.clone(), parent.map(|p| p.id));
        let controlled = c.asked.body["controlled"] == json!(true);
        let owner = owner.map(|m| m.id);
        let made = Resource { id, organization, kind, external, name, parent, owner, controlled, revision };
        self.resources.push(made.clone());
        self.tell(&place.id, "resource.created");
        if kept {
            let (resource, from) = (made.id.clone(), place.me.id.clone());
            self.kept_here.push(KeptHere { organization: place.id.clone(), resource, from });
            self.tell(&place.id, "resource.kept");
        }
        Ok(made)
    }

    pub(super) fn list_resources(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        let kind = c.asked.query.iter().find(|(name, _)| *name == "type").map(|(_, value)| value.clone());
        let here = self.resources.iter().filter(|r| r.organization == place.id);
        let wanted = here.filter(|r| kind.as_ref().is_none_or(|k| *k == r.kind));
        let seen = wanted.filter(|r| self.permitted(&place, &r.id, "read").is_ok());
        let items: Vec<Value> = seen.map(|r| self.resource_view(&place, r)).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    pub(super) fn show_resource(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        let (found, _) = self.permitted(&place, c.arg(1), "read")?;
        Ok((200, self.resource_view(&place, &found)))
    }

    pub(super) fn edit_resource(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        let (before, held) = self.permitted(&place, c.arg(1), "update")?;
        c.seen(before.revision)?;
        self.not_kept(&place, &before)?;
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
                self.stays(&place, &before, parent.as_ref())?;
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
        if handed_on {
            self.may_hand_on(&place, &held, &before.kind, after.owner.is_some())?;
        }
        // Whether it is controlled decides who enters.
        if after.controlled != before.controlled {
            self.allow(&place, &held, &before.kind, "share")?;
        }
        let picture = |r: &Resource| (r.name.clone(), r.parent.clone(), r.owner.clone(), r.controlled);
        if picture(&after) != picture(&before) {
            after.revision = self.at(&place).revision;
            for one in self.resources.iter_mut().filter(|r| r.id == before.id) {
                *one = after.clone();
            }
            self.tell(&place.id, "resource.edited");
        }
        Ok((200, self.resource_view(&place, &after)))
    }

    pub(super) fn delete_resource(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        let (found, _) = self.permitted(&place, c.arg(1), "delete")?;
        c.seen(found.revision)?;
        self.not_kept(&place, &found)?;
        self.end_resource(&found.id);
        self.tell(&place.id, "resource.deleted");
        Ok((204, Value::Null))
    }

    /// It ends with everything under it, and what was granted on any of that.
    pub(super) fn end_resource(&mut self, id: &str) {
        let all = self.resources.clone();
        let ends = |r: &Resource| self.way_to(r).iter().any(|above| above.id == id);
        let ended: Vec<String> = all.iter().filter(|r| ends(r)).map(|r| r.id.clone()).collect();
        self.resources.retain(|r| !ended.contains(&r.id));
        self.grants.retain(|g| !ended.contains(&g.resource) && !ended.contains(&g.subject.1));
        self.shares.retain(|l| !ended.contains(&l.resource));
        self.kept_here.retain(|kept| !ended.contains(&kept.resource));
    }
}
