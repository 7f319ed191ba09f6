//! Requests about what tenants have below them: their organizations, people's own ones, and resources from above.

use guildhall_testkit::model::{Organization, Request, Tenant, TenantResource, Who};
use serde_json::{Value, json};

use super::{Generator, PASSWORD};

/// Who has a place in the tenant of a house, and which.
const HOUSEHOLD: [(&str, &str); 3] =
    [("ann@acme.test", "owner"), ("bob@acme.test", "owner"), ("cy@other.test", "member")];

impl Generator {
    /// How a history with a tenant begins: two organizations below it, two more owners and a member, who work elsewhere.
    pub(super) fn house(&mut self) -> Option<Request> {
        let who = Who::Token(self.model.tokens[0].secret.clone());
        let by_owner = |route, args: &[&str], body| Request {
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            who: who.clone(),
            body,
            ..Request::on("POST", route)
        };
        let below = |slug: &str, preset: &str| {
            by_owner("/organizations", &[], json!({"name": slug, "slug": slug, "preset": preset, "tenant": "big"}))
        };
        Some(match self.step {
            1 => by_owner("/tenants", &[], json!({"name": "Big", "slug": "big"})),
            2 => below("lab", "standard"),
            3 => below("works", self.dice.word(&["cloudtruth", "pipes-enterprise"])),
            4..=6 => {
                let (email, role) = HOUSEHOLD[self.step - 4];
                by_owner("/tenants/{}/members", &["big"], json!({"email": email, "role": role}))
            }
            7 => {
                let asked = by_owner("/tenants/{}/settings", &["big"], json!({"personal_workspaces": true}));
                Request { method: "PATCH", ..asked }
            }
            8 => {
                let list: Vec<Value> =
                    HOUSEHOLD.iter().map(|(email, _)| json!({"email": email, "role": "member"})).collect();
                by_owner("/organizations/{}/invitations", &["acme"], json!({"invitations": list}))
            }
            9..=11 => {
                let email = HOUSEHOLD[self.step - 9].0;
                let secret = self.model.invitations.iter().find(|i| i.email == email).map(|i| i.secret.clone());
                let body = json!({"token": secret, "name": email, "password": PASSWORD});
                Request { body, ..Request::on("POST", "/invitations/accept") }
            }
            _ => return None,
        })
    }

    /// An organization of some tenant, if there is one.
    pub(super) fn place_below(&mut self) -> Option<Organization> {
        let below = |o: &&Organization| !o.deleted && o.tenant.is_some();
        let all: Vec<_> = self.model.organizations.iter().filter(below).cloned().collect();
        self.dice.pick(&all).cloned()
    }

    /// An owner of the tenant above, with a credential that opens the organization; or they sign in first.
    pub(super) fn owner_above(&mut self, place: &Organization) -> Option<Result<Who, Box<Request>>> {
        let above = self.model.tenants.iter().find(|t| place.tenant.as_ref() == Some(&t.id)).cloned()?;
        let owners = above.people.iter().filter(|one| one.role == "owner");
        let owners: Vec<String> = owners.filter_map(|one| self.person_of(one)).collect();
        let chosen = self.dice.pick(&owners).cloned()?;
        let now = self.now;
        let mut keys = self.keys_of(&chosen);
        keys.retain(|who| self.model.opens(who, &place.id, now));
        match self.dice.pick(&keys).cloned() {
            Some(key) => Some(Ok(key)),
            None => self.dice.percent(50).then(|| Err(Box::new(self.sign_in_of(&chosen)))),
        }
    }

    /// Somebody of the tenant as a question names them: by person, by address, or as they stand there.
    pub(super) fn somebody_above(&mut self, place: &Organization) -> Option<String> {
        let above = self.model.tenants.iter().find(|t| place.tenant.as_ref() == Some(&t.id)).cloned()?;
        let one = self.dice.pick(&above.people).cloned()?;
        let id = self.person_of(&one)?;
        match self.dice.below(3) {
            0 => self.model.people.iter().find(|p| p.id == id).map(|p| p.email.clone()),
            1 => Some(id.replacen("~usr", "~mem.above", 1)),
            _ => Some(id),
        }
    }

    pub(super) fn about_below(&mut self, tenant: &Tenant, name: String, who: Who) -> Request {
        match self.dice.below(13) {
            0 => Request { args: vec![name], who, ..Request::get("/tenants/{}/organizations") },
            10.. => self.ones_own(name, who),
            1..=3 => self.organization_below(name, who),
            _ => self.resources_above(tenant, name, who),
        }
    }

    /// Somebody enters what is their own, and the tenant shuts it.
    fn ones_own(&mut self, name: String, who: Who) -> Request {
        let own =
            |o: &&Organization| !o.deleted && o.tenant.is_some() && o.policy.contains_key("organization.personal");
        let all: Vec<_> = self.model.organizations.iter().filter(own).cloned().collect();
        let Some(place) = self.dice.pick(&all).cloned() else {
            return Request { args: vec![name], who, ..Request::get("/tenants/{}") };
        };
        if place.above["personal_workspaces"] == json!(true) && self.dice.percent(60) {
            let body = json!({"personal_workspaces": false});
            return Request { args: vec![name], body, who, ..Request::on("PATCH", "/tenants/{}/settings") };
        }
        let here = self.model.members.iter().filter(|m| m.organization == place.id);
        let here: Vec<_> = here.filter_map(|m| m.person.clone()).collect();
        let keys = self.dice.pick(&here).map(|person| self.keys_of(person)).unwrap_or_default();
        let who = self.dice.pick(&keys).cloned().unwrap_or(who);
        Request { args: vec![place.slug], who, ..Request::get("/organizations/{}") }
    }

    /// A new organization of the tenant, or one of somebody's own there or in no tenant.
    fn organization_below(&mut self, name: String, who: Who) -> Request {
        let personal = self.dice.percent(35);
        let sessions: Vec<_> = self.model.sessions.iter().map(|s| Who::Session(s.secret.clone())).collect();
        let who = if personal { self.dice.pick(&sessions).cloned().unwrap_or(who) } else { who };
        let mut body = json!({
            "name": self.dice.word(&["Lab", "Works", "Lab", " "]),
            "preset": self.dice.word(&["standard", "standard", "cloudtruth", "pipes-enterprise", "none"]),
        });
        if !personal || self.dice.percent(60) {
            body["tenant"] = json!(name);
        }
        if personal {
            body["personal"] = json!(true);
        }
        Request { body, who, ..Request::on("POST", "/organizations") }
    }

    fn resources_above(&mut self, tenant: &Tenant, name: String, who: Who) -> Request {
        let mine: Vec<TenantResource> =
            self.model.shared_out.iter().filter(|r| r.tenant == tenant.id).cloned().collect();
        let found = self.dice.pick(&mine).cloned();
        let ids: Vec<_> = found.iter().map(|r| r.id.clone()).collect();
        let id = self.one_of(&ids, "tnr");
        let if_match = found.and_then(|r| self.seen(r.revision));
        let on = |method, route, args: Vec<String>, body| Request {
            args,
            body,
            who: who.clone(),
            ..Request::on(method, route)
        };
        match self.dice.below(8) {
            0 => on("GET", "/tenants/{}/resources", vec![name], Value::Null),
            1 => Request { if_match, ..on("DELETE", "/tenants/{}/resources/{}", vec![name, id], Value::Null) },
            2..=4 if !mine.is_empty() => {
                let mut body = json!({});
                if self.dice.percent(60) {
                    body["organizations"] = self.destinations(tenant);
                }
                if self.dice.percent(60) {
                    body["name"] = json!(self.dice.word(&["AWS", "Cloud", "AWS", ""]));
                }
                Request { if_match, ..on("PATCH", "/tenants/{}/resources/{}", vec![name, id], body) }
            }
            _ => {
                let body = json!({
                    "type": self.dice.word(&["workspace", "project", "workspace", "snapshot", "connection", "connection", "rocket"]),
                    "name": self.dice.word(&["AWS", "GitHub", "AWS", " "]),
                    "organizations": self.destinations(tenant),
                });
                on("POST", "/tenants/{}/resources", vec![name], body)
            }
        }
    }

    fn destinations(&mut self, tenant: &Tenant) -> Value {
        if self.dice.percent(35) {
            return json!(["*"]);
        }
        let below = self.model.organizations.iter().filter(|o| o.tenant.as_ref() == Some(&tenant.id));
        let mut names: Vec<String> = below.map(|o| o.id.clone()).collect();
        names.retain(|_| self.dice.percent(60));
        if self.dice.percent(6) {
            names.push("acme".to_owned());
        }
        json!(names)
    }

    /// What a tenant keeps in an organization, mostly tried to be changed there.
    pub(super) fn about_kept(&mut self, place: &Organization, org: String, who: Who) -> Option<Request> {
        let here = self.model.kept_here.iter().filter(|kept| kept.organization == place.id);
        let here: Vec<_> = here.map(|kept| kept.resource.clone()).collect();
        let args = vec![org, self.dice.pick(&here).cloned()?];
        let on =
            |method, route, body| Request { args: args.clone(), body, who: who.clone(), ..Request::on(method, route) };
        let link = json!({"role": self.dice.word(&["viewer", "owner", "reader"])});
        Some(match self.dice.below(10) {
            6..=8 => on("POST", "/organizations/{}/resources/{}/share-links", link),
            0 => on("PATCH", "/organizations/{}/resources/{}", json!({"name": "Ours"})),
            1 => on("DELETE", "/organizations/{}/resources/{}", Value::Null),
            2 => on("POST", "/organizations/{}/resources/{}/transfer", json!({"to": self.somebody(place)})),
            3 => {
                let subject = json!({"type": "member", "id": self.somebody(place)});
                on("POST", "/organizations/{}/resources/{}/grants", json!({"subject": subject, "role": "viewer"}))
            }
            _ => on("GET", "/organizations/{}/resources/{}", Value::Null),
        })
    }
}
