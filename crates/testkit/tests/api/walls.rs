//! Generated walls: every operation of the description against everybody who may not call it. A
//! new operation is walled by being described; one that cannot be asked fails here.

use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

use crate::operations::{House, Operation, all};

/// Operations that take no credential, or another proof. INVARIANT: this list may only shrink.
const OPEN: &[&str] = &[
    "accept_invitation",
    "begin_passkey_sign_in",
    "forgot_password",
    "refuse_invitation",
    "reset_password",
    "set_up",
    "sign_in",
    "sign_in_with_passkey",
    "sign_up",
    "verify_email",
];

/// Operations on oneself that a token made for anything may call: they show or end what the token
/// itself reaches. INVARIANT: this list may only shrink.
const ANY_TOKEN: &[&str] = &["get_session", "list_my_tokens", "list_organizations", "me", "revoke_my_token"];

/// What only a device can answer, and what needs a factor in force; `factors` and `passkeys` let them through.
pub const OF_FACTORS: &[&str] = &["add_passkey", "make_backup_codes", "sign_in_with_passkey"];
/// What an organization without a tenant refuses its owner too; `tenants` lets them through.
pub const OF_TENANTS: &[&str] = &["add_member"];
/// Operations on oneself at the door of an organization one does not belong to. INVARIANT: this list may
/// only shrink.
const AT_THE_DOOR: &[&str] = &["ask_to_join", "withdraw_join_request"];

/// Somebody at the wall, and what they must be told.
struct Outsider {
    who: &'static str,
    caller: Caller,
    told: &'static [(u16, &'static str)],
}

async fn outsiders(house: &mut House) -> Vec<Outsider> {
    let test = &house.test;
    let mut owner = test.sign_in("owner2@acme.test").await;
    test.found(&mut owner, "other", "standard").await;
    let elsewhere = test.join(&mut owner, "other", "eve@other.test", "owner").await.caller;
    let (foreign, _) = test.mint(&mut elsewhere.clone(), "other", None).await;
    let (revoked, id) = test.mint(&mut owner, "acme", None).await;
    owner.delete(&format!("/me/tokens/{id}")).await.expect(204);
    let hidden: &[(u16, &str)] = &[(404, "not_found")];
    let out: &[(u16, &str)] = &[(401, "auth.required")];
    vec![
        Outsider { who: "anybody", caller: test.anybody(), told: out },
        Outsider { who: "another organization's owner", caller: elsewhere, told: hidden },
        Outsider { who: "another organization's token", caller: foreign, told: hidden },
        Outsider { who: "a revoked token", caller: revoked, told: &[(401, "auth.invalid")] },
        Outsider { who: "a deactivated member's old session", caller: house.deactivated.caller.clone(), told: out },
        Outsider { who: "a deactivated member", caller: test.sign_in("off@acme.test").await, told: hidden },
        Outsider { who: "somebody who waits", caller: house.waiting.caller.clone(), told: hidden },
    ]
}

async fn ask(caller: &mut Caller, operation: &Operation, path: &str, body: Option<&Value>) -> Answer {
    caller.send(&operation.method, path, body, &[]).await
}

/// The roles of the fixture that lack a permission.
async fn lacking(test: &TestApp, owner: &mut Caller, permission: &str) -> Vec<String> {
    let roles = test.all(owner, "/organizations/acme/roles").await;
    let of_people = roles.iter().filter(|r| r["applies_to"] == "organization");
    let without = of_people.filter(|r| !r["permissions"].as_array().is_some_and(|p| p.contains(&json!(permission))));
    without.map(|r| r["slug"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn the_owner_gets_through_with_every_request_that_the_walls_use() {
    for engine in engines() {
        let mut house = House::build(engine).await;
        let mut tried = 0;
        for operation in all(&house.test).await {
            let id = operation.id.as_str();
            if id == "set_up" || OF_TENANTS.contains(&id) || OF_FACTORS.contains(&id) {
                continue;
            }
            let path = house.path(&operation).await;
            let body = house.body(&operation);
            let preview = if operation.writes() { "?dry_run=true" } else { "" };
            let mut caller =
                if OPEN.contains(&operation.id.as_str()) { house.test.anybody() } else { house.owner.clone() };
            let answer = ask(&mut caller, &operation, &format!("{path}{preview}"), body.as_ref()).await;
            assert_eq!(answer.status, 200, "{} {path}: {}", operation.method, answer.text);
            tried += 1;
        }
        assert!(tried >= 50, "only {tried}");
        house.test.stop().await;
    }
}

#[tokio::test]
async fn every_operation_of_an_organization_is_walled() {
    for engine in engines() {
        let mut house = House::build(engine).await;
        let mut outsiders = outsiders(&mut house).await;
        let mut owner = house.owner.clone();
        let mut tried = 0;
        for operation in all(&house.test).await {
            let Some(permission) = operation.permission.clone() else {
                let inside = operation.path.contains("{org}") && !AT_THE_DOOR.contains(&operation.id.as_str());
                assert!(!inside, "`{}` has no x-permission", operation.id);
                continue;
            };
            let path = house.path(&operation).await;
            let body = house.body(&operation);
            for outsider in &mut outsiders {
                let answer = ask(&mut outsider.caller, &operation, &path, body.as_ref()).await;
                let told = (answer.status, answer.code());
                assert!(outsider.told.contains(&told), "{} by {}: {}", operation.id, outsider.who, answer.text);
            }
            tried += 1;
            if permission.starts_with("{type}") {
                // Who may not see a resource is told that there is none.
                let guest = &mut house.people[3].1.caller;
                let answer = ask(guest, &operation, &path, body.as_ref()).await;
                if operation.id == "list_resources" {
                    assert_eq!(answer.expect(200).count(), 0);
                } else {
                    let told = (answer.status, answer.code());
                    let walled = [(404, "not_found"), (403, "access.denied")].contains(&told);
                    assert!(walled, "{} by a guest: {}", operation.id, answer.text);
                }
                continue;
            }
            for role in lacking(&house.test, &mut owner, &permission).await {
                let person = house.people.iter_mut().find(|(r, _)| *r == role).expect("somebody of each role");
                let answer = ask(&mut person.1.caller, &operation, &path, body.as_ref()).await;
                let told = (answer.status, answer.code());
                assert_eq!(told, (403, "access.denied"), "{} by {role}: {}", operation.id, answer.text);
            }
            let scope = if permission == "role.list" { "member.list" } else { "role.list" };
            let (mut narrow, _) = house.test.mint(&mut owner, "acme", Some(&[scope])).await;
            let answer = ask(&mut narrow, &operation, &path, body.as_ref()).await;
            let told = (answer.status, answer.code());
            assert_eq!(told, (403, "token.scope_missing"), "{} by a narrow token: {}", operation.id, answer.text);
        }
        assert!(tried >= 50, "only {tried}");
        house.test.stop().await;
    }
}

#[tokio::test]
async fn every_operation_on_oneself_is_walled() {
    for engine in engines() {
        let mut house = House::build(engine).await;
        let mut outsiders = outsiders(&mut house).await;
        let mut owner = house.owner.clone();
        let (mut narrow, _) = house.test.mint(&mut owner, "acme", Some(&["role.list"])).await;
        let (mut open, mut any_token) = (Vec::new(), Vec::new());
        for operation in all(&house.test).await.into_iter().filter(|o| o.permission.is_none()) {
            if OPEN.contains(&operation.id.as_str()) {
                open.push(operation.id);
                continue;
            }
            let path = house.path(&operation).await;
            let body = house.body(&operation);
            for outsider in outsiders.iter_mut().filter(|o| o.told[0].0 == 401) {
                let answer = ask(&mut outsider.caller, &operation, &path, body.as_ref()).await;
                let told = (answer.status, answer.code());
                assert!(outsider.told.contains(&told), "{} by {}: {}", operation.id, outsider.who, answer.text);
            }
            if ANY_TOKEN.contains(&operation.id.as_str()) {
                any_token.push(operation.id);
                continue;
            }
            let answer = ask(&mut narrow, &operation, &path, body.as_ref()).await;
            let refused = matches!((answer.status, answer.code()), (403, _) | (401, "auth.required"));
            assert!(refused, "{} by a narrow token: {}", operation.id, answer.text);
        }
        open.sort();
        any_token.sort();
        assert_eq!(open, OPEN, "an exception that is none any more");
        assert_eq!(any_token, ANY_TOKEN, "an exception that is none any more");
        house.test.stop().await;
    }
}

#[tokio::test]
async fn a_narrow_token_sees_and_ends_no_token_but_itself() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let (mut other, other_id) = test.mint(&mut owner, "acme", None).await;
        let (mut narrow, narrow_id) = test.mint(&mut owner, "acme", Some(&["role.list"])).await;
        let listed = narrow.get("/me/tokens").await.expect(200);
        assert_eq!((listed.count(), listed.at("/items/0/id")), (1, narrow_id.as_str()));
        narrow.delete(&format!("/me/tokens/{other_id}")).await.refused(404, "not_found");
        other.get("/organizations/acme").await.expect(200);
        narrow.delete(&format!("/me/tokens/{narrow_id}")).await.expect(204);
        narrow.get("/me").await.refused(401, "auth.invalid");
        test.stop().await;
    }
}
