//! Inner scopes as each of the systems has them: who may do what on which thing, and by what.

use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";

async fn make(by: &mut Caller, body: Value) -> String {
    by.post(&format!("{ORG}/resources"), body).await.expect(201).at("/id").to_owned()
}

async fn grant(by: &mut Caller, on: &str, subject: Value, role: &str) {
    let body = json!({"subject": subject, "role": role});
    by.post(&format!("{ORG}/resources/{on}/grants"), body).await.expect(201);
}

async fn may(by: &mut Caller, subject: &str, permission: &str, resource: &str) -> bool {
    let body = json!({"subject": subject, "permission": permission, "resource": resource});
    by.post(&format!("{ORG}/check"), body).await.expect(200).body["allowed"] == json!(true)
}

/// The rows C1 to C8 on real things: what each role is answered by the API, not only by a check.
#[tokio::test]
async fn ct_33_every_configuration_row_is_enforced_on_the_things_themselves() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let project = make(&mut owner, json!({"type": "project", "name": "App", "external_id": "a"})).await;
        make(&mut owner, json!({"type": "environment", "name": "Prod", "external_id": "e"})).await;
        for kind in ["parameter", "secret", "template"] {
            make(&mut owner, json!({"type": kind, "name": kind, "external_id": "x", "parent": project})).await;
        }
        let roles = ["owner", "admin", "contributor", "viewer", "viewer_no_secrets"];
        for (at, role) in roles.into_iter().enumerate() {
            let mut one = test.join(&mut owner, "acme", &format!("{role}@people.test"), role).await.caller;
            for (kind, name) in [
                ("project", "project:a"),
                ("environment", "environment:e"),
                ("parameter", "parameter:x"),
                ("secret", "secret:x"),
                ("template", "template:x"),
            ] {
                let path = format!("{ORG}/resources/{name}");
                // C1 to C4: everybody reads, secrets all but the last role
                let hidden = kind == "secret" && role == "viewer_no_secrets";
                assert_eq!(one.get(&path).await.status, if hidden { 404 } else { 200 }, "{role} reads a {kind}");
                // C5 to C8: Owner, Admin and Contributor make, change and delete
                let changes = at < 3;
                let parent = if matches!(kind, "project" | "environment") { "" } else { "project:a" };
                let body = json!({"type": kind, "name": "New", "parent": parent});
                let made = one.post(&format!("{ORG}/resources"), body).await;
                assert_eq!(made.status, if changes { 201 } else { 403 }, "{role} makes a {kind}: {}", made.text);
                let refused = if hidden { 404 } else { 403 };
                let changed = one.patch(&path, json!({"name": format!("by {role}")})).await;
                assert_eq!(changed.status, if changes { 200 } else { refused }, "{role} changes a {kind}");
                let gone = if changes { format!("{ORG}/resources/{}", made.at("/id")) } else { path };
                assert_eq!(
                    one.delete(&gone).await.status,
                    if changes { 204 } else { refused },
                    "{role} deletes a {kind}"
                );
            }
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_32_a_child_without_control_inherits_the_parents_and_with_its_own_does_not() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let carl = test.join(&mut owner, "acme", "carl@acme.test", "contributor").await.member;
        let admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await.member;
        let top = make(&mut owner, json!({"type": "project", "name": "Top", "external_id": "t"})).await;
        make(&mut owner, json!({"type": "project", "name": "Plain", "external_id": "p", "parent": top})).await;
        make(&mut owner, json!({"type": "project", "name": "Own", "external_id": "o", "parent": top})).await;
        grant(&mut owner, &top, json!({"type": "member", "id": carl}), "viewer").await;
        grant(&mut owner, "project:o", json!({"type": "member", "id": admin}), "viewer").await;
        assert!(may(&mut owner, &carl, "parameter.read", "project:p").await, "the parent's grant reaches the child");
        assert!(!may(&mut owner, &carl, "parameter.manage", "project:p").await, "and so does the parent's control");
        assert!(!may(&mut owner, &carl, "parameter.read", "project:o").await, "its own control cuts both");
        assert!(may(&mut owner, &admin, "parameter.manage", "project:o").await, "Owner and Admin bypass");
        test.stop().await;
    }
}

#[tokio::test]
async fn px_2_every_approved_member_views_queries_and_deploys() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pixie-hydra").await;
        let members = format!("{ORG}/members");
        let me = owner.get(&members).await.expect(200).at("/items/0/id").to_owned();
        let cluster = make(&mut owner, json!({"type": "cluster", "name": "Prod", "external_id": "c"})).await;
        make(&mut owner, json!({"type": "live_view", "name": "Pods", "external_id": "v", "parent": cluster})).await;
        let invited = json!({"invitations": [{"email": "ann@acme.test", "name": "Ann Lee"}]});
        let made = owner.post(&format!("{ORG}/invitations"), invited).await.expect(200);
        let secret = made.at("/invitations/0/link").rsplit('/').next().unwrap_or_default().to_owned();
        let body = json!({"token": secret, "name": "Ann", "password": guildhall_testkit::app::PASSWORD});
        let ann = test.anybody().post("/invitations/accept", body).await.expect(200).at("/membership/id").to_owned();
        for who in [&me, &ann] {
            for (permission, on) in
                [("live_view.view", "live_view:v"), ("cluster.query", "cluster:c"), ("cluster.deploy", "cluster:c")]
            {
                assert!(may(&mut owner, who, permission, on).await, "{permission}");
            }
        }
        owner.post(&format!("{ORG}/members/{ann}/deactivate"), json!({})).await;
        let roles = test.all(&mut owner, &format!("{ORG}/roles")).await;
        assert_eq!(roles.iter().filter(|role| role["applies_to"] == "organization").count(), 1, "there are no roles");
        test.stop().await;
    }
}

#[tokio::test]
async fn on_28_what_is_attached_to_a_group_all_its_members_get() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "onyx").await;
        let basic = test.join(&mut owner, "acme", "basic@acme.test", "basic").await.member;
        let late = test.join(&mut owner, "acme", "late@acme.test", "basic").await.member;
        let team =
            owner.post(&format!("{ORG}/groups"), json!({"name": "Sales"})).await.expect(201).at("/id").to_owned();
        let seat = |who: &str| format!("{ORG}/groups/{team}/members/{who}");
        owner.send("PUT", &seat(&basic), None, &[]).await.expect(204);
        for (kind, verb) in [("connector", "view"), ("document_set", "view"), ("agent", "use")] {
            let on = make(&mut owner, json!({"type": kind, "name": kind, "external_id": "x"})).await;
            let permission = format!("{kind}.{verb}");
            assert!(!may(&mut owner, &basic, &permission, &on).await, "a private {kind}");
            grant(&mut owner, &on, json!({"type": "group", "id": team}), "user").await;
            assert!(may(&mut owner, &basic, &permission, &on).await);
            assert!(!may(&mut owner, &late, &permission, &on).await);
        }
        owner.send("PUT", &seat(&late), None, &[]).await.expect(204);
        for on in ["connector:x", "document_set:x", "agent:x"] {
            let permission =
                if on.starts_with("agent") { "agent.use" } else { &format!("{}.view", &on[..on.len() - 2]) };
            assert!(may(&mut owner, &late, permission, on).await, "who comes later gets {on} too");
        }
        test.stop().await;
    }
}

// PL-18
#[tokio::test]
async fn pl_18_role_team_share_and_connection_use_are_four_layers() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "planasonix").await;
        let mia = test.join(&mut owner, "acme", "mia@acme.test", "member").await.member;
        let vic = test.join(&mut owner, "acme", "vic@acme.test", "viewer").await.member;
        let project = make(&mut owner, json!({"type": "project", "name": "P", "external_id": "p"})).await;
        make(&mut owner, json!({"type": "pipeline", "name": "L", "external_id": "l", "parent": project})).await;
        make(&mut owner, json!({"type": "connection", "name": "C", "external_id": "c"})).await;
        // the organization role alone opens nothing of a project
        assert!(!may(&mut owner, &mia, "pipeline.view", "pipeline:l").await);
        // the team
        let team = owner.post(&format!("{ORG}/groups"), json!({"name": "T"})).await.expect(201).at("/id").to_owned();
        for who in [&mia, &vic] {
            owner.send("PUT", &format!("{ORG}/groups/{team}/members/{who}"), None, &[]).await.expect(204);
        }
        grant(&mut owner, &project, json!({"type": "group", "id": team}), "editor").await;
        assert!(may(&mut owner, &mia, "pipeline.edit", "pipeline:l").await);
        assert!(may(&mut owner, &vic, "pipeline.view", "pipeline:l").await);
        assert!(!may(&mut owner, &vic, "pipeline.edit", "pipeline:l").await, "the role is the ceiling of the team");
        // the share of one thing
        assert!(!may(&mut owner, &mia, "pipeline.promote", "pipeline:l").await);
        grant(&mut owner, "pipeline:l", json!({"type": "member", "id": mia}), "maintainer").await;
        assert!(may(&mut owner, &mia, "pipeline.promote", "pipeline:l").await);
        // the use of a connection, without a look at it
        let used = json!({"subject": {"type": "member", "id": mia}, "permission": "connection.use"});
        owner.post(&format!("{ORG}/resources/connection:c/grants"), used).await.expect(201);
        assert!(may(&mut owner, &mia, "connection.use", "connection:c").await);
        for permission in ["connection.view", "connection.view_secret", "connection.edit"] {
            assert!(!may(&mut owner, &mia, permission, "connection:c").await, "{permission}");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_21_a_published_connection_is_attached_without_its_secrets() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "planasonix").await;
        let mut mia = test.join(&mut owner, "acme", "mia@acme.test", "member").await;
        let vic = test.join(&mut owner, "acme", "vic@acme.test", "viewer").await.member;
        make(&mut owner, json!({"type": "connection", "name": "C", "external_id": "c"})).await;
        let publish = json!({"subject": {"type": "everyone"}, "permission": "connection.attach"});
        let path = format!("{ORG}/resources/connection:c/grants");
        mia.caller.post(&path, publish.clone()).await.refused(404, "not_found");
        owner.post(&path, publish).await.expect(201);
        assert!(may(&mut owner, &mia.member, "connection.attach", "connection:c").await);
        assert!(!may(&mut owner, &mia.member, "connection.view_secret", "connection:c").await);
        assert!(!may(&mut owner, &vic, "connection.attach", "connection:c").await, "above a Viewer's ceiling");
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_15_reader_operator_and_owner_of_a_workspace() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        make(&mut owner, json!({"type": "workspace", "name": "Prod", "external_id": "w"})).await;
        for (role, manages, runs) in [("reader", false, false), ("operator", true, false), ("owner", true, true)] {
            let one = test.join(&mut owner, "acme", &format!("{role}@a.test"), "member").await.member;
            assert!(!may(&mut owner, &one, "workspace.read", "workspace:w").await, "TP-3: no workspace by default");
            grant(&mut owner, "workspace:w", json!({"type": "member", "id": one}), role).await;
            assert!(may(&mut owner, &one, "workspace.read", "workspace:w").await);
            assert_eq!(may(&mut owner, &one, "snapshot.manage", "workspace:w").await, manages, "{role}");
            assert_eq!(may(&mut owner, &one, "workspace.share", "workspace:w").await, runs, "{role}");
            assert!(!may(&mut owner, &one, "connection.attach", "workspace:w").await, "only the organization's Owners");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn whoever_may_make_things_at_the_top_owns_what_they_make_and_nothing_else() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut mo = test.join(&mut owner, "acme", "mo@acme.test", "member").await;
        let mut gus = test.join(&mut owner, "acme", "gus@acme.test", "guest").await;
        make(&mut owner, json!({"type": "workspace", "name": "Theirs", "external_id": "t"})).await;
        let own = make(&mut mo.caller, json!({"type": "workspace", "name": "Mine", "external_id": "m"})).await;
        make(&mut mo.caller, json!({"type": "project", "name": "In it", "parent": own})).await;
        let new = |parent: &str| json!({"type": "project", "name": "X", "parent": parent});
        let at = format!("{ORG}/resources");
        mo.caller.post(&at, new("workspace:t")).await.refused(422, "resource.parent");
        gus.caller.post(&at, json!({"type": "workspace", "name": "No"})).await.refused(403, "access.denied");
        grant(&mut owner, "workspace:t", json!({"type": "member", "id": mo.member}), "viewer").await;
        mo.caller.post(&at, new("workspace:t")).await.refused(403, "access.denied");
        // a thing cannot be moved to where one may not make it, nor deeper than the tree may be
        let mine = format!("{ORG}/resources/workspace:m");
        mo.caller.patch(&mine, json!({"name": "Still mine"})).await.expect(200);
        mo.caller.delete(&mine).await.expect(204);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_tree_grows_only_so_deep_by_making_and_by_moving() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let mut at = String::new();
        for level in 0..16 {
            let body = json!({"type": "project", "name": "P", "external_id": format!("p{level}"), "parent": at});
            at = make(&mut owner, body).await;
        }
        let deeper = json!({"type": "project", "name": "P", "parent": at});
        owner.post(&format!("{ORG}/resources"), deeper).await.refused(422, "resource.parent");
        let other = make(&mut owner, json!({"type": "project", "name": "Q", "external_id": "q"})).await;
        make(&mut owner, json!({"type": "project", "name": "R", "parent": other})).await;
        let moved = format!("{ORG}/resources/project:q");
        owner.patch(&moved, json!({"parent": "project:p14"})).await.refused(422, "resource.parent");
        owner.patch(&moved, json!({"parent": "project:p13"})).await.expect(200);
        test.stop().await;
    }
}
