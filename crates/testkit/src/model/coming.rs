//! Coming in: with an invitation, or by signing up where an organization is open.

use serde_json::json;

use super::answers::{member_view, organization_view};
use super::rules::{address, key, tidy};
use super::{Call, Invitation, Member, Model, Outcome, Person, no};

impl Model {
    pub(super) fn openable(&self, secret: Option<&str>) -> Outcome<Invitation> {
        let found = self.invitations.iter().find(|i| Some(i.secret.as_str()) == secret);
        let Some(found) = found else { return no(404, "invitation.unknown") };
        match found.state {
            "accepted" => no(410, "invitation.used"),
            "cancelled" => no(410, "invitation.cancelled"),
            "refused" => no(410, "invitation.refused"),
            "expired" => no(410, "invitation.expired"),
            _ if self.is_over(found) => no(410, "invitation.expired"),
            _ => Ok(found.clone()),
        }
    }

    pub(super) fn newcomer(&mut self, email: &str, verified: bool, name: String, password: String) -> String {
        let id = self.fresh("usr");
        self.people.push(Person {
            id: id.clone(),
            email: email.to_owned(),
            verified,
            name,
            handle: None,
            password,
            administrator: false,
            valid_from: i64::MIN,
        });
        self.tell_instance("identity.created");
        id
    }

    pub(super) fn accept(&mut self, c: &Call<'_>) -> Outcome {
        // A link's secret is told from an invitation's by its form.
        if let Some(secret) = c.text("token").filter(|t| t.starts_with("~join")) {
            return self.join_by_link(c, secret);
        }
        if self.earlier(c).is_none() {
            self.openable(c.text("token"))?;
        }
        let newcomer = match &c.caller {
            Some(_) => None,
            None => {
                let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
                Some((name, Self::password_fits(c.text("password"))?))
            }
        };
        self.write(c)?;
        let found = self.openable(c.text("token"))?;
        let organization = found.organization.clone();
        if self.organization(&organization).is_none() {
            return no(404, "invitation.unknown");
        }
        self.take(&organization);
        let by_mail = found.deliver == "email";
        let prover = self.prover(&found.email).map(|p| p.id.clone());
        let me = match newcomer {
            None => self.known_guest(c, &found, by_mail, prover)?,
            Some(_) if found.invitee.is_some() || by_mail && prover.is_some() => {
                return no(409, "invitation.sign_in_required");
            }
            Some((name, password)) => self.newcomer(&found.email, by_mail, name, password),
        };
        self.may_accept(&organization, &me, &found)?;
        self.accept_for(&found, &me);
        if c.caller.is_none() {
            self.begin_session(&me);
        }
        let here = self.organization(&organization).expect("an organization").clone();
        let member = self.member(&organization, &found.member).expect("just in");
        Ok((200, json!({"organization": organization_view(&here), "membership": member_view(member)})))
    }

    /// Whether the organization takes a person with this invitation.
    pub(super) fn may_accept(&self, organization: &str, person: &str, found: &Invitation) -> Outcome<()> {
        self.join_guard(organization, person)?;
        let here = self.organization(organization).expect("an organization");
        if !here.takes_domain(&self.address_of(found, person)) {
            return no(403, "join.domain");
        }
        // An invitation keeps a seat, where invitations hold one.
        if here.knob("seats.counts_invited") == json!(false) { self.seat_free(organization) } else { Ok(()) }
    }

    pub(super) fn accept_for(&mut self, found: &Invitation, person: &str) {
        let person = self.person(person).expect("who comes in").clone();
        let here = self.organization(&found.organization).expect("an organization").clone();
        let waits = here.must_wait(&self.address_of(found, &person.id), true, person.verified);
        for one in self.invitations.iter_mut().filter(|i| i.id == found.id) {
            (one.state, one.revision) = ("accepted", here.revision);
        }
        let member = self.member_mut(&found.member);
        member.status = if waits { "pending_approval" } else { "active" };
        (member.joined, member.revision) = (!waits, here.revision);
        (member.person, member.email) = (Some(person.id), person.email);
        (member.name, member.handle) = (person.name, person.handle);
        self.tell(&found.organization, "invitation.accepted");
        self.carry_out(found);
    }

    /// The address an invitation stands for: the invited one, or what the person invited by handle has proved.
    fn address_of(&self, found: &Invitation, person: &str) -> String {
        let person = self.person(person).expect("who comes in");
        match (&found.invitee, person.verified) {
            (None, _) => found.email.clone(),
            (Some(_), true) => person.email.clone(),
            (Some(_), false) => String::new(),
        }
    }

    /// Somebody signed in accepts only what was meant for their address: proved, or proved by
    /// opening the mail, unless somebody else has proved it.
    fn known_guest(
        &mut self,
        c: &Call<'_>,
        found: &Invitation,
        by_mail: bool,
        prover: Option<String>,
    ) -> Outcome<String> {
        let me = self.person(&c.caller()?.person).expect("the caller").clone();
        if let Some((invitee, _)) = &found.invitee {
            return if *invitee == me.id { Ok(me.id) } else { no(403, "invitation.other_person") };
        }
        if key(&me.email) != key(&found.email) || !(me.verified || by_mail) {
            return no(403, "invitation.other_person");
        }
        if !me.verified {
            if prover.is_some() {
                return no(409, "invitation.sign_in_required");
            }
            let email = me.email.clone();
            self.prove(&me.id, &email);
        }
        Ok(me.id)
    }

    pub(super) fn join_guard(&self, organization: &str, person: &str) -> Outcome<()> {
        if self.member_of(organization, person).is_some() {
            return no(409, "member.already");
        }
        self.not_elsewhere(organization, person)
    }

    /// Whether people may sign up, and what invitations do to it.
    pub(super) fn takes_anybody(&self, here: &super::Organization) -> bool {
        let mut invited = self.invitations.iter().filter(|i| i.organization == here.id);
        let closed = match here.knob("signup.closed_by_invites").as_str() {
            Some("implicit") => invited.next().is_some(),
            Some("implicit_literal") => invited.any(|i| i.state == "pending"),
            _ => false,
        };
        here.knob("signup.open") == json!(true) && !closed
    }

    pub(super) fn sign_up(&mut self, c: &Call<'_>) -> Outcome {
        let Some(email) = c.text("email").and_then(address) else { return no(422, "email.invalid") };
        let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
        let password = Self::password_fits(c.text("password"))?;
        let here = self.organization(c.text("organization").unwrap_or_default());
        let Some(here) = here.filter(|o| self.takes_anybody(o)).cloned() else { return no(403, "join.closed") };
        self.write(c)?;
        self.take(&here.id);
        here.is_shared()?;
        if here.sign_up_waits(&email)? {
            let person = self.newcomer(&email, false, name, password);
            self.waiting.push((person.clone(), here.id.clone()));
            self.mail_link("verify", &person, &email);
            let view = organization_view(&here);
            return Ok((201, json!({"organization": view, "membership": null, "csrf_token": null})));
        }
        self.seat_free(&here.id)?;
        let person = self.newcomer(&email, false, name.clone(), password);
        let waits = here.must_wait(&email, false, false);
        let id = self.fresh("mem");
        let member = Member {
            id,
            organization: here.id.clone(),
            person: Some(person.clone()),
            email: email.clone(),
            name,
            handle: None,
            role: here.knob("role.default").as_str().unwrap_or_default().to_owned(),
            status: if waits { "pending_approval" } else { "active" },
            origin: "sign_up",
            joined: !waits,
            program: false,
            sessions_from: i64::MIN,
            revision: here.revision + 1,
        };
        self.members.push(member.clone());
        self.tell(&here.id, "member.joined");
        self.mail_link("verify", &person, &email);
        self.begin_session(&person);
        Ok((201, json!({"organization": organization_view(&here), "membership": member_view(&member)})))
    }
}
