//! Ways out and back: switched off and on, removed, left, rejoined, sessions ended. Gone means
//! gone at the very next request.

use guildhall_testkit::{TestApp, engines};
use serde_json::json;

const HERE: &str = "/organizations/acme/members";

#[tokio::test]
async fn a_deactivated_member_is_out_at_once_and_comes_back_as_they_were() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let (mut token, _) = test.mint(&mut ann.caller, "acme", None).await;
        token.get(HERE).await.expect(200);
        let path = format!("{HERE}/{}", ann.member);
        let off = owner.send("POST", &format!("{path}/deactivate"), None, &[]).await.expect(200);
        assert_eq!((off.at("/status"), off.at("/role")), ("deactivated", "admin"));
        ann.caller.get(HERE).await.refused(401, "auth.required");
        let told = token.get(HERE).await;
        assert!(matches!(told.status, 401 | 404), "{}", told.text);
        assert!(!test.allowed(&mut owner, "acme", &ann.member, "member.list").await);
        owner.get(&path).await.expect(200);
        let mut again = test.sign_in("ann@acme.test").await;
        again.get(HERE).await.refused(404, "not_found");
        assert_eq!(again.get("/me").await.expect(200).body["memberships"], json!([]));
        let on = owner.send("POST", &format!("{path}/reactivate"), None, &[]).await.expect(200);
        assert_eq!((on.at("/status"), on.at("/role")), ("active", "admin"));
        again.get(HERE).await.expect(200);
        ann.caller.get(HERE).await.refused(401, "auth.required");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_removed_member_is_gone_at_the_very_next_request() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let mut second = test.sign_in("ann@acme.test").await;
        let (mut token, _) = test.mint(&mut ann.caller, "acme", None).await;
        let path = format!("{HERE}/{}", ann.member);
        owner.delete(&path).await.expect(204);
        ann.caller.get(HERE).await.refused(401, "auth.required");
        second.get("/me").await.refused(401, "auth.required");
        token.get(HERE).await.refused(401, "auth.invalid");
        owner.get(&path).await.refused(404, "not_found");
        owner.delete(&path).await.refused(404, "not_found");
        owner.patch(&path, json!({"role": "guest"})).await.refused(404, "not_found");
        assert_eq!(test.all(&mut owner, &format!("{HERE}?query=ann")).await.len(), 0);
        for subject in [&ann.member, &ann.user, &ann.email] {
            assert!(!test.allowed(&mut owner, "acme", subject, "member.list").await, "{subject}");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn whoever_rejoins_is_new_and_has_none_of_the_old_rights() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let (mut token, _) = test.mint(&mut ann.caller, "acme", None).await;
        owner.delete(&format!("{HERE}/{}", ann.member)).await.expect(204);
        let mut back = test.sign_in("ann@acme.test").await;
        back.get(HERE).await.refused(404, "not_found");
        let invited = test.invite(&mut owner, "acme", "ann@acme.test", "member").await;
        let came = back.post("/invitations/accept", json!({"token": invited.secret})).await.expect(200);
        assert_ne!(came.at("/membership/id"), ann.member);
        assert_eq!(came.at("/membership/identity/id"), ann.user, "the same person");
        assert_eq!(came.at("/membership/role"), "member");
        back.get("/organizations/acme/audit-events").await.refused(403, "access.denied");
        token.get(HERE).await.refused(401, "auth.invalid");
        ann.caller.get(HERE).await.refused(401, "auth.required");
        assert_eq!(back.get("/me/tokens").await.expect(200).count(), 0);
        assert!(!test.allowed(&mut owner, "acme", &ann.member, "member.list").await, "the old membership");
        test.stop().await;
    }
}

#[tokio::test]
async fn whoever_leaves_is_gone() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        let (mut token, _) = test.mint(&mut ann.caller, "acme", None).await;
        ann.caller.send("POST", "/organizations/acme/leave", None, &[]).await.expect(204);
        ann.caller.get(HERE).await.refused(401, "auth.required");
        token.get(HERE).await.refused(401, "auth.invalid");
        // Removing oneself counts as leaving where the policy says so.
        bob.caller.delete(&format!("{HERE}/{}", bob.member)).await.expect(204);
        bob.caller.get(HERE).await.refused(401, "auth.required");
        let left = owner.get("/organizations/acme/audit-events?type=member.left").await.expect(200);
        assert_eq!(left.count(), 2);
        assert_eq!(test.all(&mut owner, HERE).await.len(), 1);
        test.stop().await;
    }
}

#[tokio::test]
async fn another_organization_of_a_person_is_not_disturbed() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "beta", "standard").await;
        for way in ["remove", "deactivate", "leave", "end-sessions"] {
            let email = format!("{way}@acme.test");
            let mut ann = test.join(&mut owner, "acme", &email, "member").await;
            test.join_too(&mut owner, "beta", &mut ann, "member").await;
            let (mut here, _) = test.mint(&mut ann.caller, "acme", None).await;
            let (mut there, _) = test.mint(&mut ann.caller, "beta", None).await;
            let path = format!("{HERE}/{}", ann.member);
            match way {
                "remove" => owner.delete(&path).await,
                "leave" => ann.caller.send("POST", "/organizations/acme/leave", None, &[]).await,
                verb => owner.send("POST", &format!("{path}/{verb}"), None, &[]).await,
            };
            let gone = ann.caller.get(HERE).await;
            let expected = if way == "end-sessions" { (401, "auth.invalid") } else { (404, "not_found") };
            assert_eq!((gone.status, gone.code()), expected, "{way}: {}", gone.text);
            ann.caller.get("/organizations/beta/members").await.expect(200);
            there.get("/organizations/beta/members").await.expect(200);
            let token = here.get(HERE).await.status;
            assert_eq!(token == 200, way == "end-sessions", "{way}: {token}");
            let mut fresh = test.sign_in(&email).await;
            assert_eq!(fresh.get(HERE).await.status == 200, way == "end-sessions", "{way}");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn ended_sessions_are_over_and_a_new_one_begins() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let path = format!("{HERE}/{}", ann.member);
        owner.send("POST", &format!("{path}/end-sessions"), None, &[]).await.expect(204);
        ann.caller.get(HERE).await.refused(401, "auth.required");
        test.sign_in("ann@acme.test").await.get(HERE).await.expect(200);
        let invited = test.invite(&mut owner, "acme", "bob@acme.test", "member").await;
        let nobody = owner.send("POST", &format!("{HERE}/{}/end-sessions", invited.member), None, &[]).await;
        nobody.refused(409, "member.state");
        test.stop().await;
    }
}

#[tokio::test]
async fn states_that_do_not_allow_a_step_say_so() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let invited = test.invite(&mut owner, "acme", "bob@acme.test", "member").await;
        for verb in ["approve", "reject", "deactivate", "reactivate"] {
            let answer = owner.send("POST", &format!("{HERE}/{}/{verb}", invited.member), None, &[]).await;
            answer.refused(409, "member.state");
        }
        let me = owner.get(&format!("{HERE}?role=owner")).await.expect(200).at("/items/0/id").to_owned();
        owner.send("POST", &format!("{HERE}/{me}/deactivate"), None, &[]).await.refused(409, "member.self");
        owner.delete(&format!("{HERE}/{me}")).await.refused(409, "member.last_owner");
        let knobs = json!({"self.deactivate_or_remove": "forbidden", "self.demote": false});
        owner.patch("/organizations/acme/policy", knobs).await.expect(200);
        test.join(&mut owner, "acme", "top@acme.test", "owner").await;
        owner.delete(&format!("{HERE}/{me}")).await.refused(409, "member.self");
        owner.patch(&format!("{HERE}/{me}"), json!({"role": "admin"})).await.refused(409, "member.self_demote");
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let first = json!({"delete.precondition": "deactivated"});
        owner.patch("/organizations/acme/policy", first).await.expect(200);
        let path = format!("{HERE}/{}", ann.member);
        owner.delete(&path).await.refused(409, "member.deactivate_first");
        owner.send("POST", &format!("{path}/deactivate"), None, &[]).await.expect(200);
        owner.delete(&path).await.expect(204);
        test.stop().await;
    }
}
