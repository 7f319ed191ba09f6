//! The store under the API: every statement is taken by every engine, and a second start finds
//! everything as it was.

use guildhall_testkit::{Engine, TestApp, engines};
use serde_json::json;

#[tokio::test]
async fn every_statement_is_prepared_on_every_engine() {
    let mut counts = Vec::new();
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let count = test.app.store.prepare_all().await.expect("every statement");
        assert!(count > 200, "{count} statements");
        assert_eq!(test.app.store.engine(), if engine == Engine::Sqlite { "sqlite" } else { "postgresql" });
        counts.push(count);
        test.stop().await;
    }
    assert!(counts.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn a_second_start_on_the_same_data_finds_everything_as_it_was() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let token = test.init("standard").await.token;
        let mut owner = test.with_token(&token);
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let invited = test.invite(&mut owner, "acme", "bob@acme.test", "member").await;
        let body = json!({"name": "t", "organization": "acme"});
        let key = [("idempotency-key", "k1")];
        let made = owner.send("POST", "/me/tokens", Some(&body), &key).await.expect(201);
        let before = owner.get("/organizations/acme/members").await.expect(200).body;
        let trail = owner.get("/organizations/acme/audit-events").await.expect(200).body;
        let cookie = ann.caller.cookie().expect("a session").to_owned();

        let test = test.restart().await;
        let mut owner = test.with_token(&token);
        assert_eq!(owner.get("/organizations/acme/members").await.expect(200).body["items"], before["items"]);
        assert_eq!(owner.get("/organizations/acme/audit-events").await.expect(200).body, trail);
        let again = owner.send("POST", "/me/tokens", Some(&body), &key).await.expect(201);
        assert_eq!(again.text, made.text, "a kept answer outlives a restart");
        let headers = [("cookie", cookie.as_str())];
        test.anybody().send("GET", "/organizations/acme/members", None, &headers).await.expect(200);
        let accept = json!({"token": invited.secret, "name": "Bob", "password": guildhall_testkit::app::PASSWORD});
        test.anybody().post("/invitations/accept", accept).await.expect(200);
        owner.delete(&format!("/organizations/acme/members/{}", ann.member)).await.expect(204);
        test.anybody().send("GET", "/me", None, &headers).await.refused(401, "auth.required");
        let second = test.restart().await;
        second.app.store.health().await.expect("healthy");
        second.stop().await;
    }
}

#[tokio::test]
async fn what_is_over_is_swept_and_nothing_else() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await.caller;
        test.anybody().post("/password/forgot", json!({"email": "ann@acme.test"})).await.expect(204);
        test.deliver().await;
        assert_eq!(guildhall_server::jobs::sweep::sweep(&test.app).await.expect("sweeps"), 0);
        ann.get("/me").await.expect(200);
        test.clock.advance_s(120 * 86_400);
        let gone = guildhall_server::jobs::sweep::sweep(&test.app).await.expect("sweeps");
        assert!(gone >= 3, "a session, a link and the records of two mails: {gone}");
        assert_eq!(guildhall_server::jobs::sweep::sweep(&test.app).await.expect("sweeps"), 0);
        owner.get("/organizations/acme/members").await.expect(200);
        test.stop().await;
    }
}
