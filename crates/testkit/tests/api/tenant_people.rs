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

/// Somebody with a handle who came by a link and has proved no address.
async fn unproved(test: &TestApp, owner: &mut Caller, email: &str, handle: &str) -> Caller {
    owner.patch("/organizations/acme/policy", json!({"invite_link.offered": true})).await.expect(200);
    let link = owner.post("/organizations/acme/invite-links", json!({"role": "guest"})).await.expect(201);
    let token = link.at("/link").rsplit('/').next().unwrap_or_default().to_owned();
    let body = json!({"token": token, "email": email, "name": "Una", "password": PASSWORD});
    let mut came = test.anybody();
    came.post("/invitations/accept", body).await.expect(200);
    test.deliver().await;
    came.patch("/me", json!({"handle": handle})).await.expect(200);
    came
}

#[tokio::test]
async fn an_unproved_address_is_of_no_trusted_domain() {
    for engine in engines() {
        let (test, mut owner) = tenant(engine).await;
        unproved(&test, &mut owner, "una@acme.test", "una").await;
        owner.patch(&format!("{BIG}/settings"), json!({"trusted_domains": ["acme.test"]})).await.expect(200);
        let una = json!({"handle": "una"});
        owner.post(&format!("{BIG}/members"), una.clone()).await.refused(403, "tenant.domain");
        owner.patch(&format!("{BIG}/settings"), json!({"trusted_domains": []})).await.expect(200);
        owner.post(&format!("{BIG}/members"), una).await.expect(201);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_tenant_is_listed_once_for_somebody_it_knows_by_two_names() {
    for engine in engines() {
        let (test, mut owner) = tenant(engine).await;
        let mut una = unproved(&test, &mut owner, "una@acme.test", "una").await;
        owner.post(&format!("{BIG}/members"), json!({"handle": "una"})).await.expect(201);
        let by_address = json!({"email": "una@acme.test", "role": "owner"});
        owner.post(&format!("{BIG}/members"), by_address).await.expect(201);
        assert_eq!(una.get("/tenants").await.expect(200).at("/items/0/role"), "member");
        let secret = test.mails_to("una@acme.test").await.last().expect("a mail").secret("/email/verify/");
        una.post("/email/verify", json!({"token": secret})).await.expect(204);
        let listed = una.get("/tenants").await.expect(200);
        assert_eq!((listed.count(), listed.at("/items/0/role")), (1, "owner"), "{}", listed.text);
        test.stop().await;
    }
}
