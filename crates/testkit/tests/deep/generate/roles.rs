//! Requests about the roles that organizations make for themselves.

use guildhall_testkit::model::{Organization, Request, Who};
use serde_json::{Value, json};

use super::Generator;

impl Generator {
    /// A few permissions; sometimes one that is none.
    pub(super) fn some_permissions(&mut self, place: &Organization, kind: &str) -> Vec<String> {
        let all: Vec<_> = place.rules.permissions.iter().zip(&place.rules.asked_of).collect();
        let of_kind = all.iter().filter(|(_, of)| kind == "organization" || *of == kind).map(|(p, _)| (*p).clone());
        let of_kind: Vec<String> = of_kind.collect();
        let mut some: Vec<String> = Vec::new();
        for _ in 0..1 + self.dice.below(5) {
            some.extend(self.dice.pick(&of_kind).filter(|p| !some.contains(p)).cloned());
        }
        if self.dice.percent(4) {
            some.push("no.such".to_owned());
        }
        some
    }

    fn new_role(&mut self, place: &Organization) -> Value {
        let kinds: Vec<String> = place.rules.types.iter().map(|(slug, _)| slug.clone()).collect();
        let of_type = self.dice.percent(35).then(|| self.dice.pick(&kinds).cloned()).flatten();
        let kind =
            if self.dice.percent(3) { "castle".to_owned() } else { of_type.unwrap_or("organization".to_owned()) };
        let slug = self.dice.word(&["auditor", "helper", "lead", "auditor", "helper", "Bad", "viewer", "guest"]);
        let mut permissions = self.some_permissions(place, &kind);
        // Somebody in it should be able to do something.
        if kind == "organization" && self.dice.percent(70) {
            permissions.retain(|p| p != "organization.read");
            permissions.push("organization.read".to_owned());
        }
        let mut body = json!({"name": "Some role", "slug": slug, "applies_to": kind, "permissions": permissions});
        if self.dice.percent(20) {
            let more = self.some_permissions(place, &kind);
            body["ceiling"] = json!(permissions.iter().chain(&more).collect::<Vec<_>>());
        }
        if self.dice.percent(50) {
            body["below"] = json!(self.some_permissions(place, &kind));
        }
        body
    }

    pub(super) fn about_roles(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let own = self.dice.pick(&place.own).cloned();
        // Often somebody who holds one of them, or who may do only something.
        let holders: Vec<_> = self.model.members.iter().filter(|m| m.organization == place.id).collect();
        let near: Vec<String> = holders
            .into_iter()
            .filter(|m| place.own.iter().any(|r| r.slug == m.role && r.permissions.contains(&"role.manage".to_owned())))
            .map(|m| m.id.clone())
            .collect();
        let who = if self.dice.percent(40) && !near.is_empty() { self.rather(place, &near, who) } else { who };
        let ids: Vec<String> = own.iter().map(|r| r.id.clone()).collect();
        let id = match self.dice.below(10) {
            0 => self.role(place),
            _ => self.one_of(&ids, "rol"),
        };
        let if_match = own.as_ref().and_then(|r| self.seen(r.revision));
        let make = own.is_none() || place.own.len() < 3 && self.dice.percent(40);
        let on = |method, route, args, body| Request {
            args,
            body,
            who: who.clone(),
            if_match,
            ..Request::on(method, route)
        };
        if make {
            let mut body = self.new_role(place);
            if self.dice.percent(25) {
                body["permissions"] =
                    json!(["role.manage", "member.list", "organization.read", "role.list", "member.invite"]);
                body["applies_to"] = json!("organization");
                body["ceiling"] = Value::Null;
            }
            return Request { if_match: None, ..on("POST", "/organizations/{}/roles", vec![org], body) };
        }
        let kind = own.as_ref().map_or("organization", |r| r.applies_to.as_str()).to_owned();
        match self.dice.below(8) {
            0..=3 => {
                let mut body = json!({"permissions": self.some_permissions(place, &kind)});
                if self.dice.percent(30) {
                    body["below"] = json!(self.some_permissions(place, &kind));
                }
                on("PATCH", "/organizations/{}/roles/{}", vec![org, id], body)
            }
            4 => on("PATCH", "/organizations/{}/roles/{}", vec![org, id], json!({"name": "Another name"})),
            5 => on("GET", "/organizations/{}/roles", vec![org], Value::Null),
            n => {
                let of_kind =
                    place.rules.inner.iter().filter(|(of, _, _)| *of == kind).map(|(_, slug, _)| slug.clone());
                let heirs: Vec<String> = of_kind.collect();
                let heir = match kind.as_str() {
                    "organization" => self.role(place),
                    _ => self.dice.pick(&heirs).cloned().unwrap_or_default(),
                };
                let query = if n == 6 { Vec::new() } else { vec![("replace_with", heir)] };
                Request { query, ..on("DELETE", "/organizations/{}/roles/{}", vec![org, id], Value::Null) }
            }
        }
    }
}
