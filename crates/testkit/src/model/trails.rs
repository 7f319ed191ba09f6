//! What the trails tell beyond one organization's list: what somebody did, what happened in the installation, and
//! lists as files.

use serde_json::{Value, json};

use super::{Call, Member, Model, Outcome, no};

/// Something that a trail tells.
#[derive(Clone, Debug)]
pub struct Act {
    /// The person or service account; empty for nobody in particular.
    pub by: String,
    /// The organization or tenant; empty for the installation.
    pub place: String,
    pub kind: &'static str,
}

impl Model {
    pub(super) fn act(&mut self, place: &str, kind: &'static str) {
        let by = self.actor.clone();
        self.acts.push(Act { by, place: place.to_owned(), kind });
    }

    /// A session begins, and its holder did that.
    pub(super) fn act_of(&mut self, person: &str, kind: &'static str) {
        self.acts.push(Act { by: person.to_owned(), place: String::new(), kind });
    }

    /// Whether somebody belongs to where something happened: what one did oneself is not hidden, but what is
    /// missing to somebody stays missing.
    fn belongs(&self, place: &str, person: &str) -> bool {
        let here = self.organization(place).and_then(|o| self.member_of(&o.id, person));
        let above = self.tenants.iter().find(|t| t.id == place).and_then(|t| self.role_in(t, person));
        place.is_empty() || here.is_some_and(|m| m.status == "active") || above.is_some()
    }

    /// What the caller did, newest first.
    pub(super) fn my_acts(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let me = c.caller()?.person.clone();
        let mine = self.acts.iter().rev().filter(|act| act.by == me && self.belongs(&act.place, &me));
        let items: Vec<Value> = mine.map(|act| json!({"type": act.kind, "actor": {"id": me}})).collect();
        Ok((200, json!({"items": {"$done": items}, "next": null})))
    }

    /// What happened in the installation, for those who administer it.
    pub(super) fn instance_trail(&mut self, c: &Call<'_>) -> Outcome {
        self.whole(c)?;
        let me = c.caller()?.person.clone();
        if !self.person(&me).is_some_and(|person| person.administrator) {
            return no(403, "instance.administrator_required");
        }
        let kind = c.asked.query.iter().find(|(name, _)| *name == "type").map(|(_, value)| value.as_str());
        let wanted = |act: &&Act| act.place.is_empty() && kind.is_none_or(|kind| kind == act.kind);
        let items: Vec<Value> = self.acts.iter().rev().filter(wanted).map(|act| json!({"type": act.kind})).collect();
        Ok((200, json!({"items": {"$done": items}, "next": null})))
    }

    fn format(c: &Call<'_>) -> Outcome<bool> {
        c.caller()?;
        match c.asked.query.iter().find(|(name, _)| *name == "format").map(|(_, value)| value.as_str()) {
            None | Some("ndjson") => Ok(false),
            Some("csv") => Ok(true),
            Some(_) => no(422, "request.invalid"),
        }
    }

    /// The members as a file; in a table a row each.
    pub(super) fn export_members(&mut self, c: &Call<'_>) -> Outcome {
        let table = Self::format(c)?;
        let (_, listed) = self.list_members(c)?;
        if !table {
            return Ok((200, json!({"lines": listed["items"]})));
        }
        let in_order = listed["items"].as_array();
        let views = in_order.or_else(|| listed["items"]["$set"].as_array()).cloned().unwrap_or_default();
        let member = |view: &Value| self.members.iter().find(|m| view["id"] == json!(m.id));
        let rows: Vec<Value> = views.iter().filter_map(member).map(|m| self.row(m)).collect();
        Ok((200, json!({"lines": if in_order.is_some() { json!(rows) } else { json!({"$set": rows}) }})))
    }

    fn row(&self, m: &Member) -> Value {
        let mine = self.groups.iter().filter(|g| g.seats.iter().any(|(who, _)| *who == m.id));
        let groups: Vec<&String> = mine.map(|g| &g.name).collect();
        json!({
            "id": m.id, "email": plain(&m.email), "name": plain(&m.name), "role": m.role, "status": m.status,
            "handle": plain(m.handle.as_deref().unwrap_or_default()), "type": m.kind(), "groups": {"$set": groups},
            "joined_at": if m.joined { "$filled" } else { "" },
        })
    }

    /// The audit trail as a file.
    pub(super) fn export_trail(&mut self, c: &Call<'_>) -> Outcome {
        let table = Self::format(c)?;
        let (_, listed) = self.list_audit_events(c)?;
        let mut items = listed["items"].as_array().cloned().unwrap_or_default();
        if table {
            // All cells of a table are texts.
            items.iter_mut().for_each(|item| item["revision"] = json!(item["revision"].to_string()));
        }
        Ok((200, json!({"lines": {"$done": items}})))
    }
}

/// What a spreadsheet would take for a formula is told to be text.
fn plain(text: &str) -> String {
    let formula = ["=", "+", "-", "@"].iter().any(|sign| text.starts_with(sign));
    if formula { format!("'{text}") } else { text.to_owned() }
}
