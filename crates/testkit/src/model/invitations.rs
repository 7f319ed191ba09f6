//! Invitations: made, listed, changed, withdrawn, sent again.

use serde_json::{Value, json};

use super::carrying::Carried;
use super::organizations::Place;
use super::rules::{address, key, tidy};
use super::{Call, Invitation, Letter, Member, Model, Out, Outcome, carrying, no};

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
        if wanted.iter().any(|one| one["email"].is_string() == one["handle"].is_string()) {
            return no(422, "request.invalid");
        }
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "member.invite")?;
        self.may_invite(&place)?;
        let usual = self.at(&place).knob("invite.deliver").as_str().unwrap_or_default().to_owned();
        let deliver = Self::way(c, usual)?;
        let all_or_nothing = self.at(&place).knob_is("invite.bulk", "all_or_nothing");
        let (mut seen, mut answers, mut spoilt) = (Vec::new(), Vec::new(), None);
        for one in &wanted {
            let before = self.clone();
            answers.push(match self.invite_one(&place, one, &deliver, &mut seen) {
                Ok((invitation, link)) => json!({
                    "email": one.get("email"),
                    "handle": one.get("handle"),
                    "status": "created",
                    "invitation": self.invitation_view(&invitation, if link.is_some() { "none" } else { "queued" }),
                    "link": link,
                }),
                Err(out) => {
                    let Out::No(_, code) = out else { return Err(out) };
                    *self = before;
                    let known = ["member.already", "invitation.already_pending"].contains(&code);
                    if all_or_nothing && !known && spoilt.is_none() {
                        spoilt = Some(out);
                    }
                    json!({"email": one.get("email"), "handle": one.get("handle"), "status": "refused", "code": code})
                }
            });
        }
        if let Some(out) = spoilt {
            return Err(out);
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

    /// The address, or the person behind a handle with it.
    fn addressee(&self, one: &Value) -> Outcome<(String, Option<(String, String)>)> {
        if let Some(handle) = one["handle"].as_str() {
            let Some(person) = self.people.iter().find(|p| p.handle.as_deref() == Some(handle)) else {
                return no(422, "handle.unknown");
            };
            return Ok((String::new(), Some((person.id.clone(), handle.to_owned()))));
        }
        match address(one["email"].as_str().unwrap_or_default()) {
            Some(email) => Ok((email, None)),
            None => no(422, "email.invalid"),
        }
    }

    fn may_address(&self, place: &Place, invitee: Option<&str>, name: &str, deliver: &str) -> Outcome<()> {
        let here = self.at(place);
        if !here.knob_lists("invite.addressee", if invitee.is_some() { "handle" } else { "email" }) {
            return no(422, "invitation.addressee");
        }
        let person = invitee.and_then(|id| self.person(id));
        if person.is_some_and(|p| !p.verified) && deliver == "email" {
            return no(409, "invitation.unreachable");
        }
        if here.knob("invite.names_required") == json!(true) && invitee.is_none() && !name.contains(' ') {
            return no(422, "invitation.names_required");
        }
        Ok(())
    }

    /// Whoever was invited last under that address or handle, and the membership there is.
    fn known(&self, place: &Place, email: &str, invitee: Option<&str>) -> (Option<Member>, Option<Invitation>) {
        let same = |i: &&Invitation| {
            let by_handle = i.invitee.as_ref().map(|(id, _)| id.as_str());
            i.organization == place.id && by_handle == invitee && key(&i.email) == key(email)
        };
        let last = self.invitations.iter().rfind(same).cloned();
        let here = self.members.iter().filter(|m| m.organization == place.id && m.status != "removed");
        let member = match invitee {
            Some(id) => {
                let waiting = last.as_ref().filter(|i| i.state == "pending").map(|i| i.member.clone());
                let mine = |m: &&Member| m.person.as_deref() == Some(id) || Some(&m.id) == waiting.as_ref();
                here.filter(mine).min_by_key(|m| m.person.is_none())
            }
            // A person before a mere invitation to the same address.
            None => here.filter(|m| key(&m.email) == key(email)).min_by_key(|m| m.person.is_none()),
        };
        (member.cloned(), last)
    }

    /// After an expiry, a second invitation may need a holder of the top role, or be impossible.
    fn reissue(&mut self, place: &Place) -> Outcome<()> {
        let here = self.at(place);
        if here.knob_is("invite.reissue_after_expiry", "always") {
            return Ok(());
        }
        if here.knob("invite.reissue_override") != json!(true) || !self.may(place, "member.manage_top") {
            return no(409, "invitation.no_reissue");
        }
        self.tell(&place.id, "invitation.reissue_overridden");
        Ok(())
    }

    fn invite_one(
        &mut self,
        place: &Place,
        one: &Value,
        deliver: &str,
        seen: &mut Vec<String>,
    ) -> Outcome<(Invitation, Option<String>)> {
        let (email, invitee) = self.addressee(one)?;
        let proved = |id: &String| self.person(id).filter(|p| p.verified).map(|p| p.email.clone());
        let known = invitee.as_ref().map_or_else(|| Some(email.clone()), |(id, _)| proved(id));
        self.at(place).is_trusted(known.as_deref())?;
        let person = invitee.as_ref().map(|(id, _)| id.as_str());
        let mark = person.map_or_else(|| key(&email), str::to_owned);
        if seen.contains(&mark) {
            return no(422, "email.duplicate");
        }
        seen.push(mark);
        let name = one["name"].as_str().and_then(tidy).unwrap_or_default();
        let (groups, inside) = carrying::wanted(one);
        let wanted = (groups.unwrap_or_default(), inside.unwrap_or_default());
        let carried = self.may_carry(place, &wanted, &Default::default())?;
        self.may_address(place, person, &name, deliver)?;
        let default = self.at(place).knob("role.default").as_str().unwrap_or_default().to_owned();
        let role = one["role"].as_str().map_or(default, str::to_owned);
        self.may_give(place, &role)?;
        self.may_carry_role(place, &role)?;
        if invitee.is_none() && !self.at(place).takes_domain(&email) {
            return no(403, "join.domain");
        }
        let (member, last) = self.known(place, &email, person);
        let expired = last.filter(|i| i.state == "expired" || i.state == "pending" && self.is_over(i));
        match member {
            Some(member) if member.status != "invited" => return no(409, "member.already"),
            Some(_) if expired.is_none() => return no(409, "invitation.already_pending"),
            _ => {}
        }
        if let Some(old) = expired {
            self.reissue(place)?;
            if old.state == "pending" {
                self.close(&old, "cancelled");
                self.tell(&place.id, "invitation.cancelled");
            }
        }
        self.seat_free(&place.id)?;
        let id = self.push_invited(place, (email, invitee), (name, role), carried, deliver);
        self.tell(&place.id, "invitation.created");
        let link = self.send(place, &id, deliver)?;
        let made = self.invitations.iter().find(|i| i.id == id).cloned();
        Ok((made.expect("just made"), link))
    }

    /// The waiting membership and its invitation.
    fn push_invited(
        &mut self,
        place: &Place,
        (email, invitee): (String, Option<(String, String)>),
        (name, role): (String, String),
        carried: Carried,
        deliver: &str,
    ) -> String {
        let (id, member) = (self.fresh("inv"), self.fresh("mem"));
        let revision = self.at(place).revision;
        let handle = invitee.as_ref().map(|(_, handle)| handle.clone());
        let shown = handle.as_ref().filter(|_| name.is_empty()).map(|handle| format!("@{handle}"));
        self.members.push(Member {
            id: member.clone(),
            organization: place.id.clone(),
            person: None,
            email: email.clone(),
            name: shown.unwrap_or_else(|| name.clone()),
            handle,
            role: role.clone(),
            status: "invited",
            origin: "invitation",
            joined: false,
            program: false,
            sessions_from: i64::MIN,
            revision,
        });
        self.invitations.push(Invitation {
            id: id.clone(),
            organization: place.id.clone(),
            member,
            email,
            invitee,
            name,
            role,
            carried,
            by: place.me.id.clone(),
            deliver: deliver.to_owned(),
            state: "pending",
            expires: None,
            secret: String::new(),
            revision,
        });
        id
    }

    /// Gives an invitation a new secret and a new end, and sends it or hands out its link.
    fn send(&mut self, place: &Place, id: &str, deliver: &str) -> Outcome<Option<String>> {
        let secret = self.fresh("invite");
        let life_s = self.at(place).knob("invite.ttl_s").as_i64();
        let expires = life_s.map(|life_s| self.now + life_s);
        let revision = self.at(place).revision;
        let one = self.invitations.iter_mut().find(|i| i.id == id).expect("an invitation");
        (one.secret, one.expires, one.deliver, one.revision) = (secret.clone(), expires, deliver.to_owned(), revision);
        if deliver == "link" {
            return Ok(Some(format!("{{link}}{secret}")));
        }
        let to = match &one.invitee {
            None => one.email.clone(),
            Some((id, _)) => match self.people.iter().find(|p| p.id == *id && p.verified) {
                Some(person) => person.email.clone(),
                None => return no(409, "invitation.unreachable"),
            },
        };
        self.letters.push(Letter { to, kind: "invitation", secret });
        Ok(None)
    }

    /// The link is dead and the waiting membership gone.
    pub(super) fn close(&mut self, invitation: &Invitation, state: &'static str) {
        let revision = self.organization(&invitation.organization).expect("an organization").revision;
        for one in self.invitations.iter_mut().filter(|i| i.id == invitation.id) {
            (one.state, one.revision) = (state, revision);
        }
        self.members.retain(|m| m.id != invitation.member || m.status != "invited");
    }

    fn waits(invitation: &Invitation) -> Outcome<()> {
        if invitation.state == "pending" { Ok(()) } else { no(409, "invitation.not_pending") }
    }

    pub(super) fn withdraw(&mut self, place: &Place, invitation: &Invitation) -> Outcome<()> {
        Self::waits(invitation)?;
        self.may_give(place, &invitation.role)?;
        self.close(invitation, if self.is_over(invitation) { "expired" } else { "cancelled" });
        self.tell(&invitation.organization, "invitation.cancelled");
        Ok(())
    }

    pub(super) fn give_invited(&mut self, place: &Place, invitation: &Invitation, role: &str) -> Outcome<()> {
        Self::waits(invitation)?;
        self.may_give(place, role)?;
        self.may_give(place, &invitation.role)?;
        if invitation.role == role {
            return Ok(());
        }
        self.may_carry_role(place, role)?;
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
        if state.is_some_and(|s| !["pending", "accepted", "cancelled", "refused", "expired"].contains(&s)) {
            return no(422, "request.invalid");
        }
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "invitation.manage")?;
        let here = self.invitations.iter().filter(|i| i.organization == place.id);
        let wanted: Vec<String> = here
            .filter(|i| state.is_none_or(|s| s == i.state || s == "expired" && i.state == "pending" && self.is_over(i)))
            .map(|i| i.id.clone())
            .collect();
        let items: Vec<Value> = wanted.iter().filter_map(|id| self.shown(&place, id).ok()).map(|(_, v)| v).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    pub(super) fn show_invitation(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "invitation.manage")?;
        self.shown(&place, c.arg(1))
    }

    pub(super) fn edit_invitation(&mut self, c: &Call<'_>) -> Outcome {
        let (place, found) = self.taken(c)?;
        if let Some(role) = c.text("role") {
            self.give_invited(&place, &found, role)?;
        }
        let (groups, inside) = carrying::wanted(&c.asked.body);
        if groups.is_some() || inside.is_some() {
            let before = &found.carried;
            let wanted = (groups.unwrap_or_else(|| before.0.clone()), inside.unwrap_or_else(|| before.1.clone()));
            let carried = self.may_carry(&place, &wanted, before)?;
            Self::waits(&found)?;
            self.may_give(&place, &found.role)?;
            if carried != *before {
                let revision = self.at(&place).revision;
                for one in self.invitations.iter_mut().filter(|i| i.id == found.id) {
                    (one.carried, one.revision) = (carried.clone(), revision);
                }
                self.tell(&place.id, "invitation.carries_changed");
            }
        }
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
        if self.is_over(&found) {
            self.reissue(&place)?;
        }
        self.tell(&place.id, "invitation.resent");
        let link = self.send(&place, &found.id, &deliver)?;
        let (_, view) = self.shown(&place, &found.id)?;
        Ok((
            200,
            json!({"email": view["email"], "handle": view["handle"], "status": "created", "invitation": view, "link": link}),
        ))
    }
}
