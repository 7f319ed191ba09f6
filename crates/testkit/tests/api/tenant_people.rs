//! The people of a tenant as they go, prove addresses and have two names.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::{Value, json};

use crate::scim::{house, person, refused};

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

/// Una, a member of the tenant by her handle, whose address has a place as its owner and is not proved.
async fn known_twice(test: &TestApp, owner: &mut Caller) -> Caller {
    let una = unproved(test, owner, "una@acme.test", "una").await;
    owner.post(&format!("{BIG}/members"), json!({"handle": "una"})).await.expect(201);
    let by_address = json!({"email": "una@acme.test", "role": "owner"});
    owner.post(&format!("{BIG}/members"), by_address).await.expect(201);
    una
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
        let mut una = known_twice(&test, &mut owner).await;
        assert_eq!(una.get("/tenants").await.expect(200).at("/items/0/role"), "member");
        let secret = test.mails_to("una@acme.test").await.last().expect("a mail").secret("/email/verify/");
        una.post("/email/verify", json!({"token": secret})).await.expect(204);
        let listed = una.get("/tenants").await.expect(200);
        assert_eq!((listed.count(), listed.at("/items/0/role")), (1, "owner"), "{}", listed.text);
        test.stop().await;
    }
}

/// Proves another address for somebody who asks.
async fn moves(test: &TestApp, caller: &mut Caller, to: &str) {
    caller.patch("/me", json!({"email": to})).await.expect(200);
    let secret = test.mails_to(to).await.pop().expect("a mail").secret("/email/verify/");
    caller.post("/email/verify", json!({"token": secret})).await.expect(204);
}

#[tokio::test]
async fn an_owner_whom_an_address_names_stays_owner_with_another_address() {
    for engine in engines() {
        let (test, mut owner) = tenant(engine).await;
        // A place that waited for whoever proves the address, and one of somebody who had.
        let by_address = json!({"email": "bob@acme.test", "role": "owner"});
        owner.post(&format!("{BIG}/members"), by_address).await.expect(201);
        let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "guest").await;
        let mut cid = test.join(&mut owner, "acme", "cid@acme.test", "guest").await;
        let by_address = json!({"email": "cid@acme.test"});
        let cids = owner.post(&format!("{BIG}/members"), by_address).await.expect(201);
        moves(&test, &mut cid.caller, "cid@new.test").await;
        assert_eq!(cid.caller.get(BIG).await.expect(200).at("/role"), "member");
        owner.delete(&format!("{BIG}/members/{}", cids.at("/id"))).await.expect(204);
        let mine = owner.get(&format!("{BIG}/members")).await.expect(200).at("/items/0/id").to_owned();
        owner.delete(&format!("{BIG}/members/{mine}")).await.expect(204);

        moves(&test, &mut bob.caller, "bob@new.test").await;
        assert_eq!(bob.caller.get(BIG).await.expect(200).at("/role"), "owner");
        let people = bob.caller.get(&format!("{BIG}/members")).await.expect(200);
        assert_eq!((people.count(), people.at("/items/0/label")), (1, "bob@acme.test"));
        let told = bob.caller.get(&format!("{BIG}/audit-events?type=tenant.member_bound")).await.expect(200);
        assert_eq!((told.count(), told.at("/items/0/after/identity")), (1, bob.user.as_str()));
        // Whoever has the mailbox next is somebody else, and may be taken in as such.
        let mut next = test.join(&mut owner, "acme", "bob@acme.test", "guest").await;
        next.caller.get(BIG).await.refused(404, "not_found");
        bob.caller.post(&format!("{BIG}/members"), json!({"email": "bob@acme.test"})).await.expect(201);
        assert_eq!(next.caller.get(BIG).await.expect(200).at("/role"), "member");
        bob.caller
            .post(&format!("{BIG}/members"), json!({"email": "bob@new.test"}))
            .await
            .refused(409, "tenant.member_already");
        test.stop().await;
    }
}

#[tokio::test]
async fn somebody_a_tenant_knows_by_two_names_keeps_the_more_of_both_with_another_address() {
    for engine in engines() {
        let (test, mut owner) = tenant(engine).await;
        let mut una = known_twice(&test, &mut owner).await;
        // An address that was never hers gives nothing, and stays for whoever proves it.
        moves(&test, &mut una, "una@else.test").await;
        assert_eq!(una.get(BIG).await.expect(200).at("/role"), "member");
        moves(&test, &mut una, "una@acme.test").await;
        assert_eq!(una.get(BIG).await.expect(200).at("/role"), "owner");
        moves(&test, &mut una, "una@new.test").await;
        assert_eq!(una.get(BIG).await.expect(200).at("/role"), "owner");
        let people = owner.get(&format!("{BIG}/members")).await.expect(200);
        assert_eq!((people.count(), people.at("/items/1/label"), people.at("/items/1/role")), (2, "@una", "owner"));
        test.stop().await;
    }
}

#[tokio::test]
async fn a_place_goes_with_the_account_that_proved_its_address_and_not_to_the_next_one() {
    for engine in engines() {
        let (test, mut owner) = tenant(engine).await;
        let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "guest").await;
        let by_address = json!({"email": "bob@acme.test", "role": "owner"});
        owner.post(&format!("{BIG}/members"), by_address).await.expect(201);
        let farewell = json!({"confirm": "bob@acme.test", "password": PASSWORD});
        bob.caller.send("DELETE", "/me", Some(&farewell), &[]).await.expect(204);
        assert_eq!(owner.get(&format!("{BIG}/members")).await.expect(200).count(), 1);
        let mut next = test.join(&mut owner, "acme", "bob@acme.test", "guest").await;
        next.caller.get(BIG).await.refused(404, "not_found");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_directory_moves_no_address_that_belongs_to_a_tenant() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "onyx").await;
        owner.post("/tenants", json!({"name": "Big", "slug": "big"})).await.expect(201);
        test.join(&mut owner, "acme", "ada@acme.test", "basic").await;
        let ada = directory.post("/Users", person("ada@acme.test")).await.expect(201).at("/id").to_owned();
        let by_address = json!({"email": "ada@acme.test", "role": "owner"});
        let place = owner.post(&format!("{BIG}/members"), by_address).await.expect(201);
        let moved = json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "ada@new.test"}]);
        let path = format!("/Users/{ada}");
        refused(&directory.patch(&path, moved.clone()).await, 403, None);
        owner.delete(&format!("{BIG}/members/{}", place.at("/id"))).await.expect(204);
        directory.patch(&path, moved).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn whoever_proved_no_address_is_not_invited_by_handle_where_some_domains_are_trusted() {
    for engine in engines() {
        let (test, mut owner) = tenant(engine).await;
        let mut una = unproved(&test, &mut owner, "una@acme.test", "una").await;
        owner.patch(&format!("{BIG}/settings"), json!({"trusted_domains": ["acme.test"]})).await.expect(200);
        let team = json!({"name": "Team", "slug": "team", "preset": "pipes-team", "tenant": "big"});
        owner.post("/organizations", team).await.expect(201);
        let invited = json!({"invitations": [{"handle": "una"}], "deliver": "link"});
        let told = owner.post("/organizations/team/invitations", invited.clone()).await.expect(200);
        assert_eq!(told.at("/invitations/0/code"), "tenant.domain", "{}", told.text);
        let secret = test.mails_to("una@acme.test").await.pop().expect("a mail").secret("/email/verify/");
        una.post("/email/verify", json!({"token": secret})).await.expect(204);
        let told = owner.post("/organizations/team/invitations", invited).await.expect(200);
        assert_eq!(told.at("/invitations/0/status"), "created", "{}", told.text);
        test.deliver().await;
        test.stop().await;
    }
}
