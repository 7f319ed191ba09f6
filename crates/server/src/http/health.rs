//! Is it alive, is it ready, how is it doing?

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::observe;
use crate::app::App;

/// `/healthz`, `/readyz`, `/metrics`.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    if app.is_stopping() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match app.store.health().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {error}\n")).into_response()
        }
    }
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let waiting = app.store.read(|conn| Ok(guildhall_store::read::outbox::waiting(conn)?)).await.unwrap_or(0);
    #[allow(clippy::cast_precision_loss, reason = "a gauge")]
    metrics::gauge!("guildhall_outbox_waiting").set(waiting as f64);
    #[allow(clippy::cast_precision_loss, reason = "a gauge")]
    metrics::gauge!("guildhall_password_queue").set(app.passwords.waiting() as f64);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], observe::render()).into_response()
}
