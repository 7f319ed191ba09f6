//! The id of the request at hand, known to everything that runs for it.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Callers send it, and every answer has it.
pub static HEADER: HeaderName = HeaderName::from_static("x-request-id");
const MAX_BYTES: usize = 128;

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request at hand; empty outside of one.
#[must_use]
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Shows the same without a copy of it.
pub fn with(show: impl FnOnce(&str)) {
    let mut show = Some(show);
    let shown = CURRENT.try_with(|id| show.take().map(|show| show(id)));
    if let (Err(_), Some(show)) = (shown, show) {
        show("");
    }
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

/// The caller's id when it is fit to be logged, a fresh one otherwise.
#[must_use]
pub fn of(headers: &HeaderMap) -> String {
    let given = headers.get(&HEADER).and_then(|v| v.to_str().ok());
    let fit = |text: &&str| !text.is_empty() && text.len() <= MAX_BYTES && text.bytes().all(|b| b.is_ascii_graphic());
    given.filter(fit).map_or_else(fresh, str::to_owned)
}

/// The id of the request at hand as a header.
#[must_use]
pub fn value() -> HeaderValue {
    let value = CURRENT.try_with(|id| HeaderValue::from_str(id).ok()).ok().flatten();
    value.unwrap_or(HeaderValue::from_static("unreadable"))
}

/// Runs what is to know the id.
pub fn scope<T>(id: String, work: impl Future<Output = T>) -> impl Future<Output = T> {
    CURRENT.scope(id, work)
}
