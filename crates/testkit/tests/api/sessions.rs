//! Signing in and out; sessions seen, ended and running out; the CSRF token.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Answer, TestApp, engines};
use serde_json::json;

const MEMBERS: &str = "/organizations/acme/members";
const DAY_S: i64 = 86_400;

/// An answer without what differs from request to request.
fn alike(answer: &Answer) -> (u16, serde_json::Value) {
    let mut body = answer.body.clone();
    body["instance"] = json!(null);
    (answer.status, body)
}

#[tokio::test]
async fn signing_in_begins_a_session_and_signing_out_ends_it() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut browser = test.anybody();
        let body = json!({"email": " OWNER@acme.test ", "password": PASSWORD});
        let signed = browser.post("/session", body).await.expect(200);
        assert_eq!(signed.at("/identity/email"), "owner@acme.test");
        assert!(!signed.text.contains(browser.cookie().expect("a cookie").split('=').next_back().unwrap_or("-")));
        let me = browser.get("/session").await.expect(200);
        assert_eq!(me.at("/csrf_token"), signed.at("/csrf_token"));
        assert_eq!(me.at("/credential/type"), "session");
        let copy = browser.clone();
        browser.delete("/session").await.expect(204);
        copy.clone().get("/me").await.refused(401, "auth.required");
        owner.delete("/session").await.refused(401, "auth.required");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.invite(&mut owner, "acme", "invited@acme.test", "member").await;
        let mut told = Vec::new();
        for email in ["owner@acme.test", "nobody@acme.test", "invited@acme.test", "not an address", "", "💥@x.test"] {
            let mut browser = test.anybody();
            let answer = browser.post("/session", json!({"email": email, "password": "wrong password"})).await;
            answer.refused(401, "auth.wrong_credentials");
            assert!(browser.cookie().is_none());
            told.push(alike(&answer));
        }
        assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
        let long = json!({"email": "owner@acme.test", "password": "x".repeat(100_000)});
        let answer = test.anybody().post("/session", long).await;
        assert!(matches!(answer.status, 401 | 422), "{}", answer.text);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_cookie_without_its_csrf_token_writes_nothing() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let mut forged = ann.caller.clone().without_csrf();
        forged.get(MEMBERS).await.expect(200);
        let invite = json!({"invitations": [{"email": "x@acme.test"}]});
        forged.post("/organizations/acme/invitations", invite.clone()).await.refused(403, "csrf.invalid");
        forged.patch("/me", json!({"name": "Mallory"})).await.refused(403, "csrf.invalid");
        forged.delete("/session").await.refused(403, "csrf.invalid");
        forged.delete("/me/sessions").await.refused(403, "csrf.invalid");
        let other = test.sign_in("owner@acme.test").await.get("/session").await.expect(200);
        let headers = [("x-csrf-token", other.at("/csrf_token"))];
        let answer = forged.send("POST", "/organizations/acme/invitations", Some(&invite), &headers).await;
        answer.refused(403, "csrf.invalid");
        ann.caller.clone().get("/me").await.expect(200);
        // What takes other proof is not in the way of a browser that holds an old cookie.
        let body = json!({"email": "ann@acme.test", "password": PASSWORD});
        forged.clone().post("/session", body).await.expect(200);
        forged.clone().post("/password/forgot", json!({"email": "nobody@acme.test"})).await.expect(204);
        let body = json!({"token": "gld_inv_x", "name": "Ann", "password": PASSWORD});
        forged.clone().post("/invitations/accept", body).await.refused(404, "invitation.unknown");
        test.stop().await;
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all_but_the_present() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut one = test.join(&mut owner, "acme", "ann@acme.test", "member").await.caller;
        let mut two = test.sign_in("ann@acme.test").await;
        let mut three = test.sign_in("ann@acme.test").await;
        let listed = two.get("/me/sessions").await.expect(200);
        assert_eq!(listed.at("/items/0/method"), "password");
        let current: Vec<bool> =
            listed.body["items"].as_array().expect("items").iter().map(|s| s["current"] == true).collect();
        assert_eq!(current, [false, true, false], "newest first");
        assert_eq!(listed.at("/items/0/address"), "127.0.0.1");
        two.delete(&format!("/me/sessions/{}", listed.at("/items/0/id"))).await.expect(204);
        three.get("/me").await.refused(401, "auth.required");
        let foreign = test.sign_in("owner@acme.test").await.get("/me/sessions").await.expect(200);
        two.delete(&format!("/me/sessions/{}", foreign.at("/items/0/id"))).await.refused(404, "not_found");
        two.delete("/me/sessions/ses_x").await.refused(404, "not_found");
        two.delete("/me/sessions").await.expect(204);
        one.get("/me").await.refused(401, "auth.required");
        assert_eq!(two.get("/me/sessions").await.expect(200).count(), 1);
        let page = two.get("/me/sessions?limit=1").await.expect(200);
        assert!(page.body["next"].is_null());
        test.stop().await;
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "beta", "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        test.join_too(&mut owner, "beta", &mut ann, "member").await;
        let knobs = json!({"session.idle_s": 3600, "session.absolute_s": 7200});
        owner.patch("/organizations/acme/policy", knobs).await.expect(200);
        let mut ann = ann.caller;
        for _ in 0..2 {
            test.clock.advance_s(3_000);
            ann.get(MEMBERS).await.expect(200);
        }
        test.clock.advance_s(3_000);
        ann.get(MEMBERS).await.refused(401, "auth.invalid");
        ann.get("/organizations/beta/members").await.expect(200);
        let mut idle = test.sign_in("ann@acme.test").await;
        idle.get(MEMBERS).await.expect(200);
        test.clock.advance_s(3_700);
        idle.get(MEMBERS).await.refused(401, "auth.invalid");
        test.clock.advance_s(15 * DAY_S);
        idle.get("/me").await.refused(401, "auth.required");
        test.stop().await;
    }
}
