//! Requests that bring people in without asking them and help them back in, about mail domains, and for what trails
//! and lists tell.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::model::{Organization, Person, Request, Who};
use serde_json::{Value, json};

use super::{EMAILS, Generator, HOUR_S, NAMES};

const TEAMS: &[&str] = &["Red", "red", "Blue", "Green", " "];

impl Generator {
    /// What stands beside the ordinary: seldom asked, and asked by the right people more often than not.
    pub(super) fn beside(&mut self, place: &Organization, org: String, who: Who) -> Request {
        match self.dice.below(20) {
            0..=7 => self.directory(place, org, who),
            8 | 9 => self.new_password(place, org, who),
            10 => self.directly(place, org, who),
            11..=14 => self.about_domains(place, org, who),
            _ => self.looking(place, org, who),
        }
    }

    /// A directory, mostly brought in by the installation's administrator, often twice.
    fn directory(&mut self, place: &Organization, org: String, who: Who) -> Request {
        // Now and then where not everybody's address is taken.
        let choosy = |o: &&Organization| {
            !o.deleted && o.knob("domain.exclusive").as_array().is_some_and(|list| !list.is_empty())
        };
        let strict = self.model.organizations.iter().find(choosy).cloned().filter(|_| self.dice.percent(60));
        let org = strict.as_ref().map_or(org, |o| o.id.clone());
        let place = strict.as_ref().unwrap_or(place);
        let administrator = self.model.people[0].id.clone();
        let mine: Vec<String> = self
            .model
            .members
            .iter()
            .filter(|m| m.organization == place.id && m.person.as_ref() == Some(&administrator))
            .map(|m| m.id.clone())
            .collect();
        let who = if self.dice.percent(60) { self.rather(place, &mine, who) } else { who };
        let many = 1 + self.dice.below(5);
        let items: Vec<Value> = (0..many).map(|_| self.item(place)).collect();
        let body = json!({"items": items});
        let request = Request { args: vec![org], body, who, ..Request::on("POST", "/organizations/{}/import") };
        if self.dice.percent(35) {
            self.again = Some(request.clone());
        }
        request
    }

    fn item(&mut self, place: &Organization) -> Value {
        let email = if self.dice.percent(60) {
            self.dice.word(EMAILS)
        } else {
            self.dice.word(&["gil@other.test", "ina@acme.test"])
        };
        let mut item = match self.dice.below(20) {
            0..=6 => json!({"kind": "person", "email": email, "name": self.dice.word(NAMES)}),
            7..=9 => json!({"kind": "group", "name": self.dice.word(TEAMS), "description": "Brought in"}),
            10..=12 => {
                json!({"kind": "group_member", "group": self.team(place), "email": email, "manager": self.dice.percent(30)})
            }
            13..=15 => self.thing(place, email),
            16..=18 => self.gift(place, email),
            _ => json!({"kind": self.dice.word(&["robot", "person", "grant"])}),
        };
        if item["kind"] == "person" && self.dice.percent(50) {
            item["role"] = json!(self.role(place));
        }
        item
    }

    fn team(&mut self, place: &Organization) -> String {
        let known = self.group(place).filter(|_| self.dice.percent(70));
        known.map_or_else(|| self.dice.word(TEAMS).to_owned(), |group| group.name.to_uppercase())
    }

    fn thing(&mut self, place: &Organization, email: &str) -> Value {
        let (kind, parents) = self.dice.pick(&place.rules.types).cloned().unwrap_or_default();
        let kind = if self.dice.percent(4) { "castle".to_owned() } else { kind };
        let fits = |r: &guildhall_testkit::model::Resource| r.organization == place.id && parents.contains(&r.kind);
        let fitting: Vec<_> = self.model.resources.iter().filter(|r| fits(r)).map(|r| r.id.clone()).collect();
        let mut item =
            json!({"kind": "resource", "type": kind, "external_id": self.dice.word(&["x1", "x2", "x3", "x4"])});
        if !parents.contains(&"organization".to_owned()) || self.dice.percent(50) {
            item["parent"] = json!(self.dice.pick(&fitting).cloned().unwrap_or_default());
        }
        if self.dice.percent(50) {
            item["owner"] = json!(email);
        }
        if self.dice.percent(50) {
            item["name"] = json!(self.dice.word(&["Alpha", "", "Beta", " "]));
        }
        item["controlled"] = json!(self.dice.percent(20));
        item
    }

    fn gift(&mut self, place: &Organization, email: &str) -> Value {
        let mut item = json!({"kind": "grant", "resource": self.resource(place)});
        match self.dice.below(10) {
            0..=4 => item["email"] = json!(email),
            5 | 6 => item["group"] = json!(self.team(place)),
            7 => item["everyone"] = json!(true),
            8 => {
                item["email"] = json!(email);
                item["everyone"] = json!(true);
            }
            _ => {}
        }
        if self.dice.percent(90) {
            item["role"] = json!(self.dice.word(&["viewer", "viewer", "editor", "manager", "none"]));
        }
        if self.dice.percent(15) {
            item["permission"] = json!(self.dice.word(&["workspace.read", "no.such"]));
        }
        if self.dice.percent(40) {
            let hours = [-1, 1, 2, 100][self.dice.below(4)];
            item["expires_at"] = json!(format!("~time:{}", self.now + hours * HOUR_S + 150));
        }
        item
    }

    /// Somebody who was brought in asks for a link and sets their first password.
    pub(super) fn first_password(&self, person: &Person) -> Request {
        let mut links = self.model.links.iter().filter(|l| l.kind == "reset" && l.person == person.id);
        let (route, body) = match links.find(|l| l.expires > self.now) {
            Some(link) => ("/password/reset", json!({"token": link.secret, "password": PASSWORD})),
            None => ("/password/forgot", json!({"email": person.email})),
        };
        Request { body, ..Request::on("POST", route) }
    }

    fn new_password(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let member = self.member(place);
        let id = member.as_ref().map_or_else(|| "~mem.999.9".to_owned(), |m| m.id.clone());
        let if_match = member.and_then(|m| self.seen(m.revision));
        let route = "/organizations/{}/members/{}/send-password-reset";
        Request { args: vec![org, id], if_match, who, ..Request::on("POST", route) }
    }

    fn directly(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let mut body = match self.dice.below(4) {
            0 => json!({"handle": self.dice.word(&["ann", "@ann", "bob", "nobody"])}),
            _ => json!({"email": self.dice.word(EMAILS)}),
        };
        if self.dice.percent(5) {
            body["handle"] = json!("ann");
        }
        if self.dice.percent(60) {
            body["role"] = json!(self.role(place));
        }
        Request { args: vec![org], body, who, ..Request::on("POST", "/organizations/{}/members") }
    }

    fn about_domains(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let here: Vec<_> = self.model.domains.iter().filter(|d| d.organization == place.id).cloned().collect();
        let found = self.dice.pick(&here).cloned();
        let ids: Vec<_> = found.iter().map(|d| d.id.clone()).collect();
        let id = self.one_of(&ids, "dom");
        let on = |method, route, args, body| Request { args, body, who: who.clone(), ..Request::on(method, route) };
        match self.dice.below(12) {
            0 => on("GET", "/organizations/{}/domains", vec![org], Value::Null),
            1 => on("GET", "/organizations/{}/domains/{}", vec![org, id], Value::Null),
            2 => on("DELETE", "/organizations/{}/domains/{}", vec![org, id], Value::Null),
            3..=6 => {
                let code = found.and_then(|d| d.code).filter(|_| self.dice.percent(85));
                let mut body = json!({});
                if self.dice.percent(90) {
                    body["code"] = json!(code.unwrap_or_else(|| "~code.999.9".to_owned()));
                }
                on("POST", "/organizations/{}/domains/{}/verify", vec![org, id], body)
            }
            _ => {
                let named =
                    self.dice.word(&["acme.test", "Other.test", "other.test", "acme.test", "gmail.com", "corp", ""]);
                let way = self.dice.word(&["mail", "mail", "mail", "dns", "fax"]);
                on("POST", "/organizations/{}/domains", vec![org], json!({"domain": named, "verify_by": way}))
            }
        }
    }

    fn looking(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let on = |route, args: Vec<String>, query: Vec<(&'static str, String)>| Request {
            args,
            query,
            who: who.clone(),
            ..Request::get(route)
        };
        let limit = ("limit", (2 + self.dice.below(60)).to_string());
        let format = ("format", self.dice.word(&["csv", "csv", "ndjson", "ndjson", "xml"]).to_owned());
        let owner = self.model.tokens[0].secret.clone();
        match self.dice.below(12) {
            0 => on("/session", Vec::new(), Vec::new()),
            1 | 2 => on("/me/audit-events", Vec::new(), vec![limit]),
            3 => on("/instance/audit-events", Vec::new(), vec![limit]),
            4 => {
                let kind = self.dice.word(&["session.started", "identity.created", "no.such"]).to_owned();
                let query = vec![limit, ("type", kind)];
                Request { who: Who::Token(owner), ..on("/instance/audit-events", Vec::new(), query) }
            }
            5 => on("/organizations/{}/members/export", vec![org], vec![format]),
            6 => {
                let status = self.dice.word(&["active", "invited", "odd"]).to_owned();
                on("/organizations/{}/members/export", vec![org], vec![format, ("status", status)])
            }
            7 => on("/organizations/{}/audit-events/export", vec![org], vec![format]),
            8 | 9 => {
                let unit = ("unit", self.dice.word(&["tokens", "cost"]).to_owned());
                let subject = match self.dice.below(4) {
                    0 => Some(self.dice.word(EMAILS).to_owned()),
                    1 => None,
                    2 => self.oneself(place, &who).map(|m| m.id),
                    _ => self.somebody(place),
                };
                let query = subject.map(|subject| ("subject", subject)).into_iter().chain([unit]).collect();
                on("/organizations/{}/usage", vec![org], query)
            }
            _ => {
                let own: Vec<_> = place.own.iter().map(|role| role.id.clone()).collect();
                let role = if self.dice.percent(40) { self.one_of(&own, "rol") } else { self.role(place) };
                on("/organizations/{}/roles/{}", vec![org, role], Vec::new())
            }
        }
    }
}
