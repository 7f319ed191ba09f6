//! Roles that organizations make for themselves.

use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::json;

const ROLES: &str = "/organizations/acme/roles";

async fn policy(owner: &mut Caller, knobs: serde_json::Value) {
    owner.patch("/organizations/acme/policy", knobs).await.expect(200);
}

#[tokio::test]
async fn pl_17_a_custom_role_has_single_toggles_and_changes_for_all_holders_at_their_next_request() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let body = json!({"name": "People desk", "permissions": ["organization.read", "member.list", "member.invite"]});
        let made = owner.post(ROLES, body).await.expect(201);
        assert_eq!((made.at("/slug"), made.at("/applies_to")), ("people_desk", "organization"));
        assert_eq!(made.body["built_in"], json!(false));
        let id = made.at("/id").to_owned();
        // Wherever a role is named, its slug or id serves.
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "people_desk").await;
        let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        let path = format!("/organizations/acme/members/{}", bob.member);
        assert_eq!(owner.patch(&path, json!({"role": id})).await.expect(200).at("/role"), "people_desk");
        ann.caller.get("/organizations/acme/members").await.expect(200);
        bob.caller.get("/organizations/acme/members").await.expect(200);
        ann.caller.get("/organizations/acme/audit-events").await.refused(403, "access.denied");

        let toggled = json!({"permissions": ["organization.read", "audit.read"]});
        let preview = owner.patch(&format!("{ROLES}/{id}?dry_run=true"), toggled.clone()).await.expect(200);
        let lost = preview.body["access_lost"].as_array().expect("a list");
        assert_eq!(lost.len(), 2, "{}", preview.text);
        owner.patch(&format!("{ROLES}/{id}"), toggled).await.expect(200);
        for person in [&mut ann, &mut bob] {
            person.caller.get("/organizations/acme/members").await.refused(403, "access.denied");
            person.caller.get("/organizations/acme/audit-events").await.expect(200);
        }
        let shown = owner.get(&format!("{ROLES}/people_desk")).await.expect(200);
        assert_eq!(shown.body["permissions"], json!(["organization.read", "audit.read"]));
        let event = owner.get("/organizations/acme/audit-events?type=role.edited").await.expect(200);
        assert_eq!(event.at("/items/0/target/id"), id);
        test.stop().await;
    }
}

#[tokio::test]
async fn nobody_makes_changes_or_ends_a_role_above_their_own() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await.caller;
        let above = json!({"name": "Boss", "permissions": ["member.list", "policy.update"]});
        admin.post(ROLES, above.clone()).await.refused(403, "role.above_own");
        let boss = owner.post(ROLES, above).await.expect(201).at("/id").to_owned();
        let path = format!("{ROLES}/{boss}");
        admin.patch(&path, json!({"permissions": ["member.list"]})).await.refused(403, "role.above_own");
        admin.delete(&path).await.refused(403, "role.above_own");
        let desk = json!({"name": "Desk", "below": [], "permissions": [
            "organization.read", "role.list", "role.manage", "member.list", "member.invite", "project.read"]});
        admin.post(ROLES, desk).await.expect(201);
        let mut desk = test.join(&mut owner, "acme", "desk@acme.test", "desk").await;
        // Not in its own role either, and not further down than it reaches itself.
        let wider = json!({"permissions": ["role.manage", "member.remove"]});
        desk.caller.patch(&format!("{ROLES}/desk"), wider).await.refused(403, "role.above_own");
        desk.caller.patch(&format!("{ROLES}/desk"), json!({"below": null})).await.refused(403, "role.above_own");
        let everywhere = json!({"name": "Reader", "permissions": ["project.read"]});
        desk.caller.post(ROLES, everywhere.clone()).await.refused(403, "role.above_own");
        owner.post(ROLES, everywhere).await.expect(201);
        let invited = json!({"invitations": [{"email": "x@acme.test", "role": "reader"}], "deliver": "link"});
        let refused = desk.caller.post("/organizations/acme/invitations", invited).await.expect(200);
        assert_eq!(refused.at("/invitations/0/code"), "role.above_own");
        let inner = json!({"name": "Inner", "applies_to": "project", "permissions": ["project.read"]});
        desk.caller.post(ROLES, inner).await.refused(403, "role.above_own");
        // A token cannot have made what it does not carry.
        let (mut narrow, _) = test.mint(&mut owner, "acme", Some(&["role.manage", "member.list"])).await;
        narrow.post(ROLES, json!({"name": "N", "permissions": ["audit.read"]})).await.refused(403, "role.above_own");
        narrow.post(ROLES, json!({"name": "N", "permissions": ["member.list"], "below": []})).await.expect(201);
        test.stop().await;
    }
}

#[tokio::test]
async fn built_in_roles_stay_and_a_role_in_use_ends_only_with_an_heir() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.patch(&format!("{ROLES}/member"), json!({"name": "M"})).await.refused(409, "role.built_in");
        let ids = owner.get(&format!("{ROLES}/owner")).await.expect(200);
        owner.delete(&format!("{ROLES}/{}", ids.at("/id"))).await.refused(409, "role.built_in");

        owner.post(ROLES, json!({"name": "Helper", "permissions": ["organization.read"]})).await.expect(201);
        owner
            .post(ROLES, json!({"name": "Helper", "permissions": ["organization.read"]}))
            .await
            .refused(409, "role.slug_taken");
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "helper").await;
        test.invite(&mut owner, "acme", "bob@acme.test", "helper").await;
        policy(&mut owner, json!({"role.default": "helper", "leave.allowed_for": ["owner", "helper"]})).await;
        let path = format!("{ROLES}/helper");
        let refused = owner.delete(&path).await.expect(409);
        assert_eq!(refused.code(), "role.in_use");
        assert_eq!(refused.body["holders"]["members"], json!(1));
        assert_eq!(refused.body["holders"]["invitations"], json!(1));
        assert_eq!(refused.body["holders"]["settings"], json!(["role.default", "leave.allowed_for"]));
        owner.delete(&format!("{path}?replace_with=helper")).await.refused(422, "role.unknown");
        owner.delete(&format!("{path}?replace_with=nobody")).await.refused(422, "role.unknown");
        owner.delete(&format!("{path}?replace_with=owner")).await.refused(422, "role.unknown");
        owner.delete(&format!("{path}?heir=member")).await.refused(422, "request.invalid");
        let preview = owner.delete(&format!("{path}?replace_with=member&dry_run=true")).await.expect(200);
        assert_eq!(preview.at("/access_gained/0/email"), "ann@acme.test");
        owner.delete(&format!("{path}?replace_with=member")).await.expect(204);
        assert_eq!(
            owner.get(&format!("/organizations/acme/members/{}", ann.member)).await.expect(200).at("/role"),
            "member"
        );
        let waiting = owner.get("/organizations/acme/invitations").await.expect(200);
        assert_eq!(waiting.at("/items/0/role"), "member");
        let settings = owner.get("/organizations/acme/policy").await.expect(200);
        assert_eq!(settings.body["policy"]["role.default"], json!("member"));
        assert_eq!(settings.body["policy"]["leave.allowed_for"], json!(["owner", "member"]));
        owner.get(&path).await.refused(404, "not_found");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_role_of_a_type_is_granted_like_the_presets_and_its_grants_go_to_the_heir() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let runner =
            json!({"name": "Runner", "applies_to": "project", "permissions": ["project.read", "project.edit"]});
        let runner = owner.post(ROLES, runner).await.expect(201).at("/id").to_owned();
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "guest").await;
        let here = "/organizations/acme/resources";
        owner.post(here, json!({"type": "project", "name": "P", "external_id": "p"})).await.expect(201);
        let given = json!({"subject": {"type": "member", "id": ann.member}, "role": runner});
        let grant = owner.post(&format!("{here}/project:p/grants"), given).await.expect(201);
        assert_eq!(grant.at("/role"), "runner");
        ann.caller.patch(&format!("{here}/project:p"), json!({"name": "Q"})).await.expect(200);
        // "may run but not delete": one toggle less, at the next request.
        owner.patch(&format!("{ROLES}/{runner}"), json!({"permissions": ["project.read"]})).await.expect(200);
        ann.caller.patch(&format!("{here}/project:p"), json!({"name": "R"})).await.refused(403, "access.denied");
        owner.delete(&format!("{ROLES}/{runner}")).await.refused(409, "role.in_use");
        owner.delete(&format!("{ROLES}/{runner}?replace_with=editor")).await.expect(204);
        ann.caller.patch(&format!("{here}/project:p"), json!({"name": "S"})).await.expect(200);
        let bad = json!({"name": "Bad", "applies_to": "project", "permissions": ["member.list"]});
        owner.post(ROLES, bad).await.refused(422, "permission.unknown");
        let bad = json!({"name": "Bad", "applies_to": "castle", "permissions": ["member.list"]});
        owner.post(ROLES, bad).await.refused(422, "resource.type");
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_7_a_ceiling_cuts_what_grants_give_and_the_knob_says_whether_roles_are_made_at_all() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let reader = json!({"name": "Reader", "permissions": ["organization.read"],
            "ceiling": ["organization.read", "member.leave", "project.read", "workspace.read"]});
        owner.post(ROLES, reader).await.expect(201);
        let low = json!({"ceiling": ["project.read"]});
        owner.patch(&format!("{ROLES}/reader"), low).await.refused(422, "request.invalid");
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "reader").await;
        let here = "/organizations/acme/resources";
        owner.post(here, json!({"type": "project", "name": "P", "external_id": "p"})).await.expect(201);
        let group = owner.post("/organizations/acme/groups", json!({"name": "Team"})).await.expect(201);
        let seat = format!("/organizations/acme/groups/{}/members/{}", group.at("/id"), ann.member);
        owner.send("PUT", &seat, None, &[]).await.expect(204);
        let given = json!({"subject": {"type": "group", "id": group.at("/id")}, "role": "manager"});
        owner.post(&format!("{here}/project:p/grants"), given).await.expect(201);
        ann.caller.get(&format!("{here}/project:p")).await.expect(200);
        ann.caller.delete(&format!("{here}/project:p")).await.refused(403, "access.denied");
        let why =
            json!({"subject": ann.member, "permission": "project.manage", "resource": "project:p", "explain": true});
        let told = owner.post("/organizations/acme/check", why).await.expect(200);
        let reasons = told.body["reasons"].as_array().expect("reasons");
        assert_eq!(reasons.last().map(|r| &r["reason"]), Some(&json!("cut_by_ceiling")), "{}", told.text);
        // A wider ceiling lets the grant through at once.
        owner.patch(&format!("{ROLES}/reader"), json!({"ceiling": null})).await.expect(200);
        assert!(owner.get(&format!("{ROLES}/reader")).await.expect(200).body.get("ceiling").is_none());
        ann.caller.delete(&format!("{here}/project:p")).await.expect(204);

        policy(&mut owner, json!({"roles.custom": false})).await;
        owner.post(ROLES, json!({"name": "X", "permissions": ["member.list"]})).await.refused(403, "access.denied");
        owner.get(&format!("{ROLES}/reader")).await.expect(200);
        test.stop().await;
    }
}
