//! Refusals and faults as answers: `application/problem+json` (RFC 9457). Does not decide.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use guildhall_domain::refusal::{Code, FieldError, Kind, Refusal};
use guildhall_store::{Stop, StoreError};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What is refused or has failed.
#[derive(Clone, Debug)]
pub struct Problem(pub Stop);

impl<T: Into<Stop>> From<T> for Problem {
    fn from(stop: T) -> Self {
        Self(stop.into())
    }
}

/// An error, as callers see it (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// A stable name for this sort of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The sort of problem, in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here and what to do.
    pub detail: String,
    /// The request's id, also in `X-Request-Id`.
    pub instance: String,
    /// Stable dotted code.
    pub code: String,
    /// For 422: each value that cannot be taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<FieldProblem>)]
    pub errors: Vec<FieldError>,
}

/// One value of a request that cannot be taken.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Path of the field, such as `invitations[3].email`.
    pub field: String,
    /// Stable code.
    pub code: String,
    /// What is wrong and what is allowed.
    pub detail: String,
}

/// The HTTP status of a sort of refusal.
#[must_use]
pub const fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Unpaid => StatusCode::PAYMENT_REQUIRED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::Hidden => StatusCode::NOT_FOUND,
        Kind::Method => StatusCode::METHOD_NOT_ALLOWED,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Gone => StatusCode::GONE,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Limited => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// What a stop comes to for the outside: a refusal, or `None` for a fault, which is logged here,
/// once, with its cause.
#[must_use]
pub fn told(stop: &Stop) -> Option<Refusal> {
    match stop {
        Stop::Refused(refusal) => Some(refusal.clone()),
        Stop::Failed(StoreError::Busy) => {
            Some(Refusal { extra: Some(("retry_after_s", 1.into())), ..Refusal::of(Code::Busy) })
        }
        Stop::Failed(error @ StoreError::Unavailable(_)) => {
            tracing::error!(%error, "the store is unavailable");
            Some(Refusal { extra: Some(("retry_after_s", 5.into())), ..Refusal::of(Code::StoreUnavailable) })
        }
        Stop::Failed(error) => {
            tracing::error!(%error, "a request failed");
            None
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let refusal = told(&self.0);
        let (status, body, extra) = match refusal {
            Some(refusal) => {
                let status = status(refusal.code.kind());
                let body = ProblemBody {
                    kind: format!("https://guildhall.invalid/problems/{}", refusal.code.name()),
                    title: status.canonical_reason().unwrap_or_default().to_owned(),
                    status: status.as_u16(),
                    detail: refusal.detail,
                    instance: super::request_id::current(),
                    code: refusal.code.name().to_owned(),
                    errors: refusal.errors,
                };
                (status, body, refusal.extra)
            }
            None => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                let instance = super::request_id::current();
                let detail = format!("something failed on our side; it is logged under `{instance}`");
                let kind = "https://guildhall.invalid/problems/server.fault".to_owned();
                let title = "Internal Server Error".to_owned();
                (
                    status,
                    ProblemBody {
                        kind,
                        title,
                        status: 500,
                        detail,
                        instance,
                        code: "server.fault".to_owned(),
                        errors: Vec::new(),
                    },
                    None,
                )
            }
        };
        answer(status, &body, extra)
    }
}

fn answer(status: StatusCode, body: &ProblemBody, extra: Option<(&'static str, Value)>) -> Response {
    let mut json = serde_json::to_value(body).unwrap_or_default();
    let mut wait = None;
    if let (Some((name, value)), Some(fields)) = (extra, json.as_object_mut()) {
        match value {
            Value::Object(facts) if name.is_empty() => fields.extend(facts),
            value => drop(fields.insert(name.to_owned(), value)),
        }
        wait = fields.get("retry_after_s").and_then(Value::as_u64);
    }
    let mut response = (status, json.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"guildhall\""));
    }
    if let Some(seconds) = wait {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
