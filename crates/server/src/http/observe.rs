//! One log line and one measurement for each request. Never logs bodies, queries or credentials.

use std::any::Any;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::http::uri::PathAndQuery;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use guildhall_store::{Stop, StoreError};
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::problem::Problem;

/// Upper ends of what durations are counted in, from a check to the longest a request may take.
const SECONDS_BUCKETS: &[f64] =
    &[0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts measuring; harmless when it runs twice.
pub fn start() {
    METRICS.get_or_init(|| {
        let recorder = PrometheusBuilder::new();
        let recorder = recorder.set_buckets(SECONDS_BUCKETS).unwrap_or_default().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another part of this process measures already; /metrics stays empty");
        }
        handle
    });
}

/// What was measured, in Prometheus' text form.
#[must_use]
pub fn render() -> String {
    METRICS.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// Takes what was measured out of the queues in which it waits for the next [`render`]. Without it a
/// server that nobody scrapes would keep every request's duration for ever.
pub fn upkeep() {
    if let Some(handle) = METRICS.get() {
        handle.run_upkeep();
    }
}

/// A method as a label. Anybody may invent methods, and each label is kept for ever.
fn label(method: &Method) -> &'static str {
    const KNOWN: &[&str] = &["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.iter().find(|known| **known == method.as_str()).copied().unwrap_or("other")
}

/// What the log line of a request is made from.
#[derive(Debug)]
pub struct Line {
    begun: Instant,
    route: Option<MatchedPath>,
    /// How it was asked.
    pub method: Method,
    target: Option<PathAndQuery>,
}

/// Where a path may hold a link's secret: only the route is told of those.
const SECRET: &[&str] = &["/invite/", "/password/", "/email/", "/setup", "/auth/verify/"];

/// What stands in a route by which a POST only asks. In a path it might be somebody's name.
const ASKING: &[&str] = &["check", "introspect", "access"];

fn asks(route: &str) -> bool {
    route.split('/').any(|part| ASKING.contains(&part))
}

/// Whatever takes longer is worth a line.
const SLOW: Duration = Duration::from_secs(1);

impl Line {
    /// Begins to measure.
    #[must_use]
    pub fn begin(request: &Request) -> Self {
        Self {
            begun: Instant::now(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            method: request.method().clone(),
            target: request.uri().path_and_query().cloned(),
        }
    }

    /// Whether this only asked and was answered in time: nobody looks for it in a log, and there may be 50,000 a second.
    fn is_plain(&self, status: u16, took: Duration) -> bool {
        let asks = match self.method {
            Method::GET | Method::HEAD | Method::OPTIONS => true,
            Method::POST => asks(self.route()),
            _ => false,
        };
        asks && status < 400 && took < SLOW
    }

    /// For what it was asked.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.as_ref().map_or("", PathAndQuery::path)
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or("none", MatchedPath::as_str)
    }

    /// Logs and measures the request, which is answered.
    pub fn end(&self, answer: &Response) {
        let (status, took) = (answer.status().as_u16(), self.begun.elapsed());
        let path = self.path();
        let path = if SECRET.iter().any(|secret| path.starts_with(secret)) { "(a link)" } else { path };
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        super::request_id::with(|request_id| {
            if self.is_plain(status, took) {
                tracing::debug!(request_id, method = %self.method, path, status, took_us, "request");
            } else {
                tracing::info!(request_id, method = %self.method, path, status, took_us, "request");
            }
        });
        measure(label(&self.method), self.route(), status, took.as_secs_f64());
    }
}

/// What counts the requests of one kind.
struct Meter {
    method: &'static str,
    status: u16,
    counter: Counter,
}

thread_local! {
    /// The meters this thread has used, by route: to look one up in the recorder costs more than a check.
    static METERS: RefCell<HashMap<String, Vec<Meter>>> = RefCell::new(HashMap::new());
    static SECONDS: OnceCell<Histogram> = const { OnceCell::new() };
}

fn measure(method: &'static str, route: &str, status: u16, took_s: f64) {
    if METRICS.get().is_none() {
        return;
    }
    SECONDS.with(|seconds| {
        seconds.get_or_init(|| metrics::histogram!("guildhall_http_request_seconds")).record(took_s);
    });
    METERS.with_borrow_mut(|routes| {
        let is = |meter: &&Meter| meter.method == method && meter.status == status;
        if let Some(known) = routes.get(route).and_then(|meters| meters.iter().find(is)) {
            return known.counter.increment(1);
        }
        let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
        let counter = metrics::counter!("guildhall_http_requests_total", &labels);
        counter.increment(1);
        routes.entry(route.to_owned()).or_default().push(Meter { method, status, counter });
    });
}

/// An answer, whatever happens on the way to it. A panic is a fault like any other: logged under the request's id, told
/// without its cause.
pub fn caught(answer: impl Future<Output = Response>) -> impl Future<Output = Response> {
    AssertUnwindSafe(answer).catch_unwind().map(|answered| answered.unwrap_or_else(panicked))
}

#[allow(clippy::needless_pass_by_value, reason = "it is ours to drop")]
fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text =
        cause.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| cause.downcast_ref::<String>().cloned());
    Problem(Stop::Failed(StoreError::Bug(format!("a handler panicked: {}", text.unwrap_or_default())))).into_response()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::routing::any;
    use tower::ServiceExt;

    use super::*;

    async fn is_plain(method: &str, route: &str, path: &str) -> bool {
        let told = any(async |request: Request| Line::begin(&request).is_plain(200, Duration::ZERO).to_string());
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = Router::new().route(route, told).oneshot(request).await.unwrap();
        to_bytes(answer.into_body(), 10).await.unwrap() == "true"
    }

    #[tokio::test]
    async fn only_what_asks_is_left_out_of_the_log_whatever_things_are_called() {
        assert!(is_plain("GET", "/organizations/{org}", "/organizations/acme").await);
        assert!(is_plain("POST", "/organizations/{org}/check", "/organizations/acme/check").await);
        assert!(!is_plain("DELETE", "/organizations/{org}/check", "/organizations/acme/check").await);
        for name in ["check", "introspect", "access"] {
            let (path, below) = (format!("/organizations/{name}"), format!("/organizations/{name}/members"));
            assert!(!is_plain("POST", "/organizations/{org}", &path).await, "{path}");
            assert!(!is_plain("POST", "/organizations/{org}/members", &below).await, "{below}");
        }
    }

    #[test]
    fn what_asks_is_known_by_its_route() {
        let description = crate::http::description();
        let paths = description.get("paths").unwrap().as_object().unwrap().iter();
        let posts = paths.filter(|(route, item)| item.get("post").is_some() && asks(route)).map(|(route, _)| route);
        let expected = [
            "/introspect",
            "/organizations/{org}/access/actions",
            "/organizations/{org}/access/resources",
            "/organizations/{org}/access/subjects",
            "/organizations/{org}/check",
            "/organizations/{org}/check/batch",
            "/organizations/{org}/usage/check",
        ];
        assert_eq!(posts.collect::<Vec<_>>(), expected);
        assert!(asks("/access/v1/evaluation") && asks("/access/v1/search/subject"));
    }
}
