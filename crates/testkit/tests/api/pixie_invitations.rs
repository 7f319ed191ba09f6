//! Named links as Pixie's own identity hands them out: one hour, once, and never again for that
//! address.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const INVITATIONS: &str = "/organizations/acme/invitations";
const HOUR_S: i64 = 3_600;

async fn invite(by: &mut Caller, email: &str, name: &str) -> Answer {
    let one = json!({"email": email, "name": name});
    by.post(INVITATIONS, json!({"invitations": [one]})).await.expect(200)
}

fn code(answer: &Answer) -> &str {
    answer.at("/invitations/0/code")
}

fn token(answer: &Answer) -> String {
    answer.at("/invitations/0/link").rsplit('/').next().unwrap_or_default().to_owned()
}

async fn accept(test: &TestApp, token: &str) -> Answer {
    let body = json!({"token": token, "name": "Ann Lee", "password": PASSWORD});
    test.anybody().post("/invitations/accept", body).await
}

#[tokio::test]
async fn px_7_px_11_a_link_for_one_person_is_shown_and_no_mail_sent() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pixie-hydra").await;
        let made = invite(&mut owner, "ann@acme.test", "Ann Lee").await;
        assert!(made.at("/invitations/0/link").contains("/invite/gld_inv_"), "{}", made.text);
        assert!(test.mails_to("ann@acme.test").await.is_empty());
        let row = owner.get("/organizations/acme/members?status=invited").await.expect(200);
        assert_eq!((row.at("/items/0/identity/email"), row.at("/items/0/identity/name")), ("ann@acme.test", "Ann Lee"));
        let came = accept(&test, &token(&made)).await.expect(200);
        assert_eq!(came.at("/membership/role"), "member");
        accept(&test, &token(&made)).await.refused(410, "invitation.used");
        test.stop().await;
    }
}

#[tokio::test]
async fn px_8_given_name_family_name_and_email_are_all_needed() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pixie-hydra").await;
        for name in ["", "Ann", " Ann  "] {
            let answer = invite(&mut owner, "ann@acme.test", name).await;
            assert_eq!(code(&answer), "invitation.names_required", "{}", answer.text);
        }
        assert_eq!(code(&invite(&mut owner, "no address", "Ann Lee").await), "email.invalid");
        assert_eq!(invite(&mut owner, "ann@acme.test", "Ann  Lee").await.at("/invitations/0/status"), "created");
        test.stop().await;
        let (test, mut owner) = TestApp::house(engine, "pixie-auth0").await;
        assert_eq!(invite(&mut owner, "ann@acme.test", "").await.at("/invitations/0/status"), "created");
        test.stop().await;
    }
}

#[tokio::test]
async fn px_9_px_10_after_an_hour_the_link_is_dead_and_never_made_again() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pixie-hydra").await;
        let made = invite(&mut owner, "ann@acme.test", "Ann Lee").await;
        let id = made.at("/invitations/0/invitation/id").to_owned();
        test.clock.advance_s(HOUR_S);
        let dead = accept(&test, &token(&made)).await;
        dead.refused(410, "invitation.expired");
        assert!(dead.at("/detail").contains("Olivia Owner"), "who to ask: {}", dead.text);
        let shown = owner.get(&format!("{INVITATIONS}/{id}")).await.expect(200);
        assert_eq!(shown.at("/state"), "expired", "it stays visible");
        assert_eq!(owner.get(&format!("{INVITATIONS}?state=expired")).await.expect(200).count(), 1);
        let again = invite(&mut owner, "ANN@acme.test", "Ann Lee").await;
        assert_eq!(code(&again), "invitation.no_reissue");
        let resent = owner.send("POST", &format!("{INVITATIONS}/{id}/resend"), None, &[]).await;
        resent.refused(409, "invitation.no_reissue");
        // Nor by taking the expired one away first.
        owner.delete(&format!("{INVITATIONS}/{id}")).await.expect(204);
        assert_eq!(owner.get(&format!("{INVITATIONS}/{id}")).await.expect(200).at("/state"), "expired");
        assert_eq!(code(&invite(&mut owner, "ann@acme.test", "Ann Lee").await), "invitation.no_reissue");
        // The override is a holder of the top role's, and the trail tells of it.
        let open = json!({"invite.reissue_override": true});
        owner.patch("/organizations/acme/policy", open).await.expect(200);
        let again = invite(&mut owner, "ann@acme.test", "Ann Lee").await;
        assert_eq!(again.at("/invitations/0/status"), "created");
        let told = owner.get("/organizations/acme/audit-events?type=invitation.reissue_overridden").await.expect(200);
        assert_eq!((told.count(), told.at("/items/0/target/name")), (1, "ann@acme.test"));
        accept(&test, &token(&again)).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn without_the_top_role_nobody_overrides_and_where_it_is_usual_nobody_has_to() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await.caller;
        let policy = json!({"invite.reissue_after_expiry": "never", "invite.reissue_override": true});
        owner.patch("/organizations/acme/policy", policy).await.expect(200);
        let made = test.invite(&mut owner, "acme", "ann@acme.test", "guest").await;
        test.clock.advance_s(8 * 86_400);
        let mut owner = test.sign_in("owner@acme.test").await;
        let mut admin_again = test.sign_in("admin@acme.test").await;
        std::mem::swap(&mut admin, &mut admin_again);
        assert_eq!(code(&invite(&mut admin, "ann@acme.test", "").await), "invitation.no_reissue");
        let resend = format!("{INVITATIONS}/{}/resend", made.id);
        admin.send("POST", &resend, None, &[]).await.refused(409, "invitation.no_reissue");
        owner.send("POST", &resend, None, &[]).await.expect(200);
        test.clock.advance_s(8 * 86_400);
        let mut owner = test.sign_in("owner@acme.test").await;
        owner.patch("/organizations/acme/policy", json!({"invite.reissue_after_expiry": "always"})).await.expect(200);
        let mut admin = test.sign_in("admin@acme.test").await;
        assert_eq!(invite(&mut admin, "ann@acme.test", "").await.at("/invitations/0/status"), "created");
        let told = owner.get("/organizations/acme/audit-events?type=invitation.reissue_overridden").await.expect(200);
        assert_eq!(told.count(), 1);
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn px_12_a_known_address_is_never_handed_a_way_into_its_account() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pixie-hydra").await;
        test.found(&mut owner, "beta", "standard").await;
        let mut ann = test.join(&mut owner, "beta", "ann@acme.test", "member").await;
        let made = invite(&mut owner, "ann@acme.test", "Ann Lee").await;
        let waiting = invite(&mut owner, "ann@acme.test", "Ann Lee").await;
        assert_eq!(code(&waiting), "invitation.already_pending");
        let came = accept(&test, &token(&made)).await.expect(200);
        assert_ne!(came.at("/membership/identity/id"), ann.user, "never signs in as the identity there is");
        let made = invite(&mut owner, "bob@acme.test", "Bob Day").await;
        owner.delete(&format!("/organizations/beta/members/{}", ann.member)).await.expect(204);
        ann.caller = test.sign_in("ann@acme.test").await;
        let stolen = ann.caller.post("/invitations/accept", json!({"token": token(&made)})).await;
        stolen.refused(403, "invitation.other_person");
        assert_eq!(owner.get("/organizations/acme/members").await.expect(200).body["next"], Value::Null);
        test.stop().await;
    }
}

#[tokio::test]
async fn px_14_it_begins_with_one_organization_and_one_administrator_who_alone_may_make_others() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pixie-hydra").await;
        let me = owner.get("/me").await.expect(200);
        assert_eq!(me.body["memberships"].as_array().map(Vec::len), Some(1));
        assert_eq!(owner.get("/organizations/acme/members").await.expect(200).count(), 1);
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        owner.delete(&format!("/organizations/acme/members/{}", ann.member)).await.expect(204);
        let made = json!({"name": "Another one", "preset": "pixie-hydra"});
        let mut ann = test.sign_in("ann@acme.test").await;
        ann.post("/organizations", made).await.refused(403, "organization.create_denied");
        test.stop().await;
    }
}

// PX-13: signing up by oneself is refused with the advice to ask for an invitation.
#[tokio::test]
async fn px_13_signing_up_by_oneself_is_refused() {
    for engine in engines() {
        let (test, _) = TestApp::house(engine, "pixie-hydra").await;
        let body = json!({"email": "ann@acme.test", "name": "Ann", "password": PASSWORD, "organization": "acme"});
        let answer = test.anybody().post("/sign-up", body).await;
        answer.refused(403, "join.closed");
        assert!(answer.at("/detail").contains("invitation"), "{}", answer.text);
        test.stop().await;
    }
}
