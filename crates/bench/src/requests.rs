//! Requests over HTTP: the session's and the token's request, the check, the sign-in, each beside
//! what bounds it, in turns.

use std::sync::Arc;
use std::time::Duration;

use crate::figure::Figure;
use crate::load::{Load, Reached, drive, request};
use crate::process::Server;
use crate::product::{CHECK, Product};
use crate::{Bench, Outcome, hash};

const HELLO: &str = "bare `hello` JSON route";
/// Connections that ask at the same time.
const CONNECTIONS: usize = 32;
/// People who sign in at the same time: enough to keep every core busy, few enough to wait little.
const SIGNING_IN: usize = 8;
const WARM: Duration = Duration::from_millis(300);

const READ_LIMIT: &str = "no statement is run; what is left is the frame around the handler (recognising the \
     credential by a keyed hash, request id, log line, meters, deadline), reading and writing JSON, and the load \
     generator's share of the same cores";
const SIGN_IN_LIMIT: &str = "the hash itself; the rest is one read, one commit and the load generator's share of the \
     same cores";

/// One kind of request and how often it came through in each round.
struct Row {
    name: (&'static str, &'static str),
    goal: f64,
    request: Arc<[u8]>,
    rounds: Vec<(Reached, Reached)>,
}

/// Requests with a session and with a token, and checks, beside the bare route.
pub(crate) async fn against_hello(bench: &Bench, product: &Product, on: &'static str) -> Outcome<Vec<Figure>> {
    let (ours, bare) = (product.serve()?, bench.bare()?);
    let cookie = Product::cookie(&ours).await?;
    let check = product.check(&ours).await?;
    let row = |rate, cpu, goal, request| Row { name: (rate, cpu), goal, request, rounds: Vec::new() };
    let mut rows = [
        row(
            "`GET /me` with a session, requests/s",
            "`GET /me` with a session, server CPU µs",
            0.80,
            request("GET", "/api/v1/me", &cookie, ""),
        ),
        row(
            "`GET /me` with a token, requests/s",
            "`GET /me` with a token, server CPU µs",
            0.80,
            request("GET", "/api/v1/me", &product.bearer(), ""),
        ),
        row(
            "`POST …/check` with a token, requests/s",
            "`POST …/check` with a token, server CPU µs",
            0.75,
            request("POST", CHECK, &product.bearer(), &check),
        ),
    ];
    let hello = Load { request: request("GET", "/hello", "", ""), connections: CONNECTIONS };
    for _ in 0..bench.rounds {
        for row in &mut rows {
            let load = Load { request: Arc::clone(&row.request), connections: CONNECTIONS };
            let reference = drive(&bare, &hello, WARM, bench.window).await?;
            row.rounds.push((drive(&ours, &load, WARM, bench.window).await?, reference));
        }
    }
    Ok(rows.iter().flat_map(|row| figures(row, on)).collect())
}

fn figures(row: &Row, on: &'static str) -> [Figure; 2] {
    let figure = |what, goal, read: fn(&Reached) -> f64| Figure {
        what,
        on,
        against: HELLO,
        goal,
        ours: row.rounds.iter().map(|(ours, _)| read(ours)).collect(),
        theirs: row.rounds.iter().map(|(_, bare)| read(bare)).collect(),
        limit: READ_LIMIT,
    };
    [figure(row.name.0, Some(row.goal), |r| r.rate), figure(row.name.1, None, |r| r.cpu_us)]
}

/// Signing in beside the bare hash on every core.
pub(crate) async fn sign_in(bench: &Bench, product: &Product) -> Outcome<Figure> {
    let ours = product.serve()?;
    let signing_in = request("POST", "/api/v1/session", "", &Product::credentials());
    let load = Load { request: signing_in, connections: SIGNING_IN };
    let (mut signed, mut hashed) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        hashed.push(hash::rate(bench.window * 2)?);
        signed.push(drive(&ours, &load, WARM, bench.window * 2).await?.rate);
    }
    Ok(Figure {
        what: "sign-in, per second",
        on: "SQLite",
        against: "bare Argon2id, one thread a core",
        goal: Some(0.95),
        ours: signed,
        theirs: hashed,
        limit: SIGN_IN_LIMIT,
    })
}

/// Start and idle memory beside the bare route's.
pub(crate) async fn start(bench: &Bench, product: &Product) -> Outcome<Vec<Figure>> {
    let (mut starts, mut sizes) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    for _ in 0..bench.rounds {
        let look = async |server: Outcome<Server>| -> Outcome<(f64, f64)> {
            let server = server?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok((server.start.as_secs_f64() * 1e3, server.resident_mib()?))
        };
        let (bare, ours) = (look(bench.bare()).await?, look(product.serve()).await?);
        starts.0.push(ours.0);
        starts.1.push(bare.0);
        sizes.0.push(ours.1);
        sizes.1.push(bare.1);
    }
    let figure =
        |what, (ours, theirs), limit| Figure { what, on: "SQLite", against: HELLO, goal: None, ours, theirs, limit };
    Ok(vec![
        figure(
            "start to ready, ms",
            starts,
            "opening the database, its migrations and the OpenAPI document, all before the first line",
        ),
        figure(
            "idle memory, MiB (goal: at most 30)",
            sizes,
            "the connections' page caches and prepared statements, the OpenAPI document, stacks of the threads",
        ),
    ])
}
