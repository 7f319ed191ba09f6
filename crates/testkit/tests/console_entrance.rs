//! The pages on the way in and one's own account, walked as somebody does whose browser runs no scripts.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{TestApp, engines};
use serde_json::json;

/// Invites an address and gives the path of the mailed link.
async fn invite(test: &TestApp, token: &str, organization: &str, email: &str) -> String {
    let path = format!("/organizations/{organization}/invitations");
    let wanted = json!({"invitations": [{"email": email, "role": "viewer"}]});
    let answer = test.with_token(token).post(&path, wanted).await.expect(200);
    assert_eq!(answer.at("/invitations/0/status"), "created", "{}", answer.text);
    format!("/invite/{}", test.mails_to(email).await.pop().expect("a mail").secret("/invite/"))
}

#[tokio::test]
async fn the_first_organization_is_made_in_the_browser() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let mut browser = test.browser();
        assert!(browser.open("/").await.shows("Nothing is set up here yet"));
        assert_eq!(browser.open("/sign-in").await.path, "/", "there is nobody who could sign in");
        assert_eq!(browser.open("/setup?token=gld_setup_x").await.status, 410);
        let address = guildhall_server::ops::setup::address(&test.ctx()).await.expect("answers").expect("an address");
        browser.open(&address).await;
        let typed = [
            ("organization_name", "Acme & <Sons>"),
            ("slug", "acme"),
            ("preset", "cloudtruth"),
            ("name", ""),
            ("email", "ada@acme.test"),
            ("password", PASSWORD),
        ];
        browser.send("/setup", &typed).await;
        assert_eq!(browser.status, 422);
        assert!(browser.html.contains("id=\"name-error\""), "the error stands at its field");
        assert!(!browser.html.contains("organization_name-error"));
        assert!(browser.shows("value=\"Acme & <Sons>\""), "what was typed is kept");
        assert!(!browser.html.contains(PASSWORD), "passwords are not");
        let mut right = typed;
        right[3].1 = "Ada";
        browser.send("/setup", &right).await;
        assert_eq!(browser.path, "/acme/admin/users");
        assert_eq!(browser.open("/acme/me").await.status, 200);
        assert!(browser.shows("Ada") && browser.shows("ada@acme.test"));
        let mut late = test.browser();
        late.open(&address).await;
        assert_eq!((late.status, late.shows("is set up already")), (410, true));
        test.stop().await;
    }
}

#[tokio::test]
async fn somebody_signs_in_is_led_back_and_signs_out() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let owner = test.init("standard").await;
        let mut browser = test.browser();
        assert_eq!(browser.open("/acme/me?x=1").await.path, "/sign-in?next=%2Facme%2Fme%3Fx%3D1");
        browser.give(&owner.email, "wrong horse").await;
        assert_eq!(browser.status, 401);
        assert!(browser.shows("The email address and password do not belong together."));
        assert!(browser.shows(&format!("value=\"{}\"", owner.email)) && browser.shows("value=\"/acme/me?x=1\""));
        browser.give(&owner.email, PASSWORD).await;
        assert_eq!((browser.path.as_str(), browser.status), ("/acme/me?x=1", 200));
        browser.send("/theme", &[("theme", "dark")]).await;
        assert_eq!(browser.path, "/acme/me?x=1", "back to the page the form stood on");
        assert!(browser.html.contains("data-theme=\"dark\""));
        browser.send("/sign-out", &[]).await;
        assert_eq!(browser.path, "/sign-in");
        assert!(browser.shows("You are signed out."), "the message is shown once");
        assert!(!browser.open("/sign-in").await.shows("You are signed out."), "and not twice");
        assert_eq!(browser.open("/organizations").await.path, "/sign-in?next=%2Forganizations");
        for outside in ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"] {
            let packed: String = form_urlencoded::byte_serialize(outside.as_bytes()).collect();
            let mut other = test.browser();
            other.open(&format!("/sign-in?next={packed}")).await;
            other.give(&owner.email, PASSWORD).await;
            assert_eq!(other.path, "/acme/admin/users", "{outside}");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_mail() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let owner = test.init("standard").await;
        let mut signed_in = test.browser();
        signed_in.sign_in(&owner.email, PASSWORD).await;
        let mut browser = test.browser();
        browser.open("/password/forgot").await;
        browser.send("/password/forgot", &[("email", "not an address")]).await;
        assert_eq!((browser.status, browser.html.contains("email-error")), (422, true));
        browser.send("/password/forgot", &[("email", "nobody@acme.test")]).await;
        let nobody = browser.html.replace("nobody@acme.test", "");
        browser.open("/password/forgot").await;
        browser.send("/password/forgot", &[("email", &owner.email)]).await;
        assert_eq!(browser.html.replace(&owner.email, ""), nobody, "no answer tells who has an account");
        let secret = test.mails_to(&owner.email).await.pop().expect("a mail").secret("/password/reset/");
        let link = format!("/password/reset/{secret}");
        assert!(browser.open(&link).await.shows(&owner.email));
        browser.send(&link, &[("password", "short")]).await;
        assert_eq!((browser.status, browser.html.contains("password-error")), (422, true));
        browser.send(&link, &[("password", "a better horse")]).await;
        assert!(browser.shows("Your password is set"));
        assert_eq!(browser.open(&link).await.status, 410);
        assert_eq!(signed_in.open("/acme/me").await.path, "/sign-in?next=%2Facme%2Fme", "the old session is over");
        assert_eq!(browser.sign_in(&owner.email, PASSWORD).await.status, 401);
        assert_eq!(browser.sign_in(&owner.email, "a better horse").await.path, "/acme/admin/users");
        assert_eq!(browser.open("/password/reset/nonsense").await.status, 410);
        test.stop().await;
    }
}

#[tokio::test]
async fn an_invitation_tells_its_state_to_whoever_opens_it() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let owner = test.init("cloudtruth").await;
        let mut admin = test.with_token(&owner.token);
        let link = invite(&test, &owner.token, "acme", "ann@acme.test").await;
        let mut ann = test.browser();
        ann.open(&link).await;
        assert!(ann.shows("Join") && ann.shows("Olivia Owner") && ann.shows("ann@acme.test") && ann.shows("Viewer"));
        ann.send(&link, &[("name", "Ann \"Lee\""), ("password", "short")]).await;
        assert_eq!((ann.status, ann.html.contains("password-error")), (422, true));
        assert!(ann.shows("value=\"Ann \"Lee\"\""), "what was typed is kept");
        ann.send(&link, &[("name", "Ann Lee"), ("password", PASSWORD)]).await;
        assert_eq!(ann.path, "/acme/admin/users", "a viewer may see who is here");
        assert!(ann.open("/acme/me").await.shows("Ann Lee"));
        assert!(ann.open(&link).await.shows("This invitation was used already"));
        assert_eq!(ann.status, 410);

        // Signed in as somebody else: out, and on with the right address.
        let link = invite(&test, &owner.token, "acme", "bob@acme.test").await;
        assert!(ann.open(&link).await.shows("You are signed in as"));
        assert!(ann.form(&link).is_none(), "nobody joins as another");
        ann.send("/sign-out", &[]).await;
        assert!(ann.path == link && ann.form(&link).is_some());

        // Somebody with an account signs in first and comes back.
        let made = admin.post("/organizations", json!({"name": "Beta", "preset": "cloudtruth"})).await.expect(201);
        let beta = made.at("/slug").to_owned();
        let link = invite(&test, &owner.token, &beta, "ann@acme.test").await;
        let mut again = test.browser();
        assert!(again.open(&link).await.shows("Sign in to join"));
        let next = again.html.split("href=\"/sign-in?next=").nth(1).and_then(|rest| rest.split('"').next());
        let next = format!("/sign-in?next={}", next.expect("a way to sign in"));
        again.open(&next).await;
        again.give("ann@acme.test", PASSWORD).await;
        assert!(again.path == link && again.shows("Join as ann@acme.test"));
        again.send(&link, &[]).await;
        assert_eq!(again.path, "/beta/admin/users");
        assert!(again.open("/").await.shows("Your organizations") && again.shows("Beta") && again.shows("Acme"));

        // Taken back, too late, unknown.
        let link = invite(&test, &owner.token, "acme", "cy@acme.test").await;
        let list = admin.get("/organizations/acme/invitations").await.expect(200);
        let waiting = list.body["items"].as_array().expect("items").iter().find(|i| i["email"] == "cy@acme.test");
        let id = waiting.and_then(|i| i["id"].as_str()).expect("an invitation").to_owned();
        admin.delete(&format!("/organizations/acme/invitations/{id}")).await.expect(204);
        let mut cy = test.browser();
        assert!(cy.open(&link).await.shows("This invitation was taken back"));
        let link = invite(&test, &owner.token, "acme", "dee@acme.test").await;
        test.clock.advance_s(400 * 86_400);
        assert!(cy.open(&link).await.shows("This invitation has expired"));
        assert_eq!((cy.status, cy.form(&link).is_some()), (410, false));
        assert!(cy.open("/invite/gld_inv_nonsense").await.shows("This invite is not valid"));
        assert_eq!(cy.status, 404);
        test.stop().await;
    }
}

#[tokio::test]
async fn who_waits_for_approval_is_told_so_calmly() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let owner = test.init("standard").await;
        let mut admin = test.with_token(&owner.token);
        let policy = json!({"approval.mode": "all", "approval.exempt_named_invites": false, "signup.open": true});
        admin.patch("/organizations/acme/policy", policy).await.expect(200);
        let mut ann = test.browser();
        assert_eq!(ann.open("/sign-up?organization=nowhere").await.status, 403);
        assert!(ann.open("/sign-in?organization=acme").await.html.contains("/sign-up?organization=acme"));
        assert!(ann.open("/sign-up?organization=acme").await.shows("Acme"));
        let typed = [("name", "Ann"), ("email", "ann@"), ("password", PASSWORD)];
        ann.send("/sign-up", &typed).await;
        assert_eq!((ann.status, ann.html.contains("email-error")), (422, true));
        ann.send("/sign-up", &[typed[0], ("email", "ann@acme.test"), typed[2]]).await;
        assert_eq!((ann.path.as_str(), ann.status), ("/acme", 200));
        assert!(ann.shows("Waiting for approval"));
        assert_eq!(ann.open("/acme/me").await.status, 404, "an organization is not there for who waits");
        assert!(ann.open("/").await.shows("Waiting for approval"));
        let waiting = admin.get("/organizations/acme/members?status=pending_approval").await.expect(200);
        let member = waiting.at("/items/0/id").to_owned();
        admin.post(&format!("/organizations/acme/members/{member}/approve"), json!({})).await.expect(200);
        assert_eq!(ann.open("/acme").await.path, "/acme/admin/users");
        // The letter that proves the address.
        assert!(ann.open("/acme/me").await.shows("Not verified"));
        // Letters of one moment lie in no order, so the new one is the one that was not there.
        let earlier: Vec<_> = test.mails_to("ann@acme.test").await.into_iter().map(|mail| mail.text).collect();
        ann.send("/acme/me/verify-email", &[]).await;
        assert!(ann.shows("The link is on its way"));
        let mails = test.mails_to("ann@acme.test").await;
        let mail = mails.iter().find(|mail| !earlier.contains(&mail.text)).expect("a new mail");
        let link = format!("/email/verify/{}", mail.secret("/email/verify/"));
        let mut mailbox = test.browser();
        assert!(mailbox.open(&link).await.shows("ann@acme.test"));
        assert!(ann.open("/acme/me").await.shows("Not verified"), "opening alone verifies nothing");
        assert!(mailbox.send(&link, &[]).await.shows("Address confirmed"));
        assert!(!ann.open("/acme/me").await.shows("Not verified"));
        assert_eq!(mailbox.open(&link).await.status, 410);
        test.stop().await;
    }
}
