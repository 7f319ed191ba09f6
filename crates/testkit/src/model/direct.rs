//! Bringing people in without asking them, and helping them back in; where the further operations are.

use serde_json::Value;

use super::answers::member_view;
use super::organizations::Place;
use super::rules::address;
use super::{Call, Member, Model, Outcome, Person, no};

impl Model {
    /// What is brought in, claimed, told and exported.
    pub(super) fn dispatch_bringing(&mut self, c: &Call<'_>) -> Outcome {
        match (c.asked.method, c.asked.route) {
            ("GET", "/me/audit-events") => self.my_acts(c),
            ("GET", "/instance/audit-events") => self.instance_trail(c),
            ("POST", "/organizations/{}/members") => self.add_directly(c),
            ("GET", "/organizations/{}/members/export") => self.export_members(c),
            ("POST", "/organizations/{}/members/{}/send-password-reset") => self.mail_new_password(c),
            ("GET", "/organizations/{}/audit-events/export") => self.export_trail(c),
            ("POST", "/organizations/{}/import") => self.import(c),
            ("GET", "/organizations/{}/usage") => self.show_usage(c),
            ("GET", "/organizations/{}/roles/{}") => self.show_role(c),
            ("GET", "/organizations/{}/domains") => self.list_domains(c),
            ("POST", "/organizations/{}/domains") => self.claim_domain(c),
            ("GET", "/organizations/{}/domains/{}") => self.show_domain(c),
            ("DELETE", "/organizations/{}/domains/{}") => self.drop_domain(c),
            ("POST", "/organizations/{}/domains/{}/verify") => self.prove_domain(c),
            _ => no(404, "not_found"),
        }
    }

    /// Mails somebody the link that sets a new password: a secret, so to an address that is proved to be theirs.
    fn mail_new_password(&mut self, c: &Call<'_>) -> Outcome {
        let (place, member) = self.subject(c, "member.recover")?;
        self.may_touch(&place, &member)?;
        let person = member.person.as_deref().filter(|_| !member.program).and_then(|id| self.person(id)).cloned();
        let Some(person) = person else { return no(409, "member.state") };
        if !person.verified {
            return no(409, "member.unreachable");
        }
        self.mail_link("reset", &person.id, &person.email);
        self.tell(&place.id, "member.password_link_sent");
        Ok((204, Value::Null))
    }

    /// Whether the organization takes somebody whom an administrator brings in.
    pub(super) fn takes_in(&self, place: &Place, person: &str, email: &str) -> Outcome<()> {
        self.not_elsewhere(&place.id, person)?;
        if !self.at(place).takes_domain(email) {
            return no(403, "join.domain");
        }
        self.seat_free(&place.id)
    }

    /// Somebody is in at once.
    pub(super) fn bring_in(&mut self, place: &Place, person: &Person, role: &str, origin: &'static str) -> Member {
        let (id, revision) = (self.fresh("mem"), self.at(place).revision);
        let member = Member {
            id,
            organization: place.id.clone(),
            person: Some(person.id.clone()),
            program: false,
            email: person.email.clone(),
            name: person.name.clone(),
            handle: person.handle.clone(),
            role: role.to_owned(),
            status: "active",
            origin,
            joined: true,
            sessions_from: i64::MIN,
            revision,
        };
        self.members.push(member.clone());
        self.tell(&place.id, "member.joined");
        member
    }

    /// The one person a body names, if the tenant of the organization has them.
    fn one_of_tenant(&self, place: &Place, body: &Value) -> Outcome<Option<Person>> {
        let found = match (body["handle"].as_str(), body["email"].as_str()) {
            (Some(handle), None) => {
                let handle = handle.trim_start_matches('@');
                self.people.iter().find(|p| p.handle.as_deref() == Some(handle))
            }
            (None, Some(email)) if address(email).is_none() => return no(422, "email.invalid"),
            (None, Some(email)) => self.prover(email),
            _ => return no(422, "request.invalid"),
        };
        let above = self.tenants.iter().find(|t| Some(&t.id) == self.at(place).tenant.as_ref());
        Ok(found.filter(|who| above.is_some_and(|t| self.role_in(t, &who.id).is_some())).cloned())
    }

    fn add_directly(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "member.invite")?;
        let who = self.one_of_tenant(&place, &c.asked.body)?;
        self.at(&place).is_shared()?;
        if !self.at(&place).knob_is("join.direct", "tenant_members") {
            return no(403, "join.not_direct");
        }
        let usual = self.at(&place).knob("role.default").as_str().unwrap_or_default().to_owned();
        let role = c.text("role").map_or(usual, str::to_owned);
        self.may_give(&place, &role)?;
        let Some(who) = who else { return no(422, "member.not_in_tenant") };
        if self.member_of(&place.id, &who.id).is_some() {
            return no(409, "member.already");
        }
        self.takes_in(&place, &who.id, &who.email)?;
        let member = self.bring_in(&place, &who, &role, "direct");
        Ok((201, member_view(&member)))
    }
}
