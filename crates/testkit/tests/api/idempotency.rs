//! `Idempotency-Key`: repeating a request is harmless, and no key reaches another caller.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const INVITATIONS: &str = "/organizations/acme/invitations";

async fn post(by: &mut Caller, path: &str, body: &Value, key: &str) -> Answer {
    by.send("POST", path, Some(body), &[("idempotency-key", key)]).await
}

#[tokio::test]
async fn a_replay_gives_the_first_answer_with_its_secrets() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let body = json!({"invitations": [{"email": "ann@acme.test"}], "deliver": "link"});
        let first = post(&mut owner, INVITATIONS, &body, "k1").await.expect(200);
        let again = post(&mut owner, INVITATIONS, &body, "k1").await.expect(200);
        assert_eq!(again.text, first.text);
        assert!(!first.at("/invitations/0/link").is_empty());
        assert_eq!(owner.get(INVITATIONS).await.expect(200).count(), 1);
        let token = json!({"name": "t", "organization": "acme"});
        let first = post(&mut owner, "/me/tokens", &token, "k1").await.expect(201);
        let again = post(&mut owner, "/me/tokens", &token, "k1").await.expect(201);
        assert_eq!(again.text, first.text, "the same key on another path is another key");
        test.with_token(again.at("/token")).get("/me").await.expect(200);
        assert_eq!(owner.get("/organizations/acme/tokens").await.expect(200).count(), 1);
        let organization = json!({"name": "Beta"});
        let first = post(&mut owner, "/organizations", &organization, "k1").await.expect(201);
        let again = post(&mut owner, "/organizations", &organization, "k1").await.expect(201);
        assert_eq!((again.text, again.headers.get("etag")), (first.text, first.headers.get("etag")));
        test.stop().await;
    }
}

#[tokio::test]
async fn a_used_key_with_another_body_is_refused_and_a_fresh_day_forgets() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let body = |name: &str| json!({"name": name, "organization": "acme"});
        post(&mut owner, "/me/tokens", &body("one"), "k1").await.expect(201);
        post(&mut owner, "/me/tokens", &body("two"), "k1").await.refused(409, "idempotency.mismatch");
        post(&mut owner, "/me/tokens", &body("two"), "k2").await.expect(201);
        test.clock.advance_s(25 * 3_600);
        post(&mut owner, "/me/tokens", &body("three"), "k1").await.expect(201);
        assert_eq!(owner.get("/organizations/acme/tokens").await.expect(200).count(), 3);
        for odd in ["", &"k".repeat(256)] {
            let answer = post(&mut owner, "/me/tokens", &body("x"), odd).await.expect(422);
            assert_eq!(answer.at("/errors/0/field"), "Idempotency-Key");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn the_same_key_of_another_caller_is_another_key() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await.caller;
        let mut guest = test.join(&mut owner, "acme", "guest@acme.test", "guest").await.caller;
        let body = json!({"invitations": [{"email": "x@acme.test"}], "deliver": "link"});
        let first = post(&mut owner, INVITATIONS, &body, "k1").await.expect(200);
        let other = post(&mut ann, INVITATIONS, &body, "k1").await.expect(200);
        assert_eq!(other.at("/invitations/0/code"), "invitation.already_pending");
        assert!(!other.text.contains(first.at("/invitations/0/link")));
        post(&mut guest, INVITATIONS, &body, "k1").await.refused(403, "access.denied");
        post(&mut test.anybody(), INVITATIONS, &body, "k1").await.refused(401, "auth.required");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_unused() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let bad = json!({"name": "t", "organization": "acme", "scopes": ["moon.walk"]});
        post(&mut owner, "/me/tokens", &bad, "k1").await.refused(422, "token.scope_unknown");
        post(&mut owner, "/me/tokens", &json!({"name": "t", "organization": "acme"}), "k1").await.expect(201);
        let preview = json!({"name": "u", "organization": "acme"});
        post(&mut owner, "/me/tokens?dry_run=true", &preview, "k2").await.expect(200);
        post(&mut owner, "/me/tokens", &preview, "k2").await.expect(201);
        assert_eq!(owner.get("/organizations/acme/tokens").await.expect(200).count(), 2);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_lost_answer_of_joining_or_signing_in_is_given_again() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let invited = test.invite(&mut owner, "acme", "ann@acme.test", "member").await;
        let body = json!({"token": invited.secret, "name": "Ann", "password": PASSWORD});
        let (mut lost, mut again) = (test.anybody(), test.anybody());
        let first = post(&mut lost, "/invitations/accept", &body, "k1").await.expect(200);
        let second = post(&mut again, "/invitations/accept", &body, "k1").await.expect(200);
        assert_eq!(first.text, second.text);
        again.get("/organizations/acme/members").await.expect(200);
        let body = json!({"email": "ann@acme.test", "password": PASSWORD});
        let (mut lost, mut again) = (test.anybody(), test.anybody());
        let first = post(&mut lost, "/session", &body, "k1").await.expect(200);
        let second = post(&mut again, "/session", &body, "k1").await.expect(200);
        assert_eq!(first.text, second.text);
        assert_eq!(again.get("/me/sessions").await.expect(200).count(), 2);
        let wrong = json!({"email": "ann@acme.test", "password": "wrong password"});
        post(&mut test.anybody(), "/session", &wrong, "k1").await.refused(401, "auth.wrong_credentials");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_lost_answer_of_what_used_something_up_is_given_again() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await.caller;
        let body = json!({"current": PASSWORD, "password": "a better password"});
        post(&mut ann, "/me/password", &body, "k1").await.expect(204);
        post(&mut ann, "/me/password", &body, "k1").await.expect(204);
        let other = json!({"current": PASSWORD, "password": "another password"});
        post(&mut ann, "/me/password", &other, "k2").await.refused(403, "password.wrong");
        test.anybody().post("/password/forgot", json!({"email": "ann@acme.test"})).await.expect(204);
        let secret = test.mails_to("ann@acme.test").await.pop().expect("a mail").secret("/password/reset/");
        let body = json!({"token": secret, "password": PASSWORD});
        for _ in 0..2 {
            post(&mut test.anybody(), "/password/reset", &body, "k1").await.expect(204);
        }
        post(&mut test.anybody(), "/password/reset", &body, "k2").await.refused(410, "link.invalid");
        let mut again = test.sign_in("ann@acme.test").await;
        for _ in 0..2 {
            post(&mut again, "/organizations/acme/leave", &json!({}), "k1").await;
        }
        assert_eq!(owner.get("/organizations/acme/audit-events?type=member.left").await.expect(200).count(), 1);
        test.stop().await;
    }
}

#[tokio::test]
async fn of_many_that_repeat_at_once_one_does_the_work() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let body = json!({"name": "t", "organization": "acme"});
        let mut copies: Vec<Caller> = (0..4).map(|_| owner.clone()).collect();
        let [a, b, c, d] = &mut copies[..] else { unreachable!("four") };
        let (a, b, c, d) = tokio::join!(
            post(a, "/me/tokens", &body, "k1"),
            post(b, "/me/tokens", &body, "k1"),
            post(c, "/me/tokens", &body, "k1"),
            post(d, "/me/tokens", &body, "k1"),
        );
        for answer in [&a, &b, &c, &d] {
            assert_eq!((answer.status, &answer.text), (201, &a.text));
        }
        assert_eq!(owner.get("/organizations/acme/tokens").await.expect(200).count(), 1);
        test.stop().await;
    }
}
