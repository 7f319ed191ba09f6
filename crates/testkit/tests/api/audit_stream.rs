//! What the trail says beside changes: sign-ins and failed ones, refusals. It is written by the way: nobody
//! waits for it, and no secret is in it.

use guildhall_domain::ids::OrgId;
use guildhall_server::notes::MOST;
use guildhall_store::Author;
use guildhall_store::stream::Note;
use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";
const TRAIL: &str = "/organizations/acme/audit-events";
const INSTANCE: &str = "/instance/audit-events";

async fn kinds(by: &mut Caller, path: &str) -> Vec<String> {
    let page = by.get(path).await.expect(200);
    let items = page.body["items"].as_array().expect("items").clone();
    items.iter().map(|event| event["type"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn on_51_refusals_and_failed_sign_ins_stand_in_the_trail_with_who_what_and_whence() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "onyx").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "basic").await;
        ann.caller.get(&format!("{ORG}/members")).await.refused(403, "access.denied");
        let (mut token, id) = test.mint(&mut owner, "acme", Some(&["organization.read"])).await;
        token.get(&format!("{ORG}/members")).await.refused(403, "token.scope_missing");
        let denied = owner.get(&format!("{TRAIL}?outcome=denied")).await.expect(200);
        assert_eq!(denied.count(), 2, "{}", denied.text);
        let first = &denied.body["items"][1];
        assert_eq!((first["type"].as_str(), first["outcome"].as_str()), (Some("access.denied"), Some("denied")));
        assert_eq!(first["actor"], json!({"type": "identity", "id": ann.user, "name": "ann@acme.test"}));
        assert_eq!(first["target"]["name"], json!("GET /api/v1/organizations/acme/members"));
        assert_eq!((&first["after"], &first["address"]), (&json!({"code": "access.denied"}), &json!("127.0.0.1")));
        assert_eq!(
            (denied.at("/items/0/credential"), denied.at("/items/0/after/code")),
            (id.as_str(), "token.scope_missing")
        );
        // Pages refuse like the API does.
        let mut browser = test.browser();
        browser.sign_in("ann@acme.test", PASSWORD).await;
        assert_eq!(browser.open("/acme/admin/users").await.status, 403);
        assert_eq!(owner.get(&format!("{TRAIL}?outcome=denied")).await.expect(200).count(), 3);

        let wrong = json!({"email": "ann@acme.test", "password": "not the one"});
        test.anybody().post("/session", wrong).await.refused(401, "auth.wrong_credentials");
        let failed = owner.get(&format!("{INSTANCE}?outcome=failure")).await.expect(200);
        assert_eq!((failed.count(), failed.at("/items/0/type")), (1, "session.refused"));
        assert_eq!(
            (failed.at("/items/0/actor/type"), failed.at("/items/0/target/name")),
            ("anonymous", "ann@acme.test")
        );
        ann.caller.get(INSTANCE).await.refused(403, "instance.administrator_required");
        token.get(INSTANCE).await.refused(403, "token.scope_missing");
        // Whoever brings a token as a key is named like any other.
        let asked = json!({"name": "key", "organization": "acme", "scopes": ["organization.read"]});
        let made = owner.post("/me/tokens", asked).await.expect(201);
        let key = [("x-api-key", made.at("/token"))];
        let refused = test.anybody().send("GET", &format!("{ORG}/members"), None, &key).await;
        refused.refused(403, "token.scope_missing");
        let denied = owner.get(&format!("{TRAIL}?outcome=denied")).await.expect(200);
        assert_eq!(denied.at("/items/0/credential"), made.at("/id"));
        test.stop().await;
    }
}

/// A day in the life of a workspace: one of everything that the page of the product names.
async fn history(test: &TestApp, owner: &mut Caller) -> Vec<String> {
    let mut secrets = vec![PASSWORD.to_owned(), "a new password".to_owned()];
    let mut ann = test.join(owner, "acme", "ann@acme.test", "basic").await;
    let member = format!("{ORG}/members/{}", ann.member);
    owner.patch(&member, json!({"role": "admin"})).await.expect(200);
    owner.patch(&member, json!({"role": "basic"})).await.expect(200);
    let team = owner.post(&format!("{ORG}/groups"), json!({"name": "Team"})).await.expect(201).at("/id").to_owned();
    owner.send("PUT", &format!("{ORG}/groups/{team}/members/{}", ann.member), None, &[]).await.expect(204);
    owner.patch(&format!("{ORG}/groups/{team}"), json!({"name": "Crew"})).await.expect(200);
    owner.delete(&format!("{ORG}/groups/{team}")).await.expect(204);
    let made = ann.caller.post("/me/tokens", json!({"name": "key", "organization": "acme"})).await.expect(201);
    secrets.push(made.at("/token").to_owned());
    ann.caller.patch(&format!("/me/tokens/{}", made.at("/id")), json!({"name": "renamed"})).await.expect(200);
    ann.caller.delete(&format!("/me/tokens/{}", made.at("/id"))).await.expect(204);
    test.anybody().post("/password/forgot", json!({"email": "ann@acme.test"})).await.expect(204);
    let reset = test.mails_to("ann@acme.test").await.pop().expect("a mail").secret("/password/reset/");
    secrets.push(reset.clone());
    test.anybody().post("/password/reset", json!({"token": reset, "password": "a new password"})).await.expect(204);
    let mut again = test.anybody();
    again.post("/session", json!({"email": "ann@acme.test", "password": "a new password"})).await.expect(200);
    again.delete("/session").await.expect(204);
    owner.post(&format!("{member}/deactivate"), json!({})).await.expect(200);
    owner.post(&format!("{member}/reactivate"), json!({})).await.expect(200);
    owner.post(&format!("{member}/deactivate"), json!({})).await.expect(200);
    owner.delete(&member).await.expect(204);
    secrets
}

#[tokio::test]
async fn on_51_each_act_that_the_page_names_is_told_and_no_secret_is() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "onyx").await;
        let secrets = history(&test, &mut owner).await;
        let here = kinds(&mut owner, &format!("{TRAIL}?limit=100")).await;
        let above = kinds(&mut owner, &format!("{INSTANCE}?limit=100")).await;
        let wanted = [
            "session.started",
            "session.ended",
            "identity.created",
            "identity.password_changed",
            "password.reset_asked",
            "invitation.accepted",
            "member.removed",
            "member.deactivated",
            "member.reactivated",
            "member.role_changed",
            "group.created",
            "group.edited",
            "group.deleted",
            "token.created",
            "token.renamed",
            "token.revoked",
        ];
        for kind in wanted {
            assert!(here.iter().chain(&above).any(|one| one == kind), "{kind} is missing in {here:?} {above:?}");
        }
        let text = owner.get(&format!("{TRAIL}/export?format=ndjson")).await.expect(200).text
            + &owner.get(&format!("{INSTANCE}?limit=100")).await.expect(200).text;
        for secret in secrets {
            assert!(!text.contains(&secret), "a secret stands in the trail");
        }
        let lines = owner.get(&format!("{TRAIL}/export?format=ndjson")).await.expect(200);
        let fields = ["actor", "address", "at", "id", "outcome", "request_id", "target", "type"];
        for line in lines.text.lines() {
            let event: Value = serde_json::from_str(line).expect("a JSON record a line");
            assert!(fields.iter().all(|field| !event[*field].is_null()), "{line}");
        }
        test.deliver().await;
        test.stop().await;
    }
}

// ON-51
#[tokio::test]
async fn on_51_more_notes_than_can_be_written_are_dropped_and_nobody_waits() {
    let (test, mut owner) = TestApp::house(engines()[0], "standard").await;
    for n in 0..MOST + 10 {
        let target = ("request", String::new(), format!("GET /{n}"));
        let after = json!({"code": "access.denied"});
        let note = Note { organization: None::<OrgId>, kind: "access.denied", target, after, outcome: "denied" };
        test.app.notes.put(Author::default(), note);
    }
    // Requests go on as if nothing was.
    let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "guest").await;
    ann.caller.get(&format!("{ORG}/policy")).await.refused(403, "access.denied");
    test.app.notes.write(&test.app.store, test.app.now()).await.expect("writes");
    let last = owner.get(&format!("{INSTANCE}?type=access.denied&limit=1")).await.expect(200);
    assert_eq!(last.at("/items/0/target/name"), format!("GET /{}", MOST - 1));
    test.stop().await;
}

/// Names of events are only ever added: whoever reads the stream relies on them. A new name needs no line here;
/// one that goes or changes fails.
// ON-51
#[test]
fn on_51_no_name_of_an_event_goes() {
    fn sources(folder: &std::path::Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                text.push_str(&std::fs::read_to_string(&path).expect("a file"));
            }
        }
    }
    let mut text = String::new();
    for part in ["domain", "server"] {
        sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(part).join("src"), &mut text);
    }
    let known = include_str!("../golden/events.txt");
    assert!(known.lines().count() > 60);
    for name in known.lines() {
        assert!(text.contains(&format!("\"{name}\"")), "`{name}` was the name of an event and is one no more");
    }
}
