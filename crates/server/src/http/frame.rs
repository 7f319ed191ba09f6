//! What goes around every request, in one piece: its id, its log line and measurement, the longest it may take, the
//! note of what was refused, and what every answer says. Each of these as a layer of its own would box the request's
//! future and copy all the layers inside of it, which cost more than a check. What seldom happens is boxed for the same
//! reason: a future is as large as the largest way through it.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CACHE_CONTROL, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::deadline::{LONGEST, within};
use super::observe::caught;
use super::{API, denials, idempotency, observe, request_id, scim};
use crate::app::App;

/// The frame around a request. Its futures stand in one another and in no variable, which would keep room for each of
/// them twice.
pub async fn layer(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let (id, shown) = request_id::of(request.headers());
    let path = request.uri().path();
    let (is_api, is_scim) = (path.starts_with(API), path.starts_with("/scim/"));
    let is_repeatable = is_api && idempotency::is_wanted(&request);
    let line = observe::Line::begin(&request);
    let asked = denials::Asked::of(&request);
    if !matches!(line.method, Method::GET | Method::HEAD) {
        DefaultBodyLimit::max(app.config.body_limit_bytes).apply(&mut request);
    }
    let mut answer = request_id::scope(id, async {
        let answer = within(
            LONGEST,
            caught(async {
                let request = match is_repeatable {
                    true => match Box::pin(idempotency::read(&app, request)).await {
                        Ok(request) => request,
                        Err(refused) => return refused,
                    },
                    false => request,
                };
                next.run(request).await
            }),
        )
        .await;
        if answer.status() == StatusCode::FORBIDDEN {
            Box::pin(denials::note(&app, &asked, &line, answer.extensions().get().copied())).await;
        }
        let answer = if is_scim { Box::pin(scim::envelope(answer)).await } else { answer };
        line.end(&answer);
        answer
    })
    .await;
    let headers = answer.headers_mut();
    headers.insert(request_id::HEADER.clone(), shown);
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    if is_api {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    answer
}
