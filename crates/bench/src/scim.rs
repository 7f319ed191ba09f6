//! A directory that brings many people by SCIM: what each request costs while it grows, what the load does to
//! everybody else, and the same rows written bare. On SQLite, over HTTP, against the real program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bare_rows::{self, Before};
use crate::figure::{Figure, Goal, spread};
use crate::load::{ask, connect, exchange, request};
use crate::process::Server;
use crate::product::{CHECK, Product};
use crate::{Bench, Outcome};

/// Where SCIM has its people.
const PEOPLE: &str = "/Users";
/// People in one bulk request.
const BULK: usize = 1_000;
/// How many are there when requests are measured for the first time.
const FEW: usize = 1_000;
/// Tables that a directory only adds to, those first that others refer to.
const TABLES: [&str; 6] = ["identities", "memberships", "scim_users", "scim_addresses", "audit_events", "outbox"];
/// How often a request is measured.
const TIMES: usize = 31;

const BULK_LIMIT: &str = "the same rows in the same indexes; beside them one question a person and the decision, a commit \
     for every 200, JSON on both sides, and those who check and sign in meanwhile on the same cores";
const PAGE_LIMIT: &str = "the page itself: a hundred people with their groups, written as JSON";
const UNCHANGED_LIMIT: &str = "reading who is there and comparing; nothing is written";
const MEMORY_LIMIT: &str = "the organization's rights and names in memory, and the database's page caches";
const BESIDE_LIMIT: &str = "the load takes one core for itself, the load generator its share of the other";

/// What the requests cost at one size, in milliseconds.
struct Costs {
    first_page: f64,
    last_page: f64,
    by_name: f64,
}

/// Loads `people` and measures.
pub(crate) async fn figures(bench: &Bench, people: usize) -> Outcome<Vec<Figure>> {
    let product = Product::set_up(&bench.program, &bench.folder.join("scim"), None)?;
    let server = product.serve()?;
    let directory = Directory::open(&server, &product).await?;
    let check = request("POST", CHECK, &product.bearer(), &product.check(&server).await?);
    let sign_in = request("POST", "/api/v1/session", "", &Product::credentials());
    let quiet = (Probe::start(&server, &check), Probe::start(&server, &sign_in));
    tokio::time::sleep(bench.window * 3).await;
    let quiet = (quiet.0.end().await?, quiet.1.end().await?);

    directory.bring(0..FEW).await?;
    let few = directory.costs(FEW).await?;
    let (before, before_mib, begun) = (Before::of(&product.file())?, server.resident_mib()?, Instant::now());
    let busy = (Probe::start(&server, &check), Probe::start(&server, &sign_in));
    let batches = directory.bring(FEW..people).await?;
    let loaded = begun.elapsed();
    let busy = (busy.0.end().await?, busy.1.end().await?);
    let bare = before.inserted(&TABLES)?;
    let after_mib = server.resident_mib()?;
    let many = directory.costs(people).await?;
    let again = directory.bring_again(FEW..people).await?;

    let (first, last) = (&batches[..batches.len().min(5)], &batches[batches.len().saturating_sub(5)..]);
    let figure = |what: &str, against, ours, theirs, limit| {
        Figure::new(what, "SQLite", against, (vec![ours], vec![theirs]), limit)
    };
    let cost = |what, of: fn(&Costs) -> f64| {
        figure(what, "the same among 1,000", of(&many), of(&few), PAGE_LIMIT).goal(Goal::AtMost(3.0))
    };
    let beside = |what, busy: &[f64], quiet: &[f64]| {
        figure(what, "the same while nothing else goes on", p99(busy), p99(quiet), BESIDE_LIMIT)
    };
    let rows = figure(
        "people by SCIM `/Bulk`, rows/s",
        bare_rows::AGAINST,
        bare.rows / loaded.as_secs_f64(),
        bare.rows / bare.seconds,
        BULK_LIMIT,
    );
    let second = figure(
        "a second sync with nothing new, s",
        "the first one",
        again.as_secs_f64(),
        loaded.as_secs_f64(),
        UNCHANGED_LIMIT,
    );
    Ok(vec![
        rows.goal(Goal::AtLeast(0.5)),
        figure("the last five bulk requests, s", "the first five", seconds(last), seconds(first), BULK_LIMIT),
        second.goal(Goal::AtMost(0.2)),
        cost("first SCIM page of 100, ms", |costs| costs.first_page),
        cost("last SCIM page of 100, ms", |costs| costs.last_page),
        cost("SCIM person by `userName`, ms", |costs| costs.by_name),
        beside("check while the directory loads, p99 ms", &busy.0, &quiet.0),
        beside("sign-in while the directory loads, p99 ms", &busy.1, &quiet.1),
        figure("resident memory with all people, MiB", "the same with 1,000", after_mib, before_mib, MEMORY_LIMIT),
    ])
}

fn seconds(batches: &[Duration]) -> f64 {
    batches.iter().sum::<Duration>().as_secs_f64()
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
    async fn bring(&self, people: std::ops::Range<usize>) -> Outcome<Vec<Duration>> {
        let mut times = Vec::new();
        for start in people.clone().step_by(BULK) {
            let operations: Vec<Value> = (start..(start + BULK).min(people.end))
                .map(|n| json!({ "method": "POST", "path": PEOPLE, "bulkId": format!("b{n}"), "data": person(n) }))
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
            Err(format!("{done} of {sent} were taken: {}", answer.chars().take(400).collect::<String>()))
        }
    }

    /// Brings everybody once more as a directory does that has lost its place: who is there is looked up a page at a
    /// time and sent as they are.
    async fn bring_again(&self, people: std::ops::Range<usize>) -> Outcome<Duration> {
        let mut took = Duration::ZERO;
        for start in people.clone().step_by(BULK) {
            let begun = Instant::now();
            let page = self.ask("GET", &format!("/Users?startIndex={}&count={BULK}", start + 1), "").await?;
            let page: Value = serde_json::from_str(&page).map_err(|e| format!("a page that is no JSON: {e}"))?;
            let found = page.get("Resources").and_then(Value::as_array).ok_or("a page without people")?;
            took += begun.elapsed();
            let update = |one: &Value| json!({ "method": "PUT", "path": format!("{PEOPLE}/{}", one["id"].as_str().unwrap_or_default()), "data": one });
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
