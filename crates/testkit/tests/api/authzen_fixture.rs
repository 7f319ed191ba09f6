//! The fixture of AuthZEN's certification scenario, and its answers in short.

use guildhall_testkit::{Answer, Caller, Engine, TestApp};
use serde_json::{Value, json};

/// The scenario's type `record` with its three actions and its conditions, beside what the standard preset has.
const RECORDS: &str = r#"
[[type]]
slug = "record"
name = "Record"
plural = "Records"

[[role]]
applies_to = "record"
slug = "writer"
name = "Writer"
description = "Reads, writes what is not archived, and deletes softly."
floor = ["record.read", "record.write@unless_archived", "record.delete@softly"]

[[role]]
applies_to = "record"
slug = "reader"
name = "Reader"
description = "Reads."
floor = ["record.read"]

[[role]]
applies_to = "record"
slug = "archivist"
name = "Archivist"
description = "Reads, and writes as an administrator."
floor = ["record.read", "record.write@administering"]

[[role]]
slug = "archives"
name = "Archives"
description = "Looks after what is archived."
floor = ["organization.read", "member.leave"]

[[condition]]
slug = "unless_archived"
label = "unless it is archived"
permissions = ["record.write"]
when = "!has(resource.properties.status) || resource.properties.status != 'archived'"

[[condition]]
slug = "softly"
label = "so that it can come back"
permissions = ["record.delete"]
when = "action.properties.soft"

[[condition]]
slug = "administering"
label = "as an administrator of records"
permissions = ["record.write"]
when = "subject.properties.role == 'admin' || subject.role == 'archives'"

[[permission]]
name = "record.read"
label = "Read a record"

[[permission]]
name = "record.write"
label = "Write a record"

[[permission]]
name = "record.delete"
label = "Delete a record"

[[permission]]
name = "record.create"
label = "Create records"

[[permission]]
name = "record.share"
label = "Decide who reaches a record"
"#;

/// An organization with the scenario's fixture, and a token bound to it.
pub(super) async fn fixture(engine: Engine) -> (TestApp, Caller, Caller) {
    let (test, mut owner) = TestApp::house(engine, "standard").await;
    let text = owner.get("/organizations/acme/preset").await.expect(200).at("/text").to_owned();
    owner.post("/organizations/acme/preset", json!({"text": text + RECORDS})).await.expect(200);
    let mut alice = test.join(&mut owner, "acme", "alice@acme.test", "guest").await;
    let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "guest").await;
    alice.caller.patch("/me", json!({"handle": "alice"})).await.expect(200);
    bob.caller.patch("/me", json!({"handle": "bob"})).await.expect(200);
    for id in ["record-1", "record-2"] {
        let record = json!({"type": "record", "external_id": id, "name": id});
        owner.post("/organizations/acme/resources", record).await.expect(201);
    }
    let grants = "/organizations/acme/resources/record:record-1/grants";
    for (member, role) in [(&alice.member, "writer"), (&bob.member, "reader")] {
        let grant = json!({"subject": {"type": "member", "id": member}, "role": role});
        owner.post(grants, grant).await.expect(201);
    }
    let (bound, _) = test.mint(&mut owner, "acme", None).await;
    (test, owner, bound)
}

pub(super) fn question(who: &str, action: &str, id: &str) -> Value {
    json!({"subject": {"type": "user", "id": who}, "action": {"name": action}, "resource": {"type": "record", "id": id}})
}

pub(super) async fn decide(pdp: &mut Caller, body: Value) -> bool {
    pdp.post("/access/v1/evaluation", body).await.expect(200).body["decision"].as_bool().expect("a decision")
}

pub(super) fn decisions(answer: &Answer) -> Vec<bool> {
    let all = answer.body["evaluations"].as_array().unwrap_or_else(|| panic!("{}", answer.text));
    all.iter().map(|one| one["decision"].as_bool().expect("a decision")).collect()
}

pub(super) fn ids(answer: &Answer) -> Vec<String> {
    let all = answer.body["results"].as_array().unwrap_or_else(|| panic!("{}", answer.text));
    let text = |one: &Value, field: &str| one[field].as_str().map(str::to_owned);
    all.iter().map(|one| text(one, "id").or(text(one, "name")).expect("a name")).collect()
}
