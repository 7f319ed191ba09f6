//! One's own account: name, handle, address and its proof, password and its reset.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{TestApp, engines};
use serde_json::json;

const NEW: &str = "a better password";

#[tokio::test]
async fn a_forgotten_password_is_reset_by_a_link_that_works_once() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mut asker = test.anybody();
        for email in ["nobody@acme.test", "ANN@acme.test"] {
            let answer = asker.post("/password/forgot", json!({"email": email})).await.expect(204);
            assert!(answer.text.is_empty());
        }
        assert!(test.mails_to("nobody@acme.test").await.is_empty());
        let secret = test.mails_to("ann@acme.test").await.pop().expect("a mail").secret("/password/reset/");
        let short = asker.post("/password/reset", json!({"token": secret, "password": "short"})).await.expect(422);
        assert_eq!(short.at("/errors/0/field"), "password");
        asker.post("/password/reset", json!({"token": secret, "password": NEW})).await.expect(204);
        let again = asker.post("/password/reset", json!({"token": secret, "password": PASSWORD})).await;
        again.refused(410, "link.invalid");
        ann.caller.get("/me").await.refused(401, "auth.required");
        let old = json!({"email": "ann@acme.test", "password": PASSWORD});
        test.anybody().post("/session", old).await.refused(401, "auth.wrong_credentials");
        test.anybody().post("/session", json!({"email": "ann@acme.test", "password": NEW})).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_newer_reset_link_replaces_the_older_and_both_run_out() {
    for engine in engines() {
        let (test, _) = TestApp::house(engine, "standard").await;
        let mut asker = test.anybody();
        for _ in 0..2 {
            asker.post("/password/forgot", json!({"email": "owner@acme.test"})).await.expect(204);
            test.deliver().await;
        }
        let mails = test.mails_to("owner@acme.test").await;
        let [old, new] = [&mails[0], &mails[1]].map(|mail| mail.secret("/password/reset/"));
        let reset = |token: &str| json!({"token": token, "password": NEW});
        asker.post("/password/reset", reset(&old)).await.refused(410, "link.invalid");
        asker.post("/email/verify", json!({"token": new})).await.refused(410, "link.invalid");
        test.clock.advance_s(25 * 3_600);
        asker.post("/password/reset", reset(&new)).await.refused(410, "link.invalid");
        asker.post("/password/reset", reset("nonsense")).await.refused(410, "link.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn asking_for_a_preview_does_not_tell_whether_an_address_has_an_account() {
    for engine in engines() {
        let (test, _) = TestApp::house(engine, "standard").await;
        let mut asker = test.anybody();
        let mut told = Vec::new();
        for email in ["owner@acme.test", "nobody@acme.test"] {
            told.push(asker.post("/password/forgot?dry_run=true", json!({"email": email})).await.expect(200).text);
        }
        assert_eq!(told[0], told[1]);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_the_present_one() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await.caller;
        let mut other = test.sign_in("ann@acme.test").await;
        let wrong = ann.post("/me/password", json!({"current": "not this one", "password": NEW})).await;
        wrong.refused(403, "password.wrong");
        let short = ann.post("/me/password", json!({"current": PASSWORD, "password": "short"})).await;
        assert_eq!(short.expect(422).at("/errors/0/code"), "field.too_short");
        ann.post("/me/password", json!({"current": PASSWORD, "password": NEW})).await.expect(204);
        ann.get("/me").await.expect(200);
        other.get("/me").await.refused(401, "auth.required");
        test.anybody().post("/session", json!({"email": "ann@acme.test", "password": NEW})).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_new_address_counts_once_it_is_proved() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let asked = ann.caller.patch("/me", json!({"email": "Lee@else.test"})).await.expect(200);
        assert_eq!(asked.at("/identity/email"), "ann@acme.test");
        assert!(!test.allowed(&mut owner, "acme", "lee@else.test", "member.list").await);
        let secret = test.mails_to("Lee@else.test").await.pop().expect("a mail").secret("/email/verify/");
        test.anybody().post("/email/verify", json!({"token": secret})).await.expect(204);
        test.anybody().post("/email/verify", json!({"token": secret})).await.refused(410, "link.invalid");
        assert_eq!(ann.caller.get("/me").await.expect(200).at("/identity/email"), "Lee@else.test");
        let shown = owner.get(&format!("/organizations/acme/members/{}", ann.member)).await.expect(200);
        assert_eq!(shown.at("/identity/email"), "Lee@else.test");
        assert!(test.allowed(&mut owner, "acme", "lee@else.test", "member.list").await);
        assert!(!test.allowed(&mut owner, "acme", "ann@acme.test", "member.list").await);
        test.sign_in("lee@else.test").await;
        test.stop().await;
    }
}

#[tokio::test]
async fn an_address_somebody_else_proved_is_taken() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        // The answer does not tell; whoever reads the mailbox may be told.
        ann.caller.patch("/me", json!({"email": "OWNER@acme.test"})).await.expect(200);
        let secret = test.mails_to("OWNER@acme.test").await.pop().expect("a mail").secret("/email/verify/");
        test.anybody().post("/email/verify", json!({"token": secret})).await.refused(409, "email.taken");
        assert_eq!(ann.caller.get("/me").await.expect(200).at("/identity/email"), "ann@acme.test");
        let odd = ann.caller.patch("/me", json!({"email": "not an address"})).await;
        odd.refused(422, "email.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn handles_are_unique_in_the_installation_and_can_be_given_up() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "beta", "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mut bob = test.join(&mut owner, "beta", "bob@acme.test", "member").await;
        let named = ann.caller.patch("/me", json!({"handle": "lee", "name": "Ann Lee"})).await.expect(200);
        assert_eq!((named.at("/identity/handle"), named.at("/identity/name")), ("lee", "Ann Lee"));
        bob.caller.patch("/me", json!({"handle": "lee"})).await.refused(409, "handle.taken");
        for odd in ["Lee", "a--b", "-a", "admin", "ä", "a b", &"x".repeat(64)] {
            let answer = bob.caller.patch("/me", json!({"handle": odd})).await.expect(422);
            assert_eq!(answer.at("/errors/0/field"), "handle", "{odd}");
        }
        let member = format!("/organizations/acme/members/{}", ann.member);
        let shown = owner.get(&member).await.expect(200);
        assert_eq!((shown.at("/identity/handle"), shown.at("/identity/name")), ("lee", "Ann Lee"));
        ann.caller.patch("/me", json!({"handle": ""})).await.expect(200);
        bob.caller.patch("/me", json!({"handle": "lee"})).await.expect(200);
        assert!(owner.get(&member).await.expect(200).body["identity"]["handle"].is_null());
        test.stop().await;
    }
}

#[tokio::test]
async fn of_two_who_want_one_handle_at_once_one_gets_it() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await.caller;
        let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await.caller;
        for round in 0..5 {
            let wanted = json!({"handle": format!("lee-{round}")});
            let (one, two) = tokio::join!(ann.patch("/me", wanted.clone()), bob.patch("/me", wanted.clone()));
            let mut told = [one.status, two.status];
            told.sort_unstable();
            assert_eq!(told, [200, 409], "{} {}", one.text, two.text);
        }
        test.stop().await;
    }
}
