//! Random histories. The generator looks at the model to choose requests that mean something, and
//! strays from sense now and then: wrong ids, dead secrets, stale revisions, repeated keys.

mod beneath;
mod bringing;
mod dice;
mod limits;
mod people;
mod places;
mod programs;
mod roles;
mod scopes;
mod sharing;
mod tenants;

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::model::{Member, Model, Organization, Request, Who};
use serde_json::json;

pub use dice::Dice;

use crate::world::{Item, beginning};

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
    /// Whether the history begins with a tenant that has organizations and people.
    housed: bool,
}

/// A history of `steps` requests; the same seed makes the same one.
pub fn history(seed: u64, steps: usize) -> Vec<Item> {
    let (dice, model) = (Dice::new(seed), beginning());
    let mut generator = Generator {
        dice,
        model,
        keyed: Vec::new(),
        moves: 0,
        step: 0,
        now: 0,
        again: None,
        housed: seed.is_multiple_of(2),
    };
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
        if self.housed
            && let Some(one) = self.house()
        {
            return one;
        }
        if self.dice.percent(5)
            && let Some(again) = self.repetition()
        {
            return again;
        }
        let mut request = self.fresh();
        let write = request.method != "GET";
        let asks = ["/introspect", "/check", "/access/"].iter().any(|part| request.route.contains(part));
        let previewed = !asks;
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
        if self.dice.percent(if self.housed { 55 } else { 25 })
            && let Some(below) = self.place_below()
        {
            return below;
        }
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
        let secrets = tokens.flat_map(|t| [Some(t.secret.clone()), t.old.as_ref().map(|(old, ..)| old.clone())]);
        let sessions = sessions.map(|s| Who::Session(s.secret.clone()));
        sessions.chain(secrets.flatten().map(Who::Token)).collect()
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
    fn actor(&mut self, place: &Organization) -> Result<Who, Box<Request>> {
        if self.dice.percent(35)
            && let Some(owner) = self.owner_above(place)
        {
            return owner;
        }
        let (top, chance) = (place.top().to_owned(), self.dice.below(100));
        // A program without a token cannot sign in.
        let able = |m: &&Member| !m.program || !self.keys_of(m.person.as_deref().unwrap_or_default()).is_empty();
        let active = |m: &&Member| m.organization == place.id && m.status == "active";
        let here: Vec<_> = self.model.members.iter().filter(active).filter(able).cloned().collect();
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
            None => Err(Box::new(self.sign_in_of(&chosen))),
        }
    }

    fn sign_in_of(&self, person: &str) -> Request {
        let person = self.model.people.iter().find(|p| p.id == person).unwrap_or(&self.model.people[0]);
        if person.password.is_empty() {
            return self.first_password(person);
        }
        let body = json!({"email": person.email, "password": person.password});
        Request { method: "POST", route: "/session", body, who: Who::Anybody, ..Request::get("") }
    }

    fn member(&mut self, place: &Organization) -> Option<Member> {
        let here: Vec<_> = self.model.members.iter().filter(|m| m.organization == place.id).cloned().collect();
        let odd: Vec<_> = here.iter().filter(|m| !["active", "invited"].contains(&m.status)).cloned().collect();
        let waiting: Vec<_> = here
            .iter()
            .filter(|m| ["pending_approval", "requested", "deactivated"].contains(&m.status))
            .cloned()
            .collect();
        match self.dice.below(12) {
            0 => self.dice.pick(&self.model.members).cloned(),
            1 | 2 => self.dice.pick(&odd).cloned(),
            3 | 4 if !waiting.is_empty() => self.dice.pick(&waiting).cloned(),
            _ => self.dice.pick(&here).cloned(),
        }
    }

    /// The membership of whoever has this credential.
    fn oneself(&self, place: &Organization, who: &Who) -> Option<Member> {
        let person = match who {
            Who::Session(secret) => self.model.sessions.iter().find(|s| s.secret == *secret)?.person.clone(),
            Who::Token(secret) => self.model.tokens.iter().find(|t| t.secret == *secret)?.person.clone(),
            _ => return None,
        };
        let mut here = self.model.members.iter().filter(|m| m.organization == place.id && m.status == "active");
        here.find(|m| m.person.as_ref() == Some(&person)).cloned()
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

    fn fresh(&mut self) -> Request {
        let place = self.place();
        let org = self.name_of(&place);
        let actor = match self.actor(&place) {
            Ok(actor) => actor,
            Err(sign_in) => return *sign_in,
        };
        if self.step >= 30 && self.dice.percent(14) {
            return self.beside(&place, org, actor);
        }
        // At first people come; then they have something to do with each other.
        let choice = match self.step {
            0..40 => 22 + self.dice.below(34),
            40..60 if self.dice.percent(15) => 214,
            40..60 => 100 + self.dice.below(34),
            _ => self.dice.below(240),
        };
        match choice {
            0..=27 => self.about_members(&place, org, actor),
            28..=39 => self.about_invitations(&place, org, actor),
            40..=52 => self.coming_in(&place),
            53..=55 => self.signing_in(),
            56..=66 => self.about_oneself(actor),
            67..=74 => self.about_tokens(&place, org, actor),
            75..=84 => self.about_organizations(&place, org, actor),
            85..=89 => self.questions(&place, org, actor),
            100..=109 => self.about_groups(&place, org, actor),
            110..=124 => self.about_resources(&place, org, actor),
            125..=147 => self.about_grants(&place, org, actor),
            148..=157 => self.about_roles(&place, org, actor),
            158..=181 => self.about_sharing(&place, org, actor),
            182..=193 => self.about_limits(&place, org, actor),
            194..=213 => self.about_programs(&place, org, actor),
            214.. => self.about_tenants(actor),
            _ => self.reads(&place, org, actor),
        }
    }
}

/// What a history of the model alone answers: route, status and code of each request, and of each item of an import.
pub fn answers(seed: u64, steps: usize) -> Vec<(String, u16, String)> {
    let (mut model, mut elapsed_s) = (beginning(), 0);
    let mut answers = Vec::new();
    for item in history(seed, steps) {
        elapsed_s += item.later_s;
        let reply = model.perform(&item.request, item.step, 10 + item.step as i64 + elapsed_s);
        let operation = format!("{} {}", item.request.method, item.request.route);
        let imported = reply.body["items"].as_array().filter(|_| operation.ends_with("/import"));
        for one in imported.into_iter().flatten() {
            let code = one["code"].as_str().or_else(|| one["status"].as_str()).unwrap_or_default();
            answers.push((operation.clone(), reply.status, format!("import: {code}")));
        }
        answers.push((operation, reply.status, reply.code.to_owned()));
    }
    answers
}
