//! The way to an identity provider and back, and its word that somebody signed out there. Outside the REST API:
//! browsers and providers come here. What SAML adds stands in [`super::saml`].

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, http};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_store::Stop;
use serde::de::DeserializeOwned;

use super::context::{cookie, header, recognise};
use super::problem::Problem;
use super::reply::set_session;
use crate::app::App;
use crate::console::visit::{Visit, go, push_cookie};
use crate::ops::sso::{self, Entered, Returned, Start};
use crate::ops::sso_logout;

/// What the browser that begins a sign-in keeps, for as long as it may take.
const BROWSER: &str = "guildhall_sso";

/// The routes.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/auth/sso/start", get(start))
        .route("/auth/sso/callback", get(callback))
        .route("/auth/sso/backchannel-logout", post(logout))
}

pub(super) fn name(app: &App) -> String {
    if app.config.is_https() { format!("__Host-{BROWSER}") } else { BROWSER.to_owned() }
}

/// What is wrong, as a page for people and as a problem for programs.
pub(super) async fn wrong(app: &Arc<App>, mut parts: Parts, stop: Stop) -> Response {
    let pages = header(&parts.headers, ACCEPT.as_str()).is_some_and(|kinds| kinds.contains("text/html"));
    match Visit::from_request_parts(&mut parts, app).await {
        Ok(visit) if pages => visit.wrong(stop).into_response(),
        _ => Problem::from(stop).into_response(),
    }
}

fn query<T: DeserializeOwned>(parts: &Parts) -> Result<T, Stop> {
    Ok(super::extract::query(parts.uri.query().unwrap_or_default())?)
}

/// `GET /auth/sso/start?organization=|email=`: on to the provider.
async fn start(State(app): State<Arc<App>>, request: Request) -> Response {
    let parts = request.into_parts().0;
    match begun(&app, &parts).await {
        Ok(response) => response,
        Err(stop) => wrong(&app, parts, stop).await,
    }
}

async fn begun(app: &Arc<App>, parts: &Parts) -> Result<Response, Stop> {
    let asked: Start = query(parts)?;
    let ctx = recognise(app, parts).await?;
    let sent = sso::start(&ctx, asked, cookie(&parts.headers, &name(app))).await?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::from_str(&sent.location).map_err(|_| Refusal::of(Code::SsoUnreachable))?;
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let secure = if app.config.is_https() { "; Secure" } else { "" };
    push_cookie(
        &mut response,
        &format!("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600{secure}", name(app), sent.browser),
    );
    Ok(response)
}

/// `GET /auth/sso/callback`: back from the provider.
async fn callback(State(app): State<Arc<App>>, request: Request) -> Response {
    let parts = request.into_parts().0;
    match entered(&app, &parts).await {
        Ok(response) => response,
        Err(stop) => wrong(&app, parts, stop).await,
    }
}

async fn entered(app: &Arc<App>, parts: &Parts) -> Result<Response, Stop> {
    // Providers add parameters of their own.
    let back: Returned =
        serde_urlencoded::from_str(parts.uri.query().unwrap_or_default()).map_err(|_| Refusal::of(Code::SsoState))?;
    let ctx = recognise(app, parts).await?;
    Ok(let_in(app, &sso::finish(&ctx, back, cookie(&parts.headers, &name(app))).await?))
}

/// On to the page that somebody wanted, with a session.
pub(super) fn let_in(app: &App, entered: &Entered) -> Response {
    let mut response = go(&entered.next);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    set_session(app, &mut response, &entered.session);
    response
}

/// The same without credentials: what another site posts is nobody's here.
pub(super) fn nobody(mut parts: Parts) -> Parts {
    parts.headers.remove(http::header::COOKIE);
    parts.headers.remove(http::header::AUTHORIZATION);
    parts
}

/// `POST /auth/sso/backchannel-logout`: a form with `logout_token`.
async fn logout(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let read = async {
        let bytes: Bytes = axum::body::to_bytes(body, 65_536).await.map_err(|_| Refusal::of(Code::BodyTooLarge))?;
        let mut fields = form_urlencoded::parse(&bytes);
        let token = fields.find(|(key, _)| key == "logout_token").map(|(_, value)| value.into_owned());
        let ctx = recognise(&app, &nobody(parts)).await?;
        sso_logout::end(&ctx, &token.ok_or(Code::SsoLogout)?).await
    };
    let mut response = match read.await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(stop) => Problem::from(stop).into_response(),
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
