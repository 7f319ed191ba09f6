//! The id of the request at hand, known to everything that runs for it.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;

const HEADER: &str = "x-request-id";
const MAX_BYTES: usize = 128;

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request at hand; empty outside of one.
#[must_use]
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Takes the caller's id when it is fit to be logged, makes one otherwise, and echoes it.
pub async fn layer(mut request: Request, next: Next) -> Response {
    let given = request.headers().get(HEADER).and_then(|v| v.to_str().ok());
    let fit = |text: &&str| !text.is_empty() && text.len() <= MAX_BYTES && text.bytes().all(|b| b.is_ascii_graphic());
    let id = given.filter(fit).map_or_else(|| uuid::Uuid::now_v7().simple().to_string(), str::to_owned);
    let value = HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("unreadable"));
    request.headers_mut().insert(HEADER, value.clone());
    let mut response = CURRENT.scope(id, next.run(request)).await;
    response.headers_mut().insert(HEADER, value);
    response
}
