//! A directory from elsewhere, in bulk: people, groups, resources and grants, each with an answer of its own.

use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const IMPORT: &str = "/organizations/acme/import";

fn directory() -> Value {
    json!({"items": [
        {"kind": "person", "email": "ann@acme.test", "name": "Ann Lee", "role": "admin"},
        {"kind": "person", "email": "bob@acme.test", "name": "Bob"},
        {"kind": "group", "name": "Research", "description": "Who finds out"},
        {"kind": "group_member", "group": "Research", "email": "bob@acme.test", "manager": true},
        {"kind": "resource", "type": "workspace", "external_id": "plans", "name": "Plans", "owner": "ann@acme.test"},
        {"kind": "resource", "type": "project", "external_id": "first", "name": "First", "parent": "workspace:plans"},
        {"kind": "grant", "resource": "workspace:plans", "group": "Research", "role": "viewer"},
        {"kind": "grant", "resource": "project:first", "email": "bob@acme.test", "permission": "project.edit"},
    ]})
}

fn told(answer: &Answer, field: &str) -> Vec<String> {
    let items = answer.body["items"].as_array().unwrap_or_else(|| panic!("{}", answer.text));
    items.iter().map(|one| one[field].as_str().unwrap_or_default().to_owned()).collect()
}

async fn reads(owner: &mut Caller, subject: &str, permission: &str, resource: &str) -> bool {
    let body = json!({"subject": subject, "permission": permission, "resource": resource});
    owner.post("/organizations/acme/check", body).await.expect(200).body["allowed"] == true
}

#[tokio::test]
async fn a_directory_comes_in_and_a_second_time_changes_nothing() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let preview = owner.post(&format!("{IMPORT}?dry_run=true"), directory()).await.expect(200);
        assert_eq!(told(&preview, "status"), ["created"; 8]);
        assert!(preview.body["access_gained"].as_array().is_some_and(|gained| gained.len() == 2), "{}", preview.text);
        assert_eq!(test.all(&mut owner, "/organizations/acme/members").await.len(), 1, "a preview keeps nothing");

        let done = owner.post(IMPORT, directory()).await.expect(200);
        assert_eq!(told(&done, "status"), ["created"; 8], "{}", done.text);
        let ann = owner.get(&format!("/organizations/acme/members/{}", done.at("/items/0/id"))).await.expect(200);
        assert_eq!((ann.at("/role"), ann.at("/status"), ann.at("/origin")), ("admin", "active", "import"));
        assert!(reads(&mut owner, "bob@acme.test", "workspace.read", "workspace:plans").await, "by the group");
        assert!(reads(&mut owner, "bob@acme.test", "project.edit", "project:first").await, "by the grant");
        let plans = owner.get("/organizations/acme/resources/workspace:plans").await.expect(200);
        assert_eq!(plans.at("/owner/email"), "ann@acme.test");

        let revision =
            owner.get("/organizations/acme/audit-events?limit=1").await.expect(200).body["items"][0]["id"].clone();
        let again = owner.post(IMPORT, directory()).await.expect(200);
        assert_eq!(told(&again, "status"), ["unchanged"; 8], "{}", again.text);
        assert_eq!(told(&again, "id")[..2], told(&done, "id")[..2]);
        let latest = owner.get("/organizations/acme/audit-events?limit=1").await.expect(200);
        assert_eq!(latest.body["items"][0]["id"], revision, "nothing happened, so nothing is told");
        let trail = owner.get("/organizations/acme/audit-events?type=member.joined").await.expect(200);
        assert_eq!((trail.count(), trail.at("/items/0/actor/name")), (3, "owner@acme.test"), "the owner, Ann and Bob");

        // whoever was imported sets a password by mail, since their address is vouched for
        test.anybody().post("/password/forgot", json!({"email": "bob@acme.test"})).await.expect(204);
        let mail = test.mails_to("bob@acme.test").await.pop().expect("a mail");
        let body = json!({"token": mail.secret("/password/reset/"), "password": "a better password"});
        test.anybody().post("/password/reset", body).await.expect(204);
        let mut bob = test.anybody();
        bob.post("/session", json!({"email": "bob@acme.test", "password": "a better password"})).await.expect(200);
        bob.get("/organizations/acme").await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn each_wrong_item_is_told_and_the_others_come_in() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.invite(&mut owner, "acme", "ivy@acme.test", "member").await;
        let items = json!({"items": [
            {"kind": "person", "email": "not an address"},
            {"kind": "person", "email": "ann@acme.test", "role": "emperor"},
            {"kind": "person", "email": "ivy@acme.test"},
            {"kind": "person"},
            {"kind": "robot", "name": "R2"},
            {"kind": "group_member", "group": "Nobody", "email": "owner@acme.test"},
            {"kind": "group", "name": "Research"},
            {"kind": "group_member", "group": "Research", "email": "stranger@acme.test"},
            {"kind": "resource", "type": "castle", "external_id": "x", "name": "X"},
            {"kind": "resource", "type": "project", "external_id": "x", "parent": "workspace:none"},
            {"kind": "grant", "resource": "workspace:none", "group": "Research", "role": "viewer"},
            {"kind": "grant", "resource": "workspace:none", "role": "viewer"},
            {"kind": "person", "email": "Ann@acme.test"},
            {"kind": "person", "email": "ann@ACME.test"},
        ]});
        let answer = owner.post(IMPORT, items).await.expect(200);
        let codes = told(&answer, "code");
        let expected = [
            "email.invalid",
            "role.unknown",
            "invitation.already_pending",
            "field.missing",
            "field.invalid",
            "group.unknown",
            "",
            "grant.subject",
            "access.denied",
            "resource.parent",
            "not_found",
            "field.invalid",
            "",
            "",
        ];
        assert_eq!(codes, expected, "{}", answer.text);
        assert_eq!(told(&answer, "status")[12..], ["created", "unchanged"], "one address, however it is written");
        let too_many: Vec<_> = (0..1_001).map(|n| json!({"kind": "group", "name": format!("g{n}")})).collect();
        owner.post(IMPORT, json!({"items": too_many})).await.refused(422, "request.invalid");
        owner.post(IMPORT, json!({"items": [{"kind": "group", "nmae": "x"}]})).await.refused(422, "request.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn nobody_imports_more_than_they_may_make() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut admin = test.join(&mut owner, "acme", "adam@acme.test", "admin").await.caller;
        let mut member = test.join(&mut owner, "acme", "mia@acme.test", "member").await.caller;
        member.post(IMPORT, directory()).await.refused(403, "access.denied");
        // people are vouched for by the installation's administrator only; the rest by whoever may make it
        let answer = admin.post(IMPORT, directory()).await.expect(200);
        let codes = told(&answer, "code");
        assert_eq!(codes[..3], ["instance.administrator_required", "instance.administrator_required", ""]);
        assert_eq!(told(&answer, "status")[2], "created");

        // seats end it, one by one
        owner.patch("/organizations/acme/policy", json!({"seats.max": 4, "seats.mode": "cap"})).await.expect(200);
        let people: Vec<_> =
            ["x", "y", "z"].map(|n| json!({"kind": "person", "email": format!("{n}@acme.test")})).into();
        let answer = owner.post(IMPORT, json!({"items": people})).await.expect(200);
        assert_eq!(told(&answer, "code"), ["", "seats.full", "seats.full"], "{}", answer.text);
        test.deliver().await;

        // a person of another organization comes in with the account they have
        test.found(&mut owner, "other", "standard").await;
        let here = json!({"items": [{"kind": "person", "email": "mia@acme.test", "name": "Somebody else"}]});
        let came = owner.post("/organizations/other/import", here).await.expect(200);
        assert_eq!(told(&came, "status"), ["created"], "{}", came.text);
        test.stop().await;
    }
}

#[tokio::test]
async fn whoever_is_imported_has_an_address_that_the_organization_takes() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.patch("/organizations/acme/policy", json!({"domain.exclusive": ["acme.test"]})).await.expect(200);
        let people = json!({"items": [
            {"kind": "person", "email": "cy@other.test"},
            {"kind": "person", "email": "ann@acme.test"},
        ]});
        let answer = owner.post(IMPORT, people).await.expect(200);
        assert_eq!(told(&answer, "code"), ["join.domain", ""], "{}", answer.text);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_grant_that_has_ended_is_given_anew_and_nobody_owns_what_nobody_here_brings() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.post(IMPORT, directory()).await.expect(200);
        let until = |end: Option<&str>| json!({"items": [{"kind": "grant", "resource": "workspace:plans", "email": "bob@acme.test", "role": "editor", "expires_at": end}]});
        let soon = test.app.now().plus_s(60).to_string();
        assert_eq!(told(&owner.post(IMPORT, until(Some(&soon))).await.expect(200), "status"), ["created"]);
        assert_eq!(told(&owner.post(IMPORT, until(None)).await.expect(200), "status"), ["unchanged"]);
        test.clock.advance_s(61);
        assert!(!reads(&mut owner, "bob@acme.test", "workspace.edit", "workspace:plans").await);
        assert_eq!(told(&owner.post(IMPORT, until(None)).await.expect(200), "status"), ["created"]);
        assert!(reads(&mut owner, "bob@acme.test", "workspace.edit", "workspace:plans").await);
        let odd = json!({"items": [{"kind": "resource", "type": "workspace", "external_id": "x", "owner": "stranger@acme.test"}]});
        assert_eq!(told(&owner.post(IMPORT, odd).await.expect(200), "code"), ["resource.owner"]);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_grant_that_takes_the_importers_own_right_away_is_refused_and_the_others_come_in() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.post(IMPORT, directory()).await.expect(200);
        owner.patch("/organizations/acme/policy", json!({"scope.controlled_by_grants": true})).await.expect(200);
        let role = json!({"name": "Porter", "slug": "porter", "permissions": [
            "organization.read", "organization.import", "member.list", "group.list", "group.manage", "workspace.read",
            "workspace.create", "workspace.share", "project.read",
        ]});
        owner.post("/organizations/acme/roles", role).await.expect(201);
        let mut porter = test.join(&mut owner, "acme", "pat@acme.test", "porter").await.caller;
        owner
            .post("/organizations/acme/resources", json!({"type": "workspace", "name": "Open", "external_id": "open"}))
            .await
            .expect(201);
        let wide = json!({"subject": {"type": "everyone"}, "permission": "workspace.read"});
        let alone = porter.post("/organizations/acme/resources/workspace:open/grants", wide).await;
        alone.refused(409, "grant.too_wide");
        let items = json!({"items": [
            {"kind": "group", "name": "Before"},
            {"kind": "grant", "resource": "workspace:open", "everyone": true, "permission": "workspace.read"},
            {"kind": "group", "name": "After"},
        ]});
        for dry_run in ["?dry_run=true", ""] {
            let answer = porter.post(&format!("{IMPORT}{dry_run}"), items.clone()).await.expect(200);
            assert_eq!(told(&answer, "code"), ["", "grant.too_wide", ""], "{}", answer.text);
        }
        let open = owner.get("/organizations/acme/resources/workspace:open/grants").await.expect(200);
        assert_eq!(open.count(), 0, "what is refused is not there");
        assert_eq!(owner.get("/organizations/acme/groups").await.expect(200).count(), 3);
        test.stop().await;
    }
}
