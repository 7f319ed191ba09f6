//! Reads the `[policy]` table and the list of open knobs.

use crate::policy::{Knob, Policy, RoleSlug};
use crate::preset::check;
use crate::preset::fields::{At, Fields, json};
use crate::preset::report::Report;
use std::collections::HashMap;
use toml::de::DeValue;

/// The policy; `slugs` are those of the organization's roles, the top role first.
pub(super) fn read(fields: Option<Fields<'_>>, slugs: &[&str], report: &Report<'_>) -> Policy {
    let mut policy = Policy::default();
    if let Some(lowest) = slugs.last() {
        policy.role_default = RoleSlug::new(*lowest);
    }
    let mut places = HashMap::new();
    for (name, value) in fields.iter().flat_map(|fields| knobs_of(fields)) {
        let At { value: name, at } = name;
        let outcome = match json(value) {
            Some(value) => policy.set(&name, &value),
            // A table here is a misspelt group of knobs, a date no knob's value: both fail by name or value.
            None => policy.set(&name, &serde_json::json!({})),
        };
        if let Err(error) = outcome {
            report.add(at, error.rule, error.detail, error.hint);
        }
        places.insert(name, at);
    }
    if !slugs.is_empty() {
        let start = fields.map_or(0, |fields| fields.at);
        for error in check::roles_named_by(&policy, slugs, slugs.len()) {
            let at = places.get(&error.name).copied().unwrap_or(start);
            report.add(at, error.rule, error.detail, error.hint);
        }
    }
    policy
}

/// The knobs of the `[policy]` table with their dotted names, which TOML reads as tables within tables.
fn knobs_of<'t>(fields: &Fields<'t>) -> Vec<(At<String>, &'t DeValue<'t>)> {
    let mut knobs = Vec::new();
    for (group, value) in fields.all() {
        match value.get_ref() {
            DeValue::Table(table) if !table.is_empty() => knobs.extend(table.iter().map(|(key, value)| {
                let name = format!("{}.{}", group.value, key.get_ref());
                (At { value: name, at: key.span().start }, value.get_ref())
            })),
            value => knobs.push((At { value: group.value.to_owned(), at: group.at }, value)),
        }
    }
    knobs
}

/// The knobs an administrator may turn.
pub(super) fn read_open(fields: &mut Fields<'_>, report: &Report<'_>) -> Vec<Knob> {
    let mut open = Vec::new();
    for entry in fields.texts("open").unwrap_or_default() {
        match Knob::require(&entry.value) {
            Err(error) => report.add(entry.at, "open.unknown", error.detail, error.hint),
            Ok(knob) if open.contains(&knob) => {
                let detail = format!("`{}` is opened twice", entry.value);
                report.add(entry.at, "open.duplicate", detail, "name each knob once");
            }
            Ok(knob) => open.push(knob),
        }
    }
    open
}
