//! How long a handler may take. Bounds what is read and decided, not a streamed answer: an export
//! takes as long as it takes.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use guildhall_domain::refusal::Code;
use tokio::time::timeout;

use super::problem::Problem;

/// A body that trickles in, or a database that does not answer, holds a request no longer.
pub const LONGEST: Duration = Duration::from_secs(60);

/// Gives up on a request that takes too long. A write that has begun still runs to its end.
pub fn within(longest: Duration, answer: impl Future<Output = Response>) -> impl Future<Output = Response> {
    let late = |_| Problem::from(Code::TimedOut).into_response();
    timeout(longest, answer).map(move |answered| answered.unwrap_or_else(late))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::body::{Body, Bytes};
    use axum::extract::Request;
    use axum::middleware::Next;
    use axum::routing::post;
    use axum::{Router, middleware};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let router = Router::new()
            .route("/", post(|body: Bytes| async move { body.len().to_string() }))
            .layer(middleware::from_fn(|request, next: Next| within(Duration::from_millis(50), next.run(request))));
        let ask = |body: Body| router.clone().oneshot(Request::post("/").body(body).unwrap());
        assert_eq!(ask(Body::from("whole")).await.unwrap().status(), 200);
        let endless = tokio_stream::pending::<Result<Bytes, std::io::Error>>();
        let answer = ask(Body::from_stream(endless)).await.unwrap();
        assert_eq!(answer.status(), 503);
        let text = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        assert!(String::from_utf8_lossy(&text).contains("server.timed_out"));
    }
}
