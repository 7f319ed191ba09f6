//! Pixie's page "User management & sharing", told over HTTP: first the half for its own sign-in, then the half
//! for an outside provider. The comments are the page's steps in our own words.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::json;

const ORG: &str = "/organizations/acme";
const MEMBERS: &str = "/organizations/acme/members";
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 86_400;

/// Whoever is in views live views, queries running clusters and deploys new ones.
async fn works(caller: &mut Caller, cluster: &str) {
    let made = json!({"type": "cluster", "name": cluster, "external_id": cluster});
    caller.post(&format!("{ORG}/resources"), made).await.expect(201);
    for permission in ["live_view.view", "cluster.query", "cluster.deploy"] {
        let asked = json!({"permission": permission});
        let told = caller.post(&format!("{ORG}/check"), asked).await.expect(200);
        assert_eq!(told.body["allowed"], json!(true), "{permission}");
    }
}

/// Opens the link that was handed over and comes in with it.
async fn open(test: &TestApp, link: &str, email: Option<&str>) -> (Caller, guildhall_testkit::Answer) {
    let mut caller = test.anybody();
    let token = link.rsplit('/').next().unwrap_or_default();
    let mut body = json!({"token": token, "name": "New Comer", "password": PASSWORD});
    if let Some(email) = email {
        body["email"] = json!(email);
    }
    let answer = caller.post("/invitations/accept", body).await;
    test.deliver().await;
    (caller, answer)
}

// PX-1, PX-2, PX-9, PX-10, PX-25, PX-26, PX-32, PX-33
#[tokio::test]
async fn px_1_the_story_of_pixie_with_its_own_sign_in() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "pixie-hydra").await;

        // Inviting: fill the form, press the button, copy the link and hand it to your teammate yourself.
        let form = json!({"invitations": [{"email": "ann@acme.test", "name": "Ann Lee"}]});
        let made = admin.post(&format!("{ORG}/invitations"), form).await.expect(200);
        let link = made.at("/invitations/0/link").to_owned();
        assert!(test.mails_to("ann@acme.test").await.is_empty(), "nothing is mailed");
        let (mut ann, came) = open(&test, &link, None).await;
        let ann_member = came.expect(200).at("/membership/id").to_owned();
        works(&mut ann, "annes-cluster").await;

        // The link is good for an hour, and none can be made again for that address.
        let form = json!({"invitations": [{"email": "late@acme.test", "name": "Late Comer"}]});
        let made = ann.post(&format!("{ORG}/invitations"), form.clone()).await.expect(200);
        test.clock.advance_s(HOUR_S + 1);
        open(&test, made.at("/invitations/0/link"), None).await.1.refused(410, "invitation.expired");
        let again = admin.post(&format!("{ORG}/invitations"), form).await.expect(200);
        assert_eq!(again.at("/invitations/0/code"), "invitation.no_reissue");

        // Approvals: off, and "Enable" switches them on. Whoever joins from then on joins disabled.
        admin.patch(&format!("{ORG}/policy"), json!({"approval.mode": "all"})).await.expect(200);
        let form = json!({"invitations": [{"email": "bob@acme.test", "name": "Bob Ray"}]});
        let made = ann.post(&format!("{ORG}/invitations"), form).await.expect(200);
        let (mut bob, came) = open(&test, made.at("/invitations/0/link"), None).await;
        let bob_member = came.expect(200).at("/membership/id").to_owned();
        bob.get(ORG).await.refused(404, "not_found");
        ann.get(ORG).await.expect(200);
        // "Approve" on the page of users, and he has all of it.
        ann.send("POST", &format!("{MEMBERS}/{bob_member}/approve"), None, &[]).await.expect(200);
        works(&mut bob, "bobs-cluster").await;

        // Removing: press "Remove", accept the prompt; the person is out of every session and queries nothing.
        bob.delete(&format!("{MEMBERS}/{ann_member}")).await.expect(204);
        ann.get(ORG).await.refused(401, "auth.required");
        ann.post(&format!("{ORG}/check"), json!({"permission": "cluster.query"})).await.refused(401, "auth.required");

        // Links for everybody, and their reset, are what the other sign-in has.
        bob.post(&format!("{ORG}/invite-links"), json!({})).await.refused(403, "invite_link.not_offered");
        test.deliver().await;
        test.stop().await;
    }
}

// PX-1, PX-2, PX-15, PX-16, PX-17, PX-18, PX-21, PX-25, PX-26, PX-32, PX-33
#[tokio::test]
async fn px_1_the_story_of_pixie_with_an_outside_provider() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "pixie-auth0").await;

        // "+ Invite Users": a link for the whole organization, to be copied; anybody who holds it joins.
        let made = admin.post(&format!("{ORG}/invite-links"), json!({})).await.expect(201);
        let link = made.at("/link").to_owned();
        let (mut ann, came) = open(&test, &link, Some("ann@acme.test")).await;
        let ann_member = came.expect(200).at("/membership/id").to_owned();
        let (mut bob, came) = open(&test, &link, Some("bob@acme.test")).await;
        came.expect(200);
        works(&mut ann, "annes-cluster").await;

        // Links are good for seven days and end by themselves then.
        test.clock.advance_s(7 * DAY_S - 1);
        open(&test, &link, Some("dan@acme.test")).await.1.expect(200);
        test.clock.advance_s(1);
        open(&test, &link, Some("late@acme.test")).await.1.refused(410, "invite_link.expired");

        // "Reset Invite Links" ends all of them before that; new ones work.
        let mut links = Vec::new();
        for _ in 0..3 {
            links.push(ann.post(&format!("{ORG}/invite-links"), json!({})).await.expect(201).at("/link").to_owned());
        }
        let reset = ann.send("POST", &format!("{ORG}/invite-links/reset"), None, &[]).await.expect(200);
        assert_eq!(reset.body["reset"], json!(3));
        for link in &links {
            open(&test, link, Some("late@acme.test")).await.1.refused(410, "invite_link.reset");
        }
        let link = ann.post(&format!("{ORG}/invite-links"), json!({})).await.expect(201).at("/link").to_owned();

        // Approvals: whoever joins by any way waits disabled until "Approve".
        ann.patch(&format!("{ORG}/policy"), json!({"approval.mode": "all"})).await.expect(200);
        let (mut cid, came) = open(&test, &link, Some("cid@acme.test")).await;
        let came = came.expect(200);
        assert_eq!(came.at("/membership/status"), "pending_approval");
        cid.get(ORG).await.refused(404, "not_found");
        let path = format!("{MEMBERS}/{}", came.at("/membership/id"));
        cid.send("POST", &format!("{path}/approve"), None, &[]).await.refused(404, "not_found");
        bob.send("POST", &format!("{path}/approve"), None, &[]).await.expect(200);
        works(&mut cid, "cids-cluster").await;

        // An organization of a Workspace invites people of that Workspace only.
        let managed = json!({"domain.exclusive": ["acme.test"], "domain.auto_join": ["acme.test"]});
        bob.patch(&format!("{ORG}/policy"), managed).await.expect(200);
        let outsider = json!({"invitations": [{"email": "eve@other.test", "name": "Eve Other"}]});
        let told = bob.post(&format!("{ORG}/invitations"), outsider).await.expect(200);
        assert_eq!(told.at("/invitations/0/code"), "join.domain");
        open(&test, &link, Some("eve@other.test")).await.1.refused(403, "join.link_excluded");

        // "Remove", and the prompt.
        bob.delete(&format!("{MEMBERS}/{ann_member}")).await.expect(204);
        ann.get(ORG).await.refused(401, "auth.required");
        test.deliver().await;
        test.stop().await;
    }
}
