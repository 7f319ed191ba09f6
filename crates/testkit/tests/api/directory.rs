//! Looking people up by a part of what they are called: whatever changes, the next search knows it, and it
//! finds just those whom the whole list has.

use guildhall_domain::text::fold;
use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::{Value, json};

const HERE: &str = "/organizations/acme/members";
const PARTS: [&str; 9] = ["", "a", "an", "ann", "acme.test", "robot", "zo", "n ann@", "nobody"];

/// Everybody the list has that a part of the name, address or handle fits, in its order.
fn fitting(everybody: &[Value], part: &str, role: Option<&str>) -> Vec<String> {
    let text = |one: &Value, key: &str| one["identity"][key].as_str().unwrap_or_default().to_owned();
    let fits = |one: &&Value| {
        let called = format!("{} {} {}", text(one, "name"), text(one, "email"), text(one, "handle"));
        fold(&called).contains(part) && role.is_none_or(|role| one["role"] == role)
    };
    everybody.iter().filter(fits).map(|one| one["id"].to_string()).collect()
}

async fn holds(test: &TestApp, owner: &mut Caller, after: &str) {
    let everybody = test.all(owner, HERE).await;
    for part in PARTS {
        for role in [None, Some("admin"), Some("unknown")] {
            let narrow = role.map_or(String::new(), |role| format!("&role={role}"));
            let found = test.all(owner, &format!("{HERE}?query={}{narrow}", part.replace(' ', "%20"))).await;
            let found: Vec<String> = found.iter().map(|one| one["id"].to_string()).collect();
            assert_eq!(found, fitting(&everybody, part, role), "`{part}` {role:?} after {after}");
        }
    }
    for kind in ["person", "service_account"] {
        let right: Vec<&Value> = everybody.iter().filter(|one| one["identity"]["type"] == kind).collect();
        let found = test.all(owner, &format!("{HERE}?type={kind}")).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), right, "{kind} after {after}");
    }
}

#[tokio::test]
async fn a_search_knows_all_that_was_done_before_it() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        holds(&test, &mut owner, "the beginning").await;
        let mut people = Vec::new();
        for n in 0..6 {
            people.push(test.join(&mut owner, "acme", &format!("ann{n}@acme.test"), "member").await);
        }
        holds(&test, &mut owner, "joining").await;
        let (ann, zoe) = (people.remove(0), &mut people[0]);
        zoe.caller.patch("/me", json!({"name": "Zoë Robot", "handle": "anna-zo"})).await.expect(200);
        holds(&test, &mut owner, "another name").await;
        owner.patch(&format!("{HERE}/{}", zoe.member), json!({"role": "admin"})).await.expect(200);
        holds(&test, &mut owner, "another role").await;
        owner.post(&format!("{HERE}/{}/deactivate", zoe.member), json!({})).await.expect(200);
        assert_eq!(test.all(&mut owner, &format!("{HERE}?query=zo&status=active")).await.len(), 0);
        assert_eq!(test.all(&mut owner, &format!("{HERE}?query=zo&status=deactivated")).await.len(), 1);
        owner.delete(&format!("{HERE}/{}", ann.member)).await.expect(204);
        holds(&test, &mut owner, "removing").await;
        owner.send("POST", &format!("{HERE}/{}/restore", ann.member), None, &[]).await.expect(200);
        holds(&test, &mut owner, "undoing it").await;
        let invited = test.invite(&mut owner, "acme", "annabel@acme.test", "admin").await;
        holds(&test, &mut owner, "inviting").await;
        let waiting = owner.get("/organizations/acme/invitations").await.expect(200);
        let waiting = format!("/organizations/acme/invitations/{}", waiting.at("/items/0/id"));
        owner.patch(&waiting, json!({"role": "member"})).await.expect(200);
        holds(&test, &mut owner, "another role for the invited").await;
        owner.delete(&waiting).await.expect(204);
        holds(&test, &mut owner, "taking the invitation back").await;
        assert!(!invited.secret.is_empty());
        let programs = "/organizations/acme/service-accounts";
        let program = owner.post(programs, json!({"name": "Robot Ann"})).await.expect(201);
        holds(&test, &mut owner, "making a program").await;
        let program = format!("{programs}/{}", program.at("/id"));
        owner.send("DELETE", &program, Some(&json!({"confirm": "Robot Ann"})), &[]).await.expect(204);
        holds(&test, &mut owner, "deleting it").await;
        test.stop().await;
    }
}
