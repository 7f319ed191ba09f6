//! The API reference as a page, made once from the finished OpenAPI document. Knows nothing that the document does
//! not say.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::console::view::{ApiAnswer, ApiBody, ApiDocsPage, ApiField, ApiGroup, ApiOperation, ApiParameter, Plain};
use crate::console::visit::{Shown, Visit};

/// Deeper fields are named by their type and not unfolded.
const DEEPEST: u8 = 3;

/// The order of the operations of one path.
const VERBS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The reference, ready to be shown.
#[derive(Clone, Debug)]
pub struct Reference {
    version: String,
    intro: String,
    groups: Vec<ApiGroup>,
}

impl Reference {
    /// Reads the document.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let base = text("/servers/0/url");
        let mut groups: Vec<ApiGroup> = Vec::new();
        for (path, methods) in members(document.get("paths")) {
            let mut found: Vec<_> = members(Some(methods)).filter(|(_, o)| o.get("responses").is_some()).collect();
            found.sort_by_key(|(method, _)| VERBS.iter().position(|verb| verb == method));
            for (method, operation) in found {
                let tag = operation.pointer("/tags/0").and_then(Value::as_str).unwrap_or("Other");
                let made = self::operation(document, &format!("{base}{path}"), method, operation);
                match groups.iter_mut().find(|group| group.name == tag) {
                    Some(group) => group.operations.push(made),
                    None => groups.push(ApiGroup {
                        id: format!("group-{}", anchor(tag)),
                        name: tag.to_owned(),
                        description: String::new(),
                        operations: vec![made],
                    }),
                }
            }
        }
        Self { version: text("/info/version"), intro: plain(&text("/info/description")), groups }
    }

    /// Answers the page. It says the same to everybody and carries no secret, so it may be compressed.
    ///
    /// # Errors
    /// When the template cannot be written.
    pub fn show(&self, visit: &Visit) -> Shown {
        let page = ApiDocsPage {
            page: Plain { csrf: String::new(), ..visit.plain("API reference") },
            version: self.version.clone(),
            intro: self.intro.clone(),
            document_href: "/api/openapi.json".to_owned(),
            groups: self.groups.clone(),
        };
        visit.page(StatusCode::OK, &page)
    }
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn word(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn anchor(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

fn operation(document: &Value, path: &str, method: &str, it: &Value) -> ApiOperation {
    let parameter = |one: &Value| ApiParameter {
        name: word(one, "name"),
        place: word(one, "in"),
        kind: kind(one.get("schema").unwrap_or(&Value::Null)),
        required: one.get("required") == Some(&Value::Bool(true)),
        description: word(one, "description"),
    };
    let answer = |(status, one): (&String, &Value)| ApiAnswer {
        status: status.clone(),
        description: word(one, "description"),
        codes: Vec::new(),
        body: body(document, one),
    };
    // What a refusal looks like is the same everywhere: one line says which there are.
    let refused: Vec<&str> =
        members(it.get("responses")).map(|(status, _)| status.as_str()).filter(|s| refuses(s)).collect();
    let refusals = (!refused.is_empty()).then(|| ApiAnswer {
        status: refused.join(", "),
        description: "A refusal with its stable code, as application/problem+json".to_owned(),
        ..ApiAnswer::default()
    });
    let named = word(it, "operationId");
    let access = match it.get("x-permission").and_then(Value::as_str) {
        Some(permission) => format!("Needs {permission}"),
        None => String::new(),
    };
    ApiOperation {
        id: format!("op-{}", anchor(if named.is_empty() { path } else { &named })),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: word(it, "summary"),
        description: plain(&word(it, "description")),
        access,
        parameters: list(it, "parameters").map(parameter).collect(),
        body: it.get("requestBody").and_then(|sent| body(document, sent)),
        answers: members(it.get("responses"))
            .filter(|(status, _)| !refuses(status))
            .map(answer)
            .chain(refusals)
            .collect(),
    }
}

fn refuses(status: &str) -> bool {
    status.starts_with(['4', '5'])
}

/// The document's Markdown as plain words.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

fn body(document: &Value, of: &Value) -> Option<ApiBody> {
    let (media_type, content) = members(of.get("content")).next()?;
    let schema = content.get("schema").unwrap_or(&Value::Null);
    let named = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    let mut fields = Vec::new();
    unfold(document, schema, 0, &mut fields);
    Some(ApiBody {
        media_type: media_type.clone(),
        schema: named.unwrap_or_default().to_owned(),
        fields,
        example: content
            .get("example")
            .map(|example| serde_json::to_string_pretty(example).unwrap_or_default())
            .unwrap_or_default(),
    })
}

/// The schema behind a reference, or the schema itself.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let path = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
    path.and_then(|path| document.pointer(path)).unwrap_or(schema)
}

/// What of a schema has fields: itself, what it lists, or its one form that is not null.
fn inner<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = resolved(document, schema);
    if let Some(items) = schema.get("items") {
        return inner(document, items);
    }
    let mut forms = list(schema, "oneOf").chain(list(schema, "anyOf")).chain(list(schema, "allOf"));
    let form = forms.find(|one| one.get("type") != Some(&Value::from("null")));
    form.map_or(schema, |one| inner(document, one))
}

fn unfold(document: &Value, schema: &Value, depth: u8, fields: &mut Vec<ApiField>) {
    let schema = inner(document, schema);
    let needed: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
    for (name, one) in members(schema.get("properties")) {
        let about = word(one, "description");
        fields.push(ApiField {
            name: name.clone(),
            kind: kind(one),
            required: needed.contains(&name.as_str()),
            description: plain(&if about.is_empty() { word(resolved(document, one), "description") } else { about }),
            depth,
        });
        if depth < DEEPEST {
            unfold(document, one, depth + 1, fields);
        }
    }
}

/// A schema's type in a few words.
fn kind(schema: &Value) -> String {
    if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
        return path.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let forms: Vec<String> = list(schema, "oneOf").chain(list(schema, "anyOf")).map(kind).collect();
    if !forms.is_empty() {
        return forms.join(" | ");
    }
    let values: Vec<String> = list(schema, "enum").map(ToString::to_string).collect();
    if !values.is_empty() {
        return values.join(" | ");
    }
    let one = |name: &str| match (name, schema.get("items"), schema.get("format").and_then(Value::as_str)) {
        ("array", Some(items), _) => format!("array of {}", kind(items)),
        ("string", _, Some(format)) => format!("string ({format})"),
        (name, _, _) => name.to_owned(),
    };
    match schema.get("type") {
        Some(Value::String(name)) => one(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(one).collect::<Vec<_>>().join(" | "),
        _ => if schema.as_object().is_some_and(Map::is_empty) { "any" } else { "object" }.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_operation_is_read_from_the_document() {
        let document = json!({
            "info": {"version": "1", "description": "About."}, "servers": [{"url": "/api/v1"}],
            "paths": {"/things": {"post": {
                "tags": ["Things"], "operationId": "make_thing", "summary": "Make a thing",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                "responses": {"201": {"description": "Made"}, "422": {"description": "No"}}
            }}},
            "components": {"schemas": {"Thing": {"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string", "description": "Its `name`"},
                "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                "ended_at": {"type": ["string", "null"], "format": "date-time"}
            }}}}
        });
        let reference = Reference::of(&document);
        let operation = &reference.groups[0].operations[0];
        assert_eq!((operation.method.as_str(), operation.path.as_str()), ("POST", "/api/v1/things"));
        let fields = &operation.body.as_ref().unwrap().fields;
        let told: Vec<_> = fields.iter().filter(|f| f.depth == 0).map(|f| (f.name.as_str(), f.kind.as_str())).collect();
        assert_eq!(told, [("ended_at", "string (date-time) | null"), ("name", "string"), ("parts", "array of Thing")]);
        assert_eq!(fields.iter().find(|f| f.name == "name").unwrap().description, "Its name");
        assert!(fields.iter().all(|f| f.depth <= DEEPEST), "a schema that holds itself comes to an end");
        assert_eq!(operation.answers.len(), 2);
    }
}
