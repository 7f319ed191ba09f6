//! Single sign-on that is required, the way in that stays, and what a provider ends.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::provider::Traveller;
use guildhall_testkit::{TestApp, engines};
use serde_json::{Value, json};

use crate::sso::{House, START};

const POLICY: &str = "/organizations/acme/policy";

// PL-25, ON-13
#[tokio::test]
async fn pl_25_from_the_announced_moment_on_only_the_organizations_own_provider_opens_it() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        let test = &house.test;
        let mut bob = test.join(&mut house.owner, "acme", "bob@acme.test", "member").await;
        let from = test.app.now().plus_s(3_600);
        let knobs = json!({"sso.required": true, "sso.required_from": from});
        house.owner.patch(POLICY, knobs).await.expect(200);
        // Announced, but not yet.
        bob.caller.get("/organizations/acme").await.expect(200);
        test.sign_in("bob@acme.test").await.get("/organizations/acme").await.expect(200);
        test.clock.advance_s(3_601);
        let told = bob.caller.get("/organizations/acme").await;
        told.clone().refused(403, "sso.required");
        assert!(told.at("/start").ends_with(START), "{}", told.text);
        let body = json!({"email": "bob@acme.test", "password": PASSWORD});
        test.anybody().post("/session", body.clone()).await.refused(403, "sso.required");
        let wrong = json!({"email": "bob@acme.test", "password": "wrong wrong"});
        test.anybody().post("/session", wrong).await.refused(401, "auth.wrong_credentials");
        // It follows the organization: elsewhere the same session and the same password are good.
        let mut owner = test.sign_in("owner@acme.test").await;
        test.found(&mut owner, "north", "standard").await;
        let carl = test.join(&mut owner, "north", "carl@acme.test", "member").await;
        test.sign_in(&carl.email).await.get("/organizations/north").await.expect(200);
        // By the provider, whoever it is.
        let landed = house.enter("dora@elsewhere.test").await;
        house.member(&landed).await.0.get("/organizations/acme").await.expect(200);
        // Tokens go on working, and bob's own session ties him.
        house.owner.get("/organizations/acme").await.expect(200);
        let cookie = bob.caller.cookie().expect("a session").to_owned();
        let landed = Traveller::new(&house.test).with(&cookie).travel(START, "bob@acme.test").await;
        let (mut bob, me) = house.member(&landed).await;
        assert_eq!(me["identity"]["email"], "bob@acme.test");
        bob.get("/organizations/acme").await.expect(200);
        house.test.deliver().await;
        house.test.stop().await;
    }
}

// PL-32
#[tokio::test]
async fn a_holder_of_the_top_role_keeps_another_way_in_and_the_trail_tells_of_it() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        let second = house.test.join(&mut house.owner, "acme", "second@acme.test", "owner").await;
        house.owner.patch(POLICY, json!({"sso.required": true})).await.expect(200);
        for who in ["owner@acme.test", "second@acme.test"] {
            house.test.sign_in(who).await.get("/organizations/acme").await.expect(200);
        }
        let used = "/organizations/acme/audit-events?type=sso.break_glass_used";
        assert_eq!(house.owner.get(used).await.expect(200).count(), 2);
        // Only those who are named.
        house.owner.patch(POLICY, json!({"sso.break_glass": ["second@acme.test"]})).await.expect(200);
        let body = json!({"email": "owner@acme.test", "password": PASSWORD});
        house.test.anybody().post("/session", body).await.refused(403, "sso.required");
        house.test.sign_in(&second.email).await.get("/organizations/acme").await.expect(200);
        // A list that names nobody who holds the top role would shut everybody out.
        for nobody in [json!(["bob@acme.test"]), json!(["nobody@acme.test"])] {
            house.owner.patch(POLICY, json!({"sso.break_glass": nobody})).await.refused(409, "sso.break_glass");
        }
        house.owner.patch(POLICY, json!({"sso.break_glass": ["x"]})).await.refused(422, "policy.invalid_value");
        house.test.stop().await;
    }
}

// ON-13
#[tokio::test]
async fn on_13_passwords_are_switched_off_only_beside_a_connection_and_the_last_one_stays_on() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        let path = house.path();
        house.edit(json!({"enabled": false})).await;
        house.test.by_provider(START, "ann@corp.test").await.refused(404, "sso.unknown");
        house.owner.patch(POLICY, json!({"sso.required": true})).await.refused(409, "sso.no_connection");
        house.edit(json!({"enabled": true})).await;
        house.owner.patch(POLICY, json!({"sso.required": true})).await.expect(200);
        house.owner.patch(&path, json!({"enabled": false})).await.refused(409, "sso.last_connection");
        house.owner.patch(&path, json!({"issuer": "https://id.example.org"})).await.refused(409, "sso.last_connection");
        house.owner.delete(&path).await.refused(409, "sso.last_connection");
        house.owner.patch(POLICY, json!({"sso.required": false})).await.expect(200);
        house.owner.patch(&path, json!({"enabled": false})).await.expect(200);
        house.test.stop().await;
    }
}

#[tokio::test]
async fn whom_required_single_sign_on_would_shut_out_is_told_before() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        house.test.join(&mut house.owner, "acme", "bob@acme.test", "member").await;
        let landed = house.enter("ann@corp.test").await;
        house.member(&landed).await;
        let told =
            house.owner.patch(&format!("{POLICY}?dry_run=true"), json!({"sso.required": true})).await.expect(200);
        let captured: Vec<&str> =
            told.body["needs_sso"].as_array().into_iter().flatten().filter_map(|m| m["email"].as_str()).collect();
        assert_eq!(captured, ["ann@corp.test", "bob@acme.test"], "{}", told.text);
        let tied: Vec<&Value> = told.body["needs_sso"].as_array().into_iter().flatten().map(|m| &m["linked"]).collect();
        assert_eq!(tied, [&json!(true), &json!(false)]);
        house.test.stop().await;
    }
}

#[tokio::test]
async fn a_sign_out_at_the_provider_ends_what_it_began_at_once() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        let (one, two) = (house.enter("ann@corp.test").await, house.enter("ann@corp.test").await);
        let bob = house.enter("bob@corp.test").await;
        let (mut one, mut two) = (house.test.holder(&one).await, house.test.holder(&two).await);
        let mut bob = house.test.holder(&bob).await;
        let good = json!({"sub": "ann@corp.test"});
        let mut odd = vec![(good.clone(), "stranger")];
        for spoilt in [
            json!({"aud": "somebody-else"}),
            json!({"iss": "http://127.0.0.1:1"}),
            json!({"nonce": "x"}),
            json!({"events": {}}),
            json!({"iat": 1}),
            json!({"exp": 1}),
            json!({"jti": null}),
            json!({"sub": null}),
        ] {
            let mut claims = good.clone();
            claims.as_object_mut().expect("claims").extend(spoilt.as_object().expect("claims").clone());
            odd.push((claims, "own"));
        }
        for (claims, by) in odd {
            let token = house.provider.logout_token(&claims, by).await;
            assert_eq!(logout(&house.test, &token).await, 400, "{claims} {by}");
        }
        for rubbish in ["", "x", "a.b.c"] {
            assert_eq!(logout(&house.test, rubbish).await, 400);
        }
        one.get("/me").await.expect(200);
        let token = house.provider.logout_token(&good, "own").await;
        assert_eq!(logout(&house.test, &token).await, 200);
        one.get("/me").await.refused(401, "auth.required");
        two.get("/me").await.refused(401, "auth.required");
        bob.get("/organizations/acme").await.expect(200);
        assert_eq!(logout(&house.test, &token).await, 200, "again, to nobody's harm");
        let trail =
            house.owner.get("/organizations/acme/audit-events?type=session.ended_by_provider").await.expect(200);
        assert_eq!(trail.count(), 1);
        house.test.stop().await;
    }
}

async fn logout(test: &TestApp, token: &str) -> u16 {
    let body = format!("logout_token={token}");
    let client = reqwest::Client::new();
    let request = client.post(format!("{}/auth/sso/backchannel-logout", test.url));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    request.send().await.expect("an answer").status().as_u16()
}
