//! Notes what somebody was refused for want of rights: who, what and why, without bodies or secrets. The
//! refusal itself was decided and answered before; nobody waits for the note.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use guildhall_domain::ids::OrgId;
use guildhall_domain::refusal::Code;
use guildhall_store::read::organization;
use guildhall_store::stream::Note;
use serde_json::json;
use std::net::SocketAddr;

use super::context::recognise;
use crate::app::App;

/// What tells who asked: the parts of a request that are looked at again when it was refused.
struct Asked {
    headers: [(&'static str, Option<HeaderValue>); 3],
    peer: Option<ConnectInfo<SocketAddr>>,
    method: String,
    path: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let kept = |name: &'static str| (name, request.headers().get(name).cloned());
        Self {
            headers: [kept(AUTHORIZATION.as_str()), kept(COOKIE.as_str()), kept("x-forwarded-for")],
            peer: request.extensions().get::<ConnectInfo<SocketAddr>>().copied(),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
        }
    }

    /// The organization the path names: `/api/v1/organizations/{org}/…` or a page below `/{org}/`.
    fn organization(&self) -> Option<&str> {
        match self.path.strip_prefix("/api/v1/") {
            Some(rest) => rest.strip_prefix("organizations/")?.split('/').next(),
            None => self.path.split('/').nth(1),
        }
        .filter(|name| !name.is_empty())
    }
}

/// Notes a refusal that says 403, after the answer was made.
pub async fn layer(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let response = next.run(request).await;
    if response.status() == StatusCode::FORBIDDEN {
        note(&app, asked, response.extensions().get::<Code>().copied()).await;
    }
    response
}

async fn note(app: &Arc<App>, asked: Asked, code: Option<Code>) {
    let mut request = Request::new(());
    for (name, value) in &asked.headers {
        if let Some(value) = value {
            request.headers_mut().insert(*name, value.clone());
        }
    }
    if let Some(peer) = asked.peer {
        request.extensions_mut().insert(peer);
    }
    let (parts, ()) = request.into_parts();
    let Ok(ctx) = recognise(app, &parts).await else { return };
    let named = asked.organization().map(str::to_owned);
    let found = ctx.glance(move |_, conn| Ok(named.map(|name| organization::find(conn, &name)).transpose()?.flatten()));
    let here: Option<OrgId> = found.await.ok().flatten().map(|here| here.id);
    let code = code.map_or("access.denied", Code::name);
    let note = Note {
        organization: here,
        kind: "access.denied",
        target: ("request", String::new(), format!("{} {}", asked.method, asked.path)),
        after: json!({ "code": code }),
        outcome: "denied",
    };
    app.notes.put(ctx.author(), note);
}
