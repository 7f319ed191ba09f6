//! One's own identity, signing in and out, sessions, mailed links.

use serde_json::{Value, json};

use super::answers::organization_view;
use super::rules::{address, is_slug, key, tidy};
use super::{Call, LINK_LIFE_S, Letter, Link, Model, Outcome, SESSION_LIFE_S, Session, no};

const CLAIMANTS: usize = 4;

impl Model {
    /// Begins a session and hands out its cookie.
    pub(super) fn begin_session(&mut self, person: &str) {
        let (id, secret) = (self.fresh("ses"), self.fresh("cookie"));
        self.sessions.push(Session {
            id,
            secret: secret.clone(),
            person: person.to_owned(),
            created: self.now,
            seen: self.now,
            seen_before: self.now,
            expires: self.now + SESSION_LIFE_S,
        });
        self.cookie = Some(secret);
        self.act_of(person, "session.started");
    }

    /// Ends the sessions of a person, all but one.
    pub(super) fn end_sessions(&mut self, person: &str, except: Option<&str>) {
        self.sessions.retain(|s| s.person != person || Some(s.id.as_str()) == except);
        self.tell_instance("identity.sessions_ended");
    }

    /// Mails a link; earlier ones of its kind are dead.
    pub(super) fn mail_link(&mut self, kind: &'static str, person: &str, email: &str) {
        let secret = self.fresh(kind);
        self.links.retain(|l| l.kind != kind || l.person != person);
        let letter = if kind == "reset" { "password_reset" } else { "email_verification" };
        self.letters.push(Letter { to: email.to_owned(), kind: letter, secret: secret.clone() });
        let (person, email, expires) = (person.to_owned(), email.to_owned(), self.now + LINK_LIFE_S);
        self.links.push(Link { kind, person, email, secret, expires });
    }

    fn open_link(&self, kind: &str, secret: Option<&str>) -> Outcome<Link> {
        let found = self.links.iter().find(|l| l.kind == kind && Some(l.secret.as_str()) == secret);
        found.filter(|l| l.expires > self.now).cloned().map_or_else(|| no(410, "link.invalid"), Ok)
    }

    pub(super) fn password_fits(password: Option<&str>) -> Outcome<String> {
        match password {
            Some(good) if good.chars().count() >= 8 => Ok(good.to_owned()),
            _ => no(422, "request.invalid"),
        }
    }

    /// The organization a token is bound to.
    pub(super) fn bound(&self, c: &Call<'_>) -> Outcome<Option<String>> {
        let token = c.caller()?.token.as_ref().and_then(|id| self.tokens.iter().find(|t| &t.id == id));
        Ok(token.and_then(|t| t.organization.clone()))
    }

    /// A token made for one organization or purpose does not reach its holder's account.
    pub(super) fn whole(&self, c: &Call<'_>) -> Outcome<()> {
        if self.bound(c)?.is_some() { no(403, "token.scope_missing") } else { Ok(()) }
    }

    fn me_of(&self, c: &Call<'_>) -> Outcome<Value> {
        let caller = c.caller()?;
        let bound = self.bound(c)?;
        let mut memberships = Vec::new();
        for member in &self.members {
            let here = member.person.as_ref() == Some(&caller.person)
                && ["active", "pending_approval", "requested"].contains(&member.status)
                && bound.as_ref().is_none_or(|only| *only == member.organization);
            if let Some(organization) = self.organization(&member.organization).filter(|_| here) {
                memberships.push(json!({
                    "organization": organization_view(organization),
                    "membership": self.whole_member(member),
                    "role": member.role,
                }));
            }
        }
        let token = caller.token.as_ref().and_then(|id| self.tokens.iter().find(|t| &t.id == id));
        let credential = match &caller.session {
            Some(id) => json!({"type": "session", "id": id, "scopes": null}),
            None => json!({"type": "token", "id": caller.token, "scopes": token.and_then(|t| t.scopes.clone())}),
        };
        let identity = match self.person(&caller.person) {
            Some(person) => json!({
                "id": person.id, "type": "person", "email": person.email, "email_verified": person.verified,
                "name": person.name, "handle": person.handle, "administrator": person.administrator,
            }),
            None => json!({
                "id": caller.person, "type": "service_account", "email": null, "email_verified": false,
                "handle": null, "administrator": false,
            }),
        };
        Ok(json!({
            "identity": identity,
            "credential": credential,
            "memberships": {"$set": memberships},
        }))
    }

    pub(super) fn me(&mut self, c: &Call<'_>) -> Outcome {
        Ok((200, self.me_of(c)?))
    }

    pub(super) fn edit_me(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let me = c.caller()?.person.clone();
        let name = match c.text("name") {
            Some(given) => Some(tidy(given).map_or_else(|| no(422, "request.invalid"), Ok)?),
            None => None,
        };
        let handle = match c.text("handle") {
            Some("") => Some(None),
            Some(given) if is_slug(given) => Some(Some(given.to_owned())),
            Some(_) => return no(422, "request.invalid"),
            None => None,
        };
        let email = match c.text("email") {
            Some(given) => Some(address(given).map_or_else(|| no(422, "email.invalid"), Ok)?),
            None => None,
        };
        self.write(c)?;
        let person = self.person(&me).expect("the caller").clone();
        let taken = |wanted: &String| self.people.iter().any(|p| p.handle.as_ref() == Some(wanted) && p.id != me);
        let fresh = handle.clone().flatten().filter(|wanted| person.handle.as_ref() != Some(wanted));
        let an_organization = fresh.is_some_and(|wanted| self.organization(&wanted).is_some());
        if an_organization || handle.clone().flatten().as_ref().is_some_and(taken) {
            return no(409, "handle.taken");
        }
        let (new_name, new_handle) =
            (name.unwrap_or_else(|| person.name.clone()), handle.unwrap_or_else(|| person.handle.clone()));
        if new_name != person.name || new_handle != person.handle {
            for one in self.people.iter_mut().filter(|p| p.id == me) {
                (one.name, one.handle) = (new_name.clone(), new_handle.clone());
            }
            self.show_everywhere(&me);
            self.tell_instance("identity.edited");
        }
        if let Some(email) = email.filter(|email| *email != person.email || !person.verified) {
            self.mail_link("verify", &me, &email);
        }
        Ok((200, self.me_of(c)?))
    }

    /// Memberships show what their person shows.
    fn show_everywhere(&mut self, id: &str) {
        let person = self.person(id).expect("a person").clone();
        for member in &mut self.members {
            if member.person.as_deref() == Some(id) && member.status != "removed" {
                (member.name, member.handle) = (person.name.clone(), person.handle.clone());
                member.email = person.email.clone();
            }
        }
    }

    pub(super) fn prove(&mut self, person: &str, email: &str) {
        for one in self.people.iter_mut().filter(|p| p.id == person) {
            (one.email, one.verified) = (email.to_owned(), true);
        }
        self.show_everywhere(person);
        self.tell_instance("identity.email_verified");
    }

    pub(super) fn sign_in(&mut self, c: &Call<'_>) -> Outcome {
        let (email, password) = (c.text("email").unwrap_or_default(), c.text("password").unwrap_or_default());
        let mut known: Vec<_> = self.people.iter().filter(|p| key(&p.email) == key(email)).collect();
        known.sort_by_key(|p| !p.verified);
        known.truncate(CLAIMANTS);
        let Some(person) = known.into_iter().find(|p| p.opens_with(password)).cloned() else {
            return no(401, "auth.wrong_credentials");
        };
        if self.must_prove(c, &person) {
            return no(403, "auth.unproved");
        }
        self.write(c)?;
        self.arrive_on_signing_in(&person.id);
        self.begin_session(&person.id);
        Ok((200, json!({"identity": {"id": person.id, "email": person.email, "name": person.name}})))
    }

    pub(super) fn sign_out(&mut self, c: &Call<'_>) -> Outcome {
        let Some(session) = c.caller()?.session.clone() else { return no(401, "auth.required") };
        self.sessions.retain(|s| s.id != session);
        self.tell_instance("session.ended");
        Ok((204, Value::Null))
    }

    pub(super) fn my_sessions(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let caller = c.caller()?;
        let mine = self.sessions.iter().filter(|s| s.person == caller.person && s.expires > self.now);
        let items: Vec<Value> =
            mine.map(|s| json!({"id": s.id, "current": caller.session.as_ref() == Some(&s.id)})).collect();
        Ok((200, json!({"items": {"$set": items}, "next": null})))
    }

    pub(super) fn end_other_sessions(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let caller = c.caller()?.clone();
        self.end_sessions(&caller.person, caller.session.as_deref());
        Ok((204, Value::Null))
    }

    pub(super) fn end_session(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let (me, session) = (c.caller()?.person.clone(), c.arg(0).to_owned());
        if !self.sessions.iter().any(|s| s.person == me && s.id == session) {
            return no(404, "not_found");
        }
        self.sessions.retain(|s| s.id != session);
        self.tell_instance("session.ended");
        Ok((204, Value::Null))
    }

    pub(super) fn change_password(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let caller = c.caller()?.clone();
        let fresh = Self::password_fits(c.text("password"))?;
        self.write(c)?;
        if !self.person(&caller.person).expect("the caller").opens_with(c.text("current").unwrap_or_default()) {
            return no(403, "password.wrong");
        }
        self.set_password(&caller.person, fresh, caller.session.as_deref());
        Ok((204, Value::Null))
    }

    fn set_password(&mut self, person: &str, password: String, keep: Option<&str>) {
        for one in self.people.iter_mut().filter(|p| p.id == person) {
            one.password.clone_from(&password);
        }
        self.tell_instance("identity.password_changed");
        self.end_sessions(person, keep);
    }

    pub(super) fn forgot(&mut self, c: &Call<'_>) -> Outcome {
        let Some(email) = c.text("email").and_then(address) else { return no(422, "email.invalid") };
        // A preview tells nobody whether there is an account.
        if c.asked.dry_run {
            return Ok((204, Value::Null));
        }
        self.write(c)?;
        self.act("", "password.reset_asked");
        if let Some(person) = self.prover(&email).cloned() {
            self.mail_link("reset", &person.id, &person.email);
        }
        Ok((204, Value::Null))
    }

    pub(super) fn reset_password(&mut self, c: &Call<'_>) -> Outcome {
        let fresh = Self::password_fits(c.text("password"))?;
        let opened = match self.earlier(c) {
            Some(_) => None,
            None => Some(self.open_link("reset", c.text("token"))?),
        };
        self.write(c)?;
        let link = opened.expect("a repetition was answered");
        self.links.retain(|l| l.secret != link.secret);
        self.set_password(&link.person, fresh, None);
        Ok((204, Value::Null))
    }

    pub(super) fn verify_email(&mut self, c: &Call<'_>) -> Outcome {
        self.write(c)?;
        let link = self.open_link("verify", c.text("token"))?;
        if self.prover(&link.email).is_some_and(|other| other.id != link.person) {
            return no(409, "email.taken");
        }
        self.links.retain(|l| l.secret != link.secret);
        let person = self.person(&link.person).expect("whose link").clone();
        if person.email != link.email || !person.verified {
            if key(&person.email) != key(&link.email) {
                self.keep_places(&person);
            }
            self.prove(&link.person, &link.email);
        }
        self.arrive(&link.person);
        Ok((204, Value::Null))
    }

    pub(super) fn ask_verification(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let me = c.caller()?.person.clone();
        self.write(c)?;
        let person = self.person(&me).expect("the caller").clone();
        if !person.verified {
            self.mail_link("verify", &me, &person.email);
        }
        Ok((204, Value::Null))
    }

    pub(super) fn reset_me(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let me = c.caller()?.person.clone();
        self.write(c)?;
        let now = self.now;
        for one in self.people.iter_mut().filter(|p| p.id == me) {
            one.valid_from = now;
        }
        self.sessions.retain(|s| s.person != me);
        self.tell_instance("identity.authentication_reset");
        Ok((204, Value::Null))
    }
}
