//! `Idempotency-Key`: hashes the key with caller and route, and the body, before the body is read
//! for its own sake. What is done with them stands in the write path.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use guildhall_domain::refusal::{Code, Refusal};

use super::context::header;
use super::problem::Problem;
use crate::app::App;
use crate::ops::Idempotency;

const MAX_KEY_BYTES: usize = 255;

/// Reads the header of a POST.
pub async fn layer(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let key = match (request.method() == Method::POST, header(request.headers(), "idempotency-key")) {
        (true, Some(key)) => key.to_owned(),
        _ => return next.run(request).await,
    };
    if key.is_empty() || key.len() > MAX_KEY_BYTES {
        let refusal = Refusal::field("Idempotency-Key", "field.invalid", format!("1 to {MAX_KEY_BYTES} characters"));
        return Problem::from(refusal).into_response();
    }
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, app.config.bulk_body_limit_bytes).await else {
        return Problem::from(Code::BodyTooLarge).into_response();
    };
    let route = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let named = [
        key.as_bytes(),
        route.as_bytes(),
        header(&parts.headers, "authorization").unwrap_or_default().as_bytes(),
        header(&parts.headers, "cookie").unwrap_or_default().as_bytes(),
    ];
    // Each part behind its length: the boundaries are unambiguous.
    let lengths = named.map(|part| (part.len() as u64).to_be_bytes());
    let pieces: Vec<&[u8]> = lengths.iter().zip(named).flat_map(|(length, part)| [length.as_slice(), part]).collect();
    // Keyed, since a body may hold a password: its bare hash in the database could be guessed at.
    let mac = app.key.subkey("idempotency");
    parts.extensions.insert(Idempotency { key: mac.mac(&pieces), body: mac.mac(&[b"body", &bytes]) });
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}
