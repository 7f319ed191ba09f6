//! Accepting an invitation: by signing up, signed in, as somebody else, twice at once.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::json;

/// Invites by a link to hand over and gives its secret.
async fn by_link(owner: &mut Caller, email: &str, role: &str) -> String {
    let body = json!({"invitations": [{"email": email, "role": role}], "deliver": "link"});
    let made = owner.post("/organizations/acme/invitations", body).await.expect(200);
    made.at("/invitations/0/link").rsplit('/').next().expect("a secret").to_owned()
}

#[tokio::test]
async fn whoever_signs_up_with_a_mailed_link_is_signed_in_with_a_proved_address() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let invited = test.invite(&mut owner, "acme", "Ann.Lee@acme.test", "contributor").await;
        let mut ann = test.anybody();
        let body = json!({"token": invited.secret, "name": " Ann \u{202e} Lee ", "password": PASSWORD});
        let came = ann.post("/invitations/accept", body).await.expect(200);
        assert_eq!(came.at("/organization/slug"), "acme");
        assert_eq!(came.at("/membership/id"), invited.member);
        assert_eq!((came.at("/membership/status"), came.at("/membership/role")), ("active", "contributor"));
        assert_eq!(came.at("/membership/identity/name"), "Ann Lee", "tidied");
        assert!(!came.at("/csrf_token").is_empty());
        let cookie = came.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        let me = ann.get("/me").await.expect(200);
        assert_eq!(me.body["identity"]["email_verified"], true);
        assert_eq!(me.at("/identity/email"), "Ann.Lee@acme.test");
        assert_eq!((me.at("/credential/type"), me.at("/memberships/0/role")), ("session", "contributor"));
        assert_eq!(me.body["identity"]["administrator"], false);
        assert!(test.allowed(&mut owner, "acme", "ann.lee@ACME.test", "project.manage").await);
        test.stop().await;
    }
}

#[tokio::test]
async fn an_existing_person_accepts_signed_in_and_keeps_the_session() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        test.found(&mut owner, "beta", "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "viewer").await;
        let before = ann.caller.cookie().expect("a session").to_owned();
        test.join_too(&mut owner, "beta", &mut ann, "admin").await;
        assert_eq!(ann.caller.cookie(), Some(before.as_str()));
        let me = ann.caller.get("/me").await.expect(200);
        let roles: Vec<_> = me.body["memberships"]
            .as_array()
            .expect("memberships")
            .iter()
            .map(|m| (m["organization"]["slug"].as_str().unwrap_or_default(), m["role"].as_str().unwrap_or_default()))
            .collect();
        assert_eq!(roles, [("acme", "viewer"), ("beta", "admin")]);
        assert_eq!(ann.caller.get("/organizations").await.expect(200).count(), 2);
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_10_another_person_cannot_accept() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        test.found(&mut owner, "beta", "cloudtruth").await;
        let mut ann = test.join(&mut owner, "beta", "ann@acme.test", "viewer").await;
        let mailed = test.invite(&mut owner, "acme", "bob@acme.test", "owner").await;
        let linked = by_link(&mut owner, "carl@acme.test", "owner").await;
        for secret in [&mailed.secret, &linked] {
            let answer = ann.caller.post("/invitations/accept", json!({"token": secret})).await;
            answer.refused(403, "invitation.other_person");
        }
        let unknown = ann.caller.post("/invitations/accept", json!({"token": "gld_inv_nothing"})).await;
        unknown.refused(404, "invitation.unknown");
        ann.caller.get("/organizations/acme").await.refused(404, "not_found");
        assert_eq!(owner.get("/organizations/acme/members?status=invited").await.expect(200).count(), 2);
        test.stop().await;
    }
}

#[tokio::test]
async fn an_address_with_a_proved_account_must_sign_in() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        test.found(&mut owner, "beta", "cloudtruth").await;
        test.join(&mut owner, "acme", "ann@acme.test", "viewer").await;
        let invited = test.invite(&mut owner, "beta", "ANN@acme.test", "viewer").await;
        let mut stranger = test.anybody();
        let body = json!({"token": invited.secret, "name": "Mallory", "password": "another password"});
        stranger.post("/invitations/accept", body).await.refused(409, "invitation.sign_in_required");
        assert!(stranger.cookie().is_none(), "an invitation never signs anybody in as an identity that exists");
        let mut ann = test.sign_in("ann@acme.test").await;
        ann.post("/invitations/accept", json!({"token": invited.secret})).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_link_that_was_handed_over_proves_nothing_about_the_address() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let secret = by_link(&mut owner, "ann@acme.test", "contributor").await;
        let mut ann = test.anybody();
        let body = json!({"token": secret, "email": "ann@acme.test", "name": "Ann", "password": PASSWORD});
        let came = ann.post("/invitations/accept", body).await.expect(200);
        assert_eq!(came.at("/membership/status"), "active");
        let member = came.at("/membership/id").to_owned();
        let me = ann.get("/me").await.expect(200);
        assert_eq!(me.body["identity"]["email_verified"], false);
        ann.get("/organizations/acme/members").await.expect(200);
        assert!(test.allowed(&mut owner, "acme", &member, "project.manage").await);
        assert!(!test.allowed(&mut owner, "acme", "ann@acme.test", "project.manage").await, "resolves to nobody");
        let other = by_link(&mut owner, "bob@acme.test", "viewer").await;
        let body = json!({"token": other, "email": "eve@acme.test", "name": "Eve", "password": PASSWORD});
        test.anybody().post("/invitations/accept", body).await.refused(403, "invitation.other_person");
        // Its mailed proof makes it count.
        ann.send("POST", "/me/verify-email", None, &[]).await.expect(204);
        let proof = test.mails_to("ann@acme.test").await.pop().expect("a mail").secret("/email/verify/");
        test.anybody().post("/email/verify", json!({"token": proof})).await.expect(204);
        assert!(test.allowed(&mut owner, "acme", "ann@acme.test", "project.manage").await);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_claimed_address_is_not_proved_while_another_account_holds_it() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        test.found(&mut owner, "beta", "cloudtruth").await;
        let secret = by_link(&mut owner, "ann@acme.test", "viewer").await;
        let mut claimant = test.anybody();
        let body = json!({"token": secret, "name": "Claimant", "password": PASSWORD});
        claimant.post("/invitations/accept", body).await.expect(200);
        // The real Ann proves the address in another organization.
        test.join(&mut owner, "beta", "ann@acme.test", "viewer").await;
        test.found(&mut owner, "gamma", "cloudtruth").await;
        let mailed = test.invite(&mut owner, "gamma", "ann@acme.test", "viewer").await;
        let answer = claimant.post("/invitations/accept", json!({"token": mailed.secret})).await;
        answer.refused(409, "invitation.sign_in_required");
        test.stop().await;
    }
}

#[tokio::test]
async fn signing_up_takes_a_name_and_a_long_enough_password() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let invited = test.invite(&mut owner, "acme", "ann@acme.test", "viewer").await;
        let token = &invited.secret;
        let cases = [
            (json!({"token": token, "password": PASSWORD}), "name", "field.empty"),
            (json!({"token": token, "name": " \u{200b} ", "password": PASSWORD}), "name", "field.empty"),
            (json!({"token": token, "name": "x".repeat(201), "password": PASSWORD}), "name", "field.too_long"),
            (json!({"token": token, "name": "Ann"}), "password", "field.too_short"),
            (json!({"token": token, "name": "Ann", "password": "short"}), "password", "field.too_short"),
            (json!({"token": token, "name": "Ann", "password": "x".repeat(2000)}), "password", "field.too_long"),
        ];
        for (body, field, code) in cases {
            let answer = test.anybody().post("/invitations/accept", body).await.expect(422);
            assert_eq!((answer.at("/errors/0/field"), answer.at("/errors/0/code")), (field, code), "{}", answer.text);
        }
        let body = json!({"token": token, "name": "Ann", "password": "密码密码密码密码"});
        test.anybody().post("/invitations/accept", body).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn of_two_who_accept_at_once_one_comes_in() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        for round in 0..5 {
            let invited = test.invite(&mut owner, "acme", &format!("p{round}@acme.test"), "viewer").await;
            let body = json!({"token": invited.secret, "name": "Ann", "password": PASSWORD});
            let (mut one, mut two) = (test.anybody(), test.anybody());
            let (one, two) = tokio::join!(
                one.post("/invitations/accept", body.clone()),
                two.post("/invitations/accept", body.clone())
            );
            let mut told = [one.status, two.status];
            told.sort_unstable();
            assert_eq!(told, [200, 410], "{} {}", one.text, two.text);
        }
        assert_eq!(test.all(&mut owner, "/organizations/acme/members").await.len(), 6);
        test.stop().await;
    }
}
