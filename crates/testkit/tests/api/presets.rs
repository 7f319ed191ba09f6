//! Another preset for an organization that people are in.

use guildhall_testkit::{TestApp, engines};
use serde_json::json;

#[tokio::test]
async fn another_preset_takes_everybody_along() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut guest = test.join(&mut owner, "acme", "gina@acme.test", "guest").await;
        let mut admin = test.join(&mut owner, "acme", "adam@acme.test", "admin").await;
        let invited = test.invite(&mut owner, "acme", "ivy@acme.test", "guest").await;
        owner.patch("/organizations/acme/policy", json!({"invite.ttl_s": 3600, "signup.open": true})).await.expect(200);

        let preset = "/organizations/acme/preset";
        let shown = owner.get(preset).await.expect(200);
        assert_eq!((shown.at("/name"), shown.body["newer"].is_null()), ("standard", true));
        admin.caller.post(preset, json!({"preset": "cloudtruth"})).await.refused(403, "access.denied");
        owner.post(preset, json!({"preset": "cloudtruth", "roles": {"guest": "viewer"}})).await.expect(200);

        let member = owner.get(&format!("/organizations/acme/members/{}", guest.member)).await.expect(200);
        assert_eq!(member.at("/role"), "viewer");
        let waiting = owner.get(&format!("/organizations/acme/invitations/{}", invited.id)).await.expect(200);
        assert_eq!(waiting.at("/role"), "viewer");
        let policy = owner.get("/organizations/acme/policy").await.expect(200);
        assert_eq!(policy.body["policy"]["invite.ttl_s"], 3600, "an open setting stays");
        assert_eq!(policy.body["policy"]["signup.open"], false, "a closed one is the preset's");
        guest.caller.get("/organizations/acme/members").await.expect(200);
        let events = owner.get("/organizations/acme/audit-events?type=preset.applied").await.expect(200);
        assert_eq!(events.body["items"][0]["before"]["preset"], "standard");
        assert_eq!(events.body["items"][0]["after"]["preset"], "cloudtruth");
        test.stop().await;
    }
}

#[tokio::test]
async fn what_is_in_use_must_have_a_place() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.join(&mut owner, "acme", "gina@acme.test", "guest").await;
        let preset = "/organizations/acme/preset";
        let apply = |name: &str, roles: serde_json::Value| json!({"preset": name, "roles": roles});
        let lost = owner.post(preset, apply("onyx", json!({}))).await;
        lost.refused(409, "preset.role_unmapped");
        let roles: Vec<_> = lost.body["roles"].as_array().into_iter().flatten().map(|r| r["role"].clone()).collect();
        assert_eq!(roles, [json!("guest"), json!("owner")]);
        owner.post(preset, apply("onyx", json!({"guest": "nobody"}))).await.refused(422, "role.unknown");
        let no_admin = json!({"guest": "basic", "owner": "basic"});
        owner.post(preset, apply("onyx", no_admin)).await.refused(409, "member.last_owner");

        let roles = json!({"guest": "basic", "owner": "admin"});
        let made = json!({"type": "workspace", "name": "Plans"});
        let workspace = owner.post("/organizations/acme/resources", made).await.expect(201).at("/id").to_owned();
        let in_use = owner.post(preset, apply("onyx", roles.clone())).await;
        in_use.refused(409, "preset.in_use");
        assert_eq!(in_use.body["in_use"][0]["type"], "workspace");
        owner.delete(&format!("/organizations/acme/resources/{workspace}")).await.expect(204);

        let preview = owner.post(&format!("{preset}?dry_run=true"), apply("onyx", roles.clone())).await.expect(200);
        let gained = preview.body["access_gained"].as_array().expect("a list");
        assert!(gained.iter().any(|one| one["email"] == "gina@acme.test"
            && one["permissions"].as_array().is_some_and(|p| p.contains(&json!("agent.create")))));
        assert_eq!(owner.get(preset).await.expect(200).at("/name"), "standard", "a preview changes nothing");
        owner.post(preset, apply("onyx", roles)).await.expect(200);
        let check = json!({"subject": "gina@acme.test", "permission": "agent.create"});
        assert_eq!(owner.post("/organizations/acme/check", check).await.expect(200).body["allowed"], true);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_preset_of_one_role_holds_beside_the_roles_an_organization_made() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let lead = json!({"slug": "lead", "name": "Lead", "permissions": ["organization.read"]});
        owner.post("/organizations/acme/roles", lead).await.expect(201);
        let roles = json!({"owner": "member", "admin": "member", "guest": "member"});
        let wanted = json!({"preset": "pixie-auth0", "roles": roles});
        owner.post("/organizations/acme/preset", wanted).await.expect(200);
        // Its one role is what everybody gets, the top role too, and goes on to be.
        let policy = owner.get("/organizations/acme/policy").await.expect(200);
        assert_eq!(policy.body["policy"]["role.default"], "member");
        owner.get("/organizations/acme/members").await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_preset_comes_as_a_file_too() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let preset = "/organizations/acme/preset";
        let text = owner.get(preset).await.expect(200).at("/text").to_owned();
        let narrower = text.replace("\"token.create\",\n", "\n").replace("version = 1", "version = 2");
        let applied = owner.post(preset, json!({"text": narrower})).await.expect(200);
        assert_eq!(applied.body["version"], 2);
        assert_eq!(applied.body["newer"], 1, "the program's own text is another one");
        let wrong = owner.post(preset, json!({"text": text.replace("floor", "flor")})).await;
        wrong.refused(422, "preset.invalid");
        let errors = wrong.body["errors"].as_array().expect("a list");
        assert!(errors.iter().any(|error| error["code"] == "field.unknown"), "{}", wrong.text);
        owner.post(preset, json!({"text": text, "preset": "standard"})).await.refused(422, "request.invalid");
        owner.post(preset, json!({"preset": "standart"})).await.refused(422, "preset.unknown");
        test.stop().await;
    }
}
