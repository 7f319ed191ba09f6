//! Providers on their bad days, and people who bring back what is not theirs.

use guildhall_testkit::provider::Traveller;
use guildhall_testkit::{OpenId, TestApp, engines};
use serde_json::{Value, json};

use crate::sso::{House, SECRET, START};

const CONNECTIONS: &str = "/organizations/acme/sso-connections";

#[tokio::test]
async fn a_ticket_that_is_not_right_in_every_way_signs_nobody_in() {
    for engine in engines() {
        let house = House::build(engine, "standard").await;
        for mode in [
            "wrong_aud",
            "expired",
            "future",
            "wrong_nonce",
            "wrong_iss",
            "wrong_key",
            "unknown_key",
            "alg_none",
            "missing",
        ] {
            house.provider.tell(&format!("/_bad?mode={mode}")).await;
            let landed = house.enter("ann@corp.test").await;
            assert_eq!((landed.status, landed.code()), (403, "sso.ticket"), "{mode}: {}", landed.text);
            assert_eq!(landed.session, None, "{mode}");
        }
        // A clock that is off by a minute and a half is nobody's fault.
        house.provider.tell("/_bad?mode=skewed").await;
        assert_eq!(house.enter("ann@corp.test").await.status, 303);
        house.test.stop().await;
    }
}

// PL-27
#[tokio::test]
async fn pl_27_keys_rotate_without_anybody_noticing_and_strange_ones_storm_nobody() {
    for engine in engines() {
        let house = House::build(engine, "standard").await;
        assert_eq!(house.enter("ann@corp.test").await.status, 303);
        for keep in ["yes", "no"] {
            house.test.clock.advance_s(60);
            house.provider.tell(&format!("/_rotate?keep={keep}")).await;
            assert_eq!(house.enter("ann@corp.test").await.status, 303, "{keep}");
        }
        let before = house.provider.tell("/_bad?mode=unknown_key").await["reads"].as_u64().unwrap_or_default();
        for _ in 0..3 {
            house.enter("ann@corp.test").await.refused(403, "sso.ticket");
        }
        let after = house.provider.tell("/_bad").await["reads"].as_u64().unwrap_or_default();
        assert!(after - before <= 1, "{before} {after}");
        house.test.stop().await;
    }
}

#[tokio::test]
async fn a_provider_that_is_down_or_slow_is_told_so_within_bounds() {
    for engine in engines() {
        let mut house = House::with(engine, "standard", |config| config.sso.timeout_s = 1).await;
        // What it says of itself is known for an hour; its answers are not.
        for mode in ["down", "slow"] {
            house.provider.tell("/_bad?mode=none").await;
            let mut traveller = Traveller::new(&house.test);
            let back = traveller.travel(START, "ann@corp.test").await;
            assert_eq!(back.status, 303);
            house.provider.tell(&format!("/_bad?mode={mode}")).await;
            house.test.clock.advance_s(3_700);
            let landed = traveller.travel(START, "ann@corp.test").await;
            assert_eq!((landed.status, landed.code()), (503, "sso.unreachable"), "{mode} {}", landed.text);
        }
        let tested = house.owner.post(&format!("{}/test", house.path()), json!({})).await.expect(200);
        assert_eq!(tested.body["test"]["works"], false);
        assert_eq!(tested.at("/test/steps/1/step"), "discovery");
        house.test.stop().await;
    }
}

#[tokio::test]
async fn a_way_back_serves_once_in_the_browser_that_went_and_not_for_long() {
    for engine in engines() {
        let house = House::build(engine, "standard").await;
        let test = &house.test;
        let mut traveller = Traveller::new(test);
        let landed = traveller.travel(START, "ann@corp.test").await;
        let back = landed.back.expect("a way back").split_at(test.url.len()).1.to_owned();
        // Used, by the same browser and by another.
        traveller.travel(&back, "").await;
        let replay = traveller.travel(&back, "").await;
        assert_eq!((replay.status, replay.code()), (403, "sso.state"));
        test.by_provider(&back, "").await.refused(403, "sso.state");
        // Whoever is sent somebody else's way back is not signed in as them.
        for path in ["/auth/sso/callback", "/auth/sso/callback?code=x&state=y", "/auth/sso/callback?state=%00"] {
            test.by_provider(path, "").await.refused(403, "sso.state");
        }
        test.by_provider("/auth/sso/start?organization=nowhere", "").await.refused(404, "sso.unknown");
        test.by_provider("/auth/sso/start?email=nobody@nowhere.test", "").await.refused(404, "sso.unknown");
        test.by_provider("/auth/sso/start?organisation=acme", "").await.refused(422, "request.invalid");
        house.test.stop().await;
    }
}

#[tokio::test]
async fn an_unspent_way_back_of_another_browser_or_issuer_or_time_is_refused() {
    for engine in engines() {
        let house = House::build(engine, "standard").await;
        let test = &house.test;
        let fresh = async |traveller: &mut Traveller| {
            let sent = traveller.sent(START).await;
            let state =
                sent.split("state=").nth(1).and_then(|rest| rest.split('&').next()).expect("a state").to_owned();
            format!("/auth/sso/callback?code=x&state={state}")
        };
        let issuer: String = house.provider.issuer.replace(':', "%3A").replace('/', "%2F");
        let mut victim = Traveller::new(test);
        let path = fresh(&mut victim).await;
        test.by_provider(&format!("{path}&iss={issuer}"), "").await.refused(403, "sso.state");
        let path = fresh(&mut victim).await;
        victim.travel(&format!("{path}&iss=https%3A%2F%2Fevil.test"), "").await.refused(403, "sso.issuer");
        let path = fresh(&mut victim).await;
        victim.travel(&path, "").await.refused(403, "sso.issuer");
        let path = fresh(&mut victim).await;
        victim.travel(&format!("{path}&iss={issuer}"), "").await.refused(403, "sso.denied");
        let path = fresh(&mut victim).await;
        victim.travel(&format!("{path}&iss={issuer}&error=access_denied"), "").await.refused(403, "sso.denied");
        let path = fresh(&mut victim).await;
        test.clock.advance_s(601);
        victim.travel(&format!("{path}&iss={issuer}"), "").await.refused(403, "sso.state");
        house.test.stop().await;
    }
}

#[tokio::test]
async fn a_test_tells_the_first_step_that_fails_and_only_a_tested_connection_is_switched_on() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        let path = house.path();
        for (mode, step) in [("other_issuer", "issuer"), ("no_pkce", "pkce"), ("down", "discovery")] {
            house.provider.tell(&format!("/_bad?mode={mode}")).await;
            let found = house.owner.post(&format!("{path}/test"), json!({})).await.expect(200);
            let last = found.body["test"]["steps"].as_array().and_then(|s| s.last()).cloned().unwrap_or_default();
            assert_eq!((&last["step"], &last["ok"]), (&json!(step), &json!(false)), "{mode} {}", found.text);
        }
        house.provider.tell("/_bad?mode=none").await;
        let wanted =
            json!({"name": "Two", "issuer": house.provider.issuer, "client_id": "app", "client_secret": "wrong"});
        let made = house.owner.post(CONNECTIONS, wanted).await.expect(201);
        assert_eq!(made.body["has_client_secret"], true);
        assert!(!made.text.contains("wrong"), "{}", made.text);
        let two = format!("{CONNECTIONS}/{}", made.at("/id"));
        house.owner.patch(&two, json!({"enabled": true})).await.refused(409, "sso.untested");
        let found = house.owner.post(&format!("{two}/test"), json!({})).await.expect(200);
        let last = found.body["test"]["steps"].as_array().and_then(|s| s.last()).cloned().unwrap_or_default();
        assert_eq!((&last["step"], &last["ok"]), (&json!("client"), &json!(false)), "{}", found.text);
        house.owner.patch(&two, json!({"enabled": true})).await.refused(409, "sso.untested");
        house.owner.patch(&two, json!({"client_secret": SECRET})).await.expect(200);
        house.owner.post(&format!("{two}/test"), json!({})).await.expect(200);
        house.owner.patch(&two, json!({"enabled": true})).await.expect(200);
        // Another provider is another test.
        let moved = house.owner.patch(&two, json!({"issuer": "https://id.example.org"})).await.expect(200);
        assert_eq!((&moved.body["enabled"], &moved.body["tested_at"]), (&json!(false), &Value::Null));
        house.owner.delete(&two).await.expect(204);
        house.owner.get(&two).await.refused(404, "not_found");
        house.test.stop().await;
    }
}

#[tokio::test]
async fn addresses_inside_ones_own_network_are_not_asked() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let provider = OpenId::start(&test).await;
        for issuer in [
            provider.issuer.as_str(),
            "https://169.254.169.254",
            "https://localhost",
            "https://[::1]:8443",
            "http://id.example.org",
        ] {
            let wanted = json!({"name": "In", "issuer": issuer, "client_id": "app"});
            let made = owner.post(CONNECTIONS, wanted).await.expect(201);
            let found = owner.post(&format!("{CONNECTIONS}/{}/test", made.at("/id")), json!({})).await.expect(200);
            assert_eq!(
                (found.at("/test/steps/0/step"), &found.body["test"]["works"]),
                ("address", &json!(false)),
                "{issuer}"
            );
        }
        for issuer in
            ["", "id.example.org", "ftp://id.example.org", "https://u@id.example.org", "https://id.example.org?x=1"]
        {
            let wanted = json!({"name": "In", "issuer": issuer, "client_id": "app"});
            owner.post(CONNECTIONS, wanted).await.refused(422, "request.invalid");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn a_second_implementation_signs_people_in_too() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        let other = OpenId::canaille(&house.test).await;
        let wanted = json!({"name": "Canaille", "issuer": other.issuer, "client_id": "app", "client_secret": "app-secret",
            "scopes": ["email", "profile"], "just_in_time": true, "position": 1});
        let made = house.owner.post(CONNECTIONS, wanted).await.expect(201);
        let path = format!("{CONNECTIONS}/{}", made.at("/id"));
        let found = house.owner.post(&format!("{path}/test"), json!({})).await.expect(200);
        assert_eq!(found.body["test"]["works"], true, "{}", found.text);
        house.owner.patch(&path, json!({"enabled": true})).await.expect(200);
        let start = format!("{START}&connection={}", made.at("/id"));
        let landed = house.test.by_provider(&start, "").await;
        let (_, me) = house.member(&landed).await;
        assert_eq!(me["identity"]["email"], other.said["email"]);
        house.test.stop().await;
    }
}
