//! Resources that come from above or from outside: a tenant's, there in its organizations, and an integration's; and
//! what never leaves the workspace it stands in.

use guildhall_testkit::{Caller, Engine, TestApp, engines};
use serde_json::{Value, json};

const SHARED: &str = "/tenants/big/resources";
const LAB: &str = "/organizations/lab";

async fn tenant(engine: Engine) -> (TestApp, Caller) {
    let (test, mut owner) = TestApp::house(engine, "standard").await;
    owner.post("/tenants", json!({"name": "Big", "slug": "big"})).await.expect(201);
    below(&mut owner, "lab", "pipes-enterprise").await;
    (test, owner)
}

async fn below(owner: &mut Caller, slug: &str, preset: &str) {
    let made = json!({"name": slug, "slug": slug, "preset": preset, "tenant": "big"});
    owner.post("/organizations", made).await.expect(201);
}

async fn connections(owner: &mut Caller, organization: &str) -> Vec<Value> {
    let found = owner.get(&format!("/organizations/{organization}/resources?type=connection")).await.expect(200);
    found.body["items"].as_array().cloned().unwrap_or_default()
}

async fn make(owner: &mut Caller, wanted: Value) -> String {
    owner.post(&format!("{LAB}/resources"), wanted).await.expect(201).at("/id").to_owned()
}

/// Somebody of the tenant who is a member of the lab.
async fn in_the_lab(test: &TestApp, owner: &mut Caller) -> (Caller, String) {
    let mut ann = test.join(owner, "acme", "ann@acme.test", "guest").await;
    ann.caller.patch("/me", json!({"handle": "ann"})).await.expect(200);
    owner.post("/tenants/big/members", json!({"handle": "ann"})).await.expect(201);
    let here = owner.post(&format!("{LAB}/members"), json!({"handle": "ann", "role": "member"})).await.expect(201);
    (ann.caller, here.at("/id").to_owned())
}

#[tokio::test]
async fn tp_28_a_connection_of_the_tenant_goes_to_organizations_and_on_to_their_workspaces() {
    for engine in engines() {
        let (test, mut owner) = tenant(engine).await;
        let (mut ann, member) = in_the_lab(&test, &mut owner).await;
        below(&mut owner, "fab", "pipes-enterprise").await;
        let wanted = json!({"type": "connection", "name": "AWS", "organizations": ["lab"]});
        ann.post(SHARED, wanted.clone()).await.refused(403, "access.denied");
        let made = owner.post(SHARED, wanted).await.expect(201);
        let one = format!("{SHARED}/{}", made.at("/id"));
        let here = connections(&mut owner, "lab").await;
        assert_eq!((here.len(), &here[0]["name"], &here[0]["kept_by"]), (1, &json!("AWS"), &made.body["id"]));
        assert!(connections(&mut owner, "fab").await.is_empty(), "to the chosen ones only");

        // On to a workspace, as one of the organization's own; there it can be attached, it is not by that.
        let path = format!("{LAB}/resources/{}", here[0]["id"].as_str().unwrap_or_default());
        let workspace = make(&mut owner, json!({"type": "workspace", "name": "Prod"})).await;
        let reader = json!({"subject": {"type": "member", "id": member}, "role": "reader"});
        owner.post(&format!("{LAB}/resources/{workspace}/grants"), reader).await.expect(201);
        ann.get(&path).await.refused(404, "not_found");
        let to = json!({"subject": {"type": "resource", "id": workspace}, "permission": "connection.read"});
        owner.post(&format!("{path}/grants"), to).await.expect(201);
        assert_eq!(ann.get(&path).await.expect(200).at("/name"), "AWS");

        // To all, those to come too; renamed above, renamed below.
        owner.patch(&one, json!({"name": "Cloud", "organizations": ["*"]})).await.expect(200);
        below(&mut owner, "new", "pipes-enterprise").await;
        for organization in ["lab", "fab", "new"] {
            let found = connections(&mut owner, organization).await;
            assert_eq!((found.len(), &found[0]["name"]), (1, &json!("Cloud")), "{organization}");
        }
        ann.get(&path).await.expect(200);

        // Taken back, it is gone with what was granted on it.
        owner.patch(&one, json!({"organizations": ["fab"]})).await.expect(200);
        ann.get(&path).await.refused(404, "not_found");
        assert_eq!(connections(&mut owner, "fab").await.len(), 1);
        owner.delete(&one).await.expect(204);
        assert!(connections(&mut owner, "fab").await.is_empty());
        assert_eq!(owner.get(SHARED).await.expect(200).count(), 0);
        let trail = owner.get("/tenants/big/audit-events?type=tenant.resource_edited").await.expect(200);
        assert_eq!(trail.count(), 2);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_28_what_the_tenant_or_an_integration_keeps_is_read_only_to_everybody_else() {
    for engine in engines() {
        let (test, mut owner) = tenant(engine).await;
        let wanted = json!({"type": "connection", "name": "AWS", "organizations": ["*"]});
        owner.post(SHARED, wanted).await.expect(201);
        let of_tenant = connections(&mut owner, "lab").await[0]["id"].as_str().unwrap_or_default().to_owned();
        let account = owner.post(&format!("{LAB}/service-accounts"), json!({"name": "sync"})).await.expect(201);
        let account = format!("{LAB}/service-accounts/{}", account.at("/id"));
        owner.patch(&account, json!({"role": "owner"})).await.expect(200);
        let token = owner.post(&format!("{account}/tokens"), json!({})).await.expect(201);
        let mut sync = test.with_token(token.at("/token"));
        let brought = json!({"type": "connection", "name": "GitHub", "integration": true});
        let kept = sync.post(&format!("{LAB}/resources"), brought.clone()).await.expect(201);
        let of_integration = kept.at("/id").to_owned();
        assert!(kept.at("/kept_by").starts_with("mem_"), "{}", kept.text);
        // A person keeps nothing: what people make is changed by whoever may.
        owner.post(&format!("{LAB}/resources"), brought).await.refused(422, "request.invalid");

        for id in [&of_tenant, &of_integration] {
            let path = format!("{LAB}/resources/{id}");
            let before = owner.get(&path).await.expect(200).body;
            owner.patch(&path, json!({"name": "Mine"})).await.refused(403, "resource.kept");
            owner
                .patch(&format!("{path}?dry_run=true"), json!({"controlled": true}))
                .await
                .refused(403, "resource.kept");
            owner.post(&format!("{path}/transfer"), json!({"to": null})).await.refused(403, "resource.kept");
            owner.delete(&path).await.refused(403, "resource.kept");
            assert_eq!(owner.get(&path).await.expect(200).body, before);
        }
        let path = format!("{LAB}/resources/{of_integration}");
        sync.patch(&path, json!({"name": "GitHub 2"})).await.expect(200);
        // An integration that is gone keeps nothing any more.
        owner.send("DELETE", &account, Some(&json!({"confirm": "sync"})), &[]).await.expect(204);
        owner.patch(&path, json!({"name": "Ours"})).await.expect(200);
        owner.delete(&path).await.expect(204);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_28_a_connection_of_a_workspace_stays_inside() {
    for engine in engines() {
        let (test, mut owner) = tenant(engine).await;
        let prod = make(&mut owner, json!({"type": "workspace", "name": "Prod"})).await;
        let other = make(&mut owner, json!({"type": "workspace", "name": "Test"})).await;
        let folder = json!({"type": "connection_folder", "name": "Clouds", "parent": prod});
        let folder = make(&mut owner, folder).await;
        let inside = make(&mut owner, json!({"type": "connection", "name": "AWS", "parent": folder})).await;
        let path = format!("{LAB}/resources/{inside}");
        let to = json!({"subject": {"type": "resource", "id": other}, "permission": "connection.read"});
        owner.post(&format!("{path}/grants"), to.clone()).await.refused(409, "resource.stays");
        for place in ["", other.as_str()] {
            owner.patch(&path, json!({"parent": place})).await.refused(409, "resource.stays");
        }
        owner.patch(&path, json!({"parent": prod})).await.expect(200);
        // One of the organization's own, in a folder of its own, goes where it is shared.
        let own = make(&mut owner, json!({"type": "connection_folder", "name": "Own"})).await;
        let own = make(&mut owner, json!({"type": "connection", "name": "GCP", "parent": own})).await;
        owner.post(&format!("{LAB}/resources/{own}/grants"), to).await.expect(201);
        test.stop().await;
    }
}

#[tokio::test]
async fn what_nobody_below_knows_is_refused_and_what_one_does_not_know_is_left_out() {
    for engine in engines() {
        let (test, mut owner) = tenant(engine).await;
        below(&mut owner, "other", "standard").await;
        let wanted = |kind: &str, to: &str| json!({"type": kind, "name": "X", "organizations": [to]});
        owner.post(SHARED, wanted("rocket", "*")).await.refused(422, "resource.type");
        owner.post(SHARED, wanted("connection", "other")).await.refused(422, "resource.type");
        owner.post(SHARED, wanted("connection", "acme")).await.refused(422, "request.invalid");
        owner.post(SHARED, wanted("snapshot", "lab")).await.refused(422, "resource.parent");
        assert_eq!(owner.get(SHARED).await.expect(200).count(), 0, "nothing changed");
        owner.post(SHARED, wanted("connection", "*")).await.expect(201);
        assert_eq!(connections(&mut owner, "lab").await.len(), 1);
        assert!(connections(&mut owner, "other").await.is_empty());
        test.stop().await;
    }
}
