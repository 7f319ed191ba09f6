//! Requests over HTTP: those with a session or token, checks one by one and in batches, the sign-in, each
//! beside what bounds it, in turns.

use std::sync::Arc;
use std::time::Duration;

use crate::figure::{Figure, Goal};
use crate::load::{Load, Reached, drive, request};
use crate::process::Server;
use crate::product::{CHECK, Product};
use crate::{Bench, Outcome, hash};

pub(crate) const HELLO: &str = "bare `hello` JSON route";
/// Connections that ask at the same time.
pub(crate) const CONNECTIONS: usize = 32;
/// People who sign in at the same time: enough to keep every core busy, few enough to wait little.
const SIGNING_IN: usize = 8;
pub(crate) const WARM: Duration = Duration::from_millis(300);
/// Checks in one request.
const BATCH: usize = 100;
const ONE_CHECK: &str = "`POST …/check` with a token";
const MANY_CHECKS: &str = "`POST …/check/batch` with 100 checks";

const READ_LIMIT: &str = "no statement is run; what is left is the frame around the handler (recognising the \
     credential by a keyed hash, request id, meters, deadline), reading and writing JSON, and the load \
     generator's share of the same cores";
const SIGN_IN_LIMIT: &str = "the hash itself; the rest is one read, one commit and the load generator's share of the \
     same cores";

/// One kind of request and how often it came through in each round.
struct Row {
    name: &'static str,
    goal: Goal,
    request: Arc<[u8]>,
    rounds: Vec<(Reached, Reached)>,
}

/// What products send, beside the bare route.
pub(crate) async fn section(bench: &Bench, product: &Product, on: &'static str) -> Outcome<Vec<Figure>> {
    let (ours, bare) = (product.serve()?, bench.bare()?);
    let mut rows = rows(product, &ours).await?;
    let hello = Load { request: request("GET", "/hello", "", ""), connections: CONNECTIONS };
    for _ in 0..bench.rounds {
        for row in &mut rows {
            let load = Load { request: Arc::clone(&row.request), connections: CONNECTIONS };
            let reference = drive(&bare, &hello, WARM, bench.window).await?;
            row.rounds.push((drive(&ours, &load, WARM, bench.window).await?, reference));
        }
    }
    Ok(rows.iter().flat_map(|row| figures(row, on)).chain(batches(&rows, on)).collect())
}

async fn rows(product: &Product, server: &Server) -> Outcome<Vec<Row>> {
    let cookie = Product::cookie(server).await?;
    let check = product.check(server).await?;
    let batch = format!("{{\"checks\":[{}]}}", vec![check.as_str(); BATCH].join(","));
    let shown = serde_json::json!({ "token": product.token, "organization": "acme" }).to_string();
    let (get, post) = (
        |path, head: &str| request("GET", path, head, ""),
        |path, body: &str| request("POST", path, &product.bearer(), body),
    );
    let row = |name, goal, request| Row { name, goal, request, rounds: Vec::new() };
    Ok(vec![
        row("`GET /me` with a session", Goal::AtLeast(0.80), get("/api/v1/me", &cookie)),
        row("`GET /me` with a token", Goal::AtLeast(0.80), get("/api/v1/me", &product.bearer())),
        row("`POST /introspect`", Goal::AtLeast(0.80), post("/api/v1/introspect", &shown)),
        row(ONE_CHECK, Goal::AtLeast(0.75), post(CHECK, &check)),
        row(MANY_CHECKS, Goal::Open, post(&format!("{CHECK}/batch"), &batch)),
    ])
}

fn figures(row: &Row, on: &'static str) -> [Figure; 2] {
    let figure = |unit: &str, goal, read: fn(&Reached) -> f64| {
        let rounds = row.rounds.iter().map(|(ours, bare)| (read(ours), read(bare))).unzip();
        Figure::new(format!("{}, {unit}", row.name), on, HELLO, rounds, READ_LIMIT).goal(goal)
    };
    [figure("requests/s", row.goal, |r| r.rate), figure("server CPU µs", Goal::Open, |r| r.cpu_us)]
}

/// Checks in batches beside checks one by one.
fn batches(rows: &[Row], on: &'static str) -> Option<Figure> {
    let rates = |name: &str| {
        let row = rows.iter().find(|row| row.name == name)?;
        Some(row.rounds.iter().map(|(ours, _)| ours.rate).collect::<Vec<_>>())
    };
    #[allow(clippy::cast_precision_loss, reason = "a hundred")]
    let many = rates(MANY_CHECKS)?.into_iter().map(|rate| rate * BATCH as f64).collect();
    let rounds = (many, rates(ONE_CHECK)?);
    Some(
        Figure::new("checks in batches, checks/s", on, "one check a request", rounds, READ_LIMIT)
            .goal(Goal::AtLeast(20.0)),
    )
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
    let against = "bare Argon2id, one thread a core";
    let figure = Figure::new("sign-in, per second", "SQLite", against, (signed, hashed), SIGN_IN_LIMIT);
    Ok(figure.goal(Goal::AtLeast(0.95)))
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
    let start_limit = "opening the database, its migrations and the OpenAPI document, all before the first line";
    let size_limit =
        "the connections' page caches and prepared statements, the OpenAPI document, stacks of the threads";
    Ok(vec![
        Figure::new("start to ready, ms", "SQLite", HELLO, starts, start_limit),
        Figure::new("idle memory, MiB", "SQLite", HELLO, sizes, size_limit).goal(Goal::OursAtMost(30.0)),
    ])
}
