//! Requests about service accounts and their tokens.

use guildhall_testkit::model::{Organization, Program, Request, Token, Who};
use serde_json::{Value, json};

use super::{Generator, HOUR_S};

impl Generator {
    /// Another name for a token, off or on.
    pub(super) fn another_token(&mut self) -> Value {
        let mut body = json!({});
        if self.dice.percent(40) {
            body["name"] = json!(self.dice.word(&["for work", "for  play", ""]));
        }
        if self.dice.percent(70) {
            body["active"] = json!(self.dice.percent(55));
        }
        body
    }

    pub(super) fn about_programs(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let here: Vec<_> = self.model.programs.iter().filter(|p| p.organization == place.id).cloned().collect();
        let there = |p: &&Program| self.model.members.iter().any(|m| m.id == p.member && m.status != "removed");
        let present: Vec<_> = here.iter().filter(there).cloned().collect();
        let living = self.dice.percent(90);
        let found = self.dice.pick(if living { &present } else { &here }).cloned();
        // Now and then another program asks, rather one that may.
        let tops = |p: &&Program| self.model.members.iter().any(|m| m.id == p.member && m.role == place.top());
        let tops: Vec<_> = present.iter().filter(tops).cloned().collect();
        let found = if self.dice.percent(40) { self.dice.pick(&tops).cloned().or(found) } else { found };
        let peers: Vec<_> = tops.iter().filter(|p| found.as_ref().is_none_or(|f| f.id != p.id)).collect();
        let peers: Vec<_> = peers.into_iter().map(|p| p.member.clone()).collect();
        let who = if self.dice.percent(40) { self.rather(place, &peers, who) } else { who };
        let Some(found) = found.filter(|_| !self.dice.percent(12)) else { return self.new_program(place, org, who) };
        if self.dice.percent(60) {
            return self.about_program_tokens(place, org, &found, who);
        }
        let member = self.model.members.iter().find(|m| m.id == found.member).cloned();
        let (revision, name) = member.map(|m| (m.revision, m.name)).unwrap_or_default();
        let if_match = self.seen(revision);
        let id = self.one_of(&[found.id], "svc");
        let on = |method, route, body| Request {
            args: vec![org.clone(), id.clone()],
            body,
            who: who.clone(),
            if_match,
            ..Request::on(method, route)
        };
        match self.dice.below(9) {
            0 => Request { if_match: None, ..on("GET", "/organizations/{}/service-accounts/{}", Value::Null) },
            1 => Request {
                args: vec![org.clone()],
                if_match: None,
                ..on("GET", "/organizations/{}/service-accounts", Value::Null)
            },
            2 => {
                let typed = if self.dice.percent(70) { name } else { "another".to_owned() };
                let mut body = json!({"confirm": typed});
                if self.dice.percent(30) {
                    body["transfer_to"] = json!(self.somebody(place));
                }
                on("DELETE", "/organizations/{}/service-accounts/{}", body)
            }
            _ => {
                let mut body = json!({});
                if self.dice.percent(50) {
                    body["role"] = json!(self.role(place));
                }
                if self.dice.percent(40) {
                    body["owner"] = json!(self.somebody(place));
                }
                if self.dice.percent(40) {
                    body["description"] = json!(self.dice.word(&["ships", "counts  beans", ""]));
                }
                on("PATCH", "/organizations/{}/service-accounts/{}", body)
            }
        }
    }

    fn new_program(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let mut body = json!({"name": self.dice.word(&["Bot", "Runner", "robot  three", " "])});
        if self.dice.percent(75) {
            body["role"] = if self.dice.percent(45) { json!(place.top()) } else { json!(self.role(place)) };
        }
        if self.dice.percent(30) {
            body["owner"] = json!(self.somebody(place));
        }
        if self.dice.percent(30) {
            body["description"] = json!("ships");
        }
        Request { args: vec![org], body, who, ..Request::on("POST", "/organizations/{}/service-accounts") }
    }

    fn some_end(&mut self) -> Value {
        let hours = [-1, 2, 50, 300];
        json!(format!("~time:{}", self.now + hours[self.dice.below(hours.len())] * HOUR_S + 150))
    }

    fn about_program_tokens(&mut self, place: &Organization, org: String, found: &Program, who: Who) -> Request {
        let theirs = |t: &&Token| t.person == found.id && !t.revoked;
        let tokens: Vec<_> = self.model.tokens.iter().filter(theirs).map(|t| t.id.clone()).collect();
        let args = vec![org, found.id.clone()];
        if tokens.is_empty() || self.dice.percent(25) {
            let mut body = json!({});
            if self.dice.percent(30) {
                body["name"] = json!(self.dice.word(&["ci", "nightly", ""]));
            }
            if self.dice.percent(35) {
                let all = place.role_rights(place.top());
                let some: Vec<_> = (0..4).filter_map(|_| self.dice.pick(&all).cloned()).collect();
                body["scopes"] = json!(some);
            }
            if self.dice.percent(30) {
                body["expires_at"] = self.some_end();
            }
            return Request { args, body, who, ..Request::on("POST", "/organizations/{}/service-accounts/{}/tokens") };
        }
        let token = self.one_of(&tokens, "tok");
        let one = [args.clone(), vec![token]].concat();
        let on =
            |method, route, body| Request { args: one.clone(), body, who: who.clone(), ..Request::on(method, route) };
        match self.dice.below(9) {
            0 => Request { args, ..on("GET", "/organizations/{}/service-accounts/{}/tokens", Value::Null) },
            1 => on("DELETE", "/organizations/{}/service-accounts/{}/tokens/{}", Value::Null),
            2 | 3 => on("GET", "/organizations/{}/service-accounts/{}/tokens/{}/value", Value::Null),
            4 | 5 => on("PATCH", "/organizations/{}/service-accounts/{}/tokens/{}", self.another_token()),
            _ => {
                let overlaps = [0, 600, 7_300, 90_000, -1, 31 * 24 * HOUR_S];
                let mut body = json!({});
                if self.dice.percent(75) {
                    body["overlap_s"] = json!(overlaps[self.dice.below(overlaps.len())]);
                }
                if self.dice.percent(25) {
                    body["expires_at"] = self.some_end();
                }
                on("POST", "/organizations/{}/service-accounts/{}/tokens/{}/rotate", body)
            }
        }
    }
}
