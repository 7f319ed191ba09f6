//! Turbot Pipes' page "People", told over HTTP: on the Team plan, and on the Enterprise plan with a tenant above.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, Person, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";
const MEMBERS: &str = "/organizations/acme/members";

async fn workspace(by: &mut Caller, organization: &str, id: &str) {
    let made = json!({"type": "workspace", "name": id, "external_id": id});
    by.post(&format!("/organizations/{organization}/resources"), made).await.expect(201);
}

async fn enter(
    by: &mut Caller,
    organization: &str,
    workspace: &str,
    member: &str,
    role: &str,
) -> guildhall_testkit::Answer {
    let given = json!({"subject": {"type": "member", "id": member}, "role": role});
    by.post(&format!("/organizations/{organization}/resources/workspace:{workspace}/grants"), given).await
}

/// What the three roles of a workspace may and may not.
async fn roles(owner: &mut Caller, organization: &str, members: [&str; 3]) {
    let rows = [
        ("workspace.read", [true, true, true]),
        ("snapshot.manage", [false, true, true]),
        ("workspace.manage", [false, false, true]),
        ("connection.attach", [false, false, false]),
    ];
    for (permission, row) in rows {
        for (member, allowed) in members.iter().zip(row) {
            let asked = json!({"subject": member, "permission": permission, "resource": "workspace:w"});
            let told = owner.post(&format!("/organizations/{organization}/check"), asked).await.expect(200);
            assert_eq!(told.body["allowed"], json!(allowed), "{permission}");
        }
    }
}

// TP-1, TP-2, TP-3, TP-4, TP-5, TP-13, TP-14, TP-15, TP-16
#[tokio::test]
async fn tp_1_the_story_of_pipes_for_a_team() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;

        // "Invite User": an address, or the handle of somebody there is, and a role.
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        test.found(&mut owner, "elsewhere", "pipes-team").await;
        let mut cid = test.join(&mut owner, "elsewhere", "cid@else.test", "member").await;
        cid.caller.patch("/me", json!({"handle": "cid"})).await.expect(200);
        let by_handle = json!({"invitations": [{"handle": "@cid", "role": "member"}]});
        owner.post(&format!("{ORG}/invitations"), by_handle).await.expect(200);
        let secret = test.mails_to("cid@else.test").await.pop().expect("a mail").secret("/invite/");
        let came = cid.caller.post("/invitations/accept", json!({"token": secret})).await.expect(200);
        let cid_member = came.at("/membership/id").to_owned();
        let both = json!({"invitations": [{"handle": "@cid", "email": "cid@else.test"}]});
        owner.post(&format!("{ORG}/invitations"), both).await.refused(422, "request.invalid");

        // A member sees who is there and no workspace; an owner all of them, and nobody revokes that there.
        workspace(&mut owner, "acme", "w").await;
        bob.caller.get(MEMBERS).await.expect(200);
        bob.caller.get(&format!("{ORG}/resources/workspace:w")).await.refused(404, "not_found");
        let me = owner.get("/me").await.expect(200);
        let mine = me.body["memberships"].as_array().into_iter().flatten();
        let me =
            mine.filter(|one| one["organization"]["slug"] == "acme").find_map(|one| one["membership"]["id"].as_str());
        let me = me.expect("a membership").to_owned();
        owner.get(&format!("{ORG}/resources/workspace:w")).await.expect(200);
        owner.delete(&format!("{ORG}/resources/workspace:w/people/{me}")).await.refused(409, "grant.elsewhere");

        // "Add Member" on the workspace: reader, operator, owner.
        enter(&mut owner, "acme", "w", &ann.member, "reader").await.expect(201);
        enter(&mut owner, "acme", "w", &bob.member, "operator").await.expect(201);
        enter(&mut owner, "acme", "w", &cid_member, "owner").await.expect(201);
        roles(&mut owner, "acme", [&ann.member, &bob.member, &cid_member]).await;
        // Whoever is not in the organization comes into it first; then the workspace is theirs too.
        enter(&mut owner, "acme", "w", "mem_0000000000000000000000000x", "reader").await.refused(422, "grant.subject");
        let asked = json!({"email": "dot@new.test", "role": "member", "resources": [{"resource": "workspace:w", "role": "reader"}]});
        owner.post(&format!("{ORG}/invitations"), json!({"invitations": [asked]})).await.expect(200);
        let secret = test.mails_to("dot@new.test").await.pop().expect("a mail").secret("/invite/");
        let mut dot = test.anybody();
        dot.post("/invitations/accept", json!({"token": secret, "name": "Dot", "password": PASSWORD}))
            .await
            .expect(200);
        dot.get(&format!("{ORG}/resources/workspace:w")).await.expect(200);

        // "Remove" in a workspace takes the workspace, in the organization it takes everything.
        owner.delete(&format!("{ORG}/resources/workspace:w/people/{}", bob.member)).await.expect(204);
        bob.caller.get(&format!("{ORG}/resources/workspace:w")).await.refused(404, "not_found");
        bob.caller.get(ORG).await.expect(200);
        owner.delete(&format!("{MEMBERS}/{}", bob.member)).await.expect(204);
        bob.caller.get(ORG).await.refused(401, "auth.required");
        test.deliver().await;
        test.stop().await;
    }
}

/// Somebody of the tenant: signed up once, known by a handle, taken into the tenant.
async fn of_tenant(test: &TestApp, owner: &mut Caller, handle: &str) -> Person {
    let mut person = test.join(owner, "acme", &format!("{handle}@acme.test"), "member").await;
    person.caller.patch("/me", json!({"handle": handle})).await.expect(200);
    owner.post("/tenants/big/members", json!({"handle": handle})).await.expect(201);
    person
}

// TP-3, TP-4, TP-5, TP-9, TP-13, TP-15, TP-21, TP-22
#[tokio::test]
async fn tp_9_the_story_of_pipes_for_an_enterprise() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        owner.post("/tenants", json!({"name": "Big", "slug": "big"})).await.expect(201);
        let lab = json!({"name": "Lab", "slug": "lab", "preset": "pipes-enterprise", "tenant": "big"});
        owner.post("/organizations", lab).await.expect(201);
        let here = "/organizations/lab";

        // People of the tenant are added by handle and are in at once; nobody is invited.
        let mut people = Vec::new();
        for handle in ["ann", "bob", "cid"] {
            let person = of_tenant(&test, &mut owner, handle).await;
            let added =
                owner.post(&format!("{here}/members"), json!({"handle": handle, "role": "member"})).await.expect(201);
            assert_eq!(added.at("/status"), "active");
            people.push((person, added.at("/id").to_owned()));
        }
        let asked = json!({"invitations": [{"email": "x@acme.test"}]});
        owner.post(&format!("{here}/invitations"), asked).await.refused(403, "join.direct_only");

        // A member has no workspace by default, an owner all; the three roles inside are the same.
        workspace(&mut owner, "lab", "w").await;
        people[0].0.caller.get(&format!("{here}/resources/workspace:w")).await.refused(404, "not_found");
        let members: Vec<String> = people.iter().map(|(_, member)| member.clone()).collect();
        for (member, role) in members.iter().zip(["reader", "operator", "owner"]) {
            enter(&mut owner, "lab", "w", member, role).await.expect(201);
        }
        let [ann, bob, cid]: [String; 3] = members.try_into().expect("three");
        roles(&mut owner, "lab", [&ann, &bob, &cid]).await;

        // Made Owner, one reaches every workspace, and the workspace cannot take that.
        owner.patch(&format!("{here}/members/{ann}"), json!({"role": "owner"})).await.expect(200);
        workspace(&mut owner, "lab", "second").await;
        people[0].0.caller.get(&format!("{here}/resources/workspace:second")).await.expect(200);
        owner.delete(&format!("{here}/resources/workspace:second/people/{ann}")).await.refused(409, "grant.elsewhere");

        // Out of the organization, and still of the tenant; out of the tenant, nothing is left to come back by.
        owner.delete(&format!("{here}/members/{bob}")).await.expect(204);
        people[1].0.caller.get(here).await.refused(404, "not_found");
        people[1].0.caller.get("/tenants/big").await.expect(200);
        owner.post(&format!("{here}/members"), json!({"handle": "bob"})).await.expect(201);
        let places = test.all(&mut owner, "/tenants/big/members").await;
        let place = places.iter().find(|one| one["label"] == "@bob").map(|one| one["id"].clone());
        let place = place.as_ref().and_then(Value::as_str).expect("Bob").to_owned();
        owner.delete(&format!("/tenants/big/members/{place}")).await.expect(204);
        people[1].0.caller.get("/tenants/big").await.refused(404, "not_found");
        test.deliver().await;
        test.stop().await;
    }
}
