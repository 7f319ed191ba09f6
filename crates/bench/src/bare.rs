//! The bare route: the same HTTP stack in a process of its own, with nothing behind it. What it
//! reaches is the most that any route of the product can reach.

use axum::routing::get;
use axum::{Json, Router};
use guildhall_domain::time::Timestamp;
use guildhall_server::ops::view::{List, MemberIdentity, MemberView};
use serde::Serialize;

use crate::Outcome;

#[derive(Serialize)]
struct Hello {
    message: &'static str,
}

/// Fifty members as the product shows them.
fn page() -> List<MemberView> {
    let one = |n: usize| MemberView {
        id: format!("mem_{n:026}"),
        identity: MemberIdentity {
            id: Some(format!("usr_{n:026}")),
            email: Some(format!("otto.other.{n}@acme.test")),
            name: "Otto Other".to_owned(),
            handle: None,
            kind: "person".to_owned(),
        },
        role: "member".to_owned(),
        status: "active".to_owned(),
        groups: Vec::new(),
        joined_at: Some(Timestamp::from_micros(1)),
        last_active_at: None,
        managed: false,
        origin: "import".to_owned(),
        created_by: None,
        revision: 1,
    };
    List { items: (0..50).map(one).collect(), next: Some("x".repeat(64)) }
}

/// Serves `GET /hello`, and `GET /members` from memory, on a free port until it is killed, and says
/// where, as the product does.
pub(crate) async fn serve() -> Outcome<()> {
    let page: &'static List<MemberView> = Box::leak(Box::new(page()));
    let members = move || async move { Json(page) };
    let hello = || async { Json(Hello { message: "hello" }) };
    let router = Router::new().route("/hello", get(hello)).route("/members", get(members));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.map_err(|e| format!("no free port: {e}"))?;
    let address = listener.local_addr().map_err(|e| format!("no address: {e}"))?;
    println!("listening on http://{address}");
    axum::serve(listener, router).await.map_err(|e| format!("the bare route ended: {e}"))
}
