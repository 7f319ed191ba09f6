//! Share links, what was shared with whom, and the questions who reaches what.

use serde_json::{Value, json};

use super::grants::given;
use super::organizations::Place;
use super::rules::shown;
use super::tokens::moment;
use super::{Call, Grant, Member, Model, Outcome, Resource, Seconds, no};

/// A link that shares a resource.
#[derive(Clone, Debug)]
pub struct Share {
    pub id: String,
    pub organization: String,
    pub resource: String,
    pub role: Option<String>,
    pub permission: Option<String>,
    pub secret: String,
    pub expires: Option<Seconds>,
    pub created: Seconds,
    pub by: String,
}

impl Model {
    /// Whether a link opens anything: links are allowed, its maker works here, and it has not ended.
    fn opens_by(&self, link: &Share) -> bool {
        let Some(here) = self.organization(&link.organization) else { return false };
        self.member(&link.organization, &link.by).is_some_and(|m| m.status == "active") && self.link_lives(link, here)
    }

    fn link_lives(&self, link: &Share, here: &super::Organization) -> bool {
        here.knob("share_link.allowed") == json!(true)
            && link.created >= here.valid_from
            && link.expires.is_none_or(|end| end > self.now)
    }

    /// The link of a secret, while it opens anything.
    pub(super) fn share(&self, secret: &str) -> Option<&Share> {
        self.shares.iter().find(|l| l.secret == secret).filter(|l| self.opens_by(l))
    }

    fn share_view(&self, place: &Place, l: &Share) -> Value {
        json!({
            "id": l.id, "resource": l.resource, "role": l.role, "permission": l.permission, "created_by": l.by,
            "active": self.link_lives(l, self.at(place)),
            "expires_at": if l.expires.is_some() { json!("$some") } else { Value::Null },
        })
    }

    pub(super) fn create_share(&mut self, c: &Call<'_>) -> Outcome {
        let (role, permission) = given(c)?;
        let place = self.take_place(c, c.arg(0))?;
        let (target, held) = self.permitted(&place, c.arg(1), "share")?;
        self.at(&place).is_shared()?;
        if self.at(&place).knob("share_link.allowed") != json!(true) {
            return no(403, "share_link.not_allowed");
        }
        // A link works while its maker is a member.
        if place.me.is_above() {
            return no(409, "member.state");
        }
        self.may_share(&place, &target, &held, (role.as_ref(), permission.as_ref()))?;
        let latest = self.at(&place).knob("share_link.max_life_s").as_i64().map(|life_s| self.now + life_s);
        let expires = c.text("expires_at").and_then(moment).or(latest);
        let late = latest.is_some_and(|latest| expires.is_none_or(|end| end > latest));
        if late || expires.is_some_and(|end| end <= self.now) {
            return no(422, "share_link.life");
        }
        let (id, secret) = (self.fresh("lnk"), self.fresh("share"));
        let (organization, created, by) = (place.id.clone(), self.now, place.me.id.clone());
        let resource = target.id;
        let made = Share { id, organization, resource, role, permission, secret, expires, created, by };
        let mut view = self.share_view(&place, &made);
        view["token"] = json!(made.secret);
        self.shares.push(made);
        self.tell(&place.id, "share_link.created");
        Ok((201, view))
    }

    pub(super) fn list_shares(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        let (target, _) = self.permitted(&place, c.arg(1), "share")?;
        let here = self.shares.iter().filter(|l| l.resource == target.id);
        let items: Vec<Value> = here.map(|l| self.share_view(&place, l)).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    pub(super) fn revoke_share(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        let (target, _) = self.permitted(&place, c.arg(1), "share")?;
        let here = |l: &Share| l.resource == target.id && l.id == c.arg(2);
        if !self.shares.iter().any(here) {
            return no(404, "not_found");
        }
        self.shares.retain(|l| !here(l));
        self.tell(&place.id, "share_link.revoked");
        Ok((204, Value::Null))
    }

    /// What a link gives at a resource: what it gives on its own, and below as far as no wall stands
    /// between.
    pub(super) fn link_reaches(&self, link: &Share, target: &Resource) -> Vec<String> {
        let way = self.way_to(target);
        let wall = way.iter().rposition(|r| self.is_controlled(r));
        match way.iter().position(|r| r.id == link.resource) {
            Some(at) if wall.is_none_or(|wall| wall <= at) => {
                self.gives(&link.organization, &link.resource, link.role.as_ref(), link.permission.as_ref())
            }
            _ => Vec::new(),
        }
    }

    fn shared_item(&self, grant: &Grant, permissions: &[String]) -> Value {
        let id = if grant.subject.0 == "everyone" { Value::Null } else { json!(grant.subject.1) };
        json!({
            "id": grant.id, "resource": {"id": grant.resource},
            "level": grant.role.as_ref().or(grant.permission.as_ref()),
            "permissions": {"$set": shown(permissions)}, "active": grant.lives(self.now),
            "to": {"type": grant.subject.0, "id": id},
        })
    }

    pub(super) fn shared_with_me(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "organization.read")?;
        let me = &place.me.id;
        let by_name = |g: &&Grant| match g.subject.0.as_str() {
            "member" => g.subject.1 == *me,
            "group" => self.groups.iter().any(|b| b.id == g.subject.1 && b.seats.iter().any(|(who, _)| who == me)),
            _ => false,
        };
        let item = |g: &Grant| {
            let on = self.resources.iter().find(|r| r.id == g.resource && r.organization == place.id)?;
            let held = self.reaches(&place.me, place.scopes.as_ref(), Some(on));
            let there = self.asked_of(&place, &on.kind);
            let given = self.given_by(&place.id, g);
            let mine: Vec<String> = given.into_iter().filter(|p| held.contains(p) && there.contains(p)).collect();
            let needed = there.iter().find(|p| **p == format!("{}.use", on.kind));
            let usable = needed.is_none_or(|needed| mine.contains(needed));
            (!mine.is_empty() && usable).then(|| self.shared_item(g, &mine))
        };
        let living = self.grants.iter().filter(|g| g.lives(self.now)).filter(by_name);
        let items: Vec<Value> = living.filter_map(item).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    pub(super) fn shared_by_me(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "organization.read")?;
        let mine = |resource: &str, by: &str| {
            let on = self.resources.iter().find(|r| r.id == *resource && r.organization == place.id)?;
            let named = by == place.me.id || on.owner.as_ref() == Some(&place.me.id);
            (named && self.permitted(&place, &on.id, "share").is_ok()).then_some(())
        };
        let grants = self.grants.iter().filter(|g| mine(&g.resource, &g.by).is_some());
        let mut items: Vec<Value> = grants.map(|g| self.shared_item(g, &self.given_by(&place.id, g))).collect();
        for link in self.shares.iter().filter(|l| mine(&l.resource, &l.by).is_some()) {
            items.push(json!({
                "id": link.id, "resource": {"id": link.resource}, "to": {"type": "link", "id": null},
                "level": link.role.as_ref().or(link.permission.as_ref()),
                "active": self.link_lives(link, self.at(&place)),
            }));
        }
        let waits = |i: &&super::Invitation| i.organization == place.id && i.by == place.me.id && i.state == "pending";
        for invitation in self.invitations.iter().filter(waits) {
            for (resource, role) in &invitation.carried.1 {
                if mine(resource, &invitation.by).is_some() {
                    items.push(json!({
                        "id": invitation.id, "resource": {"id": resource}, "level": role, "active": false,
                        "to": {"type": "invitation", "id": invitation.id},
                    }));
                }
            }
        }
        Ok((200, json!({"items": {"$set": items}})))
    }

    /// Whom a question is about, and what the credential at hand lets through of theirs.
    fn asked_about(&self, c: &Call<'_>, place: &Place) -> Outcome<Option<(Member, Option<Vec<String>>)>> {
        let found = match c.text("subject") {
            None => Some(place.me.clone()),
            Some(subject) => self.stands(place, subject),
        };
        let mine = found.as_ref().is_some_and(|m| m.id == place.me.id);
        if !mine {
            self.permit(place, "access.check")?;
        }
        Ok(found.map(|m| (m, place.scopes.clone().filter(|_| mine))))
    }

    fn not_ahead(&self, c: &Call<'_>, place: &Place) -> Outcome<()> {
        let least = c.asked.body["at_least_revision"].as_u64().unwrap_or_default();
        if least > self.at(place).revision { no(422, "request.invalid") } else { Ok(()) }
    }

    fn asked_permission(&self, c: &Call<'_>, place: &Place) -> Outcome<String> {
        let name = c.text("permission").unwrap_or_default().to_owned();
        if !name.contains('@') && self.at(place).rules.permissions.contains(&name) {
            Ok(name)
        } else {
            no(422, "request.invalid")
        }
    }

    pub(super) fn access_resources(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.not_ahead(c, &place)?;
        let about = self.asked_about(c, &place)?;
        let permission = self.asked_permission(c, &place)?;
        let kind = c.text("type");
        if kind.is_some_and(|kind| !self.at(&place).rules.types.iter().any(|(slug, _)| slug == kind)) {
            return no(422, "resource.type");
        }
        let here = self.resources.iter().filter(|r| r.organization == place.id && kind.is_none_or(|k| k == r.kind));
        let reached = here.filter(|r| {
            about.as_ref().is_some_and(|(m, scopes)| {
                let held = self.reaches(m, scopes.as_ref(), Some(r));
                Self::covers(&held, &permission, &c.asked.body, Some(&m.role))
            })
        });
        let items: Vec<Value> = reached.map(|r| json!({"id": r.id, "type": r.kind, "name": r.name})).collect();
        Ok((200, json!({"items": {"$set": items}, "next": null, "revision": self.at(&place).revision})))
    }

    pub(super) fn access_subjects(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "access.check")?;
        self.not_ahead(c, &place)?;
        let permission = self.asked_permission(c, &place)?;
        let target = c.text("resource").map(|name| self.resource(&place, name));
        let may = |m: &Member, held: Vec<String>| Self::covers(&held, &permission, &c.asked.body, Some(&m.role));
        let here = self.all_who_stand(&place);
        let reaching = here.iter().filter(|m| match target {
            Some(None) => false,
            Some(target) => may(m, self.reaches(m, None, target)),
            None => may(m, self.reaches(m, None, None)),
        });
        let items: Vec<Value> = reaching.map(|m| json!({"member": m.id, "role": m.role})).collect();
        Ok((200, json!({"items": {"$set": items}, "next": null, "revision": self.at(&place).revision})))
    }

    pub(super) fn access_actions(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.not_ahead(c, &place)?;
        let about = self.asked_about(c, &place)?;
        let target = c.text("resource").map(|name| self.resource(&place, name));
        let held = match (&about, target) {
            (None, _) | (_, Some(None)) => Vec::new(),
            (Some((m, scopes)), Some(target)) => self.reaches(m, scopes.as_ref(), target),
            (Some((m, scopes)), None) => self.reaches(m, scopes.as_ref(), None),
        };
        let role = about.as_ref().map(|(m, _)| m.role.as_str());
        let plain = self.at(&place).rules.permissions.iter().filter(|p| !p.contains('@'));
        let mut all: Vec<&String> = plain.filter(|p| Self::covers(&held, p, &c.asked.body, role)).collect();
        all.sort();
        all.dedup();
        let items: Vec<Value> = all.into_iter().map(|p| json!({"permission": p})).collect();
        Ok((200, json!({"items": items, "next": null, "revision": self.at(&place).revision})))
    }
}
