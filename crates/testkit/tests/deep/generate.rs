//! Random histories. The generator looks at the model to choose requests that mean something, and
//! strays from sense now and then: wrong ids, dead secrets, stale revisions, repeated keys.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::model::{Member, Model, Organization, Request, Who};
use serde_json::{Value, json};

use crate::world::{Item, beginning};

/// A small generator of numbers that is the same everywhere (splitmix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        if list.is_empty() { None } else { list.get(self.below(list.len())) }
    }

    fn word(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len())]
    }
}

const HOUR_S: i64 = 3_600;
/// Moves of the clock in one history. Each shifts by five minutes beside whole hours, so that no
/// end of anything is ever met to the second.
const MOVES: usize = 9;
const EMAILS: &[&str] = &[
    "ann@acme.test",
    "Ann@Acme.test",
    "bob@acme.test",
    "cy@other.test",
    "Dee@other.test",
    "eve@acme.test",
    "fay@other.test",
    "owner@acme.test",
    "nobody",
    "two words@acme.test",
];
const NAMES: &[&str] = &["Ann Lee", "Bob", "Cy  Young", "Dee", "Eve", "Fay", "", "  "];
const PASSWORDS: &[&str] = &[PASSWORD, PASSWORD, PASSWORD, "battery staple", "short"];
const SLUGS: &[&str] = &["acme", "north", "south", "open", "Bad Slug", "admin"];

struct Generator {
    dice: Dice,
    model: Model,
    keyed: Vec<Request>,
    moves: usize,
    step: usize,
    now: i64,
    again: Option<Request>,
}

/// A history of `steps` requests; the same seed makes the same one.
pub fn history(seed: u64, steps: usize) -> Vec<Item> {
    let (dice, model) = (Dice::new(seed), beginning());
    let mut generator = Generator { dice, model, keyed: Vec::new(), moves: 0, step: 0, now: 0, again: None };
    let mut elapsed_s = 0;
    let mut items = Vec::new();
    for step in 1..=steps {
        let later_s = generator.later();
        elapsed_s += later_s;
        // As the world counts: ten seconds at the beginning, one for each step.
        let now = 10 + step as i64 + elapsed_s;
        (generator.step, generator.now) = (step, now);
        let request = generator.request();
        generator.model.perform(&request, step, now);
        items.push(Item { step, later_s, request });
    }
    items
}

impl Generator {
    fn later(&mut self) -> i64 {
        if self.moves == MOVES || !self.dice.percent(3) {
            return 0;
        }
        self.moves += 1;
        let hours = [1, 1, 3, 3, 20, 30, 100, 200, 400];
        hours[self.dice.below(hours.len())] * HOUR_S + 300
    }

    fn request(&mut self) -> Request {
        if let Some(real) = self.again.take() {
            return real;
        }
        if self.dice.percent(5) {
            if let Some(again) = self.repetition() {
                return again;
            }
        }
        let mut request = self.fresh();
        let write = request.method != "GET";
        let previewed = request.route != "/introspect" && !request.route.contains("/check");
        if write && previewed && self.dice.percent(12) {
            request.dry_run = true;
            if self.dice.percent(65) {
                self.again = Some(Request { dry_run: false, ..request.clone() });
            }
        }
        if request.method == "POST" && self.dice.percent(12) {
            request.key = Some(self.dice.word(&["k1", "k2", "k3"]).to_owned());
            self.keyed.push(request.clone());
        }
        request
    }

    /// An earlier request with its key, sometimes altered.
    fn repetition(&mut self) -> Option<Request> {
        let recent = self.keyed.len().saturating_sub(4);
        let mut again = self.dice.pick(&self.keyed[recent..])?.clone();
        match self.dice.below(8) {
            0 => again.who = self.anyone(),
            1 if again.body.get("name").is_some() => again.body["name"] = json!("Altered"),
            1 if again.body.get("invitations").is_some() => {
                again.body["invitations"] = json!([{"email": "gil@acme.test"}])
            }
            _ => {}
        }
        Some(again)
    }

    // Whom and where.

    fn place(&mut self) -> Organization {
        let present: Vec<_> = self.model.organizations.iter().filter(|o| !o.deleted).cloned().collect();
        let early = self.dice.percent(60);
        let few = if early { &present[..present.len().min(2)] } else { &present[..] };
        self.dice.pick(few).cloned().expect("acme cannot be deleted away from the list of all")
    }

    fn name_of(&mut self, place: &Organization) -> String {
        match self.dice.below(40) {
            0 => "nowhere".to_owned(),
            1 => "~org.999.9".to_owned(),
            2 => self.dice.pick(&self.model.organizations).map(|o| o.id.clone()).unwrap_or_default(),
            n if n < 20 => place.slug.clone(),
            _ => place.id.clone(),
        }
    }

    /// Credentials of a person.
    fn keys_of(&self, person: &str) -> Vec<Who> {
        let sessions = self.model.sessions.iter().filter(|s| s.person == person);
        let tokens = self.model.tokens.iter().filter(|t| t.person == person && !t.revoked);
        let sessions = sessions.map(|s| Who::Session(s.secret.clone()));
        sessions.chain(tokens.map(|t| Who::Token(t.secret.clone()))).collect()
    }

    fn anyone(&mut self) -> Who {
        let sessions: Vec<_> = self.model.sessions.iter().map(|s| s.secret.clone()).collect();
        match self.dice.below(20) {
            0..=3 => Who::Anybody,
            4 => Who::Garbled,
            5 => Who::Session("~cookie.999.9".to_owned()),
            6 => Who::Token("~pat.999.9".to_owned()),
            7 | 8 => self.dice.pick(&sessions).map_or(Who::Anybody, |s| Who::Forged(s.clone())),
            9..=14 => self.dice.pick(&sessions).map_or(Who::Anybody, |s| Who::Session(s.clone())),
            _ => self.dice.pick(&self.model.tokens).map_or(Who::Anybody, |t| Who::Token(t.secret.clone())),
        }
    }

    /// Somebody to ask here: mostly somebody who may, sometimes anybody. Whoever has no credential
    /// that works signs in first.
    fn actor(&mut self, place: &Organization) -> Result<Who, Request> {
        let (top, chance) = (place.top().to_owned(), self.dice.below(100));
        let active = |m: &&Member| m.organization == place.id && m.status == "active";
        let here: Vec<_> = self.model.members.iter().filter(active).cloned().collect();
        let wanted: Vec<_> = match chance {
            0..=44 => here.iter().filter(|m| m.role == top).collect(),
            45..=89 => here.iter().collect(),
            _ => return Ok(self.anyone()),
        };
        let chosen = self.dice.pick(&wanted).and_then(|m| m.person.clone()).unwrap_or_default();
        let mut keys = self.keys_of(&chosen);
        let now = self.now;
        keys.retain(|who| self.model.opens(who, &place.id, now));
        match self.dice.pick(&keys) {
            Some(who) => Ok(who.clone()),
            None => Err(self.sign_in_of(&chosen)),
        }
    }

    fn sign_in_of(&self, person: &str) -> Request {
        let person = self.model.people.iter().find(|p| p.id == person).unwrap_or(&self.model.people[0]);
        let body = json!({"email": person.email, "password": person.password});
        Request { method: "POST", route: "/session", body, who: Who::Anybody, ..Request::get("") }
    }

    fn member(&mut self, place: &Organization) -> Option<Member> {
        let here: Vec<_> = self.model.members.iter().filter(|m| m.organization == place.id).cloned().collect();
        let odd: Vec<_> = here.iter().filter(|m| !["active", "invited"].contains(&m.status)).cloned().collect();
        let waiting: Vec<_> =
            here.iter().filter(|m| ["pending_approval", "deactivated"].contains(&m.status)).cloned().collect();
        match self.dice.below(12) {
            0 => self.dice.pick(&self.model.members).cloned(),
            1 | 2 => self.dice.pick(&odd).cloned(),
            3 | 4 if !waiting.is_empty() => self.dice.pick(&waiting).cloned(),
            _ => self.dice.pick(&here).cloned(),
        }
    }

    fn role(&mut self, place: &Organization) -> String {
        match self.dice.below(14) {
            0 => "emperor".to_owned(),
            n => place.rules.roles[n % place.rules.roles.len()].0.clone(),
        }
    }

    fn seen(&mut self, revision: u64) -> Option<u64> {
        match self.dice.below(10) {
            0 => Some(revision),
            1 if revision > 1 => Some(revision - 1),
            _ => None,
        }
    }

    /// Something of a list by its name, seldom another's or nobody's.
    fn one_of(&mut self, all: &[String], kind: &str) -> String {
        let strange = self.dice.percent(5);
        let found = self.dice.pick(all).filter(|_| !strange);
        found
            .cloned()
            .unwrap_or_else(|| if self.dice.percent(50) { format!("~{kind}.999.9") } else { "nonsense".to_owned() })
    }

    // What.

    fn fresh(&mut self) -> Request {
        let place = self.place();
        let org = self.name_of(&place);
        let actor = match self.actor(&place) {
            Ok(actor) => actor,
            Err(sign_in) => return sign_in,
        };
        // At first people come; then they have something to do with each other.
        let choice = if self.step < 40 { 22 + self.dice.below(34) } else { self.dice.below(100) };
        match choice {
            0..=27 => self.about_members(&place, org, actor),
            28..=39 => self.about_invitations(&place, org, actor),
            40..=52 => self.coming_in(&place),
            53..=55 => self.signing_in(),
            56..=66 => self.about_oneself(actor),
            67..=74 => self.about_tokens(&place, org, actor),
            75..=84 => self.about_organizations(&place, org, actor),
            85..=89 => self.questions(&place, org, actor),
            _ => self.reads(&place, org, actor),
        }
    }

    fn about_members(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let member = self.member(place);
        let id = member.as_ref().map_or_else(|| "~mem.999.9".to_owned(), |m| m.id.clone());
        let id = if self.dice.percent(3) { "nonsense".to_owned() } else { id };
        let if_match = member.as_ref().and_then(|m| self.seen(m.revision));
        // Somebody who waits or was switched off is mostly let in or on again.
        let waits = member.as_ref().is_some_and(|m| m.status == "pending_approval");
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
        match self.dice.below(16) {
            0..=7 if waits => on("POST", "/organizations/{}/members/{}/approve", Value::Null),
            0..=5 if off => on("POST", "/organizations/{}/members/{}/reactivate", Value::Null),
            0..=4 => on("PATCH", "/organizations/{}/members/{}", role),
            5 | 6 => on("DELETE", "/organizations/{}/members/{}", Value::Null),
            7 | 8 => on("POST", "/organizations/{}/members/{}/deactivate", Value::Null),
            9 => on("POST", "/organizations/{}/members/{}/deactivate", Value::Null),
            10 => on("POST", "/organizations/{}/members/{}/reactivate", Value::Null),
            11 => on("POST", "/organizations/{}/members/{}/approve", Value::Null),
            12 | 13 => on("POST", "/organizations/{}/members/{}/reject", Value::Null),
            14 => on("POST", "/organizations/{}/members/{}/end-sessions", Value::Null),
            _ => Request { args: vec![org.clone()], ..on("POST", "/organizations/{}/leave", Value::Null) },
        }
    }

    fn about_invitations(&mut self, place: &Organization, org: String, who: Who) -> Request {
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
        let role = json!({"role": self.role(place)});
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

    fn wanted(&mut self, place: &Organization) -> Value {
        let mut one = json!({"email": self.dice.word(EMAILS)});
        if self.dice.percent(75) {
            one["role"] = json!(self.role(place));
        }
        if self.dice.percent(40) {
            one["name"] = json!(self.dice.word(NAMES));
        }
        one
    }

    fn coming_in(&mut self, place: &Organization) -> Request {
        let (name, password) = (self.dice.word(NAMES), self.dice.word(PASSWORDS));
        if self.dice.percent(20) {
            let organization = if self.dice.percent(70) { "open".to_owned() } else { place.slug.clone() };
            let body = json!({"email": self.dice.word(EMAILS), "name": name, "password": password, "organization": organization});
            return Request { method: "POST", route: "/sign-up", body, who: Who::Anybody, ..Request::get("") };
        }
        let waits = |i: &&guildhall_testkit::model::Invitation| {
            i.state == "pending" && i.expires.is_none_or(|end| end > self.now)
        };
        let pending: Vec<_> = self.model.invitations.iter().filter(waits).cloned().collect();
        let sensible = !pending.is_empty() && self.dice.percent(85);
        let chosen = self.dice.pick(if sensible { &pending } else { &self.model.invitations });
        let chosen = chosen.cloned();
        let secret = chosen.as_ref().map_or_else(|| "~invite.999.9".to_owned(), |i| i.secret.clone());
        let holder = chosen.and_then(|i| {
            let mut same = self.model.people.iter().filter(|p| p.email.eq_ignore_ascii_case(&i.email));
            same.next().map(|p| p.id.clone())
        });
        let keys = holder.map(|person| self.keys_of(&person)).unwrap_or_default();
        let who = match self.dice.below(10) {
            0 => self.anyone(),
            1..=5 => self.dice.pick(&keys).cloned().unwrap_or(Who::Anybody),
            _ => Who::Anybody,
        };
        let body = json!({"token": secret, "name": name, "password": password});
        Request { method: "POST", route: "/invitations/accept", body, who, ..Request::get("") }
    }

    fn signing_in(&mut self) -> Request {
        let known = self.dice.pick(&self.model.people).cloned().expect("the owner");
        let email = if self.dice.percent(85) { known.email } else { self.dice.word(EMAILS).to_owned() };
        let password = if self.dice.percent(85) { known.password } else { self.dice.word(PASSWORDS).to_owned() };
        let body = json!({"email": email, "password": password});
        Request { method: "POST", route: "/session", body, who: Who::Anybody, ..Request::get("") }
    }

    fn about_oneself(&mut self, who: Who) -> Request {
        let on = |method, route, body| Request { method, route, body, who: who.clone(), ..Request::get("") };
        let mut links = |kind: &str| {
            let all: Vec<_> = self.model.links.iter().filter(|l| l.kind == kind).map(|l| l.secret.clone()).collect();
            self.one_of(&all, kind)
        };
        let (reset, verify) = (links("reset"), links("verify"));
        let sessions: Vec<_> = self.model.sessions.iter().map(|s| s.id.clone()).collect();
        let session = self.one_of(&sessions, "ses");
        let password = self.dice.word(PASSWORDS);
        match self.dice.below(23) {
            0 | 1 => on("PATCH", "/me", json!({"name": self.dice.word(NAMES)})),
            2 | 21 => on("PATCH", "/me", json!({"handle": self.dice.word(&["ann", "ann", "", "Not A Handle"])})),
            3 => on("PATCH", "/me", json!({"email": self.dice.word(EMAILS), "name": "Renamed"})),
            4 => on("POST", "/me/password", json!({"current": PASSWORD, "password": password})),
            5 | 6 => on("POST", "/me/verify-email", Value::Null),
            7 => on("POST", "/me/reset-authentication", Value::Null),
            8 => on("DELETE", "/me/sessions", Value::Null),
            9 => Request { args: vec![session], ..on("DELETE", "/me/sessions/{}", Value::Null) },
            10 => on("DELETE", "/session", Value::Null),
            11 | 12 => on("POST", "/password/forgot", json!({"email": self.dice.word(EMAILS)})),
            13 | 14 => on("POST", "/password/reset", json!({"token": reset, "password": password})),
            15..=19 => on("POST", "/email/verify", json!({"token": verify})),
            20 => on("GET", "/me/sessions", Value::Null),
            _ => on("GET", "/me", Value::Null),
        }
    }

    fn about_tokens(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let tokens: Vec<_> = self.model.tokens.iter().map(|t| t.id.clone()).skip(1).collect();
        let token = self.one_of(&tokens, "tok");
        match self.dice.below(10) {
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

    fn about_organizations(&mut self, place: &Organization, org: String, who: Who) -> Request {
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
        match self.dice.below(12) {
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

    fn knobs(&mut self, place: &Organization) -> Value {
        let role = self.role(place);
        let choices = [
            ("invite.ttl_s", vec![json!(3_600), json!(86_400), json!(null), json!(5)]),
            ("invite.reissue_after_expiry", vec![json!("never"), json!("always"), json!("maybe")]),
            ("invite.deliver", vec![json!("link"), json!("email")]),
            ("role.default", vec![json!(role), json!("no_such_role")]),
            ("role_change.authority", vec![json!("top"), json!("admin_below_own_rank"), json!("admin"), json!(7)]),
            ("self.demote", vec![json!(true), json!(false)]),
            ("self.deactivate_or_remove", vec![json!("forbidden"), json!("leave")]),
            ("leave.allowed_for", vec![json!(["*"]), json!([role]), json!([]), json!(["owner", "admin"])]),
            (
                "offboard.modes",
                vec![json!(["remove"]), json!(["deactivate"]), json!(["deactivate", "remove"]), json!([])],
            ),
            ("delete.precondition", vec![json!("none"), json!("deactivated")]),
            ("approval.mode", vec![json!("off"), json!("all"), json!("outside_domains")]),
            ("approval.exempt_named_invites", vec![json!(true), json!(false)]),
            ("approval.domains", vec![json!(["acme.test"]), json!([]), json!(["other.test", "acme.test"])]),
            ("signup.open", vec![json!(true), json!(false)]),
            ("token.max_per_member", vec![json!(1), json!(3), json!(null)]),
            ("token.max_life_s", vec![json!(86_400), json!(null)]),
            ("session.idle_s", vec![json!(7_200), json!(86_400), json!(null)]),
            ("session.absolute_s", vec![json!(720_000), json!(2_592_000)]),
            ("identity.organizations", vec![json!("one"), json!("many")]),
            ("no.such_knob", vec![json!(1)]),
        ];
        let mut wanted = serde_json::Map::new();
        for _ in 0..1 + self.dice.below(2) {
            let (knob, values) = &choices[self.dice.below(choices.len())];
            wanted.insert((*knob).to_owned(), self.dice.pick(values).cloned().unwrap_or_default());
        }
        Value::Object(wanted)
    }

    fn questions(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let subject = match self.dice.below(6) {
            0 => self.dice.word(EMAILS).to_owned(),
            1 => self.dice.pick(&self.model.people).map(|p| p.id.clone()).unwrap_or_default(),
            _ => self.member(place).map_or_else(|| "~mem.999.9".to_owned(), |m| m.id),
        };
        let on = |route, body| Request {
            method: "POST",
            route,
            args: vec![org.clone()],
            body,
            who: who.clone(),
            ..Request::get("")
        };
        let one = |permission: &str| json!({"subject": subject, "permission": permission, "explain": true});
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
                let all: Vec<_> = place.rules.permissions.iter().map(|p| one(p)).collect();
                on("/organizations/{}/check/batch", json!({"checks": all}))
            }
            _ => {
                let shown: Vec<String> = self.model.sessions.iter().map(|s| s.secret.clone()).collect();
                let shown: Vec<String> =
                    shown.into_iter().chain(self.model.tokens.iter().map(|t| t.secret.clone())).collect();
                let token = self.dice.pick(&shown).cloned().unwrap_or_default();
                Request { args: Vec::new(), ..on("/introspect", json!({"token": token, "organization": org})) }
            }
        }
    }

    fn reads(&mut self, place: &Organization, org: String, who: Who) -> Request {
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
        match self.dice.below(14) {
            0..=2 => on("/organizations/{}/members", vec![org], vec![limit]),
            3 => on("/organizations/{}/members", vec![org], vec![limit, ("role", role)]),
            4 => {
                let status =
                    self.dice.word(&["active", "invited", "pending_approval", "deactivated", "removed", "odd"]);
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
            9 => on("/organizations/{}/audit-events", vec![org], vec![("limit", "40".to_owned())]),
            10 => on("/organizations/{}/policy", vec![org], Vec::new()),
            11 => on("/organizations/{}/roles", vec![org], Vec::new()),
            12 => on("/organizations", Vec::new(), Vec::new()),
            _ => on("/organizations/{}/tokens", vec![org], Vec::new()),
        }
    }
}

/// What a history of the model alone answers: route, status and code of each request.
pub fn answers(seed: u64, steps: usize) -> Vec<(String, u16, &'static str)> {
    let (mut model, mut elapsed_s) = (beginning(), 0);
    let mut answers = Vec::new();
    for item in history(seed, steps) {
        elapsed_s += item.later_s;
        let reply = model.perform(&item.request, item.step, 10 + item.step as i64 + elapsed_s);
        answers.push((format!("{} {}", item.request.method, item.request.route), reply.status, reply.code));
    }
    answers
}
