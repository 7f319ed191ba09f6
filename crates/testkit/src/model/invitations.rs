//! Invitations: made, listed, changed, withdrawn, sent again.

use serde_json::{Value, json};

use super::organizations::Place;
use super::rules::{address, key, tidy};
use super::{Call, Invitation, Letter, Member, Model, Outcome, no};

impl Model {
    /// The invitation an invited member waits with: the newest.
    pub(super) fn invitation_of(&self, member: &Member) -> Invitation {
        self.invitations.iter().rfind(|i| i.member == member.id).cloned().expect("its invitation")
    }

    pub(super) fn is_over(&self, invitation: &Invitation) -> bool {
        invitation.expires.is_some_and(|end| end <= self.now)
    }

    pub(super) fn invite(&mut self, c: &Call<'_>) -> Outcome {
        let wanted = c.asked.body["invitations"].as_array().cloned().unwrap_or_default();
        if wanted.is_empty() {
            return no(422, "request.invalid");
        }
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "member.invite")?;
        let usual = self.at(&place).knob("invite.deliver").as_str().unwrap_or_default().to_owned();
        let deliver = Self::way(c, usual)?;
        let (mut seen, mut answers) = (Vec::new(), Vec::new());
        for one in &wanted {
            let before = self.clone();
            answers.push(match self.invite_one(&place, one, &deliver, &mut seen) {
                Ok((invitation, link)) => json!({
                    "email": one["email"],
                    "status": "created",
                    "invitation": self.invitation_view(&invitation, if link.is_some() { "none" } else { "queued" }),
                    "link": link,
                }),
                Err(code) => {
                    *self = before;
                    json!({"email": one["email"], "status": "refused", "code": code})
                }
            });
        }
        Ok((200, json!({"invitations": answers})))
    }

    fn way(c: &Call<'_>, usual: String) -> Outcome<String> {
        match c.text("deliver") {
            Some(way @ ("email" | "link")) => Ok(way.to_owned()),
            Some(_) => no(422, "request.invalid"),
            None => Ok(usual),
        }
    }

    fn invite_one(
        &mut self,
        place: &Place,
        one: &Value,
        deliver: &str,
        seen: &mut Vec<String>,
    ) -> Result<(Invitation, Option<String>), &'static str> {
        let email = address(one["email"].as_str().unwrap_or_default()).ok_or("email.invalid")?;
        if seen.contains(&key(&email)) {
            return Err("email.duplicate");
        }
        seen.push(key(&email));
        let default = self.at(place).knob("role.default").as_str().unwrap_or_default().to_owned();
        let role = one["role"].as_str().map_or(default, str::to_owned);
        match self.may_give(place, &role) {
            Err(super::Out::No(_, code)) => return Err(code),
            Err(super::Out::Earlier(_)) | Ok(()) => {}
        }
        if !self.at(place).takes_domain(&email) {
            return Err("join.domain");
        }
        self.make_way(place, &email)?;
        if self.seat_free(&place.id).is_err() {
            return Err("seats.full");
        }
        let (id, member) = (self.fresh("inv"), self.fresh("mem"));
        let revision = self.at(place).revision;
        let name = one["name"].as_str().and_then(tidy).unwrap_or_default();
        self.members.push(Member {
            id: member.clone(),
            organization: place.id.clone(),
            person: None,
            email: email.clone(),
            name: name.clone(),
            handle: None,
            role: role.clone(),
            status: "invited",
            origin: "invitation",
            joined: false,
            sessions_from: i64::MIN,
            revision,
        });
        self.invitations.push(Invitation {
            id: id.clone(),
            organization: place.id.clone(),
            member,
            email,
            name,
            role,
            deliver: deliver.to_owned(),
            state: "pending",
            expires: None,
            secret: String::new(),
            revision,
        });
        self.tell(&place.id, "invitation.created");
        let link = self.send(place, &id, deliver);
        let made = self.invitations.iter().find(|i| i.id == id).cloned();
        Ok((made.expect("just made"), link))
    }

    /// Nobody of this address is here, or an invitation that is over and may be followed by another.
    fn make_way(&mut self, place: &Place, email: &str) -> Result<(), &'static str> {
        let here = |m: &&Member| m.organization == place.id && m.status != "removed" && key(&m.email) == key(email);
        // A person before a mere invitation to the same address.
        let known = self.members.iter().filter(here).min_by_key(|m| m.person.is_none()).cloned();
        let Some(member) = known else { return Ok(()) };
        if member.status != "invited" {
            return Err("member.already");
        }
        let old = self.invitation_of(&member);
        if !self.is_over(&old) {
            return Err("invitation.already_pending");
        }
        if self.at(place).knob_is("invite.reissue_after_expiry", "never") {
            return Err("invitation.no_reissue");
        }
        self.cancel(&old);
        Ok(())
    }

    /// Gives an invitation a new secret and a new end, and sends it or hands out its link.
    fn send(&mut self, place: &Place, id: &str, deliver: &str) -> Option<String> {
        let secret = self.fresh("invite");
        let life_s = self.at(place).knob("invite.ttl_s").as_i64();
        let expires = life_s.map(|life_s| self.now + life_s);
        let revision = self.at(place).revision;
        let one = self.invitations.iter_mut().find(|i| i.id == id).expect("an invitation");
        (one.secret, one.expires, one.deliver, one.revision) = (secret.clone(), expires, deliver.to_owned(), revision);
        if deliver == "link" {
            return Some(format!("{{link}}{secret}"));
        }
        self.letters.push(Letter { to: one.email.clone(), kind: "invitation", secret });
        None
    }

    /// The link is dead and the waiting membership gone.
    fn cancel(&mut self, invitation: &Invitation) {
        let revision = self.organization(&invitation.organization).expect("an organization").revision;
        for one in self.invitations.iter_mut().filter(|i| i.id == invitation.id) {
            (one.state, one.revision) = ("cancelled", revision);
        }
        self.members.retain(|m| m.id != invitation.member || m.status != "invited");
        self.tell(&invitation.organization, "invitation.cancelled");
    }

    fn waits(invitation: &Invitation) -> Outcome<()> {
        if invitation.state == "pending" { Ok(()) } else { no(409, "invitation.not_pending") }
    }

    pub(super) fn withdraw(&mut self, place: &Place, invitation: &Invitation) -> Outcome<()> {
        Self::waits(invitation)?;
        self.may_give(place, &invitation.role)?;
        self.cancel(invitation);
        Ok(())
    }

    pub(super) fn give_invited(&mut self, place: &Place, invitation: &Invitation, role: &str) -> Outcome<()> {
        Self::waits(invitation)?;
        self.may_give(place, role)?;
        self.may_give(place, &invitation.role)?;
        if invitation.role == role {
            return Ok(());
        }
        let revision = self.at(place).revision;
        for one in self.invitations.iter_mut().filter(|i| i.id == invitation.id) {
            (one.role, one.revision) = (role.to_owned(), revision);
        }
        let member = self.member_mut(&invitation.member);
        (member.role, member.revision) = (role.to_owned(), revision);
        self.tell(&place.id, "invitation.role_changed");
        Ok(())
    }

    /// An invitation of the place, for a write.
    fn taken(&mut self, c: &Call<'_>) -> Outcome<(Place, Invitation)> {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "invitation.manage")?;
        let found = self.found_invitation(&place, c.arg(1))?;
        c.seen(found.revision)?;
        Ok((place, found))
    }

    fn found_invitation(&self, place: &Place, id: &str) -> Outcome<Invitation> {
        let found = self.invitations.iter().find(|i| i.organization == place.id && i.id == id);
        found.cloned().map_or_else(|| no(404, "not_found"), Ok)
    }

    fn shown(&self, place: &Place, id: &str) -> Outcome {
        let found = self.found_invitation(place, id)?;
        let queued = self.letters.iter().any(|l| l.secret == found.secret);
        let delivery = match found.deliver.as_str() {
            "link" => "none",
            _ if queued => "queued",
            _ => "sent",
        };
        Ok((200, self.invitation_view(&found, delivery)))
    }

    pub(super) fn list_invitations(&mut self, c: &Call<'_>) -> Outcome {
        c.caller()?;
        let state = c.asked.query.iter().find(|(name, _)| *name == "state").map(|(_, value)| value.as_str());
        if state.is_some_and(|s| !["pending", "accepted", "cancelled", "refused"].contains(&s)) {
            return no(422, "request.invalid");
        }
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "invitation.manage")?;
        let here = self.invitations.iter().filter(|i| i.organization == place.id);
        let wanted: Vec<String> = here.filter(|i| state.is_none_or(|s| s == i.state)).map(|i| i.id.clone()).collect();
        let items: Vec<Value> = wanted.iter().filter_map(|id| self.shown(&place, id).ok()).map(|(_, v)| v).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    pub(super) fn show_invitation(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "invitation.manage")?;
        self.shown(&place, c.arg(1))
    }

    pub(super) fn change_invitation_role(&mut self, c: &Call<'_>) -> Outcome {
        let (place, found) = self.taken(c)?;
        self.give_invited(&place, &found, c.text("role").unwrap_or_default())?;
        self.shown(&place, &found.id)
    }

    pub(super) fn cancel_invitation(&mut self, c: &Call<'_>) -> Outcome {
        let (place, found) = self.taken(c)?;
        self.withdraw(&place, &found)?;
        Ok((204, Value::Null))
    }

    pub(super) fn resend_invitation(&mut self, c: &Call<'_>) -> Outcome {
        let (place, found) = self.taken(c)?;
        let deliver = Self::way(c, found.deliver.clone())?;
        Self::waits(&found)?;
        self.may_give(&place, &found.role)?;
        if self.is_over(&found) && self.at(&place).knob_is("invite.reissue_after_expiry", "never") {
            return no(409, "invitation.no_reissue");
        }
        self.tell(&place.id, "invitation.resent");
        let link = self.send(&place, &found.id, &deliver);
        let (_, view) = self.shown(&place, &found.id)?;
        Ok((200, json!({"email": found.email, "status": "created", "invitation": view, "link": link})))
    }
}
