//! `Idempotency-Key`: hashes the key with the route, and the body, before the body is read for its
//! own sake. The caller is added once recognised; what is done with it stands in the write path.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Method;
use axum::http::header::HeaderName;
use axum::response::{IntoResponse, Response};
use guildhall_domain::refusal::{Code, Refusal};
use sha2::{Digest, Sha256};

use super::context::header;
use super::problem::Problem;
use crate::app::App;
use crate::ops::Idempotency;

static KEY: HeaderName = HeaderName::from_static("idempotency-key");
const MAX_KEY_BYTES: usize = 255;

/// Whether a request may be a repetition.
pub fn is_wanted(request: &Request) -> bool {
    request.method() == Method::POST && request.headers().contains_key(&KEY)
}

/// Reads the header of a request that [`is_wanted`], and what it came with.
///
/// # Errors
/// The answer to what cannot be read.
pub async fn read(app: &App, request: Request) -> Result<Request, Response> {
    let Some(key) = header(request.headers(), &KEY).map(str::to_owned) else { return Ok(request) };
    if key.is_empty() || key.len() > MAX_KEY_BYTES {
        let refusal = Refusal::field("Idempotency-Key", "field.invalid", format!("1 to {MAX_KEY_BYTES} characters"));
        return Err(Problem::from(refusal).into_response());
    }
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, app.config.bulk_body_limit_bytes).await else {
        return Err(Problem::from(Code::BodyTooLarge).into_response());
    };
    let route = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let mut hasher = Sha256::new();
    for part in [key.as_str(), route.as_str()] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    // Keyed, since a body may hold a password: its bare hash in the database could be guessed at.
    let body = app.key.subkey("idempotency").mac(&[&bytes]);
    parts.extensions.insert(Idempotency { key: hasher.finalize().into(), body });
    Ok(Request::from_parts(parts, Body::from(bytes)))
}
