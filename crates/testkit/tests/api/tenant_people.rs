//! The people of a tenant as they go, prove addresses and have two names.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::{Value, json};

const BIG: &str = "/tenants/big";

async fn tenant(engine: guildhall_testkit::Engine) -> (TestApp, Caller) {
    let (test, mut owner) = TestApp::house(engine, "standard").await;
    owner.post("/tenants", json!({"name": "Big", "slug": "big"})).await.expect(201);
    (test, owner)
}

#[tokio::test]
async fn the_only_owner_of_a_tenant_does_not_delete_themself_and_whoever_does_leaves_it() {
    for engine in engines() {
        let (test, mut owner) = tenant(engine).await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "guest").await;
        ann.caller.patch("/me", json!({"handle": "ann"})).await.expect(200);
        let place = owner.post(&format!("{BIG}/members"), json!({"handle": "ann", "role": "owner"})).await.expect(201);
        let mine = owner.get(&format!("{BIG}/members")).await.expect(200).at("/items/0/id").to_owned();
        owner.delete(&format!("{BIG}/members/{mine}")).await.expect(204);
        let farewell = json!({"confirm": "ann", "password": PASSWORD});
        ann.caller.send("DELETE", "/me", Some(&farewell), &[]).await.refused(409, "tenant.last_owner");

        let by_address = json!({"email": "owner@acme.test", "role": "owner"});
        ann.caller.post(&format!("{BIG}/members"), by_address).await.expect(201);
        ann.caller.send("DELETE", "/me", Some(&farewell), &[]).await.expect(204);
        let left = owner.get(&format!("{BIG}/members")).await.expect(200);
        let labels: Vec<&Value> = left.body["items"].as_array().expect("items").iter().map(|m| &m["label"]).collect();
        assert_eq!(labels, ["owner@acme.test"]);
        let told = owner.get(&format!("{BIG}/audit-events?type=tenant.member_removed")).await.expect(200);
        assert_eq!((told.count(), told.at("/items/0/target/id")), (2, place.at("/id")));
        test.stop().await;
    }
}
