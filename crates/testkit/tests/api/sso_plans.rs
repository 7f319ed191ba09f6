//! Single sign-on that comes with some plans only.

use guildhall_server::config::Allowed;
use guildhall_testkit::{Caller, OpenId, TestApp, engines};
use serde_json::{Value, json};

use crate::sso::SECRET;

const ACCOUNT: &str = "/organizations/acme/account";
const CONNECTIONS: &str = "/organizations/acme/sso-connections";
const SIGN_IN: &str = "/sign-in?organization=acme";

async fn plan(by: &mut Caller, label: &str) {
    by.patch(ACCOUNT, json!({"plan": label})).await.expect(200);
}

fn provider(at: &str) -> Value {
    json!({"name": "Corp", "issuer": at, "client_id": "app", "client_secret": SECRET})
}

#[tokio::test]
async fn pl_23_administrators_of_the_plan_connect_a_provider_and_its_button_is_there_once_it_is_live() {
    for engine in engines() {
        let test = TestApp::start_with(engine, |config| config.sso.private_addresses = Allowed::Yes).await;
        test.clock.like_the_machine();
        let mut owner = test.with_token(&test.init("planasonix").await.token);
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await;
        let mut member = test.join(&mut owner, "acme", "member@acme.test", "member").await;
        let corp = OpenId::start(&test).await;
        let mut browser = test.browser();

        // Without the plan nobody connects anything, and the page says why instead of offering it.
        admin.caller.post(CONNECTIONS, provider(&corp.issuer)).await.refused(403, "sso.plan");
        let mut console = test.browser();
        console.sign_in("admin@acme.test", guildhall_testkit::app::PASSWORD).await;
        assert!(console.open("/acme/admin/sso").await.shows("comes with the plan Enterprise"), "{}", console.html);
        assert!(console.form("/acme/admin/sso/connections").is_none());

        // The plan is not the organization's own to choose.
        admin.caller.patch(ACCOUNT, json!({"plan": "Enterprise"})).await.refused(403, "account.plan_kept");
        admin.caller.patch(ACCOUNT, json!({"billing_contacts": ["pay@acme.test"]})).await.expect(200);
        plan(&mut owner, "Enterprise").await;
        member.caller.post(CONNECTIONS, provider(&corp.issuer)).await.refused(403, "access.denied");
        assert!(console.open("/acme/admin/sso").await.form("/acme/admin/sso/connections").is_some());
        let made = admin.caller.post(CONNECTIONS, provider(&corp.issuer)).await.expect(201);
        let path = format!("{CONNECTIONS}/{}", made.at("/id"));

        // A button, once it is live and as long as it is.
        let button = "Sign in with Corp";
        assert!(!browser.open(SIGN_IN).await.shows(button), "made");
        admin.caller.post(&format!("{path}/test"), json!({})).await.expect(200);
        assert!(!browser.open(SIGN_IN).await.shows(button), "tested");
        admin.caller.patch(&path, json!({"enabled": true})).await.expect(200);
        assert!(browser.open(SIGN_IN).await.shows(button), "live");

        // A plan that ends takes nobody's way in away, and gives no new one.
        plan(&mut owner, "Team").await;
        assert!(browser.open(SIGN_IN).await.shows(button));
        admin.caller.post(&format!("{path}/test"), json!({})).await.refused(403, "sso.plan");
        admin.caller.patch(&path, json!({"enabled": false})).await.expect(200);
        assert!(!browser.open(SIGN_IN).await.shows(button), "off");
        admin.caller.patch(&path, json!({"enabled": true})).await.refused(403, "sso.plan");
        admin.caller.delete(&path).await.expect(204);
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn where_no_plan_is_named_every_organization_connects_a_provider_and_sets_its_label() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut other = test.join(&mut owner, "acme", "other@acme.test", "owner").await;
        other.caller.post(CONNECTIONS, provider("https://id.example.org")).await.expect(201);
        plan(&mut other.caller, "Whatever").await;
        test.deliver().await;
        test.stop().await;
    }
}
