//! The first start: one address that makes the first organization and its owner, once.

use guildhall_server::ops::setup;
use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{TestApp, engines};
use serde_json::{Value, json};

/// The secret of a fresh set-up address.
async fn address(test: &TestApp) -> String {
    let whole = setup::address(&test.ctx()).await.expect("asks").expect("nothing is set up");
    assert!(whole.starts_with(&format!("{}/setup?token=gld_", test.url)), "{whole}");
    whole.rsplit('=').next().unwrap_or_default().to_owned()
}

fn body(token: &str) -> Value {
    json!({"token": token, "organization": "Acme & Co", "preset": "cloudtruth",
        "email": "Olivia@acme.test", "name": "Olivia", "password": PASSWORD})
}

#[tokio::test]
async fn the_set_up_address_makes_the_first_owner_and_is_dead_afterwards() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let secret = address(&test).await;
        test.anybody()
            .post("/sign-up", json!({"email": "a@b.test", "name": "A", "password": PASSWORD}))
            .await
            .refused(403, "join.closed");
        let preview = test.anybody().post("/set-up?dry_run=true", body(&secret)).await.expect(200);
        assert!(preview.text.contains("instance.set_up") && !preview.text.contains("gld_"), "{}", preview.text);
        let mut owner = test.anybody();
        let made = owner.post("/set-up", body(&secret)).await.expect(201);
        assert_eq!((made.at("/organization/slug"), made.at("/organization/preset")), ("acme-co", "cloudtruth"));
        let me = owner.get("/me").await.expect(200);
        assert_eq!(me.at("/identity/id"), made.at("/owner"));
        assert_eq!((&me.body["identity"]["administrator"], me.at("/memberships/0/role")), (&json!(true), "owner"));
        assert_eq!(me.body["identity"]["email_verified"], true);
        owner.patch("/organizations/acme-co", json!({"name": "Acme"})).await.expect(200);
        test.anybody().post("/set-up", body(&secret)).await.refused(410, "setup.done");
        assert!(setup::address(&test.ctx()).await.expect("asks").is_none());
        test.sign_in("olivia@acme.test").await;
        test.stop().await;
    }
}

#[tokio::test]
async fn a_wrong_or_replaced_set_up_address_makes_nothing() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let old = address(&test).await;
        let fresh = address(&test).await;
        for token in [old.as_str(), "gld_setup_x", "", "💥"] {
            test.anybody().post("/set-up", body(token)).await.refused(410, "link.invalid");
        }
        for (field, value) in [("organization", ""), ("email", "nobody"), ("password", "short"), ("preset", "moon")] {
            let mut asked = body(&fresh);
            asked[field] = json!(value);
            let answer = test.anybody().post("/set-up", asked).await.expect(422);
            assert_eq!(answer.at("/errors/0/field"), field, "{}", answer.text);
        }
        test.anybody().post("/set-up", body(&fresh)).await.expect(201);
        test.stop().await;
    }
}

#[tokio::test]
async fn of_two_who_set_up_at_once_one_is_the_owner() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let secret = address(&test).await;
        let (mut one, mut two) = (test.anybody(), test.anybody());
        let (one, two) = tokio::join!(one.post("/set-up", body(&secret)), two.post("/set-up", body(&secret)));
        let mut told = [one.status, two.status];
        told.sort_unstable();
        assert_eq!(told, [201, 410], "{} {}", one.text, two.text);
        test.stop().await;
    }
}
