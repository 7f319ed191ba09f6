//! Conditions on roles: AuthZEN's properties levels with the certification scenario's own fixture, and what else
//! follows from them: checks and lists that say properties, reasons, roles of an organization's own, tokens, share
//! links, and that nobody gives more than they hold.

use guildhall_testkit::{Caller, Engine, TestApp, engines};
use serde_json::{Value, json};

use super::authzen_fixture::{decide, decisions, fixture, ids, question};

/// The scenario's fixture where it asks for properties too: both may write an archived record under a condition, and
/// the other one may not.
async fn records(engine: Engine) -> (TestApp, Caller, Caller) {
    let (test, mut owner, pdp) = fixture(engine).await;
    let members = test.all(&mut owner, "/organizations/acme/members").await;
    let id = |name: &str| members.iter().find(|one| one["identity"]["handle"] == name).expect("a member")["id"].clone();
    let (alice, bob) = (id("alice"), id("bob").as_str().expect("an id").to_owned());
    for (who, role) in [(alice, "writer"), (json!(bob), "archivist")] {
        let grant = json!({"subject": {"type": "member", "id": who}, "role": role});
        owner.post("/organizations/acme/resources/record:record-2/grants", grant).await.expect(201);
    }
    owner.patch(&format!("/organizations/acme/members/{bob}"), json!({"role": "archives"})).await.expect(200);
    (test, owner, pdp)
}

fn with(mut question: Value, properties: &[(&str, Value)]) -> Value {
    for (part, said) in properties {
        question[*part]["properties"] = said.clone();
    }
    question
}

fn archived() -> (&'static str, Value) {
    ("resource", json!({"status": "archived"}))
}

#[tokio::test]
async fn basic_properties_are_met() {
    for engine in engines() {
        let (test, _, mut pdp) = records(engine).await;
        let admin = ("subject", json!({"role": "admin"}));
        let soft = |soft: bool| ("action", json!({"soft": soft}));
        for (asked, expected) in [
            (with(question("alice", "write", "record-2"), &[archived()]), false),
            (with(question("alice", "write", "record-1"), &[("resource", json!({"status": "active"}))]), true),
            (with(question("bob", "write", "record-2"), &[admin.clone(), archived()]), true),
            (with(question("alice", "delete", "record-1"), &[soft(true)]), true),
            (with(question("alice", "delete", "record-1"), &[soft(false)]), false),
            (question("alice", "delete", "record-1"), false),
            // what was not given under any condition stays a no, whatever is said
            (with(question("bob", "write", "record-1"), std::slice::from_ref(&admin)), false),
            (
                with(question("alice", "write", "record-2"), &[("subject", json!({"status": "active"})), archived()]),
                false,
            ),
        ] {
            assert_eq!(decide(&mut pdp, asked.clone()).await, expected, "{asked}");
        }
        // values of another kind, and deeply nested ones, decide like others
        for odd in [json!({"status": ["archived"]}), json!({"status": null}), json!({"status": {"status": "archived"}})]
        {
            assert!(decide(&mut pdp, with(question("alice", "write", "record-1"), &[("resource", odd)])).await);
        }
        for odd in [json!({"soft": "true"}), json!({"soft": 1}), json!({"soft": null}), json!({"soft": [true]})] {
            assert!(!decide(&mut pdp, with(question("alice", "delete", "record-1"), &[("action", odd)])).await);
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn batch_properties_are_met() {
    for engine in engines() {
        let (test, _, mut pdp) = records(engine).await;
        let record = |id: &str, status: &str| json!({"type": "record", "id": id, "properties": {"status": status}});
        let each = json!({
            "subject": {"type": "user", "id": "alice"}, "action": {"name": "write"},
            "evaluations": [{"resource": record("record-1", "active")}, {"resource": record("record-2", "archived")}],
        });
        assert_eq!(decisions(&pdp.post("/access/v1/evaluations", each).await.expect(200)), [true, false]);
        let who = json!({
            "action": {"name": "write"}, "resource": record("record-2", "archived"),
            "evaluations": [{"subject": {"type": "user", "id": "alice"}},
                {"subject": {"type": "user", "id": "bob", "properties": {"role": "admin"}}}],
        });
        assert_eq!(decisions(&pdp.post("/access/v1/evaluations", who).await.expect(200)), [false, true]);
        let merged = json!({
            "subject": {"type": "user", "id": "alice"}, "action": {"name": "write"}, "resource": {"type": "record"},
            "evaluations": [{"resource": {"id": "record-1", "properties": {"status": "active"}}},
                {"resource": record("record-2", "archived")}],
        });
        assert_eq!(decisions(&pdp.post("/access/v1/evaluations", merged).await.expect(200)), [true, false]);
        test.stop().await;
    }
}

#[tokio::test]
async fn search_properties_are_met() {
    for engine in engines() {
        let (test, _, mut pdp) = records(engine).await;
        let writes = json!({"name": "write"});
        let archived = json!({"type": "record", "id": "record-2", "properties": {"status": "archived"}});
        let who = json!({"subject": {"type": "user"}, "action": writes, "resource": archived});
        let found = ids(&pdp.post("/access/v1/search/subject", who).await.expect(200));
        assert!(found.contains(&"bob".to_owned()) && !found.contains(&"alice".to_owned()), "{found:?}");
        let admin = json!({"type": "user", "id": "bob", "properties": {"role": "admin"}});
        let what = json!({"subject": admin, "action": writes, "resource": {"type": "record"}});
        assert_eq!(ids(&pdp.post("/access/v1/search/resource", what).await.expect(200)), ["record-2"]);
        let may = |subject: &Value| json!({"subject": subject, "resource": archived});
        let found = ids(&pdp.post("/access/v1/search/action", may(&admin)).await.expect(200));
        assert!(found.contains(&"write".to_owned()) && found.contains(&"record.write".to_owned()), "{found:?}");
        assert!(found.iter().all(|name| !name.contains('@')), "{found:?}");
        let alice = json!({"type": "user", "id": "alice"});
        let found = ids(&pdp.post("/access/v1/search/action", may(&alice)).await.expect(200));
        assert_eq!(found, ["record.read", "read"]);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_check_looks_at_conditions_and_says_which() {
    for engine in engines() {
        let (test, mut owner, _) = records(engine).await;
        let check = |properties: Value| {
            json!({"subject": "alice@acme.test", "permission": "record.write", "resource": "record:record-2",
                "properties": properties, "explain": true})
        };
        let path = "/organizations/acme/check";
        let yes = owner.post(path, check(json!({"resource": {"status": "draft"}}))).await.expect(200);
        assert_eq!((yes.body["allowed"].clone(), yes.at("/reasons/2/reason")), (json!(true), "condition"));
        assert_eq!((yes.at("/reasons/1/reason"), yes.at("/reasons/2/condition")), ("grant", "unless_archived"));
        let no = owner.post(path, check(json!({"resource": {"status": "archived"}}))).await.expect(200);
        assert_eq!((no.body["allowed"].clone(), no.at("/reasons/2/reason")), (json!(false), "condition_not_met"));
        owner.post(path, check(json!({"object": {}}))).await.refused(422, "request.invalid");
        owner.post(path, check(json!({"resource": "archived"}))).await.refused(422, "request.invalid");
        // a condition is looked at, not asked for
        let named = json!({"permission": "record.write@unless_archived", "resource": "record:record-2"});
        let told = owner.post(path, named).await;
        told.refused(422, "request.invalid");
        assert_eq!(told.at("/errors/0/code"), "permission.unknown");

        // what the engine does itself asks without properties, and counts what is held without a condition only
        let mut alice = test.sign_in("alice@acme.test").await;
        alice.delete("/organizations/acme/resources/record:record-1").await.refused(403, "access.denied");

        // lists at one revision, with the same properties
        let shut = json!({"resource": {"status": "archived"}});
        let reach = |properties: &Value| json!({"subject": "alice@acme.test", "permission": "record.write", "properties": properties});
        let resources = "/organizations/acme/access/resources";
        let all = owner.post(resources, reach(&json!({}))).await.expect(200);
        assert_eq!(all.body["items"].as_array().map(Vec::len), Some(2));
        let none = owner.post(resources, reach(&shut)).await.expect(200);
        assert_eq!(none.body["items"], json!([]));
        let open = json!({"permission": "record.write", "resource": "record:record-2"});
        let writers = owner.post("/organizations/acme/access/subjects", open).await.expect(200);
        assert!(writers.text.contains("alice@acme.test") && writers.text.contains("bob@acme.test"));
        let catalogue = owner.get("/organizations/acme/permissions").await.expect(200);
        let softly =
            catalogue.body["items"].as_array().expect("items").iter().find(|p| p["name"] == "record.delete@softly");
        assert_eq!(softly.expect("the permission")["when"], "action.properties.soft");
        test.stop().await;
    }
}

#[tokio::test]
async fn nobody_gives_without_a_condition_what_they_hold_under_one() {
    for engine in engines() {
        let (test, mut owner, _) = records(engine).await;
        // whoever may share under conditions only shares what they hold, as they hold it
        let sharer = json!({"name": "Sharer", "slug": "sharer", "applies_to": "record",
            "permissions": ["record.read", "record.share", "record.write@unless_archived"]});
        owner.post("/organizations/acme/roles", sharer).await.expect(201);
        let mut carl = test.join(&mut owner, "acme", "carl@acme.test", "guest").await;
        let grants = "/organizations/acme/resources/record:record-1/grants";
        let to = |who: &str, given: (&str, &str)| json!({"subject": {"type": "member", "id": who}, given.0: given.1});
        owner.post(grants, to(&carl.member, ("role", "sharer"))).await.expect(201);
        let dora = test.join(&mut owner, "acme", "dora@acme.test", "guest").await.member;
        let carl = &mut carl.caller;
        for above in [("permission", "record.write"), ("permission", "record.write@administering"), ("role", "writer")]
        {
            carl.post(grants, to(&dora, above)).await.refused(403, "grant.above_own");
        }
        let same = ("permission", "record.write@unless_archived");
        carl.post(grants, to(&dora, same)).await.expect(201);
        carl.post(grants, to(&dora, ("permission", "record.write@nowhere"))).await.refused(422, "permission.unknown");
        let may = |status: &str| {
            json!({"subject": "dora@acme.test", "permission": "record.write", "resource": "record:record-1",
                "properties": {"resource": {"status": status}}})
        };
        for (status, expected) in [("draft", true), ("archived", false)] {
            let answer = owner.post("/organizations/acme/check", may(status)).await.expect(200);
            assert_eq!(answer.body["allowed"], expected, "{status}");
        }

        // a token with a scope under a condition carries it under that condition, even of an owner who needs none
        let scopes = ["record.write@unless_archived", "record.read"];
        let (mut narrow, _) = test.mint(&mut owner, "acme", Some(&scopes)).await;
        let mine = |status: &str| json!({"permission": "record.write", "resource": "record:record-1", "properties": {"resource": {"status": status}}});
        for (status, expected) in [("draft", true), ("archived", false)] {
            let answer = narrow.post("/organizations/acme/check", mine(status)).await.expect(200);
            assert_eq!(answer.body["allowed"], expected, "{status}");
        }

        // and so does a share link
        let links = "/organizations/acme/resources/record:record-1/share-links";
        let link = owner.post(links, json!({"role": "writer"})).await.expect(201).at("/token").to_owned();
        let held = |status: &str| {
            let mut asked = mine(status);
            asked["subject"] = json!(link);
            asked["explain"] = json!(true);
            asked
        };
        let yes = owner.post("/organizations/acme/check", held("draft")).await.expect(200);
        assert_eq!((yes.body["allowed"].clone(), yes.at("/reasons/0/reason")), (json!(true), "share_link"));
        let no = owner.post("/organizations/acme/check", held("archived")).await.expect(200);
        assert_eq!((no.body["allowed"].clone(), no.at("/reasons/0/reason")), (json!(false), "condition_not_met"));
        test.stop().await;
    }
}

/// A role that may come in only where the organization is said to be open.
const VISITORS: &str = r#"
[[permission]]
name = "organization.enter"
label = "Come in"

[[role]]
slug = "visitor"
name = "Visitor"
description = "Comes by."
floor = ["organization.read", "member.leave", "organization.enter@while_open"]

[[condition]]
slug = "while_open"
label = "while it is open"
permissions = ["organization.enter"]
when = "resource.type == 'organization' && resource.properties.status == 'open'"
"#;

#[tokio::test]
async fn an_organization_is_searched_for_with_what_is_said_of_it() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let text = owner.get("/organizations/acme/preset").await.expect(200).at("/text").to_owned();
        owner.post("/organizations/acme/preset", json!({"text": text + VISITORS})).await.expect(200);
        test.join(&mut owner, "acme", "vera@acme.test", "visitor").await;
        let (mut pdp, _) = test.mint(&mut owner, "acme", None).await;
        let search = |resource: Value| json!({"subject": {"type": "user", "id": "vera@acme.test"}, "action": {"name": "enter"}, "resource": resource});
        for (properties, found) in
            [(json!({"status": "open"}), 1), (json!({"status": "shut"}), 0), (json!({}), 0), (Value::Null, 0)]
        {
            let resource = json!({"type": "organization", "properties": properties});
            let told = pdp.post("/access/v1/search/resource", search(resource)).await.expect(200);
            assert_eq!(ids(&told).len(), found, "{properties}: {}", told.text);
        }
        test.stop().await;
    }
}
