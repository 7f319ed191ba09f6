//! What goes around every request, in one piece: its id, its log line and measurement, the longest it may take, the
//! note of what was refused, and what every answer says. Each of these as a layer of its own would box the request's
//! future and copy all the layers inside of it, which cost more than a check. What seldom happens is boxed for the same
//! reason: a future is as large as the largest way through it. And each is handed on into the next: one that waits for
//! another in a variable keeps room for it twice.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{CACHE_CONTROL, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::routing::Route;
use futures_util::FutureExt;
use tower::{Layer, Service};

use super::deadline::{LONGEST, within};
use super::observe::caught;
use super::{API, denials, idempotency, observe, request_id, scim};
use crate::app::App;

/// Puts the frame around routes.
#[derive(Clone)]
pub struct Frame(pub Arc<App>);

impl Layer<Route> for Frame {
    type Service = Framed;

    fn layer(&self, route: Route) -> Framed {
        Framed { app: Arc::clone(&self.0), route }
    }
}

/// A route in its frame.
#[derive(Clone)]
pub struct Framed {
    app: Arc<App>,
    route: Route,
}

impl Service<Request> for Framed {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Answered> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let app = Arc::clone(&self.app);
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            DefaultBodyLimit::max(app.config.body_limit_bytes).apply(&mut request);
        }
        let (id, line, asked) =
            (request_id::of(request.headers()), observe::Line::begin(&request), denials::Asked::of(&request));
        if line.path().starts_with(API) && idempotency::is_wanted(&request) {
            let answer = repeatable(Arc::clone(&app), self.route.clone(), request);
            return Box::pin(framed(Seen { app, line, asked }, id, answer));
        }
        Box::pin(framed(Seen { app, line, asked }, id, self.route.call(request)))
    }
}

type Answered = Result<Response, Infallible>;

/// The answer to what may be a repetition.
async fn repeatable(app: Arc<App>, mut route: Route, request: Request) -> Answered {
    match idempotency::read(&app, request).await {
        Ok(request) => route.call(request).await,
        Err(refused) => Ok(refused),
    }
}

/// What is seen of a request before it is answered.
struct Seen {
    app: Arc<App>,
    line: observe::Line,
    asked: denials::Asked,
}

/// The frame around an answer.
fn framed(seen: Seen, id: String, answer: impl Future<Output = Answered>) -> impl Future<Output = Answered> {
    let answer = caught(answer.map(|Ok(answer)| answer));
    request_id::scope(id, within(LONGEST, answer).then(|answer| finished(seen, answer)))
}

/// Notes what was answered, and has it say what every answer says.
async fn finished(seen: Seen, mut answer: Response) -> Answered {
    let Seen { app, line, asked } = &seen;
    if answer.status() == StatusCode::FORBIDDEN {
        Box::pin(denials::note(app, asked, line, answer.extensions().get().copied())).await;
    }
    if line.path().starts_with("/scim/") {
        answer = Box::pin(scim::envelope(answer)).await;
    }
    line.end(&answer);
    let headers = answer.headers_mut();
    headers.insert(request_id::HEADER.clone(), request_id::value());
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    if line.path().starts_with(API) {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    Ok(answer)
}
