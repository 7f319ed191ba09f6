//! AuthZEN over HTTP (OpenID Authorization API 1.0, HTTPS binding): `/access/v1/…` and the metadata. Every error
//! is 400, 401, 403 or one of the server's own; a deny is none. Nothing is decided here.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use guildhall_domain::refusal::{Code, Kind, Refusal};
use guildhall_store::Stop;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tower_http::set_header::SetResponseHeaderLayer;

use super::context::header;
use super::extract::{is_json, parse};
use super::problem::Problem;
use super::reply::Json;
use crate::app::App;
use crate::ops::Ctx;
use crate::ops::authzen::{self, Batch, Question, Search};

/// The paths of AuthZEN. A batch may be as large as other lists.
pub fn router(bulk_body_limit_bytes: usize) -> Router<Arc<App>> {
    let evaluations = post(evaluations).layer(DefaultBodyLimit::max(bulk_body_limit_bytes));
    Router::new()
        .route("/access/v1/evaluation", post(evaluation))
        .route("/access/v1/evaluations", evaluations)
        .route("/access/v1/search/subject", post(subjects))
        .route("/access/v1/search/resource", post(resources))
        .route("/access/v1/search/action", post(actions))
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .route("/.well-known/authzen-configuration", get(metadata))
}

/// A refusal in the statuses that the specification knows.
struct Refused(Stop);

impl<T: Into<Stop>> From<T> for Refused {
    fn from(stop: T) -> Self {
        Self(stop.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Stop::Refused(refusal) = self.0 else { return Problem(self.0).into_response() };
        let refusal = match refusal.code.kind() {
            Kind::Invalid | Kind::MediaType => Refusal { code: Code::RequestMalformed, ..refusal },
            Kind::Hidden => {
                Refusal::because(Code::AccessDenied, "there is no such organization, or none that you are in")
            }
            _ => refusal,
        };
        Problem::from(refusal).into_response()
    }
}

type Answered = Result<Response, Refused>;
type Asking = Result<Ctx, Problem>;
type Sent = Result<Bytes, BytesRejection>;

/// Who asks, in which organization, and what.
fn read<T: DeserializeOwned>(ctx: Asking, headers: &HeaderMap, body: Sent) -> Result<(Ctx, String, T), Refused> {
    let ctx = ctx.map_err(|problem| Refused(problem.0))?;
    if !is_json(headers) {
        return Err(Code::MediaType.into());
    }
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
        _ => Code::RequestMalformed,
    })?;
    let asked = parse(&body)?;
    let here = authzen::organization(&ctx, header(headers, "x-guildhall-organization"))?;
    Ok((ctx, here, asked))
}

fn told<T: Serialize>(value: &T) -> Answered {
    Ok(Json(value).into_response())
}

async fn evaluation(ctx: Asking, headers: HeaderMap, body: Sent) -> Answered {
    let (ctx, here, asked) = read::<Question>(ctx, &headers, body)?;
    told(&authzen::evaluate(&ctx, &here, &asked).await?)
}

async fn evaluations(ctx: Asking, headers: HeaderMap, body: Sent) -> Answered {
    let (ctx, here, asked) = read::<Batch>(ctx, &headers, body)?;
    match asked.single() {
        Some(question) => told(&authzen::evaluate(&ctx, &here, &question).await?),
        None => told(&json!({"evaluations": authzen::evaluate_all(&ctx, &here, &asked).await?})),
    }
}

async fn subjects(ctx: Asking, headers: HeaderMap, body: Sent) -> Answered {
    let (ctx, here, asked) = read::<Search>(ctx, &headers, body)?;
    told(&authzen::subjects(&ctx, &here, &asked).await?)
}

async fn resources(ctx: Asking, headers: HeaderMap, body: Sent) -> Answered {
    let (ctx, here, asked) = read::<Search>(ctx, &headers, body)?;
    told(&authzen::resources(&ctx, &here, &asked).await?)
}

async fn actions(ctx: Asking, headers: HeaderMap, body: Sent) -> Answered {
    let (ctx, here, asked) = read::<Search>(ctx, &headers, body)?;
    told(&authzen::actions(&ctx, &here, &asked).await?)
}

/// Where everything is; the same for everybody, so that it may be kept for a while.
async fn metadata(State(app): State<Arc<App>>) -> Response {
    let at = |path: &str| format!("{}{path}", app.public_url);
    let body = json!({
        "policy_decision_point": app.public_url,
        "access_evaluation_endpoint": at("/access/v1/evaluation"),
        "access_evaluations_endpoint": at("/access/v1/evaluations"),
        "search_subject_endpoint": at("/access/v1/search/subject"),
        "search_resource_endpoint": at("/access/v1/search/resource"),
        "search_action_endpoint": at("/access/v1/search/action"),
    });
    ([(CACHE_CONTROL, "public, max-age=3600")], Json(body)).into_response()
}
