//! Going: what a person owns and has, removing, leaving, undoing a removal, and deleting oneself.

use serde_json::{Value, json};

use super::organizations::Place;
use super::rules::{address, key};
use super::{Call, Grant, Member, Model, Outcome, Resource, Seconds, no};

/// A removal that can still be undone.
#[derive(Clone, Debug)]
pub struct Removal {
    pub organization: String,
    pub member: String,
    person: Option<String>,
    status: &'static str,
    seats: Vec<(String, bool)>,
    grants: Vec<Grant>,
    owned: Vec<String>,
    until: Seconds,
}

/// Where something owned goes: nobody said, to the organization, or to somebody.
#[derive(Clone, Debug)]
enum Fate {
    Unsaid,
    Organization,
    Heir(Box<Member>),
}

type Estate = Vec<(Resource, Fate)>;

impl Model {
    fn owned(&self, member: &Member) -> Vec<Resource> {
        let owns = |r: &&Resource| r.organization == member.organization && r.owner.as_ref() == Some(&member.id);
        self.resources.iter().filter(owns).cloned().collect()
    }

    fn heir(&self, place: &Place, id: &str) -> Outcome<Fate> {
        let found = self.member(&place.id, id).cloned();
        found.map_or_else(|| no(422, "transfer.heir"), |heir| Ok(Fate::Heir(Box::new(heir))))
    }

    /// What the request says of each thing the member owns.
    fn estate(&self, c: &Call<'_>, place: &Place, member: &Member) -> Outcome<Estate> {
        let all = match c.text("transfer_to").filter(|id| !id.is_empty()) {
            Some(id) => self.heir(place, id)?,
            None => Fate::Unsaid,
        };
        let mut estate: Estate = self.owned(member).into_iter().map(|r| (r, all.clone())).collect();
        for (thing, to) in c.asked.body["transfers"].as_object().into_iter().flatten() {
            let Some(at) = estate.iter().position(|(r, _)| r.id == *thing) else {
                return no(422, "transfer.not_owned");
            };
            estate[at].1 = match to.as_str().filter(|id| !id.is_empty()) {
                Some(id) => self.heir(place, id)?,
                None => Fate::Organization,
            };
        }
        Ok(estate)
    }

    /// Heirs work here and are somebody else, and nobody gives what they do not have.
    fn heirs_fit(&self, place: &Place, member: &Member, estate: &Estate) -> Outcome<()> {
        for (thing, to) in estate {
            let Fate::Heir(heir) = to else { continue };
            if heir.id == member.id || heir.status != "active" {
                return no(422, "transfer.heir");
            }
            let held = self.reaches(&place.me, place.scopes.as_ref(), Some(thing));
            self.may_hand_on(place, &held, &thing.kind, true)?;
        }
        Ok(())
    }

    fn in_the_way<'a>(&self, organization: &str, estate: &'a Estate) -> Vec<&'a Resource> {
        let here = self.organization(organization).expect("an organization");
        let stays = |to: &Fate| {
            here.knob_is("delete.precondition", "transferred")
                || (here.knob_is("delete.owned_objects", "block") && matches!(to, Fate::Unsaid))
                || (here.knob_is("delete.owned_objects", "transfer_required") && !matches!(to, Fate::Heir(_)))
        };
        estate.iter().filter(|(_, to)| stays(to)).map(|(r, _)| r).collect()
    }

    /// What speaks against the end of a membership, the most telling first.
    fn obstacles(&self, place: &Place, member: &Member, estate: &Estate, leaving: bool) -> Vec<(u16, &'static str)> {
        if !["active", "deactivated", "pending_approval", "requested"].contains(&member.status) {
            return vec![(409, "member.state")];
        }
        if member.is_above() {
            return vec![(409, "member.state")];
        }
        let (here, mine) = (self.at(place), member.id == place.me.id);
        let mut checks = Vec::new();
        let forbidden = || !leaving && here.knob_is("self.deactivate_or_remove", "forbidden");
        if mine && (member.program || forbidden()) {
            checks.push(no(409, "member.self"));
        }
        if !mine {
            checks.push(self.may_touch(place, member));
        }
        checks.push(self.not_the_last(member));
        if !mine && here.knob_is("delete.precondition", "deactivated") && member.status == "active" {
            checks.push(no(409, "member.deactivate_first"));
        }
        checks.push(self.heirs_fit(place, member, estate));
        if !self.in_the_way(&place.id, estate).is_empty() {
            checks.push(no(409, "member.owns_resources"));
        }
        let refusal = |check: Outcome<()>| match check {
            Err(super::Out::No(status, code)) => Some((status, code)),
            _ => None,
        };
        checks.into_iter().filter_map(refusal).collect()
    }

    pub(super) fn give_to(&mut self, thing: &str, owner: Option<String>) {
        let at = self.resources.iter().position(|r| r.id == thing).expect("a resource");
        let organization = self.resources[at].organization.clone();
        let revision = self.organization(&organization).expect("an organization").revision;
        (self.resources[at].owner, self.resources[at].revision) = (owner, revision);
        self.tell(&organization, "resource.edited");
    }

    /// Things go where they were said to, then the membership ends.
    fn gone(&mut self, member: &Member, estate: &Estate, kind: &'static str) {
        for (thing, to) in estate {
            let owner = match to {
                Fate::Heir(heir) => Some(heir.id.clone()),
                Fate::Unsaid | Fate::Organization => None,
            };
            self.give_to(&thing.id, owner);
        }
        self.move_member(member, "removed", kind);
        self.forget(member);
        for token in self.tokens.iter_mut().filter(|t| t.member.as_ref() == Some(&member.id)) {
            token.revoked = true;
        }
    }

    pub(super) fn remove_member(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "member.list")?;
        let member = self.found_member(&place, c.arg(1))?;
        if member.status == "invited" {
            self.permit(&place, "invitation.manage")?;
            c.seen(member.revision)?;
            let invitation = self.invitation_of(&member);
            self.withdraw(&place, &invitation)?;
            return Ok((204, Value::Null));
        }
        let mine = member.id == place.me.id;
        self.permit(&place, if mine { "member.leave" } else { "member.remove" })?;
        c.seen(member.revision)?;
        let estate = self.estate(c, &place, &member)?;
        if let Some((status, code)) = self.obstacles(&place, &member, &estate, false).first() {
            return no(*status, code);
        }
        if mine {
            self.gone(&member, &estate, "member.left");
        } else {
            self.keep(&member, &estate);
            self.gone(&member, &estate, "member.removed");
        }
        self.shut(&member);
        Ok((204, Value::Null))
    }

    /// A program goes by somebody else's word; what it owns goes as what people own.
    pub(super) fn delete_program(&mut self, c: &Call<'_>) -> Outcome {
        let (place, _, member) = self.taken_program(c)?;
        c.seen(member.revision)?;
        let estate = self.estate(c, &place, &member)?;
        if member.id == place.me.id {
            return no(409, "member.self");
        }
        self.may_touch(&place, &member)?;
        if c.text("confirm") != Some(member.name.as_str()) {
            return no(422, "service_account.confirm_name");
        }
        self.heirs_fit(&place, &member, &estate)?;
        if !self.in_the_way(&place.id, &estate).is_empty() {
            return no(409, "member.owns_resources");
        }
        self.gone(&member, &estate, "service_account.deleted");
        Ok((204, Value::Null))
    }

    /// A removal can be undone for as long as the knob says.
    fn keep(&mut self, member: &Member, estate: &Estate) {
        let here = self.organization(&member.organization).expect("an organization");
        let Some(grace_s) = here.knob("removal.grace_s").as_i64() else { return };
        let seat = |g: &super::Group| {
            let (_, manager) = g.seats.iter().find(|(who, _)| *who == member.id)?;
            Some((g.id.clone(), *manager))
        };
        let granted = |g: &&Grant| g.subject == ("member".to_owned(), member.id.clone());
        let ownerless = estate.iter().filter(|(_, to)| !matches!(to, Fate::Heir(_)));
        self.removals.push(Removal {
            organization: member.organization.clone(),
            member: member.id.clone(),
            person: member.person.clone(),
            status: member.status,
            seats: self.groups.iter().filter_map(seat).collect(),
            grants: self.grants.iter().filter(granted).cloned().collect(),
            owned: ownerless.map(|(r, _)| r.id.clone()).collect(),
            until: self.now + grace_s,
        });
    }

    pub(super) fn leave(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "member.leave")?;
        // What ends is the membership, whatever an owner of the tenant is beside it.
        let me = self.member(&place.id, &place.me.id).unwrap_or(&place.me).clone();
        let estate = self.estate(c, &place, &me)?;
        if let Some((status, code)) = self.obstacles(&place, &me, &estate, true).first() {
            return no(*status, code);
        }
        self.gone(&me, &estate, "member.left");
        self.shut(&me);
        Ok((204, Value::Null))
    }

    pub(super) fn removal_plan(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "member.list")?;
        let member = self.found_member(&place, c.arg(1))?;
        let mine = member.id == place.me.id;
        if !mine && !self.may(&place, "member.deactivate") {
            self.permit(&place, "member.remove")?;
        }
        let estate: Estate = self.owned(&member).into_iter().map(|r| (r, Fate::Unsaid)).collect();
        let allowed = self.permit(&place, if mine { "member.leave" } else { "member.remove" });
        let blocks = match allowed {
            Ok(()) => self.obstacles(&place, &member, &estate, mine),
            Err(super::Out::No(status, code)) => vec![(status, code)],
            Err(super::Out::Earlier(_)) => Vec::new(),
        };
        let blocks: Vec<Value> = blocks.iter().map(|(_, code)| json!({"code": code})).collect();
        let named = |r: &Resource| json!({"resource": r.id, "type": r.kind, "name": r.name});
        let owns: Vec<Value> = estate.iter().map(|(r, _)| named(r)).collect();
        let seat = |g: &super::Group| {
            let (_, manager) = g.seats.iter().find(|(who, _)| *who == member.id)?;
            Some(json!({"id": g.id, "name": g.name, "manager": manager}))
        };
        let groups: Vec<Value> = self.groups.iter().filter_map(seat).collect();
        let granted = |g: &&Grant| g.subject == ("member".to_owned(), member.id.clone());
        let grants: Vec<Value> = self
            .grants
            .iter()
            .filter(granted)
            .map(|g| json!({"id": g.id, "resource": g.resource, "role": g.role, "permission": g.permission}))
            .collect();
        let held = self.tokens.iter().filter(|t| t.member.as_ref() == Some(&member.id) && !t.revoked);
        let tokens: Vec<Value> = held.map(|t| json!({"id": t.id, "name": t.name})).collect();
        let programs = self.programs_of(&member);
        let accounts: Vec<Value> = programs.iter().map(|m| json!({"id": m.person, "name": m.name})).collect();
        let theirs = |t: &&super::Token| !t.revoked && programs.iter().any(|m| t.member.as_ref() == Some(&m.id));
        let keys =
            self.tokens.iter().filter(theirs).map(|t| json!({"id": t.id, "type": "service_key", "name": t.name}));
        let rotate: Vec<Value> = tokens.iter().cloned().chain(keys).collect();
        let holds = json!({
            "groups": {"$set": groups}, "grants": {"$set": grants}, "tokens": {"$set": tokens},
            "service_accounts": {"$set": accounts},
        });
        Ok((200, json!({"owns": {"$set": owns}, "holds": holds, "blocks": blocks, "rotate": {"$set": rotate}})))
    }

    pub(super) fn restore(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "member.remove")?;
        let once = self.members.iter().find(|m| m.organization == place.id && m.id == c.arg(1)).cloned();
        let Some(member) = once else { return no(404, "not_found") };
        if member.status != "removed" {
            return no(409, "member.already");
        }
        let kept = self.removals.iter().find(|r| r.member == member.id && r.until > self.now).cloned();
        let person = member.person.as_ref().and_then(|id| self.person(id));
        let shown = match person {
            Some(person) => Some((person.email.clone(), person.name.clone(), person.handle.clone())),
            None => member.program.then(|| (String::new(), member.name.clone(), None)),
        };
        let (Some(kept), Some(shown)) = (kept, shown) else { return no(410, "removal.over") };
        self.join_guard(&place.id, member.person.as_deref().unwrap_or_default())?;
        self.may_touch(&place, &member)?;
        self.may_give(&place, &member.role)?;
        if kept.status != "deactivated" {
            self.seat_free(&place.id)?;
        }
        self.removals.retain(|r| r.member != member.id);
        let (now, revision) = (self.now, self.at(&place).revision);
        let one = self.member_mut(&member.id);
        (one.status, one.revision, one.sessions_from) = (kept.status, revision, now);
        (one.email, one.name, one.handle) = shown;
        for (group, manager) in kept.seats {
            let found = self.groups.iter_mut().filter(|g| g.id == group);
            found.for_each(|g| g.seats.push((member.id.clone(), manager)));
        }
        let there = |g: &&Grant| self.resources.iter().any(|r| r.id == g.resource);
        let grants: Vec<Grant> = kept.grants.iter().filter(there).cloned().collect();
        self.grants.extend(grants);
        self.tell(&place.id, "member.restored");
        let ownerless = |r: &&Resource| kept.owned.contains(&r.id) && r.owner.is_none();
        let back: Vec<String> = self.resources.iter().filter(ownerless).map(|r| r.id.clone()).collect();
        for thing in back {
            self.give_to(&thing, Some(member.id.clone()));
        }
        Ok((200, self.whole_member(&self.found_member(&place, &member.id)?)))
    }

    pub(super) fn transfer_resource(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        let (found, held) = self.permitted(&place, c.arg(1), "update")?;
        c.seen(found.revision)?;
        self.not_kept(&place, &found)?;
        let to = match c.text("to").filter(|id| !id.is_empty()) {
            Some(id) => match self.heir(&place, id)? {
                Fate::Heir(heir) => Some(*heir),
                Fate::Unsaid | Fate::Organization => None,
            },
            None => None,
        };
        let owner = to.as_ref().map(|m| m.id.clone());
        if owner != found.owner {
            if to.is_some_and(|m| m.status != "active") {
                return no(422, "transfer.heir");
            }
            self.may_hand_on(&place, &held, &found.kind, owner.is_some())?;
            self.give_to(&found.id, owner);
        }
        Ok((200, self.resource_view(&place, self.resource(&place, &found.id).expect("the resource"))))
    }

    pub(super) fn delete_me(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let me = self.person(&c.caller()?.person).expect("the caller").clone();
        match c.text("password") {
            _ if me.password.is_empty() => {}
            None => return no(422, "request.invalid"),
            Some(given) if !me.opens_with(given) => return no(403, "password.wrong"),
            Some(_) => {}
        }
        self.write(c)?;
        let typed = c.text("confirm").unwrap_or_default();
        let by_address = address(typed).is_some_and(|typed| key(&typed) == key(&me.email));
        if !by_address && me.handle.as_deref() != Some(typed) {
            return no(422, "identity.confirm");
        }
        let mut mine: Vec<Member> = self
            .members
            .iter()
            .filter(|m| m.person.as_ref() == Some(&me.id) && m.status != "removed")
            .cloned()
            .collect();
        mine.retain(|m| self.organization(&m.organization).is_some());
        for member in &mine {
            self.take(&member.organization);
        }
        if mine.iter().any(|m| self.not_the_last(m).is_err()) {
            return no(409, "member.last_owner");
        }
        self.owns_no_tenant_alone(&me.id)?;
        let estate = |m: &Member| -> Estate { self.owned(m).into_iter().map(|r| (r, Fate::Unsaid)).collect() };
        let estates: Vec<Estate> = mine.iter().map(estate).collect();
        if mine.iter().zip(&estates).any(|(m, estate)| !self.in_the_way(&m.organization, estate).is_empty()) {
            return no(409, "member.owns_resources");
        }
        for (member, estate) in mine.iter().zip(&estates) {
            self.gone(member, estate, "member.left");
        }
        self.leave_tenants(&me.id);
        self.end_sessions(&me.id, None);
        self.tell_instance("identity.deleted");
        for token in self.tokens.iter_mut().filter(|t| t.person == me.id) {
            token.revoked = true;
        }
        self.people.retain(|p| p.id != me.id);
        self.links.retain(|l| l.person != me.id);
        self.removals.retain(|r| r.person.as_ref() != Some(&me.id));
        Ok((204, Value::Null))
    }
}
