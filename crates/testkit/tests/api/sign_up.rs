//! Joining without an invitation, where an organization is open.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Answer, TestApp, engines};
use serde_json::{Value, json};

fn body(email: &str, organization: &str) -> Value {
    json!({"email": email, "name": "Ann", "password": PASSWORD, "organization": organization})
}

#[tokio::test]
async fn a_closed_organization_and_a_missing_one_answer_alike() {
    for engine in engines() {
        for preset in ["standard", "cloudtruth"] {
            let (test, _) = TestApp::house(engine, preset).await;
            let mut told = Vec::new();
            for organization in ["acme", "nowhere", "org_x"] {
                let mut answer = test.anybody().post("/sign-up", body("ann@acme.test", organization)).await;
                answer.refused(403, "join.closed");
                answer.body["instance"] = Value::Null;
                told.push(answer.body);
            }
            assert!(told.windows(2).all(|pair| pair[0] == pair[1]));
            let nowhere = json!({"email": "ann@acme.test", "name": "Ann", "password": PASSWORD});
            test.anybody().post("/sign-up", nowhere).await.refused(403, "join.closed");
            test.stop().await;
        }
    }
}

/// What an answer tells, without what is anybody's own.
fn shape(answer: &Answer) -> (u16, Value) {
    let mut body = answer.body.clone();
    for own in
        ["/csrf_token", "/membership/id", "/membership/identity/id", "/membership/joined_at", "/membership/revision"]
    {
        *body.pointer_mut(own).expect(own) = Value::Null;
    }
    body["membership"]["identity"]["email"] = Value::Null;
    (answer.status, body)
}

#[tokio::test]
async fn an_open_organization_takes_people_in_and_tells_nothing_of_accounts() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.patch("/organizations/acme/policy", json!({"signup.open": true})).await.expect(200);
        let mut new = test.anybody();
        let fresh = new.post("/sign-up", body("ann@acme.test", "acme")).await.expect(201);
        assert_eq!((fresh.at("/membership/status"), fresh.at("/membership/role")), ("active", "member"));
        assert_eq!(fresh.at("/membership/origin"), "sign_up");
        let mut claimant = test.anybody();
        let known = claimant.post("/sign-up", body("owner@acme.test", "acme")).await.expect(201);
        assert_eq!(shape(&fresh), shape(&known));
        // The claimant is nobody but themself: not the owner, and the address is not theirs.
        let me = claimant.get("/me").await.expect(200);
        assert_eq!((&me.body["identity"]["email_verified"], me.at("/memberships/0/role")), (&json!(false), "member"));
        assert!(!test.allowed(&mut owner, "acme", "ann@acme.test", "member.list").await, "not proved");
        assert!(test.allowed(&mut owner, "acme", "owner@acme.test", "audit.read").await, "still the owner's");
        let proof = test.mails_to("owner@acme.test").await.pop().expect("a mail").secret("/email/verify/");
        test.anybody().post("/email/verify", json!({"token": proof})).await.refused(409, "email.taken");
        let proof = test.mails_to("ann@acme.test").await.pop().expect("a mail").secret("/email/verify/");
        test.anybody().post("/email/verify", json!({"token": proof})).await.expect(204);
        assert!(test.allowed(&mut owner, "acme", "ann@acme.test", "member.list").await);
        // Signing in finds whoever has the password, the one that proved the address first.
        let signed = test.sign_in("owner@acme.test").await.get("/me").await.expect(200);
        assert_eq!(signed.at("/memberships/0/role"), "owner");
        test.stop().await;
    }
}

#[tokio::test]
async fn ill_formed_sign_ups_are_refused_by_field() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.patch("/organizations/acme/policy", json!({"signup.open": true})).await.expect(200);
        for (field, value) in
            [("email", json!("nobody")), ("name", json!("\u{200b}")), ("password", json!("short")), ("email", json!(7))]
        {
            let mut asked = body("ann@acme.test", "acme");
            asked[field] = value;
            let answer = test.anybody().post("/sign-up", asked).await.expect(422);
            assert_eq!(answer.at("/errors/0/field"), field, "{}", answer.text);
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn somebody_who_signed_up_and_is_invited_too_is_a_member_already() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.patch("/organizations/acme/policy", json!({"signup.open": true})).await.expect(200);
        let invited = test.invite(&mut owner, "acme", "ann@acme.test", "admin").await;
        let mut ann = test.anybody();
        ann.post("/sign-up", body("ann@acme.test", "acme")).await.expect(201);
        let proof = test.mails_to("ann@acme.test").await.pop().expect("a mail").secret("/email/verify/");
        test.anybody().post("/email/verify", json!({"token": proof})).await.expect(204);
        let answer = ann.post("/invitations/accept", json!({"token": invited.secret})).await;
        answer.refused(409, "member.already");
        test.stop().await;
    }
}

// ON-4, ON-5, ON-6
#[tokio::test]
async fn invitations_close_sign_up_where_the_policy_says_so() {
    for engine in engines() {
        for (mode, while_pending, afterwards) in
            [("never", 201, 201), ("implicit", 403, 403), ("implicit_literal", 403, 201), ("switch", 201, 201)]
        {
            let (test, mut owner) = TestApp::house(engine, "standard").await;
            let knobs = json!({"signup.open": true, "signup.closed_by_invites": mode});
            owner.patch("/organizations/acme/policy", knobs).await.expect(200);
            let mut tries = Vec::new();
            tries.push(test.anybody().post("/sign-up", body("a@acme.test", "acme")).await.status);
            let invited = test.invite(&mut owner, "acme", "guest@acme.test", "guest").await;
            tries.push(test.anybody().post("/sign-up", body("b@acme.test", "acme")).await.status);
            owner.delete(&format!("/organizations/acme/invitations/{}", invited.id)).await.expect(204);
            tries.push(test.anybody().post("/sign-up", body("c@acme.test", "acme")).await.status);
            assert_eq!(tries, [201, while_pending, afterwards], "{mode}");
            test.deliver().await;
            test.stop().await;
        }
    }
}
