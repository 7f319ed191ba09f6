//! Invite links: made, listed, withdrawn, and coming in with one.

use serde_json::{Value, json};

use super::answers::{member_view, organization_view};
use super::rules::{address, key, tidy};
use super::{Call, Member, Model, Outcome, Seconds, no};

/// An invite link.
#[derive(Clone, Debug)]
pub struct InviteLink {
    pub id: String,
    pub organization: String,
    pub role: String,
    /// `open`, `cancelled` or `reset`.
    pub state: &'static str,
    pub expires: Option<Seconds>,
    pub uses_left: Option<i64>,
    pub secret: String,
    pub revision: u64,
}

impl InviteLink {
    /// What a link is good for: `open`, or why for nothing.
    fn stands(&self, now: Seconds) -> &'static str {
        match self.state {
            "open" if self.uses_left == Some(0) => "used_up",
            "open" if self.expires.is_some_and(|end| end <= now) => "expired",
            state => state,
        }
    }

    fn view(&self, now: Seconds) -> Value {
        json!({
            "id": self.id,
            "role": self.role,
            "state": self.stands(now),
            "uses_left": self.uses_left,
            "expires_at": if self.expires.is_some() { json!("$some") } else { Value::Null },
            "revision": self.revision,
        })
    }
}

/// The number asked for, no greater than the most there may be; without one, the most.
fn within(asked: &Value, least: i64, most: Option<i64>) -> Outcome<Option<i64>> {
    match asked.as_i64() {
        None => Ok(most),
        Some(asked) if asked >= least && most.is_none_or(|most| asked <= most) => Ok(Some(asked)),
        Some(_) => no(422, "request.invalid"),
    }
}

impl Model {
    pub(super) fn create_invite_link(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "member.invite")?;
        self.may_invite(&place)?;
        let here = self.at(&place).clone();
        // Whoever holds a link comes in, and not everybody may.
        here.is_trusted(None)?;
        if here.knob("invite_link.offered") != json!(true) {
            return no(403, "invite_link.not_offered");
        }
        let usual = here.knob("role.default").as_str().unwrap_or_default().to_owned();
        let role = c.text("role").map_or(usual, str::to_owned);
        self.may_give(&place, &role)?;
        let life_s = within(&c.asked.body["expires_in_s"], 60, here.knob("invite_link.ttl_s").as_i64())?;
        let uses_left = within(&c.asked.body["uses"], 1, here.knob("invite_link.uses").as_i64())?;
        let (id, secret) = (self.fresh("lnk"), self.fresh("join"));
        let link = InviteLink {
            id,
            organization: place.id.clone(),
            role,
            state: "open",
            expires: life_s.map(|life_s| self.now + life_s),
            uses_left,
            secret: secret.clone(),
            revision: here.revision,
        };
        let mut view = link.view(self.now);
        (view["token"], view["link"]) = (json!(secret), json!(format!("{{link}}{secret}")));
        self.invite_links.push(link);
        self.tell(&place.id, "invite_link.created");
        Ok((201, view))
    }

    pub(super) fn list_invite_links(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "invitation.manage")?;
        let here = self.invite_links.iter().filter(|l| l.organization == place.id);
        let items: Vec<Value> = here.map(|l| l.view(self.now)).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    pub(super) fn cancel_invite_link(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "invitation.manage")?;
        let revision = self.at(&place).revision;
        let mut here = self.invite_links.iter_mut().filter(|l| l.organization == place.id);
        let Some(link) = here.find(|l| l.id == c.arg(1)) else { return no(404, "not_found") };
        c.seen(link.revision)?;
        match link.state {
            "cancelled" => return no(410, "invitation.cancelled"),
            "reset" => return no(410, "invite_link.reset"),
            _ => (link.state, link.revision) = ("cancelled", revision),
        }
        self.tell(&place.id, "invite_link.cancelled");
        Ok((204, Value::Null))
    }

    pub(super) fn reset_invite_links(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "invitation.manage")?;
        let (revision, now) = (self.at(&place).revision, self.now);
        let mut count = 0;
        for link in self.invite_links.iter_mut().filter(|l| l.organization == place.id && l.stands(now) == "open") {
            (link.state, link.revision, count) = ("reset", revision, count + 1);
        }
        self.tell(&place.id, "invite_link.all_reset");
        Ok((200, json!({"reset": count})))
    }

    fn usable(&self, secret: &str) -> Outcome<InviteLink> {
        let Some(link) = self.invite_links.iter().find(|l| l.secret == secret).cloned() else {
            return no(404, "invitation.unknown");
        };
        let Some(here) = self.organization(&link.organization) else { return no(404, "invitation.unknown") };
        match link.stands(self.now) {
            "cancelled" => no(410, "invitation.cancelled"),
            "reset" => no(410, "invite_link.reset"),
            "used_up" => no(410, "invite_link.used_up"),
            "expired" => no(410, "invite_link.expired"),
            _ if here.knob("invite_link.offered") != json!(true) => no(403, "invite_link.not_offered"),
            _ => Ok(link),
        }
    }

    pub(super) fn join_by_link(&mut self, c: &Call<'_>, secret: &str) -> Outcome {
        let claimed = match c.text("email") {
            Some(given) => Some(address(given).map_or_else(|| no(422, "email.invalid"), Ok)?),
            None => None,
        };
        if self.earlier(c).is_none() {
            self.usable(secret)?;
        }
        let newcomer = match (&c.caller, &claimed) {
            (Some(_), _) => None,
            (None, None) => return no(422, "request.invalid"),
            (None, Some(email)) => {
                let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
                Some((email.clone(), name, Self::password_fits(c.text("password"))?))
            }
        };
        self.write(c)?;
        let link = self.usable(secret)?;
        self.take(&link.organization);
        let here = self.organization(&link.organization).expect("an organization").clone();
        let person = match newcomer {
            Some((email, name, password)) => {
                let person = self.newcomer(&email, false, name, password);
                self.person(&person).expect("just made").clone()
            }
            None => {
                let me = self.person(&c.caller()?.person).expect("the caller").clone();
                if claimed.is_some_and(|claimed| key(&claimed) != key(&me.email)) {
                    return no(403, "invitation.other_person");
                }
                me
            }
        };
        here.is_shared()?;
        self.join_guard(&here.id, &person.id)?;
        if here.knob("domain.excludes_links") == json!(true) && here.has_domains() {
            return no(403, "join.link_excluded");
        }
        self.fits_domain(&here, &person.email, person.verified)?;
        self.seat_free(&here.id)?;
        for one in self.invite_links.iter_mut().filter(|l| l.id == link.id) {
            (one.uses_left, one.revision) = (one.uses_left.map(|left| left - 1), here.revision);
        }
        self.tell(&here.id, "invite_link.used");
        let waits = here.must_wait(&person.email, false, person.verified);
        let member = Member {
            id: self.fresh("mem"),
            organization: here.id.clone(),
            person: Some(person.id.clone()),
            email: person.email.clone(),
            name: person.name.clone(),
            handle: person.handle.clone(),
            role: link.role,
            status: if waits { "pending_approval" } else { "active" },
            origin: "invite_link",
            joined: !waits,
            program: false,
            sessions_from: i64::MIN,
            revision: here.revision,
        };
        self.members.push(member.clone());
        self.tell(&here.id, "member.joined");
        if c.caller.is_none() {
            self.mail_link("verify", &person.id, &person.email);
            self.begin_session(&person.id);
        }
        Ok((200, json!({"organization": organization_view(&here), "membership": member_view(&member)})))
    }
}
