//! Grants: to people, groups, scopes and everyone; taken back one by one and all together; what is
//! shared with me and by me.

use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";
const POLICY: &str = "/organizations/acme/policy";

async fn make(owner: &mut Caller, body: Value) -> String {
    owner.post(&format!("{ORG}/resources"), body).await.expect(201).at("/id").to_owned()
}

async fn grant(by: &mut Caller, on: &str, subject: Value, role: &str) -> Answer {
    by.post(&format!("{ORG}/resources/{on}/grants"), json!({"subject": subject, "role": role})).await
}

async fn may(by: &mut Caller, subject: &str, permission: &str, resource: &str) -> bool {
    let body = json!({"subject": subject, "permission": permission, "resource": resource});
    by.post(&format!("{ORG}/check"), body).await.expect(200).body["allowed"] == json!(true)
}

fn member(id: &str) -> Value {
    json!({"type": "member", "id": id})
}

// CT-31
#[tokio::test]
async fn ct_31_a_scope_with_grants_is_controlled_and_without_any_it_is_not() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let carl = test.join(&mut owner, "acme", "carl@acme.test", "contributor").await;
        let mut vera = test.join(&mut owner, "acme", "vera@acme.test", "viewer").await;
        make(&mut owner, json!({"type": "project", "name": "App", "external_id": "a"})).await;
        make(&mut owner, json!({"type": "project", "name": "Sub", "external_id": "s", "parent": "project:a"})).await;
        let shown = |caller: &Caller, name: &str| {
            let (mut caller, path) = (caller.clone(), format!("{ORG}/resources/{name}"));
            async move { caller.get(&path).await }
        };
        let open = shown(&vera.caller, "project:a").await.expect(200);
        assert_eq!((&open.body["controlled"], open.at("/role")), (&json!(false), "viewer"));
        assert!(may(&mut owner, &carl.member, "parameter.manage", "project:s").await);

        grant(&mut owner, "project:a", member(&vera.member), "contributor").await.expect(201);
        let shut = shown(&vera.caller, "project:a").await.expect(200);
        assert_eq!((&shut.body["controlled"], shut.at("/role")), (&json!(true), "contributor"));
        assert!(!may(&mut owner, &carl.member, "parameter.read", "project:a").await);
        assert!(!may(&mut owner, &carl.member, "parameter.read", "project:s").await, "CT-32: inherited");
        assert!(may(&mut owner, &vera.member, "parameter.manage", "project:s").await);
        shown(&carl.caller, "project:a").await.refused(404, "not_found");

        // an ended grant gives nothing, and does not open the scope to everybody again
        let until = test.app.now().plus_s(60).to_string();
        let ending = json!({"subject": member(&carl.member), "role": "viewer", "expires_at": until});
        owner.post(&format!("{ORG}/resources/project:s/grants"), ending).await.expect(201);
        assert!(may(&mut owner, &carl.member, "parameter.read", "project:s").await);
        assert!(!may(&mut owner, &vera.member, "parameter.read", "project:s").await, "CT-32: its own control");
        test.clock.advance_s(61);
        assert!(!may(&mut owner, &carl.member, "parameter.read", "project:s").await);
        assert!(!may(&mut owner, &vera.member, "parameter.read", "project:s").await);

        // all grants of a scope go in one step, and control with them
        let before = owner.get(ORG).await.expect(200);
        vera.caller.delete(&format!("{ORG}/resources/project:a/grants")).await.refused(403, "access.denied");
        owner.delete(&format!("{ORG}/resources/project:s/grants")).await.expect(204);
        owner.delete(&format!("{ORG}/resources/project:a/grants")).await.expect(204);
        drop(before);
        assert!(may(&mut owner, &carl.member, "parameter.manage", "project:s").await);
        let open = shown(&vera.caller, "project:a").await.expect(200);
        assert_eq!((&open.body["controlled"], open.at("/role")), (&json!(false), "viewer"));
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_31_one_call_takes_back_everything_granted_to_a_person() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        for at in 0..3 {
            let on = make(&mut owner, json!({"type": "workspace", "name": "W", "external_id": format!("w{at}")})).await;
            for who in [&ann.member, &bob.member] {
                grant(&mut owner, &on, member(who), "viewer").await.expect(201);
            }
        }
        let path = format!("{ORG}/members/{}/grants", ann.member);
        ann.caller.delete(&path).await.refused(403, "access.denied");
        let told = owner.delete(&format!("{path}?dry_run=true")).await.expect(200);
        assert_eq!(told.body["changes"].as_array().map(Vec::len), Some(3), "{}", told.text);
        assert!(may(&mut owner, &ann.member, "workspace.read", "workspace:w1").await, "only a preview");
        owner.delete(&path).await.expect(204);
        for at in 0..3 {
            let on = format!("workspace:w{at}");
            assert!(!may(&mut owner, &ann.member, "workspace.read", &on).await);
            assert!(may(&mut owner, &bob.member, "workspace.read", &on).await);
        }
        let trail = owner.get(&format!("{ORG}/audit-events?type=grant.revoked")).await.expect(200);
        let revisions: Vec<&Value> =
            trail.body["items"].as_array().expect("items").iter().map(|e| &e["revision"]).collect();
        assert!(revisions.len() == 3 && revisions.iter().all(|one| *one == revisions[0]), "in one step: {revisions:?}");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_31_where_grants_are_not_offered_every_call_about_them_is_refused() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let vera = test.join(&mut owner, "acme", "vera@acme.test", "viewer").await;
        make(&mut owner, json!({"type": "project", "name": "App", "external_id": "a"})).await;
        let kept = grant(&mut owner, "project:a", member(&vera.member), "contributor").await.expect(201);
        let grants = format!("{ORG}/resources/project:a/grants");
        let one = format!("{ORG}/grants/{}", kept.at("/id"));
        owner.patch(POLICY, json!({"grants.offered": false})).await.expect(200);
        let code = "grant.not_offered";
        grant(&mut owner, "project:a", member(&vera.member), "viewer").await.refused(403, code);
        owner.get(&grants).await.refused(403, code);
        owner.delete(&grants).await.refused(403, code);
        owner.get(&one).await.refused(403, code);
        owner.patch(&one, json!({"role": "viewer"})).await.refused(403, code);
        owner.delete(&one).await.refused(403, code);
        owner.delete(&format!("{ORG}/members/{}/grants", vera.member)).await.refused(403, code);
        owner.delete(&format!("{ORG}/resources/project:a/people/{}", vera.member)).await.refused(403, code);
        assert!(may(&mut owner, &vera.member, "parameter.manage", "project:a").await, "what was granted stays");
        owner.patch(POLICY, json!({"grants.offered": true})).await.expect(200);
        owner.delete(&one).await.expect(204);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_27_a_connection_shared_to_a_workspace_is_seen_by_those_who_reach_it() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        let mut ann = test.join(&mut owner, "acme", "ann@a.test", "member").await;
        let bob = test.join(&mut owner, "acme", "bob@a.test", "member").await;
        make(&mut owner, json!({"type": "workspace", "name": "Prod", "external_id": "w"})).await;
        make(&mut owner, json!({"type": "workspace", "name": "Test", "external_id": "v"})).await;
        make(&mut owner, json!({"type": "connection_folder", "name": "Clouds", "external_id": "f"})).await;
        let inside = json!({"type": "connection", "name": "AWS", "external_id": "c", "parent": "connection_folder:f"});
        make(&mut owner, inside).await;
        grant(&mut owner, "workspace:w", member(&ann.member), "owner").await.expect(201);
        let to = |scope: &str| json!({"subject": {"type": "resource", "id": scope}, "permission": "connection.read"});
        let folder = format!("{ORG}/resources/connection_folder:f/grants");

        // only org Owners share, and what is shared flows down the folder
        ann.caller.post(&folder, to("workspace:w")).await.refused(404, "not_found");
        assert!(!may(&mut owner, &ann.member, "connection.read", "connection:c").await, "shared to no workspace");
        let shared = owner.post(&folder, to("workspace:w")).await.expect(201);
        assert_eq!(shared.at("/subject/type"), "resource");
        assert!(may(&mut owner, &ann.member, "connection.read", "connection:c").await);
        assert!(!may(&mut owner, &bob.member, "connection.read", "connection:c").await, "not in the workspace");
        assert!(!may(&mut owner, &ann.member, "connection.attach", "workspace:w").await, "TP-15: not hers to add");
        ann.caller.get(&format!("{ORG}/resources/connection:c")).await.expect(200);
        let why = json!({"subject": ann.member, "permission": "connection.read", "resource": "connection:c", "explain": true});
        let why = owner.post(&format!("{ORG}/check"), why).await.expect(200);
        assert_eq!(why.body["reasons"][1]["whence"]["type"], "share", "{}", why.text);

        // out of the workspace is out of the connection
        owner.delete(&format!("{ORG}/resources/workspace:w/people/{}", ann.member)).await.expect(204);
        assert!(!may(&mut owner, &ann.member, "connection.read", "connection:c").await);
        grant(&mut owner, "workspace:v", member(&bob.member), "reader").await.expect(201);
        assert!(!may(&mut owner, &bob.member, "connection.read", "connection:c").await);
        owner.post(&folder, to("workspace:v")).await.expect(201);
        assert!(may(&mut owner, &bob.member, "connection.read", "connection:c").await);
        owner.delete(&format!("{ORG}/resources/workspace:v")).await.expect(204);
        assert_eq!(owner.get(&folder).await.expect(200).count(), 1, "a share to what is gone is gone");
        test.stop().await;
    }
}

#[tokio::test]
async fn sharing_to_scopes_makes_neither_circles_nor_chains() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        for (kind, id, parent) in
            [("workspace", "a", ""), ("workspace", "b", ""), ("workspace", "c", ""), ("project", "p", "workspace:a")]
        {
            let body = json!({"type": kind, "name": id, "external_id": id, "parent": parent});
            make(&mut owner, body).await;
        }
        let to = |scope: &str| json!({"type": "resource", "id": scope});
        grant(&mut owner, "workspace:a", to("workspace:a"), "viewer").await.refused(422, "grant.cycle");
        grant(&mut owner, "workspace:a", to("project:p"), "viewer").await.refused(422, "grant.cycle");
        grant(&mut owner, "workspace:a", to("workspace:none"), "viewer").await.refused(422, "grant.subject");
        grant(&mut owner, "workspace:a", to("workspace:b"), "viewer").await.expect(201);
        grant(&mut owner, "workspace:b", to("workspace:a"), "viewer").await.refused(422, "grant.chained");
        grant(&mut owner, "workspace:b", to("workspace:c"), "viewer").await.refused(422, "grant.chained");
        grant(&mut owner, "workspace:c", to("project:p"), "viewer").await.refused(422, "grant.chained");
        // nor by moving: what receives cannot come to stand in what is handed on
        grant(&mut owner, "workspace:c", to("workspace:b"), "viewer").await.expect(201);
        let loose = json!({"type": "project", "name": "q", "external_id": "q", "parent": "workspace:b"});
        make(&mut owner, loose).await;
        let d = make(&mut owner, json!({"type": "workspace", "name": "d"})).await;
        grant(&mut owner, &d, to("project:q"), "viewer").await.expect(201);
        let path = format!("{ORG}/resources/project:q");
        owner.patch(&path, json!({"parent": "workspace:a"})).await.refused(422, "grant.chained");
        owner.patch(&path, json!({"parent": d})).await.refused(422, "grant.chained");
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_16_removing_on_the_workspace_page_removes_from_the_workspace_only() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        let ann = test.join(&mut owner, "acme", "ann@a.test", "member").await;
        let bob = test.join(&mut owner, "acme", "bob@a.test", "member").await;
        let boss = test.join(&mut owner, "acme", "boss@a.test", "owner").await;
        make(&mut owner, json!({"type": "workspace", "name": "Prod", "external_id": "w"})).await;
        let person = |who: &str| format!("{ORG}/resources/workspace:w/people/{who}");
        grant(&mut owner, "workspace:w", member(&ann.member), "reader").await.expect(201);
        grant(&mut owner, "workspace:w", member(&ann.member), "operator").await.expect(201);
        grant(&mut owner, "workspace:w", member(&boss.member), "reader").await.expect(201);
        owner.delete(&person(&bob.member)).await.refused(404, "not_found");
        // TP-4: what comes with the organization cannot be taken away below
        let kept = owner.delete(&person(&boss.member)).await;
        kept.refused(409, "grant.elsewhere");
        assert!(kept.at("/detail").contains("comes from the organization"), "{}", kept.text);
        assert_eq!(owner.get(&format!("{ORG}/resources/workspace:w/grants")).await.expect(200).count(), 3);
        owner.delete(&person(&ann.member)).await.expect(204);
        assert!(!may(&mut owner, &ann.member, "workspace.read", "workspace:w").await);
        owner.get(&format!("{ORG}/members/{}", ann.member)).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_13_whoever_is_no_member_is_given_no_workspace() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        make(&mut owner, json!({"type": "workspace", "name": "Prod", "external_id": "w"})).await;
        test.found(&mut owner, "other", "pipes-team").await;
        let eve = test.join(&mut owner, "other", "eve@other.test", "member").await;
        let invited = test.invite(&mut owner, "acme", "ned@a.test", "member").await;
        for stranger in [eve.member.as_str(), &invited.member, &eve.user] {
            grant(&mut owner, "workspace:w", member(stranger), "reader").await.refused(422, "grant.subject");
        }
        let mut ned = test.anybody();
        let body = json!({"token": invited.secret, "name": "Ned", "password": guildhall_testkit::app::PASSWORD});
        ned.post("/invitations/accept", body).await.expect(200);
        grant(&mut owner, "workspace:w", member(&invited.member), "reader").await.expect(201);
        test.stop().await;
    }
}

// PL-19
#[tokio::test]
async fn pl_19_shared_with_me_lists_what_was_given_by_name_and_pl_20_by_me_what_i_gave() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "planasonix").await;
        let mut ann = test.join(&mut owner, "acme", "ann@a.test", "member").await;
        let mut vic = test.join(&mut owner, "acme", "vic@a.test", "viewer").await;
        for (kind, id) in
            [("pipeline", "p"), ("pipeline", "q"), ("pipeline", "r"), ("connection", "c"), ("connection", "d")]
        {
            make(&mut owner, json!({"type": kind, "name": id.to_uppercase(), "external_id": id})).await;
        }
        let team = owner.post(&format!("{ORG}/groups"), json!({"name": "Team"})).await.expect(201).at("/id").to_owned();
        for who in [&ann.member, &vic.member] {
            owner.send("PUT", &format!("{ORG}/groups/{team}/members/{who}"), None, &[]).await.expect(204);
        }
        grant(&mut owner, "pipeline:p", member(&ann.member), "editor").await.expect(201);
        grant(&mut owner, "pipeline:q", json!({"type": "group", "id": team}), "viewer").await.expect(201);
        grant(&mut owner, "pipeline:r", json!({"type": "everyone"}), "viewer").await.expect(201);
        grant(&mut owner, "connection:c", member(&ann.member), "viewer").await.expect(201);
        let used = json!({"subject": member(&ann.member), "permission": "connection.use"});
        owner.post(&format!("{ORG}/resources/connection:d/grants"), used).await.expect(201);

        let with = format!("{ORG}/me/shared-with-me");
        let mine = test.all(&mut ann.caller, &with).await;
        let told: Vec<(String, String, String)> = mine
            .iter()
            .map(|one| {
                let text = |pointer: &str| one.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
                (text("/resource/name"), text("/level"), text("/to/type"))
            })
            .collect();
        let row = |name: &str, level: &str, to: &str| (name.to_owned(), level.to_owned(), to.to_owned());
        // neither what everybody has, nor a connection that may be seen and not used
        assert_eq!(
            told,
            [row("P", "editor", "member"), row("Q", "viewer", "group"), row("D", "connection.use", "member")]
        );
        // the role above cuts what the level promises
        grant(&mut owner, "pipeline:p", member(&vic.member), "editor").await.expect(201);
        let cut = test.all(&mut vic.caller, &with).await;
        let last = cut.last().expect("a share");
        assert_eq!((last["level"].as_str(), &last["permissions"]), (Some("editor"), &json!(["pipeline.view"])));

        // PL-20: each can be narrowed or taken back, links too
        let link = owner.post(&format!("{ORG}/resources/pipeline:p/share-links"), json!({"role": "viewer"})).await;
        let link = link.expect(201).at("/id").to_owned();
        let by = format!("{ORG}/me/shared-by-me");
        let given = test.all(&mut owner, &by).await;
        assert_eq!(given.len(), 7);
        let to_link = given.iter().find(|one| one["to"]["type"] == json!("link")).expect("the link");
        assert_eq!(to_link["id"], json!(link));
        assert_eq!(test.all(&mut ann.caller, &by).await.len(), 0);
        let first = given[0]["id"].as_str().expect("an id");
        let narrowed = owner.patch(&format!("{ORG}/grants/{first}"), json!({"role": "viewer"})).await.expect(200);
        assert_eq!(narrowed.at("/role"), "viewer");
        assert!(!may(&mut owner, &ann.member, "pipeline.edit", "pipeline:p").await);
        owner.delete(&format!("{ORG}/grants/{first}")).await.expect(204);
        assert!(!may(&mut owner, &ann.member, "pipeline.view", "pipeline:p").await);
        let page = owner.get(&format!("{by}?limit=2")).await.expect(200);
        assert_eq!(page.count(), 2);
        owner.get(&format!("{by}?after=nonsense")).await.refused(400, "cursor.invalid");
        test.stop().await;
    }
}
