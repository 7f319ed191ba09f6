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

use axum::extract::DefaultBodyLimit;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::{Router, middleware};
use guildhall_domain::refusal::Code;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::App;
use problem::Problem;

/// Everything the program answers.
pub fn router(app: Arc<App>) -> Router {
    let (api, document) = routes::api(app.config.bulk_body_limit_bytes);
    let document = document::finish(document);
    let api = api
        .fallback(|| async { Problem::from(Code::NotFound) })
        .method_not_allowed_fallback(|| async { Problem::from(Code::MethodNotAllowed) })
        .layer(middleware::from_fn_with_state(Arc::clone(&app), idempotency::layer))
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-store")));
    Router::new()
        .nest("/api/v1", api)
        .merge(document::router(document))
        .merge(authzen::router(app.config.bulk_body_limit_bytes))
        .merge(forward_auth::router())
        .merge(scim::router(app.config.bulk_body_limit_bytes))
        .merge(health::router())
        .merge(sso::router())
        .merge(saml::router())
        .merge(crate::console::routes::router())
        .fallback(crate::console::visit::nothing)
        .with_state(Arc::clone(&app))
        // One stack, outermost first: each further call of `layer` would put every route in one more box.
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn(request_id::layer))
                .layer(middleware::from_fn(observe::layer))
                .layer(middleware::from_fn(scim::envelope))
                .layer(CatchPanicLayer::custom(observe::panicked))
                .layer(middleware::from_fn_with_state(Arc::clone(&app), denials::layer))
                .layer(middleware::from_fn(deadline::layer))
                .layer(SetResponseHeaderLayer::if_not_present(REFERRER_POLICY, HeaderValue::from_static("same-origin")))
                .layer(SetResponseHeaderLayer::if_not_present(
                    X_CONTENT_TYPE_OPTIONS,
                    HeaderValue::from_static("nosniff"),
                ))
                .layer(DefaultBodyLimit::max(app.config.body_limit_bytes)),
        )
}

/// The description of the REST API (OpenAPI 3.1), as it is served.
#[must_use]
pub fn description() -> serde_json::Value {
    document::finish(routes::api(0).1)
}
