//! What invitations carry beside a role, and declining one.

use serde_json::{Value, json};

use super::Grant;
use super::organizations::Place;
use super::{Call, Invitation, Model, Out, Outcome, no};

/// Groups, and resources with the role inside each.
pub(super) type Carried = (Vec<String>, Vec<(String, String)>);

/// The same, where each may be left out.
type Wanted = (Option<Vec<String>>, Option<Vec<(String, String)>>);

/// What a body says it shall carry; `None` where it says nothing.
pub(super) fn wanted(body: &Value) -> Wanted {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let groups = body["groups"].as_array().map(|list| list.iter().map(text).collect());
    let one = |v: &Value| (text(&v["resource"]), text(&v["role"]));
    (groups, body["resources"].as_array().map(|list| list.iter().map(one).collect()))
}

impl Model {
    fn carries(&self, place: &Place, word: &str) -> Outcome<()> {
        if self.at(place).knob_lists("invite.carries", word) { Ok(()) } else { no(422, "invitation.not_carried") }
    }

    pub(super) fn may_carry_role(&self, place: &Place, role: &str) -> Outcome<()> {
        if self.at(place).knob_is("role.default", role) { Ok(()) } else { self.carries(place, "role") }
    }

    /// Every group and role inside that is asked for, if the caller may give each.
    pub(super) fn may_carry(&self, place: &Place, wanted: &Carried, before: &Carried) -> Outcome<Carried> {
        let mut carried = Carried::default();
        for id in &wanted.0 {
            if !before.0.contains(id) {
                self.may_carry_group(place, id)?;
            }
            if !carried.0.contains(id) {
                carried.0.push(id.clone());
            }
        }
        for (name, role) in &wanted.1 {
            let found = if before.1.contains(&(name.clone(), role.clone())) {
                name.clone()
            } else {
                self.may_carry_inside(place, name, role)?
            };
            if !carried.1.contains(&(found.clone(), role.clone())) {
                carried.1.push((found, role.clone()));
            }
        }
        Ok(carried)
    }

    fn may_carry_group(&self, place: &Place, id: &str) -> Outcome<()> {
        if !id.starts_with("~grp") {
            return no(422, "group.unknown");
        }
        self.permit(place, "group.list")?;
        let Some(group) = self.groups.iter().find(|g| g.organization == place.id && g.id == *id) else {
            return no(422, "group.unknown");
        };
        let manager = group.seats.iter().any(|(member, manager)| *member == place.me.id && *manager);
        let own_only = manager && !self.may(place, "group.manage");
        self.permit(place, if own_only { "group.manage_own" } else { "group.manage" })?;
        self.carries(place, "groups")?;
        if self.gives_more(place, group) { no(403, "group.grants_above_own") } else { Ok(()) }
    }

    fn may_carry_inside(&self, place: &Place, name: &str, role: &str) -> Outcome<String> {
        let (target, held) = match self.permitted(place, name, "share") {
            Err(Out::No(404, _)) => return no(422, "resource.unknown"),
            found => found?,
        };
        self.carries(place, "resources")?;
        if self.role_of_type(&place.id, &target.kind, Some(role)).is_none() {
            return no(422, "role.unknown");
        }
        let given = self.grant_of(&target.id, role, String::new());
        if self.given_by(&place.id, &given).iter().any(|p| !held.contains(p)) {
            return no(403, "grant.above_own");
        }
        Ok(target.id)
    }

    fn grant_of(&self, resource: &str, role: &str, member: String) -> Grant {
        Grant {
            id: String::new(),
            resource: resource.to_owned(),
            subject: ("member".to_owned(), member),
            role: Some(role.to_owned()),
            permission: None,
            expires: None,
            by: String::new(),
        }
    }

    /// Gives what an accepted invitation carries, as far as it is there.
    pub(super) fn carry_out(&mut self, found: &Invitation) {
        let organization = found.organization.clone();
        let revision = self.organization(&organization).expect("an organization").revision;
        let mut skipped = false;
        for id in &found.carried.0 {
            match self.groups.iter_mut().find(|g| g.organization == organization && g.id == *id) {
                Some(group) => {
                    group.seats.push((found.member.clone(), false));
                    group.revision = revision;
                    self.tell(&organization, "group.member_added");
                }
                None => skipped = true,
            }
        }
        for (id, role) in &found.carried.1 {
            let target = self.resources.iter().find(|r| r.organization == organization && r.id == *id).cloned();
            let known = target.is_some_and(|t| self.role_of_type(&organization, &t.kind, Some(role)).is_some());
            if known {
                // By whoever invited.
                let (new, by) = (self.fresh("grt"), found.by.clone());
                let grant = Grant { id: new, by, ..self.grant_of(id, role, found.member.clone()) };
                self.grants.push(grant);
                self.tell(&organization, "grant.created");
            }
            skipped |= !known;
        }
        if skipped {
            self.tell(&organization, "invitation.carried_in_part");
        }
    }

    pub(super) fn refuse_invitation(&mut self, c: &Call<'_>) -> Outcome {
        self.write(c)?;
        let secret = c.text("token");
        let found = self.invitations.iter().find(|i| Some(i.secret.as_str()) == secret).cloned();
        let here = found.as_ref().and_then(|i| self.organization(&i.organization)).is_some();
        let (Some(found), true) = (found, here) else { return no(404, "invitation.unknown") };
        self.openable(secret)?;
        self.take(&found.organization);
        self.close(&found, "refused");
        self.tell(&found.organization, "invitation.refused");
        Ok((204, Value::Null))
    }

    pub(super) fn carried_view(carried: &Carried) -> (Value, Value) {
        let inside: Vec<Value> =
            carried.1.iter().map(|(resource, role)| json!({"resource": resource, "role": role})).collect();
        (json!(carried.0), json!(inside))
    }
}
