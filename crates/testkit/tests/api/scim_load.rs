//! A directory of many: what a page costs does not grow with the organization. Slow, so only run when asked for:
//! `cargo test -p guildhall-testkit --test api scim_load -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use guildhall_testkit::engines;
use serde_json::{Value, json};

use crate::scim::{Directory, house, person};

/// People of the large organization, beside the thousand of the small one.
const MANY: usize = 20_000;

async fn fill(directory: &mut Directory, from: usize, to: usize) -> Duration {
    let begun = Instant::now();
    for start in (from..to).step_by(1_000) {
        let operation = |n: usize| json!({"method": "POST", "path": "/Users", "bulkId": format!("b{n}"), "data": person(&format!("p{n}@acme.test"))});
        let operations: Vec<Value> = (start..(start + 1_000).min(to)).map(operation).collect();
        directory.post("/Bulk", json!({"Operations": operations})).await.expect(200);
    }
    begun.elapsed()
}

/// The median time of a request.
async fn median(directory: &mut Directory, path: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..15 {
        let begun = Instant::now();
        directory.get(path).await.expect(200);
        times.push(begun.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn a_page_of_many_costs_at_most_three_times_that_of_few() {
    for engine in engines() {
        let (test, _, mut directory) = house(engine, "standard").await;
        let first = fill(&mut directory, 0, 1_000).await;
        let found = "/Users?filter=userName%20eq%20%22p500@acme.test%22";
        let (few, few_deep) = (
            median(&mut directory, "/Users?count=100").await,
            median(&mut directory, "/Users?startIndex=901&count=100").await,
        );
        let few_found = median(&mut directory, found).await;
        let rest = fill(&mut directory, 1_000, MANY).await;
        let deep = format!("/Users?startIndex={}&count=100", MANY - 99);
        let (many, many_deep) = (median(&mut directory, "/Users?count=100").await, median(&mut directory, &deep).await);
        let many_found = median(&mut directory, found).await;
        println!("{engine:?}: 1,000 people by bulk in {first:?}, {} more in {rest:?}", MANY - 1_000);
        println!(
            "first page {few:?} of 1,000 and {many:?} of {MANY}; last page {few_deep:?} and {many_deep:?}; one by name {few_found:?} and {many_found:?}"
        );
        assert!(many <= few * 3 && many_deep <= few_deep * 3 && many_found <= few_found * 3 + Duration::from_millis(2));
        test.stop().await;
    }
}
