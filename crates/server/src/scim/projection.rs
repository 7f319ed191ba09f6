//! What of a resource is shown: `attributes` and `excludedAttributes` (RFC 7644, 3.9).

use serde_json::Value;

use super::ScimError;
use super::document::Document;
use super::schema::{Access, Named, ResourceType, Target};

/// What a client asked to see.
#[derive(Clone, Debug, Default)]
pub enum Projection {
    /// Everything.
    #[default]
    Everything,
    /// Not even what is always shown: the answer only names the resource.
    Nothing,
    /// These, beside what is always shown.
    Only(Vec<Named>),
    /// All but these.
    Without(Vec<Named>),
}

impl Projection {
    /// Reads both lists, of which one may be given. Names of nothing ask for nothing.
    ///
    /// # Errors
    /// `invalidSyntax` where both are given.
    pub fn of(kind: &'static ResourceType, only: &[String], without: &[String]) -> Result<Self, ScimError> {
        let named = |names: &[String]| names.iter().filter_map(|name| kind.find(name.trim())).collect();
        match (only, without) {
            ([], []) => Ok(Self::Everything),
            (only, []) => Ok(Self::Only(named(only))),
            ([], without) => Ok(Self::Without(named(without))),
            _ => Err(ScimError::syntax("give `attributes` or `excludedAttributes`, not both")),
        }
    }

    /// Whether nothing at all is to be shown, so that nothing need be looked up.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// Whether an attribute of the schema itself is to be shown, so that what is not need not be looked up.
    #[must_use]
    pub fn shows(&self, name: &str) -> bool {
        let is = |one: &Named| matches!(one, Named::Attribute(t) if t.extension.is_none() && t.attribute.name == name);
        let all_of = |one: &Named| is(one) && matches!(one, Named::Attribute(Target { part: None, .. }));
        match self {
            Self::Everything => true,
            Self::Nothing => false,
            Self::Only(list) => list.iter().any(is),
            Self::Without(list) => !list.iter().any(all_of),
        }
    }

    /// The resource as it is shown.
    #[must_use]
    pub fn apply(&self, kind: &'static ResourceType, document: Document) -> Document {
        match self {
            Self::Everything => document,
            Self::Nothing => Document::new(),
            Self::Only(list) => only(kind, &document, list),
            Self::Without(list) => {
                let mut left = document;
                for one in list {
                    take_out(&mut left, one);
                }
                left
            }
        }
    }
}

fn is_always(kind: &ResourceType, name: &str) -> bool {
    name == "schemas" || kind.attribute(name).is_some_and(|attribute| attribute.always)
}

fn only(kind: &'static ResourceType, document: &Document, list: &[Named]) -> Document {
    let always = document.iter().filter(|(name, _)| is_always(kind, name));
    let mut shown: Document = always.map(|(name, value)| (name.clone(), value.clone())).collect();
    for one in list {
        match one {
            Named::Extension(schema) => {
                if let Some(value) = document.get(schema.id) {
                    shown.insert(schema.id.to_owned(), value.clone());
                }
            }
            Named::Attribute(target) => put(&mut shown, document, *target),
        }
    }
    shown
}

fn put(shown: &mut Document, document: &Document, target: Target) {
    let name = target.attribute.name;
    let from = match target.extension {
        Some(schema) => document.get(schema.id).and_then(Value::as_object),
        None => Some(document),
    };
    let Some(value) = from.and_then(|from| from.get(name)) else { return };
    let into = match target.extension {
        Some(schema) => shown.entry(schema.id).or_insert_with(|| Value::Object(Document::new())).as_object_mut(),
        None => Some(shown),
    };
    let Some(into) = into else { return };
    let Some(part) = target.part else {
        into.insert(name.to_owned(), value.clone());
        return;
    };
    let narrow = |value: &Value, before: Option<&Value>| {
        let mut object = before.and_then(Value::as_object).cloned().unwrap_or_default();
        object.extend(value.get(part.name).map(|inner| (part.name.to_owned(), inner.clone())));
        Value::Object(object)
    };
    let before = into.get(name).cloned();
    let narrowed = match value {
        Value::Array(list) => {
            let old = |at: usize| before.as_ref().and_then(|b| b.get(at));
            list.iter().enumerate().map(|(at, value)| narrow(value, old(at))).collect()
        }
        value => narrow(value, before.as_ref()),
    };
    into.insert(name.to_owned(), narrowed);
}

fn take_out(document: &mut Document, one: &Named) {
    let target = match one {
        Named::Extension(schema) => {
            document.remove(schema.id);
            return;
        }
        Named::Attribute(target) => target,
    };
    if target.attribute.always || (target.attribute.name == "id" && target.attribute.access == Access::ReadOnly) {
        return;
    }
    let from = match target.extension {
        Some(schema) => document.get_mut(schema.id).and_then(Value::as_object_mut),
        None => Some(document),
    };
    let Some(from) = from else { return };
    match (target.part, from.get_mut(target.attribute.name)) {
        (None, _) => drop(from.remove(target.attribute.name)),
        (Some(part), Some(Value::Array(list))) => {
            list.iter_mut().filter_map(Value::as_object_mut).for_each(|object| drop(object.remove(part.name)));
        }
        (Some(part), Some(Value::Object(object))) => drop(object.remove(part.name)),
        _ => {}
    }
}
