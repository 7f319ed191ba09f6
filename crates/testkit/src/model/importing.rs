//! A directory brought in bit by bit: each item has an answer of its own, and what is there already stays.

use serde_json::{Value, json};

use super::organizations::Place;
use super::rules::{address, key, tidy};
use super::{Call, Grant, Group, Member, Model, Out, Outcome, Person, Request, Resource, no};

/// What became of an item, and its id where it has one.
type Done = (&'static str, Option<String>);

/// A text that has to be there.
fn must<'v>(item: &'v Value, field: &str) -> Outcome<&'v str> {
    let text = item[field].as_str().map(str::trim).filter(|text| !text.is_empty());
    text.map_or_else(|| no(422, "field.missing"), Ok)
}

impl Model {
    pub(super) fn import(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "organization.import")?;
        let mut answers = Vec::new();
        for item in c.asked.body["items"].as_array().cloned().unwrap_or_default() {
            let before = self.clone();
            answers.push(match self.import_one(c, &place, &item) {
                Ok((status, id)) => json!({"status": status, "id": id, "code": null}),
                Err(Out::No(_, code)) => {
                    // What is refused changes nothing; the names of what it would have made are not used again.
                    let made = self.made;
                    *self = before;
                    self.made = made;
                    json!({"status": "refused", "id": null, "code": code})
                }
                Err(earlier) => return Err(earlier),
            });
        }
        self.items = Some(json!(answers));
        Ok((200, json!({"items": answers})))
    }

    fn import_one(&mut self, c: &Call<'_>, place: &Place, item: &Value) -> Outcome<Done> {
        match item["kind"].as_str() {
            Some("person") => self.import_person(c, place, item),
            Some("group") => self.import_group(place, item),
            Some("group_member") => self.import_seat(place, item),
            Some("resource") => self.import_resource(c, place, item),
            Some("grant") => self.import_grant(c, place, item),
            _ => no(422, "field.invalid"),
        }
    }

    fn by_address(&self, place: &Place, email: &str) -> Option<Member> {
        let here = self.members.iter().filter(|m| m.organization == place.id && m.status != "removed");
        // A person before a mere invitation to the same address.
        here.filter(|m| key(&m.email) == key(email)).min_by_key(|m| m.person.is_none()).cloned()
    }

    /// Somebody who has come in, by address.
    fn known_here(&self, place: &Place, email: &str, unknown: &'static str) -> Outcome<Member> {
        let Some(email) = address(email) else { return no(422, "email.invalid") };
        let found = self.by_address(place, &email).filter(|m| !["invited", "requested"].contains(&m.status));
        found.map_or_else(|| no(422, unknown), Ok)
    }

    fn group_named(&self, place: &Place, name: &str) -> Option<Group> {
        let mut here = self.groups.iter().filter(|g| g.organization == place.id);
        here.find(|g| g.name.to_lowercase() == name.to_lowercase()).cloned()
    }

    /// People come with an address that the installation's administrators vouch for, and nobody else.
    fn import_person(&mut self, c: &Call<'_>, place: &Place, item: &Value) -> Outcome<Done> {
        let Some(email) = address(must(item, "email")?) else { return no(422, "email.invalid") };
        if let Some(known) = self.by_address(place, &email) {
            if known.status == "invited" {
                return no(409, "invitation.already_pending");
            }
            return Ok(("unchanged", Some(known.id)));
        }
        if !self.person(&c.caller()?.person).is_some_and(|by| by.administrator) {
            return no(403, "instance.administrator_required");
        }
        self.may_invite(place)?;
        let usual = self.at(place).knob("role.default").as_str().unwrap_or_default().to_owned();
        let role = item["role"].as_str().map_or(usual, str::to_owned);
        self.may_give(place, &role)?;
        let known = self.prover(&email).cloned();
        self.takes_in(place, known.as_ref().map_or("", |who| &who.id), &email)?;
        let who = match known {
            Some(who) => who,
            None => self.vouched_for(&email, item),
        };
        let member = self.bring_in(place, &who, &role, "import");
        Ok(("created", Some(member.id)))
    }

    /// Somebody new, who has no password yet.
    fn vouched_for(&mut self, email: &str, item: &Value) -> Person {
        let name = item["name"].as_str().and_then(tidy).unwrap_or_default();
        let id = self.newcomer(email, true, name, String::new());
        self.person(&id).expect("just made").clone()
    }

    fn import_group(&mut self, place: &Place, item: &Value) -> Outcome<Done> {
        let name = tidy(must(item, "name")?).unwrap_or_default();
        if let Some(known) = self.group_named(place, &name) {
            return Ok(("unchanged", Some(known.id)));
        }
        self.permit(place, "group.manage")?;
        let (id, revision) = (self.fresh("grp"), self.at(place).revision);
        let made = Group {
            id: id.clone(),
            organization: place.id.clone(),
            name,
            description: item["description"].as_str().and_then(tidy).unwrap_or_default(),
            seats: Vec::new(),
            gives: Vec::new(),
            revision,
        };
        self.groups.push(made);
        self.tell(&place.id, "group.created");
        Ok(("created", Some(id)))
    }

    fn import_seat(&mut self, place: &Place, item: &Value) -> Outcome<Done> {
        let Some(group) = self.group_named(place, must(item, "group")?) else { return no(422, "group.unknown") };
        let who = self.known_here(place, must(item, "email")?, "grant.subject")?;
        let manager = item["manager"] == json!(true);
        if group.seats.contains(&(who.id.clone(), manager)) {
            return Ok(("unchanged", None));
        }
        self.permit(place, "group.manage")?;
        self.seat_by(place, group, who, manager, false)?;
        Ok(("created", None))
    }

    /// The same request as it would be made for one thing alone.
    fn alone<'a>(c: &'a Call<'_>, body: Value, args: Vec<String>) -> (Request, &'a Option<super::Caller>) {
        (Request { body, args, key: None, if_match: None, ..c.asked.clone() }, &c.caller)
    }

    fn import_resource(&mut self, c: &Call<'_>, place: &Place, item: &Value) -> Outcome<Done> {
        let (kind, external) = (must(item, "type")?, must(item, "external_id")?);
        let known =
            |r: &&Resource| r.organization == place.id && r.kind == kind && r.external.as_deref() == Some(external);
        if let Some(known) = self.resources.iter().find(known) {
            return Ok(("unchanged", Some(known.id.clone())));
        }
        let owner = match item["owner"].as_str().filter(|owner| !owner.is_empty()) {
            Some(email) => json!(self.known_here(place, email, "resource.owner")?.id),
            None => Value::Null,
        };
        let name = item["name"].as_str().filter(|name| !name.is_empty()).unwrap_or(external);
        let body = json!({
            "type": kind, "external_id": external, "name": name, "parent": item["parent"], "owner": owner,
            "controlled": item["controlled"],
        });
        let (asked, caller) = Self::alone(c, body, vec![place.id.clone()]);
        let made = self.make_resource(&Call { asked: &asked, caller: caller.clone() }, place.clone()).map_err(
            |out| match out {
                // The only value that may be wrong by itself.
                Out::No(422, "request.invalid") => Out::No(422, "field.empty"),
                out => out,
            },
        )?;
        Ok(("created", Some(made.id)))
    }

    fn import_grant(&mut self, c: &Call<'_>, place: &Place, item: &Value) -> Outcome<Done> {
        let on = must(item, "resource")?;
        let subject = match (item["email"].as_str(), item["group"].as_str(), item["everyone"] == json!(true)) {
            (Some(email), None, false) => ("member", self.known_here(place, email, "grant.subject")?.id),
            (None, Some(name), false) => match self.group_named(place, name) {
                Some(group) => ("group", group.id),
                None => return no(422, "group.unknown"),
            },
            (None, None, true) => ("everyone", String::new()),
            _ => return no(422, "field.invalid"),
        };
        let Some(target) = self.resource(place, on).cloned() else { return no(404, "not_found") };
        if item["role"].is_string() == item["permission"].is_string() {
            return no(422, "field.invalid");
        }
        let text = |field: &str| item[field].as_str().map(str::to_owned);
        let same = |g: &&Grant| {
            let for_whom = (g.subject.0.as_str(), g.subject.1.as_str()) == (subject.0, subject.1.as_str());
            g.resource == target.id && for_whom && g.role == text("role") && g.permission == text("permission")
        };
        // What has ended is not there any more.
        if let Some(known) = self.grants.iter().filter(|g| g.lives(self.now)).find(same) {
            return Ok(("unchanged", Some(known.id.clone())));
        }
        let whom = if subject.0 == "everyone" { Value::Null } else { json!(subject.1) };
        let body = json!({
            "subject": {"type": subject.0, "id": whom}, "role": item["role"], "permission": item["permission"],
            "expires_at": item["expires_at"],
        });
        let (asked, caller) = Self::alone(c, body, vec![place.id.clone(), on.to_owned()]);
        let made = self.make_grant(&Call { asked: &asked, caller: caller.clone() }, place.clone())?;
        Ok(("created", Some(made.id)))
    }
}
