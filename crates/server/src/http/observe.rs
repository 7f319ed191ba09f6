//! One log line and one measurement for each request. Never logs bodies, queries or credentials.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use guildhall_store::{Stop, StoreError};
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::problem::Problem;

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts measuring; harmless when it runs twice.
pub fn start() {
    METRICS.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
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

/// Logs and measures a request.
pub async fn layer(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |p| p.as_str().to_owned());
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    // A path may hold a link's secret: only the route is told of those.
    let shown = if ["/invite/", "/password/", "/email/", "/setup", "/auth/verify/"]
        .iter()
        .any(|secret| path.starts_with(secret))
    {
        "(a link)"
    } else {
        path.as_str()
    };
    tracing::info!(request_id = super::request_id::current(), %method, path = shown, status, took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX), "request");
    measure(label(&method), &route, status, took.as_secs_f64());
    response
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
        if !routes.contains_key(route) {
            routes.insert(route.to_owned(), Vec::new());
        }
        let Some(meters) = routes.get_mut(route) else { return };
        if let Some(known) = meters.iter().find(|meter| meter.method == method && meter.status == status) {
            return known.counter.increment(1);
        }
        let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
        let counter = metrics::counter!("guildhall_http_requests_total", &labels);
        counter.increment(1);
        meters.push(Meter { method, status, counter });
    });
}

/// A panic is a fault like any other: logged under the request's id, told without its cause.
pub fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text =
        cause.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| cause.downcast_ref::<String>().cloned());
    Problem(Stop::Failed(StoreError::Bug(format!("a handler panicked: {}", text.unwrap_or_default())))).into_response()
}
