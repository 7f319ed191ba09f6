//! Looking through organizations of a thousand to a million people over HTTP: pages of members under
//! every filter, searches, the console's page of users, and how soon after a start they answer. Cost is
//! held against the same at ten thousand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::figure::{Figure, Goal, spread};
use crate::load::{Load, Reached, ask, drive, request};
use crate::plot::Curve;
use crate::process::Server;
use crate::product::Product;
use crate::seed::{self, slug};
use crate::{Bench, Outcome};

/// Few, so that waiting for one another does not count.
const CONNECTIONS: usize = 4;
const WARM: Duration = Duration::from_millis(100);
/// Measured sizes are held against this one, the console's page against the first.
const AGAINST: usize = 10_000;
const MEMBERS_OF_GROUP: usize = 50;
const PAGE_LIMIT: &str = "one keyset read of fifty rows with their groups from the database, and writing them as JSON";
const SEARCH_LIMIT: &str = "finding fifty places in memory, and reading their rows from the database";
const CONSOLE_LIMIT: &str = "the same read, the counts and names around the list, and the template";

/// One way to look.
struct Way {
    what: &'static str,
    /// All that stands behind `…/members?`, with the group's id for `GROUP`; nothing for the console's page.
    query: Option<String>,
    limit: &'static str,
    /// Whether it has a line in the plot.
    drawn: bool,
}

fn ways() -> Vec<Way> {
    let way = |what, query: &str, limit, drawn| Way { what, query: Some(query.to_owned()), limit, drawn };
    vec![
        way("member page of 50", "limit=50", PAGE_LIMIT, true),
        way("member page from the middle", &format!("limit=50&after={}", seed::middle()), PAGE_LIMIT, false),
        way("members with a role that one has", "limit=50&role=owner", PAGE_LIMIT, false),
        way("members with a role that most have", "limit=50&role=member", PAGE_LIMIT, false),
        way("members who are deactivated", "limit=50&status=deactivated", PAGE_LIMIT, false),
        way("members who are programs, of which there are none", "limit=50&type=service_account", PAGE_LIMIT, true),
        way("members of a group of 50", "limit=50&group=GROUP", PAGE_LIMIT, true),
        way("search by a part of one name", &format!("limit=50&query={}", seed::RARE), SEARCH_LIMIT, true),
        way("search by a part of many names", &format!("limit=50&query={}", seed::COMMON), SEARCH_LIMIT, true),
        // As many as there are among ten thousand, so that every size shows as many.
        way("search by the beginning of a name", &format!("limit=10&query={}", seed::BEGINNING), SEARCH_LIMIT, true),
        way("search by a letter", "limit=50&query=k", SEARCH_LIMIT, false),
        Way { what: "the console's page of users", query: None, limit: CONSOLE_LIMIT, drawn: true },
    ]
}

/// A way to look in an organization of one size, and what was measured.
struct Measured {
    way: usize,
    people: usize,
    request: Arc<[u8]>,
    rounds: Vec<Reached>,
}

/// What is told of one engine.
pub(crate) struct Told {
    pub(crate) figures: Vec<Figure>,
    pub(crate) curves: Vec<Curve>,
}

/// Fills an installation and measures it. On SQLite cost is the server's processor time, on PostgreSQL
/// the time between answers, since the database works in processes of its own.
pub(crate) async fn measure(bench: &Bench, product: &Product, on: &'static str, sizes: &[usize]) -> Outcome<Told> {
    seed::people(product, sizes)?;
    let mut figures = starts(bench, product, on, sizes).await?;
    let server = product.serve()?;
    let ways = ways();
    let mut all = requests(product, &server, &ways, sizes).await?;
    for _ in 0..bench.rounds.min(3) {
        for one in &mut all {
            let load = Load { request: Arc::clone(&one.request), connections: CONNECTIONS };
            one.rounds.push(drive(&server, &load, WARM, bench.window / 2).await?);
        }
    }
    let costs = |way: usize, people: usize| -> Vec<f64> {
        let found = all.iter().filter(|one| one.way == way && one.people == people);
        let cost = |reached: &Reached| if on == "SQLite" { reached.cpu_us } else { 1e6 / reached.rate };
        found.flat_map(|one| one.rounds.iter().map(cost)).collect()
    };
    let most = sizes.last().copied().unwrap_or_default();
    for (at, way) in ways.iter().enumerate() {
        let (against, goal) = match way.query {
            Some(_) => (AGAINST, Goal::AtMost(1.15)),
            None => (sizes.first().copied().unwrap_or_default(), Goal::AtMost(3.0)),
        };
        let unit = if on == "SQLite" { "server CPU µs" } else { "µs between answers" };
        let what = format!("{}, {most} people, {unit}", way.what);
        let rounds = (costs(at, most), costs(at, against));
        let reference = if against == AGAINST { "the same at 10,000" } else { "the same at 1,000" };
        figures.push(Figure::new(what, on, reference, rounds, way.limit).goal(goal));
    }
    figures.push(beside_memory(bench, &server, &all, on, most).await?);
    #[allow(clippy::cast_precision_loss, reason = "at most a million")]
    let curve = |(at, way): (usize, &Way)| Curve {
        name: way.what.to_owned(),
        points: sizes.iter().map(|people| (*people as f64, spread(&costs(at, *people)).median)).collect(),
    };
    let curves = ways.iter().enumerate().filter(|(_, way)| way.drawn).map(curve).collect();
    Ok(Told { figures, curves })
}

/// Every way in every organization, each asked once, so that what is kept in memory is there.
async fn requests(product: &Product, server: &Server, ways: &[Way], sizes: &[usize]) -> Outcome<Vec<Measured>> {
    let cookie = Product::cookie(server).await?;
    let mut all = Vec::new();
    for (number, people) in sizes.iter().enumerate() {
        let group = group(product, server, number, *people).await?;
        for (way, Way { query, .. }) in ways.iter().enumerate() {
            let base = format!("/api/v1/organizations/{}/members", slug(*people));
            let request = match query {
                Some(query) => {
                    let path = format!("{base}?{}", query.replace("GROUP", &group));
                    request("GET", &path, &product.bearer(), "")
                }
                None => request("GET", &format!("/{}/admin/users", slug(*people)), &cookie, ""),
            };
            ask(server, &request).await?;
            all.push(Measured { way, people: *people, request, rounds: Vec::new() });
        }
    }
    Ok(all)
}

/// A group of some of its people.
async fn group(product: &Product, server: &Server, number: usize, people: usize) -> Outcome<String> {
    let base = format!("/api/v1/organizations/{}/groups", slug(people));
    let made = product.answer(server, "POST", &base, r#"{"name":"Fifty"}"#).await?;
    let id = made["id"].as_str().ok_or_else(|| format!("no group: {made}"))?.to_owned();
    for n in 0..MEMBERS_OF_GROUP {
        let member = seed::member(number, n * (people / MEMBERS_OF_GROUP));
        let path = format!("{base}/{id}/members/{member}");
        ask(server, &request("PUT", &path, &product.bearer(), r#"{"manager":false}"#)).await?;
    }
    Ok(id)
}

/// The page of the largest beside one of the same shape from memory, by the bare server.
async fn beside_memory(
    bench: &Bench,
    server: &Server,
    all: &[Measured],
    on: &'static str,
    most: usize,
) -> Outcome<Figure> {
    let bare = bench.bare()?;
    let page = all.iter().find(|one| one.way == 0 && one.people == most).ok_or("no page was measured")?;
    let ours = Load { request: Arc::clone(&page.request), connections: CONNECTIONS };
    let theirs = Load { request: request("GET", "/members", "", ""), connections: CONNECTIONS };
    let (mut mine, mut other) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        other.push(drive(&bare, &theirs, WARM, bench.window / 2).await?.rate);
        mine.push(drive(server, &ours, WARM, bench.window / 2).await?.rate);
    }
    let what = format!("member page of 50, {most} people, requests/s");
    Ok(Figure::new(what, on, "bare route: 50 members kept in memory", (mine, other), PAGE_LIMIT))
}

/// From a start to the first check in the two largest organizations, and to the first search.
async fn starts(bench: &Bench, product: &Product, on: &'static str, sizes: &[usize]) -> Outcome<Vec<Figure>> {
    let mut figures = Vec::new();
    for (number, people) in sizes.iter().enumerate().skip(sizes.len().saturating_sub(2)) {
        let base = format!("/api/v1/organizations/{}", slug(*people));
        let asked = serde_json::json!({ "subject": seed::member(number, people / 3), "permission": "member.list" });
        let check = request("POST", &format!("{base}/check"), &product.bearer(), &asked.to_string());
        let path = format!("{base}/members?query={}", seed::RARE);
        let search = request("GET", &path, &product.bearer(), "");
        let (mut ready, mut found, mut bare) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..bench.rounds.min(3) {
            let (begun, theirs) = (Instant::now(), bench.bare()?);
            ask(&theirs, &request("GET", "/hello", "", "")).await?;
            bare.push(begun.elapsed().as_secs_f64() * 1e3);
            let (begun, ours) = (Instant::now(), product.serve()?);
            ask(&ours, &check).await?;
            ready.push(begun.elapsed().as_secs_f64() * 1e3);
            let begun = Instant::now();
            ask(&ours, &search).await?;
            found.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        let most = if *people >= 1_000_000 { 3_000.0 } else { 300.0 };
        let (first, reference) = ("from the start to the first check", "bare route, to its first answer");
        let limit = "reading every membership, seat, resource and grant of the organization once, row by row";
        let figure = |what: String, ours| Figure::new(what, on, reference, (ours, bare.clone()), limit);
        figures.push(figure(format!("{first}, {people} people, ms"), ready).goal(Goal::OursAtMost(most)));
        figures.push(figure(format!("the first search, {people} people, ms"), found));
    }
    Ok(figures)
}
