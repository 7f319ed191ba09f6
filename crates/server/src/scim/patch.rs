//! PATCH (RFC 7644, 3.5.2): operations applied to a document in memory, one after the other. Nothing of a request is
//! kept when one of its operations cannot be done. Speaks the dialects of Entra ID and Okta as well: any letter case,
//! dotted names and URNs as keys, lists of values to remove, an element made by adding to one that is not there.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::ScimError;
use super::document::{self, Document};
use super::filter::{Filter, Op, Path};
use super::matching::fits;
use super::schema::{Access, Attribute, ResourceType, Shape, Target};

/// Most operations of one request.
const MOST: usize = 1_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

/// A field of an operation, in any letter case.
fn field<'a>(operation: &'a Document, name: &str) -> Option<&'a Value> {
    operation.get(name).or_else(|| operation.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v))
}

/// Applies a whole PATCH body.
///
/// # Errors
/// `invalidSyntax`, `invalidPath`, `invalidValue`, `noTarget`, `mutability`.
pub fn apply(kind: &'static ResourceType, document: &mut Document, body: &Document) -> Result<(), ScimError> {
    let Some(operations) = field(body, "Operations").and_then(Value::as_array) else {
        return Err(ScimError::syntax("`Operations` must be a list"));
    };
    if operations.len() > MOST {
        return Err(ScimError::too_large(format!("more than {MOST} operations")));
    }
    for operation in operations {
        let Some(operation) = operation.as_object() else {
            return Err(ScimError::syntax("an operation must be an object"));
        };
        one(kind, document, operation)?;
    }
    Ok(())
}

fn one(kind: &'static ResourceType, document: &mut Document, operation: &Document) -> Result<(), ScimError> {
    let word = field(operation, "op").and_then(Value::as_str).unwrap_or_default();
    let verb = match word.to_ascii_lowercase().as_str() {
        "add" => Verb::Add,
        "replace" => Verb::Replace,
        "remove" => Verb::Remove,
        _ => return Err(ScimError::syntax(format!("`op` must be add, replace or remove, not `{word}`"))),
    };
    let value = field(operation, "value");
    let path = match field(operation, "path") {
        None | Some(Value::Null) => "",
        Some(Value::String(path)) => path.trim(),
        Some(_) => return Err(ScimError::path("`path` must be a text")),
    };
    if !path.is_empty() {
        return at(kind, document, verb, &Path::parse(kind, path)?, value);
    }
    if verb == Verb::Remove {
        return Err(ScimError::no_target("`remove` needs a `path`"));
    }
    let Some(values) = value.and_then(Value::as_object) else {
        return Err(ScimError::value("without a `path`, `value` must be an object"));
    };
    for (name, value) in values.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("schemas")) {
        let path = match Path::parse(kind, name) {
            Ok(path) => path,
            // Whole resources are sent this way, with names that are nobody's here; a schema's would be.
            Err(_) if !name.contains(['[', ':']) => continue,
            Err(error) => return Err(error),
        };
        let read_only = |target: &Target| is_read_only(target);
        if matches!(&path, Path::Attribute { target, .. } if read_only(target)) {
            continue;
        }
        at(kind, document, verb, &path, Some(value))?;
    }
    Ok(())
}

fn is_read_only(target: &Target) -> bool {
    target.part.unwrap_or(target.attribute).access == Access::ReadOnly || target.attribute.access == Access::ReadOnly
}

fn at(
    kind: &'static ResourceType,
    document: &mut Document,
    verb: Verb,
    path: &Path,
    value: Option<&Value>,
) -> Result<(), ScimError> {
    let value = match (verb, value) {
        (Verb::Remove, value) => value.unwrap_or(&Value::Null),
        (_, Some(value)) => value,
        (_, None) => return Err(ScimError::value("`value` is missing")),
    };
    match path {
        Path::Extension(schema) => {
            if verb == Verb::Remove || (verb == Verb::Replace && value.is_null()) {
                document.remove(schema.id);
                return Ok(());
            }
            let Some(values) = value.as_object() else {
                return Err(ScimError::value(format!("`{}` must be an object", schema.id)));
            };
            for (name, value) in values {
                let Ok(path) = Path::parse(kind, &format!("{}:{name}", schema.id)) else { continue };
                at(kind, document, verb, &path, Some(value))?;
            }
            Ok(())
        }
        Path::Attribute { target, .. } if is_read_only(target) => {
            Err(ScimError::mutability(format!("`{}` is not yours to write", target.attribute.name)))
        }
        Path::Attribute { target: Target { extension: Some(schema), .. }, .. } => {
            let inner = document.entry(schema.id).or_insert_with(|| Value::Object(Map::new()));
            let Some(inner) = inner.as_object_mut() else {
                return Err(ScimError::value(format!("`{}` must be an object", schema.id)));
            };
            let done = attribute(inner, verb, path, value);
            if inner.is_empty() {
                document.remove(schema.id);
            }
            done
        }
        Path::Attribute { .. } => attribute(document, verb, path, value),
    }
}

fn attribute(place: &mut Document, verb: Verb, path: &Path, value: &Value) -> Result<(), ScimError> {
    let Path::Attribute { target, filter } = path else { return Ok(()) };
    let name = target.attribute.name;
    if target.attribute.many {
        let mut list = match place.remove(name) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        values(&mut list, verb, *target, filter.as_ref(), value)?;
        if !list.is_empty() {
            place.insert(name.to_owned(), Value::Array(list));
        }
        return Ok(());
    }
    match target.part {
        Some(part) => {
            let mut object = place.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
            set(&mut object, part, verb, value)?;
            keep(place, name, Value::Object(object));
        }
        None if verb == Verb::Remove => drop(place.remove(name)),
        None => match (target.attribute.shape, document::one(target.attribute, value)?) {
            // Parts that are not named stay as they are.
            (Shape::Complex(_), Some(Value::Object(given))) => {
                let mut object = place.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
                object.extend(given);
                keep(place, name, Value::Object(object));
            }
            (_, Some(value)) => keep(place, name, value),
            (_, None) => drop(place.remove(name)),
        },
    }
    Ok(())
}

fn keep(place: &mut Document, name: &str, value: Value) {
    if value.as_object().is_some_and(Map::is_empty) {
        place.remove(name);
    } else {
        place.insert(name.to_owned(), value);
    }
}

fn set(object: &mut Document, part: &'static Attribute, verb: Verb, value: &Value) -> Result<(), ScimError> {
    let read = if verb == Verb::Remove { None } else { document::one(part, value)? };
    match read {
        Some(value) => drop(object.insert(part.name.to_owned(), value)),
        None => drop(object.remove(part.name)),
    }
    Ok(())
}

/// An operation on an attribute that has many values.
fn values(
    list: &mut Vec<Value>,
    verb: Verb,
    target: Target,
    filter: Option<&Filter>,
    value: &Value,
) -> Result<(), ScimError> {
    let attribute = target.attribute;
    match (filter, target.part) {
        (None, None) => match verb {
            Verb::Add => add(list, document::many(attribute, value)?),
            Verb::Replace => {
                list.clear();
                add(list, document::many(attribute, value)?);
            }
            Verb::Remove if value.is_null() => list.clear(),
            Verb::Remove => remove(list, &document::many(attribute, value)?),
        },
        (filter, part) => {
            let fitting = |one: &Value| filter.is_none_or(|f| one.as_object().is_some_and(|object| fits(f, object)));
            if verb == Verb::Remove && part.is_none() {
                list.retain(|one| !fitting(one));
                return Ok(());
            }
            let mut chosen: Vec<usize> =
                list.iter().enumerate().filter(|(_, one)| fitting(one)).map(|(at, _)| at).collect();
            if chosen.is_empty() {
                match verb {
                    Verb::Remove => return Ok(()),
                    Verb::Replace if filter.is_some() => {
                        return Err(ScimError::no_target(format!("no value of `{}` fits the path", attribute.name)));
                    }
                    _ => list.push(Value::Object(filter.map(drafted).unwrap_or_default())),
                }
                chosen.push(list.len() - 1);
            }
            for at in chosen {
                let Some(Value::Object(object)) = list.get_mut(at) else { continue };
                change(object, attribute, part, verb, value)?;
                let primary = object.get("primary") == Some(&Value::Bool(true));
                if primary {
                    only_primary(list, at);
                }
            }
            list.retain(|one| one.as_object().is_some_and(|object| !object.is_empty()));
        }
    }
    Ok(())
}

fn change(
    object: &mut Document,
    attribute: &'static Attribute,
    part: Option<&'static Attribute>,
    verb: Verb,
    value: &Value,
) -> Result<(), ScimError> {
    if let Some(part) = part {
        return set(object, part, verb, value);
    }
    let Some(Value::Object(given)) = document::one(attribute, value)? else {
        return Err(ScimError::value(format!("a value of `{}` must be an object", attribute.name)));
    };
    if verb == Verb::Replace {
        object.clear();
    }
    object.extend(given);
    Ok(())
}

/// The element that a filter describes, for adding to one that is not there.
fn drafted(filter: &Filter) -> Document {
    match filter {
        Filter::Compare(target, Op::Eq, value) => {
            let read = document::one(target.attribute, value).ok().flatten();
            read.map(|value| (target.attribute.name.to_owned(), value)).into_iter().collect()
        }
        Filter::All(all) => all.iter().flat_map(drafted).collect(),
        _ => Document::new(),
    }
}

fn only_primary(list: &mut [Value], kept: usize) {
    for (_, other) in list.iter_mut().enumerate().filter(|(at, _)| *at != kept) {
        if let Some(flag) = other.get_mut("primary") {
            *flag = Value::Bool(false);
        }
    }
}

/// Adds what is not there yet.
fn add(list: &mut Vec<Value>, fresh: Vec<Value>) {
    let mut known: HashSet<String> = list.iter().map(ToString::to_string).collect();
    let mut ids: HashSet<String> = list.iter().filter_map(id).collect();
    for one in fresh {
        let of_member = id(&one);
        if of_member.is_some_and(|id| !ids.insert(id)) || !known.insert(one.to_string()) {
            continue;
        }
        let primary = one.get("primary") == Some(&Value::Bool(true));
        list.push(one);
        if primary {
            let last = list.len() - 1;
            only_primary(list, last);
        }
    }
}

/// Who a value stands for, where it stands for a resource of ours: the same one is not added twice.
fn id(value: &Value) -> Option<String> {
    let id = value.get("value")?.as_str()?;
    id.starts_with("mem_").then(|| id.to_owned())
}

/// Removes the values that are named: by their `value` where they have one, else by all that is given.
fn remove(list: &mut Vec<Value>, named: &[Value]) {
    let ids: HashSet<&str> = named.iter().filter_map(|one| one.get("value")?.as_str()).collect();
    let others: Vec<&Value> = named.iter().filter(|one| one.get("value").is_none()).collect();
    list.retain(|one| {
        let by_value = one.get("value").and_then(Value::as_str).is_some_and(|value| ids.contains(value));
        let by_parts = others.iter().any(|other| {
            other.as_object().is_some_and(|parts| parts.iter().all(|(name, value)| one.get(name) == Some(value)))
        });
        !by_value && !by_parts
    });
}
