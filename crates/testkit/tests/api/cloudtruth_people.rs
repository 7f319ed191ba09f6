//! CloudTruth's lines on roles, removing and leaving, one test each; where prose and matrix of the
//! page differ, in both positions of `role_change.authority`.

use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::json;

use crate::cloudtruth::{BELOW_OWNER, staffed};

const MEMBERS: &str = "/organizations/acme/members";
const LEAVE: &str = "/organizations/acme/leave";

fn member(id: &str) -> String {
    format!("{MEMBERS}/{id}")
}

async fn by_the_matrix(owner: &mut Caller) {
    let knob = json!({"role_change.authority": "admin_below_own_rank"});
    owner.patch("/organizations/acme/policy", knob).await.expect(200);
}

async fn only_owner(owner: &mut Caller) -> String {
    owner.get(&format!("{MEMBERS}?role=owner")).await.expect(200).at("/items/0/id").to_owned()
}

#[tokio::test]
async fn ct_15_an_owner_updates_a_users_role() {
    for engine in engines() {
        let (test, mut owner, people) = staffed(engine, &["viewer"]).await;
        for role in ["contributor", "admin", "owner", "viewer_no_secrets"] {
            let after = owner.patch(&member(&people[0].member), json!({"role": role})).await.expect(200);
            assert_eq!(after.at("/role"), role);
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_16_changing_a_role_takes_an_owner() {
    for engine in engines() {
        let (test, mut owner, mut people) = staffed(engine, &BELOW_OWNER).await;
        let target = member(&people[3].member);
        for person in &mut people {
            let answer = person.caller.patch(&target, json!({"role": "viewer"})).await;
            answer.refused(403, "access.denied");
            assert!(!test.allowed(&mut owner, "acme", &person.member, "member.change_role").await);
        }
        owner.patch(&target, json!({"role": "viewer"})).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_16_by_the_matrix_an_admin_changes_roles_below_owner() {
    for engine in engines() {
        let (test, mut owner, mut people) = staffed(engine, &["admin", "contributor", "viewer", "owner"]).await;
        by_the_matrix(&mut owner).await;
        let (viewer, top) = (member(&people[2].member), member(&people[3].member));
        let admin = &mut people[0].caller;
        admin.patch(&viewer, json!({"role": "contributor"})).await.expect(200);
        admin.patch(&viewer, json!({"role": "admin"})).await.expect(200);
        admin.patch(&viewer, json!({"role": "owner"})).await.refused(403, "role.above_own");
        admin.patch(&top, json!({"role": "viewer"})).await.refused(403, "member.top_role_required");
        assert!(test.allowed(&mut owner, "acme", &people[0].member, "member.change_role").await);
        people[1].caller.patch(&viewer, json!({"role": "viewer"})).await.refused(403, "access.denied");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_17_the_only_owner_cannot_be_downgraded() {
    for engine in engines() {
        let (test, mut owner, people) = staffed(engine, &["admin"]).await;
        let me = member(&only_owner(&mut owner).await);
        owner.patch(&me, json!({"role": "admin"})).await.refused(409, "member.last_owner");
        owner.patch(&member(&people[0].member), json!({"role": "owner"})).await.expect(200);
        owner.patch(&me, json!({"role": "admin"})).await.expect(200);
        let mut last = test.sign_in("admin@staff.test").await;
        let answer = last.patch(&member(&people[0].member), json!({"role": "viewer"})).await;
        answer.refused(409, "member.last_owner");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_17_an_invited_owner_is_not_another_owner() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        test.invite(&mut owner, "acme", "next@acme.test", "owner").await;
        let listed = owner.get(&format!("{MEMBERS}?role=owner&status=active")).await.expect(200);
        let mine = member(listed.at("/items/0/id"));
        owner.patch(&mine, json!({"role": "viewer"})).await.refused(409, "member.last_owner");
        owner.send("POST", LEAVE, None, &[]).await.refused(409, "member.last_owner");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_18_removing_takes_an_owner() {
    for engine in engines() {
        let (test, mut owner, mut people) = staffed(engine, &BELOW_OWNER).await;
        let target = member(&people[3].member);
        for person in &mut people[..3] {
            person.caller.delete(&target).await.refused(403, "access.denied");
        }
        owner.delete(&target).await.expect(204);
        people[3].caller.get(MEMBERS).await.refused(401, "auth.required");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_18_by_the_matrix_an_admin_removes_people_below_owner() {
    for engine in engines() {
        let (test, mut owner, mut people) = staffed(engine, &["admin", "contributor", "viewer", "owner"]).await;
        by_the_matrix(&mut owner).await;
        let (viewer, top) = (member(&people[2].member), member(&people[3].member));
        people[1].caller.delete(&viewer).await.refused(403, "access.denied");
        people[0].caller.delete(&top).await.refused(403, "member.top_role_required");
        people[0].caller.delete(&viewer).await.expect(204);
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_19_the_only_owner_cannot_be_removed() {
    for engine in engines() {
        let (test, mut owner, mut people) = staffed(engine, &["owner"]).await;
        let listed = owner.get(&format!("{MEMBERS}?role=owner")).await.expect(200);
        let items = listed.body["items"].as_array().expect("items").clone();
        let founder = items.iter().find(|m| m["origin"] == "founder").expect("the founder")["id"].clone();
        let founder = member(founder.as_str().unwrap_or_default());
        people[0].caller.delete(&founder).await.expect(204);
        let last = member(&people[0].member);
        people[0].caller.delete(&last).await.refused(409, "member.last_owner");
        people[0].caller.get(MEMBERS).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_20_only_admins_and_owners_leave() {
    for engine in engines() {
        let (test, mut owner, people) = staffed(engine, &["owner", "admin", "contributor", "viewer"]).await;
        for mut person in people {
            let may = ["owner@", "admin@"].iter().any(|who| person.email.starts_with(who));
            assert_eq!(test.allowed(&mut owner, "acme", &person.member, "member.leave").await, may);
            if person.email.starts_with("admin") {
                // Removing oneself is leaving.
                person.caller.delete(&member(&person.member)).await.expect(204);
            } else if may {
                person.caller.send("POST", LEAVE, None, &[]).await.expect(204);
            } else {
                person.caller.send("POST", LEAVE, None, &[]).await.refused(403, "access.denied");
            }
            let after = person.caller.get(MEMBERS).await.status;
            assert_eq!(after, if may { 401 } else { 200 }, "{}", person.email);
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_21_the_only_owner_cannot_leave() {
    for engine in engines() {
        let (test, mut owner, people) = staffed(engine, &["admin"]).await;
        owner.send("POST", LEAVE, None, &[]).await.refused(409, "member.last_owner");
        owner.patch(&member(&people[0].member), json!({"role": "owner"})).await.expect(200);
        owner.send("POST", LEAVE, None, &[]).await.expect(204);
        owner.get(MEMBERS).await.refused(404, "not_found");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_23_role_and_organization_shown_are_those_of_the_credential() {
    for engine in engines() {
        let (test, mut owner, mut people) = staffed(engine, &["contributor"]).await;
        test.found(&mut owner, "beta", "cloudtruth").await;
        test.join_too(&mut owner, "beta", &mut people[0], "admin").await;
        for (organization, role) in [("acme", "contributor"), ("beta", "admin")] {
            let (mut token, id) = test.mint(&mut people[0].caller, organization, None).await;
            let me = token.get("/me").await.expect(200);
            assert_eq!((me.at("/credential/type"), me.at("/credential/id")), ("token", id.as_str()));
            assert_eq!(me.body["memberships"].as_array().map(Vec::len), Some(1), "{}", me.text);
            assert_eq!(me.at("/memberships/0/organization/slug"), organization);
            assert_eq!(me.at("/memberships/0/role"), role);
        }
        assert_eq!(people[0].caller.get("/me").await.expect(200).body["memberships"].as_array().map(Vec::len), Some(2));
        test.stop().await;
    }
}
