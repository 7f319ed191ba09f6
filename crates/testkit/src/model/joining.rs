//! Asking to join, the rules that every way of joining keeps, and seats.

use serde_json::{Value, json};

use super::organizations::Place;
use super::rules::{key, tidy};
use super::{Call, Letter, Member, Model, Organization, Outcome, no};

/// What may fill a seat, as the trail tells it.
const FILLING: &[&str] = &[
    "member.joined",
    "invitation.created",
    "invitation.accepted",
    "member.approved",
    "member.reactivated",
    "policy.changed",
    "service_account.created",
];

impl Organization {
    /// Whether certain mail domains are this organization's.
    pub(super) fn has_domains(&self) -> bool {
        ["domain.exclusive", "domain.auto_join"]
            .iter()
            .any(|knob| self.knob(knob).as_array().is_some_and(|list| !list.is_empty()))
    }

    /// Whether the organization takes an address of this domain at all.
    pub(super) fn takes_domain(&self, email: &str) -> bool {
        let domain = key(email).rsplit_once('@').map(|(_, d)| d.to_owned()).unwrap_or_default();
        let all = self.knob("domain.exclusive").as_array().is_none_or(Vec::is_empty);
        all || self.knob_lists("domain.exclusive", &domain)
    }
}

impl Model {
    /// How many seats are taken.
    pub(super) fn seats_used(&self, organization: &str) -> i64 {
        let here = self.organization(organization).expect("an organization");
        let counts = here.knob("seats.counts_invited") == json!(true);
        let holds = |m: &&Member| {
            m.organization == organization
                && (["active", "pending_approval"].contains(&m.status) || counts && m.status == "invited")
        };
        self.members.iter().filter(holds).count() as i64
    }

    pub(super) fn seat_free(&self, organization: &str) -> Outcome<()> {
        let here = self.organization(organization).expect("an organization");
        let most = here.knob("seats.max").as_i64();
        let full = most.is_some_and(|most| self.seats_used(organization) >= most);
        if full && here.knob_is("seats.mode", "cap") { no(402, "seats.full") } else { Ok(()) }
    }

    /// Somebody belongs to one organization only, where the policy says so. Having asked does not count.
    pub(super) fn not_elsewhere(&self, organization: &str, person: &str) -> Outcome<()> {
        let elsewhere = self.members.iter().any(|m| {
            m.person.as_deref() == Some(person)
                && !["removed", "requested"].contains(&m.status)
                && m.organization != organization
                && self.organization(&m.organization).is_some()
        });
        let one_only = self.organization(organization).is_some_and(|o| o.knob_is("identity.organizations", "one"));
        if elsewhere && one_only { no(409, "member.elsewhere") } else { Ok(()) }
    }

    /// Tells owners how full it is, after whatever may have filled it.
    pub(super) fn watch_seats(&mut self, before: &Self) {
        let filled: Vec<String> = self
            .organizations
            .iter()
            .filter(|o| {
                let known = before.organizations.iter().find(|b| b.id == o.id).map_or(0, |b| b.trail.len());
                !o.deleted && o.trail.iter().skip(known).any(|(_, kind)| FILLING.contains(kind))
            })
            .map(|o| o.id.clone())
            .collect();
        for id in filled {
            let here = self.organization(&id).expect("an organization").clone();
            let Some(most) = here.knob("seats.max").as_i64() else { continue };
            let used = self.seats_used(&id);
            let crossed =
                [75, 100, 125, 200, 300, 500, 1_000].into_iter().rfind(|percent| used * 100 >= most * percent);
            let Some(percent) = crossed.filter(|percent| *percent > here.seats_told) else { continue };
            self.organization_mut(&id).seats_told = percent;
            self.tell(&id, "seats.threshold_reached");
            let owns = |m: &&Member| m.organization == id && m.status == "active" && m.role == here.top() && !m.program;
            let owners: Vec<String> = self.members.iter().filter(owns).map(|m| m.email.clone()).collect();
            for to in owners {
                self.letters.push(Letter { to, kind: "seats", secret: String::new() });
            }
        }
    }

    pub(super) fn show_seats(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "member.list")?;
        let here = self.at(&place);
        Ok((
            200,
            json!({"used": self.seats_used(&place.id), "max": here.knob("seats.max"), "mode": here.knob("seats.mode")}),
        ))
    }

    pub(super) fn ask_to_join(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let me = c.caller()?.person.clone();
        self.write(c)?;
        let found = self.organization(c.arg(0)).filter(|o| o.knob("join.requests") == json!(true));
        let Some(here) = found.cloned() else { return no(404, "not_found") };
        self.take(&here.id);
        let person = self.person(&me).expect("the caller").clone();
        here.is_shared()?;
        if self.member_of(&here.id, &me).is_some() {
            return no(409, "member.already");
        }
        self.not_elsewhere(&here.id, &me)?;
        self.fits_domain(&here, &person.email, person.verified)?;
        let of_address =
            |m: &&Member| m.organization == here.id && m.status != "removed" && key(&m.email) == key(&person.email);
        let known = self.members.iter().filter(of_address).min_by_key(|m| m.person.is_none());
        if person.verified && known.is_some_and(|m| m.status == "invited") {
            return no(409, "invitation.already_pending");
        }
        let id = self.fresh("mem");
        self.members.push(Member {
            id: id.clone(),
            organization: here.id.clone(),
            person: Some(me),
            email: person.email,
            name: person.name,
            handle: person.handle,
            role: here.knob("role.default").as_str().unwrap_or_default().to_owned(),
            status: "requested",
            origin: "request",
            joined: false,
            program: false,
            sessions_from: i64::MIN,
            revision: here.revision + 1,
        });
        self.tell(&here.id, "member.requested");
        Ok((201, self.request_view(&id, &here)))
    }

    /// An organization of certain mail domains takes nobody else, and nobody who has not proved theirs.
    pub(super) fn fits_domain(&self, here: &Organization, email: &str, proved: bool) -> Outcome<()> {
        if !here.takes_domain(email) {
            return no(403, "join.domain");
        }
        let free = here.knob("domain.exclusive").as_array().is_none_or(Vec::is_empty);
        if free || proved { Ok(()) } else { no(403, "join.unproved") }
    }

    fn request_view(&self, member: &str, here: &Organization) -> Value {
        let member = self.members.iter().find(|m| m.id == member).expect("a member");
        let status = if member.status == "removed" { "rejected" } else { member.status };
        let organization = json!({"id": here.id, "slug": here.slug, "name": here.name});
        json!({"organization": organization, "membership": member.id, "status": status})
    }

    pub(super) fn withdraw_request(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let me = c.caller()?.person.clone();
        let Some(here) = self.organization(c.arg(0)).cloned() else { return no(404, "not_found") };
        let asked = self.member_of(&here.id, &me).filter(|m| m.status == "requested").cloned();
        let Some(asked) = asked else { return no(404, "not_found") };
        self.take(&here.id);
        self.move_member(&asked, "removed", "member.request_withdrawn");
        Ok((204, Value::Null))
    }

    pub(super) fn my_requests(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let me = c.caller()?.person.clone();
        let waits = |m: &&Member| {
            m.person.as_ref() == Some(&me)
                && (["requested", "pending_approval"].contains(&m.status)
                    || self.rejected.iter().any(|(id, at)| *id == m.id && self.now - at < 30 * super::DAY_S))
        };
        let mut found: Vec<&Member> = self.members.iter().filter(waits).collect();
        // Waiting anew hides that one was turned away, and so does being turned away later.
        found.reverse();
        found.sort_by_key(|m| m.status == "removed");
        let mut seen: Vec<&str> = Vec::new();
        found.retain(|m| {
            let first = !seen.contains(&m.organization.as_str());
            seen.push(&m.organization);
            first
        });
        let shown = found.iter().filter_map(|m| Some(self.request_view(&m.id, self.organization(&m.organization)?)));
        Ok((200, json!({"items": {"$set": shown.collect::<Vec<_>>()}, "next": null})))
    }

    /// Writes to somebody about their membership, when they proved their address.
    pub(super) fn write_to(&mut self, member: &Member, kind: &'static str) {
        let proved = member.person.as_deref().and_then(|id| self.person(id)).is_some_and(|p| p.verified);
        if proved {
            self.letters.push(Letter { to: member.email.clone(), kind, secret: String::new() });
        }
    }

    /// What letting somebody in who only asked has to meet.
    pub(super) fn meets_rules(&self, place: &Place, member: &Member) -> Outcome<()> {
        let person = member.person.clone().unwrap_or_default();
        self.not_elsewhere(&place.id, &person)?;
        let proved = self.person(&person).is_some_and(|p| p.verified);
        self.fits_domain(self.at(place), &member.email, proved)?;
        self.seat_free(&place.id)
    }

    pub(super) fn reason(c: &Call<'_>) -> Outcome<()> {
        match c.text("reason") {
            Some(given) if tidy(given).is_none() => no(422, "request.invalid"),
            _ => Ok(()),
        }
    }
}
