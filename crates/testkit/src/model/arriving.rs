//! What a proved address opens: a sign-up that waited for it, the organizations of its mail domain, and
//! approvals it makes needless.

use serde_json::json;

use super::rules::key;
use super::{Call, Member, Model, Organization, Outcome, Person, no};

fn domain(email: &str) -> String {
    key(email).rsplit_once('@').map(|(_, d)| d.to_owned()).unwrap_or_default()
}

impl Organization {
    fn lists_any(&self, knob: &str) -> bool {
        self.knob(knob).as_array().is_some_and(|list| !list.is_empty())
    }

    /// Whether signing up here waits for a proof; refused for an address that may not sign up at all.
    pub(super) fn sign_up_waits(&self, email: &str) -> Outcome<bool> {
        let filtered = self.lists_any("signup.domains");
        if filtered && !self.knob_lists("signup.domains", &domain(email)) {
            return no(403, "join.domain");
        }
        if filtered || self.knob("signup.verified_email") == json!(true) {
            return Ok(true);
        }
        if !self.takes_domain(email) {
            return no(403, "join.domain");
        }
        Ok(self.lists_any("domain.exclusive"))
    }
}

impl Model {
    fn leads(&self, person: &Person) -> Vec<String> {
        let domain = domain(&person.email);
        let led = self.organizations.iter().filter(|o| !o.deleted && o.knob_lists("domain.auto_join", &domain));
        led.map(|o| o.id.clone()).collect()
    }

    /// Signing in lets somebody in where their address leads, or waits for its proof.
    pub(super) fn arrive_on_signing_in(&mut self, person: &str) {
        let person = self.person(person).expect("who signs in").clone();
        let waits = self.waiting.iter().any(|(id, _)| *id == person.id);
        if person.verified && (waits || !self.leads(&person).is_empty()) {
            self.arrive(&person.id);
        }
    }

    /// A sign-in of somebody whose sign-up waits is refused, and the proof mailed again.
    pub(super) fn must_prove(&mut self, c: &Call<'_>, person: &Person) -> bool {
        let waits = !person.verified && self.waiting.iter().any(|(id, _)| *id == person.id);
        if waits && !c.asked.dry_run {
            self.mail_link("verify", &person.id, &person.email);
        }
        waits
    }

    pub(super) fn arrive(&mut self, person: &str) {
        let person = self.person(person).expect("who arrives").clone();
        let wanted = self.waiting.iter().find(|(id, _)| *id == person.id).map(|(_, wanted)| wanted.clone());
        let led = self.leads(&person);
        let mut full = false;
        for here in self.organizations.clone() {
            let mine = self.member_of(&here.id, &person.id).cloned();
            let comes = mine.is_none() && (led.contains(&here.id) || wanted.as_ref() == Some(&here.id));
            let waits = mine.as_ref().is_some_and(|m| m.status == "pending_approval");
            if here.deleted || !(comes || waits) {
                continue;
            }
            self.take(&here.id);
            let outcome = match mine {
                Some(member) => {
                    let named = member.origin == "invitation";
                    if !here.must_wait(&member.email, named, true) {
                        self.let_in(&member);
                    }
                    Ok(())
                }
                None => self.enter(&here.id, &person, wanted.as_ref() == Some(&here.id)),
            };
            if let Err(super::Out::No(402, _)) = outcome {
                full |= wanted.as_ref() == Some(&here.id);
            }
        }
        if !full {
            self.waiting.retain(|(id, _)| *id != person.id);
        }
    }

    fn enter(&mut self, organization: &str, person: &Person, wanted: bool) -> Outcome<()> {
        let here = self.organization(organization).expect("an organization").clone();
        let claimed_only = here.knob("domain.claimed_only") == json!(true);
        if claimed_only && !wanted && !self.owns_domain(&here.id, &domain(&person.email)) {
            return no(403, "join.domain");
        }
        let of_address =
            |m: &&Member| m.organization == here.id && m.status != "removed" && key(&m.email) == key(&person.email);
        let known = self.members.iter().filter(of_address).min_by_key(|m| m.person.is_none()).cloned();
        if let Some(invited) = known.filter(|m| m.status == "invited") {
            let invitation = self.invitation_of(&invited);
            if !self.is_over(&invitation) && self.may_accept(&here.id, &person.id, &invitation).is_ok() {
                self.accept_for(&invitation, &person.id);
                return Ok(());
            }
        }
        here.is_shared()?;
        self.not_elsewhere(&here.id, &person.id)?;
        if wanted {
            if !self.takes_anybody(&here) {
                return no(403, "join.closed");
            }
            if here.lists_any("signup.domains") && !here.knob_lists("signup.domains", &domain(&person.email)) {
                return no(403, "join.domain");
            }
        } else {
            let gone = |m: &Member| {
                m.organization == here.id && m.person.as_ref() == Some(&person.id) && m.status == "removed"
            };
            if self.members.iter().any(gone) {
                return no(403, "join.domain");
            }
        }
        self.fits_domain(&here, &person.email, true)?;
        self.seat_free(&here.id)?;
        let waits = here.must_wait(&person.email, false, true);
        let member = Member {
            id: self.fresh("mem"),
            organization: here.id.clone(),
            person: Some(person.id.clone()),
            email: person.email.clone(),
            name: person.name.clone(),
            handle: person.handle.clone(),
            role: here.knob("role.default").as_str().unwrap_or_default().to_owned(),
            status: if waits { "pending_approval" } else { "active" },
            origin: if wanted { "sign_up" } else { "domain" },
            joined: !waits,
            program: false,
            sessions_from: i64::MIN,
            revision: here.revision,
        };
        self.members.push(member);
        self.tell(&here.id, "member.joined");
        Ok(())
    }
}
