//! Joining that waits for an administrator.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{TestApp, engines};
use serde_json::json;

const HERE: &str = "/organizations/acme/members";

// PX-25, PX-26, PX-28, PX-31
#[tokio::test]
async fn whoever_waits_for_approval_is_in_only_after_it() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.patch("/organizations/acme/policy", json!({"approval.mode": "all"})).await.expect(200);
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        let me = ann.caller.get("/me").await.expect(200);
        assert_eq!(me.at("/memberships/0/membership/status"), "pending_approval");
        ann.caller.get(HERE).await.refused(404, "not_found");
        ann.caller.send("POST", &format!("{HERE}/{}/approve", ann.member), None, &[]).await.refused(404, "not_found");
        assert!(!test.allowed(&mut owner, "acme", &ann.member, "member.list").await);
        assert_eq!(owner.get(&format!("{HERE}?status=pending_approval")).await.expect(200).count(), 2);
        let let_in = owner.send("POST", &format!("{HERE}/{}/approve", ann.member), None, &[]).await.expect(200);
        assert_eq!(let_in.at("/status"), "active");
        assert!(!let_in.at("/joined_at").is_empty());
        ann.caller.get(HERE).await.expect(200);
        let turned = format!("{HERE}/{}/reject", bob.member);
        owner.post(&turned, json!({"reason": "unknown here"})).await.expect(204);
        bob.caller.get("/me").await.refused(401, "auth.required");
        owner.send("POST", &turned, None, &[]).await.refused(404, "not_found");
        let told = owner.get("/organizations/acme/audit-events?type=member.rejected").await.expect(200);
        assert_eq!(told.at("/items/0/after/reason"), "unknown here");
        test.deliver().await;
        test.stop().await;
    }
}

// PX-25, PX-28, PX-30
#[tokio::test]
async fn px_30_a_named_invitation_does_not_spare_the_waiting_and_any_other_member_ends_it() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pixie-hydra").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        owner.patch("/organizations/acme/policy", json!({"approval.mode": "all"})).await.expect(200);
        let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        let me = bob.caller.get("/me").await.expect(200);
        assert_eq!(me.at("/memberships/0/membership/status"), "pending_approval");
        let approve = format!("{HERE}/{}/approve", bob.member);
        bob.caller.send("POST", &approve, None, &[]).await.refused(404, "not_found");
        // Whoever was in before stays in, and lets others in.
        ann.caller.send("POST", &approve, None, &[]).await.expect(200);
        bob.caller.get(HERE).await.expect(200);
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn switching_approvals_off_lets_everybody_in() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let policy = "/organizations/acme/policy";
        let knobs = json!({"approval.mode": "outside_domains", "approval.domains": ["acme.test"]});
        owner.patch(policy, knobs).await.expect(200);
        let mut inside = test.join(&mut owner, "acme", "Ann@acme.test", "member").await;
        inside.caller.get(HERE).await.expect(200);
        let mut outside = test.join(&mut owner, "acme", "bob@else.test", "member").await;
        outside.caller.get(HERE).await.refused(404, "not_found");
        owner.patch(policy, json!({"approval.exempt_named_invites": true})).await.expect(200);
        let mut named = test.join(&mut owner, "acme", "carl@else.test", "member").await;
        named.caller.get(HERE).await.expect(200);
        owner.patch(policy, json!({"approval.mode": "off"})).await.expect(200);
        outside.caller.get(HERE).await.expect(200);
        let told = owner.get("/organizations/acme/audit-events?type=member.approved").await.expect(200);
        assert_eq!(told.at("/items/0/target/id"), outside.member);
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn an_approver_lets_nobody_in_above_their_own_rights() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await;
        owner.patch("/organizations/acme/policy", json!({"approval.mode": "all"})).await.expect(200);
        let invited = test.invite(&mut owner, "acme", "top@acme.test", "owner").await;
        let body = json!({"token": invited.secret, "name": "Top", "password": PASSWORD});
        test.anybody().post("/invitations/accept", body).await.expect(200);
        let path = format!("{HERE}/{}/approve", invited.member);
        admin.caller.send("POST", &path, None, &[]).await.refused(403, "role.above_own");
        owner.send("POST", &path, None, &[]).await.expect(200);
        test.deliver().await;
        test.stop().await;
    }
}
