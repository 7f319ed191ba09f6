//! Serves the design page and every page of the console with made-up data on a loopback port, with
//! the headers the product sends, for looking at them and for browser checks. Nothing is stored.
//!
//! `cargo run -p guildhall-server --example gallery -- 127.0.0.1:8099`; `--list` prints the pages.
#![allow(clippy::print_stdout)]

mod samples;

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use guildhall_server::console::{assets, respond};

use samples::{Visit, samples};

async fn serve(method: Method, uri: Uri, headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    let visit = visit(&uri, &headers, query);
    let Some(sample) = samples().find(|one| one.method == method && one.path == uri.path()) else {
        if method == Method::POST {
            let said = [(header::SET_COOKIE, "done=1; Path=/")];
            return (said, Redirect::to("/acme/admin/users")).into_response();
        }
        return (StatusCode::NOT_FOUND, "no such sample").into_response();
    };
    match (sample.draw)(&visit) {
        Ok(html) => {
            let status = StatusCode::from_u16(sample.status).unwrap_or_default();
            let mut page = respond::html(status, html);
            if visit.done {
                let gone = HeaderValue::from_static("done=; Path=/; Max-Age=0");
                page.headers_mut().append(header::SET_COOKIE, gone);
            }
            page
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn visit(uri: &Uri, headers: &HeaderMap, query: HashMap<String, String>) -> Visit {
    let cookies = headers.get(header::COOKIE).and_then(|value| value.to_str().ok());
    let cookie = |name: &str| {
        cookies
            .unwrap_or_default()
            .split("; ")
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            .unwrap_or_default()
            .to_owned()
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Visit {
        theme: cookie("theme"),
        done: !cookie("done").is_empty(),
        query,
        path: uri.path().to_owned(),
        now_ms: i64::try_from(now.as_millis()).unwrap_or_default(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8099".to_owned());
    if address == "--list" {
        for sample in samples() {
            println!("{} {} {}", sample.method, sample.path, sample.title);
        }
        return Ok(());
    }
    let routes = Router::new().route("/assets/{file}", get(assets::serve)).fallback(serve);
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes).await
}
