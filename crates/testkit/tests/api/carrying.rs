//! Whom invitations are for and what they carry: roles, groups, roles inside resources.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const INVITATIONS: &str = "/organizations/acme/invitations";
const POLICY: &str = "/organizations/acme/policy";

async fn invite(by: &mut Caller, one: Value) -> Answer {
    by.post(INVITATIONS, json!({"invitations": [one], "deliver": "link"})).await.expect(200)
}

fn told(answer: &Answer) -> (String, String) {
    let at = |field: &str| answer.at(&format!("/invitations/0/{field}")).to_owned();
    (at("status"), at("code"))
}

fn token(answer: &Answer) -> String {
    answer.at("/invitations/0/link").rsplit('/').next().unwrap_or_default().to_owned()
}

async fn accept(test: &TestApp, token: &str) -> (Caller, Answer) {
    let mut caller = test.anybody();
    let body = json!({"token": token, "name": "New Comer", "password": PASSWORD});
    let answer = caller.post("/invitations/accept", body).await;
    (caller, answer)
}

async fn group(by: &mut Caller, name: &str) -> String {
    by.post("/organizations/acme/groups", json!({"name": name})).await.expect(201).at("/id").to_owned()
}

async fn workspace(by: &mut Caller, name: &str) -> String {
    let body = json!({"type": "workspace", "name": name, "external_id": name});
    by.post("/organizations/acme/resources", body).await.expect(201).at("/id").to_owned()
}

async fn may(test: &TestApp, by: &mut Caller, subject: &str, resource: &str, permission: &str) -> bool {
    let body = json!({"subject": subject, "permission": permission, "resource": resource});
    let _ = test;
    by.post("/organizations/acme/check", body).await.expect(200).body["allowed"] == true
}

#[tokio::test]
async fn pl_3_an_invitation_carries_role_groups_and_roles_inside() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let (ops, gone) = (group(&mut owner, "Ops").await, group(&mut owner, "Gone").await);
        let (plan, lost) = (workspace(&mut owner, "plan").await, workspace(&mut owner, "lost").await);
        let given = json!({"subject": {"type": "group", "id": ops}, "role": "viewer"});
        owner.post(&format!("/organizations/acme/resources/{lost}/grants"), given).await.expect(201);
        let made = invite(
            &mut owner,
            json!({"email": "ann@acme.test", "role": "guest", "groups": [ops, gone], "resources": [
                {"resource": "workspace:plan", "role": "editor"}, {"resource": lost, "role": "viewer"}]}),
        )
        .await;
        let view = &made.body["invitations"][0]["invitation"];
        assert_eq!(view["groups"], json!([ops, gone]));
        assert_eq!(view["resources"][0], json!({"resource": plan, "role": "editor"}));
        let path = format!("{INVITATIONS}/{}", view["id"].as_str().expect("an id"));
        let edited = owner.patch(&path, json!({"groups": [gone, ops], "role": "member"})).await.expect(200);
        assert_eq!((edited.at("/role"), &edited.body["groups"]), ("member", &json!([gone, ops])));
        assert_eq!(edited.body["resources"], view["resources"], "what is not named stays");
        owner.delete(&format!("/organizations/acme/groups/{gone}")).await.expect(204);
        owner.delete(&format!("/organizations/acme/resources/{lost}")).await.expect(204);
        let (_, came) = accept(&test, &token(&made)).await;
        let came = came.expect(200);
        let member = came.at("/membership/id").to_owned();
        let seats = owner.get(&format!("/organizations/acme/groups/{ops}/members")).await.expect(200);
        assert_eq!((seats.count(), seats.at("/items/0/member")), (1, member.as_str()));
        assert!(may(&test, &mut owner, &member, &plan, "workspace.edit").await);
        assert!(!may(&test, &mut owner, &member, &plan, "workspace.manage").await);
        let events = owner.get("/organizations/acme/audit-events?type=invitation.carried_in_part").await.expect(200);
        let skipped = &events.body["items"][0]["after"]["skipped"];
        assert_eq!(skipped, &json!({"groups": [gone], "resources": [{"resource": lost, "role": "viewer"}]}));
        test.stop().await;
    }
}

// PL-4
#[tokio::test]
async fn pl_4_one_address_holds_memberships_of_its_own_in_several_organizations() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "planasonix").await;
        test.found(&mut owner, "beta", "planasonix").await;
        let first = test.invite(&mut owner, "acme", "ann@acme.test", "member").await;
        let second = test.invite(&mut owner, "beta", "ann@acme.test", "viewer").await;
        let (mut ann, came) = accept(&test, &first.secret).await;
        assert_eq!(came.expect(200).at("/organization/slug"), "acme", "an invitation is to one organization");
        ann.get("/organizations/beta").await.refused(404, "not_found");
        let came = ann.post("/invitations/accept", json!({"token": second.secret})).await.expect(200);
        assert_eq!((came.at("/organization/slug"), came.at("/membership/role")), ("beta", "viewer"));
        assert_eq!(ann.get("/me").await.expect(200).body["memberships"].as_array().map(Vec::len), Some(2));
        test.stop().await;
    }
}

#[tokio::test]
async fn nothing_is_carried_above_the_inviters_own_rights_or_the_policy() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let strong = group(&mut owner, "Strong").await;
        let plan = workspace(&mut owner, "plan").await;
        owner.patch(&format!("/organizations/acme/resources/{plan}"), json!({"controlled": true})).await.expect(200);
        let given = json!({"subject": {"type": "group", "id": strong}, "role": "manager"});
        owner.post(&format!("/organizations/acme/resources/{plan}/grants"), given).await.expect(201);
        let scopes = [
            "member.invite",
            "group.list",
            "group.manage",
            "workspace.read",
            "project.read",
            "workspace.share",
            "organization.read",
            "role.list",
        ];
        let (mut narrow, _) = test.mint(&mut owner, "acme", Some(&scopes)).await;
        let guest = |more: Value| {
            let mut one = json!({"email": "ann@acme.test", "role": "guest"});
            one.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
            one
        };
        for (more, code) in [
            (json!({"groups": [strong]}), "group.grants_above_own"),
            (json!({"groups": ["grp_00000000000000000000000000"]}), "group.unknown"),
            (json!({"groups": ["strong"]}), "group.unknown"),
            (json!({"resources": [{"resource": plan, "role": "manager"}]}), "grant.above_own"),
            (json!({"resources": [{"resource": plan, "role": "emperor"}]}), "role.unknown"),
            (json!({"resources": [{"resource": "workspace:none", "role": "viewer"}]}), "resource.unknown"),
        ] {
            let answer = invite(&mut narrow, guest(more)).await;
            assert_eq!(told(&answer), ("refused".to_owned(), code.to_owned()), "{}", answer.text);
        }
        let viewer = json!({"resources": [{"resource": plan, "role": "viewer"}]});
        assert_eq!(told(&invite(&mut narrow, guest(viewer.clone())).await).0, "created");
        owner.patch(POLICY, json!({"invite.carries": []})).await.expect(200);
        for (one, code) in [
            (json!({"email": "b@acme.test", "role": "admin"}), "invitation.not_carried"),
            (json!({"email": "b@acme.test", "groups": [strong]}), "invitation.not_carried"),
            (json!({"email": "b@acme.test", "resources": viewer["resources"]}), "invitation.not_carried"),
            (json!({"email": "b@acme.test", "role": "member"}), ""),
        ] {
            assert_eq!(told(&invite(&mut owner, one).await).1, code, "the usual role needs no leave");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn on_7_one_malformed_address_and_nobody_is_invited() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "onyx").await;
        test.invite(&mut owner, "acme", "known@acme.test", "basic").await;
        let list = |third: &str| {
            json!({"invitations": [{"email": "ann@acme.test"}, {"email": "known@acme.test"}, {"email": third}],
                "deliver": "link"})
        };
        let answer = owner.post(INVITATIONS, list("no address")).await;
        answer.refused(422, "email.invalid");
        assert_eq!(
            (answer.at("/errors/0/field"), answer.at("/errors/0/code")),
            ("invitations[2].email", "email.invalid")
        );
        assert_eq!(owner.get("/organizations/acme/members?status=invited").await.expect(200).count(), 1);
        let answer = owner.post(INVITATIONS, list("bob@acme.test")).await.expect(200);
        let states: Vec<_> = (0..3).map(|n| answer.at(&format!("/invitations/{n}/status"))).collect();
        assert_eq!(states, ["created", "refused", "created"], "who is invited already stops nobody");
        test.stop().await;
        // The other position: each has an answer of their own.
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let answer = owner.post(INVITATIONS, list("no address")).await.expect(200);
        let states: Vec<_> = (0..3).map(|n| answer.at(&format!("/invitations/{n}/status"))).collect();
        assert_eq!(states, ["created", "created", "refused"]);
        owner.patch(POLICY, json!({"invite.bulk": "all_or_nothing"})).await.expect(200);
        let above =
            json!({"invitations": [{"email": "x@acme.test"}, {"email": "x@acme.test"}, {"email": "y", "role": "z"}]});
        let answer = owner.post(INVITATIONS, above).await.expect(422);
        let codes: Vec<_> = answer.body["errors"].as_array().expect("errors").iter().map(|e| &e["code"]).collect();
        assert_eq!(codes, ["email.duplicate", "email.invalid"], "each is named");
        test.stop().await;
    }
}

#[tokio::test]
async fn on_8_an_invitation_without_an_end_waits_until_it_is_cancelled() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "onyx").await;
        let one = invite(&mut owner, json!({"email": "ann@acme.test"})).await;
        let two = invite(&mut owner, json!({"email": "bob@acme.test"})).await;
        assert_eq!(one.body["invitations"][0]["invitation"]["expires_at"], Value::Null);
        test.clock.advance_s(300 * 86_400);
        owner.delete(&format!("{INVITATIONS}/{}", two.at("/invitations/0/invitation/id"))).await.expect(204);
        accept(&test, &token(&one)).await.1.expect(200);
        accept(&test, &token(&two)).await.1.refused(410, "invitation.cancelled");
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_1_tp_2_somebody_is_invited_by_email_or_by_handle_and_never_by_both() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        test.found(&mut owner, "beta", "standard").await;
        let mut ann = test.join(&mut owner, "beta", "ann@else.test", "member").await;
        ann.caller.patch("/me", json!({"handle": "ann"})).await.expect(200);
        for one in [json!({"role": "member"}), json!({"email": "a@b.test", "handle": "ann", "role": "member"})] {
            let answer = owner.post(INVITATIONS, json!({"invitations": [one]})).await.expect(422);
            assert_eq!(answer.at("/errors/0/field"), "invitations[0].email");
        }
        assert_eq!(told(&invite(&mut owner, json!({"handle": "nobody"})).await).1, "handle.unknown");
        let body = json!({"invitations": [{"handle": "@ann", "role": "owner"}], "deliver": "email"});
        let made = owner.post(INVITATIONS, body.clone()).await.expect(200);
        assert_eq!(made.at("/invitations/0/status"), "created", "{}", made.text);
        assert!(!made.text.contains("ann@else.test"), "the address is not the inviter's to know");
        let listed = owner.get("/organizations/acme/members?status=invited").await.expect(200);
        assert_eq!((listed.at("/items/0/identity/handle"), listed.at("/items/0/identity/name")), ("ann", "@ann"));
        assert_eq!(listed.body["items"][0]["identity"]["email"], Value::Null);
        assert_eq!(told(&invite(&mut owner, json!({"handle": "ann"})).await).1, "invitation.already_pending");
        let secret = test.mails_to("ann@else.test").await.pop().expect("a mail").secret("/invite/");
        accept(&test, &secret).await.1.refused(409, "invitation.sign_in_required");
        let mut other = test.join(&mut owner, "beta", "bob@else.test", "member").await.caller;
        other.post("/invitations/accept", json!({"token": secret})).await.refused(403, "invitation.other_person");
        let came = ann.caller.post("/invitations/accept", json!({"token": secret})).await.expect(200);
        assert_eq!((came.at("/membership/role"), came.at("/membership/identity/email")), ("owner", "ann@else.test"));
        assert_eq!(told(&invite(&mut owner, json!({"handle": "ann"})).await).1, "member.already");
        let by_email = invite(&mut owner, json!({"email": "cy@else.test", "role": "member"})).await;
        assert_eq!(told(&by_email).0, "created");
        test.stop().await;
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        owner.patch("/me", json!({"handle": "olivia"})).await.expect(200);
        assert_eq!(told(&invite(&mut owner, json!({"handle": "olivia"})).await).1, "invitation.addressee");
        test.stop().await;
    }
}

// TP-8
#[tokio::test]
async fn tp_8_deleting_a_membership_before_acceptance_cancels_the_invitation() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        let (one, two) = (
            test.invite(&mut owner, "acme", "ann@acme.test", "member").await,
            test.invite(&mut owner, "acme", "bob@acme.test", "member").await,
        );
        owner.delete(&format!("/organizations/acme/members/{}", one.member)).await.expect(204);
        accept(&test, &one.secret).await.1.refused(410, "invitation.cancelled");
        assert_eq!(owner.get(&format!("{INVITATIONS}/{}", one.id)).await.expect(200).at("/state"), "cancelled");
        let (mut bob, came) = accept(&test, &two.secret).await;
        came.expect(200);
        owner.delete(&format!("/organizations/acme/members/{}", two.member)).await.expect(204);
        bob.get("/organizations/acme").await.refused(401, "auth.required");
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_14_somebody_from_outside_is_invited_with_the_role_of_the_workspace() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        let plan = workspace(&mut owner, "plan").await;
        let one =
            json!({"email": "ann@acme.test", "role": "member", "resources": [{"resource": plan, "role": "reader"}]});
        let made = invite(&mut owner, one).await;
        let waiting = made.at("/invitations/0/invitation/member").to_owned();
        assert!(!may(&test, &mut owner, &waiting, &plan, "workspace.read").await, "not before they are here");
        let (mut ann, came) = accept(&test, &token(&made)).await;
        came.expect(200);
        assert!(may(&test, &mut owner, &waiting, &plan, "workspace.read").await);
        assert_eq!(ann.get("/organizations/acme/resources?type=workspace").await.expect(200).count(), 1);
        test.stop().await;
    }
}

#[tokio::test]
async fn on_10_an_invited_person_declines() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let invited = test.invite(&mut owner, "acme", "ann@acme.test", "member").await;
        let body = json!({"token": invited.secret});
        test.anybody().post("/invitations/refuse", body.clone()).await.expect(204);
        assert_eq!(owner.get(&format!("{INVITATIONS}/{}", invited.id)).await.expect(200).at("/state"), "refused");
        assert_eq!(owner.get("/organizations/acme/members").await.expect(200).count(), 1);
        accept(&test, &invited.secret).await.1.refused(410, "invitation.refused");
        test.anybody().post("/invitations/refuse", body).await.refused(410, "invitation.refused");
        test.anybody().post("/invitations/refuse", json!({"token": "x"})).await.refused(404, "invitation.unknown");
        test.invite(&mut owner, "acme", "ann@acme.test", "member").await;
        test.stop().await;
    }
}
