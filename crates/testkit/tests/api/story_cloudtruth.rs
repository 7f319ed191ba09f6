//! CloudTruth's page "Users", told over HTTP from one Owner to a team and back.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{TestApp, engines};
use serde_json::json;

const ORG: &str = "/organizations/acme";
const MEMBERS: &str = "/organizations/acme/members";
const INVITATIONS: &str = "/organizations/acme/invitations";

// CT-1..CT-8, CT-13, CT-15..CT-21, CT-24, CT-29
#[tokio::test]
async fn ct_1_the_story_of_cloudtruth() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let me = owner.get("/me").await.expect(200).at("/memberships/0/membership/id").to_owned();

        // Inviting: as many addresses as needed, then a role for each; one that was a slip is left out.
        let list = json!({"invitations": [
            {"email": "grace@acme.test", "role": "admin"},
            {"email": "alan@acme.test", "role": "contributor"},
            {"email": "vera@acme.test", "role": "viewer_no_secrets"},
        ]});
        let sent = owner.post(INVITATIONS, list).await.expect(200);
        // The list of users has the invitations; each can be sent again or deleted.
        assert_eq!(owner.get(&format!("{MEMBERS}?status=invited")).await.expect(200).count(), 3);
        let alan = format!("{INVITATIONS}/{}", sent.at("/invitations/1/invitation/id"));
        owner.send("POST", &format!("{alan}/resend"), None, &[]).await.expect(200);
        owner.delete(&alan).await.expect(204);

        // The recipient accepts: the user is in the list, the invitation is not.
        let mut people = Vec::new();
        for email in ["grace@acme.test", "vera@acme.test"] {
            let mut caller = test.anybody();
            let secret = test.mails_to(email).await.pop().expect("a mail").secret("/invite/");
            let body = json!({"token": secret, "name": email, "password": PASSWORD});
            let came = caller.post("/invitations/accept", body).await.expect(200);
            people.push((caller, came.at("/membership/id").to_owned()));
        }
        assert_eq!(owner.get(&format!("{MEMBERS}?status=invited")).await.expect(200).count(), 0);
        let [(mut grace, grace_member), (mut vera, vera_member)] = people.try_into().expect("two");

        // Only Owners and Admins invite, and only an Owner invites Owners.
        let top = json!({"invitations": [{"email": "top@acme.test", "role": "owner"}]});
        let told = grace.post(INVITATIONS, top.clone()).await.expect(200);
        assert_eq!(told.at("/invitations/0/code"), "role.above_own");
        vera.post(INVITATIONS, top).await.refused(403, "access.denied");
        vera.get(MEMBERS).await.expect(200);

        // The special viewer sees everything a viewer sees but the secrets.
        owner
            .post(&format!("{ORG}/resources"), json!({"type": "project", "name": "App", "external_id": "app"}))
            .await
            .expect(201);
        for (permission, allowed) in [("parameter.read", true), ("template.read", true), ("secret.read", false)] {
            let asked = json!({"subject": vera_member, "permission": permission, "resource": "project:app"});
            let told = owner.post(&format!("{ORG}/check"), asked).await.expect(200);
            assert_eq!(told.body["allowed"], json!(allowed), "{permission}");
        }
        vera.post("/me/tokens", json!({"name": "t", "organization": "acme"})).await.refused(403, "access.denied");
        vera.get(&format!("{ORG}/audit-events")).await.refused(403, "access.denied");
        grace.get(&format!("{ORG}/audit-events/export?format=csv")).await.expect(200);

        // Changing a role takes an Owner. The only Owner is not downgraded, and neither leaves nor is removed.
        let vera_path = format!("{MEMBERS}/{vera_member}");
        grace.patch(&vera_path, json!({"role": "viewer"})).await.refused(403, "access.denied");
        owner.patch(&vera_path, json!({"role": "viewer"})).await.expect(200);
        let own = format!("{MEMBERS}/{me}");
        owner.patch(&own, json!({"role": "admin"})).await.refused(409, "member.last_owner");
        owner.post(&format!("{ORG}/leave"), json!({})).await.refused(409, "member.last_owner");
        owner.delete(&own).await.refused(409, "member.last_owner");

        // Leaving is for Admins and Owners, removing for an Owner alone.
        vera.post(&format!("{ORG}/leave"), json!({})).await.refused(403, "access.denied");
        grace.delete(&vera_path).await.refused(403, "access.denied");
        owner.delete(&vera_path).await.expect(204);
        vera.get(ORG).await.refused(401, "auth.required");
        // With a second Owner the first may go.
        owner.patch(&format!("{MEMBERS}/{grace_member}"), json!({"role": "owner"})).await.expect(200);
        owner.post(&format!("{ORG}/leave"), json!({})).await.expect(204);
        assert_eq!(grace.get(MEMBERS).await.expect(200).count(), 1);
        test.deliver().await;
        test.stop().await;
    }
}
