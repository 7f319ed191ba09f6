//! The description of the API: OpenAPI 3.1, and what is true of every operation added in one place.

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tower_http::compression::CompressionLayer;
use utoipa::PartialSchema;
use utoipa::openapi::OpenApi;

use super::problem::{FieldProblem, ProblemBody};
use crate::app::App;
use crate::console::pages::api_docs::Reference;
use crate::console::visit::Visit;

/// Adds to the description what holds for all operations.
#[must_use]
pub fn finish(document: OpenApi) -> Value {
    let mut whole = serde_json::to_value(document).unwrap_or_default();
    let described = json!({
        "info": {
            "title": "Guildhall",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Who belongs to this organization, and what may they do? Errors are `application/problem+json` (RFC 9457) with a stable `code`. Lists are paged by cursor. Every write accepts `dry_run=true` and every POST an `Idempotency-Key`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}, {"key": []}, {"session": []}]
    });
    merge(&mut whole, described);
    let schemes = json!({"components": {
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "description": "`gld_pat_…`"},
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same token; it comes before `Authorization`, and both before the cookie. `X-Use-Bearer: true` has the cookie ignored."},
            "session": {"type": "apiKey", "in": "cookie", "name": "guildhall_session", "description": "Writes need the session's `X-CSRF-Token` as well."}
        },
        "schemas": {"ProblemBody": schema::<ProblemBody>(), "FieldProblem": schema::<FieldProblem>()}
    }});
    merge(&mut whole, schemes);
    let paths = whole.get_mut("paths").and_then(Value::as_object_mut);
    for (_, methods) in paths.into_iter().flatten() {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            complete(method, operation);
        }
    }
    whole
}

fn schema<T: PartialSchema>() -> Value {
    serde_json::to_value(T::schema()).unwrap_or_default()
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

fn complete(method: &str, operation: &mut Value) {
    let problem = |about: &str| json!({"description": about, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}});
    let mut answers = json!({
        "400": problem("The request could not be read"),
        "401": problem("No valid credential"),
        "403": problem("You may know it, but not do this"),
        "404": problem("Nothing is there, or nothing you may see"),
        "422": problem("A value cannot be taken"),
        "429": problem("Too much at once"),
        "503": problem("Not now")
    });
    let mut parameters: Vec<Value> = Vec::new();
    if !matches!(method, "get" | "head") {
        merge(
            &mut answers,
            json!({"409": problem("The state of things speaks against it"), "410": problem("It is used up"), "412": problem("Your copy is stale"), "413": problem("Too many bytes")}),
        );
        parameters.push(json!({"name": "dry_run", "in": "query", "required": false, "schema": {"type": "boolean"}, "description": "Only say what would happen"}));
    }
    if matches!(method, "patch" | "delete") {
        parameters.push(json!({"name": "If-Match", "in": "header", "required": false, "schema": {"type": "string"}, "description": "The `ETag` you have seen"}));
    }
    if method == "post" {
        parameters.push(json!({"name": "Idempotency-Key", "in": "header", "required": false, "schema": {"type": "string", "maxLength": 255}, "description": "Makes repeating the request harmless for a day"}));
    }
    let Some(fields) = operation.as_object_mut() else { return };
    merge(fields.entry("responses").or_insert_with(|| json!({})), answers);
    if let Some(list) = fields.entry("parameters").or_insert_with(|| json!([])).as_array_mut() {
        list.extend(parameters);
    }
}

/// `/api/openapi.json` and the page that reads it, `/api/docs`. Neither carries a secret, so both are compressed.
pub fn router(document: Value) -> Router<Arc<App>> {
    let (reference, document) = (Arc::new(Reference::of(&document)), Arc::new(document));
    Router::new()
        .route("/api/openapi.json", get(move || async move { Json(document.as_ref().clone()) }))
        .route("/api/docs", get(move |visit: Visit| async move { reference.show(&visit) }))
        .layer(CompressionLayer::new())
}
