//! What the program tells of itself to any SCIM client, without a token: for every organization the same.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::Value;

use super::{json, refused};
use crate::app::App;
use crate::scim::{ScimError, publish};

fn base(app: &App, organization: &str) -> String {
    format!("{}/scim/v2/{organization}", app.public_url)
}

pub(super) async fn provider(State(app): State<Arc<App>>, Path(org): Path<String>) -> Response {
    json(200, &publish::provider(&base(&app, &org), app.config.bulk_body_limit_bytes))
}

fn one_of(all: Vec<Value>, id: &str) -> Response {
    match all.into_iter().find(|one| one.get("id").and_then(Value::as_str) == Some(id)) {
        Some(one) => json(200, &one),
        None => refused(&ScimError::missing(format!("there is no `{id}`"))),
    }
}

pub(super) async fn resource_types(State(app): State<Arc<App>>, Path(org): Path<String>) -> Response {
    json(200, &publish::list(publish::resource_types(&base(&app, &org))))
}

pub(super) async fn resource_type(State(app): State<Arc<App>>, Path((org, id)): Path<(String, String)>) -> Response {
    one_of(publish::resource_types(&base(&app, &org)), &id)
}

pub(super) async fn schemas(State(app): State<Arc<App>>, Path(org): Path<String>) -> Response {
    json(200, &publish::list(publish::schemas(&base(&app, &org))))
}

pub(super) async fn schema(State(app): State<Arc<App>>, Path((org, id)): Path<(String, String)>) -> Response {
    one_of(publish::schemas(&base(&app, &org)), &id)
}
