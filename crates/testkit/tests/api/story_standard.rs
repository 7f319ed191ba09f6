//! The house's own preset, told over HTTP from the first owner to a team that works, changes and goes.

use guildhall_testkit::{TestApp, engines};
use serde_json::json;

const ORG: &str = "/organizations/acme";
const MEMBERS: &str = "/organizations/acme/members";

#[tokio::test]
async fn the_story_of_the_standard_preset() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;

        // An owner brings an admin, the admin brings the others.
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await;
        let mut ann = test.join(&mut admin.caller, "acme", "ann@acme.test", "member").await;
        let mut guest = test.join(&mut admin.caller, "acme", "guest@else.test", "guest").await;
        let above = json!({"invitations": [{"email": "x@acme.test", "role": "owner"}], "deliver": "link"});
        let told = admin.caller.post(&format!("{ORG}/invitations"), above).await.expect(200);
        assert_eq!(told.at("/invitations/0/code"), "role.above_own");
        guest.caller.get(MEMBERS).await.refused(403, "access.denied");

        // A member starts a workspace with a project in it; a guest sees what is shared with them, no more.
        let made = json!({"type": "workspace", "name": "Plan", "external_id": "plan"});
        ann.caller.post(&format!("{ORG}/resources"), made).await.expect(201);
        let project = json!({"type": "project", "name": "First", "external_id": "first", "parent": "workspace:plan"});
        ann.caller.post(&format!("{ORG}/resources"), project).await.expect(201);
        let given = json!({"subject": {"type": "member", "id": guest.member}, "role": "viewer"});
        ann.caller.post(&format!("{ORG}/resources/project:first/grants"), given).await.expect(201);
        guest.caller.get(&format!("{ORG}/resources/project:first")).await.expect(200);
        guest.caller.get(&format!("{ORG}/resources/workspace:plan")).await.refused(404, "not_found");

        // The policy is the owners'; before it changes they see whom it concerns.
        admin
            .caller
            .patch(&format!("{ORG}/policy"), json!({"approval.mode": "all"}))
            .await
            .refused(403, "access.denied");
        let dry = format!("{ORG}/policy?dry_run=true");
        let told = owner.patch(&dry, json!({"leave.allowed_for": ["owner"]})).await.expect(200);
        assert!(told.body["access_lost"].as_array().is_some_and(|lost| lost.len() == 3), "{}", told.text);
        ann.caller.get(&format!("{ORG}/resources/workspace:plan")).await.expect(200);

        // A role of their own, given and taken.
        let own = json!({"slug": "auditor", "name": "Auditor", "permissions": ["organization.read", "audit.read"]});
        owner.post(&format!("{ORG}/roles"), own).await.expect(201);
        owner.patch(&format!("{MEMBERS}/{}", guest.member), json!({"role": "auditor"})).await.expect(200);
        guest.caller.get(&format!("{ORG}/audit-events")).await.expect(200);

        // Somebody goes: with everything, and within a week it can be undone.
        owner.delete(&format!("{MEMBERS}/{}", ann.member)).await.expect(204);
        ann.caller.get(ORG).await.refused(401, "auth.required");
        owner.send("POST", &format!("{MEMBERS}/{}/restore", ann.member), None, &[]).await.expect(200);
        let mut back = test.sign_in("ann@acme.test").await;
        back.get(&format!("{ORG}/resources/workspace:plan")).await.expect(200);
        // And the last owner stays, whoever asks.
        owner.post(&format!("{ORG}/leave"), json!({})).await.refused(409, "member.last_owner");
        test.deliver().await;
        test.stop().await;
    }
}
