//! The preset of an organization, shown and exchanged.

use guildhall_domain::preset::built_in;
use serde_json::{Map, Value, json};

use super::rules::fits;
use super::{Call, Grant, Model, Organization, Outcome, Resource, Rulebook, Share, no};

impl Model {
    pub(super) fn show_preset(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "policy.read")?;
        Ok((200, preset_view(self.at(&place))))
    }

    pub(super) fn apply_preset(&mut self, c: &Call<'_>) -> Outcome {
        c.caller()?;
        let Some(next) = built_in(c.text("preset").unwrap_or_default()) else { return no(422, "preset.unknown") };
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "preset.apply")?;
        let here = self.at(&place).clone();
        c.seen(here.object)?;
        // "Another preset may give anybody anything."
        if place.me.role != here.top() {
            return no(403, "member.top_role_required");
        }
        let map = c.asked.body["roles"].as_object().cloned().unwrap_or_default();
        let becomes = |role: &str| map.get(role).and_then(Value::as_str).map(str::to_owned);
        let rules = Rulebook::of(&next);
        let mut after = Organization { rules, policy: Map::new(), ..here.clone() };
        // What the organization made stays, unless it is called as one of the preset's.
        if here.own.iter().any(|own| next.role(&own.applies_to, &own.slug).is_some()) {
            return no(409, "role.slug_taken");
        }
        here.own.iter().for_each(|own| after.learn_meaning(own));
        if map.values().any(|to| !after.has_role(to.as_str().unwrap_or_default())) {
            return no(422, "role.unknown");
        }
        let present = |m: &&mut super::Member| m.organization == here.id && m.status != "removed";
        let mut members: Vec<_> = self.members.iter_mut().filter(present).collect();
        if members.iter().any(|m| becomes(&m.role).is_none() && !after.has_role(&m.role)) {
            return no(409, "preset.role_unmapped");
        }
        let top = |role: &str| becomes(role).unwrap_or_else(|| role.to_owned()) == after.top();
        if !members.iter().any(|m| m.status == "active" && !m.program && top(&m.role)) {
            return no(409, "member.last_owner");
        }
        // A program makes no other program a holder of the top role, in this way neither.
        if place.me.program && members.iter().any(|m| m.program && m.role != here.top() && top(&m.role)) {
            return no(403, "role.above_own");
        }
        let resources: Vec<_> = self.resources.iter().filter(|r| r.organization == here.id).collect();
        let homeless = resources.iter().any(|r| next.resource_type(&r.kind).is_none());
        if homeless || lose_their_place((&self.grants, &self.shares), &resources, &after.rules) {
            return no(409, "preset.in_use");
        }
        if here.rules.text == next.text && map.is_empty() {
            return Ok((200, preset_view(&here)));
        }
        let mut told = vec!["preset.applied"];
        // Role by role, and in each in the order of a member list.
        let listed = |m: &super::Member| if m.name.is_empty() { m.email.to_lowercase() } else { m.name.to_lowercase() };
        members.sort_by_key(|m| (m.role.clone(), listed(m)));
        for member in &mut members {
            let Some(role) = becomes(&member.role).filter(|role| *role != member.role) else { continue };
            (member.role, member.revision) = (role.clone(), here.revision);
            let waits = self.invitations.iter_mut().find(|i| i.member == member.id && i.state == "pending");
            told.push(if member.status == "invited" { "invitation.role_changed" } else { "member.role_changed" });
            if let Some(invitation) = waits.filter(|_| member.status == "invited") {
                (invitation.role, invitation.revision) = (role, here.revision);
            }
        }
        let policy = kept_policy(&here, &after);
        let revision = self.at(&place).revision;
        *self.organization_mut(&here.id) = Organization { policy, object: revision, ..after };
        self.keep_lengths(&here);
        told.into_iter().for_each(|kind| self.tell(&here.id, kind));
        if here.knob("token.value_again") == json!(true) && !self.keeps_values(&place) {
            self.erase_values(&here.id);
        }
        Ok((200, preset_view(self.at(&place))))
    }
}

/// Whether something that is granted or shared by a link has no place in other rules.
fn lose_their_place((grants, shares): (&[Grant], &[Share]), resources: &[&Resource], rules: &Rulebook) -> bool {
    let grants = grants.iter().map(|g| (&g.resource, &g.role, &g.permission));
    let mut given = grants.chain(shares.iter().map(|l| (&l.resource, &l.role, &l.permission)));
    given.any(|(on, role, permission)| {
        let on = resources.iter().find(|r| r.id == *on);
        on.is_some_and(|on| !has_place(rules, &on.kind, (role, permission)))
    })
}

fn has_place(next: &Rulebook, kind: &str, (role, permission): (&Option<String>, &Option<String>)) -> bool {
    role.iter().all(|slug| next.inner.iter().any(|(of, role, _)| of == kind && role == slug))
        && permission.iter().all(|name| next.permissions.contains(name))
}

/// The changed knobs that the next preset leaves open and that mean something in it.
fn kept_policy(here: &Organization, after: &Organization) -> Map<String, Value> {
    let keeps = |knob: &str, value: &Value| {
        // A person's own stays their own under every preset.
        if knob == "organization.personal" {
            return true;
        }
        let named: Vec<&str> = match knob {
            "role.default" => value.as_str().into_iter().collect(),
            "leave.allowed_for" => value.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let known = named.iter().all(|role| *role == "*" || after.has_role(role));
        let tops = knob == "role.default" && named.iter().any(|role| after.would_raise_all(role));
        after.rules.open.iter().any(|open| open == knob) && fits(knob, value) && known && !tops
    };
    let policy = here.policy.iter().filter(|(knob, value)| keeps(knob, value));
    policy.map(|(knob, value)| (knob.clone(), value.clone())).collect()
}

fn preset_view(o: &Organization) -> Value {
    json!({"name": o.rules.preset, "text": o.rules.text, "revision": o.object})
}
