//! Importing a directory over HTTP, a thousand items a request, beside bare inserts of the very rows it
//! left (its audit trail among them), in transactions of ten thousand.

use std::time::Instant;

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use serde_json::{Value as Json, json};

use crate::figure::{Figure, Goal};
use crate::product::Product;
use crate::{Bench, Outcome};

const ITEMS: usize = 1_000;
const ROWS: usize = 10_000;
/// Tables that an import only adds to, those first that others refer to.
const TABLES: [&str; 7] = ["identities", "memberships", "groups", "resources", "grants", "audit_events", "outbox"];
const LIMIT: &str = "deciding item by item: whether somebody or something is there already is a read or two each, and \
     each has an answer, an audit record and a place in memory";

fn wrong(error: rusqlite::Error) -> String {
    format!("the bare inserts: {error}")
}

/// People, groups and resources of a directory.
fn items(people: usize, groups: usize, resources: usize) -> Vec<Json> {
    let person = |n: usize| json!({ "kind": "person", "email": format!("p{n:06}@acme.test"), "name": format!("Otto Other {n:06}") });
    let group = |n: usize| json!({ "kind": "group", "name": format!("Group {n:05}") });
    let resource = |n: usize| {
        let id = format!("w{n:06}");
        json!({ "kind": "resource", "type": "workspace", "external_id": id, "name": format!("Workspace {n}") })
    };
    (0..people).map(person).chain((0..groups).map(group)).chain((0..resources).map(resource)).collect()
}

/// Rows of a table that came since the copy was made.
fn came(connection: &Connection, table: &str) -> Outcome<Vec<Vec<Value>>> {
    let sql = format!("SELECT * FROM {table} EXCEPT SELECT * FROM before.{table}");
    let mut statement = connection.prepare(&sql).map_err(wrong)?;
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect()).map_err(wrong)?;
    rows.collect::<rusqlite::Result<_>>().map_err(wrong)
}

/// The import, and the same rows without the product.
pub(crate) async fn figures(bench: &Bench, people: usize) -> Outcome<Vec<Figure>> {
    let folder = bench.folder.join("import");
    let product = Product::set_up(&bench.program, &folder, None)?;
    let copy = folder.join("before.sqlite3").to_string_lossy().into_owned();
    let source = Connection::open(product.file()).map_err(wrong)?;
    source.execute("VACUUM INTO ?1", params![copy]).map_err(wrong)?;
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
    source.execute("ATTACH ?1 AS before", params![copy]).map_err(wrong)?;
    let rows: Vec<_> = TABLES.iter().map(|table| Ok((*table, came(&source, table)?))).collect::<Outcome<Vec<_>>>()?;
    drop(source);
    let bare = inserted(&copy, &rows)?;
    #[allow(clippy::cast_precision_loss, reason = "some hundred thousand")]
    let many = rows.iter().map(|(_, rows)| rows.len()).sum::<usize>() as f64;
    let what = format!("import of {people} people, {} groups and {} resources, rows/s", people / 50, people / 10);
    let rounds = (vec![many / took], vec![many / bare]);
    let against = "bare inserts of the same rows, 10,000 a transaction";
    Ok(vec![Figure::new(what, "SQLite", against, rounds, LIMIT).goal(Goal::AtLeast(0.5))])
}

/// Seconds that the bare inserts take.
fn inserted(copy: &str, all: &[(&str, Vec<Vec<Value>>)]) -> Outcome<f64> {
    let mut target = Connection::open(copy).map_err(wrong)?;
    target
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
        .map_err(wrong)?;
    let begun = Instant::now();
    for (table, rows) in all {
        for some in rows.chunks(ROWS) {
            let room = vec!["?"; some.first().map_or(0, Vec::len)].join(",");
            let tx = target.transaction().map_err(wrong)?;
            let mut insert = tx.prepare(&format!("INSERT INTO {table} VALUES ({room})")).map_err(wrong)?;
            for row in some {
                insert.execute(params_from_iter(row)).map_err(wrong)?;
            }
            drop(insert);
            tx.commit().map_err(wrong)?;
        }
    }
    Ok(begun.elapsed().as_secs_f64())
}
