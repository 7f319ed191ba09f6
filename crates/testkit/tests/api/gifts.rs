//! Nobody gives more than they have, by any path; and a dry run tells what groups give and take.

use guildhall_testkit::{TestApp, engines};
use serde_json::json;

const ORG: &str = "/organizations/acme";

#[tokio::test]
async fn nobody_has_a_secret_of_an_account_that_is_granted_more_than_they_have() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let own = json!({"slug": "ops", "name": "Ops", "permissions": [
            "organization.read", "member.leave", "member.list", "service_account.manage", "token.create",
        ]});
        owner.post(&format!("{ORG}/roles"), own).await.expect(201);
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "ops").await;
        let bot =
            owner.post(&format!("{ORG}/service-accounts"), json!({"name": "bot", "role": "guest"})).await.expect(201);
        let tokens = format!("{ORG}/service-accounts/{}/tokens", bot.at("/id"));
        let made = ann.caller.post(&tokens, json!({})).await.expect(201);
        let rotate = format!("{tokens}/{}/rotate", made.at("/id"));
        ann.caller.post(&rotate, json!({})).await.expect(200);

        // By a grant of its own.
        let made = json!({"type": "workspace", "name": "W", "external_id": "w"});
        owner.post(&format!("{ORG}/resources"), made).await.expect(201);
        let given = json!({"subject": {"type": "member", "id": bot.at("/member")}, "role": "viewer"});
        let grant = owner.post(&format!("{ORG}/resources/workspace:w/grants"), given).await.expect(201);
        ann.caller.post(&tokens, json!({})).await.refused(403, "grant.above_own");
        ann.caller.post(&rotate, json!({})).await.refused(403, "grant.above_own");
        owner.post(&tokens, json!({})).await.expect(201);
        owner.delete(&format!("{ORG}/grants/{}", grant.at("/id"))).await.expect(204);
        ann.caller.post(&tokens, json!({})).await.expect(201);

        // By a group: what it gives, and what it is granted.
        let group =
            owner.post(&format!("{ORG}/groups"), json!({"name": "G", "permissions": ["audit.read"]})).await.expect(201);
        let group = group.at("/id").to_owned();
        let seat = format!("{ORG}/groups/{group}/members/{}", bot.at("/member"));
        owner.send("PUT", &seat, None, &[]).await.expect(204);
        ann.caller.post(&tokens, json!({})).await.refused(403, "grant.above_own");
        owner.patch(&format!("{ORG}/groups/{group}"), json!({"permissions": []})).await.expect(200);
        ann.caller.post(&tokens, json!({})).await.expect(201);
        let given = json!({"subject": {"type": "group", "id": group}, "role": "viewer"});
        owner.post(&format!("{ORG}/resources/workspace:w/grants"), given).await.expect(201);
        ann.caller.post(&tokens, json!({})).await.refused(403, "grant.above_own");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_dry_run_tells_the_rights_that_groups_give_and_take() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let group =
            owner.post(&format!("{ORG}/groups"), json!({"name": "G", "permissions": ["audit.read"]})).await.expect(201);
        let group = format!("{ORG}/groups/{}", group.at("/id"));
        let seat = format!("{group}/members/{}", ann.member);
        let one = json!([{"member": ann.member, "email": "ann@acme.test", "permissions": ["audit.read"]}]);

        let told = owner.send("PUT", &format!("{seat}?dry_run=true"), None, &[]).await.expect(200);
        assert_eq!((&told.body["access_gained"], &told.body["access_lost"]), (&one, &json!([])), "{}", told.text);
        assert!(!test.allowed(&mut owner, "acme", &ann.member, "audit.read").await);
        owner.send("PUT", &seat, None, &[]).await.expect(204);
        assert!(test.allowed(&mut owner, "acme", &ann.member, "audit.read").await);

        let path = format!("{group}?dry_run=true");
        let told = owner.patch(&path, json!({"permissions": []})).await.expect(200);
        assert_eq!((&told.body["access_gained"], &told.body["access_lost"]), (&json!([]), &one), "{}", told.text);
        let told = owner.send("DELETE", &format!("{seat}?dry_run=true"), None, &[]).await.expect(200);
        assert_eq!((&told.body["access_gained"], &told.body["access_lost"]), (&json!([]), &one), "{}", told.text);
        // What the role gives anyway is neither won nor lost.
        let told = owner.patch(&path, json!({"permissions": ["audit.read", "member.list"]})).await.expect(200);
        assert_eq!((&told.body["access_gained"], &told.body["access_lost"]), (&json!([]), &json!([])), "{}", told.text);
        test.stop().await;
    }
}
