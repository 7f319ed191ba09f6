//! What goes around every request, in one piece: its id, its log line and measurement, the longest it may take, the
//! note of what was refused, and what every answer says. Each of these as a layer of its own would box the request's
//! future and copy all the layers inside of it, which cost more than a check.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::{API, deadline, denials, idempotency, observe, request_id, scim};
use crate::app::App;

/// The frame around a request.
pub async fn layer(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (id, shown) = request_id::of(request.headers());
    let path = request.uri().path();
    let (is_api, is_scim) = (path.starts_with(API), path.starts_with("/scim/"));
    let line = observe::Line::begin(&request);
    let asked = denials::Asked::of(&request);
    let answer = deadline::within(deadline::LONGEST, async {
        match is_api {
            true => match idempotency::read(&app, request).await {
                Ok(request) => next.run(request).await,
                Err(refused) => refused,
            },
            false => next.run(request).await,
        }
    });
    let answer = async {
        let answer = answer.await;
        if answer.status() == StatusCode::FORBIDDEN {
            denials::note(&app, &asked, &line, answer.extensions().get().copied()).await;
        }
        let answer = if is_scim { scim::envelope(answer).await } else { answer };
        line.end(&answer);
        answer
    };
    let mut answer = request_id::scope(id, answer).await;
    let headers = answer.headers_mut();
    headers.insert(request_id::HEADER.clone(), shown);
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    if is_api {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    answer
}
