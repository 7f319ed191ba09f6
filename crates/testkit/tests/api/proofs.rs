//! With what a request may come, in which order, from where and for how long.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{TestApp, engines};
use serde_json::json;

const MEMBERS: &str = "/organizations/acme/members";
const POLICY: &str = "/organizations/acme/policy";
const DAY_S: i64 = 86_400;

#[tokio::test]
async fn px_43_a_key_comes_before_a_bearer_and_both_before_the_cookie() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pixie-auth0").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mut both = test.sign_in("owner@acme.test").await;
        let (_, key) = test.mint(&mut owner, "acme", None).await;
        let made = owner.post("/me/tokens", json!({"name": "key", "organization": "acme"})).await.expect(201);
        let key_header = [("x-api-key", made.at("/token"))];
        let keyed = both.send("GET", "/me", None, &key_header).await.expect(200);
        assert_eq!((keyed.at("/credential/type"), keyed.at("/credential/id")), ("token", made.at("/id")));
        let mut bearer = ann.caller.clone().with_token(made.at("/token"));
        assert_eq!(bearer.get("/me").await.expect(200).at("/credential/id"), made.at("/id"), "not the cookie");
        let mut typo = both.clone().with_token("gld_pat_x");
        typo.get("/me").await.refused(401, "token.malformed");
        assert_eq!(typo.send("GET", "/me", None, &key_header).await.expect(200).at("/credential/id"), made.at("/id"));
        // The cookie is ignored where only a token shall count.
        both.get("/me").await.expect(200);
        both.send("GET", "/me", None, &[("x-use-bearer", "true")]).await.refused(401, "auth.required");
        // A cookie with its token, from another site's page.
        let name = json!({"name": "Mallory"});
        for foreign in [("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")] {
            both.send("PATCH", "/me", Some(&name), &[foreign]).await.refused(403, "csrf.invalid");
        }
        let here = test.url.clone();
        both.send("PATCH", "/me", Some(&name), &[("origin", &here)]).await.expect(200);
        owner.delete(&format!("/me/tokens/{key}")).await.expect(204);
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_29_a_bearer_alone_opens_the_api_and_no_password_does() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "planasonix").await;
        let mut anybody = test.anybody();
        anybody.get(MEMBERS).await.refused(401, "auth.required");
        for (value, code) in [
            ("Basic b3duZXJAYWNtZS50ZXN0OmNvcnJlY3QgaG9yc2U=", "auth.invalid"),
            ("Bearer correct horse", "token.malformed"),
            ("Bearer", "auth.invalid"),
        ] {
            anybody.send("GET", MEMBERS, None, &[("authorization", value)]).await.refused(401, code);
        }
        // 401 is who, 403 is what.
        let (mut narrow, id) = test.mint(&mut owner, "acme", Some(&["organization.read"])).await;
        let refused = narrow.get(MEMBERS).await;
        refused.refused(403, "token.scope_missing");
        assert!(!refused.at("/detail").is_empty());
        owner.delete(&format!("/me/tokens/{id}")).await.expect(204);
        narrow.get(MEMBERS).await.refused(401, "auth.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_32_an_organization_is_reached_from_its_networks_only_by_browser_and_by_token() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "planasonix").await;
        let mut session = test.sign_in("owner@acme.test").await;
        let away = json!({"access.networks": ["198.51.100.0/24"]});
        owner.patch(POLICY, away.clone()).await.refused(409, "policy.locks_out");
        session.patch(POLICY, json!({"access.networks": ["not a network"]})).await.refused(422, "policy.invalid_value");
        owner.patch(POLICY, json!({"access.networks": ["198.51.100.0/24", "127.0.0.1"]})).await.expect(200);
        owner.get(MEMBERS).await.expect(200);
        session.get(MEMBERS).await.expect(200);
        test.stop().await;
        // Behind a proxy that is believed, the address is the visitor's.
        let test = TestApp::start_with(engine, |config| {
            config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        })
        .await;
        let first = test.init("planasonix").await;
        let mut token = test.anybody().with_token(&first.token);
        let from = |address: &'static str| [("x-forwarded-for", address)];
        let set = token.send("PATCH", POLICY, Some(&away), &from("198.51.100.7")).await;
        set.expect(200);
        token.send("GET", MEMBERS, None, &from("198.51.100.9")).await.expect(200);
        token.send("GET", MEMBERS, None, &from("203.0.113.1")).await.refused(403, "access.network");
        let mut session = test.anybody();
        let right = json!({"email": first.email, "password": PASSWORD});
        session.send("POST", "/session", Some(&right), &from("203.0.113.1")).await.expect(200);
        session.send("GET", MEMBERS, None, &from("203.0.113.1")).await.refused(403, "access.network");
        session.send("GET", MEMBERS, None, &from("198.51.100.9")).await.expect(200);
        // Empty: from everywhere.
        let open = json!({"access.networks": []});
        token.send("PATCH", POLICY, Some(&open), &from("198.51.100.7")).await.expect(200);
        session.send("GET", MEMBERS, None, &from("203.0.113.1")).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_32_sessions_last_thirty_days_and_a_change_is_for_new_ones_only() {
    for engine in engines() {
        for (preset, new_only) in [("pipes-team", true), ("planasonix", false)] {
            let (test, mut owner) = TestApp::house(engine, preset).await;
            let mut old = test.sign_in("owner@acme.test").await;
            let shown = owner.get(POLICY).await.expect(200);
            assert_eq!(shown.body["policy"]["session.absolute_s"], 30 * DAY_S);
            owner.patch(POLICY, json!({"session.absolute_s": DAY_S})).await.expect(200);
            test.clock.advance_s(60);
            let mut fresh = test.sign_in("owner@acme.test").await;
            test.clock.advance_s(DAY_S + 60);
            fresh.get(MEMBERS).await.refused(401, "auth.invalid");
            if new_only {
                old.get(MEMBERS).await.expect(200);
                owner.patch(POLICY, json!({"session.absolute_s": 2 * DAY_S})).await.expect(200);
                fresh.get(MEMBERS).await.refused(401, "auth.invalid");
                for _ in 0..3 {
                    test.clock.advance_s(9 * DAY_S);
                    old.get(MEMBERS).await.expect(200);
                }
                test.clock.advance_s(3 * DAY_S);
            }
            old.get(MEMBERS).await.refused(401, "auth.invalid");
            test.stop().await;
        }
    }
}

// TP-32
#[tokio::test]
async fn another_preset_whose_lengths_are_for_new_sessions_leaves_those_there_are_theirs() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut old = test.sign_in("owner@acme.test").await;
        let preset = "/organizations/acme/preset";
        let text = owner.get(preset).await.expect(200).at("/text").to_owned();
        let shorter = "[policy]\nsession.absolute_s = 86_400\nsession.new_only = true\n";
        owner.post(preset, json!({"text": text.replace("[policy]\n", shorter)})).await.expect(200);
        assert_eq!(owner.get(POLICY).await.expect(200).body["policy"]["session.absolute_s"], DAY_S);
        test.clock.advance_s(60);
        let mut fresh = test.sign_in("owner@acme.test").await;
        test.clock.advance_s(DAY_S + 60);
        fresh.get(MEMBERS).await.refused(401, "auth.invalid");
        old.get(MEMBERS).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_tenant_shortens_sessions_that_keep_earlier_lengths_too_and_only_while_it_says_so() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.post("/tenants", json!({"name": "Big", "slug": "big"})).await.expect(201);
        let lab = json!({"name": "Lab", "slug": "lab", "tenant": "big", "preset": "pipes-enterprise"});
        owner.post("/organizations", lab).await.expect(201);
        let settings = |most: serde_json::Value| json!({"session_absolute_s": most});
        let mut session = test.sign_in("owner@acme.test").await;
        let (lab, policy) = ("/organizations/lab", "/organizations/lab/policy");
        test.clock.advance_s(60);

        // What the tenant says meanwhile is nobody's length to keep.
        owner.patch("/tenants/big/settings", settings(json!(3_600))).await.expect(200);
        owner.patch(policy, json!({"token.max_life_s": DAY_S})).await.expect(200);
        test.clock.advance_s(2 * 3_600);
        session.get(lab).await.refused(401, "auth.invalid");
        owner.patch("/tenants/big/settings", settings(json!(null))).await.expect(200);
        session.get(lab).await.expect(200);

        // Theirs are 30 days still, where others last one, until the tenant says less.
        owner.patch(policy, json!({"session.absolute_s": DAY_S})).await.expect(200);
        test.clock.advance_s(2 * DAY_S);
        session.get(lab).await.expect(200);
        owner.patch("/tenants/big/settings", settings(json!(DAY_S))).await.expect(200);
        session.get(lab).await.refused(401, "auth.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn on_41_sessions_last_seven_days_and_passwords_have_eight_to_64_characters() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "onyx").await;
        let mut session = test.sign_in("owner@acme.test").await;
        for (length, status) in [(7, 422), (65, 422), (64, 204)] {
            let wanted = json!({"current": PASSWORD, "password": "ü".repeat(length)});
            let told = session.post("/me/password", wanted).await;
            assert_eq!(told.status, status, "{length}: {}", told.text);
        }
        assert_eq!(owner.get(POLICY).await.expect(200).body["policy"]["session.absolute_s"], 7 * DAY_S);
        test.clock.advance_s(7 * DAY_S - 60);
        session.get(MEMBERS).await.expect(200);
        test.clock.advance_s(120);
        session.get(MEMBERS).await.refused(401, "auth.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_34_a_changed_address_lets_in_where_it_may_come_in_and_own_sessions_are_ended() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "beta", "standard").await;
        let beta = "/organizations/beta";
        owner.patch(&format!("{beta}/policy"), json!({"domain.auto_join": ["new.test"]})).await.expect(200);
        let waiting = test.invite(&mut owner, "beta", "ann@new.test", "admin").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mut here = ann.caller;
        here.get(beta).await.refused(404, "not_found");
        here.patch("/me", json!({"email": "ann@new.test"})).await.expect(200);
        here.get(beta).await.refused(404, "not_found");
        let proof = test.mails_to("ann@new.test").await.pop().expect("a mail").secret("/email/verify/");
        test.anybody().post("/email/verify", json!({"token": proof})).await.expect(204);
        let came = here.get("/me").await.expect(200);
        assert_eq!(came.at("/memberships/1/role"), "admin", "the invitation that waited: {}", waiting.id);
        // One's own sessions.
        let mut other = test.anybody();
        other.post("/session", json!({"email": "ann@new.test", "password": PASSWORD})).await.expect(200);
        here.delete("/me/sessions").await.expect(204);
        other.get("/me").await.refused(401, "auth.required");
        test.stop().await;
    }
}
