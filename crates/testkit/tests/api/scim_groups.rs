//! Groups whom a directory keeps: made, filled, emptied, ended.

use guildhall_testkit::engines;
use serde_json::{Value, json};

use crate::scim::{house, person, refused};

// K43
#[tokio::test]
async fn on_50_names_are_taken_once_and_those_of_roles_not_at_all() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "onyx").await;
        let made = directory.post("/Groups", json!({"displayName": "Sales", "externalId": "g1"})).await.expect(201);
        let here = "/organizations/acme/groups";
        let group = owner.get(&format!("{here}/{}", made.at("/id"))).await.expect(200);
        assert_eq!((group.at("/origin"), group.at("/external_id")), ("external", "g1"));
        owner.post(here, json!({"name": "By hand"})).await.expect(201);
        for name in ["SALES", "By Hand", "Admin", "basic"] {
            refused(&directory.post("/Groups", json!({"displayName": name})).await, 409, Some("uniqueness"));
        }
        let same = directory.post("/Groups", json!({"displayName": "Other", "externalId": "g1"})).await;
        refused(&same, 409, Some("uniqueness"));
        for blank in [json!({"displayName": " "}), json!({})] {
            refused(&directory.post("/Groups", blank).await, 400, Some("invalidValue"));
        }
        // Where roles' names are free, a directory may use them.
        owner.get("/organizations/acme").await.expect(200);
        let (other, _, mut elsewhere) = house(engine, "standard").await;
        elsewhere.group("Admin", &[]).await;
        other.stop().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn on_50_members_come_and_go_and_whoever_stays_keeps_running_it() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        let (ada, bob) = (directory.person("ada@acme.test").await, directory.person("bob@acme.test").await);
        let group = directory.group("Engineering", &[&ada]).await;
        let path = format!("/Groups/{group}");
        let seat = format!("/organizations/acme/groups/{group}/members/{ada}");
        owner.send("PUT", &seat, Some(&json!({"manager": true})), &[]).await.expect(204);
        let runs = |member: &Value| member["groups"][0]["manager"].clone();
        // A present member is added in silence, by PATCH and by PUT, and stays manager.
        let add = json!([{"op": "add", "path": "members", "value": [{"value": ada}, {"value": bob}]}]);
        let answer = directory.patch(&path, add).await.expect(200);
        assert_eq!(answer.body["members"].as_array().map(Vec::len), Some(2));
        let both = json!({"displayName": "Engineering", "members": [{"value": ada}, {"value": bob}]});
        directory.put(&path, both).await.expect(200);
        let member = owner.get(&format!("/organizations/acme/members/{ada}")).await.expect(200);
        assert_eq!(runs(&member.body), json!(true));
        // Somebody unknown, or not the directory's, is refused, and nothing has changed.
        let stranger = test.join(&mut owner, "acme", "cyd@acme.test", "member").await;
        for id in ["nobody", "mem_00000000000000000000000000", stranger.member.as_str()] {
            let add = json!([{"op": "add", "path": "members", "value": [{"value": id}]}, {"op": "replace", "path": "displayName", "value": "X"}]);
            refused(&directory.patch(&path, add).await, 400, Some("invalidValue"));
        }
        assert_eq!(directory.get(&path).await.expect(200).at("/displayName"), "Engineering");
        // Without members it is empty.
        let emptied = directory.put(&path, json!({"displayName": "Eng"})).await.expect(200);
        assert_eq!((emptied.at("/displayName"), &emptied.body["members"]), ("Eng", &Value::Null));
        // Ending it keeps the people.
        directory.delete(&path).await.expect(204);
        refused(&directory.delete(&path).await, 404, None);
        directory.get(&format!("/Users/{ada}")).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn on_50_rights_follow_at_once() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        let (ada, bob) = (directory.person("ada@acme.test").await, directory.person("bob@acme.test").await);
        let group = directory.group("Engineering", &[&ada]).await;
        owner
            .patch(&format!("/organizations/acme/groups/{group}"), json!({"permissions": ["audit.read"]}))
            .await
            .expect(200);
        assert!(test.allowed(&mut owner, "acme", &ada, "audit.read").await);
        assert!(!test.allowed(&mut owner, "acme", &bob, "audit.read").await);
        directory
            .patch(
                &format!("/Groups/{group}"),
                json!([
                    {"op": "remove", "path": format!("members[value eq \"{ada}\"]")},
                    {"op": "add", "path": "members", "value": [{"value": bob}]},
                ]),
            )
            .await
            .expect(200);
        assert!(!test.allowed(&mut owner, "acme", &ada, "audit.read").await);
        assert!(test.allowed(&mut owner, "acme", &bob, "audit.read").await);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_directorys_group_is_changed_there_unless_the_policy_lets_it_be_changed_here() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        let ada = directory.person("ada@acme.test").await;
        let group = directory.group("Engineering", &[]).await;
        let path = format!("/organizations/acme/groups/{group}");
        let seat = format!("{path}/members/{ada}");
        let plain = json!({"manager": false});
        owner.patch(&path, json!({"name": "Ours"})).await.refused(409, "group.external");
        owner.delete(&path).await.refused(409, "group.external");
        owner.send("PUT", &seat, Some(&plain), &[]).await.refused(409, "group.external");
        let policy = "/organizations/acme/policy";
        owner.patch(policy, json!({"scim.local_changes": true})).await.expect(200);
        owner.send("PUT", &seat, Some(&plain), &[]).await.expect(204);
        assert_eq!(directory.get(&format!("/Groups/{group}")).await.expect(200).at("/members/0/value"), ada);
        owner.delete(&path).await.expect(204);
        refused(&directory.get(&format!("/Groups/{group}")).await, 404, None);
        // Groups made here are none of the directory's.
        let local = owner.post("/organizations/acme/groups", json!({"name": "Ours"})).await.expect(201);
        refused(&directory.get(&format!("/Groups/{}", local.at("/id"))).await, 404, None);
        assert_eq!(directory.get("/Groups").await.expect(200).body["totalResults"], json!(0));
        test.stop().await;
    }
}

#[tokio::test]
async fn ten_thousand_members_in_one_body_work() {
    let engine = engines()[0];
    let (test, mut owner, mut directory) = house(engine, "standard").await;
    let mut ids = Vec::new();
    for part in 0..10 {
        let operation = |n: usize| json!({"method": "POST", "path": "/Users", "bulkId": format!("b{n}"), "data": person(&format!("p{n}@acme.test"))});
        let operations: Vec<Value> = (part * 1_000..(part + 1) * 1_000).map(operation).collect();
        let done = directory.post("/Bulk", json!({"Operations": operations})).await.expect(200);
        let all = done.body["Operations"].as_array().expect("operations").clone();
        ids.extend(
            all.iter()
                .map(|one| one["location"].as_str().and_then(|l| l.rsplit('/').next()).expect("an id").to_owned()),
        );
    }
    let members: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
    let made = directory
        .post("/Groups?excludedAttributes=members", json!({"displayName": "Everybody", "members": members}))
        .await
        .expect(201);
    assert_eq!(made.body["members"], Value::Null);
    let path = format!("/Groups/{}", made.at("/id"));
    let whole = directory.get(&path).await.expect(200);
    assert_eq!(whole.body["members"].as_array().map(Vec::len), Some(10_000));
    // Said once more, nothing is written.
    let revision = owner
        .get(&format!("/organizations/acme/groups/{}", made.at("/id")))
        .await
        .expect(200)
        .header("etag")
        .to_owned();
    directory.put(&path, json!({"displayName": "Everybody", "members": members})).await.expect(200);
    let after = owner.get(&format!("/organizations/acme/groups/{}", made.at("/id"))).await.expect(200);
    assert_eq!(after.header("etag"), revision);
    test.stop().await;
}
