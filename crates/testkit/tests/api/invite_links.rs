//! Invite links over REST: made, listed, withdrawn, reset, and coming in with one.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const LINKS: &str = "/organizations/acme/invite-links";
const POLICY: &str = "/organizations/acme/policy";
const DAY_S: i64 = 86_400;

async fn link(by: &mut Caller, body: Value) -> Answer {
    by.post(LINKS, body).await.expect(201)
}

async fn join(test: &TestApp, token: &str, email: &str) -> (Caller, Answer) {
    let mut caller = test.anybody();
    let body = json!({"token": token, "email": email, "name": "New Comer", "password": PASSWORD});
    let answer = caller.post("/invitations/accept", body).await;
    test.deliver().await;
    (caller, answer)
}

#[tokio::test]
async fn px_16_a_link_is_for_anybody_who_holds_it_and_shown_once() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let made = link(&mut owner, json!({"role": "member"})).await;
        let (id, token) = (made.at("/id").to_owned(), made.at("/token").to_owned());
        assert!(id.starts_with("lnk_") && token.starts_with("gld_link_"), "{}", made.text);
        assert!(made.at("/link").ends_with(&format!("/invite/{token}")));
        assert_eq!((made.at("/role"), made.at("/state")), ("member", "open"));
        assert_eq!(made.body["uses_left"], Value::Null, "bound to no count");
        for email in ["ann@acme.test", "bob@else.test"] {
            let (mut caller, came) = join(&test, &token, email).await;
            let came = came.expect(200);
            assert_eq!((came.at("/membership/role"), came.at("/membership/status")), ("member", "active"));
            assert_eq!(came.at("/membership/origin"), "invite_link");
            let me = caller.get("/me").await.expect(200);
            assert_eq!(me.at("/identity/email"), email);
            assert_eq!(me.body["identity"]["email_verified"], false, "a link verifies no address");
            assert!(!test.allowed(&mut owner, "acme", email, "organization.read").await, "resolves to nobody");
            let proof = test.mails_to(email).await.pop().expect("a mail").secret("/email/verify/");
            test.anybody().post("/email/verify", json!({"token": proof})).await.expect(204);
            assert!(test.allowed(&mut owner, "acme", email, "organization.read").await);
        }
        let listed = owner.get(LINKS).await.expect(200);
        assert_eq!(listed.at("/items/0/id"), id);
        assert!(!listed.text.contains(&token), "never shown again");
        let trail = owner.get("/organizations/acme/audit-events?limit=100").await.expect(200).text;
        assert!(trail.contains("invite_link.created") && trail.contains("invite_link.used") && !trail.contains(&token));
        let missing = json!({"token": token, "name": "X", "password": PASSWORD});
        let missing = test.anybody().post("/invitations/accept", missing).await.expect(422);
        assert_eq!((missing.at("/errors/0/field"), missing.at("/errors/0/code")), ("email", "field.missing"));
        test.stop().await;
    }
}

#[tokio::test]
async fn px_17_a_link_stops_working_after_seven_days() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let long = link(&mut owner, json!({})).await;
        let short = link(&mut owner, json!({"expires_in_s": 3_600})).await;
        test.clock.advance_s(7 * DAY_S - 1);
        join(&test, short.at("/token"), "ann@acme.test").await.1.refused(410, "invite_link.expired");
        join(&test, long.at("/token"), "ann@acme.test").await.1.expect(200);
        test.clock.advance_s(1);
        join(&test, long.at("/token"), "bob@acme.test").await.1.refused(410, "invite_link.expired");
        assert_eq!(owner.get(LINKS).await.expect(200).at("/items/1/state"), "expired");
        test.stop().await;
    }
}

#[tokio::test]
async fn px_18_reset_ends_all_links_of_one_organization_and_no_others() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "beta", "standard").await;
        let (one, two) = (link(&mut owner, json!({})).await, link(&mut owner, json!({"uses": 1})).await);
        let used = link(&mut owner, json!({"uses": 1})).await;
        join(&test, used.at("/token"), "ann@acme.test").await.1.expect(200);
        let other = owner.post("/organizations/beta/invite-links", json!({})).await.expect(201);
        let named = test.invite(&mut owner, "acme", "cy@acme.test", "member").await;
        let told = owner.send("POST", &format!("{LINKS}/reset?dry_run=true"), None, &[]).await.expect(200);
        assert_eq!(told.at("/changes/0/type"), "invite_link.all_reset");
        assert_eq!(told.body["changes"][0]["before"]["open"], 2, "the used-up one counts no more");
        let done = owner.send("POST", &format!("{LINKS}/reset"), None, &[]).await.expect(200);
        assert_eq!(done.body, json!({"reset": 2}));
        for dead in [&one, &two] {
            join(&test, dead.at("/token"), "dee@acme.test").await.1.refused(410, "invite_link.reset");
        }
        join(&test, used.at("/token"), "dee@acme.test").await.1.refused(410, "invite_link.used_up");
        join(&test, other.at("/token"), "dee@acme.test").await.1.expect(200);
        let later = link(&mut owner, json!({})).await;
        join(&test, later.at("/token"), "eve@acme.test").await.1.expect(200);
        let body = json!({"token": named.secret, "name": "Cy", "password": PASSWORD});
        test.anybody().post("/invitations/accept", body).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn px_19_a_link_is_verified_without_login_and_a_dead_one_says_so() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let made = link(&mut owner, json!({})).await;
        let mut browser = test.browser();
        let page = browser.open(&format!("/invite/{}", made.at("/token"))).await;
        assert!(page.status == 200 && page.shows("Acme") && page.shows("name=\"email\""), "{}", page.html);
        owner.send("POST", &format!("{LINKS}/reset"), None, &[]).await.expect(200);
        let mut forged = made.at("/token").to_owned();
        forged.truncate(40);
        let minted =
            test.app.credentials.mint(guildhall_server::security::token::TokenKind::Link, test.app.entropy.as_ref());
        for (token, status) in [(made.at("/token"), 410), (&forged, 404), (minted.secret.expose(), 404)] {
            let page = browser.open(&format!("/invite/{token}")).await;
            assert!(page.status == status && page.shows("This invite is not valid"), "{}", page.html);
            assert!(page.shows("new one") && page.shows("href=\"/sign-up\""), "{}", page.html);
        }
        join(&test, &forged, "ann@acme.test").await.1.refused(404, "invitation.unknown");
        join(&test, minted.secret.expose(), "ann@acme.test").await.1.refused(404, "invitation.unknown");
        test.stop().await;
    }
}

#[tokio::test]
async fn px_20_whoever_has_an_organization_is_refused_where_one_is_the_rule() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "beta", "standard").await;
        let mut settled = test.join(&mut owner, "beta", "ann@acme.test", "member").await;
        let mut free = test.join(&mut owner, "beta", "bob@acme.test", "member").await;
        owner.delete(&format!("/organizations/beta/members/{}", free.member)).await.expect(204);
        owner.patch(POLICY, json!({"identity.organizations": "one"})).await.expect(200);
        let made = link(&mut owner, json!({"uses": 5})).await;
        let body = json!({"token": made.at("/token")});
        let before = owner.get("/organizations/acme").await.expect(200).text;
        settled.caller.post("/invitations/accept", body.clone()).await.refused(409, "member.elsewhere");
        assert_eq!(owner.get("/organizations/acme").await.expect(200).text, before);
        assert_eq!(owner.get(LINKS).await.expect(200).body["items"][0]["uses_left"], 5, "nothing changed");
        assert_eq!(owner.get("/organizations/acme/members").await.expect(200).count(), 1);
        free.caller = test.sign_in("bob@acme.test").await;
        let came = free.caller.post("/invitations/accept", body.clone()).await.expect(200);
        assert_eq!(came.at("/membership/identity/id"), free.user, "somebody without one joins as they are");
        assert_eq!(owner.get(LINKS).await.expect(200).body["items"][0]["uses_left"], 4);
        free.caller.post("/invitations/accept", body.clone()).await.refused(409, "member.already");
        owner.patch(POLICY, json!({"identity.organizations": "many"})).await.expect(200);
        settled.caller.post("/invitations/accept", body).await.expect(200);
        test.stop().await;
    }
}

// PX-39
#[tokio::test]
async fn px_39_somebody_who_was_removed_rejoins_with_a_link() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        owner.delete(&format!("/organizations/acme/members/{}", ann.member)).await.expect(204);
        let made = link(&mut owner, json!({"role": "guest"})).await;
        let mut again = test.sign_in("ann@acme.test").await;
        let came = again.post("/invitations/accept", json!({"token": made.at("/token")})).await.expect(200);
        assert_ne!(came.at("/membership/id"), ann.member);
        assert_eq!(came.at("/membership/role"), "guest", "no old rights return");
        test.stop().await;
    }
}

#[tokio::test]
async fn an_address_that_has_an_account_is_answered_like_a_new_one() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "beta", "standard").await;
        let real = test.join(&mut owner, "beta", "ann@acme.test", "member").await;
        let made = link(&mut owner, json!({})).await;
        let (_, known) = join(&test, made.at("/token"), "ann@acme.test").await;
        let (_, new) = join(&test, made.at("/token"), "new@acme.test").await;
        let (known, new) = (known.expect(200), new.expect(200));
        let fields = |a: &Answer| a.body.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>());
        assert_eq!(fields(&known), fields(&new));
        assert_ne!(known.at("/membership/identity/id"), real.user, "and never signs in as the one there is");
        assert!(!test.allowed(&mut owner, "acme", "ann@acme.test", "organization.read").await);
        test.stop().await;
    }
}

#[tokio::test]
async fn the_policy_says_whether_how_long_and_for_how_many() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let policy = json!({"invite_link.ttl_s": 7_200, "invite_link.uses": 2});
        owner.patch(POLICY, policy).await.expect(200);
        for (body, field) in [
            (json!({"expires_in_s": 7_201}), "expires_in_s"),
            (json!({"expires_in_s": 59}), "expires_in_s"),
            (json!({"uses": 3}), "uses"),
            (json!({"uses": 0}), "uses"),
            (json!({"role": "emperor"}), "role"),
        ] {
            let answer = owner.post(LINKS, body).await.expect(422);
            assert_eq!(answer.at("/errors/0/field"), field, "{}", answer.text);
        }
        let made = link(&mut owner, json!({})).await;
        assert_eq!((made.at("/role"), &made.body["uses_left"]), ("member", &json!(2)), "the policy's");
        owner.patch(POLICY, json!({"invite_link.offered": false})).await.expect(200);
        owner.post(LINKS, json!({})).await.refused(403, "invite_link.not_offered");
        join(&test, made.at("/token"), "ann@acme.test").await.1.refused(403, "invite_link.not_offered");
        let open = json!({"invite_link.offered": true, "invite_link.ttl_s": null, "invite_link.uses": null});
        owner.patch(POLICY, open).await.expect(200);
        join(&test, made.at("/token"), "ann@acme.test").await.1.expect(200);
        let endless = link(&mut owner, json!({})).await;
        assert_eq!((&endless.body["expires_at"], &endless.body["uses_left"]), (&Value::Null, &Value::Null));
        test.clock.advance_s(300 * DAY_S);
        join(&test, endless.at("/token"), "bob@acme.test").await.1.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn uses_count_down_and_one_link_can_be_withdrawn() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let (two, other) = (link(&mut owner, json!({"uses": 2})).await, link(&mut owner, json!({})).await);
        for email in ["ann@acme.test", "bob@acme.test"] {
            join(&test, two.at("/token"), email).await.1.expect(200);
        }
        join(&test, two.at("/token"), "cy@acme.test").await.1.refused(410, "invite_link.used_up");
        assert_eq!(owner.get(LINKS).await.expect(200).at("/items/1/state"), "used_up");
        let path = format!("{LINKS}/{}", other.at("/id"));
        owner.delete(&path).await.expect(204);
        join(&test, other.at("/token"), "cy@acme.test").await.1.refused(410, "invitation.cancelled");
        owner.delete(&path).await.refused(410, "invitation.cancelled");
        owner.delete(&format!("{LINKS}/lnk_00000000000000000000000000")).await.refused(404, "not_found");
        test.stop().await;
    }
}

#[tokio::test]
async fn nobody_makes_a_link_with_a_role_above_their_own() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await.caller;
        let mut member = test.join(&mut owner, "acme", "member@acme.test", "member").await.caller;
        admin.post(LINKS, json!({"role": "owner"})).await.refused(403, "role.above_own");
        admin.post(LINKS, json!({"role": "admin"})).await.expect(201);
        member.post(LINKS, json!({"role": "guest"})).await.refused(403, "access.denied");
        member.send("POST", &format!("{LINKS}/reset"), None, &[]).await.refused(403, "access.denied");
        let (mut narrow, _) = test.mint(&mut owner, "acme", Some(&["member.invite"])).await;
        narrow.post(LINKS, json!({"role": "member"})).await.refused(403, "role.above_own");
        test.stop().await;
    }
}

#[tokio::test]
async fn joining_with_a_link_waits_for_approval_where_the_policy_says_so() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let policy = json!({"approval.mode": "outside_domains", "approval.domains": ["acme.test"],
            "approval.exempt_named_invites": true});
        owner.patch(POLICY, policy).await.expect(200);
        let made = link(&mut owner, json!({})).await;
        let (_, came) = join(&test, made.at("/token"), "ann@acme.test").await;
        assert_eq!(came.at("/membership/status"), "pending_approval", "an unproved address is of no domain");
        test.found(&mut owner, "beta", "standard").await;
        let mut proved = test.join(&mut owner, "beta", "bob@acme.test", "member").await.caller;
        let came = proved.post("/invitations/accept", json!({"token": made.at("/token")})).await.expect(200);
        assert_eq!(came.at("/membership/status"), "active");
        owner.patch(POLICY, json!({"approval.mode": "all"})).await.expect(200);
        let mut other = test.join(&mut owner, "beta", "cy@acme.test", "member").await.caller;
        let came = other.post("/invitations/accept", json!({"token": made.at("/token")})).await.expect(200);
        assert_eq!(came.at("/membership/status"), "pending_approval", "a link names nobody, so nobody is exempt");
        let someone = json!({"token": made.at("/token"), "email": "dee@acme.test"});
        other.post("/invitations/accept", someone).await.refused(403, "invitation.other_person");
        test.stop().await;
    }
}
