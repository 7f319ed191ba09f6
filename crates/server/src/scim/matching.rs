//! Whether a resource fits a filter, and by what it is sorted. Looks at one resource at a time.

use std::cmp::Ordering;

use guildhall_domain::text::fold;
use guildhall_domain::time::Timestamp;
use serde_json::Value;

use super::document::Document;
use super::filter::{Filter, Op};
use super::schema::{Attribute, Shape, Target};

/// Whether a resource, or one value of it, fits.
#[must_use]
pub fn fits(filter: &Filter, document: &Document) -> bool {
    match filter {
        Filter::All(all) => all.iter().all(|one| fits(one, document)),
        Filter::Any(any) => any.iter().any(|one| fits(one, document)),
        Filter::Not(inner) => !fits(inner, document),
        Filter::Present(target) => leaves(*target, document).into_iter().any(is_there),
        Filter::Compare(target, op, wanted) => compares(*target, *op, wanted, document),
        Filter::Within(target, inner) => {
            values(*target, document).into_iter().filter_map(Value::as_object).any(|value| fits(inner, value))
        }
    }
}

fn is_there(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        _ => true,
    }
}

/// The values of an attribute, each of many by itself.
fn values(target: Target, document: &Document) -> Vec<&Value> {
    let found = match target.extension {
        Some(schema) => document.get(schema.id).and_then(|inner| inner.get(target.attribute.name)),
        None => document.get(target.attribute.name),
    };
    match found {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    }
}

/// The values of the attribute or of its part.
fn leaves(target: Target, document: &Document) -> Vec<&Value> {
    let all = values(target, document);
    match target.part {
        Some(part) => all.into_iter().filter_map(|value| value.get(part.name)).collect(),
        None => all,
    }
}

/// What is compared where a complex attribute is named as a whole: its `value`.
fn plain(target: Target) -> (Target, &'static Attribute) {
    let leaf = target.part.unwrap_or(target.attribute);
    match leaf.part("value") {
        Some(value) if target.part.is_none() => (Target { part: Some(value), ..target }, value),
        _ => (target, leaf),
    }
}

fn compares(target: Target, op: Op, wanted: &Value, document: &Document) -> bool {
    let (target, leaf) = plain(target);
    let found = leaves(target, document);
    match (op, wanted) {
        (Op::Eq, Value::Null) => !found.into_iter().any(is_there),
        (Op::Ne, Value::Null) => found.into_iter().any(is_there),
        (Op::Ne, _) => !found.into_iter().any(|value| holds(leaf, value, Op::Eq, wanted)),
        _ => found.into_iter().any(|value| holds(leaf, value, op, wanted)),
    }
}

fn holds(leaf: &Attribute, value: &Value, op: Op, wanted: &Value) -> bool {
    if let (Op::Co | Op::Sw | Op::Ew, Value::String(text), Value::String(part)) = (op, value, wanted) {
        let (text, part) = (key(leaf, text), key(leaf, part));
        return match op {
            Op::Co => text.contains(&part),
            Op::Sw => text.starts_with(&part),
            _ => text.ends_with(&part),
        };
    }
    let Some(order) = order(leaf, value, wanted) else { return false };
    match op {
        Op::Eq => order.is_eq(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Ne | Op::Co | Op::Sw | Op::Ew => false,
    }
}

fn key(leaf: &Attribute, text: &str) -> String {
    if leaf.exact { text.to_owned() } else { fold(text) }
}

fn order(leaf: &Attribute, value: &Value, wanted: &Value) -> Option<Ordering> {
    match (leaf.shape, value, wanted) {
        (Shape::Flag, Value::Bool(one), other) => {
            let other = match other {
                Value::Bool(other) => *other,
                Value::String(word) => word.to_ascii_lowercase().parse().ok()?,
                _ => return None,
            };
            Some(one.cmp(&other))
        }
        (Shape::Moment, Value::String(one), Value::String(other)) => {
            Some(one.parse::<Timestamp>().ok()?.cmp(&other.parse::<Timestamp>().ok()?))
        }
        (_, Value::String(one), Value::String(other)) => Some(key(leaf, one).cmp(&key(leaf, other))),
        (_, Value::String(one), Value::Number(other)) => Some(key(leaf, one).cmp(&other.to_string())),
        _ => None,
    }
}

/// By what a resource is sorted: the attribute's value, of many the primary one. What has none comes last.
#[must_use]
pub fn sort_key(target: Target, document: &Document) -> (bool, String) {
    let (target, leaf) = plain(target);
    let all = values(target, document);
    let primary = all.iter().find(|value| value.get("primary") == Some(&Value::Bool(true)));
    let chosen = primary.or(all.first()).copied();
    let chosen = match target.part {
        Some(part) => chosen.and_then(|value| value.get(part.name)),
        None => chosen,
    };
    match chosen {
        Some(Value::String(text)) => (false, key(leaf, text)),
        Some(Value::Bool(flag)) => (false, flag.to_string()),
        _ => (true, String::new()),
    }
}
