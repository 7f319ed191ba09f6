//! Requests about tenants, and the reset of everything.

use guildhall_testkit::model::{Request, Tenant, TenantPerson, Who};
use serde_json::{Value, json};

use super::{EMAILS, Generator};

impl Generator {
    /// Who an entry of a tenant stands for.
    pub(super) fn person_of(&self, one: &TenantPerson) -> Option<String> {
        let by_address = || self.model.people.iter().find(|p| p.verified && p.email.eq_ignore_ascii_case(&one.label));
        one.person.clone().or_else(|| by_address().map(|p| p.id.clone()))
    }

    /// Mostly a credential of somebody who belongs to the tenant, or who may make one.
    fn tenants_actor(&mut self, tenant: Option<&Tenant>, who: Who) -> Who {
        let near: Vec<String> = match tenant {
            Some(tenant) => {
                let places = tenant.people.iter().filter(|one| one.role == "owner" || one.id.len() % 3 == 0);
                places.filter_map(|one| self.person_of(one)).collect()
            }
            None => self.model.people.iter().filter(|p| p.administrator).map(|p| p.id.clone()).collect(),
        };
        let chosen = self.dice.pick(&near).cloned();
        let mut keys = chosen.map(|person| self.keys_of(&person)).unwrap_or_default();
        // What is bound to one organization reaches no tenant.
        let bound = |key: &Who| matches!(key, Who::Token(s) if self.model.tokens.iter().any(|t| t.secret == *s && t.organization.is_some()));
        let now = self.now;
        keys.retain(|key| !bound(key));
        keys.retain(|key| self.model.is_known(key, now));
        if self.dice.percent(12) { who } else { self.dice.pick(&keys).cloned().unwrap_or(who) }
    }

    pub(super) fn about_tenants(&mut self, who: Who) -> Request {
        let found = self.dice.pick(&self.model.tenants).cloned();
        let making = found.is_none() || self.dice.percent(6);
        if self.dice.percent(3) {
            // Rather by somebody who may not: it ends every sign-in there is.
            let who = if self.dice.percent(30) { self.tenants_actor(None, who) } else { who };
            return Request { who, ..Request::on("POST", "/instance/reset-authentication") };
        }
        let who = self.tenants_actor(found.as_ref().filter(|_| !making), who);
        let on = |method, route, args: Vec<String>, body| Request {
            args,
            body,
            who: who.clone(),
            ..Request::on(method, route)
        };
        let (Some(tenant), false) = (found, making) else {
            let mut body = json!({"name": self.dice.word(&["Big", "Large House", " "])});
            if self.dice.percent(50) {
                body["slug"] = json!(self.dice.word(&["big", "huge", "Not Good"]));
            }
            return on("POST", "/tenants", Vec::new(), body);
        };
        let name = self.one_of(std::slice::from_ref(&tenant.id), "tnt");
        let places: Vec<_> = tenant.people.iter().map(|one| one.id.clone()).collect();
        let place = self.one_of(&places, "tmb");
        let if_match = self.seen(tenant.object);
        let role = json!({"role": self.dice.word(&["owner", "member", "owner", "king"])});
        match self.dice.below(32) {
            20.. => self.about_below(&tenant, name, who),
            0 => on("GET", "/tenants", Vec::new(), Value::Null),
            1 => on("GET", "/tenants/{}", vec![name], Value::Null),
            2 => {
                let body = json!({"name": self.dice.word(&["Big", "Bigger", ""])});
                Request { if_match, ..on("PATCH", "/tenants/{}", vec![name], body) }
            }
            3 => on("GET", "/tenants/{}/settings", vec![name], Value::Null),
            4..=7 => Request { if_match, ..on("PATCH", "/tenants/{}/settings", vec![name], self.settings()) },
            8 => on("GET", "/tenants/{}/members", vec![name], Value::Null),
            9..=13 => on("POST", "/tenants/{}/members", vec![name], self.somebody_for_a_tenant()),
            14 | 15 => on("PATCH", "/tenants/{}/members/{}", vec![name, place], role),
            16 | 17 => on("DELETE", "/tenants/{}/members/{}", vec![name, place], Value::Null),
            18 => on("POST", "/tenants/{}/reset-authentication", vec![name], Value::Null),
            _ => on("GET", "/tenants/{}/audit-events", vec![name], Value::Null),
        }
    }

    fn somebody_for_a_tenant(&mut self) -> Value {
        let mut body = match self.dice.below(4) {
            0 => json!({"handle": self.dice.word(&["ann", "@ann", "bob", "nobody"])}),
            1 => json!({"email": self.dice.pick(&self.model.people).map(|p| p.email.clone())}),
            _ => json!({"email": self.dice.word(EMAILS)}),
        };
        if self.dice.percent(5) {
            body["handle"] = json!("ann");
        }
        if self.dice.percent(60) {
            body["role"] = json!(self.dice.word(&["owner", "owner", "member", "king"]));
        }
        body
    }

    fn settings(&mut self) -> Value {
        if self.dice.percent(20) {
            return json!({"seats": 1 + self.dice.below(3), "seat_mode": "cap"});
        }
        let choices = [
            ("trusted_domains", vec![json!(["acme.test"]), json!(["acme.test"]), json!(["other.test"])]),
            ("trusted_domains", vec![json!(["acme.test"]), json!([]), json!(["nonsense"])]),
            ("personal_workspaces", vec![json!(true), json!(false)]),
            ("database_endpoint", vec![json!(true), json!(false), json!(7)]),
            ("link_sharing", vec![json!(true), json!(false)]),
            ("token_max_life_s", vec![json!(86_400), json!(null), json!(5)]),
            ("session_absolute_s", vec![json!(86_400), json!(null)]),
            ("sign_in_methods", vec![json!(["password"]), json!(["google"]), json!([]), json!(["fax"])]),
            ("seats", vec![json!(2), json!(3), json!(4), json!(null), json!(0)]),
            ("seat_mode", vec![json!("cap"), json!("warn"), json!("loud")]),
            ("no_such_setting", vec![json!(1)]),
        ];
        let mut wanted = serde_json::Map::new();
        for _ in 0..1 + self.dice.below(2) {
            let (name, values) = &choices[self.dice.below(choices.len())];
            wanted.insert((*name).to_owned(), self.dice.pick(values).cloned().unwrap_or_default());
        }
        Value::Object(wanted)
    }
}
