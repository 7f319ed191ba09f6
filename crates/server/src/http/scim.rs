//! SCIM 2.0 under `/scim/v2/{org}`: requests read, one use case called, answers in SCIM's form. What is refused
//! further out (a panic, a time limit) is put into that form here as well. Decides nothing.

mod discovery;

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Path, RawPathParams, Request};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use bytes::Bytes;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::time::Timestamp;
use guildhall_store::Stop;
use guildhall_store::read::scim::Kind;
use serde_json::Value;

use super::context::{address, header};
use super::problem::told;
use crate::app::App;
use crate::ops::Ctx;
use crate::ops::scim::listing::{self, Query};
use crate::ops::scim::resources::{self, Resource, Seen, bare, type_of};
use crate::ops::scim::shapes::etag;
use crate::ops::scim::{Directory, Halt, bulk};
use crate::scim::ScimError;
use crate::scim::document::Document;
use crate::scim::projection::Projection;

const MEDIA_TYPE: &str = "application/scim+json";

/// The routes below `/scim/v2/{org}`. Bodies may be as large as those of many invitations.
pub fn router(most_bytes: usize) -> Router<Arc<App>> {
    let one = |kind| {
        get(move |asked, path| show(asked, path, kind))
            .put(move |asked, path, body| edit(asked, path, body, (kind, true)))
            .patch(move |asked, path, body| edit(asked, path, body, (kind, false)))
            .delete(move |asked, path| delete(asked, path, kind))
    };
    let all = |kind| get(move |asked| list(asked, kind)).post(move |asked, body| create(asked, body, kind));
    let inner = Router::new()
        .route("/ServiceProviderConfig", get(discovery::provider))
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{id}", get(discovery::resource_type))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{id}", get(discovery::schema))
        .route("/Me", any(me))
        .route("/", get(everything))
        .route("/.search", post(search_everything))
        .route("/Users", all(Kind::People))
        .route(concat!("/Users", "/.search"), post(move |asked, body| search(asked, body, Kind::People)))
        .route(concat!("/Users", "/{id}"), one(Kind::People))
        .route("/Groups", all(Kind::Groups))
        .route("/Groups/.search", post(move |asked, body| search(asked, body, Kind::Groups)))
        .route("/Groups/{id}", one(Kind::Groups))
        .route("/Bulk", post(run_bulk))
        .fallback(|| async { refused(&ScimError::missing("there is nothing at this address")) })
        .method_not_allowed_fallback(|| async {
            refused(&ScimError {
                status: 405,
                kind: None,
                ..ScimError::missing("this address does not know that method")
            })
        })
        .layer(DefaultBodyLimit::max(most_bytes));
    Router::new().nest("/scim/v2/{org}", inner)
}

fn json(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body.to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

fn refused(error: &ScimError) -> Response {
    let mut response = json(error.status, &error.body());
    if error.status == 401 {
        let challenge = HeaderValue::from_static("Bearer realm=\"guildhall\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    if let Some(seconds) = error.retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// What ended a request, in SCIM's words; a failure is logged where it is told.
fn said(halt: Halt) -> ScimError {
    match halt {
        Halt::Scim(error) => error,
        Halt::Stop(stop) => of_stop(&stop),
    }
}

fn of_stop(stop: &Stop) -> ScimError {
    match told(stop) {
        Some(refusal) => refusal.into(),
        None => {
            let instance = super::request_id::current();
            let detail = format!("something failed on our side; it is logged under `{instance}`");
            ScimError { status: 500, kind: None, ..ScimError::missing(detail) }
        }
    }
}

fn with_tag(mut response: Response, resource: &Resource) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&etag(resource.version)) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// A request of a directory, but for its body.
struct Asked {
    directory: Directory,
    method: Method,
    path: String,
    query: Query,
    seen: Seen,
    known: Option<String>,
}

fn number(text: &str, name: &str) -> Result<i64, ScimError> {
    text.trim().parse().map_err(|_| ScimError::value(format!("`{name}` must be a whole number")))
}

/// What stands behind `?`; what is not known there is left aside.
fn query(text: &str) -> Result<Query, ScimError> {
    let mut query = Query::default();
    let names = |text: &str| text.split(',').map(str::to_owned).filter(|name| !name.trim().is_empty()).collect();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        match name.as_ref() {
            "filter" => query.filter = Some(value.into_owned()),
            "sortBy" => query.sort_by = Some(value.into_owned()),
            "sortOrder" => query.descending = value.eq_ignore_ascii_case("descending"),
            "startIndex" => query.start_index = Some(number(&value, "startIndex")?),
            "count" => query.count = Some(number(&value, "count")?),
            "cursor" => query.cursor = Some(value.into_owned()),
            "attributes" => query.attributes = names(&value),
            "excludedAttributes" => query.excluded = names(&value),
            _ => {}
        }
    }
    Ok(query)
}

/// A search's body asks what a list asks behind `?`.
fn sought(body: &Document) -> Result<Query, ScimError> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let whole = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => number(&value.to_string(), name).map(Some),
    };
    let names = |name: &str| {
        let list = body.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
    };
    Ok(Query {
        filter: text("filter"),
        sort_by: text("sortBy"),
        descending: text("sortOrder").is_some_and(|word| word.eq_ignore_ascii_case("descending")),
        start_index: whole("startIndex")?,
        count: whole("count")?,
        cursor: text("cursor"),
        attributes: names("attributes"),
        excluded: names("excludedAttributes"),
    })
}

async fn asked(app: &Arc<App>, parts: &mut Parts) -> Result<Asked, ScimError> {
    let bearer = header(&parts.headers, "authorization").map(|text| match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim().to_owned()),
        _ => Err(Refusal::because(Code::AuthInvalid, "send `Authorization: Bearer <token>`")),
    });
    let bearer = bearer.transpose()?;
    let ctx = Ctx {
        app: Arc::clone(app),
        caller: None,
        seen_at: Timestamp::default(),
        link: None,
        device: None,
        address: address(app, parts),
        agent: header(&parts.headers, "user-agent").unwrap_or_default().to_owned(),
        request_id: super::request_id::current(),
        now: app.now(),
        dry_run: false,
        if_match: None,
        idempotency: None,
    };
    let named = RawPathParams::from_request_parts(parts, app).await.ok();
    let organization = named.iter().flatten().find(|(name, _)| *name == "org").map(|(_, value)| value.to_owned());
    let organization = organization.unwrap_or_default();
    let directory = Directory::recognise(ctx, &organization, bearer.as_deref()).await.map_err(|stop| of_stop(&stop))?;
    let text = parts.uri.query().unwrap_or_default();
    let path = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let text_of = |name| parts.headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    Ok(Asked {
        directory,
        method: parts.method.clone(),
        path,
        query: query(text)?,
        seen: Seen::of(text_of(IF_MATCH)),
        known: text_of(IF_NONE_MATCH).map(str::to_owned),
    })
}

impl FromRequestParts<Arc<App>> for Asked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        asked(app, parts).await.map_err(|error| refused(&error))
    }
}

/// A JSON body, read or not.
struct Sent(Result<Document, ScimError>);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let kind = header(request.headers(), "content-type").unwrap_or_default().to_ascii_lowercase();
        let essence = kind.split(';').next().unwrap_or_default().trim().to_owned();
        if essence != MEDIA_TYPE && essence != "application/json" {
            let error =
                ScimError { status: 415, kind: None, ..ScimError::missing("send the body as `application/scim+json`") };
            return Ok(Self(Err(error)));
        }
        let Ok(bytes) = Bytes::from_request(request, state).await else {
            return Ok(Self(Err(ScimError::too_large("the body is larger than `maxPayloadSize`"))));
        };
        Ok(Self(match serde_json::from_slice(&bytes) {
            Ok(Value::Object(body)) => Ok(body),
            Ok(_) => Err(ScimError::syntax("the body must be an object")),
            Err(error) => Err(ScimError::syntax(format!("the body is not JSON: {error}"))),
        }))
    }
}

impl Asked {
    fn projection(&self, kind: Kind) -> Result<Projection, ScimError> {
        Projection::of(type_of(kind), &self.query.attributes, &self.query.excluded)
    }

    /// Answers, and keeps in mind what came of it.
    fn answer(&self, outcome: Result<(Response, String), Halt>) -> Response {
        let (response, did) = match outcome {
            Ok((response, did)) => (response, did),
            Err(halt) => {
                let error = said(halt);
                (refused(&error), error.detail)
            }
        };
        self.directory.log(self.method.as_str(), &self.path, response.status().as_u16(), &did);
        response
    }
}

fn did(words: String) -> String {
    if words.is_empty() { "nothing changed".to_owned() } else { words }
}

fn shown(status: u16, resource: &Resource) -> Response {
    with_tag(json(status, &resources::json(resource)), resource)
}

async fn create(asked: Asked, Sent(body): Sent, kind: Kind) -> Response {
    let outcome = async {
        let written = resources::create(&asked.directory, kind, body?, asked.projection(kind)?).await?;
        let mut response = shown(201, &written.value);
        if let Ok(location) = HeaderValue::from_str(&written.value.location) {
            response.headers_mut().insert(LOCATION, location);
        }
        Ok((response, did(written.did)))
    };
    let outcome = outcome.await;
    asked.answer(outcome)
}

async fn show(asked: Asked, Path((_, id)): Path<(String, String)>, kind: Kind) -> Response {
    let outcome = async {
        let resource = resources::get(&asked.directory, kind, &id, asked.projection(kind)?).await?;
        let version = resource.version.to_string();
        let same = asked.known.as_deref().is_some_and(|known| known.split(',').any(|one| bare(one) == version));
        let response =
            if same { with_tag(StatusCode::NOT_MODIFIED.into_response(), &resource) } else { shown(200, &resource) };
        Ok((response, "read".to_owned()))
    };
    let outcome = outcome.await;
    asked.answer(outcome)
}

async fn edit(
    asked: Asked,
    Path((_, id)): Path<(String, String)>,
    Sent(body): Sent,
    (kind, whole): (Kind, bool),
) -> Response {
    let outcome = async {
        let (projection, seen) = (asked.projection(kind)?, asked.seen.clone());
        let written = resources::edit(&asked.directory, (kind, &id), (whole, body?), seen, projection).await?;
        Ok((shown(200, &written.value), did(written.did)))
    };
    let outcome = outcome.await;
    asked.answer(outcome)
}

async fn delete(asked: Asked, Path((_, id)): Path<(String, String)>, kind: Kind) -> Response {
    let outcome = async {
        let written = resources::delete(&asked.directory, kind, &id, asked.seen.clone()).await?;
        Ok((StatusCode::NO_CONTENT.into_response(), did(written.did)))
    };
    let outcome = outcome.await;
    asked.answer(outcome)
}

fn found(listed: listing::Listed) -> (Response, String) {
    let words = format!("{} shown", listed.resources.len());
    (json(200, &listed.body()), words)
}

async fn list(asked: Asked, kind: Kind) -> Response {
    let outcome = listing::list(&asked.directory, kind, &asked.query).await.map(found);
    asked.answer(outcome)
}

async fn search(asked: Asked, Sent(body): Sent, kind: Kind) -> Response {
    let outcome = async { Ok(found(listing::list(&asked.directory, kind, &sought(&body?)?).await?)) };
    let outcome = outcome.await;
    asked.answer(outcome)
}

async fn everything(asked: Asked) -> Response {
    let outcome = listing::everything(&asked.directory, &asked.query).await.map(found);
    asked.answer(outcome)
}

async fn search_everything(asked: Asked, Sent(body): Sent) -> Response {
    let outcome = async { Ok(found(listing::everything(&asked.directory, &sought(&body?)?).await?)) };
    let outcome = outcome.await;
    asked.answer(outcome)
}

async fn run_bulk(asked: Asked, Sent(body): Sent) -> Response {
    let outcome = async {
        let done = bulk::run(&asked.directory, body?).await?;
        Ok((json(200, &done.body), done.did))
    };
    let outcome = outcome.await;
    asked.answer(outcome)
}

async fn me(asked: Asked) -> Response {
    let error = ScimError::not_offered("a directory's token stands for nobody, so there is no `/Me`");
    asked.answer(Err(error.into()))
}

/// Largest body of a problem that is put into SCIM's form.
const PROBLEM_BYTES: usize = 65_536;

/// Puts what was refused outside of these handlers into SCIM's form.
pub async fn envelope(response: Response) -> Response {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind != "application/problem+json" {
        return response;
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, PROBLEM_BYTES).await.unwrap_or_default();
    let problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let detail = problem.get("detail").and_then(Value::as_str).unwrap_or_default();
    let error = ScimError { status: parts.status.as_u16(), kind: None, ..ScimError::missing(detail) };
    let mut told = refused(&error);
    for (name, value) in parts.headers.iter().filter(|(name, _)| **name == RETRY_AFTER) {
        told.headers_mut().insert(name, value.clone());
    }
    told
}
