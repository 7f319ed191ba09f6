//! Grants, and who reaches a resource by them.

use serde_json::{Value, json};

use super::organizations::Place;
use super::rules::shown;
use super::tokens::moment;
use super::{Call, Member, Model, Outcome, Resource, Seconds, no};

/// A grant.
#[derive(Clone, Debug)]
pub struct Grant {
    pub id: String,
    pub resource: String,
    /// `member`, `group`, `resource` or `everyone`, and an id.
    pub subject: (String, String),
    pub role: Option<String>,
    pub permission: Option<String>,
    pub expires: Option<Seconds>,
    /// Who made it.
    pub by: String,
}

impl Grant {
    pub(super) fn lives(&self, now: Seconds) -> bool {
        self.expires.is_none_or(|end| end > now)
    }
}

/// A role or a permission, not both and not neither.
pub(super) fn given(c: &Call<'_>) -> Outcome<(Option<String>, Option<String>)> {
    c.caller()?;
    let (role, permission) = (c.text("role").map(str::to_owned), c.text("permission").map(str::to_owned));
    if role.is_some() == permission.is_some() { no(422, "request.invalid") } else { Ok((role, permission)) }
}

impl Model {
    /// What a role or a permission gives on a resource.
    pub(super) fn gives(
        &self,
        place: &str,
        resource: &str,
        role: Option<&String>,
        permission: Option<&String>,
    ) -> Vec<String> {
        let kind = self.resources.iter().find(|r| r.id == *resource).map(|r| r.kind.clone()).unwrap_or_default();
        match role {
            Some(role) => self.role_of_type(place, &kind, Some(role)).unwrap_or_default(),
            None => {
                let named: Vec<String> = permission.iter().map(|name| (*name).clone()).collect();
                self.organization(place).expect("the place").rules.whole(&named)
            }
        }
    }

    pub(super) fn given_by(&self, place: &str, grant: &Grant) -> Vec<String> {
        self.gives(place, &grant.resource, grant.role.as_ref(), grant.permission.as_ref())
    }

    /// Refuses what is unknown, and more than the giver has.
    pub(super) fn may_share(
        &self,
        place: &Place,
        target: &Resource,
        held: &[String],
        (role, permission): (Option<&String>, Option<&String>),
    ) -> Outcome<()> {
        let known = &self.at(place).rules.permissions;
        if permission.is_some_and(|p| !known.contains(p)) {
            return no(422, "permission.unknown");
        }
        if role.is_some_and(|r| self.role_of_type(&place.id, &target.kind, Some(r)).is_none()) {
            return no(422, "role.unknown");
        }
        let gives = self.gives(&place.id, &target.id, role, permission);
        if gives.iter().any(|p| !held.contains(p)) { no(403, "grant.above_own") } else { Ok(()) }
    }

    fn offered(&self, place: &Place) -> Outcome<()> {
        if self.at(place).knob("grants.offered") == json!(true) { Ok(()) } else { no(403, "grant.not_offered") }
    }

    /// The permissions that are asked of a type.
    pub(super) fn asked_of(&self, place: &Place, kind: &str) -> Vec<String> {
        let rules = &self.at(place).rules;
        let all = rules.permissions.iter().zip(&rules.asked_of);
        all.filter(|(_, of)| *of == kind).map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn list_people(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        let (target, _) = self.permitted(&place, c.arg(1), "share")?;
        let there = self.asked_of(&place, &target.kind);
        let reached = |m: &Member| {
            let held = self.reaches(m, None, Some(&target));
            let some: Vec<String> = there.iter().filter(|p| held.contains(p)).cloned().collect();
            (!some.is_empty()).then(|| json!({"member": m.id, "permissions": {"$set": shown(&some)}}))
        };
        let items: Vec<Value> = self.all_who_stand(&place).iter().filter_map(reached).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    pub(super) fn remove_person(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        let (target, _) = self.permitted(&place, c.arg(1), "share")?;
        let Some(who) = self.member(&place.id, c.arg(2)).cloned() else { return no(404, "not_found") };
        self.offered(&place)?;
        let subject = ("member".to_owned(), who.id.clone());
        let direct = |g: &Grant| g.resource == target.id && g.subject == subject;
        let count = self.grants.iter().filter(|g| direct(g)).count();
        let mut without = self.clone();
        without.grants.retain(|g| !direct(g));
        let left = without.reaches(&who, None, Some(&target));
        if self.asked_of(&place, &target.kind).iter().any(|p| left.contains(p)) {
            return no(409, "grant.elsewhere");
        }
        if count == 0 {
            return no(404, "not_found");
        }
        self.grants.retain(|g| !direct(g));
        (0..count).for_each(|_| self.tell(&place.id, "grant.revoked"));
        Ok((204, Value::Null))
    }

    fn grant_view(g: &Grant) -> Value {
        let id = if g.subject.0 == "everyone" { Value::Null } else { json!(g.subject.1) };
        json!({
            "id": g.id, "resource": g.resource, "subject": {"type": g.subject.0, "id": id}, "role": g.role,
            "permission": g.permission, "expires_at": if g.expires.is_some() { json!("$some") } else { Value::Null },
            "created_by": g.by,
        })
    }

    pub(super) fn list_grants(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        let (target, _) = self.permitted(&place, c.arg(1), "share")?;
        self.offered(&place)?;
        let items: Vec<Value> = self.grants.iter().filter(|g| g.resource == target.id).map(Self::grant_view).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    /// Whom a grant is for.
    fn subject_of(&self, c: &Call<'_>, place: &Place, target: &Resource) -> Outcome<(String, String)> {
        let (kind, id) = (c.asked.body["subject"]["type"].as_str(), c.asked.body["subject"]["id"].as_str());
        if (kind == Some("everyone")) == id.is_some() {
            return no(422, "request.invalid");
        }
        let id = id.unwrap_or_default().to_owned();
        let found = match kind {
            Some("member") => {
                self.member(&place.id, &id).is_some_and(|m| !["invited", "requested"].contains(&m.status))
            }
            Some("group") => self.groups.iter().any(|g| g.organization == place.id && g.id == id),
            Some("resource") => {
                let Ok((scope, _)) = self.permitted(place, &id, "read") else { return no(422, "grant.subject") };
                if self.way_to(&scope).iter().any(|above| above.id == target.id) {
                    return no(422, "grant.cycle");
                }
                if self.is_handed(&scope) || self.receives(target) {
                    return no(422, "grant.chained");
                }
                self.stays(place, target, Some(&scope))?;
                return Ok(("resource".to_owned(), scope.id));
            }
            _ => true,
        };
        if found { Ok((kind.unwrap_or_default().to_owned(), id)) } else { no(422, "grant.subject") }
    }

    pub(super) fn create_grant(&mut self, c: &Call<'_>) -> Outcome {
        given(c)?;
        let place = self.take_place(c, c.arg(0))?;
        Ok((201, Self::grant_view(&self.make_grant(c, place)?)))
    }

    pub(super) fn make_grant(&mut self, c: &Call<'_>, place: Place) -> Outcome<Grant> {
        let (role, permission) = given(c)?;
        let (target, held) = self.permitted(&place, c.arg(1), "share")?;
        self.offered(&place)?;
        let subject = self.subject_of(c, &place, &target)?;
        let expires = c.text("expires_at").and_then(moment);
        self.at(&place).is_shared()?;
        self.may_share(&place, &target, &held, (role.as_ref(), permission.as_ref()))?;
        let (id, by) = (self.fresh("grt"), place.me.id.clone());
        let made = Grant { id, resource: target.id.clone(), subject, role, permission, expires, by };
        if !made.lives(self.now) {
            return no(422, "grant.expired");
        }
        self.grants.push(made.clone());
        self.tell(&place.id, "grant.created");
        // Nobody shares a thing so widely that they may not share it any more.
        if self.permitted(&place, &target.id, "share").is_err() {
            return no(409, "grant.too_wide");
        }
        Ok(made)
    }

    /// A grant of the path, what it is on, and what the caller has there.
    fn grant(&self, place: &Place, id: &str) -> Outcome<(Grant, Resource, Vec<String>)> {
        let here = |g: &&Grant| self.resources.iter().any(|r| r.id == g.resource && r.organization == place.id);
        let found = self.grants.iter().filter(here).find(|g| g.id == id).cloned();
        let Some(found) = found else { return no(404, "not_found") };
        let (target, held) = self.permitted(place, &found.resource, "share")?;
        Ok((found, target, held))
    }

    pub(super) fn show_grant(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        let (found, _, _) = self.grant(&place, c.arg(1))?;
        self.offered(&place)?;
        Ok((200, Self::grant_view(&found)))
    }

    pub(super) fn edit_grant(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        let (before, target, held) = self.grant(&place, c.arg(1))?;
        let mut after = before.clone();
        if c.text("role").is_some() || c.text("permission").is_some() {
            (after.role, after.permission) = given(c)?;
        }
        if let Some(end) = c.asked.body.get("expires_at") {
            after.expires = end.as_str().and_then(moment);
        }
        self.offered(&place)?;
        let picture = |g: &Grant| (g.role.clone(), g.permission.clone(), g.expires);
        if picture(&before) != picture(&after) {
            self.at(&place).is_shared()?;
            self.may_share(&place, &target, &held, (after.role.as_ref(), after.permission.as_ref()))?;
            if !after.lives(self.now) {
                return no(422, "grant.expired");
            }
            for one in self.grants.iter_mut().filter(|g| g.id == before.id) {
                *one = after.clone();
            }
            self.tell(&place.id, "grant.changed");
        }
        Ok((200, Self::grant_view(&after)))
    }

    fn take_back(&mut self, place: &Place, which: impl Fn(&Grant) -> bool) -> Outcome {
        self.offered(place)?;
        let count = self.grants.iter().filter(|g| which(g)).count();
        self.grants.retain(|g| !which(g));
        (0..count).for_each(|_| self.tell(&place.id, "grant.revoked"));
        Ok((204, Value::Null))
    }

    pub(super) fn revoke_grant(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        let (found, _, _) = self.grant(&place, c.arg(1))?;
        self.take_back(&place, |g| g.id == found.id)
    }

    pub(super) fn revoke_grants_on(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        let (target, _) = self.permitted(&place, c.arg(1), "share")?;
        self.take_back(&place, |g| g.resource == target.id)
    }

    pub(super) fn revoke_grants_of(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "grant.manage")?;
        let Some(who) = self.member(&place.id, c.arg(1)).cloned() else { return no(404, "not_found") };
        self.take_back(&place, |g| g.subject == ("member".to_owned(), who.id.clone()))
    }
}
