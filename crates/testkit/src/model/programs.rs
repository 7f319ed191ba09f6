//! Service accounts: members that are programs, each with somebody who answers for it, and their tokens.

use serde_json::{Value, json};

use super::answers::token_view;
use super::organizations::Place;
use super::roles::names;
use super::rules::tidy;
use super::tokens::moment;
use super::{Call, DAY_S, Grant, Member, Model, Outcome, Token, no};

/// What a service account is beside a member; deleted ones stay, as removed members do.
#[derive(Clone, Debug)]
pub struct Program {
    pub id: String,
    pub organization: String,
    pub member: String,
    description: String,
    /// The membership of whoever answers for it, while they are there.
    pub owner: Option<String>,
}

impl Member {
    pub(super) fn kind(&self) -> &'static str {
        if self.program { "service_account" } else { "person" }
    }
}

impl Model {
    fn program_view(&self, program: &Program) -> Value {
        let member = self.members.iter().find(|m| m.id == program.member).expect("its membership");
        let owner = program.owner.as_ref().and_then(|id| self.members.iter().find(|m| m.id == *id));
        json!({
            "id": program.id, "member": member.id, "name": member.name, "description": program.description,
            "owner": owner.map(|m| json!({"id": m.id, "email": m.email, "name": m.name})),
            "role": member.role, "status": member.status, "revision": member.revision,
        })
    }

    /// The memberships of the programs that somebody answers for.
    pub(super) fn programs_of(&self, owner: &Member) -> Vec<Member> {
        let theirs = self.programs.iter().filter(|p| p.owner.as_ref() == Some(&owner.id));
        theirs.filter_map(|p| self.member(&p.organization, &p.member)).cloned().collect()
    }

    fn program(&self, place: &Place, id: &str) -> Outcome<(Program, Member)> {
        let found = self.programs.iter().find(|p| p.organization == place.id && p.id == id);
        let member = found.and_then(|p| self.member(&place.id, &p.member));
        match (found, member) {
            (Some(found), Some(member)) => Ok((found.clone(), member.clone())),
            _ => no(404, "not_found"),
        }
    }

    pub(super) fn list_programs(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "service_account.manage")?;
        let newest_first = self.programs.iter().rev().filter(|p| p.organization == place.id);
        let present = newest_first.filter(|p| self.member(&place.id, &p.member).is_some());
        let items: Vec<Value> = present.map(|p| self.program_view(p)).collect();
        Ok((200, json!({"items": items})))
    }

    pub(super) fn show_program(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "service_account.manage")?;
        let (found, _) = self.program(&place, c.arg(1))?;
        Ok((200, self.program_view(&found)))
    }

    /// Somebody named to answer for a program: "an active person of the organization".
    fn owner_named(&self, place: &Place, id: &str) -> Outcome<Member> {
        self.member(&place.id, id).cloned().map_or_else(|| no(422, "service_account.owner"), Ok)
    }

    fn may_answer(owner: Option<&Member>) -> Outcome<()> {
        let fits = owner.is_none_or(|m| m.status == "active" && !m.program);
        if fits { Ok(()) } else { no(422, "service_account.owner") }
    }

    pub(super) fn create_program(&mut self, c: &Call<'_>) -> Outcome {
        let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "service_account.manage")?;
        // A program answers for nothing.
        let owner = match c.text("owner") {
            Some(id) => Some(self.owner_named(&place, id)?),
            None => Some(place.me.clone()).filter(|me| !me.program && !me.is_above()),
        };
        let default = self.at(&place).knob("role.default").as_str().unwrap_or_default().to_owned();
        let role = c.text("role").map_or(default, str::to_owned);
        self.may_give(&place, &role)?;
        let (id, member, revision) = (self.fresh("svc"), self.fresh("mem"), self.at(&place).revision);
        let made = Member {
            id: member.clone(),
            organization: place.id.clone(),
            person: Some(id.clone()),
            program: true,
            email: String::new(),
            name,
            handle: None,
            role,
            status: "active",
            origin: "direct",
            joined: true,
            sessions_from: i64::MIN,
            revision,
        };
        self.may_raise(&place, &made, &made.role)?;
        Self::may_answer(owner.as_ref())?;
        self.seat_free(&place.id)?;
        let description = c.text("description").and_then(tidy).unwrap_or_default();
        let (organization, owner) = (place.id.clone(), owner.map(|m| m.id));
        let program = Program { id, organization, member, description, owner };
        self.members.push(made);
        self.programs.push(program.clone());
        self.tell(&place.id, "service_account.created");
        Ok((201, self.program_view(&program)))
    }

    /// A service account for a write.
    pub(super) fn taken_program(&mut self, c: &Call<'_>) -> Outcome<(Place, Program, Member)> {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "service_account.manage")?;
        let (program, member) = self.program(&place, c.arg(1))?;
        Ok((place, program, member))
    }

    pub(super) fn edit_program(&mut self, c: &Call<'_>) -> Outcome {
        let (place, before, member) = self.taken_program(c)?;
        c.seen(member.revision)?;
        let owner = c.text("owner").map(|id| self.owner_named(&place, id)).transpose()?;
        self.may_touch(&place, &member)?;
        Self::may_answer(owner.as_ref())?;
        let mut after = before.clone();
        after.owner = owner.map(|m| m.id).or(after.owner);
        if let Some(text) = c.text("description") {
            after.description = tidy(text).unwrap_or_default();
        }
        let changed = (&after.owner, &after.description) != (&before.owner, &before.description);
        let role = c.text("role").unwrap_or(&member.role).to_owned();
        if c.text("role").is_some() {
            self.may_have_role(&place, &member, &role)?;
        }
        let revision = self.at(&place).revision;
        for one in self.programs.iter_mut().filter(|p| p.id == before.id && changed) {
            *one = after.clone();
        }
        if changed {
            self.member_mut(&member.id).revision = revision;
            self.tell(&place.id, "service_account.edited");
        }
        if role != member.role {
            let one = self.member_mut(&member.id);
            (one.role, one.revision) = (role, revision);
            self.tell(&place.id, "member.role_changed");
        }
        Ok((200, self.program_view(&after)))
    }

    /// May the caller have a secret that acts as this member? It takes everything that they may, by role, groups,
    /// grants and what they own, and a credential that makes credentials.
    pub(super) fn may_have_secret_of(&self, place: &Place, holder: &Member) -> Outcome<()> {
        if self.has_gifts_beyond(place, holder) {
            return no(403, "grant.above_own");
        }
        if place.scopes.as_ref().is_some_and(|scopes| !scopes.iter().any(|s| s == "token.create")) {
            return no(403, "token.scope_missing");
        }
        self.may_touch(place, holder)?;
        if self.outranks(place, &holder.role) { Ok(()) } else { no(403, "access.denied") }
    }

    /// Whether somebody is given more beside their role than the caller has.
    fn has_gifts_beyond(&self, place: &Place, holder: &Member) -> bool {
        let groups = self.groups.iter().filter(|g| g.seats.iter().any(|(who, _)| *who == holder.id));
        let by_groups = groups.into_iter().any(|g| self.gives_more(place, g) || self.holds_less(place, &g.gives));
        let lacks = |on: &super::Resource, gives: Vec<String>| {
            let held = self.reaches(&place.me, place.scopes.as_ref(), Some(on));
            gives.iter().any(|p| !held.contains(p))
        };
        let direct = |g: &&Grant| g.subject == ("member".to_owned(), holder.id.clone()) && g.lives(self.now);
        let by_grants = self.grants.iter().filter(direct).any(|g| {
            let on = self.resources.iter().find(|r| r.id == g.resource).expect("what is granted");
            lacks(on, self.given_by(&place.id, g))
        });
        let mut owned = self.resources.iter().filter(|r| r.owner.as_ref() == Some(&holder.id));
        let by_owning = owned.any(|r| lacks(r, self.role_of_type(&place.id, &r.kind, None).unwrap_or_default()));
        by_groups || by_grants || by_owning
    }

    pub(super) fn list_program_tokens(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "service_account.manage")?;
        let (_, member) = self.program(&place, c.arg(1))?;
        let theirs = self.tokens.iter().rev().filter(|t| t.member.as_ref() == Some(&member.id) && !t.revoked);
        let items: Vec<Value> = theirs.map(token_view).collect();
        Ok((200, json!({"items": items})))
    }

    /// The name in the request, when there is one.
    fn given_name(c: &Call<'_>) -> Outcome<Option<String>> {
        match c.text("name").map(tidy) {
            Some(None) => no(422, "request.invalid"),
            given => Ok(given.flatten()),
        }
    }

    pub(super) fn create_program_token(&mut self, c: &Call<'_>) -> Outcome {
        let name = Self::given_name(c)?;
        let (place, program, member) = self.taken_program(c)?;
        self.may_have_secret_of(&place, &member)?;
        let scopes = names(&c.asked.body["scopes"]);
        if let Some(wanted) = &scopes {
            self.may_scope(&place, wanted)?;
        }
        self.room_for_token(&place, &member.id, "service_account.max_tokens")?;
        let expires = self.end_of(&place, c.text("expires_at").and_then(moment))?;
        let (id, secret) = (self.fresh("tok"), self.fresh("program"));
        let made = Token {
            id,
            secret,
            issued: self.now,
            old: None,
            program: true,
            active: true,
            kept: self.keeps_values(&place),
            organization: Some(place.id.clone()),
            member: Some(member.id),
            person: program.id,
            name: name.unwrap_or(member.name),
            scopes,
            expires,
            revoked: false,
        };
        let mut view = token_view(&made);
        view["token"] = json!(made.secret);
        self.tokens.push(made);
        self.tell(&place.id, "token.created");
        Ok((201, view))
    }

    /// A token of a service account for a write.
    fn taken_program_token(&mut self, c: &Call<'_>) -> Outcome<(Place, Member, Token)> {
        let (place, _, member) = self.taken_program(c)?;
        let theirs = |t: &&Token| t.id == c.arg(2) && t.member.as_ref() == Some(&member.id) && !t.revoked;
        match self.tokens.iter().find(theirs).cloned() {
            Some(found) => Ok((place, member, found)),
            None => no(404, "not_found"),
        }
    }

    pub(super) fn edit_program_token(&mut self, c: &Call<'_>) -> Outcome {
        Self::given_name(c)?;
        let (place, member, found) = self.taken_program_token(c)?;
        self.leaves_peers(&place, &member)?;
        self.rename_or_switch(c, &found)
    }

    pub(super) fn revoke_program_token(&mut self, c: &Call<'_>) -> Outcome {
        let (place, member, found) = self.taken_program_token(c)?;
        self.leaves_peers(&place, &member)?;
        self.revoke(&found.id);
        Ok((204, Value::Null))
    }

    pub(super) fn rotate_program_token(&mut self, c: &Call<'_>) -> Outcome {
        let (place, member, before) = self.taken_program_token(c)?;
        self.may_have_secret_of(&place, &member)?;
        let overlap_s = c.asked.body["overlap_s"].as_i64().unwrap_or(0);
        if !(0..=30 * DAY_S).contains(&overlap_s) {
            return no(422, "request.invalid");
        }
        let mut after = before.clone();
        match c.text("expires_at").and_then(moment) {
            Some(end) => after.expires = self.end_of(&place, Some(end))?,
            // What is as before begins anew all the same.
            None => self.may_end(&place, before.expires)?,
        }
        let both_until = before.expires.map_or(self.now + overlap_s, |end| end.min(self.now + overlap_s));
        after.old = (overlap_s > 0).then(|| (before.secret.clone(), before.issued, both_until));
        (after.secret, after.issued, after.kept) = (self.fresh("program"), self.now, self.keeps_values(&place));
        for one in self.tokens.iter_mut().filter(|t| t.id == after.id) {
            *one = after.clone();
        }
        self.tell(&place.id, "token.rotated");
        let mut view = token_view(&after);
        view["token"] = json!(after.secret);
        Ok((200, view))
    }

    pub(super) fn show_program_value(&mut self, c: &Call<'_>) -> Outcome {
        let (place, member, found) = self.taken_program_token(c)?;
        self.may_have_secret_of(&place, &member)?;
        self.value_of(&found)
    }
}
