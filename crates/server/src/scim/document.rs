//! Bodies in one spelling: attribute names as the schema writes them, values of its types, what is not the client's
//! to write left out. The dialects of real clients meet here: `"False"` for false, a bare value for an object, a list
//! of one for the one.

use serde_json::{Map, Value};

use super::ScimError;
use super::schema::{Access, Attribute, Named, ResourceType, Schema, Shape};

/// A resource or a part of it.
pub type Document = Map<String, Value>;

/// Longest text of one value, in bytes.
const TEXT_MOST: usize = 4_096;

/// Reads a whole resource as it is sent to be made or to replace another.
///
/// # Errors
/// `invalidSyntax` for schemas that are not served here, `invalidValue`.
pub fn read(kind: &'static ResourceType, body: &Document) -> Result<Document, ScimError> {
    let mut document = Document::new();
    for (name, value) in body {
        if name.eq_ignore_ascii_case("schemas") {
            guard_schemas(kind, value)?;
        } else {
            put(kind, &mut document, name, value)?;
        }
    }
    Ok(document)
}

fn guard_schemas(kind: &ResourceType, value: &Value) -> Result<(), ScimError> {
    let known = |urn: &str| {
        std::iter::once(kind.schema).chain(kind.extensions.iter().copied()).any(|s| s.id.eq_ignore_ascii_case(urn))
    };
    let Some(list) = value.as_array() else { return Err(ScimError::syntax("`schemas` must be a list of URNs")) };
    match list.iter().find(|urn| !urn.as_str().is_some_and(known)) {
        Some(other) => Err(ScimError::syntax(format!("the schema {other} is not served for a {} here", kind.name))),
        None => Ok(()),
    }
}

fn put(kind: &'static ResourceType, document: &mut Document, name: &str, value: &Value) -> Result<(), ScimError> {
    match kind.find(name) {
        Some(Named::Extension(schema)) => {
            let inner = extension(schema, value)?;
            if !inner.is_empty() {
                document.insert(schema.id.to_owned(), Value::Object(inner));
            }
        }
        Some(Named::Attribute(target)) if target.part.is_none() && target.extension.is_none() => {
            if target.attribute.access != Access::ReadOnly
                && let Some(value) = whole(target.attribute, value)?
            {
                document.insert(target.attribute.name.to_owned(), value);
            }
        }
        // What is not known is left aside (RFC 7644, 3.3), but a schema nobody serves is a mistake worth telling.
        _ if name.starts_with("urn:") => {
            return Err(ScimError::syntax(format!("the schema `{name}` is not served for a {} here", kind.name)));
        }
        _ => {}
    }
    Ok(())
}

/// Reads the object of an extension.
///
/// # Errors
/// `invalidValue`.
pub fn extension(schema: &'static Schema, value: &Value) -> Result<Document, ScimError> {
    if value.is_null() {
        return Ok(Document::new());
    }
    let Some(given) = value.as_object() else {
        return Err(ScimError::value(format!("`{}` must be an object", schema.id)));
    };
    let mut inner = Document::new();
    for (name, value) in given {
        let known = schema.attributes.iter().find(|a| a.name.eq_ignore_ascii_case(name));
        let Some(attribute) = known.filter(|a| a.access != Access::ReadOnly) else { continue };
        if let Some(value) = whole(attribute, value)? {
            inner.insert(attribute.name.to_owned(), value);
        }
    }
    Ok(inner)
}

/// Reads every value of an attribute; `None` is none at all.
///
/// # Errors
/// `invalidValue`.
pub fn whole(attribute: &'static Attribute, value: &Value) -> Result<Option<Value>, ScimError> {
    if !attribute.many {
        return one(attribute, value);
    }
    let list = many(attribute, value)?;
    Ok(Some(Value::Array(list)).filter(|list| list.as_array().is_some_and(|l| !l.is_empty())))
}

/// Reads the values of an attribute that has many; one alone counts as a list of one.
///
/// # Errors
/// `invalidValue`.
pub fn many(attribute: &'static Attribute, value: &Value) -> Result<Vec<Value>, ScimError> {
    let given = match value {
        Value::Array(list) => list.as_slice(),
        Value::Null => &[],
        single => std::slice::from_ref(single),
    };
    let mut list = Vec::with_capacity(given.len());
    for value in given {
        list.extend(one(attribute, value)?);
    }
    let primary = |value: &&Value| value.get("primary") == Some(&Value::Bool(true));
    if list.iter().filter(primary).count() > 1 {
        return Err(ScimError::value(format!("`{}` has more than one primary value", attribute.name)));
    }
    Ok(list)
}

/// Reads one value; `None` is none.
///
/// # Errors
/// `invalidValue`.
pub fn one(attribute: &'static Attribute, value: &Value) -> Result<Option<Value>, ScimError> {
    let wrong = |wanted: &str| Err(ScimError::value(format!("`{}` must be {wanted}", attribute.name)));
    match (attribute.shape, value) {
        (_, Value::Null) => Ok(None),
        // A list of one for the one.
        (_, Value::Array(list)) => match list.as_slice() {
            [] => Ok(None),
            [only] => one(attribute, only),
            _ => wrong("one value"),
        },
        (Shape::Complex(parts), Value::Object(given)) => {
            let object = parts_of(parts, given)?;
            Ok(Some(Value::Object(object)).filter(|o| o.as_object().is_some_and(|o| !o.is_empty())))
        }
        (Shape::Complex(_), bare) => match attribute.part("value") {
            Some(part) => {
                let value = one(part, bare)?;
                Ok(value.map(|value| Value::Object(Map::from_iter([("value".to_owned(), value)]))))
            }
            None => wrong("an object"),
        },
        // An object around a bare value.
        (_, Value::Object(given)) => match given.get("value") {
            Some(inner) if !inner.is_object() => one(attribute, inner),
            _ => wrong("a bare value"),
        },
        (Shape::Flag, Value::Bool(_)) => Ok(Some(value.clone())),
        (Shape::Flag, Value::String(word)) if word.eq_ignore_ascii_case("true") => Ok(Some(Value::Bool(true))),
        (Shape::Flag, Value::String(word)) if word.eq_ignore_ascii_case("false") => Ok(Some(Value::Bool(false))),
        (Shape::Flag, _) => wrong("true or false"),
        (_, Value::String(text)) if text.len() > TEXT_MOST => wrong(&format!("at most {TEXT_MOST} bytes long")),
        (_, Value::String(text)) if text.contains('\0') => wrong("a text without NUL"),
        (_, Value::String(_)) => Ok(Some(value.clone())),
        (_, Value::Number(number)) => Ok(Some(Value::String(number.to_string()))),
        (_, Value::Bool(flag)) => Ok(Some(Value::String(flag.to_string()))),
    }
}

/// Reads the parts of a complex value; what is unknown or not the client's to write is left out.
///
/// # Errors
/// `invalidValue`.
pub fn parts_of(parts: &'static [Attribute], given: &Document) -> Result<Document, ScimError> {
    let mut object = Document::new();
    for (name, value) in given {
        let known = parts.iter().find(|part| part.name.eq_ignore_ascii_case(name));
        let Some(part) = known.filter(|part| part.access != Access::ReadOnly) else { continue };
        if let Some(value) = one(part, value)? {
            object.insert(part.name.to_owned(), value);
        }
    }
    Ok(object)
}
