//! Share links: what whoever holds one may do, and everything that ends it.

use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";
const POLICY: &str = "/organizations/acme/policy";

async fn make(owner: &mut Caller, body: Value) -> String {
    owner.post(&format!("{ORG}/resources"), body).await.expect(201).at("/id").to_owned()
}

async fn share(by: &mut Caller, resource: &str, body: Value) -> Answer {
    by.post(&format!("{ORG}/resources/{resource}/share-links"), body).await
}

async fn allows(by: &mut Caller, link: &str, permission: &str, resource: &str) -> bool {
    let body = json!({"subject": link, "permission": permission, "resource": resource});
    by.post(&format!("{ORG}/check"), body).await.expect(200).body["allowed"] == json!(true)
}

async fn introspect(by: &mut Caller, token: &str) -> Value {
    by.post("/introspect", json!({"token": token, "organization": "acme"})).await.expect(200).body
}

/// A workspace with a project in it, and another beside.
async fn tree(owner: &mut Caller) -> String {
    let space = make(owner, json!({"type": "workspace", "name": "Space", "external_id": "w"})).await;
    make(owner, json!({"type": "project", "name": "Inner", "external_id": "p", "parent": space})).await;
    make(owner, json!({"type": "workspace", "name": "Beside", "external_id": "b"})).await;
    space
}

// PL-22
#[tokio::test]
async fn pl_22_a_link_gives_exactly_what_it_gives_until_it_ends_or_is_revoked() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        tree(&mut owner).await;
        let until = test.app.now().plus_s(3_600).to_string();
        let made = share(&mut owner, "workspace:w", json!({"role": "viewer", "expires_at": until})).await.expect(201);
        let token = made.at("/token").to_owned();
        assert!(token.starts_with("gld_share_") && made.at("/link").ends_with(&format!("/share/{token}")));
        let listed = owner.get(&format!("{ORG}/resources/workspace:w/share-links")).await.expect(200);
        assert_eq!((listed.count(), listed.at("/items/0/id")), (1, made.at("/id")));
        assert!(listed.body["items"][0]["token"].is_null() && listed.body["items"][0]["active"] == json!(true));

        // exactly what it gives, there and below, and nothing else anywhere
        for (permission, resource, expected) in [
            ("workspace.read", "workspace:w", true),
            ("project.read", "project:p", true),
            ("project.edit", "project:p", false),
            ("workspace.read", "workspace:b", false),
            ("workspace.read", "workspace:none", false),
        ] {
            assert_eq!(allows(&mut owner, &token, permission, resource).await, expected, "{permission} {resource}");
        }
        let told = introspect(&mut owner, &token).await;
        assert_eq!(told["kind"], "share_link");
        assert_eq!(told["permissions"], json!(["workspace.read", "project.read"]));
        assert_eq!(told["resource"], made.body["resource"]);
        assert!(told["active"] == json!(true) && told["identity"].is_null() && told["role"].is_null());

        // as its holder's credential it answers for itself and opens nothing
        let mut holder = test.with_token(&token);
        let asked = json!({"permission": "project.read", "resource": "project:p", "explain": true});
        let own = holder.post(&format!("{ORG}/check"), asked.clone()).await.expect(200);
        assert_eq!((own.body["allowed"].clone(), own.at("/reasons/0/reason")), (json!(true), "share_link"));
        let about = json!({"subject": "owner@acme.test", "permission": "project.read"});
        holder.post(&format!("{ORG}/check"), about).await.refused(404, "not_found");
        holder.get(&format!("{ORG}/resources/workspace:w")).await.refused(401, "auth.invalid");
        holder.get("/me").await.refused(401, "auth.invalid");
        let mut twin = owner.clone();
        test.found(&mut twin, "other", "standard").await;
        holder.post("/organizations/other/check", asked.clone()).await.refused(404, "not_found");

        // a second one is revoked, the first ends by itself
        let second = share(&mut owner, "workspace:w", json!({"permission": "workspace.read"})).await.expect(201);
        let path = format!("{ORG}/resources/workspace:w/share-links/{}", second.at("/id"));
        assert!(allows(&mut owner, second.at("/token"), "workspace.read", "workspace:w").await);
        owner.delete(&path).await.expect(204);
        owner.delete(&path).await.refused(404, "not_found");
        assert!(!allows(&mut owner, second.at("/token"), "workspace.read", "workspace:w").await);
        test.clock.advance_s(3_601);
        assert!(!allows(&mut owner, &token, "project.read", "project:p").await);
        assert_eq!(introspect(&mut owner, &token).await, json!({"active": false}));
        holder.post(&format!("{ORG}/check"), asked).await.refused(401, "auth.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_29_where_links_are_forbidden_none_is_made_and_those_there_stop_at_once() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        make(&mut owner, json!({"type": "workspace", "name": "Prod", "external_id": "w"})).await;
        make(&mut owner, json!({"type": "snapshot", "name": "May", "external_id": "s", "parent": "workspace:w"})).await;
        let may = json!({"permission": "snapshot.read"});
        let made = share(&mut owner, "snapshot:s", may.clone()).await.expect(201);
        let until = test.app.now().plus_s(60).to_string();
        let short = json!({"permission": "snapshot.read", "expires_at": until});
        let short = share(&mut owner, "snapshot:s", short).await.expect(201).at("/token").to_owned();
        let token = made.at("/token");
        assert!(made.body["expires_at"].is_null(), "a snapshot's link works until it is taken back");
        assert!(allows(&mut owner, token, "snapshot.read", "snapshot:s").await);
        assert!(!allows(&mut owner, token, "workspace.read", "workspace:w").await, "the workspace stays shut");

        owner.patch(POLICY, json!({"share_link.allowed": false})).await.expect(200);
        assert!(!allows(&mut owner, token, "snapshot.read", "snapshot:s").await);
        assert_eq!(introspect(&mut owner, token).await, json!({"active": false}));
        share(&mut owner, "snapshot:s", may).await.refused(403, "share_link.not_allowed");
        let listed = owner.get(&format!("{ORG}/resources/snapshot:s/share-links")).await.expect(200);
        assert_eq!(listed.body["items"][0]["active"], json!(false));

        test.clock.advance_s(61);
        owner.patch(POLICY, json!({"share_link.allowed": true})).await.expect(200);
        assert!(allows(&mut owner, token, "snapshot.read", "snapshot:s").await);
        assert!(!allows(&mut owner, &short, "snapshot.read", "snapshot:s").await, "what has ended stays ended");
        test.stop().await;
    }
}

#[tokio::test]
async fn nobody_shares_more_or_for_longer_than_they_may() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let space = tree(&mut owner).await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        share(&mut ann.caller, &space, json!({"role": "viewer"})).await.refused(404, "not_found");
        let given = json!({"subject": {"type": "member", "id": ann.member}, "role": "viewer"});
        owner.post(&format!("{ORG}/resources/{space}/grants"), given).await.expect(201);
        share(&mut ann.caller, &space, json!({"role": "viewer"})).await.refused(403, "access.denied");
        let given = json!({"subject": {"type": "member", "id": ann.member}, "permission": "workspace.share"});
        owner.post(&format!("{ORG}/resources/{space}/grants"), given).await.expect(201);
        share(&mut ann.caller, &space, json!({"role": "viewer"})).await.expect(201);
        share(&mut ann.caller, &space, json!({"role": "editor"})).await.refused(403, "grant.above_own");
        share(&mut owner, &space, json!({"role": "emperor"})).await.refused(422, "role.unknown");
        share(&mut owner, &space, json!({"permission": "no.such"})).await.refused(422, "permission.unknown");
        share(&mut owner, &space, json!({})).await.refused(422, "request.invalid");

        // the policy says how long at most; without an end of its own a link lives that long
        let at = |seconds: i64| test.app.now().plus_s(seconds).to_string();
        owner.patch(POLICY, json!({"share_link.max_life_s": 600})).await.expect(200);
        let late = json!({"role": "viewer", "expires_at": at(601)});
        share(&mut owner, &space, late).await.refused(422, "share_link.life");
        let past = json!({"role": "viewer", "expires_at": at(-1)});
        share(&mut owner, &space, past).await.refused(422, "share_link.life");
        let made = share(&mut owner, &space, json!({"role": "viewer"})).await.expect(201);
        let end = made.at("/expires_at")[..19].to_owned();
        assert!((at(590)[..19].to_owned()..=at(600)[..19].to_owned()).contains(&end), "{}", made.text);
        owner.patch(POLICY, json!({"share_link.max_life_s": null})).await.expect(200);
        let made = share(&mut owner, &space, json!({"role": "viewer"})).await.expect(201);
        assert!(made.body["expires_at"].is_null());
        test.stop().await;
    }
}

#[tokio::test]
async fn a_link_goes_with_its_maker_its_resource_and_a_reset_and_stops_at_a_controlled_scope() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let space = tree(&mut owner).await;
        let mut bea = test.join(&mut owner, "acme", "bea@acme.test", "admin").await;
        let token = share(&mut bea.caller, &space, json!({"role": "viewer"})).await.expect(201).at("/token").to_owned();
        let open = |owner: &Caller| {
            let (mut owner, token) = (owner.clone(), token.clone());
            async move { allows(&mut owner, &token, "project.read", "project:p").await }
        };
        assert!(open(&owner).await);
        owner.patch(&format!("{ORG}/resources/project:p"), json!({"controlled": true})).await.expect(200);
        assert!(!open(&owner).await, "nothing from above gets through");
        owner.patch(&format!("{ORG}/resources/project:p"), json!({"controlled": false})).await.expect(200);

        let member = format!("{ORG}/members/{}", bea.member);
        owner.send("POST", &format!("{member}/deactivate"), None, &[]).await.expect(200);
        assert!(!open(&owner).await, "its maker is switched off");
        owner.send("POST", &format!("{member}/reactivate"), None, &[]).await.expect(200);
        assert!(open(&owner).await);
        owner.delete(&member).await.expect(204);
        assert!(!open(&owner).await, "its maker is gone");
        let left = owner.get(&format!("{ORG}/resources/{space}/share-links")).await.expect(200);
        assert_eq!(left.count(), 0);

        let before = share(&mut owner, &space, json!({"role": "viewer"})).await.expect(201).at("/token").to_owned();
        test.clock.advance_s(1);
        let mut fresh = test.sign_in("owner@acme.test").await;
        fresh.post(&format!("{ORG}/reset-authentication"), json!({})).await.expect(204);
        test.clock.advance_s(1);
        let mut fresh = test.sign_in("owner@acme.test").await;
        assert!(!allows(&mut fresh, &before, "project.read", "project:p").await, "issued before the reset");
        let after = share(&mut fresh, &space, json!({"role": "viewer"})).await.expect(201).at("/token").to_owned();
        assert!(allows(&mut fresh, &after, "project.read", "project:p").await);
        fresh.delete(&format!("{ORG}/resources/{space}")).await.expect(204);
        assert_eq!(introspect(&mut fresh, &after).await, json!({"active": false}));
        test.stop().await;
    }
}
