//! Onyx's page "Users and Groups", told over HTTP: as the page stands, and as the newer version has it.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";
const MEMBERS: &str = "/organizations/acme/members";
const GROUPS: &str = "/organizations/acme/groups";

async fn sign_up(test: &TestApp, email: &str) -> (Caller, guildhall_testkit::Answer) {
    let mut caller = test.anybody();
    let body = json!({"email": email, "name": email, "password": PASSWORD, "organization": "acme"});
    let answer = caller.post("/sign-up", body).await;
    test.deliver().await;
    (caller, answer)
}

async fn seat(by: &mut Caller, group: &str, member: &str, manager: bool) {
    let path = format!("{GROUPS}/{group}/members/{member}");
    by.send("PUT", &path, Some(&json!({"manager": manager})), &[]).await.expect(204);
}

async fn make(by: &mut Caller, kind: &str, id: &str) {
    let made = json!({"type": kind, "name": id, "external_id": id});
    by.post(&format!("{ORG}/resources"), made).await.expect(201);
}

/// Attaches to a group everything private that the page names, and limits the group's use; then a member has it
/// and a stranger to the group has not.
async fn groups(admin: &mut Caller, inside: (&mut Caller, &str), outside: &mut Caller) -> String {
    let group = admin.post(GROUPS, json!({"name": "Research"})).await.expect(201).at("/id").to_owned();
    for kind in ["connector", "document_set", "agent"] {
        make(admin, kind, "private").await;
        let given = json!({"subject": {"type": "group", "id": group}, "role": "user"});
        admin.post(&format!("{ORG}/resources/{kind}:private/grants"), given).await.expect(201);
    }
    let (caller, member) = inside;
    caller.get(&format!("{ORG}/resources/agent:private")).await.refused(404, "not_found");
    seat(admin, &group, member, false).await;
    for kind in ["connector", "document_set", "agent"] {
        caller.get(&format!("{ORG}/resources/{kind}:private")).await.expect(200);
        outside.get(&format!("{ORG}/resources/{kind}:private")).await.refused(404, "not_found");
    }
    let limit = json!({"scope": {"type": "group", "id": group}, "unit": "tokens", "budget": 100, "period_s": 3_600});
    admin.post(&format!("{ORG}/usage-limits"), limit).await.expect(201);
    let used = |amount: u64| json!({"subject": member, "unit": "tokens", "amount": amount});
    admin.post(&format!("{ORG}/usage"), used(100)).await.expect(200);
    admin.post(&format!("{ORG}/usage/check"), used(1)).await.refused(429, "usage.exceeded");
    group
}

// ON-1, ON-2, ON-3, ON-4, ON-14, ON-20, ON-23, ON-28, ON-29
#[tokio::test]
async fn on_1_the_story_of_onyx() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "onyx").await;

        // As people join they are on the page.
        let (mut ann, came) = sign_up(&test, "ann@acme.test").await;
        let ann_member = came.expect(201).at("/membership/id").to_owned();
        let listed = admin.get(&format!("{MEMBERS}?query=ann")).await.expect(200);
        assert_eq!((listed.at("/items/0/role"), listed.at("/items/0/status")), ("basic", "active"));

        // Inviting sends a mail, and closes the door to everybody who was not: all by invitation, or none.
        let asked = json!({"invitations": [{"email": "bob@acme.test"}]});
        admin.post(&format!("{ORG}/invitations"), asked).await.expect(200);
        sign_up(&test, "eve@acme.test").await.1.refused(403, "join.closed");
        let secret = test.mails_to("bob@acme.test").await.pop().expect("a mail").secret("/invite/");
        let mut bob = test.anybody();
        let body = json!({"token": secret, "name": "Bob", "password": PASSWORD});
        let bob_member = bob.post("/invitations/accept", body).await.expect(200).at("/membership/id").to_owned();
        sign_up(&test, "eve@acme.test").await.1.refused(403, "join.closed");

        // Groups: what is attached to one all in it have, and its limit bounds them.
        let group = groups(&mut admin, (&mut ann, &ann_member), &mut bob).await;

        // The dropdown of roles: one is made Admin, one Curator of a group.
        let ann_path = format!("{MEMBERS}/{ann_member}");
        admin.patch(&ann_path, json!({"role": "admin"})).await.expect(200);
        let bob_path = format!("{MEMBERS}/{bob_member}");
        admin.patch(&bob_path, json!({"role": "curator"})).await.refused(422, "group.groups_needed");
        let curates = admin.patch(&bob_path, json!({"role": "curator", "groups": [group]})).await.expect(200);
        assert_eq!((curates.at("/role"), &curates.body["groups"][0]["manager"]), ("curator", &json!(true)));
        bob.patch(&format!("{GROUPS}/{group}"), json!({"name": "Science"})).await.expect(200);

        // Deactivating, and deleting; who still owns an agent is not deleted.
        make(&mut bob, "agent", "bobs").await;
        ann.send("POST", &format!("{bob_path}/deactivate"), None, &[]).await.expect(200);
        bob.get(ORG).await.refused(401, "auth.required");
        let stays = ann.delete(&bob_path).await;
        stays.refused(409, "member.owns_resources");
        assert_eq!(stays.at("/blockers/0/name"), "bobs");
        let me = ann.get("/me").await.expect(200).at("/memberships/0/membership/id").to_owned();
        ann.post(&format!("{ORG}/resources/agent:bobs/transfer"), json!({"to": me})).await.expect(200);
        ann.delete(&bob_path).await.expect(204);
        assert_eq!(ann.get(&format!("{MEMBERS}?query=bob")).await.expect(200).count(), 0);
        test.deliver().await;
        test.stop().await;
    }
}

/// The group that every workspace begins with.
async fn default_group(by: &mut Caller, name: &str) -> Value {
    let all = by.get(GROUPS).await.expect(200);
    all.body["items"].as_array().into_iter().flatten().find(|one| one["name"] == name).cloned().expect("it is there")
}

// ON-6, ON-20, ON-23, ON-24, ON-28, ON-29, ON-32, ON-33, ON-34
#[tokio::test]
async fn on_32_the_story_of_the_newer_onyx() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "onyx-4.7").await;

        // Whoever joins is in the group Basic, and has what it gives; inviting closes nothing by itself.
        let (mut ann, came) = sign_up(&test, "ann@acme.test").await;
        let ann_member = came.expect(201).at("/membership/id").to_owned();
        let asked = json!({"invitations": [{"email": "cid@acme.test"}], "deliver": "link"});
        admin.post(&format!("{ORG}/invitations"), asked).await.expect(200);
        let (mut bob, came) = sign_up(&test, "bob@acme.test").await;
        let bob_member = came.expect(201).at("/membership/id").to_owned();
        admin.patch(&format!("{ORG}/policy"), json!({"signup.open": false})).await.expect(200);
        sign_up(&test, "eve@acme.test").await.1.refused(403, "join.closed");
        ann.get(ORG).await.expect(200);
        make(&mut ann, "agent", "anns").await;

        // Permissions are groups' and add up; who is in none has nothing, and nobody's last is taken.
        let basic = default_group(&mut admin, "Basic").await["id"].as_str().unwrap_or_default().to_owned();
        let seat_of_bob = format!("{GROUPS}/{basic}/members/{bob_member}");
        admin.delete(&seat_of_bob).await.refused(409, "group.last_group");
        let quiet = admin.post(GROUPS, json!({"name": "Quiet"})).await.expect(201).at("/id").to_owned();
        seat(&mut admin, &quiet, &bob_member, false).await;
        admin.delete(&seat_of_bob).await.expect(204);
        let agent = json!({"type": "agent", "name": "bobs"});
        bob.post(&format!("{ORG}/resources"), agent.clone()).await.refused(403, "access.denied");
        let gives = json!({"permissions": ["agent.create"]});
        admin.patch(&format!("{GROUPS}/{quiet}"), gives).await.expect(200);
        bob.post(&format!("{ORG}/resources"), agent).await.expect(201);
        // The default groups stay as they are.
        admin.patch(&format!("{GROUPS}/{basic}"), json!({"name": "All"})).await.refused(409, "group.reserved");
        admin.delete(&format!("{GROUPS}/{basic}")).await.refused(409, "group.reserved");

        // Groups give resources and bound use, as before.
        let group = groups(&mut admin, (&mut ann, &ann_member), &mut bob).await;
        seat(&mut admin, &group, &ann_member, true).await;
        seat(&mut ann, &group, &bob_member, false).await;
        bob.get(&format!("{ORG}/resources/agent:private")).await.expect(200);
        // The group Admin gives everything but what concerns the admins themselves; only who has it gives it.
        let admins = default_group(&mut admin, "Admin").await["id"].as_str().unwrap_or_default().to_owned();
        bob.get(MEMBERS).await.refused(403, "access.denied");
        seat(&mut admin, &admins, &bob_member, false).await;
        bob.get(MEMBERS).await.expect(200);

        // Deactivated, switched on again: back in the group of everybody. Deleted: what she owned stays.
        let path = format!("{MEMBERS}/{ann_member}");
        admin.delete(&path).await.refused(409, "member.deactivate_first");
        admin.send("POST", &format!("{path}/deactivate"), None, &[]).await.expect(200);
        let back = admin.send("POST", &format!("{path}/reactivate"), None, &[]).await.expect(200);
        assert!(back.text.contains("\"Basic\""), "{}", back.text);
        admin.send("POST", &format!("{path}/deactivate"), None, &[]).await.expect(200);
        admin.delete(&path).await.expect(204);
        let left = admin.get(&format!("{ORG}/resources/agent:anns")).await.expect(200);
        assert!(left.body["owner"].is_null(), "{}", left.text);
        test.deliver().await;
        test.stop().await;
    }
}
