//! Groups, resources and grants, on both engines.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";

async fn join(test: &TestApp, admin: &mut Caller, email: &str, role: &str) -> (Caller, String) {
    let body = json!({"invitations": [{"email": email, "role": role}], "deliver": "link"});
    let made = admin.post(&format!("{ORG}/invitations"), body).await.expect(200);
    let token = made.at("/invitations/0/link").rsplit('/').next().unwrap_or_default().to_owned();
    let mut guest = test.anybody();
    let body = json!({"token": token, "name": email, "password": PASSWORD});
    let came = guest.post("/invitations/accept", body).await.expect(200);
    (guest, came.at("/membership/id").to_owned())
}

async fn make(caller: &mut Caller, body: Value) -> Answer {
    caller.post(&format!("{ORG}/resources"), body).await
}

async fn may(admin: &mut Caller, subject: &str, permission: &str, resource: &str) -> bool {
    let body = json!({"subject": subject, "permission": permission, "resource": resource});
    admin.post(&format!("{ORG}/check"), body).await.expect(200).body["allowed"] == json!(true)
}

#[tokio::test]
async fn a_grant_reaches_down_the_tree_by_person_and_by_group_and_is_gone_when_revoked() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let owner = test.init("standard").await;
        let mut admin = test.with_token(&owner.token);
        let (mut ann, ann_id) = join(&test, &mut admin, "ann@acme.test", "member").await;
        let (mut bob, bob_id) = join(&test, &mut admin, "bob@acme.test", "guest").await;
        let space =
            make(&mut admin, json!({"type": "workspace", "name": "Space", "external_id": "w1"})).await.expect(201);
        let space_id = space.at("/id").to_owned();
        let inner = json!({"type": "project", "name": "Inner", "external_id": "p1", "parent": space_id});
        make(&mut admin, inner).await.expect(201);

        // what one may not see does not exist
        ann.get(&format!("{ORG}/resources/workspace:w1")).await.refused(404, "not_found");
        assert!(!may(&mut admin, &ann_id, "project.read", "project:p1").await);

        let grant = json!({"subject": {"type": "member", "id": ann_id}, "role": "viewer"});
        let granted = admin.post(&format!("{ORG}/resources/workspace:w1/grants"), grant).await.expect(201);
        assert!(may(&mut admin, &ann_id, "project.read", "project:p1").await);
        assert!(!may(&mut admin, &ann_id, "project.edit", "project:p1").await);
        ann.get(&format!("{ORG}/resources/project:p1")).await.expect(200);
        ann.patch(&format!("{ORG}/resources/project:p1"), json!({"name": "Mine"})).await.refused(403, "access.denied");

        // a viewer shares nothing, and nobody grants more than they have
        let more = json!({"subject": {"type": "member", "id": bob_id}, "role": "manager"});
        ann.post(&format!("{ORG}/resources/workspace:w1/grants"), more).await.refused(403, "access.denied");
        admin.delete(&format!("{ORG}/grants/{}", granted.at("/id"))).await.expect(204);
        ann.get(&format!("{ORG}/resources/project:p1")).await.refused(404, "not_found");

        // by a group, until the person leaves it
        let team = admin.post(&format!("{ORG}/groups"), json!({"name": "Team"})).await.expect(201);
        let team_id = team.at("/id").to_owned();
        admin.post(&format!("{ORG}/groups"), json!({"name": "tEAM"})).await.refused(409, "group.name_taken");
        let grant = json!({"subject": {"type": "group", "id": team_id}, "role": "editor"});
        admin.post(&format!("{ORG}/resources/workspace:w1/grants"), grant).await.expect(201);
        admin.send("PUT", &format!("{ORG}/groups/{team_id}/members/{bob_id}"), None, &[]).await.expect(204);
        assert!(may(&mut admin, &bob_id, "project.edit", "project:p1").await);
        bob.get(&format!("{ORG}/resources/project:p1")).await.expect(200);
        let people = admin.get(&format!("{ORG}/resources/project:p1/people")).await.expect(200);
        let reached: Vec<&str> =
            people.body["items"].as_array().into_iter().flatten().filter_map(|p| p["member"].as_str()).collect();
        assert!(reached.contains(&bob_id.as_str()) && !reached.contains(&ann_id.as_str()), "{}", people.text);
        let listed = admin.get(&format!("{ORG}/members/{bob_id}")).await.expect(200);
        assert_eq!(listed.at("/groups/0/name"), "Team");
        admin.delete(&format!("{ORG}/groups/{team_id}/members/{bob_id}")).await.expect(204);
        bob.get(&format!("{ORG}/resources/project:p1")).await.refused(404, "not_found");

        // a grant knows when it ends
        let until = (test.app.now().plus_s(60)).to_string();
        let grant = json!({"subject": {"type": "everyone"}, "role": "viewer", "expires_at": until});
        admin.post(&format!("{ORG}/resources/project:p1/grants"), grant).await.expect(201);
        assert!(may(&mut admin, &bob_id, "project.read", "project:p1").await);
        test.clock.advance_s(61);
        assert!(!may(&mut admin, &bob_id, "project.read", "project:p1").await);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_controlled_scope_lets_nothing_from_above_through_but_for_those_who_bypass_it() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let owner = test.init("cloudtruth").await;
        let mut admin = test.with_token(&owner.token);
        let (_, carl) = join(&test, &mut admin, "carl@acme.test", "contributor").await;
        let (_, vera) = join(&test, &mut admin, "vera@acme.test", "admin").await;
        make(&mut admin, json!({"type": "project", "name": "Open", "external_id": "a"})).await.expect(201);
        make(
            &mut admin,
            json!({"type": "project", "name": "Shut", "external_id": "b", "parent": "project:a", "controlled": true}),
        )
        .await
        .expect(201);
        make(&mut admin, json!({"type": "project", "name": "Under", "external_id": "c", "parent": "project:b"}))
            .await
            .expect(201);
        assert!(may(&mut admin, &carl, "parameter.read", "project:a").await);
        assert!(!may(&mut admin, &carl, "parameter.read", "project:b").await);
        assert!(
            !may(&mut admin, &carl, "parameter.read", "project:c").await,
            "CT-32: a child without control inherits it"
        );
        assert!(may(&mut admin, &vera, "parameter.read", "project:c").await);
        let grant = json!({"subject": {"type": "member", "id": carl}, "role": "viewer"});
        admin.post(&format!("{ORG}/resources/project:b/grants"), grant).await.expect(201);
        assert!(may(&mut admin, &carl, "parameter.read", "project:c").await);
        test.stop().await;
    }
}

#[tokio::test]
async fn the_tree_stays_a_tree_and_bad_places_are_refused_before_anything_changes() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let owner = test.init("cloudtruth").await;
        let mut admin = test.with_token(&owner.token);
        make(&mut admin, json!({"type": "project", "name": "A", "external_id": "a"})).await.expect(201);
        make(&mut admin, json!({"type": "project", "name": "B", "external_id": "b", "parent": "project:a"}))
            .await
            .expect(201);
        admin
            .patch(&format!("{ORG}/resources/project:a"), json!({"parent": "project:b"}))
            .await
            .refused(422, "resource.cycle");
        admin
            .patch(&format!("{ORG}/resources/project:a"), json!({"parent": "project:a"}))
            .await
            .refused(422, "resource.cycle");
        make(&mut admin, json!({"type": "spaceship", "name": "X"})).await.refused(403, "access.denied");
        make(&mut admin, json!({"type": "project", "name": "X", "parent": "project:nowhere"}))
            .await
            .refused(422, "resource.parent");
        make(&mut admin, json!({"type": "project", "name": "A again", "external_id": "a"}))
            .await
            .refused(409, "resource.external_id_taken");
        let stranger = json!({"subject": {"type": "member", "id": "mem_00000000000000000000000001"}, "role": "viewer"});
        admin.post(&format!("{ORG}/resources/project:a/grants"), stranger).await.refused(422, "grant.subject");
        let unknown = json!({"subject": {"type": "everyone"}, "role": "emperor"});
        admin.post(&format!("{ORG}/resources/project:a/grants"), unknown).await.refused(422, "role.unknown");
        admin.delete(&format!("{ORG}/resources/project:a")).await.expect(204);
        admin.get(&format!("{ORG}/resources/project:b")).await.refused(404, "not_found");
        let left = admin.get(&format!("{ORG}/resources")).await.expect(200);
        assert_eq!(left.body["items"], json!([]));
        test.stop().await;
    }
}

#[tokio::test]
async fn a_manager_runs_their_own_group_and_no_other_and_a_removed_member_leaves_nothing_behind() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let owner = test.init("standard").await;
        let mut admin = test.with_token(&owner.token);
        let (mut mia, mia_id) = join(&test, &mut admin, "mia@acme.test", "member").await;
        let (_, ned_id) = join(&test, &mut admin, "ned@acme.test", "member").await;
        let team = admin.post(&format!("{ORG}/groups"), json!({"name": "Mine"})).await.expect(201).at("/id").to_owned();
        let other =
            admin.post(&format!("{ORG}/groups"), json!({"name": "Other"})).await.expect(201).at("/id").to_owned();
        let seat = |group: &str, member: &str| format!("{ORG}/groups/{group}/members/{member}");
        mia.patch(&format!("{ORG}/groups/{team}"), json!({"name": "Ours"})).await.refused(403, "access.denied");
        admin.send("PUT", &seat(&team, &mia_id), Some(&json!({"manager": true})), &[]).await.expect(204);
        mia.patch(&format!("{ORG}/groups/{team}"), json!({"name": "Ours"})).await.expect(200);
        mia.send("PUT", &seat(&team, &ned_id), None, &[]).await.expect(204);
        mia.send("PUT", &seat(&other, &ned_id), None, &[]).await.refused(403, "access.denied");
        mia.delete(&seat(&team, &mia_id)).await.refused(409, "group.self_manager");
        mia.delete(&format!("{ORG}/groups/{team}")).await.refused(403, "access.denied");

        // Ned owns something, is in a group and is granted something; then he is gone
        let owned = json!({"type": "workspace", "name": "Ned's", "external_id": "n", "owner": ned_id});
        make(&mut admin, owned).await.expect(201);
        assert!(may(&mut admin, &ned_id, "workspace.share", "workspace:n").await, "an owner runs what they own");
        admin.delete(&format!("{ORG}/members/{ned_id}")).await.expect(204);
        assert!(!may(&mut admin, &ned_id, "workspace.read", "workspace:n").await);
        let seats = admin.get(&format!("{ORG}/groups/{team}/members")).await.expect(200);
        assert_eq!(seats.body["items"].as_array().map(Vec::len), Some(1), "{}", seats.text);
        let left = admin.get(&format!("{ORG}/resources/workspace:n")).await.expect(200);
        assert_eq!(left.body["owner"], Value::Null);
        test.stop().await;
    }
}
