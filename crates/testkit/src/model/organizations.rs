//! Organizations and their policy; where a request takes place, and what it may do there.

use serde_json::{Map, Value, json};

use super::answers::organization_view;
use super::rules::{fits, is_slug, slug_of, tidy};
use super::{Call, Member, Model, Organization, Outcome, Rulebook, no};

/// An organization with the caller's place in it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub id: String,
    pub me: Member,
    /// What the credential carries; `None` is everything.
    pub scopes: Option<Vec<String>>,
}

impl Model {
    /// To anybody who is not an active member the organization does not exist.
    pub(super) fn place(&self, c: &Call<'_>, name: &str) -> Outcome<Place> {
        let caller = c.caller()?;
        let Some(organization) = self.organization(name) else { return no(404, "not_found") };
        let Some(me) = self.stands_as(organization, &caller.person) else { return no(404, "not_found") };
        self.let_in_by_tenant(organization)?;
        let (issued, scopes) = match (&caller.token, &caller.session) {
            (Some(id), _) => {
                let token = self.tokens.iter().find(|t| t.id == *id).expect("the caller's token");
                let elsewhere = token.organization.as_ref().is_some_and(|o| *o != organization.id)
                    || token.member.as_ref().is_some_and(|m| *m != me.id);
                if elsewhere {
                    return no(404, "not_found");
                }
                let mut scopes = token.scopes.clone();
                if scopes.is_none() && token.organization.is_some() && !token.program {
                    // Everything, but not making further tokens.
                    let all = organization.rules.permissions.iter().filter(|p| *p != "token.create");
                    scopes = Some(all.cloned().collect());
                }
                (caller.issued, scopes)
            }
            (None, id) => {
                let session = self.sessions.iter().find(|s| Some(&s.id) == id.as_ref()).expect("the session");
                let [idle_s, absolute_s] = organization.lengths_for(session.created);
                let over = self.now - session.seen_before > idle_s
                    || self.now - session.created > absolute_s
                    || session.created < me.sessions_from;
                if over {
                    return no(401, "auth.invalid");
                }
                (session.created, None)
            }
        };
        if issued < organization.valid_from {
            return no(401, "auth.invalid");
        }
        Ok(Place { id: organization.id.clone(), me, scopes })
    }

    /// Where a write takes place: the organization is taken.
    pub(super) fn take_place(&mut self, c: &Call<'_>, name: &str) -> Outcome<Place> {
        self.write(c)?;
        let place = self.place(c, name)?;
        self.take(&place.id);
        Ok(place)
    }

    pub(super) fn at(&self, place: &Place) -> &Organization {
        self.organization(&place.id).expect("the place")
    }

    /// Everything the caller may do here: what role and groups give and the credential lets through.
    pub(super) fn held(&self, place: &Place) -> Vec<String> {
        self.reaches(&place.me, place.scopes.as_ref(), None)
    }

    pub(super) fn may(&self, place: &Place, permission: &str) -> bool {
        self.held(place).iter().any(|p| p == permission)
    }

    pub(super) fn permit(&self, place: &Place, permission: &str) -> Outcome<()> {
        if self.may(place, permission) {
            return Ok(());
        }
        let anyhow = self.reaches(&place.me, None, None).iter().any(|p| p == permission);
        no(403, if anyhow { "token.scope_missing" } else { "access.denied" })
    }

    /// Makes an organization with its founder.
    pub fn found(&mut self, founder: &str, name: &str, slug: &str, rules: Rulebook) -> String {
        let (id, member) = (self.fresh("org"), self.fresh("mem"));
        let person = self.person(founder).expect("the founder").clone();
        let top = rules.roles[0].0.clone();
        self.organizations.push(Organization {
            id: id.clone(),
            slug: slug.to_owned(),
            name: name.to_owned(),
            rules,
            own: Vec::new(),
            tenant: None,
            above: Map::new(),
            policy: Map::new(),
            valid_from: i64::MIN,
            revision: 1,
            object: 1,
            deleted: false,
            lengths: Vec::new(),
            seats_told: 0,
            trail: Vec::new(),
        });
        self.members.push(Member {
            id: member,
            organization: id.clone(),
            person: Some(person.id),
            email: person.email,
            name: person.name,
            handle: person.handle,
            role: top,
            status: "active",
            origin: "founder",
            joined: true,
            program: false,
            sessions_from: i64::MIN,
            revision: 1,
        });
        self.tell(&id, "organization.created");
        self.tell(&id, "member.joined");
        id
    }

    pub(super) fn organizations_of_caller(&mut self, c: &Call<'_>) -> Outcome {
        let (me, bound) = (c.caller()?.person.clone(), self.bound(c)?);
        let active = |o: &&Organization| self.member_of(&o.id, &me).is_some_and(|m| m.status == "active");
        let reached = |o: &&Organization| !o.deleted && bound.as_ref().is_none_or(|only| *only == o.id);
        let items: Vec<Value> =
            self.organizations.iter().filter(reached).filter(active).map(organization_view).collect();
        Ok((200, json!({"items": {"$set": items}, "next": null})))
    }

    /// Organizations and people share one space of short names.
    fn name_is_taken(&self, slug: &str) -> bool {
        self.organization(slug).is_some() || self.people.iter().any(|p| p.handle.as_deref() == Some(slug))
    }

    pub(super) fn create_organization(&mut self, c: &Call<'_>) -> Outcome {
        let me = c.caller()?.person.clone();
        if self.bound(c)?.is_some() {
            return no(403, "organization.create_denied");
        }
        let wanted = c.text("preset").unwrap_or("standard");
        let Some(preset) = guildhall_domain::preset::built_in(wanted) else { return no(422, "preset.unknown") };
        let personal = c.asked.body["personal"] == json!(true);
        let rules = Rulebook::of(&preset);
        let closed = rules.policy["organization.created_by"] == json!("administrators");
        let by_tenant = personal || c.text("tenant").is_some();
        if closed && !by_tenant && !self.person(&me).is_some_and(|p| p.administrator) {
            return no(403, "organization.create_denied");
        }
        self.write(c)?;
        let above = self.tenant_for(c, personal)?;
        let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
        let slug = match c.text("slug") {
            Some(given) if !is_slug(given) => return no(422, "request.invalid"),
            Some(given) if self.name_is_taken(given) => return no(409, "organization.slug_taken"),
            Some(given) => given.to_owned(),
            None => {
                let base = slug_of(&name);
                let numbered = (2..).map(|n| format!("{base}-{n}"));
                let mut all = std::iter::once(base.clone()).chain(numbered);
                all.find(|slug| !self.name_is_taken(slug)).unwrap_or_default()
            }
        };
        let id = self.found(&me, &name, &slug, rules);
        if personal {
            self.organization_mut(&id).policy.insert("organization.personal".to_owned(), json!(true));
        }
        if let Some(tenant) = above {
            self.put_below(&id, &tenant);
        }
        Ok((201, organization_view(self.organization(&id).expect("just made"))))
    }

    pub(super) fn show_organization(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "organization.read")?;
        Ok((200, organization_view(self.at(&place))))
    }

    pub(super) fn rename_organization(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "organization.update")?;
        let here = self.at(&place).clone();
        c.seen(here.object)?;
        let name = match c.text("name") {
            Some(given) => tidy(given).map_or_else(|| no(422, "request.invalid"), Ok)?,
            None => here.name.clone(),
        };
        let slug = match c.text("slug") {
            Some(given) if !is_slug(given) => return no(422, "request.invalid"),
            Some(given) => given.to_owned(),
            None => here.slug.clone(),
        };
        if slug != here.slug && self.name_is_taken(&slug) {
            return no(409, "organization.slug_taken");
        }
        if (&name, &slug) != (&here.name, &here.slug) {
            let one = self.organization_mut(&place.id);
            (one.name, one.slug, one.object) = (name, slug, one.revision);
            self.tell(&place.id, "organization.renamed");
        }
        Ok((200, organization_view(self.at(&place))))
    }

    pub(super) fn delete_organization(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "organization.delete")?;
        let here = self.at(&place).clone();
        c.seen(here.object)?;
        if c.text("confirm") != Some(here.slug.as_str()) {
            return no(422, "organization.confirm_name");
        }
        self.organization_mut(&place.id).deleted = true;
        for token in self.tokens.iter_mut().filter(|t| t.organization.as_ref() == Some(&place.id)) {
            token.revoked = true;
        }
        self.tell_instance("organization.deleted");
        Ok((204, Value::Null))
    }

    fn policy_view(&self, place: &Place) -> Value {
        let here = self.at(place);
        let policy: Map<String, Value> = here.rules.policy.keys().map(|k| (k.clone(), here.knob(k))).collect();
        json!({"policy": policy, "revision": here.object})
    }

    pub(super) fn show_policy(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "policy.read")?;
        Ok((200, self.policy_view(&place)))
    }

    pub(super) fn change_policy(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "policy.update")?;
        let here = self.at(&place).clone();
        c.seen(here.object)?;
        let wanted = c.asked.body.as_object().cloned().unwrap_or_default();
        let mut after = here.clone();
        for (knob, value) in &wanted {
            if !here.rules.policy.contains_key(knob) {
                return no(422, "policy.unknown_knob");
            }
            if !here.rules.open.contains(knob) {
                return no(403, "policy.closed");
            }
            if !fits(knob, value) {
                return no(422, "policy.invalid_value");
            }
            let value = if value == "none" && (knob.ends_with("_s") || knob == "seats.max") {
                Value::Null
            } else {
                value.clone()
            };
            if here.rules.policy[knob] == value {
                after.policy.remove(knob);
            } else {
                after.policy.insert(knob.clone(), value);
            }
        }
        let default = after.knob("role.default").as_str().unwrap_or_default().to_owned();
        let leaving = after.knob("leave.allowed_for").as_array().cloned().unwrap_or_default();
        let mut named = leaving.iter().filter_map(Value::as_str).chain([default.as_str()]);
        if named.any(|role| role != "*" && !here.has_role(role)) || here.would_raise_all(&default) {
            return no(422, "role.unknown");
        }
        if after.policy != here.policy {
            let opened = !here.knob_is("approval.mode", "off")
                && after.knob_is("approval.mode", "off")
                && after.knob_is("approval.on_disable", "approve_all");
            let other_seats = here.knob("seats.max") != after.knob("seats.max");
            let one = self.organization_mut(&place.id);
            if other_seats {
                one.seats_told = 0;
            }
            let forgets = one.knob("token.value_again") == json!(true);
            (one.policy, one.object) = (after.policy, one.revision);
            self.keep_lengths(&here);
            self.tell(&place.id, "policy.changed");
            if forgets && !self.keeps_values(&place) {
                self.erase_values(&place.id);
            }
            if opened {
                self.approve_everybody(&place.id);
            }
        }
        Ok((200, self.policy_view(&place)))
    }

    pub(super) fn reset_organization(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "authentication.reset")?;
        let now = self.now;
        let one = self.organization_mut(&place.id);
        (one.valid_from, one.object) = (now, one.revision);
        self.tell(&place.id, "authentication.reset");
        Ok((204, Value::Null))
    }
}
