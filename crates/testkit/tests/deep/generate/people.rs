//! Requests about people: members, invitations, coming in, oneself, tokens.

use guildhall_testkit::model::{Invitation, Organization, Request, Who};
use serde_json::{Value, json};

use super::{EMAILS, Generator, HOUR_S, NAMES, PASSWORDS};

impl Generator {
    pub(super) fn about_members(&mut self, place: &Organization, org: String, who: Who) -> Request {
        // Now and then about oneself.
        let mine = self.dice.percent(12).then(|| self.oneself(place, &who)).flatten();
        let member = mine.or_else(|| self.member(place));
        let id = member.as_ref().map_or_else(|| "~mem.999.9".to_owned(), |m| m.id.clone());
        let id = if self.dice.percent(3) { "nonsense".to_owned() } else { id };
        let if_match = member.as_ref().and_then(|m| self.seen(m.revision));
        // Somebody who waits or was switched off is mostly let in or on again.
        let waits = member.as_ref().is_some_and(|m| ["pending_approval", "requested"].contains(&m.status));
        let off = member.as_ref().is_some_and(|m| m.status == "deactivated");
        let on = |method, route, body| Request {
            method,
            route,
            args: vec![org.clone(), id.clone()],
            body,
            who: who.clone(),
            if_match,
            ..Request::get("")
        };
        let role = json!({"role": self.role(place)});
        let themself = self.rather(place, std::slice::from_ref(&id), who.clone());
        match self.dice.below(20) {
            16..=19 => self.going(place, org, id, who, if_match),
            0..=7 if waits => on("POST", "/organizations/{}/members/{}/approve", Value::Null),
            0..=5 if off => on("POST", "/organizations/{}/members/{}/reactivate", Value::Null),
            0..=3 => on("PATCH", "/organizations/{}/members/{}", role),
            4 => Request { who: themself, ..on("PATCH", "/organizations/{}/members/{}", role) },
            5 | 6 => on("DELETE", "/organizations/{}/members/{}", Value::Null),
            7 | 8 => on("POST", "/organizations/{}/members/{}/deactivate", Value::Null),
            9 => on("POST", "/organizations/{}/members/{}/reset-factors", Value::Null),
            10 => on("POST", "/organizations/{}/members/{}/reactivate", Value::Null),
            11 => on("POST", "/organizations/{}/members/{}/approve", Value::Null),
            12 | 13 => on("POST", "/organizations/{}/members/{}/reject", Value::Null),
            14 => on("POST", "/organizations/{}/members/{}/end-sessions", Value::Null),
            _ => Request { args: vec![org.clone()], ..on("POST", "/organizations/{}/leave", Value::Null) },
        }
    }

    /// Somebody goes, with what they own, or comes back.
    fn going(&mut self, place: &Organization, org: String, id: String, who: Who, if_match: Option<u64>) -> Request {
        let here: Vec<_> = self.model.resources.iter().filter(|r| r.organization == place.id).cloned().collect();
        let owners: Vec<_> = here.iter().filter_map(|r| r.owner.clone()).collect();
        let id = if self.dice.percent(60) { self.dice.pick(&owners).cloned().unwrap_or(id) } else { id };
        let on = |method, route, args: Vec<String>, body| Request {
            args,
            body,
            who: who.clone(),
            ..Request::on(method, route)
        };
        let mut said = json!({});
        if self.dice.percent(70) {
            said["transfer_to"] = json!(self.somebody(place));
        }
        if self.dice.percent(30) {
            let theirs: Vec<_> = here.iter().filter(|r| r.owner.as_ref() == Some(&id)).map(|r| r.id.clone()).collect();
            let thing =
                if self.dice.percent(65) { self.dice.pick(&theirs).cloned() } else { Some(self.resource(place)) };
            let to = if self.dice.percent(60) { json!(self.somebody(place)) } else { Value::Null };
            said["transfers"] = thing.map_or_else(|| json!({}), |thing| json!({thing: to}));
        }
        let removed: Vec<_> =
            self.model.removals.iter().filter(|r| r.organization == place.id).map(|r| r.member.clone()).collect();
        match self.dice.below(9) {
            0..=2 => Request { if_match, ..on("DELETE", "/organizations/{}/members/{}", vec![org, id], said) },
            3 => on("POST", "/organizations/{}/leave", vec![org], said),
            4 | 5 => on("GET", "/organizations/{}/members/{}/removal-plan", vec![org, id], Value::Null),
            _ => {
                let gone = if self.dice.percent(80) { self.dice.pick(&removed).cloned() } else { None };
                let args = vec![org, gone.unwrap_or(id)];
                on("POST", "/organizations/{}/members/{}/restore", args, Value::Null)
            }
        }
    }

    /// Somebody deletes themself, not always with the right words.
    fn farewell(&mut self, who: Who) -> Request {
        let holder = match &who {
            Who::Session(secret) => self.model.sessions.iter().find(|s| s.secret == *secret).map(|s| s.person.clone()),
            Who::Token(secret) => self.model.tokens.iter().find(|t| t.secret == *secret).map(|t| t.person.clone()),
            _ => None,
        };
        let me = self.model.people.iter().find(|p| Some(&p.id) == holder.as_ref()).cloned();
        let (email, handle, known) = me.map_or_else(Default::default, |p| (p.email, p.handle, p.password));
        let typed = if self.dice.percent(50) { handle.unwrap_or(email) } else { email.to_uppercase() };
        let typed = if self.dice.percent(80) { typed } else { "somebody else".to_owned() };
        let password = if self.dice.percent(80) { known } else { self.dice.word(PASSWORDS).to_owned() };
        let body = json!({"confirm": typed, "password": password});
        Request { body, who, ..Request::on("DELETE", "/me") }
    }

    pub(super) fn about_invitations(&mut self, place: &Organization, org: String, who: Who) -> Request {
        if self.dice.percent(30) {
            return self.about_invite_links(place, org, who);
        }
        if self.dice.percent(55) {
            let many = 1 + self.dice.below(3);
            let list: Vec<Value> = (0..many).map(|_| self.wanted(place)).collect();
            let mut body = json!({"invitations": list});
            if self.dice.percent(50) {
                body["deliver"] = json!(self.dice.word(&["link", "email", "email", "link", "pigeon"]));
            }
            return Request {
                method: "POST",
                route: "/organizations/{}/invitations",
                args: vec![org],
                body,
                who,
                ..Request::get("")
            };
        }
        let here: Vec<_> = self.model.invitations.iter().filter(|i| i.organization == place.id).cloned().collect();
        let found = self.dice.pick(&here).cloned();
        let ids: Vec<_> = found.iter().map(|i| i.id.clone()).collect();
        let id = self.one_of(&ids, "inv");
        let if_match = found.and_then(|i| self.seen(i.revision));
        let mut role = if self.dice.percent(70) { json!({"role": self.role(place)}) } else { json!({}) };
        self.carried(place, &mut role);
        let on = |method, route, body| Request {
            method,
            route,
            args: vec![org.clone(), id.clone()],
            body,
            who: who.clone(),
            if_match,
            ..Request::get("")
        };
        match self.dice.below(5) {
            0 => on("PATCH", "/organizations/{}/invitations/{}", role),
            1 => on("DELETE", "/organizations/{}/invitations/{}", Value::Null),
            2 => on("POST", "/organizations/{}/invitations/{}/resend", json!({"deliver": "link"})),
            _ => on("POST", "/organizations/{}/invitations/{}/resend", Value::Null),
        }
    }

    /// Sometimes something to carry.
    fn carried(&mut self, place: &Organization, body: &mut Value) {
        if self.dice.percent(20) {
            let groups: Vec<_> = self.model.groups.iter().filter(|g| g.organization == place.id).cloned().collect();
            let ids: Vec<_> = groups.into_iter().map(|g| g.id).collect();
            let some: Vec<_> = (0..self.dice.below(3)).map(|_| self.one_of(&ids, "grp")).collect();
            body["groups"] = json!(some);
        }
        if self.dice.percent(20) {
            let here: Vec<_> = self.model.resources.iter().filter(|r| r.organization == place.id).cloned().collect();
            let ids: Vec<_> = here.into_iter().map(|r| r.id).collect();
            let one = |dice: &mut Self| json!({"resource": dice.one_of(&ids, "res"), "role": dice.dice.word(&["viewer", "editor", "manager", "none"])});
            let some: Vec<_> = (0..self.dice.below(3)).map(|_| one(self)).collect();
            body["resources"] = json!(some);
        }
    }

    fn about_invite_links(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let on = |method, route, args: &[String], body| Request {
            method,
            route,
            args: args.to_vec(),
            body,
            who: who.clone(),
            ..Request::get("")
        };
        let here = self.model.invite_links.iter().filter(|l| l.organization == place.id).cloned().collect::<Vec<_>>();
        match self.dice.below(12) {
            0 => on("GET", "/organizations/{}/invite-links", &[org], Value::Null),
            1 => on("POST", "/organizations/{}/invite-links/reset", &[org], Value::Null),
            2 | 3 => {
                let found = self.dice.pick(&here).cloned();
                let ids: Vec<_> = found.iter().map(|l| l.id.clone()).collect();
                let id = self.one_of(&ids, "lnk");
                let if_match = found.and_then(|l| self.seen(l.revision));
                Request { if_match, ..on("DELETE", "/organizations/{}/invite-links/{}", &[org, id], Value::Null) }
            }
            _ => {
                let mut body = json!({});
                if self.dice.percent(60) {
                    body["role"] = json!(self.role(place));
                }
                if self.dice.percent(40) {
                    body["uses"] = json!([0, 1, 1, 2, 5][self.dice.below(5)]);
                }
                if self.dice.percent(30) {
                    body["expires_in_s"] = json!([5, 3_600, 86_400, 90_000_000][self.dice.below(4)]);
                }
                on("POST", "/organizations/{}/invite-links", &[org], body)
            }
        }
    }

    /// Coming in with an invite link: signed in, or as somebody new with an address, mostly.
    fn coming_by_link(&mut self) -> Request {
        let open: Vec<_> = self.model.invite_links.iter().filter(|l| l.state == "open").cloned().collect();
        let sensible = !open.is_empty() && self.dice.percent(80);
        let chosen = self.dice.pick(if sensible { &open } else { &self.model.invite_links });
        let secret = chosen.map_or_else(|| "~join.999.9".to_owned(), |l| l.secret.clone());
        let mut body = json!({"token": secret, "name": self.dice.word(NAMES), "password": self.dice.word(PASSWORDS)});
        let who = if self.dice.percent(45) { self.anyone() } else { Who::Anybody };
        if self.dice.percent(if who == Who::Anybody { 90 } else { 15 }) {
            body["email"] = json!(self.dice.word(EMAILS));
        }
        Request { method: "POST", route: "/invitations/accept", body, who, ..Request::get("") }
    }

    fn wanted(&mut self, place: &Organization) -> Value {
        let mut one = json!({"email": self.dice.word(EMAILS)});
        if self.dice.percent(15) {
            one = json!({"handle": self.dice.word(&["ann", "ann", "bob", "nobody"])});
            if self.dice.percent(10) {
                one["email"] = json!("ann@acme.test");
            }
        }
        self.carried(place, &mut one);
        if self.dice.percent(75) {
            one["role"] = json!(self.role(place));
        }
        if self.dice.percent(40) {
            one["name"] = json!(self.dice.word(NAMES));
        }
        one
    }

    pub(super) fn coming_in(&mut self, place: &Organization) -> Request {
        let (name, password) = (self.dice.word(NAMES), self.dice.word(PASSWORDS));
        if self.dice.percent(20) {
            return self.asking(place);
        }
        if self.dice.percent(20) {
            let organization = if self.dice.percent(70) { "open".to_owned() } else { place.slug.clone() };
            let body = json!({"email": self.dice.word(EMAILS), "name": name, "password": password, "organization": organization});
            return Request { method: "POST", route: "/sign-up", body, who: Who::Anybody, ..Request::get("") };
        }
        if self.dice.percent(25) {
            return self.coming_by_link();
        }
        let waits = |i: &&Invitation| i.state == "pending" && i.expires.is_none_or(|end| end > self.now);
        let pending: Vec<_> = self.model.invitations.iter().filter(waits).cloned().collect();
        let sensible = !pending.is_empty() && self.dice.percent(85);
        let chosen = self.dice.pick(if sensible { &pending } else { &self.model.invitations });
        let chosen = chosen.cloned();
        let secret = chosen.as_ref().map_or_else(|| "~invite.999.9".to_owned(), |i| i.secret.clone());
        let holder = chosen.and_then(|i| {
            let named = i.invitee.map(|(id, _)| id);
            let mut same = self
                .model
                .people
                .iter()
                .filter(|p| p.email.eq_ignore_ascii_case(&i.email) || Some(&p.id) == named.as_ref());
            same.next().map(|p| p.id.clone())
        });
        let keys = holder.map(|person| self.keys_of(&person)).unwrap_or_default();
        let who = match self.dice.below(10) {
            0 => self.anyone(),
            1..=5 => self.dice.pick(&keys).cloned().unwrap_or(Who::Anybody),
            _ => Who::Anybody,
        };
        if self.dice.percent(8) {
            let body = json!({"token": secret});
            return Request { method: "POST", route: "/invitations/refuse", body, who, ..Request::get("") };
        }
        let body = json!({"token": secret, "name": name, "password": password});
        Request { method: "POST", route: "/invitations/accept", body, who, ..Request::get("") }
    }

    /// Somebody asks to join, or takes it back.
    fn asking(&mut self, place: &Organization) -> Request {
        let organization = if self.dice.percent(70) { "open".to_owned() } else { place.slug.clone() };
        let who = self.anyone();
        let on = |method, route, args| Request { args, who: who.clone(), ..Request::on(method, route) };
        match self.dice.below(8) {
            0 => on("DELETE", "/organizations/{}/join-requests", vec![organization]),
            1 => on("GET", "/me/join-requests", Vec::new()),
            _ => on("POST", "/organizations/{}/join-requests", vec![organization]),
        }
    }

    pub(super) fn signing_in(&mut self) -> Request {
        let known = self.dice.pick(&self.model.people).cloned().expect("the owner");
        let email = if self.dice.percent(85) { known.email } else { self.dice.word(EMAILS).to_owned() };
        let right = !known.password.is_empty() && self.dice.percent(85);
        let password = if right { known.password } else { self.dice.word(PASSWORDS).to_owned() };
        let body = json!({"email": email, "password": password});
        Request { method: "POST", route: "/session", body, who: Who::Anybody, ..Request::get("") }
    }

    pub(super) fn about_oneself(&mut self, who: Who) -> Request {
        let on = |method, route, body| Request { method, route, body, who: who.clone(), ..Request::get("") };
        let mut links = |kind: &str| {
            let all: Vec<_> = self.model.links.iter().filter(|l| l.kind == kind).map(|l| l.secret.clone()).collect();
            self.one_of(&all, kind)
        };
        let (reset, verify) = (links("reset"), links("verify"));
        let sessions: Vec<_> = self.model.sessions.iter().map(|s| s.id.clone()).collect();
        let session = self.one_of(&sessions, "ses");
        let password = self.dice.word(PASSWORDS);
        match self.dice.below(25) {
            24 => self.farewell(who),
            0 | 1 => on("PATCH", "/me", json!({"name": self.dice.word(NAMES)})),
            2 | 20 | 21 => {
                on("PATCH", "/me", json!({"handle": self.dice.word(&["ann", "ann", "north", "", "Not A Handle"])}))
            }
            3 => on("PATCH", "/me", json!({"email": self.dice.word(EMAILS), "name": "Renamed"})),
            4 => on("POST", "/me/password", json!({"current": self.dice.word(PASSWORDS), "password": password})),
            5 | 6 => on("POST", "/me/verify-email", Value::Null),
            7 => on("POST", "/me/reset-authentication", Value::Null),
            8 => on("DELETE", "/me/sessions", Value::Null),
            9 => Request { args: vec![session], ..on("DELETE", "/me/sessions/{}", Value::Null) },
            10 => on("DELETE", "/session", Value::Null),
            11 | 12 => on("POST", "/password/forgot", json!({"email": self.dice.word(EMAILS)})),
            13 | 14 => on("POST", "/password/reset", json!({"token": reset, "password": password})),
            15..=19 => on("POST", "/email/verify", json!({"token": verify})),
            22 => on("GET", "/me/sessions", Value::Null),
            _ => on("GET", "/me", Value::Null),
        }
    }

    pub(super) fn about_tokens(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let tokens: Vec<_> = self.model.tokens.iter().map(|t| t.id.clone()).skip(1).collect();
        let token = self.one_of(&tokens, "tok");
        let mine = |method, route, body| Request {
            args: vec![token.clone()],
            body,
            who: who.clone(),
            ..Request::on(method, route)
        };
        match self.dice.below(18) {
            14 | 15 => mine("PATCH", "/me/tokens/{}", self.another_token()),
            16 => mine("GET", "/me/tokens/{}/value", json!(null)),
            17 => Request {
                args: vec![org, token.clone()],
                ..mine("GET", "/organizations/{}/tokens/{}/value", json!(null))
            },
            10.. => self.about_deploy_keys(org, who),
            0..=6 => {
                let mut body = json!({"name": "for work", "organization": org});
                match self.dice.below(8) {
                    0 => body["scopes"] = json!([]),
                    1 => body["scopes"] = json!(["member.list", "no.such"]),
                    2..=4 => {
                        let all = place.role_rights(place.top());
                        let some: Vec<_> = (0..4).filter_map(|_| self.dice.pick(&all).cloned()).collect();
                        body["scopes"] = json!(some.iter().chain(&["token.create".to_owned()]).collect::<Vec<_>>());
                    }
                    _ => {}
                }
                if self.dice.percent(40) {
                    let hours = [-1, 2, 50, 300];
                    let end = self.now + hours[self.dice.below(hours.len())] * HOUR_S + 150;
                    body["expires_at"] = json!(format!("~time:{end}"));
                }
                Request { method: "POST", route: "/me/tokens", body, who, ..Request::get("") }
            }
            7 => Request { method: "DELETE", route: "/me/tokens/{}", args: vec![token], who, ..Request::get("") },
            8 => Request {
                method: "DELETE",
                route: "/organizations/{}/tokens/{}",
                args: vec![org, token],
                who,
                ..Request::get("")
            },
            _ => Request { method: "GET", route: "/me/tokens", who, ..Request::get("") },
        }
    }

    fn about_deploy_keys(&mut self, org: String, who: Who) -> Request {
        let keys: Vec<_> = self.model.deploy_keys.iter().map(|key| key.id.clone()).collect();
        let on = |method, route, args, body| Request { args, body, who, ..Request::on(method, route) };
        match self.dice.below(6) {
            0 => on("GET", "/organizations/{}/deploy-keys", vec![org], json!(null)),
            1 => {
                let key = self.one_of(&keys, "tok");
                on("DELETE", "/organizations/{}/deploy-keys/{}", vec![org, key], json!(null))
            }
            2 | 3 => {
                let secrets: Vec<_> = self.model.deploy_keys.iter().map(|key| key.secret.clone()).collect();
                let shown = self.dice.pick(&secrets).cloned().unwrap_or_default();
                on("POST", "/introspect", Vec::new(), json!({"token": shown, "organization": org}))
            }
            _ => {
                let name = self.dice.word(&["rack one", "rack two", " "]);
                on("POST", "/organizations/{}/deploy-keys", vec![org], json!({"name": name}))
            }
        }
    }
}
