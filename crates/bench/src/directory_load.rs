//! A directory that brings many people by SCIM: what each request costs while it grows, what the load does to
//! everybody else, and the same rows written bare. On SQLite, over HTTP, against the real program.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};

use crate::figure::{Figure, spread};
use crate::load::{ask, connect, exchange, request};
use crate::process::Server;
use crate::product::{CHECK, Product};
use crate::{Bench, Outcome};

/// People in one bulk request.
const BULK: usize = 1_000;
/// How many are there when requests are measured for the first time.
const FEW: usize = 1_000;
/// Rows in one transaction of the bare inserts.
const TRANSACTION: usize = 10_000;
/// How often a request is measured.
const TIMES: usize = 31;

const BULK_LIMIT: &str = "each person is read, decided, written with its audit record and answered on its own; parsing \
     and writing JSON, and the load generator's share of the same cores";
const PAGE_LIMIT: &str = "the page itself: a hundred people with their groups, written as JSON";
const UNCHANGED_LIMIT: &str = "reading who is there and comparing; nothing is written";
const BESIDE_LIMIT: &str = "the load takes one core for itself, the load generator its share of the other";

/// What the requests cost at one size, in milliseconds.
struct Costs {
    first_page: f64,
    last_page: f64,
    by_name: f64,
}

/// Loads `people` and measures.
pub(crate) async fn figures(bench: &Bench, people: usize) -> Outcome<Vec<Figure>> {
    let folder = bench.folder.join("scim");
    let product = Product::set_up(&bench.program, &folder, None)?;
    let server = product.serve()?;
    let directory = Directory::open(&server, &product).await?;
    let check = request("POST", CHECK, &product.bearer(), &product.check(&server).await?);
    let sign_in = request("POST", "/api/v1/session", "", &Product::credentials());
    let quiet = (Probe::start(&server, &check), Probe::start(&server, &sign_in));
    tokio::time::sleep(Duration::from_secs(5)).await;
    let quiet = (quiet.0.end().await?, quiet.1.end().await?);

    directory.bulk(0..FEW, "POST", "/Users").await?;
    let few = directory.costs(FEW).await?;
    let (before_mib, begun) = (server.resident_mib()?, Instant::now());
    let busy = (Probe::start(&server, &check), Probe::start(&server, &sign_in));
    let batches = directory.bulk(FEW..people, "POST", "/Users").await?;
    let loaded = begun.elapsed();
    let busy = (busy.0.end().await?, busy.1.end().await?);
    let after_mib = server.resident_mib()?;
    let many = directory.costs(people).await?;
    let again = directory.again(FEW..people).await?;

    let bare = bare_inserts(&folder.join("guildhall.sqlite3"), &folder.join("bare.sqlite3"))?;
    let rate = |count: usize, time: Duration| per_second(count, time);
    let brought = people - FEW;
    let (first, last) = (&batches[..batches.len().min(5)], &batches[batches.len().saturating_sub(5)..]);
    let figure = |what, against, goal, ours, theirs, limit| Figure {
        what,
        on: "SQLite",
        against,
        goal,
        ours: vec![ours],
        theirs: vec![theirs],
        limit,
    };
    let among = "the same among 1,000";
    Ok(vec![
        figure(
            "people by SCIM `/Bulk`, per second",
            "bare inserts of the same rows, 10,000 a transaction",
            Some(0.5),
            rate(brought, loaded),
            rate(brought, bare),
            BULK_LIMIT,
        ),
        figure("the last bulk requests, per second", "the first ones", None, pace(last), pace(first), BULK_LIMIT),
        figure(
            "a second sync with nothing new, people per second",
            "the first one",
            Some(5.0),
            rate(brought, again),
            rate(brought, loaded),
            UNCHANGED_LIMIT,
        ),
        figure(
            "SCIM page of 100, first, per second",
            among,
            Some(0.33),
            1e3 / many.first_page,
            1e3 / few.first_page,
            PAGE_LIMIT,
        ),
        figure(
            "SCIM page of 100, last, per second",
            among,
            Some(0.33),
            1e3 / many.last_page,
            1e3 / few.last_page,
            PAGE_LIMIT,
        ),
        figure(
            "SCIM person by `userName`, per second",
            among,
            Some(0.33),
            1e3 / many.by_name,
            1e3 / few.by_name,
            PAGE_LIMIT,
        ),
        figure(
            "check while the directory loads, p99 ms",
            "the same while nothing else goes on",
            None,
            p99(&busy.0),
            p99(&quiet.0),
            BESIDE_LIMIT,
        ),
        figure(
            "sign-in while the directory loads, p99 ms",
            "the same while nothing else goes on",
            None,
            p99(&busy.1),
            p99(&quiet.1),
            BESIDE_LIMIT,
        ),
        figure(
            "resident memory with all people, MiB",
            among,
            None,
            after_mib,
            before_mib,
            "memory's own picture of the organization: rights, names to search, page caches",
        ),
    ])
}

fn per_second(count: usize, time: Duration) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "counts of people")]
    let count = count as f64;
    count / time.as_secs_f64()
}

fn pace(batches: &[Duration]) -> f64 {
    per_second(batches.len(), batches.iter().sum())
}

fn p99(times_ms: &[f64]) -> f64 {
    let mut sorted = times_ms.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() * 99 / 100).copied().unwrap_or(f64::NAN)
}

/// Somebody who asks the same again and again, as long as it is wanted.
struct Probe {
    stop: Arc<AtomicBool>,
    asking: tokio::task::JoinHandle<Outcome<Vec<f64>>>,
}

impl Probe {
    fn start(server: &Server, request: &Arc<[u8]>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (address, request, over) = (server.address, Arc::clone(request), Arc::clone(&stop));
        let asking = tokio::spawn(async move {
            let (mut stream, mut answer, mut times_ms) = (connect(address).await?, Vec::new(), Vec::new());
            while !over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                exchange(&mut stream, &request, &mut answer).await?;
                times_ms.push(begun.elapsed().as_secs_f64() * 1e3);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(times_ms)
        });
        Self { stop, asking }
    }

    async fn end(self) -> Outcome<Vec<f64>> {
        self.stop.store(true, Ordering::Relaxed);
        self.asking.await.map_err(|e| format!("a probe broke down: {e}"))?
    }
}

/// The directory that brings them.
struct Directory<'a> {
    server: &'a Server,
    bearer: String,
}

impl<'a> Directory<'a> {
    async fn open(server: &'a Server, product: &Product) -> Outcome<Self> {
        let wanted = json!({ "scim.offered": true }).to_string();
        ask(server, &request("PATCH", "/api/v1/organizations/acme/policy", &product.bearer(), &wanted)).await?;
        let wanted = json!({ "name": "Directory" }).to_string();
        let path = "/api/v1/organizations/acme/scim-tokens";
        let (_, made) = ask(server, &request("POST", path, &product.bearer(), &wanted)).await?;
        let made: Value = serde_json::from_str(&made).map_err(|e| format!("no token: {e}"))?;
        let token = made.get("token").and_then(Value::as_str).ok_or("no token")?;
        Ok(Self { server, bearer: format!("Authorization: Bearer {token}\r\n") })
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Outcome<String> {
        let path = format!("/scim/v2/acme{path}");
        let bytes = request(method, &path, &self.bearer, body);
        Ok(ask(self.server, &bytes).await?.1)
    }

    /// Brings people in bulk; how long each request took.
    async fn bulk(&self, people: std::ops::Range<usize>, method: &str, path: &str) -> Outcome<Vec<Duration>> {
        let mut times = Vec::new();
        for start in people.clone().step_by(BULK) {
            let operations: Vec<Value> = (start..(start + BULK).min(people.end))
                .map(|n| json!({ "method": method, "path": path, "bulkId": format!("b{n}"), "data": person(n) }))
                .collect();
            times.push(self.operations(operations).await?);
        }
        Ok(times)
    }

    async fn operations(&self, operations: Vec<Value>) -> Outcome<Duration> {
        let sent = operations.len();
        let body = json!({ "Operations": operations }).to_string();
        let begun = Instant::now();
        let answer = self.ask("POST", "/Bulk", &body).await?;
        let took = begun.elapsed();
        let done = answer.matches(r#""status":"20"#).count();
        if done == sent {
            Ok(took)
        } else {
            Err(format!("{done} of {sent} were taken: {}", &answer[..answer.len().min(400)]))
        }
    }

    /// Brings everybody once more as a directory does that has lost its place: who is there is looked up a page at a
    /// time and sent as they are.
    async fn again(&self, people: std::ops::Range<usize>) -> Outcome<Duration> {
        let mut took = Duration::ZERO;
        for start in people.clone().step_by(BULK) {
            let begun = Instant::now();
            let page = self.ask("GET", &format!("/Users?startIndex={}&count={BULK}", start + 1), "").await?;
            let page: Value = serde_json::from_str(&page).map_err(|e| format!("a page that is no JSON: {e}"))?;
            let found = page.get("Resources").and_then(Value::as_array).ok_or("a page without people")?;
            took += begun.elapsed();
            let update = |one: &Value| json!({ "method": "PUT", "path": format!("/Users/{}", one["id"].as_str().unwrap_or_default()), "data": one });
            took += self.operations(found.iter().map(update).collect()).await?;
        }
        Ok(took)
    }

    async fn costs(&self, people: usize) -> Outcome<Costs> {
        let last = format!("/Users?startIndex={}&count=100", people - 99);
        let by_name = format!("/Users?filter=userName%20eq%20%22{}%22", address(people / 2));
        Ok(Costs {
            first_page: self.median_ms("/Users?count=100").await?,
            last_page: self.median_ms(&last).await?,
            by_name: self.median_ms(&by_name).await?,
        })
    }

    async fn median_ms(&self, path: &str) -> Outcome<f64> {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let begun = Instant::now();
            self.ask("GET", path, "").await?;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        Ok(spread(&times).median)
    }
}

fn address(n: usize) -> String {
    format!("person.{n}@acme.test")
}

fn person(n: usize) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": address(n),
        "displayName": format!("Person Number {n}"),
        "active": true,
        "emails": [{ "value": address(n), "type": "work", "primary": true }],
    })
}

/// Writes every row of a database into an empty one of the same shape, with all its indexes, as fast as prepared
/// statements go: how long that took, without the reading.
fn bare_inserts(from: &Path, to: &Path) -> Outcome<Duration> {
    let failed = |e: rusqlite::Error| format!("the bare inserts: {e}");
    let source = Connection::open(from).map_err(failed)?;
    let target = Connection::open(to).map_err(failed)?;
    // The tables come in any order, so nothing is asked of what they refer to: a little less than the product does.
    target
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;")
        .map_err(failed)?;
    let mut shapes = source
        .prepare("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC")
        .map_err(failed)?;
    let shapes = shapes.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(failed)?;
    let shapes: Vec<(String, String, String)> = shapes.collect::<Result<_, _>>().map_err(failed)?;
    let mut tables = BTreeSet::new();
    for (kind, name, sql) in shapes {
        target.execute_batch(&sql).map_err(failed)?;
        if kind == "table" {
            tables.insert(name);
        }
    }
    let mut took = Duration::ZERO;
    for table in tables {
        took += copied(&source, &target, &table).map_err(failed)?;
    }
    Ok(took)
}

fn copied(source: &Connection, target: &Connection, table: &str) -> rusqlite::Result<Duration> {
    let mut read = source.prepare(&format!("SELECT * FROM {table}"))?;
    let width = read.column_count();
    let marks = vec!["?"; width].join(", ");
    let mut write = target.prepare(&format!("INSERT INTO {table} VALUES ({marks})"))?;
    let mut rows = read.query([])?;
    let mut took = Duration::ZERO;
    loop {
        let mut held: Vec<Vec<Cell>> = Vec::with_capacity(TRANSACTION);
        while held.len() < TRANSACTION
            && let Some(row) = rows.next()?
        {
            held.push((0..width).map(|at| row.get(at)).collect::<rusqlite::Result<_>>()?);
        }
        if held.is_empty() {
            return Ok(took);
        }
        let begun = Instant::now();
        target.execute_batch("BEGIN IMMEDIATE")?;
        for row in held {
            write.execute(params_from_iter(row))?;
        }
        target.execute_batch("COMMIT")?;
        took += begun.elapsed();
    }
}
