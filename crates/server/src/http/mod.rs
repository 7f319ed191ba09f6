//! The outside over HTTP: REST under `/api/v1`, its description, health and metrics. Handlers read
//! the request, call one use case and answer; no rule stands here.

pub mod api;
pub mod authzen;
pub mod context;
pub mod cursor;
pub mod deadline;
pub mod denials;
pub mod document;
pub mod extract;
pub mod forward_auth;
pub mod frame;
pub mod health;
pub mod idempotency;
pub mod observe;
pub mod problem;
pub mod reference;
pub mod reply;
pub mod request_id;
pub mod routes;
pub mod saml;
pub mod scim;
pub mod sso;

use std::sync::Arc;

use axum::Router;

use crate::app::App;

/// Where the REST API stands.
const API: &str = "/api/v1/";

/// Everything the program answers.
pub fn router(app: Arc<App>) -> Router {
    let (api, document) = routes::api(app.config.bulk_body_limit_bytes);
    Router::new()
        .merge(api)
        .merge(document::router(document::finish(document)))
        .merge(authzen::router(app.config.bulk_body_limit_bytes))
        .merge(forward_auth::router())
        .merge(scim::router(app.config.bulk_body_limit_bytes))
        .merge(health::router())
        .merge(sso::router())
        .merge(saml::router())
        .merge(crate::console::routes::router())
        .fallback(crate::console::visit::nothing)
        .with_state(Arc::clone(&app))
        .layer(frame::Frame(app))
}

/// The description of the REST API (OpenAPI 3.1), as it is served.
#[must_use]
pub fn description() -> serde_json::Value {
    document::finish(routes::api(0).1)
}
