//! One's own page in an organization, walked as somebody does whose browser runs no scripts; and what the console
//! answers to what no page of it would send.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Browser, Owner, TestApp, engines};
use serde_json::json;

async fn start(engine: guildhall_testkit::Engine) -> (TestApp, Owner, Browser) {
    let test = TestApp::start(engine).await;
    let owner = test.init("standard").await;
    let mut browser = test.browser();
    browser.sign_in(&owner.email, PASSWORD).await;
    (test, owner, browser)
}

#[tokio::test]
async fn somebody_keeps_their_own_account() {
    for engine in engines() {
        let (test, owner, mut me) = start(engine).await;
        me.open("/acme/me").await;
        me.send("/acme/me", &[("name", " "), ("handle", "No Slug")]).await;
        assert_eq!(me.status, 422);
        assert!(me.html.contains("name-error") && me.shows("value=\"No Slug\""));
        me.send("/acme/me", &[("name", "Olivia"), ("handle", "No Slug")]).await;
        assert!(me.html.contains("handle-error") && me.shows("value=\"Olivia\""));
        me.send("/acme/me", &[("name", "Olivia O."), ("handle", "olivia")]).await;
        assert!(me.path == "/acme/me" && me.status == 200 && me.shows("Your profile is saved."));
        assert!(me.shows("value=\"olivia\""));

        me.send("/acme/me/password", &[("current_password", "wrong"), ("password", "another horse")]).await;
        assert_eq!((me.status, me.html.contains("current_password-error")), (403, true));
        let mut other = test.browser();
        other.sign_in(&owner.email, PASSWORD).await;
        me.send("/acme/me/password", &[("current_password", PASSWORD), ("password", "another horse")]).await;
        assert!(me.shows("Your password is changed."));
        assert!(other.open("/acme/me").await.path.starts_with("/sign-in"), "other sessions are over");

        me.send("/acme/me/email", &[("email", "nobody")]).await;
        assert_eq!((me.status, me.html.contains("email-error")), (422, true));
        me.send("/acme/me/email", &[("email", "olivia@acme.test")]).await;
        assert!(me.shows("A link is on its way to olivia@acme.test."));
        assert!(me.shows("A new address waits for you") && me.shows(&owner.email), "the old one counts");
        let secret = test.mails_to("olivia@acme.test").await.pop().expect("a mail").secret("/email/verify/");
        let link = format!("/email/verify/{secret}");
        me.open(&link).await;
        me.send(&link, &[]).await;
        assert!(!me.open("/acme/me").await.shows("A new address waits") && me.shows("olivia@acme.test"));
        test.stop().await;
    }
}

#[tokio::test]
async fn sessions_are_seen_and_ended() {
    for engine in engines() {
        let (test, owner, mut me) = start(engine).await;
        let mut others = [test.browser(), test.browser(), test.browser()];
        for other in &mut others {
            other.sign_in(&owner.email, PASSWORD).await;
        }
        me.open("/acme/me").await;
        let end = me.html.split("action=\"").find(|a| a.contains("/sessions/ses_")).expect("a session to end");
        let end = end.split('"').next().expect("an address").to_owned();
        me.send(&end, &[]).await;
        assert!(me.shows("That session is over."));
        let mut alive = 0;
        for other in &mut others {
            alive += u32::from(other.open("/acme/me").await.path == "/acme/me");
        }
        assert_eq!(alive, 2);
        me.send("/acme/me/sessions/end-others", &[]).await;
        for other in &mut others {
            assert!(other.open("/acme/me").await.path.starts_with("/sign-in"));
        }
        assert_eq!(me.open("/acme/me").await.path, "/acme/me", "the one in use stays");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_token_is_made_shown_once_and_revoked() {
    for engine in engines() {
        let (test, _, mut me) = start(engine).await;
        me.open("/acme/me/tokens/new").await;
        me.send("/acme/me/tokens", &[("name", ""), ("expires_in_s", "604800"), ("scopes", "member.list")]).await;
        assert_eq!((me.status, me.html.contains("name-error")), (422, true));
        assert!(me.html.contains("value=\"604800\" selected") && me.html.contains("value=\"member.list\" checked"));
        me.send("/acme/me/tokens", &[("name", "x"), ("expires_in_s", "soon")]).await;
        assert_eq!((me.status, me.html.contains("expires_in_s-error")), (422, true));
        me.send("/acme/me/tokens", &[("name", "Robot"), ("expires_in_s", "604800"), ("scopes", "member.list")]).await;
        let token = me.html.split('"').find(|part| part.starts_with("gld_pat_")).expect("the token").to_owned();
        test.with_token(&token).get("/organizations/acme/members").await.expect(200);
        test.with_token(&token).get("/organizations/acme/audit-events").await.refused(403, "token.scope_missing");
        assert!(!me.open("/acme/me").await.html.contains(&token) && me.shows("Robot"));
        let question = me.html.split("href=\"").find(|a| a.contains("/revoke") && a.contains("/tokens/"));
        let question = question.and_then(|a| a.split('"').next()).expect("a way to revoke").to_owned();
        // The newest token stands first.
        assert!(me.open(&question).await.shows("Revoke Robot?"));
        me.send(&question, &[]).await;
        assert!(me.path == "/acme/me" && me.shows("The token is revoked."));
        test.with_token(&token).get("/organizations/acme/members").await.refused(401, "auth.invalid");
        assert_eq!(me.open(&question).await.status, 404);
        test.stop().await;
    }
}

#[tokio::test]
async fn leaving_is_offered_exactly_when_it_succeeds() {
    for engine in engines() {
        let (test, owner, mut me) = start(engine).await;
        assert!(me.open("/acme/leave").await.shows("is the only active Owner"));
        assert!(me.form("/acme/leave").is_none(), "what would be refused is not offered");
        assert!(me.open("/acme/me").await.shows("is the only active Owner"), "and the page says why");
        assert!(!me.html.contains("href=\"/acme/leave\""));
        let body = form_urlencoded::Serializer::new(String::new()).append_pair("csrf", &csrf(&me)).finish();
        me.ask("POST", "/acme/leave", Some(body.into_bytes()), &[]).await;
        assert_eq!((me.status, me.shows("is the only active Owner")), (409, true));

        let mut admin = test.with_token(&owner.token);
        let wanted = json!({"invitations": [{"email": "ann@acme.test", "role": "owner"}]});
        admin.post("/organizations/acme/invitations", wanted).await.expect(200);
        let secret = test.mails_to("ann@acme.test").await.pop().expect("a mail").secret("/invite/");
        let accept = json!({"token": secret, "name": "Ann", "password": PASSWORD});
        test.anybody().post("/invitations/accept", accept).await.expect(200);
        me.open("/acme/me").await;
        assert!(me.html.contains("href=\"/acme/leave\""));
        me.open("/acme/leave").await;
        me.send("/acme/leave", &[]).await;
        assert!(me.shows("You left Acme."), "{}", me.html);
        assert!(me.open("/acme/me").await.path.starts_with("/sign-in"), "no organization is left, and no session");
        test.stop().await;
    }
}

fn csrf(browser: &Browser) -> String {
    let field = browser.html.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    field.expect("a form").to_owned()
}

#[tokio::test]
async fn forms_from_elsewhere_change_nothing() {
    let (test, _, mut me) = start(engines()[0]).await;
    me.open("/acme/me").await;
    let proof = csrf(&me);
    let body = |csrf: &str| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        Some(form.append_pair("csrf", csrf).append_pair("name", "Mallory").finish().into_bytes())
    };
    for (sent, headers) in [
        (body(""), vec![]),
        (body("forged"), vec![("sec-fetch-site", "same-origin")]),
        (body(&proof), vec![("sec-fetch-site", "cross-site")]),
        (body(&proof), vec![("origin", "https://evil.test")]),
    ] {
        me.ask("POST", "/acme/me", sent, &headers).await;
        assert_eq!(me.status, 403, "{headers:?}");
        assert!(me.shows("this page was too old") || me.shows("This page was too old"));
    }
    me.ask("POST", "/acme/me", body(&proof), &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(me.status, 303);
    test.stop().await;
}

#[tokio::test]
async fn the_console_bears_with_hostile_and_idle_requests() {
    let (test, owner, mut me) = start(engines()[0]).await;
    let mut anybody = test.browser();
    for path in ["/no/such/page", "/favicon.ico", "/ACME", "/assets/console.css", "/acme/me/nothing"] {
        assert_eq!(anybody.open(path).await.status, 404, "{path}");
    }
    assert!(anybody.open("/no/such/page").await.shows("Nothing here"));
    assert_eq!(me.open("/nowhere/me").await.status, 404);
    assert_eq!(me.open("/nowhere").await.status, 404);
    assert_eq!(me.open("/acme/me/password").await.path, "/acme/me", "a form's address leads to the page above it");
    me.ask("HEAD", "/acme/me", None, &[]).await;
    assert_eq!((me.status, me.html.len()), (200, 0));
    me.open("/acme/me").await;
    let proof = csrf(&me);
    let sent = |name: &[u8]| [format!("csrf={proof}&handle=&name=").as_bytes(), name].concat();
    let hostile: [&[u8]; 5] = [b"%ff%fe%00", b"%E2%80%AE%E2%80%8B", b"&&&===", b"\xff\xfe\x00", &[b'a'; 9_000]];
    for name in hostile {
        me.ask("POST", "/acme/me", Some(sent(name)), &[]).await;
        assert!(matches!(me.status, 303 | 422), "{} for {name:?}", me.status);
    }
    me.ask("POST", "/acme/me", Some(sent(b"%3Cscript%3Ealert(1)%3C%2Fscript%3E")), &[]).await;
    assert!(!me.open("/acme/me").await.html.contains("<script>alert"));
    me.ask("POST", "/acme/me", Some(vec![b'a'; 4 << 20]), &[]).await;
    assert_eq!(me.status, 413);
    let link = format!("/invite/{}", "x".repeat(5_000));
    assert_eq!(anybody.open(&link).await.status, 404);
    for cookie in ["guildhall_session", "guildhall_flash", "guildhall_last", "theme"] {
        anybody.ask("GET", "/sign-in", None, &[("cookie", &format!("{cookie}=%ff;;\"=x{cookie}"))]).await;
        assert_eq!(anybody.status, 200);
    }
    let mut admin = test.with_token(&owner.token);
    admin.post("/organizations", json!({"name": "Beta"})).await.expect(201);
    assert_eq!(me.open("/admin/users?query=a").await.path, "/acme/admin/users?query=a");
    assert_eq!(me.open("/beta/me").await.status, 200);
    assert!(me.html.contains("href=\"/acme\"") && me.html.contains("href=\"/beta\""), "where one belongs");
    assert_eq!(me.open("/admin/org").await.path, "/beta/admin/org", "the organization last used");
    assert_eq!(me.open("/admin").await.path, "/beta/admin/users");
    test.stop().await;
}

#[tokio::test]
async fn the_api_is_described_on_a_page_of_its_own() {
    let test = TestApp::start(engines()[0]).await;
    let mut anybody = test.browser();
    anybody.open("/api/docs").await;
    assert_eq!(anybody.status, 200);
    let document = test.anybody().get("/api/openapi.json").await.expect(200);
    let paths = document.body["paths"].as_object().expect("paths");
    let mut operations = 0;
    for (path, methods) in paths {
        assert!(anybody.shows(&format!("/api/v1{path}<")), "{path}");
        operations += methods.as_object().expect("methods").len();
    }
    assert_eq!(anybody.html.matches("<details class=\"op\"").count(), operations);
    assert!(anybody.open("/design").await.shows("Every component of the console"));
    anybody.ask("GET", "/api/docs", None, &[("accept-encoding", "gzip")]).await;
    assert_eq!(anybody.headers.get("content-encoding").map(|v| v.as_bytes()), Some(b"gzip".as_slice()));
    anybody.ask("GET", "/sign-in", None, &[("accept-encoding", "gzip")]).await;
    assert!(!anybody.headers.contains_key("content-encoding"), "what holds a secret is not compressed");
    test.stop().await;
}

#[tokio::test]
async fn a_fresh_proof_is_asked_in_place_and_what_was_typed_goes_on() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let owner = test.init("standard").await;
        let mut token = test.anybody().with_token(&owner.token);
        let knob = serde_json::json!({"session.step_up_s": 60});
        token.patch("/organizations/acme/policy", knob).await.expect(200);
        let mut me = test.browser();
        me.sign_in(&owner.email, PASSWORD).await;
        me.open("/acme/me/tokens/new").await;
        test.clock.advance_s(61);
        me.send("/acme/me/tokens", &[("name", "Nightly build"), ("expires_in_s", "604800")]).await;
        assert_eq!((me.status, me.shows("Is it still you?")), (403, true));
        assert!(me.shows("Nightly build"), "what was typed is carried on");
        let action = "/account/step-up?to=%2Facme%2Fme%2Ftokens";
        me.send(action, &[("step_up_password", "wrong horse")]).await;
        assert_eq!((me.status, me.shows("That is not your present password.")), (403, true));
        me.send(action, &[("step_up_password", PASSWORD)]).await;
        assert_eq!((me.status, me.path.as_str()), (200, "/acme/me/tokens"));
        assert!(me.shows("Nightly build") && me.shows("gld_pat_"), "{}", me.html);
        // What was only looked at is opened again.
        test.clock.advance_s(1_000);
        me.open("/account/security").await;
        me.send("/account/security/app", &[]).await;
        assert!(me.shows("Is it still you?"));
        me.send("/account/step-up?to=%2Faccount%2Fsecurity%2Fapp", &[("step_up_password", PASSWORD)]).await;
        assert!(me.shows("Set up your app") && me.html.contains("class=\"qr\""), "{}", me.html);
        test.stop().await;
    }
}

#[tokio::test]
async fn signing_in_with_a_factor_takes_two_steps_and_the_half_opens_nothing() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let owner = test.init("standard").await;
        let mut me = test.browser();
        me.sign_in(&owner.email, PASSWORD).await;
        me.open("/account/security").await;
        me.send("/account/security/app", &[]).await;
        let secret = me.html.split("id=\"secret\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let secret = secret.expect("a key").replace(' ', "");
        let code =
            |test: &TestApp| guildhall_testkit::authenticator::code(&secret, test.app.now().micros() / 1_000_000);
        me.send("/account/security/app/confirm", &[("code", &code(&test))]).await;
        assert!(me.shows("Authenticator app</bdi> is on") && me.html.matches("<li><code>").count() == 10);
        let mut other = test.browser();
        other.sign_in(&owner.email, PASSWORD).await;
        assert!(other.path.starts_with("/sign-in/code") && other.cookie("guildhall_session").is_none());
        assert!(other.open("/acme/me").await.path.starts_with("/sign-in?"));
        other.open("/sign-in/code").await;
        other.send("/sign-in/code", &[("code", "000000")]).await;
        assert_eq!((other.status, other.shows("That code is wrong")), (401, true));
        test.clock.advance_s(30);
        other.send("/sign-in/code", &[("code", &code(&test))]).await;
        assert_eq!(other.path, "/acme/admin/users");
        assert!(other.open("/acme/me").await.shows("10 backup codes left"));
        // Too late is from the beginning; nobody without a password sees that there is a second step.
        let mut late = test.browser();
        late.sign_in(&owner.email, PASSWORD).await;
        test.clock.advance_s(700);
        late.send("/sign-in/code", &[("code", &code(&test))]).await;
        assert_eq!((late.status, late.shows("This took too long")), (410, true));
        let mut pages = Vec::new();
        for email in [owner.email.as_str(), "nobody@acme.test"] {
            let mut stranger = test.browser();
            stranger.open("/sign-in").await;
            stranger.send("/sign-in", &[("email", email)]).await;
            stranger.send("/sign-in", &[("password", "wrong horse")]).await;
            pages.push((stranger.status, stranger.html.replace(email, "")));
        }
        assert_eq!(pages[0], pages[1]);
        test.stop().await;
    }
}
