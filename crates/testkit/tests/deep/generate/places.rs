//! Requests about organizations: made, tuned, ended, asked and read.

use guildhall_testkit::model::{Organization, Request, Who};
use serde_json::{Value, json};

use super::{EMAILS, Generator, SLUGS};

impl Generator {
    pub(super) fn about_organizations(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let if_match = self.seen(place.object);
        let on = |method, route, body| Request {
            method,
            route,
            args: vec![org.clone()],
            body,
            who: who.clone(),
            if_match,
            ..Request::get("")
        };
        match self.dice.below(14) {
            12 => on("GET", "/organizations/{}/preset", Value::Null),
            13 => on("POST", "/organizations/{}/preset", self.another_preset(place)),
            0..=6 => on("PATCH", "/organizations/{}/policy", self.knobs(place)),
            7 => on("PATCH", "/organizations/{}", json!({"slug": self.dice.word(SLUGS)})),
            8 => on("PATCH", "/organizations/{}", json!({"name": self.dice.word(&["Acme", "Acme Two", ""])})),
            9 => {
                let typed = if self.dice.percent(50) { "open" } else { place.slug.as_str() };
                // The first one stays, so that there is always somewhere to go.
                let last = place.slug == self.model.organizations[0].slug;
                on("DELETE", "/organizations/{}", json!({"confirm": if last { "not this one" } else { typed }}))
            }
            10 => on("POST", "/organizations/{}/reset-authentication", Value::Null),
            _ => {
                let mut body = json!({"name": self.dice.word(&["North", "South Side", "Acme", ""])});
                if self.dice.percent(50) {
                    body["slug"] = json!(self.dice.word(SLUGS));
                }
                if self.dice.percent(50) {
                    body["preset"] = json!(self.dice.word(&["standard", "cloudtruth", "none"]));
                }
                Request { method: "POST", route: "/organizations", body, who, ..Request::get("") }
            }
        }
    }

    /// Each role goes somewhere, mostly to one that is there.
    fn another_preset(&mut self, place: &Organization) -> Value {
        let name = self.dice.word(&["standard", "cloudtruth", "pixie-auth0", "none"]);
        let next = guildhall_domain::preset::built_in(name);
        let slugs: Vec<String> =
            next.iter().flat_map(|next| next.organization_roles()).map(|role| role.slug.clone()).collect();
        let mut roles = serde_json::Map::new();
        for (at, (role, _)) in place.rules.roles.iter().enumerate() {
            if self.dice.percent(90) {
                let to = if at == 0 { slugs.first() } else { self.dice.pick(&slugs) };
                let to = to.filter(|_| !self.dice.percent(5)).map_or("no_such_role", String::as_str);
                roles.insert(role.clone(), json!(to));
            }
        }
        if self.dice.percent(10) {
            roles.clear();
        }
        json!({"preset": name, "roles": roles})
    }

    fn knobs(&mut self, place: &Organization) -> Value {
        let role = self.role(place);
        let choices = [
            ("invite.ttl_s", vec![json!(3_600), json!(86_400), json!(null), json!(5)]),
            ("invite.reissue_after_expiry", vec![json!("never"), json!("always"), json!("maybe")]),
            ("invite.deliver", vec![json!("link"), json!("email")]),
            ("invite.reissue_override", vec![json!(true), json!(false)]),
            ("invite.addressee", vec![json!(["email"]), json!(["email", "handle"]), json!(["fax"])]),
            ("invite.names_required", vec![json!(true), json!(false), json!(false), json!(false)]),
            ("invite.carries", vec![json!([]), json!(["role"]), json!(["role", "groups", "resources"])]),
            ("invite.bulk", vec![json!("each"), json!("all_or_nothing"), json!("some")]),
            ("invite_link.offered", vec![json!(true), json!(true), json!(false)]),
            ("invite_link.ttl_s", vec![json!(7_200), json!(604_800), json!(null), json!(1)]),
            ("invite_link.uses", vec![json!(1), json!(2), json!(null), json!(0)]),
            ("role.default", vec![json!(role), json!("no_such_role")]),
            ("role_change.authority", vec![json!("top"), json!("admin_below_own_rank"), json!("admin"), json!(7)]),
            ("self.demote", vec![json!(true), json!(false)]),
            ("self.deactivate_or_remove", vec![json!("forbidden"), json!("leave")]),
            ("leave.allowed_for", vec![json!(["*"]), json!([role]), json!([]), json!(["owner", "admin"])]),
            (
                "offboard.modes",
                vec![json!(["remove"]), json!(["deactivate"]), json!(["deactivate", "remove"]), json!([])],
            ),
            ("delete.precondition", vec![json!("none"), json!("none"), json!("deactivated"), json!("transferred")]),
            (
                "delete.owned_objects",
                vec![json!("org_owned"), json!("block"), json!("orphan"), json!("transfer_required"), json!("burn")],
            ),
            ("removal.grace_s", vec![json!(7_200), json!(864_000), json!(null), json!(5)]),
            ("approval.mode", vec![json!("off"), json!("all"), json!("outside_domains")]),
            ("approval.exempt_named_invites", vec![json!(true), json!(false)]),
            ("approval.domains", vec![json!(["acme.test"]), json!([]), json!(["other.test", "acme.test"])]),
            ("approval.on_disable", vec![json!("approve_all"), json!("keep_waiting")]),
            ("join.requests", vec![json!(true), json!(true), json!(false)]),
            ("seats.max", vec![json!(4), json!(7), json!(12), json!(null), json!(null), json!(0)]),
            ("signup.verified_email", vec![json!(true), json!(false), json!(false)]),
            ("signup.domains", vec![json!(["acme.test"]), json!([]), json!([])]),
            ("domain.auto_join", vec![json!(["other.test"]), json!(["acme.test", "other.test"]), json!([])]),
            ("domain.exclusive", vec![json!(["acme.test"]), json!([]), json!([]), json!([])]),
            ("domain.excludes_links", vec![json!(true), json!(false)]),
            ("seats.mode", vec![json!("cap"), json!("warn")]),
            ("seats.counts_invited", vec![json!(true), json!(false)]),
            (
                "signup.closed_by_invites",
                vec![json!("never"), json!("implicit"), json!("implicit_literal"), json!("switch")],
            ),
            ("signup.open", vec![json!(true), json!(false)]),
            ("token.max_per_member", vec![json!(1), json!(3), json!(null)]),
            ("deploy_keys.offered", vec![json!(true), json!(true), json!(false)]),
            ("token.max_life_s", vec![json!(86_400), json!(null)]),
            ("token.min_life_s", vec![json!(86_400), json!(null), json!(3)]),
            ("token.whole_days", vec![json!(true), json!(false)]),
            ("token.value_again", vec![json!(true), json!(true), json!(false)]),
            ("service_account.max_tokens", vec![json!(1), json!(2), json!(null)]),
            ("session.idle_s", vec![json!(7_200), json!(86_400), json!(null)]),
            ("session.absolute_s", vec![json!(720_000), json!(2_592_000)]),
            ("session.new_only", vec![json!(true), json!(true), json!(false)]),
            ("roles.custom", vec![json!(true), json!(true), json!(false)]),
            ("identity.organizations", vec![json!("one"), json!("many")]),
            ("scope.controlled_by_grants", vec![json!(true), json!(false)]),
            ("grants.offered", vec![json!(true), json!(false)]),
            ("share_link.allowed", vec![json!(true), json!(true), json!(false)]),
            ("share_link.max_life_s", vec![json!(86_400), json!(null), json!(5)]),
            ("no.such_knob", vec![json!(1)]),
        ];
        let mut wanted = serde_json::Map::new();
        for _ in 0..1 + self.dice.below(2) {
            let (knob, values) = &choices[self.dice.below(choices.len())];
            wanted.insert((*knob).to_owned(), self.dice.pick(values).cloned().unwrap_or_default());
        }
        Value::Object(wanted)
    }

    pub(super) fn questions(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let subject = match self.dice.below(6) {
            0 => self.dice.word(EMAILS).to_owned(),
            1 => self.dice.pick(&self.model.people).map(|p| p.id.clone()).unwrap_or_default(),
            2 if !self.model.programs.is_empty() => {
                self.dice.pick(&self.model.programs).map(|p| p.id.clone()).unwrap_or_default()
            }
            _ => self.member(place).map_or_else(|| "~mem.999.9".to_owned(), |m| m.id),
        };
        let above = if self.dice.percent(35) { self.somebody_above(place) } else { None };
        let subject = above.unwrap_or(subject);
        let on = |route, body| Request {
            method: "POST",
            route,
            args: vec![org.clone()],
            body,
            who: who.clone(),
            ..Request::get("")
        };
        let properties = self.said();
        let one = |permission: &str| json!({"subject": subject, "permission": permission, "properties": properties, "explain": true});
        match self.dice.below(10) {
            0 => on("/organizations/{}/check", one("no.such")),
            1 => {
                let ahead = place.revision + self.dice.below(2) as u64;
                on(
                    "/organizations/{}/check",
                    json!({"subject": subject, "permission": "member.list", "at_least_revision": ahead}),
                )
            }
            2..=7 => {
                let target = self.resource(place);
                // Conditions are not asked for by name; the program must say so.
                let by_name = self.dice.percent(4);
                let asked = place.rules.permissions.iter().filter(|p| by_name || !p.contains('@'));
                let mut all: Vec<_> = asked.map(|p| one(p)).collect();
                if self.dice.percent(60) {
                    all.iter_mut().for_each(|check| check["resource"] = json!(target));
                }
                on("/organizations/{}/check/batch", json!({"checks": all}))
            }
            _ => {
                let shown: Vec<String> = self.model.sessions.iter().map(|s| s.secret.clone()).collect();
                let shown: Vec<String> = shown
                    .into_iter()
                    .chain(
                        self.model
                            .tokens
                            .iter()
                            .flat_map(|t| [t.secret.clone()].into_iter().chain(t.old.clone().map(|(old, ..)| old))),
                    )
                    .collect();
                let token = self.dice.pick(&shown).cloned().unwrap_or_default();
                Request { args: Vec::new(), ..on("/introspect", json!({"token": token, "organization": org})) }
            }
        }
    }

    pub(super) fn reads(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let on = |route, args: Vec<String>, query: Vec<(&'static str, String)>| Request {
            route,
            args,
            query,
            who: who.clone(),
            ..Request::get("")
        };
        let limit = ("limit", (2 + self.dice.below(60)).to_string());
        let member = self.member(place).map_or_else(|| "~mem.999.9".to_owned(), |m| m.id);
        let role = self.role(place);
        match self.dice.below(15) {
            14 => on("/organizations/{}/seats", vec![org], Vec::new()),
            0..=2 => on("/organizations/{}/members", vec![org], vec![limit]),
            3 => on("/organizations/{}/members", vec![org], vec![limit, ("role", role)]),
            4 => {
                let status =
                    self.dice.word(&["active", "invited", "requested", "pending_approval", "deactivated", "odd"]);
                on("/organizations/{}/members", vec![org], vec![limit, ("status", status.to_owned())])
            }
            5 => {
                let part = self.dice.word(&["ann", "ACME", "other", "o", "zzz"]);
                on("/organizations/{}/members", vec![org], vec![limit, ("query", part.to_owned())])
            }
            6 => on("/organizations/{}/members/{}", vec![org, member], Vec::new()),
            7 => on("/organizations/{}/invitations", vec![org], vec![limit]),
            8 => {
                let state = self.dice.word(&["pending", "accepted", "cancelled", "lost"]);
                on("/organizations/{}/invitations", vec![org], vec![limit, ("state", state.to_owned())])
            }
            9 => on(
                "/organizations/{}/audit-events",
                vec![org],
                vec![("limit", "40".to_owned()), ("outcome", "success".to_owned())],
            ),
            10 => on("/organizations/{}/policy", vec![org], Vec::new()),
            11 => on("/organizations/{}/roles", vec![org], Vec::new()),
            12 => on("/organizations", Vec::new(), Vec::new()),
            _ => on("/organizations/{}/tokens", vec![org], Vec::new()),
        }
    }
}
