//! Importing a directory over HTTP, a thousand items a request, beside bare inserts of the very rows it
//! left (its audit trail among them), in transactions of ten thousand.

use std::time::Instant;

use serde_json::{Value, json};

use crate::bare_rows::{AGAINST, Before};
use crate::figure::{Figure, Goal};
use crate::product::Product;
use crate::{Bench, Outcome};

const ITEMS: usize = 1_000;
/// Tables that an import only adds to, those first that others refer to.
const TABLES: [&str; 7] = ["identities", "memberships", "groups", "resources", "grants", "audit_events", "outbox"];
const LIMIT: &str = "the same rows in the same indexes; beside them one question an item, whether somebody or something \
     is there already, the decision, the flush of each request, and its JSON on both sides, one after the other";

/// People, groups and resources of a directory.
fn items(people: usize, groups: usize, resources: usize) -> Vec<Value> {
    let person = |n: usize| json!({ "kind": "person", "email": format!("p{n:06}@acme.test"), "name": format!("Otto Other {n:06}") });
    let group = |n: usize| json!({ "kind": "group", "name": format!("Group {n:05}") });
    let resource = |n: usize| {
        let id = format!("w{n:06}");
        json!({ "kind": "resource", "type": "workspace", "external_id": id, "name": format!("Workspace {n}") })
    };
    (0..people).map(person).chain((0..groups).map(group)).chain((0..resources).map(resource)).collect()
}

/// The import, and the same rows without the product.
pub(crate) async fn figures(bench: &Bench, people: usize) -> Outcome<Vec<Figure>> {
    let folder = bench.folder.join("import");
    let product = Product::set_up(&bench.program, &folder, None)?;
    let before = Before::of(&product.file())?;
    let all = items(people, people / 50, people / 10);
    let server = product.serve()?;
    let begun = Instant::now();
    for some in all.chunks(ITEMS) {
        let body = json!({ "items": some }).to_string();
        let answer = product.answer(&server, "POST", "/api/v1/organizations/acme/import", &body).await?;
        let done =
            answer["items"].as_array().map_or(0, |told| told.iter().filter(|one| one["status"] == "created").count());
        if done != some.len() {
            return Err(format!("only {done} of {} items came in: {answer}", some.len()));
        }
    }
    let took = begun.elapsed().as_secs_f64();
    drop(server);
    let bare = before.inserted(&TABLES)?;
    let what = format!("import of {people} people, {} groups and {} resources, rows/s", people / 50, people / 10);
    let rounds = (vec![bare.rows / took], vec![bare.rows / bare.seconds]);
    Ok(vec![Figure::new(what, "SQLite", AGAINST, rounds, LIMIT).goal(Goal::AtLeast(0.5))])
}
