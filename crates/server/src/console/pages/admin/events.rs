//! One record of the audit trail in words: who did what to whom, and what was before.

use guildhall_domain::policy::Knob;
use guildhall_domain::time::Timestamp;
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;

use super::desk::Desk;
use super::event_kinds::KINDS;
use crate::console::view::{AuditEvent, Chip, Fact, FactValue, FieldChange, Person, Place, Tone};
use crate::ops::view::{EventActor, EventTarget, EventView};

/// One record, ready to show.
pub(super) fn event(desk: &Desk, event: &EventView) -> AuditEvent {
    let known = KINDS.iter().find(|kind| kind.name == event.kind);
    let own = known.is_some_and(|kind| kind.own);
    AuditEvent {
        id: event.id.clone(),
        at: desk.when(event.at),
        actor: if own { Person::new("", &event.target.name, &event.target.id) } else { actor(&event.actor) },
        verb: known.map_or_else(|| format!("did {} to", event.kind), |kind| kind.verb.to_owned()),
        target: if own { None } else { target(desk, &event.target) },
        rest: rest(desk, event),
        kind: event.kind.clone(),
        outcome: match event.outcome.as_str() {
            "denied" => Some(Chip::new("Denied", Tone::Bad)),
            "failure" => Some(Chip::new("Failed", Tone::Bad)),
            _ => None,
        },
        changes: changes(&with_preset(desk, event, &event.before), &with_preset(desk, event, &event.after)),
        facts: facts(event),
    }
}

fn actor(actor: &EventActor) -> Person {
    match actor.kind.as_str() {
        "system" => Person::new("Guildhall", "", "system"),
        _ if actor.name.is_empty() && actor.id.is_empty() => Person::new("Somebody", "", "anonymous"),
        _ => Person::new("", &actor.name, &actor.id),
    }
}

fn target(desk: &Desk, target: &EventTarget) -> Option<Place> {
    if target.name.is_empty() {
        return None;
    }
    let href = match target.kind.as_str() {
        "member" => desk.href(&format!("users/{}", target.id)),
        "invitation" => desk.href(&format!("invitations/{}", target.id)),
        _ => String::new(),
    };
    Some(Place::new(Person::new("", &target.name, "").name, href))
}

/// What is worth reading without opening the record: roles by their names.
fn rest(desk: &Desk, event: &EventView) -> String {
    let role = |value: &Value| value.get("role").and_then(Value::as_str).map(|slug| desk.role_name(slug));
    match (role(&event.before), role(&event.after)) {
        (Some(before), Some(after)) if before != after => format!("from {before} to {after}"),
        (None, Some(after)) if desk.has_roles() => format!("as {after}"),
        _ => seat(event),
    }
}

/// Who was taken into a group, or out of it.
fn seat(event: &EventView) -> String {
    let sides = [&event.after, &event.before];
    let email = sides.into_iter().find_map(|side| side.get("email")).and_then(Value::as_str);
    email.filter(|_| event.kind.starts_with("group.")).map(|email| format!("({email})")).unwrap_or_default()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// A policy is kept as what differs from the preset. A setting that one side does not name had, or has, the
/// preset's value there.
fn with_preset(desk: &Desk, event: &EventView, side: &Value) -> Value {
    let fields = |value: &Value| value.as_object().cloned().unwrap_or_default();
    if event.kind != "policy.changed" {
        return side.clone();
    }
    let mut whole = fields(side);
    for name in fields(&event.before).into_iter().chain(fields(&event.after)).map(|(name, _)| name) {
        if let Some(knob) = Knob::parse(&name) {
            whole.entry(name).or_insert_with(|| desk.scene.place.rules.preset().policy.get(knob));
        }
    }
    Value::Object(whole)
}

fn changes(before: &Value, after: &Value) -> Vec<FieldChange> {
    let (was, is) = (before.as_object(), after.as_object());
    let mut fields: Vec<&String> = was.into_iter().chain(is).flat_map(|fields| fields.keys()).collect();
    fields.sort();
    fields.dedup();
    let of = |value: &Value, field: &str| value.get(field).and_then(text);
    let change =
        |field: &String| FieldChange { field: field.clone(), before: of(before, field), after: of(after, field) };
    fields.into_iter().map(change).filter(|c| c.before != c.after).collect()
}

fn facts(event: &EventView) -> Vec<Fact> {
    let code = |label: &str, text: &str| Fact::new(label, FactValue::Code(text.to_owned()));
    let mut facts = Vec::new();
    if !event.actor.id.is_empty() {
        facts.push(code("Who", &event.actor.id));
    }
    if let Some(credential) = &event.credential {
        facts.push(code("With", credential));
    }
    for (label, value) in [("Address", &event.address), ("Request", &event.request_id)] {
        if !value.is_empty() {
            facts.push(code(label, value));
        }
    }
    facts.push(code("Revision", &event.revision.to_string()));
    facts.push(code("Record", &event.id));
    facts
}

/// The day of a record in UTC, as a heading.
pub(super) fn day(at: Timestamp, now: Timestamp) -> String {
    let date = |at: Timestamp| {
        let nanos = i128::from(at.micros()) * 1_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH).date()
    };
    let (day, today) = (date(at), date(now));
    if day == today {
        return "Today".to_owned();
    }
    if day.next_day() == Some(today) {
        return "Yesterday".to_owned();
    }
    day.format(format_description!("[day padding:none] [month repr:long] [year]")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_a_change() {
        let found =
            changes(&json!({"role": "viewer", "status": "active"}), &json!({"role": "admin", "status": "active"}));
        let shown: Vec<_> = found.iter().map(|c| (c.field.as_str(), c.before.as_deref(), c.after.as_deref())).collect();
        assert_eq!(shown, [("role", Some("viewer"), Some("admin"))]);
        assert_eq!(changes(&Value::Null, &json!({"expires_at": null})).len(), 0);
    }

    #[test]
    fn days_are_named_from_today() {
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        assert_eq!(day(now, now), "Today");
        assert_eq!(day(now.plus_s(-86_400), now), "Yesterday");
        assert_eq!(day(now.plus_s(-30 * 86_400), now), "16 December 2026");
    }
}
