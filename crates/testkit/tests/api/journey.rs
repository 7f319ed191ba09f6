//! One person, from the invitation to the end, on both engines.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{TestApp, engines};
use serde_json::json;

#[tokio::test]
async fn a_person_is_invited_joins_rises_and_is_gone() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let owner = test.init("cloudtruth").await;
        let mut admin = test.with_token(&owner.token);
        let invited = admin
            .post("/organizations/acme/invitations", json!({"invitations": [
                {"email": "ann@acme.test", "role": "viewer"}, {"email": "not an address"}, {"email": "ANN@acme.test"}
            ]}))
            .await
            .expect(200);
        assert_eq!(invited.at("/invitations/0/status"), "created", "{}", invited.text);
        assert_eq!(invited.at("/invitations/1/code"), "email.invalid");
        assert_eq!(invited.at("/invitations/2/code"), "email.duplicate");
        let secret = test.mails_to("ann@acme.test").await.pop().expect("a mail").secret("/invite/");
        let mut ann = test.anybody();
        let came = ann
            .post("/invitations/accept", json!({"token": secret, "name": "Ann Lee", "password": PASSWORD}))
            .await
            .expect(200);
        assert_eq!(came.at("/membership/status"), "active");
        let member = came.at("/membership/id").to_owned();
        ann.get("/me").await.expect(200);
        ann.get("/organizations/acme/members").await.expect(200);
        ann.get("/organizations/acme/audit-events").await.refused(403, "access.denied");
        admin.delete(&format!("/organizations/acme/members/{member}")).await.expect(204);
        ann.get("/organizations/acme/members").await.refused(401, "auth.required");
        test.stop().await;
    }
}
