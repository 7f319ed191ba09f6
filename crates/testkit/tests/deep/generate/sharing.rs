//! Requests about what is shared: changed and taken back, by link, with me and by me, and the
//! questions who reaches what.

use guildhall_testkit::model::{Organization, Request, Who};
use serde_json::{Value, json};

use super::{Generator, HOUR_S};

impl Generator {
    /// Somebody who may decide about a thing: who owns it, or is granted something on it.
    fn sharer(&mut self, place: &Organization, target: &str, who: Who) -> Who {
        let owner = self.model.resources.iter().find(|r| r.id == target).and_then(|r| r.owner.clone());
        let on_it = self.model.grants.iter().filter(|g| g.resource == target && g.subject.0 == "member");
        let near: Vec<String> = owner.into_iter().chain(on_it.map(|g| g.subject.1.clone())).collect();
        if self.dice.percent(50) { self.rather(place, &near, who) } else { who }
    }

    fn inner_role(&mut self, place: &Organization, target: &str) -> String {
        let kind = self.model.resources.iter().find(|r| r.id == target).map(|r| r.kind.clone()).unwrap_or_default();
        let roles: Vec<_> =
            place.rules.inner.iter().filter(|(of, _, _)| *of == kind).map(|(_, slug, _)| slug.clone()).collect();
        self.dice.pick(&roles).cloned().unwrap_or_else(|| "viewer".to_owned())
    }

    pub(super) fn about_sharing(&mut self, place: &Organization, org: String, who: Who) -> Request {
        match self.dice.below(20) {
            0..=4 => self.about_links(place, org, who),
            5..=8 => self.asking_by_link(place, org, who),
            9 => {
                let mine = self.dice.percent(50);
                let route =
                    if mine { "/organizations/{}/me/shared-by-me" } else { "/organizations/{}/me/shared-with-me" };
                let query = vec![("limit", (1 + self.dice.below(30)).to_string())];
                Request { args: vec![org], query, who, ..Request::get(route) }
            }
            10..=13 => self.asking_who_reaches(place, org, who),
            14..=16 => self.changing_a_grant(place, org, who),
            _ => self.taking_back(place, org, who),
        }
    }

    fn about_links(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let target = self.resource(place);
        let who = self.sharer(place, &target, who);
        let links: Vec<_> = self.model.shares.iter().filter(|l| l.resource == target).map(|l| l.id.clone()).collect();
        match self.dice.below(8) {
            0 => Request { args: vec![org, target], who, ..Request::get("/organizations/{}/resources/{}/share-links") },
            1 if !links.is_empty() => {
                let args = vec![org, target, self.one_of(&links, "lnk")];
                Request { args, who, ..Request::on("DELETE", "/organizations/{}/resources/{}/share-links/{}") }
            }
            _ => {
                let role = self.inner_role(place, &target);
                let mut body = match self.dice.below(8) {
                    0 => json!({"role": "emperor"}),
                    1 => json!({"permission": "no.such"}),
                    2 => json!({"permission": "project.read", "role": role}),
                    3 => json!({"permission": self.dice.pick(&place.rules.permissions)}),
                    _ => json!({"role": role}),
                };
                if self.dice.percent(40) {
                    let hours = [-1, 2, 50, 2_000];
                    let end = self.now + hours[self.dice.below(hours.len())] * HOUR_S + 150;
                    body["expires_at"] = json!(format!("~time:{end}"));
                }
                let route = "/organizations/{}/resources/{}/share-links";
                Request { args: vec![org, target], body, who, ..Request::on("POST", route) }
            }
        }
    }

    fn asking_by_link(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let all: Vec<_> = self.model.shares.iter().map(|l| (l.secret.clone(), l.resource.clone())).collect();
        let (secret, on) =
            self.dice.pick(&all).cloned().unwrap_or_else(|| ("~share.999.9".to_owned(), "~res.999.9".to_owned()));
        let target = if self.dice.percent(60) { on } else { self.resource(place) };
        let permission = self.dice.pick(&place.rules.permissions).cloned().unwrap_or_default();
        let mut body =
            json!({"permission": permission, "resource": target, "properties": self.said(), "explain": true});
        match self.dice.below(8) {
            0 => Request { who: Who::Token(secret), args: vec![org], ..Request::get("/organizations/{}/members") },
            1 | 2 => {
                let body = json!({"token": secret, "organization": org});
                Request { body, who, ..Request::on("POST", "/introspect") }
            }
            3 | 4 => {
                if self.dice.percent(20) {
                    body["subject"] = json!("ann@acme.test");
                }
                let who = Who::Token(secret);
                Request { args: vec![org], body, who, ..Request::on("POST", "/organizations/{}/check") }
            }
            _ => {
                body["subject"] = json!(secret);
                Request { args: vec![org], body, who, ..Request::on("POST", "/organizations/{}/check") }
            }
        }
    }

    /// What conditions are told.
    pub(super) fn said(&mut self) -> Value {
        match self.dice.below(4) {
            0 => Value::Null,
            1 => json!({}),
            n => json!({"context": {"said": n == 2}}),
        }
    }

    fn asking_who_reaches(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let mut body = json!({"limit": 100, "properties": self.said()});
        let what = self.dice.below(3);
        let named = self.somebody(place);
        if what != 1 && self.dice.percent(75) {
            body["subject"] = json!(named);
        }
        if what != 0 && self.dice.percent(80) {
            body["resource"] = json!(self.resource(place));
        }
        if what != 2 {
            let known = self.dice.pick(&place.rules.permissions).cloned();
            body["permission"] = json!(known.filter(|_| self.dice.percent(96)).unwrap_or_else(|| "no.such".to_owned()));
        }
        if what == 0 && self.dice.percent(40) {
            let kind = self.dice.pick(&place.rules.types).map(|(slug, _)| slug.clone());
            body["type"] = json!(kind.filter(|_| self.dice.percent(90)).unwrap_or_else(|| "castle".to_owned()));
        }
        if self.dice.percent(5) {
            body["at_least_revision"] = json!(place.revision + self.dice.below(2) as u64);
        }
        let route = [
            "/organizations/{}/access/resources",
            "/organizations/{}/access/subjects",
            "/organizations/{}/access/actions",
        ][what];
        Request { args: vec![org], body, who, ..Request::on("POST", route) }
    }

    /// One of the grants here, and somebody who may decide about it.
    fn some_grant(&mut self, place: &Organization, who: Who) -> (String, Who) {
        let on = |id: &str| self.model.resources.iter().any(|r| r.id == id && r.organization == place.id);
        let here: Vec<_> =
            self.named_grants().filter(|g| on(&g.resource)).map(|g| (g.id.clone(), g.resource.clone())).collect();
        match self.dice.pick(&here).cloned() {
            Some((id, target)) => {
                let who = self.sharer(place, &target, who);
                (self.one_of(&[id], "grt"), who)
            }
            None => ("~grt.999.9".to_owned(), who),
        }
    }

    fn changing_a_grant(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let (grant, who) = self.some_grant(place, who);
        let on = |method, body: Value| Request {
            args: vec![org.clone(), grant.clone()],
            body,
            who: who.clone(),
            ..Request::on(method, "/organizations/{}/grants/{}")
        };
        let target = self.model.grants.iter().find(|g| g.id == grant).map(|g| g.resource.clone()).unwrap_or_default();
        let role = self.inner_role(place, &target);
        let end = self.now + [-2, 30][self.dice.below(2)] * HOUR_S + 150;
        match self.dice.below(8) {
            0 | 1 => on("GET", Value::Null),
            2 => on("PATCH", json!({"expires_at": null})),
            3 => on("PATCH", json!({"expires_at": format!("~time:{end}")})),
            4 => on("PATCH", json!({"role": role, "permission": "project.read"})),
            5 => on("PATCH", json!({"permission": self.dice.pick(&place.rules.permissions)})),
            _ => on("PATCH", json!({"role": role})),
        }
    }

    fn taking_back(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let target = self.resource(place);
        let sharer = self.sharer(place, &target, who.clone());
        let on_it = self.model.grants.iter().filter(|g| g.resource == target && g.subject.0 == "member");
        let inside: Vec<_> = on_it.map(|g| g.subject.1.clone()).collect();
        let chosen = self.dice.pick(&inside).cloned().filter(|_| self.dice.percent(70));
        let member = chosen.or_else(|| self.somebody(place)).unwrap_or_else(|| "~mem.999.9".to_owned());
        match self.dice.below(6) {
            0 => {
                let route = "/organizations/{}/resources/{}/grants";
                Request { args: vec![org, target], who: sharer, ..Request::on("DELETE", route) }
            }
            1 => {
                Request { args: vec![org, member], who, ..Request::on("DELETE", "/organizations/{}/members/{}/grants") }
            }
            _ => Request {
                args: vec![org, target, member],
                who: sharer,
                ..Request::on("DELETE", "/organizations/{}/resources/{}/people/{}")
            },
        }
    }
}
