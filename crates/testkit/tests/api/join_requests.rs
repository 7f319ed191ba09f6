//! Asking to join, and what an administrator answers.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, Engine, TestApp, engines};
use serde_json::{Value, json};

const ASK: &str = "/organizations/acme/join-requests";
const HERE: &str = "/organizations/acme/members";

async fn ask(caller: &mut Caller) -> guildhall_testkit::Answer {
    caller.send("POST", ASK, None, &[]).await
}

/// `acme`, which takes requests, and the owner of another organization.
async fn house(engine: Engine) -> (TestApp, Caller, Caller) {
    let (test, mut owner) = TestApp::house(engine, "standard").await;
    owner.patch("/organizations/acme/policy", json!({"join.requests": true})).await.expect(200);
    test.found(&mut owner, "other", "standard").await;
    let ann = test.join(&mut owner, "other", "ann@other.test", "owner").await.caller;
    (test, owner, ann)
}

// ON-10, ON-11
#[tokio::test]
async fn on_10_a_request_to_join_is_listed_and_approved() {
    for engine in engines() {
        let (test, mut owner, mut ann) = house(engine).await;
        let asked = ask(&mut ann).await.expect(201);
        assert_eq!((asked.at("/organization/slug"), asked.at("/status")), ("acme", "requested"));
        ask(&mut ann).await.refused(409, "member.already");
        // Nothing is open before the answer.
        ann.get(HERE).await.refused(404, "not_found");
        assert_eq!(ann.get("/me/join-requests").await.expect(200).at("/items/0/status"), "requested");
        // ON-11: the row of the list says what it waits for.
        let listed = owner.get(&format!("{HERE}?status=requested")).await.expect(200);
        assert_eq!((listed.count(), listed.at("/items/0/origin")), (1, "request"));
        assert_eq!(listed.at("/items/0/identity/email"), "ann@other.test");
        assert_eq!(listed.at("/items/0/id"), asked.at("/membership"));
        let approve = format!("{HERE}/{}/approve", asked.at("/membership"));
        ann.send("POST", &approve, None, &[]).await.refused(404, "not_found");
        let told = owner.send("POST", &format!("{approve}?dry_run=true"), None, &[]).await.expect(200);
        assert_eq!(told.body["mails"], json!([{"to": "ann@other.test", "kind": "member_approved"}]));
        assert_eq!(told.body["access_gained"].as_array().map(Vec::len), Some(1));
        owner.send("POST", &approve, None, &[]).await.expect(200);
        let seen = ann.get(HERE).await.expect(200);
        assert_eq!(seen.count(), 2);
        let mail = test.mails_to("ann@other.test").await.pop().expect("a mail");
        assert!(mail.text.contains("Welcome to Acme"), "{}", mail.text);
        assert_eq!(ann.get("/me/join-requests").await.expect(200).count(), 0);
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn whoever_is_turned_away_is_told_why_and_may_ask_again() {
    for engine in engines() {
        let (test, mut owner, mut ann) = house(engine).await;
        let member = ask(&mut ann).await.expect(201).at("/membership").to_owned();
        owner.post(&format!("{HERE}/{member}/reject"), json!({"reason": "Ask Bo first"})).await.expect(204);
        let mine = ann.get("/me/join-requests").await.expect(200);
        assert_eq!((mine.at("/items/0/status"), mine.at("/items/0/reason")), ("rejected", "Ask Bo first"));
        let mail = test.mails_to("ann@other.test").await.pop().expect("a mail");
        assert!(mail.text.contains("Ask Bo first"), "{}", mail.text);
        ask(&mut ann).await.expect(201);
        let mine = ann.get("/me/join-requests").await.expect(200);
        assert_eq!((mine.count(), mine.at("/items/0/status")), (1, "requested"));
        ann.delete(ASK).await.expect(204);
        ann.delete(ASK).await.refused(404, "not_found");
        assert_eq!(owner.get(&format!("{HERE}?status=requested")).await.expect(200).count(), 0);
        let trail = owner.get("/organizations/acme/audit-events?type=member.request_withdrawn").await.expect(200);
        assert_eq!(trail.count(), 1);
        test.clock.advance_s(31 * 86_400);
        let mut later = test.sign_in("ann@other.test").await;
        assert_eq!(later.get("/me/join-requests").await.expect(200).count(), 0, "a rejection is not for ever");
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn an_organization_that_takes_no_requests_is_not_there() {
    for engine in engines() {
        let (test, mut owner, mut ann) = house(engine).await;
        owner.patch("/organizations/acme/policy", json!({"join.requests": false})).await.expect(200);
        let mut told = Vec::new();
        for organization in ["acme", "nowhere", "org_x"] {
            let mut answer = ann.send("POST", &format!("/organizations/{organization}/join-requests"), None, &[]).await;
            answer.refused(404, "not_found");
            answer.body["instance"] = Value::Null;
            told.push(answer.body);
        }
        assert!(told.windows(2).all(|pair| pair[0] == pair[1]));
        test.anybody().send("POST", ASK, None, &[]).await.refused(401, "auth.required");
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn asking_and_letting_in_keep_the_rules_of_joining() {
    for engine in engines() {
        let (test, mut owner, mut ann) = house(engine).await;
        let policy = "/organizations/acme/policy";
        // One organization for each person, wherever they come from.
        owner.patch(policy, json!({"identity.organizations": "one"})).await.expect(200);
        ask(&mut ann).await.refused(409, "member.elsewhere");
        owner.patch(policy, json!({"identity.organizations": "many"})).await.expect(200);
        owner.patch(policy, json!({"domain.exclusive": ["acme.test"]})).await.expect(200);
        ask(&mut ann).await.refused(403, "join.domain");
        owner.patch(policy, json!({"domain.exclusive": []})).await.expect(200);
        // The rules of the moment of the answer hold, too.
        let member = ask(&mut ann).await.expect(201).at("/membership").to_owned();
        let approve = format!("{HERE}/{member}/approve");
        owner.patch(policy, json!({"identity.organizations": "one"})).await.expect(200);
        owner.send("POST", &approve, None, &[]).await.refused(409, "member.elsewhere");
        owner.patch(policy, json!({"identity.organizations": "many", "seats.max": 1})).await.expect(200);
        owner.send("POST", &approve, None, &[]).await.refused(402, "seats.full");
        owner.patch(policy, json!({"seats.max": 2})).await.expect(200);
        owner.send("POST", &approve, None, &[]).await.expect(200);
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn somebody_invited_opens_the_invitation_instead_of_asking() {
    for engine in engines() {
        let (test, mut owner, mut ann) = house(engine).await;
        let invited = test.invite(&mut owner, "acme", "Ann@other.test", "admin").await;
        ask(&mut ann).await.refused(409, "invitation.already_pending");
        ann.post("/invitations/accept", json!({"token": invited.secret})).await.expect(200);
        ask(&mut ann).await.refused(409, "member.already");
        let body = json!({"email": "x@acme.test", "name": "X", "password": PASSWORD, "organization": "acme"});
        test.anybody().post("/sign-up", body).await.refused(403, "join.closed");
        test.deliver().await;
        test.stop().await;
    }
}
