//! Turns a page into an answer with the headers every page carries: the strict content policy, no
//! caching, no framing. It does not set cookies and does not choose pages.

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What a page may load: its own style sheet, script and pictures, nothing inline, nothing from
/// elsewhere. Forms post home only and nobody may frame a page.
pub const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     connect-src 'self'";

/// The headers of every page, as name and value.
pub const PAGE_HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Renders `page` and answers it with `status`.
///
/// # Errors
/// When the template cannot be written, which only a failing `Display` of one of its values can cause.
pub fn page<T: Template>(status: StatusCode, page: &T) -> Result<Response, askama::Error> {
    Ok(html(status, page.render()?))
}

/// Answers a text that is already HTML, with the headers of a page.
#[must_use]
pub fn html(status: StatusCode, body: String) -> Response {
    let mut answer = (status, body).into_response();
    for (name, value) in PAGE_HEADERS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}
