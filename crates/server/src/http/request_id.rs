//! The id of the request at hand, known to everything that runs for it.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

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

/// Ids of this process begin with what no other has.
static PROCESS: LazyLock<[u8; 10]> = LazyLock::new(|| {
    let random = uuid::Uuid::now_v7();
    let mut bytes = [0; 10];
    bytes.iter_mut().zip(random.as_bytes().iter().skip(6)).for_each(|(to, from)| *to = *from);
    bytes
});
static COUNT: AtomicU32 = AtomicU32::new(0);

/// An id for a request without one: like UUID version 7 (RFC 9562, 5.7), but asks the system for
/// randomness once and counts from there on, which a secret could not do.
fn fresh() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let mut bytes = *PROCESS;
    let count = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    bytes.iter_mut().rev().zip(count.iter().rev()).for_each(|(to, from)| *to ^= *from);
    let ms = u64::try_from(now.as_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(ms, &bytes).into_uuid().simple().to_string()
}

/// Takes the caller's id when it is fit to be logged, makes one otherwise, and echoes it.
pub async fn layer(mut request: Request, next: Next) -> Response {
    let given = request.headers().get(HEADER).and_then(|v| v.to_str().ok());
    let fit = |text: &&str| !text.is_empty() && text.len() <= MAX_BYTES && text.bytes().all(|b| b.is_ascii_graphic());
    let id = given.filter(fit).map_or_else(fresh, str::to_owned);
    let value = HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("unreadable"));
    request.headers_mut().insert(HEADER, value.clone());
    let mut response = CURRENT.scope(id, next.run(request)).await;
    response.headers_mut().insert(HEADER, value);
    response
}
