//! Tenants by themselves: who makes one, its people, its settings, its trail; and what ends every sign-in.
//! What they mean inside their organizations is in `beneath`.

use serde_json::{Map, Value, json};

use super::rules::{address, is_slug, key, slug_of, tidy};
use super::{Call, Letter, Model, Outcome, Person, Seconds, no};

/// A tenant.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub id: String,
    pub slug: String,
    name: String,
    pub(super) settings: Map<String, Value>,
    pub(super) valid_from: Seconds,
    /// Raised by every write.
    pub(super) revision: u64,
    /// Revision of the last change of the tenant itself.
    pub object: u64,
    pub people: Vec<TenantPerson>,
    trail: Vec<(u64, &'static str)>,
}

/// Somebody of a tenant: by identity, or by an address that counts for whoever proves it.
#[derive(Clone, Debug)]
pub struct TenantPerson {
    pub id: String,
    pub person: Option<String>,
    pub label: String,
    pub role: String,
}

fn usual() -> Map<String, Value> {
    let usual = json!({
        "trusted_domains": [], "personal_workspaces": false, "database_endpoint": true, "link_sharing": true,
        "token_max_life_s": null, "session_absolute_s": null, "sign_in_methods": [], "seats": null,
        "seat_mode": "warn",
    });
    usual.as_object().cloned().unwrap_or_default()
}

/// Whether a setting takes a value.
fn takes(name: &str, value: &Value) -> bool {
    let life = || value.is_null() || value.as_i64().is_some_and(|s| (60..=10 * 366 * 86_400).contains(&s));
    let words = |known: &dyn Fn(&str) -> bool| {
        value.as_array().is_some_and(|list| list.iter().all(|one| one.as_str().is_some_and(known)))
    };
    match name {
        "trusted_domains" => words(&|domain| domain.contains('.')),
        "sign_in_methods" => {
            words(&|way| ["password", "email_link", "oidc", "saml", "github", "google"].contains(&way))
        }
        "personal_workspaces" | "database_endpoint" | "link_sharing" => value.is_boolean(),
        "token_max_life_s" | "session_absolute_s" => life(),
        "seats" => value.is_null() || value.as_u64().is_some_and(|n| n > 0),
        _ => value == "warn" || value == "cap",
    }
}

fn person_view(one: &TenantPerson) -> Value {
    json!({"id": one.id, "label": one.label, "role": one.role})
}

impl Model {
    pub(super) fn dispatch_tenants(&mut self, c: &Call<'_>) -> Outcome {
        match (c.asked.method, c.asked.route) {
            ("GET", "/tenants") => self.list_tenants(c),
            ("POST", "/tenants") => self.create_tenant(c),
            ("GET", "/tenants/{}") => self.show_tenant(c),
            ("PATCH", "/tenants/{}") => self.rename_tenant(c),
            ("GET", "/tenants/{}/settings") => self.show_settings(c),
            ("PATCH", "/tenants/{}/settings") => self.change_settings(c),
            ("GET", "/tenants/{}/members") => self.list_tenant_people(c),
            ("POST", "/tenants/{}/members") => self.take_into_tenant(c),
            ("PATCH", "/tenants/{}/members/{}") => self.change_tenant_role(c),
            ("DELETE", "/tenants/{}/members/{}") => self.take_out_of_tenant(c),
            ("POST", "/tenants/{}/reset-authentication") => self.reset_tenant(c),
            ("GET", "/tenants/{}/audit-events") => self.tenant_trail(c),
            ("GET", "/tenants/{}/organizations") => self.list_below(c),
            ("GET", "/tenants/{}/resources") => self.list_tenant_resources(c),
            ("POST", "/tenants/{}/resources") => self.create_tenant_resource(c),
            ("PATCH", "/tenants/{}/resources/{}") => self.edit_tenant_resource(c),
            ("DELETE", "/tenants/{}/resources/{}") => self.delete_tenant_resource(c),
            ("POST", "/instance/reset-authentication") => self.reset_instance(c),
            _ => self.dispatch_bringing(c),
        }
    }

    /// Whoever an entry stands for at this moment.
    pub(super) fn stands_for<'a>(&'a self, one: &TenantPerson) -> Option<&'a Person> {
        match &one.person {
            Some(id) => self.person(id),
            None => self.prover(&one.label),
        }
    }

    /// What somebody is in a tenant, the most of it.
    pub(super) fn role_in(&self, tenant: &Tenant, person: &str) -> Option<String> {
        let theirs = tenant.people.iter().filter(|one| self.stands_for(one).is_some_and(|p| p.id == person));
        theirs.map(|one| one.role.clone()).max()
    }

    /// The tenant, when the caller belongs to it with a credential that reaches beyond organizations.
    pub(super) fn entered(&self, c: &Call<'_>, runs: bool) -> Outcome<(Tenant, String)> {
        self.entered_as(c, c.arg(0), runs)
    }

    pub(super) fn entered_as(&self, c: &Call<'_>, name: &str, runs: bool) -> Outcome<(Tenant, String)> {
        self.whole(c)?;
        let caller = c.caller()?;
        let found = self.tenants.iter().find(|t| t.id == name || t.slug == name).cloned();
        let Some(found) = found else { return no(404, "not_found") };
        let Some(role) = self.role_in(&found, &caller.person) else { return no(404, "not_found") };
        if runs && role != "owner" {
            return no(403, "access.denied");
        }
        if caller.issued < found.valid_from { no(401, "auth.invalid") } else { Ok((found, role)) }
    }

    /// The same for a write by an owner.
    pub(super) fn taken_tenant(&mut self, c: &Call<'_>) -> Outcome<Tenant> {
        self.whole(c)?;
        self.write(c)?;
        let (found, _) = self.entered(c, true)?;
        self.tenant_mut(&found.id).revision += 1;
        Ok(self.tenant_mut(&found.id).clone())
    }

    pub(super) fn tenant_mut(&mut self, id: &str) -> &mut Tenant {
        self.tenants.iter_mut().find(|t| t.id == id).expect("a tenant")
    }

    pub(super) fn tell_tenant(&mut self, id: &str, kind: &'static str) {
        self.told.push(kind);
        self.act(id, kind);
        let tenant = self.tenant_mut(id);
        tenant.trail.push((tenant.revision, kind));
    }

    fn tenant_view(tenant: &Tenant, role: &str) -> Value {
        json!({"id": tenant.id, "slug": tenant.slug, "name": tenant.name, "role": role, "revision": tenant.object})
    }

    fn create_tenant(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        self.write(c)?;
        let me = self.person(&c.caller()?.person).expect("the caller").clone();
        let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
        let taken = |slug: &str| self.tenants.iter().any(|t| t.slug == slug);
        let slug = match c.text("slug") {
            Some(given) if !is_slug(given) => return no(422, "request.invalid"),
            Some(given) => given.to_owned(),
            // Where its name is taken, it is called after its id.
            None if taken(&slug_of(&name)) => "$some".to_owned(),
            None => slug_of(&name),
        };
        if !me.administrator {
            return no(403, "tenant.create_denied");
        }
        if c.text("slug").is_some() && taken(&slug) {
            return no(409, "tenant.slug_taken");
        }
        let (id, place) = (self.fresh("tnt"), self.fresh("tmb"));
        let owner = TenantPerson { id: place, person: Some(me.id), label: me.email, role: "owner".to_owned() };
        let made = Tenant {
            id: id.clone(),
            slug,
            name,
            settings: usual(),
            valid_from: i64::MIN,
            revision: 1,
            object: 1,
            people: vec![owner],
            trail: Vec::new(),
        };
        self.tenants.push(made.clone());
        self.tell_tenant(&id, "tenant.created");
        Ok((201, Self::tenant_view(&made, "owner")))
    }

    fn list_tenants(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let me = c.caller()?.person.clone();
        let mine = self.tenants.iter().filter_map(|t| Some((t, self.role_in(t, &me)?)));
        let items: Vec<Value> = mine.map(|(t, role)| Self::tenant_view(t, &role)).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    fn show_tenant(&mut self, c: &Call<'_>) -> Outcome {
        let (found, role) = self.entered(c, false)?;
        Ok((200, Self::tenant_view(&found, &role)))
    }

    fn rename_tenant(&mut self, c: &Call<'_>) -> Outcome {
        let found = self.taken_tenant(c)?;
        c.seen(found.object)?;
        let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
        if name != found.name {
            let one = self.tenant_mut(&found.id);
            (one.name, one.object) = (name, one.revision);
            self.tell_tenant(&found.id, "tenant.renamed");
        }
        Ok((200, Self::tenant_view(self.tenant_mut(&found.id), "owner")))
    }

    fn settings_view(tenant: &Tenant) -> Value {
        json!({"settings": tenant.settings, "people": tenant.people.len(), "revision": tenant.object})
    }

    fn show_settings(&mut self, c: &Call<'_>) -> Outcome {
        let (found, _) = self.entered(c, true)?;
        Ok((200, Self::settings_view(&found)))
    }

    fn change_settings(&mut self, c: &Call<'_>) -> Outcome {
        let found = self.taken_tenant(c)?;
        c.seen(found.object)?;
        let mut after = found.settings.clone();
        for (name, value) in c.asked.body.as_object().cloned().unwrap_or_default() {
            if !after.contains_key(&name) || !takes(&name, &value) {
                return no(422, "request.invalid");
            }
            after.insert(name, value);
        }
        let ways = &after["sign_in_methods"];
        let back = *ways == json!([])
            || (c.caller()?.session.is_some() && ways.as_array().is_some_and(|ways| ways.contains(&json!("password"))));
        if *ways != found.settings["sign_in_methods"] && !back {
            return no(409, "tenant.locks_out");
        }
        // Nobody below goes by rules of before.
        let below = self.take_below(&found.id);
        if after != found.settings {
            self.lay_over(&below, &after);
            let one = self.tenant_mut(&found.id);
            (one.settings, one.object) = (after, one.revision);
            self.tell_tenant(&found.id, "tenant.settings_changed");
        }
        Ok((200, Self::settings_view(self.tenant_mut(&found.id))))
    }

    fn list_tenant_people(&mut self, c: &Call<'_>) -> Outcome {
        let (found, _) = self.entered(c, true)?;
        Ok((200, json!({"items": found.people.iter().map(person_view).collect::<Vec<_>>()})))
    }

    fn tenant_trail(&mut self, c: &Call<'_>) -> Outcome {
        let (found, _) = self.entered(c, true)?;
        let newest_first = found.trail.iter().rev();
        let items: Vec<Value> =
            newest_first.map(|(revision, kind)| json!({"revision": revision, "type": kind})).collect();
        Ok((200, json!({"items": items})))
    }

    fn take_into_tenant(&mut self, c: &Call<'_>) -> Outcome {
        let found = self.taken_tenant(c)?;
        let role = c.text("role").unwrap_or("member").to_owned();
        if !["owner", "member"].contains(&role.as_str()) {
            return no(422, "role.unknown");
        }
        // The person, the address by which the tenant trusts them, and the name of the place.
        let (person, trusted, label) = match (c.text("handle"), c.text("email")) {
            (Some(handle), None) => {
                let named = handle.trim_start_matches('@');
                let Some(person) = self.people.iter().find(|p| p.handle.as_deref() == Some(named)) else {
                    return no(422, "tenant.member_unknown");
                };
                let proved = Some(person.email.clone()).filter(|_| person.verified);
                (Some(person.id.clone()), proved, format!("@{named}"))
            }
            (None, Some(given)) => match address(given) {
                Some(email) => (self.prover(&email).map(|p| p.id.clone()), Some(email.clone()), email),
                None => return no(422, "email.invalid"),
            },
            _ => return no(422, "request.invalid"),
        };
        let already = match &person {
            Some(id) => self.role_in(&found, id).is_some(),
            None => found.people.iter().any(|one| {
                let named_so = one.person.is_none() && key(&one.label) == key(&label);
                named_so || self.prover(&label).is_some_and(|p| one.person.as_ref() == Some(&p.id))
            }),
        };
        if already {
            return no(409, "tenant.member_already");
        }
        let domains = found.settings["trusted_domains"].as_array().cloned().unwrap_or_default();
        let domain = trusted.and_then(|email| key(&email).rsplit_once('@').map(|(_, d)| json!(d)));
        if !domains.is_empty() && !domain.is_some_and(|domain| domains.contains(&domain)) {
            return no(403, "tenant.domain");
        }
        let (most, before) = (found.settings["seats"].as_u64(), found.people.len() as u64);
        if found.settings["seat_mode"] == "cap" && most.is_some_and(|most| before >= most) {
            return no(409, "tenant.seats");
        }
        let made = TenantPerson { id: self.fresh("tmb"), person, label, role };
        self.tenant_mut(&found.id).people.push(made.clone());
        self.tell_tenant(&found.id, "tenant.member_added");
        let reached = |people: u64| {
            let most = most?;
            [75, 100, 125, 200, 300, 500, 1_000].into_iter().rfind(|percent| people * 100 >= most * percent)
        };
        if reached(before + 1).is_some() && reached(before + 1) != reached(before) {
            let now = self.tenant_mut(&found.id).clone();
            let owners = now.people.iter().filter(|one| one.role == "owner").filter_map(|one| self.stands_for(one));
            let owners: Vec<String> = owners.map(|p| p.email.clone()).collect();
            for to in owners {
                self.letters.push(Letter { to, kind: "tenant_seats", secret: String::new() });
            }
        }
        Ok((201, person_view(&made)))
    }

    fn somebody_of(tenant: &Tenant, id: &str) -> Outcome<TenantPerson> {
        tenant.people.iter().find(|one| one.id == id).cloned().map_or_else(|| no(404, "not_found"), Ok)
    }

    /// A tenant keeps an owner who can sign in.
    fn not_the_last_owner(&self, tenant: &Tenant, one: &TenantPerson) -> Outcome<()> {
        let mut others = tenant.people.iter().filter(|other| other.id != one.id && other.role == "owner");
        let other = others.any(|other| self.stands_for(other).is_some());
        if one.role == "owner" && !other { no(409, "tenant.last_owner") } else { Ok(()) }
    }

    fn change_tenant_role(&mut self, c: &Call<'_>) -> Outcome {
        let found = self.taken_tenant(c)?;
        let mut one = Self::somebody_of(&found, c.arg(1))?;
        let role = c.text("role").unwrap_or_default().to_owned();
        if !["owner", "member"].contains(&role.as_str()) {
            return no(422, "role.unknown");
        }
        if role != one.role {
            self.not_the_last_owner(&found, &one)?;
            one.role = role;
            let people = &mut self.tenant_mut(&found.id).people;
            people.iter_mut().filter(|other| other.id == one.id).for_each(|other| *other = one.clone());
            self.tell_tenant(&found.id, "tenant.member_role_changed");
        }
        Ok((200, person_view(&one)))
    }

    fn take_out_of_tenant(&mut self, c: &Call<'_>) -> Outcome {
        let found = self.taken_tenant(c)?;
        let one = Self::somebody_of(&found, c.arg(1))?;
        self.not_the_last_owner(&found, &one)?;
        self.tenant_mut(&found.id).people.retain(|other| other.id != one.id);
        self.tell_tenant(&found.id, "tenant.member_removed");
        Ok((204, Value::Null))
    }

    fn reset_tenant(&mut self, c: &Call<'_>) -> Outcome {
        let found = self.taken_tenant(c)?;
        let below = self.take_below(&found.id);
        self.tenant_mut(&found.id).valid_from = self.now;
        self.tell_tenant(&found.id, "tenant.authentication_reset");
        self.reset_below(&below);
        Ok((204, Value::Null))
    }

    fn reset_instance(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        self.write(c)?;
        if !self.person(&c.caller()?.person).is_some_and(|p| p.administrator) {
            return no(403, "instance.administrator_required");
        }
        self.valid_from = self.now;
        self.tell_instance("instance.authentication_reset");
        Ok((204, Value::Null))
    }
}
