//! Where providers that speak SAML 2.0 answer, the step from there back into the browser that began, and what they are
//! told of this installation. Outside the REST API: browsers and providers come here.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_store::Stop;
use serde::Deserialize;

use super::context::{cookie, recognise};
use super::sso::{let_in, name, nobody, wrong};
use crate::app::App;
use crate::console::visit::go;
use crate::ops::saml::{self, Posted};
use crate::provider::saml::MOST_BYTES;

/// As long as a posted form may be: an answer in Base64, packed for a form, and its state.
const MOST_FORM_BYTES: usize = MOST_BYTES * 2;

/// The routes.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/auth/saml/{connection}/acs", post(acs))
        .route("/auth/saml/{connection}/metadata", get(metadata))
        .route("/auth/saml/continue", get(onward))
}

/// `POST /auth/saml/{connection}/acs`: a form with `SAMLResponse` and `RelayState`. The browser sends no cookies with
/// it, for it comes from another site, and none would count.
async fn acs(State(app): State<Arc<App>>, Path(connection): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let parts = nobody(parts);
    let read = async {
        let bytes = axum::body::to_bytes(body, MOST_FORM_BYTES).await.map_err(|_| Refusal::of(Code::BodyTooLarge))?;
        let mut posted = Posted::default();
        for (key, value) in form_urlencoded::parse(&bytes) {
            match key.as_ref() {
                "SAMLResponse" => posted.response = Some(value.into_owned()),
                "RelayState" => posted.state = Some(value.into_owned()),
                _ => {}
            }
        }
        saml::answered(&recognise(&app, &parts).await?, &connection, posted).await
    };
    match read.await {
        Ok(onward) => go(&onward),
        Err(stop) => wrong(&app, parts, stop).await,
    }
}

/// What the browser brings from there.
#[derive(Debug, Default, Deserialize)]
struct Onward {
    state: Option<String>,
}

/// `GET /auth/saml/continue?state=`: whoever began is let in.
async fn onward(State(app): State<Arc<App>>, request: Request) -> Response {
    let parts = request.into_parts().0;
    match entered(&app, &parts).await {
        Ok(response) => response,
        Err(stop) => wrong(&app, parts, stop).await,
    }
}

async fn entered(app: &Arc<App>, parts: &Parts) -> Result<Response, Stop> {
    let back: Onward = super::extract::query(parts.uri.query().unwrap_or_default())?;
    let ctx = recognise(app, parts).await?;
    let entered = saml::enter(&ctx, back.state.as_deref(), cookie(&parts.headers, &name(app))).await?;
    Ok(let_in(app, &entered))
}

/// `GET /auth/saml/{connection}/metadata`: what to tell the provider, for anybody.
async fn metadata(State(app): State<Arc<App>>, Path(connection): Path<String>, request: Request) -> Response {
    let parts = nobody(request.into_parts().0);
    let read = async { saml::metadata(&recognise(&app, &parts).await?, &connection).await };
    match read.await {
        Ok(xml) => {
            let mut response = xml.into_response();
            let kind = HeaderValue::from_static("application/samlmetadata+xml");
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(stop) => wrong(&app, parts, stop).await,
    }
}
