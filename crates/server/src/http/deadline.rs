//! How long a handler may take. Bounds what is read and decided, not a streamed answer: an export
//! takes as long as it takes.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use guildhall_domain::refusal::Code;

use super::problem::Problem;

/// A body that trickles in, or a database that does not answer, holds a request no longer.
const WITHIN: Duration = Duration::from_secs(60);

/// Gives up on a request that takes too long. A write that has begun still runs to its end.
pub async fn layer(request: Request, next: Next) -> Response {
    match tokio::time::timeout(WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::from(Code::TimedOut).into_response(),
    }
}
