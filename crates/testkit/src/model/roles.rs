//! Roles: the preset's, and those that an organization makes for itself.

use serde_json::{Value, json};

use super::organizations::Place;
use super::rules::{shown, tidy};
use super::{Call, Model, Organization, Outcome, Reach, no};

/// A role of an organization's own.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnRole {
    pub id: String,
    pub applies_to: String,
    pub slug: String,
    pub name: String,
    pub description: String,
    pub permissions: Vec<String>,
    pub ceiling: Option<Vec<String>>,
    pub below: Option<Vec<String>>,
    pub revision: u64,
}

/// What somebody may do about themself only is no power over others.
const ONESELF: [&str; 2] = ["member.leave", "token.create"];

fn within(some: &[String], all: &[String]) -> bool {
    some.iter().all(|p| ONESELF.contains(&p.as_str()) || all.contains(p))
}

impl Organization {
    fn reach_of(&self, role: &str) -> Reach {
        self.rules.reach.iter().find(|r| r.slug == role).cloned().unwrap_or_default()
    }

    /// Takes an own role's meaning out of the rules, or puts it in.
    pub(super) fn forget_meaning(&mut self, role: &OwnRole) {
        if role.applies_to == "organization" {
            self.rules.roles.retain(|(slug, _)| *slug != role.slug);
            self.rules.reach.retain(|r| r.slug != role.slug);
        } else {
            self.rules.inner.retain(|(of, slug, _)| (of, slug) != (&role.applies_to, &role.slug));
        }
    }

    pub(super) fn learn_meaning(&mut self, role: &OwnRole) {
        // What the preset does not know any more means nothing.
        let (slug, reachable) = (role.slug.clone(), self.reachable(&role.applies_to));
        let gives: Vec<String> =
            self.rules.whole(&role.permissions).into_iter().filter(|p| reachable.contains(p)).collect();
        if role.applies_to == "organization" {
            let all = || self.rules.permissions.clone();
            let meant = |list: &Option<Vec<String>>| list.as_ref().map_or_else(all, |list| self.rules.whole(list));
            let (ceiling, below) = (meant(&role.ceiling), meant(&role.below));
            let gives: Vec<String> = gives.into_iter().filter(|p| ceiling.contains(p)).collect();
            self.rules.reach.push(Reach { slug: slug.clone(), ceiling, below, bypass: false });
            self.rules.roles.push((slug, gives));
        } else {
            self.rules.inner.push((role.applies_to.clone(), slug, gives));
        }
    }
}

impl Model {
    /// What the caller may do everywhere below the organization, inside controlled scopes too if asked.
    fn held_below(&self, place: &Place, past_control: bool) -> Vec<String> {
        let here = self.at(place);
        let reach = here.reach_of(&place.me.role);
        let mine = self.groups.iter().filter(|g| g.seats.iter().any(|(who, _)| *who == place.me.id));
        let by_groups: Vec<String> = mine.flat_map(|g| here.rules.whole(&g.gives)).collect();
        let by_role = here.role_rights(&place.me.role);
        let flows = |p: &String| by_groups.contains(p) || (by_role.contains(p) && reach.below.contains(p));
        let open = !past_control || reach.bypass;
        self.held(place).into_iter().filter(|p| open && flows(p)).collect()
    }

    /// Whether the caller holds all that a role gives, wherever it gives it.
    pub(super) fn outranks(&self, place: &Place, role: &str) -> bool {
        let (gives, reach) = (self.at(place).role_rights(role), self.at(place).reach_of(role));
        let below: Vec<String> = gives.iter().filter(|p| reach.below.contains(p)).cloned().collect();
        within(&gives, &self.held(place))
            && within(&below, &self.held_below(place, false))
            && (!reach.bypass || within(&below, &self.held_below(place, true)))
    }

    /// Whether the caller lacks some of this, here or below.
    pub(super) fn holds_less(&self, place: &Place, some: &[String]) -> bool {
        let known = &self.at(place).rules.permissions;
        let some: Vec<String> = self.at(place).rules.whole(some).into_iter().filter(|p| known.contains(p)).collect();
        !within(&some, &self.held(place)) || !within(&some, &self.held_below(place, false))
    }

    fn form(&self, place: &Place, role: &OwnRole) -> Outcome<()> {
        let here = self.at(place);
        let letters = |s: &str| s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !letters(&role.slug) || !role.slug.starts_with(|c: char| c.is_ascii_lowercase()) {
            return no(422, "request.invalid");
        }
        let of_organization = role.applies_to == "organization";
        if !of_organization && !here.rules.types.iter().any(|(slug, _)| *slug == role.applies_to) {
            return no(422, "resource.type");
        }
        let reachable = here.reachable(&role.applies_to);
        if role.permissions.iter().any(|p| !reachable.contains(p)) {
            return no(422, "permission.unknown");
        }
        if role.permissions.is_empty() {
            return no(422, "request.invalid");
        }
        for list in [&role.ceiling, &role.below].into_iter().flatten() {
            if !of_organization {
                return no(422, "request.invalid");
            }
            if list.iter().any(|p| !reachable.contains(p)) {
                return no(422, "permission.unknown");
            }
            let lets = here.rules.whole(list);
            let short = here.rules.whole(&role.permissions).iter().any(|p| !lets.contains(p));
            if Some(list) == role.ceiling.as_ref() && short {
                return no(422, "request.invalid");
            }
        }
        Ok(())
    }

    /// Nobody makes, changes or ends a role that holds more than they do.
    fn not_above(&self, place: &Place, role: &OwnRole) -> Outcome<()> {
        let mut after = self.at(place).clone();
        after.forget_meaning(role);
        after.learn_meaning(role);
        let fits = if role.applies_to == "organization" {
            let taken = |slug: &str, p: &String| after.knobs_take(slug, p);
            let gives = after.role_rights(&role.slug);
            let reach = after.reach_of(&role.slug).below;
            let below: Vec<String> = gives.iter().filter(|p| reach.contains(p)).cloned().collect();
            let lets = after.reach_of(&role.slug).ceiling;
            let lets: Vec<String> = lets.into_iter().filter(|p| !taken(&role.slug, p)).collect();
            let mine = after.reach_of(&place.me.role).ceiling;
            let mine = if place.me.role == role.slug { self.at(place).reach_of(&role.slug).ceiling } else { mine };
            let mine: Vec<String> = mine.into_iter().filter(|p| !taken(&place.me.role, p)).collect();
            within(&gives, &self.held(place)) && within(&below, &self.held_below(place, false)) && within(&lets, &mine)
        } else {
            let held = self.held_below(place, false);
            let known = after.reachable(&role.applies_to);
            role.permissions.iter().filter(|p| known.contains(p)).all(|p| held.contains(p))
        };
        if fits { Ok(()) } else { no(403, "role.above_own") }
    }

    fn role_view(&self, place: &Place, role: &OwnRole) -> Value {
        let gives = match role.applies_to.as_str() {
            "organization" => self.at(place).role_rights(&role.slug),
            kind => {
                let meant = self.at(place).rules.whole(&role.permissions);
                self.at(place).reachable(kind).into_iter().filter(|p| meant.contains(p)).collect()
            }
        };
        json!({
            "id": role.id, "slug": role.slug, "name": role.name, "description": role.description,
            "applies_to": role.applies_to, "built_in": false, "permissions": {"$set": shown(&unique(gives))},
            "revision": role.revision,
        })
    }

    fn roles_changed(&mut self, place: &Place, kind: &'static str) {
        let one = self.organization_mut(&place.id);
        one.object = one.revision;
        self.tell(&place.id, kind);
    }

    pub(super) fn create_role(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "role.manage")?;
        let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
        let made = OwnRole {
            id: self.fresh("rol"),
            applies_to: c.text("applies_to").unwrap_or("organization").to_owned(),
            slug: c.text("slug").unwrap_or_default().to_owned(),
            name,
            description: String::new(),
            permissions: names(&c.asked.body["permissions"]).unwrap_or_default(),
            ceiling: names(&c.asked.body["ceiling"]),
            below: names(&c.asked.body["below"]),
            revision: self.at(&place).revision,
        };
        self.form(&place, &made)?;
        let here = self.at(&place);
        let taken = match made.applies_to.as_str() {
            "organization" => here.has_role(&made.slug),
            kind => here.rules.inner.iter().any(|(of, slug, _)| of == kind && *slug == made.slug),
        };
        if taken {
            return no(409, "role.slug_taken");
        }
        self.not_above(&place, &made)?;
        let one = self.organization_mut(&place.id);
        one.learn_meaning(&made);
        one.own.push(made.clone());
        self.roles_changed(&place, "role.created");
        Ok((201, self.role_view(&place, &made)))
    }

    /// One of the organization's own roles for a write.
    fn taken_role(&mut self, c: &Call<'_>) -> Outcome<(Place, OwnRole)> {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "role.manage")?;
        let (here, name) = (self.at(&place), c.arg(1));
        let mut own = here.own.iter();
        match own.find(|r| r.id == name || (r.slug == name && r.applies_to == "organization")).cloned() {
            Some(own) => {
                c.seen(own.revision)?;
                Ok((place, own))
            }
            None if here.has_role(name) => no(409, "role.built_in"),
            None => no(404, "not_found"),
        }
    }

    fn grants_of(&self, place: &Place, role: &OwnRole) -> Vec<String> {
        let of_kind = |id: &String| self.resources.iter().any(|r| r.id == *id && r.kind == role.applies_to);
        let here = |id: &String| self.resources.iter().any(|r| r.id == *id && r.organization == place.id);
        let given = self.grants.iter().filter(|g| g.role.as_ref() == Some(&role.slug));
        given.filter(|g| of_kind(&g.resource) && here(&g.resource)).map(|g| g.id.clone()).collect()
    }

    pub(super) fn edit_role(&mut self, c: &Call<'_>) -> Outcome {
        let (place, before) = self.taken_role(c)?;
        let mut after = before.clone();
        if let Some(name) = c.text("name") {
            after.name = tidy(name).map_or_else(|| no(422, "request.invalid"), Ok)?;
        }
        after.permissions = names(&c.asked.body["permissions"]).unwrap_or(after.permissions);
        if let Some(ceiling) = c.asked.body.get("ceiling") {
            after.ceiling = names(ceiling);
        }
        if let Some(below) = c.asked.body.get("below") {
            after.below = names(below);
        }
        self.form(&place, &after)?;
        self.not_above(&place, &before)?;
        self.not_above(&place, &after)?;
        if after == before {
            return Ok((200, self.role_view(&place, &after)));
        }
        let meant = |role: &OwnRole| self.at(&place).rules.whole(&role.permissions);
        let (was, is) = (meant(&before), meant(&after));
        let added: Vec<&String> = is.iter().filter(|p| !was.contains(p)).collect();
        let inside = self.held_below(&place, true);
        let granted = before.applies_to != "organization" && !self.grants_of(&place, &before).is_empty();
        if granted && added.iter().any(|p| !inside.contains(p)) {
            return no(403, "role.above_own");
        }
        let lowers = was.iter().any(|p| !is.contains(p));
        let mine = before.applies_to == "organization" && place.me.role == before.slug;
        if mine && lowers && self.at(&place).knob("self.demote") == json!(false) {
            return no(409, "member.self_demote");
        }
        after.revision = self.at(&place).revision;
        let one = self.organization_mut(&place.id);
        one.forget_meaning(&before);
        one.learn_meaning(&after);
        one.own.retain(|r| r.id != after.id);
        one.own.push(after.clone());
        self.roles_changed(&place, "role.edited");
        Ok((200, self.role_view(&place, &after)))
    }

    pub(super) fn delete_role(&mut self, c: &Call<'_>) -> Outcome {
        let (place, role) = self.taken_role(c)?;
        let here = self.at(&place).clone();
        let of_organization = role.applies_to == "organization";
        let holds = |m: &&super::Member| of_organization && m.organization == place.id && m.role == role.slug;
        let here_now = |m: &&super::Member| m.status != "removed";
        let holders: Vec<_> = self.members.iter().filter(holds).filter(here_now).cloned().collect();
        let grants = self.grants_of(&place, &role);
        let links = self
            .invite_links
            .iter()
            .filter(|l| of_organization && l.organization == place.id && l.role == role.slug && l.state == "open");
        let links: Vec<String> = links.map(|l| l.id.clone()).collect();
        let named = ["role.default", "leave.allowed_for"]
            .into_iter()
            .filter(|knob| of_organization && (here.knob_is(knob, &role.slug) || here.knob_lists(knob, &role.slug)));
        let named: Vec<&str> = named.collect();
        self.not_above(&place, &role)?;
        let heir = c.asked.query.iter().find(|(name, _)| *name == "replace_with").map(|(_, value)| value.clone());
        if let Some(heir) = &heir {
            let known = match role.applies_to.as_str() {
                "organization" => here.has_role(heir),
                kind => here.rules.inner.iter().any(|(of, slug, _)| of == kind && slug == heir),
            };
            if *heir == role.slug || !known {
                return no(422, "role.unknown");
            }
            if of_organization {
                self.may_give(&place, heir)?;
                holders.iter().try_for_each(|m| self.may_raise(&place, m, heir))?;
            } else {
                let gives = here.rules.inner.iter().find(|(of, slug, _)| *of == role.applies_to && slug == heir);
                let held = self.held_below(&place, false);
                if gives.is_some_and(|(_, _, gives)| gives.iter().any(|p| !held.contains(p))) {
                    return no(403, "role.above_own");
                }
            }
        }
        let settings_stay = !named.is_empty() && (heir.is_none() || !self.may(&place, "policy.update"));
        if settings_stay || (heir.is_none() && !(holders.is_empty() && links.is_empty() && grants.is_empty())) {
            return no(409, "role.in_use");
        }
        if let Some(heir) = &heir {
            let lowers = here.role_rights(&role.slug).iter().any(|p| !here.role_rights(heir).contains(p));
            let me = holders.iter().any(|m| m.id == place.me.id && m.status != "invited");
            if me && lowers && here.knob("self.demote") == json!(false) {
                return no(409, "member.self_demote");
            }
            if named.contains(&"role.default") && heir == here.top() {
                return no(422, "role.unknown");
            }
            self.hand_over(&place, &holders, heir);
            self.rename_in_policy(&place, &role.slug, heir, &named);
            let revision = self.at(&place).revision;
            for link in self.invite_links.iter_mut().filter(|l| links.contains(&l.id)) {
                (link.role, link.revision) = (heir.clone(), revision);
            }
            for grant in self.grants.iter_mut().filter(|g| grants.contains(&g.id)) {
                grant.role = Some(heir.clone());
            }
        }
        let one = self.organization_mut(&place.id);
        one.forget_meaning(&role);
        one.own.retain(|r| r.id != role.id);
        self.roles_changed(&place, "role.deleted");
        Ok((204, Value::Null))
    }

    fn hand_over(&mut self, place: &Place, holders: &[super::Member], heir: &str) {
        let revision = self.at(place).revision;
        for waiting in [false, true] {
            for holder in holders.iter().filter(|m| (m.status == "invited") == waiting) {
                let member = self.member_mut(&holder.id);
                (member.role, member.revision) = (heir.to_owned(), revision);
                if waiting {
                    let id = holder.id.clone();
                    for one in self.invitations.iter_mut().filter(|i| i.member == id && i.state == "pending") {
                        (one.role, one.revision) = (heir.to_owned(), revision);
                    }
                }
                self.tell(&place.id, if waiting { "invitation.role_changed" } else { "member.role_changed" });
            }
        }
    }

    fn rename_in_policy(&mut self, place: &Place, slug: &str, heir: &str, named: &[&str]) {
        if named.is_empty() {
            return;
        }
        let here = self.at(place).clone();
        let one = self.organization_mut(&place.id);
        for knob in named {
            let after = match here.knob(knob) {
                Value::Array(list) => {
                    let others = list.into_iter().filter(|r| *r != json!(slug) && *r != json!(heir));
                    others.chain([json!(heir)]).collect()
                }
                _ => json!(heir),
            };
            if here.rules.policy[*knob] == after {
                one.policy.remove(*knob);
            } else {
                one.policy.insert((*knob).to_owned(), after);
            }
        }
        self.tell(&place.id, "policy.changed");
    }
}

pub(super) fn names(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array()?;
    Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn unique(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}
