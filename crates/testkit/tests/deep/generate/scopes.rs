//! Requests about groups, resources and grants.

use guildhall_testkit::model::{Grant, Group, Member, Organization, Request, Resource, Who};
use serde_json::{Value, json};

use super::{Generator, HOUR_S};

impl Generator {
    pub(super) fn group(&mut self, place: &Organization) -> Option<Group> {
        let here: Vec<_> = self.model.groups.iter().filter(|g| g.organization == place.id).cloned().collect();
        self.dice.pick(&here).cloned()
    }

    /// Mostly an active member.
    pub(super) fn somebody(&mut self, place: &Organization) -> Option<String> {
        let active = |m: &&Member| m.organization == place.id && m.status == "active";
        let here: Vec<_> = self.model.members.iter().filter(active).map(|m| m.id.clone()).collect();
        if self.dice.percent(75) { self.dice.pick(&here).cloned() } else { self.member(place).map(|m| m.id) }
    }

    /// One of these members, with a credential that works; whoever was to ask, otherwise.
    pub(super) fn rather(&mut self, place: &Organization, members: &[String], who: Who) -> Who {
        let chosen = self.dice.pick(members).cloned();
        let person = self.model.members.iter().find(|m| Some(&m.id) == chosen.as_ref()).and_then(|m| m.person.clone());
        let mut keys = person.map(|person| self.keys_of(&person)).unwrap_or_default();
        let now = self.now;
        keys.retain(|key| self.model.opens(key, &place.id, now));
        self.dice.pick(&keys).cloned().unwrap_or(who)
    }

    pub(super) fn about_groups(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let group = self.group(place);
        // Often somebody who runs the group without running all groups, half the time about themself.
        let all = place.role_rights(place.top()).len();
        let modest = |id: &&String| {
            let member = self.model.members.iter().find(|m| m.id == **id);
            member.is_some_and(|m| place.role_rights(&m.role).len() < all / 2)
        };
        let managers = group.iter().flat_map(|g| g.seats.iter().filter(|(_, manager)| *manager)).map(|(m, _)| m);
        let managers: Vec<String> = managers.filter(modest).cloned().collect();
        let chosen = self.dice.pick(&managers).cloned().filter(|_| self.step.is_multiple_of(2));
        let who = chosen.iter().fold(who, |who, m| self.rather(place, std::slice::from_ref(m), who));
        let themself = chosen.filter(|_| self.dice.percent(50));
        let (alone, member) =
            (themself.is_some(), themself.or_else(|| self.somebody(place)).unwrap_or_else(|| "~mem.999.9".to_owned()));
        let ids: Vec<_> = group.iter().map(|g| g.id.clone()).collect();
        let id = self.one_of(&ids, "grp");
        let none = group.is_none() && self.dice.percent(80);
        let if_match = group.and_then(|g| self.seen(g.revision));
        let name = self.dice.word(&["Readers", "Writers", "readers", ""]);
        let on = |method, route, args: Vec<String>, body| Request {
            args,
            body,
            who: who.clone(),
            if_match,
            ..Request::on(method, route)
        };
        let seat = vec![org.clone(), id.clone(), member];
        let choice = match (none, alone) {
            (true, _) => 0,
            // Managers try to step down or out.
            (_, true) => 6 + self.dice.below(2),
            _ => self.dice.below(12),
        };
        match choice {
            0..=2 => {
                let body = json!({"name": name, "description": "Who read"});
                Request { if_match: None, ..on("POST", "/organizations/{}/groups", vec![org], body) }
            }
            3..=5 => {
                let body = json!({"manager": self.dice.percent(50)});
                on("PUT", "/organizations/{}/groups/{}/members/{}", seat, body)
            }
            6 | 7 => on("DELETE", "/organizations/{}/groups/{}/members/{}", seat, Value::Null),
            8 => on("PATCH", "/organizations/{}/groups/{}", vec![org, id], json!({"name": name})),
            9 | 11 if self.dice.percent(60) => {
                let gives = self.some_permissions(place, "organization");
                on("PATCH", "/organizations/{}/groups/{}", vec![org, id], json!({"permissions": gives}))
            }
            9 if self.dice.percent(60) => on("DELETE", "/organizations/{}/groups/{}", vec![org, id], Value::Null),
            10 => on("GET", "/organizations/{}/groups/{}/members", vec![org, id], Value::Null),
            _ => on("GET", "/organizations/{}/groups", vec![org], Value::Null),
        }
    }

    /// The name of a resource: its id, or its type and external id.
    pub(super) fn resource(&mut self, place: &Organization) -> String {
        let here: Vec<_> = self.model.resources.iter().filter(|r| r.organization == place.id).cloned().collect();
        let outside = self.dice.percent(4);
        let found = if outside { self.dice.pick(&self.model.resources) } else { self.dice.pick(&here) };
        match found.cloned() {
            Some(r) if self.dice.percent(20) && r.external.is_some() => {
                format!("{}:{}", r.kind, r.external.unwrap_or_default())
            }
            Some(r) => r.id,
            None => "~res.999.9".to_owned(),
        }
    }

    pub(super) fn about_resources(&mut self, place: &Organization, org: String, who: Who) -> Request {
        if self.dice.percent(15)
            && let Some(kept) = self.about_kept(place, org.clone(), who.clone())
        {
            return kept;
        }
        let target = self.resource(place);
        let present = self.model.resources.iter().find(|r| r.id == target).map(|r| r.revision);
        let if_match = present.and_then(|revision| self.seen(revision));
        let member = self.member(place).map_or_else(|| "~mem.999.9".to_owned(), |m| m.id);
        let controlled = self.dice.percent(50);
        let on = |method, route, body| Request {
            args: vec![org.clone(), target.clone()],
            body,
            who: who.clone(),
            if_match,
            ..Request::on(method, route)
        };
        match self.dice.below(15) {
            14 => {
                let to = if self.dice.percent(80) { json!(member) } else { Value::Null };
                on("POST", "/organizations/{}/resources/{}/transfer", json!({"to": to}))
            }
            0..=5 => {
                let (kind, parents) = self.dice.pick(&place.rules.types).cloned().unwrap_or_default();
                let kind = if self.dice.percent(4) { "castle".to_owned() } else { kind };
                let fits = |r: &&Resource| r.organization == place.id && parents.contains(&r.kind);
                let fitting: Vec<_> = self.model.resources.iter().filter(fits).map(|r| r.id.clone()).collect();
                let below = !parents.contains(&"organization".to_owned()) || self.dice.percent(50);
                let mut body = json!({"type": kind, "name": self.dice.word(&["Alpha", "Beta", "Gamma", "Alpha", ""])});
                if below {
                    let parent = self.dice.pick(&fitting).cloned();
                    let parent = if self.dice.percent(90) { parent } else { Some(self.resource(place)) };
                    body["parent"] = json!(parent.unwrap_or_default());
                }
                if self.dice.percent(30) {
                    body["external_id"] = json!(self.dice.word(&["x1", "x2", "x3"]));
                }
                if self.dice.percent(20) {
                    body["owner"] = json!(member);
                }
                body["controlled"] = json!(self.dice.percent(20));
                let program = matches!(&who, Who::Token(secret) if secret.starts_with("~program"));
                if self.dice.percent(if program { 40 } else { 4 }) {
                    body["integration"] = json!(true);
                }
                Request { args: vec![org.clone()], if_match: None, ..on("POST", "/organizations/{}/resources", body) }
            }
            6 => on("PATCH", "/organizations/{}/resources/{}", json!({"name": "Renamed", "controlled": controlled})),
            7 => on("PATCH", "/organizations/{}/resources/{}", json!({"owner": member})),
            8 | 12 => {
                let inside: Vec<_> =
                    self.model.resources.iter().filter(|r| r.parent.as_ref() == Some(&target)).collect();
                let inside: Vec<_> = inside.into_iter().map(|r| r.id.clone()).collect();
                let parent = match self.dice.below(10) {
                    0 | 1 => String::new(),
                    2 | 3 => target.clone(),
                    4..=6 if !inside.is_empty() => self.dice.pick(&inside).cloned().unwrap_or_default(),
                    _ => self.resource(place),
                };
                on("PATCH", "/organizations/{}/resources/{}", json!({"parent": parent}))
            }
            9 => on("DELETE", "/organizations/{}/resources/{}", Value::Null),
            10 => on("GET", "/organizations/{}/resources/{}/people", Value::Null),
            11 => on("GET", "/organizations/{}/resources/{}", Value::Null),
            _ => Request { args: vec![org.clone()], ..on("GET", "/organizations/{}/resources", Value::Null) },
        }
    }

    /// Grants whose ids an answer has told; those that came with an invitation are told by nobody.
    pub(super) fn named_grants(&self) -> impl Iterator<Item = &Grant> {
        let carried = |g: &Grant| {
            let mut came =
                self.model.invitations.iter().filter(|i| g.subject == ("member".to_owned(), i.member.clone()));
            came.any(|i| i.carried.1.iter().any(|(resource, _)| *resource == g.resource))
        };
        self.model.grants.iter().filter(move |g| !carried(g))
    }

    pub(super) fn about_grants(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let target = self.resource(place);
        let found = self.model.resources.iter().find(|r| r.id == target).cloned();
        if found.is_none() && self.dice.percent(80) {
            return self.about_resources(place, org, who);
        }
        // Mostly whoever owns the thing or is granted something on it shares it.
        let on_it = self.model.grants.iter().filter(|g| g.resource == target && g.subject.0 == "member");
        let near: Vec<String> =
            found.iter().filter_map(|r| r.owner.clone()).chain(on_it.map(|g| g.subject.1.clone())).collect();
        let who = if self.dice.percent(55) { self.rather(place, &near, who) } else { who };
        if self.dice.percent(15) {
            let grants: Vec<_> = self.named_grants().map(|g| g.id.clone()).collect();
            let grant = self.one_of(&grants, "grt");
            return Request { args: vec![org, grant], who, ..Request::on("DELETE", "/organizations/{}/grants/{}") };
        }
        let args = vec![org, target.clone()];
        if self.dice.percent(12) {
            return Request { args, who, ..Request::get("/organizations/{}/resources/{}/grants") };
        }
        let subject = match self.dice.below(7) {
            0 => json!({"type": "everyone"}),
            6 => json!({"type": "resource", "id": self.resource(place)}),
            1 | 2 => {
                json!({"type": "group", "id": self.group(place).map_or_else(|| "~grp.999.9".to_owned(), |g| g.id)})
            }
            _ => json!({"type": "member", "id": self.somebody(place)}),
        };
        let mut body = json!({"subject": subject});
        let kind = found.map(|r| r.kind).unwrap_or_default();
        let roles: Vec<_> =
            place.rules.inner.iter().filter(|(of, _, _)| *of == kind).map(|(_, slug, _)| slug.clone()).collect();
        match self.dice.below(8) {
            0 => body["role"] = json!("emperor"),
            1 => body["permission"] = json!("no.such"),
            2 | 3 => body["permission"] = json!(self.dice.pick(&place.rules.permissions)),
            _ => body["role"] = json!(self.dice.pick(&roles).cloned().unwrap_or_else(|| "viewer".to_owned())),
        }
        if self.dice.percent(30) {
            let hours = [-1, 2, 50];
            body["expires_at"] =
                json!(format!("~time:{}", self.now + hours[self.dice.below(hours.len())] * HOUR_S + 150));
        }
        Request { args, body, who, ..Request::on("POST", "/organizations/{}/resources/{}/grants") }
    }
}
