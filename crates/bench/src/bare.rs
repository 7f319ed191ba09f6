//! The bare route: the same HTTP stack in a process of its own, with nothing behind it. What it
//! reaches is the most that any route of the product can reach.

use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::Outcome;

#[derive(Serialize)]
struct Hello {
    message: &'static str,
}

/// Serves `GET /hello` on a free port until it is killed, and says where, as the product does.
pub(crate) async fn serve() -> Outcome<()> {
    let router = Router::new().route("/hello", get(|| async { Json(Hello { message: "hello" }) }));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.map_err(|e| format!("no free port: {e}"))?;
    let address = listener.local_addr().map_err(|e| format!("no address: {e}"))?;
    println!("listening on http://{address}");
    axum::serve(listener, router).await.map_err(|e| format!("the bare route ended: {e}"))
}
