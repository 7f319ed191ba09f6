//! Limits: too much at once is told with `Retry-After`, and right credentials are not in the way.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Answer, TestApp, engines};
use serde_json::json;

#[track_caller]
fn limited(answer: &Answer) {
    answer.refused(429, "rate.limited");
    let wait: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=3_600).contains(&wait), "{wait}");
    assert_eq!(answer.body["retry_after_s"], wait);
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    for engine in engines() {
        let test = TestApp::start_with(engine, |c| c.limits.sign_in_failures_per_minute_per_address = 3).await;
        test.init("standard").await;
        let wrong = json!({"email": "owner@acme.test", "password": "wrong password"});
        for _ in 0..3 {
            test.anybody().post("/session", wrong.clone()).await.refused(401, "auth.wrong_credentials");
        }
        limited(&test.anybody().post("/session", wrong.clone()).await);
        limited(&test.anybody().post("/session", json!({"email": "else@acme.test", "password": "x"})).await);
        test.clock.advance_s(60);
        test.anybody().post("/session", wrong).await.refused(401, "auth.wrong_credentials");
        test.sign_in("owner@acme.test").await;
        test.stop().await;
    }
}

#[tokio::test]
async fn right_sign_ins_are_never_counted() {
    for engine in engines() {
        let test = TestApp::start_with(engine, |c| c.limits.sign_in_failures_per_minute_per_address = 2).await;
        test.init("standard").await;
        for _ in 0..6 {
            test.sign_in("owner@acme.test").await;
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn signing_up_accepting_asking_for_mail_and_trying_tokens_have_limits() {
    for engine in engines() {
        let test = TestApp::start_with(engine, |config| {
            config.limits.sign_up_per_minute_per_address = 2;
            config.limits.accept_per_minute_per_address = 2;
            config.limits.mail_requests_per_minute_per_address = 2;
            config.limits.bad_tokens_per_minute_per_address = 2;
        })
        .await;
        test.init("standard").await;
        let sign_up = json!({"email": "a@b.test", "name": "A", "password": PASSWORD, "organization": "acme"});
        for (path, body, status) in [
            ("/sign-up", sign_up, 403),
            ("/invitations/accept", json!({"token": "gld_inv_x"}), 404),
            ("/password/forgot", json!({"email": "nobody@acme.test"}), 204),
        ] {
            for _ in 0..2 {
                test.anybody().post(path, body.clone()).await.expect(status);
            }
            limited(&test.anybody().post(path, body.clone()).await);
        }
        let mut owner = test.sign_in("owner@acme.test").await;
        let (mut token, id) = test.mint(&mut owner, "acme", None).await;
        owner.delete(&format!("/me/tokens/{id}")).await.expect(204);
        for _ in 0..2 {
            token.get("/me").await.refused(401, "auth.invalid");
        }
        limited(&token.get("/me").await);
        owner.get("/me").await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn letters_to_one_address_beyond_the_limit_are_dropped_in_silence() {
    for engine in engines() {
        let test = TestApp::start_with(engine, |c| c.limits.mails_per_hour_per_recipient = 2).await;
        test.init("standard").await;
        for _ in 0..4 {
            test.anybody().post("/password/forgot", json!({"email": "owner@acme.test"})).await.expect(204);
        }
        assert_eq!(test.mails_to("owner@acme.test").await.len(), 2);
        test.stop().await;
    }
}
