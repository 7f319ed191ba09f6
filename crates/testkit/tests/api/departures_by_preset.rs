//! How people go in each of the five systems, line by line.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";
const HERE: &str = "/organizations/acme/members";

async fn post(by: &mut Caller, path: &str) -> Answer {
    by.send("POST", path, None, &[]).await
}

// PX-32, PX-33, PX-34, PX-35, PX-38
#[tokio::test]
async fn px_32_any_member_removes_another_and_sessions_and_keys_end_at_once() {
    for preset in ["pixie-hydra", "pixie-auth0"] {
        for engine in engines() {
            let (test, mut owner) = TestApp::house(engine, preset).await;
            let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
            let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
            let (mut key, _) = test.mint(&mut bob.caller, "acme", None).await;
            key.get(HERE).await.expect(200);
            let plan = ann.caller.get(&format!("{HERE}/{}/removal-plan", bob.member)).await.expect(200);
            assert_eq!(plan.body["blocks"], json!([]), "{preset}: nobody is above anybody");
            ann.caller.delete(&format!("{HERE}/{}", bob.member)).await.expect(204);
            bob.caller.get(HERE).await.refused(401, "auth.required");
            key.get(HERE).await.refused(401, "auth.invalid");
            // The identity stays: signing in works, and opens nothing here.
            let mut again = test.sign_in("bob@acme.test").await;
            assert_eq!(again.get("/me").await.expect(200).body["memberships"], json!([]));
            again.get(HERE).await.refused(404, "not_found");
            test.stop().await;
        }
    }
}

#[tokio::test]
async fn px_36_the_only_member_cannot_be_removed() {
    for preset in ["pixie-hydra", "pixie-auth0"] {
        let (test, mut owner) = TestApp::house(engines()[0], preset).await;
        let me = owner.get(HERE).await.expect(200).at("/items/0/id").to_owned();
        let plan = owner.get(&format!("{HERE}/{me}/removal-plan")).await.expect(200);
        assert_ne!(plan.body["blocks"], json!([]), "the button is not offered");
        owner.delete(&format!("{HERE}/{me}")).await.refused(403, "access.denied");
        // Nor does deleting oneself take the organization along (PX-40, deliberately).
        let body = json!({"confirm": "owner@acme.test", "password": PASSWORD});
        let mut alone = test.sign_in("owner@acme.test").await;
        alone.send("DELETE", "/me", Some(&body), &[]).await.refused(409, "member.last_owner");
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        alone.send("DELETE", "/me", Some(&body), &[]).await.expect(204);
        assert_eq!(ann.caller.get(HERE).await.expect(200).count(), 1);
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_9_owned_things_are_reassigned_before_a_removal_and_keys_are_named() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "planasonix").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        let made = json!({"type": "project", "name": "Engine", "owner": ann.member});
        let thing = owner.post(&format!("{ORG}/resources"), made).await.expect(201).at("/id").to_owned();
        let (_, key) = test.mint(&mut ann.caller.clone(), "acme", None).await;
        let path = format!("{HERE}/{}", ann.member);
        let plan = owner.get(&format!("{path}/removal-plan")).await.expect(200);
        assert_eq!(plan.at("/owns/0/resource"), thing);
        assert_eq!(plan.at("/rotate/0/id"), key);
        assert!(plan.at("/upstream").contains("OAuth"), "PL-11: the screen says so");
        owner.delete(&path).await.refused(409, "member.owns_resources");
        let said = json!({"transfer_to": bob.member});
        owner.send("DELETE", &path, Some(&said), &[]).await.expect(204);
        let moved = owner.get(&format!("{ORG}/resources/{thing}")).await.expect(200);
        assert_eq!(moved.at("/owner/id"), bob.member);
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_10_a_deactivated_person_keeps_their_history_and_policy_may_forbid_removal() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "planasonix").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        ann.caller.post(&format!("{ORG}/groups"), json!({"name": "Ops"})).await.expect(201);
        let path = format!("{HERE}/{}", ann.member);
        post(&mut owner, &format!("{path}/deactivate")).await.expect(200);
        let did = test.all(&mut owner, &format!("{ORG}/audit-events?actor={}", ann.user)).await;
        assert!(did.iter().any(|e| e["type"] == "group.created"), "{did:?}");
        let only = json!({"offboard.modes": ["deactivate"]});
        owner.patch(&format!("{ORG}/policy"), only).await.expect(200);
        owner.delete(&path).await.refused(403, "access.denied");
        let either = json!({"offboard.modes": ["deactivate", "remove"]});
        owner.patch(&format!("{ORG}/policy"), either).await.expect(200);
        owner.delete(&path).await.expect(204);
        let did = test.all(&mut owner, &format!("{ORG}/audit-events?actor={}", ann.user)).await;
        assert!(did.iter().any(|e| e["actor"]["name"] == "ann@acme.test"), "the past stays told");
        test.stop().await;
    }
}

// ON-20, ON-21, ON-22
#[tokio::test]
async fn on_22_people_are_deactivated_before_they_are_deleted() {
    for preset in ["onyx", "onyx-4.7"] {
        for engine in engines() {
            let (test, mut owner) = TestApp::house(engine, preset).await;
            let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "basic").await;
            let (mut key, _) = test.mint(&mut ann.caller, "acme", None).await;
            let group = owner.post(&format!("{ORG}/groups"), json!({"name": "Ops"})).await.expect(201);
            let seat = format!("{ORG}/groups/{}/members/{}", group.at("/id"), ann.member);
            owner.send("PUT", &seat, Some(&json!({"manager": false})), &[]).await.expect(204);
            let path = format!("{HERE}/{}", ann.member);
            owner.delete(&path).await.refused(409, "member.deactivate_first");
            let off = post(&mut owner, &format!("{path}/deactivate")).await.expect(200);
            assert_eq!(off.at("/groups/0/name"), "Ops", "account and group memberships stay");
            ann.caller.get(ORG).await.refused(401, "auth.required");
            let told = key.get(ORG).await;
            assert!(matches!(told.status, 401 | 404), "{}", told.text);
            let me = owner.get(&format!("{HERE}?role=admin")).await.expect(200).at("/items/0/id").to_owned();
            let second = test.join(&mut owner, "acme", "second@acme.test", "admin").await;
            post(&mut owner, &format!("{HERE}/{me}/deactivate")).await.refused(409, "member.self");
            post(&mut owner, &format!("{HERE}/mem_nobody/deactivate")).await.refused(404, "not_found");
            owner.delete(&path).await.expect(204);
            drop(second);
            test.stop().await;
        }
    }
}

#[tokio::test]
async fn on_23_owning_a_document_set_blocks_deletion_or_leaves_it_without_an_owner() {
    for engine in engines() {
        for (preset, blocked) in [("onyx", true), ("onyx-4.7", false)] {
            let (test, mut owner) = TestApp::house(engine, preset).await;
            let ann = test.join(&mut owner, "acme", "ann@acme.test", "basic").await;
            let made = json!({"type": "document_set", "name": "Manuals", "owner": ann.member});
            let thing = owner.post(&format!("{ORG}/resources"), made).await.expect(201).at("/id").to_owned();
            let path = format!("{HERE}/{}", ann.member);
            post(&mut owner, &format!("{path}/deactivate")).await.expect(200);
            let answer = owner.delete(&path).await;
            if blocked {
                answer.refused(409, "member.owns_resources");
                let blocker = json!({"resource": thing, "type": "document_set", "name": "Manuals"});
                assert_eq!(answer.body["blockers"], json!([blocker]));
                let to = json!({"to": null});
                owner.post(&format!("{ORG}/resources/{thing}/transfer"), to).await.expect(200);
                owner.delete(&path).await.expect(204);
            } else {
                answer.expect(204);
            }
            let left = owner.get(&format!("{ORG}/resources/{thing}")).await.expect(200);
            assert_eq!(left.body["owner"], Value::Null, "the object stays");
            test.stop().await;
        }
    }
}

// ON-26: an Admin may leave; the last one does not, and never takes the workspace along (deliberately).
#[tokio::test]
async fn an_admin_leaves_and_the_last_one_stays() {
    let (test, mut owner) = TestApp::house(engines()[0], "onyx").await;
    let leave = format!("{ORG}/leave");
    post(&mut owner, &leave).await.refused(409, "member.last_owner");
    let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
    let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "basic").await;
    post(&mut bob.caller, &leave).await.refused(403, "access.denied");
    post(&mut ann.caller, &leave).await.expect(204);
    owner.get(ORG).await.expect(200);
    test.stop().await;
}

#[tokio::test]
async fn tp_5_removing_a_member_revokes_access() {
    for preset in ["pipes-team"] {
        for engine in engines() {
            let (test, mut owner) = TestApp::house(engine, preset).await;
            let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
            ann.caller.get(ORG).await.expect(200);
            owner.delete(&format!("{HERE}/{}", ann.member)).await.expect(204);
            ann.caller.get(ORG).await.refused(401, "auth.required");
            test.stop().await;
        }
    }
}
