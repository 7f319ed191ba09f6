//! `/auth/verify`: what nginx, Traefik, Caddy and Envoy ask before they pass a request on. 200 with who it is, 401,
//! 403, or a redirect to the sign-in page. Nothing is decided here.
//!
//! What must hold is the proxy's to say, never the client's. `/auth/verify` takes it from the query, which the
//! proxy's configuration writes; `/auth/verify/…`, where Envoy appends the client's own path and query, from headers
//! that Envoy overwrites.
//!
//! INVARIANT: one place never looks at the other's source, and a 200 carries every header, empty where there is
//! nothing to say, so that a proxy that copies them wipes what a client made up.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use guildhall_domain::refusal::{Code, Kind, Refusal};
use guildhall_store::Stop;
use serde::Deserialize;

use super::context::{header, recognise};
use super::extract::query;
use super::problem::{Problem, told};
use crate::app::App;
use crate::console::visit::local;
use crate::ops::forward_auth::{self, Passed, Wanted};

/// The paths that proxies ask.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/auth/verify", any(by_query))
        .route("/auth/verify/", any(by_headers))
        .route("/auth/verify/{*path}", any(by_headers))
}

/// What the proxy's configuration says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Configured {
    organization: Option<String>,
    permission: Option<String>,
    resource: Option<String>,
    /// Send browsers without a session to the sign-in page.
    #[serde(default)]
    redirect: bool,
}

async fn by_query(State(app): State<Arc<App>>, request: Request) -> Response {
    let parts = request.into_parts().0;
    let configured = query::<Configured>(parts.uri.query().unwrap_or_default());
    let back = ["x-forwarded-uri", "x-original-uri"].iter().find_map(|name| header(&parts.headers, *name));
    let back = back.unwrap_or("/").to_owned();
    answer(&app, &parts, configured, &back).await
}

async fn by_headers(State(app): State<Arc<App>>, request: Request) -> Response {
    let parts = request.into_parts().0;
    let said = |name: &str| header(&parts.headers, name).filter(|text| !text.is_empty()).map(str::to_owned);
    let configured = Configured {
        organization: said("x-guildhall-organization"),
        permission: said("x-guildhall-permission"),
        resource: said("x-guildhall-resource"),
        redirect: said("x-guildhall-redirect").is_some_and(|text| text == "true"),
    };
    let asked = parts.uri.path_and_query().map_or("/", |at| at.as_str());
    let back = asked.strip_prefix("/auth/verify").unwrap_or("/").to_owned();
    answer(&app, &parts, Ok(configured), &back).await
}

async fn answer(app: &Arc<App>, parts: &Parts, configured: Result<Configured, Refusal>, back: &str) -> Response {
    let redirect = configured.as_ref().is_ok_and(|c| c.redirect) && is_browser(&parts.headers);
    let passed = async {
        let Configured { organization, permission, resource, .. } = configured?;
        let ctx = recognise(app, parts).await?;
        forward_auth::pass(&ctx, Wanted { organization, permission, resource }).await
    };
    let mut response = match passed.await {
        Ok(passed) => (StatusCode::OK, headers(&passed)).into_response(),
        Err(stop) if redirect && told(&stop).is_some_and(|no| no.code.kind() == Kind::Unauthenticated) => {
            to_sign_in(app, back)
        }
        Err(stop) => Problem(as_proxies_know(stop)).into_response(),
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether a person waits for a page: a program with a token wants to be told, not led.
fn is_browser(headers: &HeaderMap) -> bool {
    let page = header(headers, ACCEPT.as_str()).is_some_and(|accepts| accepts.contains("text/html"));
    page && !headers.contains_key(AUTHORIZATION)
}

/// INVARIANT: only a path of this site is led back to; the sign-in page looks again.
fn to_sign_in(app: &App, back: &str) -> Response {
    let next: String = form_urlencoded::byte_serialize(local(back).as_bytes()).collect();
    let location = HeaderValue::from_str(&format!("{}/sign-in?next={next}", app.public_url));
    let location = location.unwrap_or_else(|_| HeaderValue::from_static("/sign-in"));
    (StatusCode::FOUND, [(LOCATION, location)]).into_response()
}

/// Proxies know 401 and 403: what is hidden from somebody is not theirs to enter.
fn as_proxies_know(stop: Stop) -> Stop {
    match stop {
        Stop::Refused(refusal) if refusal.code.kind() == Kind::Hidden => Code::AccessDenied.into(),
        Stop::Refused(refusal) if refusal.code.kind() == Kind::Invalid => {
            Refusal { code: Code::RequestMalformed, ..refusal }.into()
        }
        stop => stop,
    }
}

fn headers(passed: &Passed) -> HeaderMap {
    let told: [(&'static str, &str); 9] = [
        ("x-guildhall-user", &passed.user),
        ("x-guildhall-email", &passed.email),
        ("x-guildhall-name", &passed.name),
        ("x-guildhall-handle", &passed.handle),
        ("x-guildhall-credential", passed.credential),
        ("x-guildhall-organization", &passed.organization),
        ("x-guildhall-organization-slug", &passed.slug),
        ("x-guildhall-member", &passed.member),
        ("x-guildhall-role", &passed.role),
    ];
    told.into_iter().map(|(name, text)| (HeaderName::from_static(name), value(text))).collect()
}

/// Text as a header: visible ASCII stays, everything else and `%` is percent-encoded UTF-8 (RFC 3986, 2.1), so
/// that no name ends a header or begins another one.
fn value(text: &str) -> HeaderValue {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'%' | 0..=0x20 | 0x7f.. => safe.push_str(&format!("%{byte:02X}")),
            plain => safe.push(char::from(plain)),
        }
    }
    HeaderValue::from_str(&safe).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_header() {
        assert_eq!(value("ann@acme.test"), "ann@acme.test");
        assert_eq!(value("Zoë\r\nX-Admin: 1"), "Zo%C3%AB%0D%0AX-Admin:%201");
        assert_eq!(value("50% \u{7f}"), "50%25%20%7F");
    }
}
