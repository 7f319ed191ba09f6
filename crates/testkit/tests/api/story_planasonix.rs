//! Planasonix' page "User management", told over HTTP: inviting, the ceiling, offboarding in three steps, several
//! organizations.

use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";
const MEMBERS: &str = "/organizations/acme/members";

async fn may(by: &mut Caller, subject: &str, permission: &str, on: &str) -> bool {
    let asked = json!({"subject": subject, "permission": permission, "resource": on});
    by.post(&format!("{ORG}/check"), asked).await.expect(200).body["allowed"] == json!(true)
}

async fn grant(by: &mut Caller, on: &str, subject: Value, role: &str) {
    let body = json!({"subject": subject, "role": role});
    by.post(&format!("{ORG}/resources/{on}/grants"), body).await.expect(201);
}

// PL-1, PL-3, PL-4, PL-5, PL-6, PL-7, PL-9, PL-10, PL-11, PL-12, PL-14
#[tokio::test]
async fn pl_1_the_story_of_planasonix() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "planasonix").await;

        // Inviting: the corporate address, a role to begin with, and perhaps a team.
        let team = admin.post(&format!("{ORG}/groups"), json!({"name": "Data"})).await.expect(201).at("/id").to_owned();
        let one = json!({"email": "ann@acme.test", "role": "member", "groups": [team]});
        admin.post(&format!("{ORG}/invitations"), json!({"invitations": [one]})).await.expect(200);
        let secret = test.mails_to("ann@acme.test").await.pop().expect("a mail").secret("/invite/");
        let mut ann = test.anybody();
        let body = json!({"token": secret, "name": "Ann", "password": guildhall_testkit::app::PASSWORD});
        let came = ann.post("/invitations/accept", body).await.expect(200);
        let ann_member = came.at("/membership/id").to_owned();
        let seen = admin.get(&format!("{MEMBERS}/{ann_member}")).await.expect(200);
        assert_eq!((seen.at("/role"), seen.at("/groups/0/name")), ("member", "Data"));
        // Whoever is no administrator invites nobody.
        ann.post(&format!("{ORG}/invitations"), json!({"invitations": [{"email": "x@acme.test"}]}))
            .await
            .refused(403, "access.denied");

        // Addresses of an allowed domain join at their first sign-in; guests wait for an administrator.
        let knobs = json!({"domain.auto_join": ["acme.test"], "approval.mode": "outside_domains", "approval.domains": ["acme.test"]});
        admin.patch(&format!("{ORG}/policy"), knobs).await.expect(200);
        let mut guest = test.join(&mut admin, "acme", "guest@contractor.test", "viewer").await;
        guest.caller.get(ORG).await.refused(404, "not_found");
        admin.send("POST", &format!("{MEMBERS}/{}/approve", guest.member), None, &[]).await.expect(200);
        guest.caller.get(ORG).await.expect(200);

        // The role of the organization is the ceiling: a viewer who is made editor of a pipeline still only reads.
        for (kind, id) in [("project", "p"), ("connection", "c")] {
            let made = json!({"type": kind, "name": id, "external_id": id});
            admin.post(&format!("{ORG}/resources"), made).await.expect(201);
        }
        grant(&mut admin, "project:p", json!({"type": "group", "id": team}), "editor").await;
        grant(&mut admin, "project:p", json!({"type": "member", "id": guest.member}), "editor").await;
        let made = json!({"type": "pipeline", "name": "Load", "external_id": "load", "parent": "project:p"});
        ann.post(&format!("{ORG}/resources"), made).await.expect(201);
        assert!(may(&mut admin, &ann_member, "pipeline.edit", "pipeline:load").await);
        assert!(may(&mut admin, &guest.member, "pipeline.view", "pipeline:load").await);
        assert!(!may(&mut admin, &guest.member, "pipeline.edit", "pipeline:load").await);
        // Refine with teams and shares instead of promoting: out of the team, out of its project.
        let used = json!({"subject": {"type": "member", "id": ann_member}, "permission": "connection.use"});
        admin.post(&format!("{ORG}/resources/connection:c/grants"), used).await.expect(201);
        assert!(may(&mut admin, &ann_member, "connection.use", "connection:c").await);
        assert!(!may(&mut admin, &ann_member, "connection.view_secret", "connection:c").await);

        // Offboarding, first: what Ann owns is reassigned. Until then she cannot be removed.
        ann.post("/me/tokens", json!({"name": "ci", "organization": "acme"})).await.expect(201);
        let path = format!("{MEMBERS}/{ann_member}");
        let plan = admin.get(&format!("{path}/removal-plan")).await.expect(200);
        assert_eq!(
            (plan.at("/owns/0/name"), plan.body["rotate"].as_array().map(Vec::len)),
            ("Load", Some(1)),
            "{}",
            plan.text
        );
        assert!(!plan.body["upstream"].is_null(), "tokens at other providers stay: {}", plan.text);
        admin.delete(&path).await.refused(409, "member.owns_resources");
        let me = admin.get("/me").await.expect(200).at("/memberships/0/membership/id").to_owned();
        let to = json!({"to": me});
        admin.post(&format!("{ORG}/resources/pipeline:load/transfer"), to).await.expect(200);
        // Second: deactivate keeps her history; remove ends it all.
        admin.send("POST", &format!("{path}/deactivate"), None, &[]).await.expect(200);
        ann.get(ORG).await.refused(401, "auth.required");
        let acts = admin.get(&format!("{ORG}/audit-events?actor=ann@acme.test")).await.expect(200);
        assert!(acts.count() > 1, "{}", acts.text);
        admin.delete(&path).await.expect(204);
        // Third: her keys are dead with her.
        assert_eq!(admin.get(&format!("{ORG}/tokens")).await.expect(200).text.matches("\"ci\"").count(), 0);

        // Several organizations: an account, and service accounts, are each organization's own.
        test.found(&mut admin, "subsidiary", "planasonix").await;
        let asked = json!({"invitations": [{"email": guest.email, "role": "admin"}], "deliver": "link"});
        let asked = admin.post("/organizations/subsidiary/invitations", asked).await.expect(200);
        let secret = asked.at("/invitations/0/link").rsplit('/').next().unwrap_or_default();
        guest.caller.post("/invitations/accept", json!({"token": secret})).await.expect(200);
        guest
            .caller
            .post(&format!("{ORG}/service-accounts"), json!({"name": "bot"}))
            .await
            .refused(403, "access.denied");
        let bot =
            guest.caller.post("/organizations/subsidiary/service-accounts", json!({"name": "bot"})).await.expect(201);
        let key = format!("/organizations/subsidiary/service-accounts/{}/tokens", bot.at("/id"));
        let key = guest.caller.post(&key, json!({})).await.expect(201);
        test.with_token(key.at("/token")).get(ORG).await.refused(404, "not_found");
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_13_a_person_switches_and_bookmarks_and_tokens_stay_with_one_organization() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "planasonix").await;
        let mut ann = test.join(&mut admin, "acme", "ann@acme.test", "member").await;
        test.found(&mut admin, "other", "planasonix").await;
        test.join_too(&mut admin, "other", &mut ann, "viewer").await;
        let listed = ann.caller.get("/organizations").await.expect(200);
        assert_eq!(listed.count(), 2);
        let (mut token, _) = test.mint(&mut ann.caller, "acme", None).await;
        token.get(ORG).await.expect(200);
        token.get("/organizations/other").await.refused(404, "not_found");
        assert_eq!(token.get("/organizations").await.expect(200).count(), 1);
        // One browser, two tabs: each address is one organization's, and the menu leads to the others.
        let mut browser = test.browser();
        browser.sign_in("ann@acme.test", guildhall_testkit::app::PASSWORD).await;
        for (here, there) in [("acme", "other"), ("other", "acme")] {
            browser.open(&format!("/{here}/admin/users")).await;
            assert_eq!((browser.status, browser.path.as_str()), (200, format!("/{here}/admin/users").as_str()));
            assert!(browser.html.contains(&format!("href=\"/{there}\"")), "{}", browser.html);
        }
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_2_two_ways_lead_to_the_list_of_users() {
    for engine in engines() {
        let (test, _) = TestApp::house(engine, "planasonix").await;
        let mut browser = test.browser();
        browser.sign_in("owner@acme.test", guildhall_testkit::app::PASSWORD).await;
        // Organization → Users …
        browser.open("/acme/admin/org").await;
        let section = browser.html.split("nav-label\">Organization").nth(1).unwrap_or_default();
        assert!(section.contains("/acme/admin/users"), "{}", browser.html);
        // … or Settings → Members.
        assert_eq!(browser.open("/acme/settings/members").await.path, "/acme/admin/users");
        assert!(browser.shows("<h1>Users</h1>"));
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_8_whoever_chooses_a_role_is_advised_to_give_the_lowest() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "planasonix").await;
        let ann = test.join(&mut admin, "acme", "ann@acme.test", "viewer").await;
        let mut browser = test.browser();
        browser.sign_in("owner@acme.test", guildhall_testkit::app::PASSWORD).await;
        for page in ["invite".to_owned(), format!("users/{}/role", ann.member)] {
            browser.open(&format!("/acme/admin/{page}")).await;
            assert!(browser.shows("Give the lowest role") && browser.shows("widen it with teams"), "{}", browser.html);
        }
        // And whoever is given no role by name gets the lowest.
        let made = json!({"invitations": [{"email": "new@acme.test"}], "deliver": "link"});
        let made = admin.post(&format!("{ORG}/invitations"), made).await.expect(200);
        assert_eq!(made.at("/invitations/0/invitation/role"), "viewer");
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_20_shared_by_me_narrows_and_revokes_each_share_and_tells_who_has_yet_to_come() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "planasonix").await;
        let mut ann = test.join(&mut admin, "acme", "ann@acme.test", "admin").await;
        let bob = test.join(&mut admin, "acme", "bob@acme.test", "member").await;
        let by = &mut ann.caller;
        by.post(&format!("{ORG}/resources"), json!({"type": "pipeline", "name": "Load", "external_id": "load"}))
            .await
            .expect(201);
        let team = by.post(&format!("{ORG}/groups"), json!({"name": "Data"})).await.expect(201).at("/id").to_owned();
        grant(by, "pipeline:load", json!({"type": "member", "id": bob.member}), "editor").await;
        grant(by, "pipeline:load", json!({"type": "group", "id": team}), "viewer").await;
        by.post(&format!("{ORG}/resources/pipeline:load/share-links"), json!({"role": "viewer"})).await.expect(201);
        // Somebody from outside is asked, with the role inside; the share is pending until they accept.
        let outside = json!({"email": "eve@client.test", "role": "viewer", "resources": [{"resource": "pipeline:load", "role": "viewer"}]});
        by.post(&format!("{ORG}/invitations"), json!({"invitations": [outside]})).await.expect(200);
        let mine = format!("{ORG}/me/shared-by-me");
        let told = test.all(by, &mine).await;
        let kinds: Vec<&str> = told.iter().filter_map(|one| one["to"]["type"].as_str()).collect();
        assert_eq!(kinds, ["member", "group", "link", "invitation"]);
        let last = &told[3];
        assert_eq!((&last["to"]["name"], &last["active"]), (&json!("eve@client.test"), &json!(false)));
        // Page by page it is the same.
        let first = by.get(&format!("{mine}?limit=3")).await.expect(200);
        let rest = by.get(&format!("{mine}?limit=3&after={}", first.at("/next"))).await.expect(200);
        assert_eq!((first.count(), rest.count(), rest.at("/items/0/to/type")), (3, 1, "invitation"));
        let id = |at: usize| told[at]["id"].as_str().unwrap_or_default().to_owned();
        // Each is narrowed there …
        by.patch(&format!("{ORG}/grants/{}", id(0)), json!({"role": "viewer"})).await.expect(200);
        assert!(!may(by, &bob.member, "pipeline.edit", "pipeline:load").await);
        by.patch(&format!("{ORG}/invitations/{}", id(3)), json!({"resources": []})).await.expect(200);
        assert_eq!(test.all(by, &mine).await.len(), 3);
        // … or revoked.
        for path in [
            format!("grants/{}", id(0)),
            format!("grants/{}", id(1)),
            format!("resources/pipeline:load/share-links/{}", id(2)),
        ] {
            by.delete(&format!("{ORG}/{path}")).await.expect(204);
        }
        assert_eq!(test.all(by, &mine).await.len(), 0);
        test.deliver().await;
        test.stop().await;
    }
}

// PL-28, PL-31
#[tokio::test]
async fn pl_29_the_api_takes_bearer_keys_and_tells_unknown_from_unfit() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "planasonix").await;
        let (mut key, id) = test.mint(&mut admin, "acme", Some(&["member.list"])).await;
        key.get(MEMBERS).await.expect(200);
        // A scope that it lacks: known, and not fit. The body says it for programs and for people.
        let lacks = key.get(&format!("{ORG}/policy")).await;
        lacks.refused(403, "token.scope_missing");
        assert!(!lacks.at("/detail").is_empty() && !lacks.at("/title").is_empty());
        // Missing, not whole, revoked: unknown.
        test.anybody().get(MEMBERS).await.refused(401, "auth.required");
        test.with_token("gld_pat_typo").get(MEMBERS).await.refused(401, "token.malformed");
        admin.delete(&format!("/me/tokens/{id}")).await.expect(204);
        key.get(MEMBERS).await.refused(401, "auth.invalid");
        // A name and a password are for signing in, not for the API.
        let basic = [("authorization", "Basic b3duZXJAYWNtZS50ZXN0OmNvcnJlY3QgaG9yc2U=")];
        test.anybody().send("GET", MEMBERS, None, &basic).await.refused(401, "auth.invalid");
        test.stop().await;
    }
}
