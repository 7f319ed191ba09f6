//! Notes what somebody was refused for want of rights: who, what and why, without bodies or secrets. The
//! refusal itself was decided and answered before; nobody waits for the note.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, COOKIE, HeaderName};
use guildhall_domain::ids::OrgId;
use guildhall_domain::refusal::Code;
use guildhall_store::read::organization;
use guildhall_store::stream::Note;
use serde_json::json;
use std::net::SocketAddr;

use super::API;
use super::context::{API_KEY, FORWARDED_FOR, recognise};
use super::observe::Line;
use crate::app::App;

/// What tells who asked: the parts of a request that are looked at again when it was refused.
#[derive(Debug)]
pub struct Asked {
    headers: [Option<HeaderValue>; 4],
    peer: Option<ConnectInfo<SocketAddr>>,
}

static HEADERS: [&HeaderName; 4] = [&AUTHORIZATION, &COOKIE, &API_KEY, &FORWARDED_FOR];

impl Asked {
    /// Keeps it.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let headers = HEADERS.map(|name| request.headers().get(name).cloned());
        Self { headers, peer: request.extensions().get::<ConnectInfo<SocketAddr>>().copied() }
    }
}

/// The organization a path names: `/api/v1/organizations/{org}/…` or a page below `/{org}/`.
fn organization(path: &str) -> Option<&str> {
    match path.strip_prefix(API) {
        Some(rest) => rest.strip_prefix("organizations/")?.split('/').next(),
        None => path.split('/').nth(1),
    }
    .filter(|name| !name.is_empty())
}

/// Notes a refusal that says 403, after the answer was made.
pub async fn note(app: &Arc<App>, asked: &Asked, line: &Line, code: Option<Code>) {
    let mut request = Request::new(());
    for (name, value) in HEADERS.into_iter().zip(&asked.headers) {
        if let Some(value) = value {
            request.headers_mut().insert(name, value.clone());
        }
    }
    if let Some(peer) = asked.peer {
        request.extensions_mut().insert(peer);
    }
    let (parts, ()) = request.into_parts();
    let Ok(ctx) = recognise(app, &parts).await else { return };
    let path = line.path();
    let named = organization(path).map(str::to_owned);
    let found = ctx.glance(move |_, conn| Ok(named.map(|name| organization::find(conn, &name)).transpose()?.flatten()));
    let here: Option<OrgId> = found.await.ok().flatten().map(|here| here.id);
    let code = code.map_or("access.denied", Code::name);
    let note = Note {
        organization: here,
        kind: "access.denied",
        target: ("request", String::new(), format!("{} {path}", line.method)),
        after: json!({ "code": code }),
        outcome: "denied",
    };
    app.notes.put(ctx.author(), note);
}
