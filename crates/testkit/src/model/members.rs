//! Memberships: one state machine, and who moves it.

use serde_json::{Value, json};

use super::organizations::Place;
use super::{Call, Member, Model, Outcome, no};

impl Model {
    /// May the caller give this role? Nobody gives more than their own; what somebody may do about
    /// themself only is no power over others and does not count.
    pub(super) fn may_give(&self, place: &Place, role: &str) -> Outcome<()> {
        if !self.at(place).has_role(role) {
            return no(422, "role.unknown");
        }
        let top = role == self.at(place).top();
        if (top && !self.may(place, "member.manage_top")) || !self.outranks(place, role) {
            return no(403, "role.above_own");
        }
        Ok(())
    }

    /// May the caller act on this member?
    pub(super) fn may_touch(&self, place: &Place, member: &Member) -> Outcome<()> {
        let here = self.at(place);
        if member.role == here.top() && !self.may(place, "member.manage_top") {
            return no(403, "member.top_role_required");
        }
        self.leaves_peers(place, member)?;
        if here.knob_is("role_change.authority", "admin_below_own_rank") && !self.outranks(place, &member.role) {
            return no(403, "access.denied");
        }
        Ok(())
    }

    /// A program leaves other programs with the top role alone.
    pub(super) fn leaves_peers(&self, place: &Place, member: &Member) -> Outcome<()> {
        let peer = member.program && member.id != place.me.id && member.role == self.at(place).top();
        if place.me.program && peer { no(403, "service_account.other_top") } else { Ok(()) }
    }

    /// A program makes no other program a holder of the top role.
    pub(super) fn may_raise(&self, place: &Place, member: &Member, role: &str) -> Outcome<()> {
        let other = place.me.program && member.program && member.id != place.me.id;
        if other && role == self.at(place).top() { no(403, "role.above_own") } else { Ok(()) }
    }

    /// An organization never loses its last active holder of the top role.
    pub(super) fn not_the_last(&self, member: &Member) -> Outcome<()> {
        let top = self.organization(&member.organization).expect("an organization").top().to_owned();
        let holds = |m: &&Member| m.organization == member.organization && m.role == top && m.status == "active";
        // It takes a person.
        let others = self.members.iter().filter(holds).any(|m| m.id != member.id && !m.program);
        if member.role == top && member.status == "active" && !others {
            return no(409, "member.last_owner");
        }
        Ok(())
    }

    /// The sessions of somebody who is active nowhere else end.
    pub(super) fn shut(&mut self, member: &Member) {
        let Some(person) = member.person.as_ref().filter(|_| !member.program) else { return };
        let elsewhere = self.members.iter().any(|m| {
            m.person.as_ref() == Some(person)
                && m.organization != member.organization
                && m.status == "active"
                && self.organization(&m.organization).is_some()
        });
        if !elsewhere {
            self.end_sessions(person, None);
        }
    }

    pub(super) fn found_member(&self, place: &Place, id: &str) -> Outcome<Member> {
        self.member(&place.id, id).cloned().map_or_else(|| no(404, "not_found"), Ok)
    }

    pub(super) fn move_member(&mut self, member: &Member, status: &'static str, kind: &'static str) {
        let revision = self.organization(&member.organization).expect("an organization").revision;
        let one = self.member_mut(&member.id);
        (one.status, one.revision) = (status, revision);
        self.tell(&member.organization, kind);
    }

    /// In the order of a member list: by name, or by address without one.
    fn by_name(mut members: Vec<Member>) -> Vec<Member> {
        members.sort_by_key(|m| if m.name.is_empty() { m.email.to_lowercase() } else { m.name.to_lowercase() });
        members
    }

    pub(super) fn list_members(&mut self, c: &Call<'_>) -> Outcome {
        c.caller()?;
        let wanted = |name: &str| c.asked.query.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
        let known = ["invited", "requested", "pending_approval", "active", "deactivated"];
        c.caller()?;
        if wanted("status").is_some_and(|s| !known.contains(&s.as_str())) {
            return no(422, "request.invalid");
        }
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "member.list")?;
        let fits = |m: &&Member| {
            let text = format!("{} {} {}", m.name, m.email, m.handle.as_deref().unwrap_or_default()).to_lowercase();
            m.organization == place.id
                && m.status != "removed"
                && wanted("status").is_none_or(|s| s == m.status)
                && wanted("role").is_none_or(|r| r == m.role)
                && wanted("type").is_none_or(|t| t == m.kind())
                && wanted("query").is_none_or(|q| text.contains(&q.to_lowercase()))
        };
        let found = Self::by_name(self.members.iter().filter(fits).cloned().collect());
        // Among people of one name the order is nobody's business.
        let names: Vec<_> = found.iter().map(|m| (m.name.to_lowercase(), m.email.to_lowercase())).collect();
        let distinct = names.windows(2).all(|two| two[0].0 != two[1].0 || two[0].0.is_empty() && two[0].1 != two[1].1);
        let items: Vec<Value> = found.iter().map(|m| self.whole_member(m)).collect();
        Ok((200, json!({"items": if distinct { json!(items) } else { json!({"$set": items}) }})))
    }

    pub(super) fn show_member(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "member.list")?;
        Ok((200, self.whole_member(&self.found_member(&place, c.arg(1))?)))
    }

    pub(super) fn change_member_role(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "member.list")?;
        let member = self.found_member(&place, c.arg(1))?;
        let role = c.text("role").unwrap_or_default().to_owned();
        if member.status == "invited" {
            self.permit(&place, "invitation.manage")?;
            c.seen(member.revision)?;
            let invitation = self.invitation_of(&member);
            self.give_invited(&place, &invitation, &role)?;
            return Ok((200, self.whole_member(&self.found_member(&place, c.arg(1))?)));
        }
        let active = member.status == "active";
        self.permit(&place, if active { "member.change_role" } else { "member.update" })?;
        c.seen(member.revision)?;
        self.may_have_role(&place, &member, &role)?;
        if member.role != role {
            let revision = self.at(&place).revision;
            let one = self.member_mut(&member.id);
            (one.role, one.revision) = (role, revision);
            self.tell(&place.id, "member.role_changed");
        }
        Ok((200, self.whole_member(&self.found_member(&place, c.arg(1))?)))
    }

    /// May the caller have this member change to this role?
    pub(super) fn may_have_role(&self, place: &Place, member: &Member, role: &str) -> Outcome<()> {
        self.may_give(place, role)?;
        self.may_touch(place, member)?;
        self.may_raise(place, member, role)?;
        if member.role == role {
            return Ok(());
        }
        let here = self.at(place);
        let lowers = here.role_rights(&member.role).iter().any(|p| !here.role_rights(role).contains(p));
        if member.id == place.me.id && lowers && here.knob("self.demote") == json!(false) {
            return no(409, "member.self_demote");
        }
        if role == here.top() { Ok(()) } else { self.not_the_last(member) }
    }

    /// The member a decision is about.
    pub(super) fn subject(&mut self, c: &Call<'_>, permission: &str) -> Outcome<(Place, Member)> {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, permission)?;
        let member = self.found_member(&place, c.arg(1))?;
        c.seen(member.revision)?;
        Ok((place, member))
    }

    pub(super) fn approve(&mut self, c: &Call<'_>) -> Outcome {
        let (place, member) = self.subject(c, "member.approve")?;
        if member.status != "active" {
            if !["pending_approval", "requested"].contains(&member.status) {
                return no(409, "member.state");
            }
            self.may_give(&place, &member.role)?;
            if member.status == "requested" {
                self.meets_rules(&place, &member)?;
            }
            self.let_in(&member);
        }
        Ok((200, self.whole_member(&self.found_member(&place, c.arg(1))?)))
    }

    pub(super) fn let_in(&mut self, member: &Member) {
        self.move_member(member, "active", "member.approved");
        self.member_mut(&member.id).joined = true;
        self.write_to(member, "member_approved");
    }

    /// Approvals were switched off: whoever waits is in.
    pub(super) fn approve_everybody(&mut self, organization: &str) {
        let waits = |m: &&Member| m.organization == organization && m.status == "pending_approval";
        for member in Self::by_name(self.members.iter().filter(waits).cloned().collect()) {
            self.let_in(&member);
        }
    }

    pub(super) fn reject(&mut self, c: &Call<'_>) -> Outcome {
        Self::reason(c)?;
        let (_, member) = self.subject(c, "member.approve")?;
        if !["pending_approval", "requested"].contains(&member.status) {
            return no(409, "member.state");
        }
        self.move_member(&member, "removed", "member.rejected");
        self.rejected.push((member.id.clone(), self.now));
        self.forget(&member);
        if member.status == "pending_approval" {
            self.shut(&member);
        }
        self.write_to(&member, "member_rejected");
        Ok((204, Value::Null))
    }

    pub(super) fn deactivate(&mut self, c: &Call<'_>) -> Outcome {
        let (place, member) = self.subject(c, "member.deactivate")?;
        if member.status != "deactivated" {
            if member.status != "active" {
                return no(409, "member.state");
            }
            if member.id == place.me.id {
                return no(409, "member.self");
            }
            self.may_touch(&place, &member)?;
            self.not_the_last(&member)?;
            self.move_member(&member, "deactivated", "member.deactivated");
            self.shut(&member);
        }
        Ok((200, self.whole_member(&self.found_member(&place, c.arg(1))?)))
    }

    pub(super) fn reactivate(&mut self, c: &Call<'_>) -> Outcome {
        let (place, member) = self.subject(c, "member.deactivate")?;
        if member.status != "active" {
            if member.status != "deactivated" {
                return no(409, "member.state");
            }
            self.may_touch(&place, &member)?;
            self.seat_free(&place.id)?;
            self.move_member(&member, "active", "member.reactivated");
        }
        Ok((200, self.whole_member(&self.found_member(&place, c.arg(1))?)))
    }

    pub(super) fn end_member_sessions(&mut self, c: &Call<'_>) -> Outcome {
        let (place, member) = self.subject(c, "member.end_sessions")?;
        self.may_touch(&place, &member)?;
        if member.person.is_none() {
            return no(409, "member.state");
        }
        let (now, revision) = (self.now, self.at(&place).revision);
        let one = self.member_mut(&member.id);
        (one.sessions_from, one.revision) = (now, revision);
        self.tell(&place.id, "member.sessions_ended");
        self.shut(&member);
        Ok((204, Value::Null))
    }

    /// Nobody in these histories has a second factor: what remains is who may take them away, and being signed out.
    pub(super) fn reset_member_factors(&mut self, c: &Call<'_>) -> Outcome {
        let (place, member) = self.subject(c, "member.recover")?;
        self.may_touch(&place, &member)?;
        let person = member.person.clone().filter(|_| !member.program);
        let Some(person) = person else { return no(409, "member.state") };
        let elsewhere = self.members.iter().any(|m| {
            m.person.as_ref() == Some(&person)
                && m.organization != member.organization
                && m.status == "active"
                && self.organization(&m.organization).is_some()
        });
        let by = c.caller()?.person.clone();
        if elsewhere && !self.person(&by).is_some_and(|p| p.administrator) {
            return no(409, "factor.elsewhere");
        }
        self.tell(&place.id, "member.factors_reset");
        self.end_sessions(&person, None);
        Ok((204, Value::Null))
    }
}
