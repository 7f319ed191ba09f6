//! Sign-on by SAML 2.0: set up by metadata and by hand, coming in with a real provider's answers, certificates that
//! follow one another, and what cannot be entered. Answers that must not be believed stand in `saml_bad_answers`.

use guildhall_server::config::Allowed;
use guildhall_testkit::provider::Traveller;
use guildhall_testkit::{Caller, Engine, Landed, OpenId, TestApp, engines};
use serde_json::{Value, json};

use crate::domains::claim;
use crate::sso::START;

const CONNECTIONS: &str = "/organizations/acme/sso-connections";

/// An organization whose provider is on this machine and speaks SAML.
pub struct House {
    pub test: TestApp,
    pub owner: Caller,
    pub provider: OpenId,
    /// Of the connection.
    pub path: String,
}

impl House {
    /// With a connection that was tested and is switched on.
    pub async fn build(engine: Engine) -> Self {
        let test = TestApp::start_with(engine, |config| {
            config.sso.private_addresses = Allowed::Yes;
            config.limits.accept_per_minute_per_address = 0;
        })
        .await;
        test.clock.like_the_machine();
        let mut owner = test.with_token(&test.init("standard").await.token);
        let provider = OpenId::saml().await;
        let wanted = json!({"name": "Corp", "kind": "saml", "issuer": provider.said["entity_id"],
            "sso_url": provider.said["sso_url"], "certificates": [provider.said["cert"]], "just_in_time": true});
        let made = owner.post(CONNECTIONS, wanted).await.expect(201);
        let path = format!("{CONNECTIONS}/{}", made.at("/id"));
        let found = owner.post(&format!("{path}/test"), json!({})).await.expect(200);
        assert_eq!(found.body["test"]["works"], true, "{}", found.text);
        owner.patch(&path, json!({"enabled": true})).await.expect(200);
        Self { test, owner, provider, path }
    }

    pub async fn edit(&mut self, wanted: Value) {
        self.owner.patch(&self.path, wanted).await.expect(200);
    }

    pub async fn enter(&self, login: &str) -> Landed {
        // The provider's clock goes on while the product's stands.
        self.test.clock.like_the_machine();
        self.test.by_provider(START, login).await
    }

    pub async fn spoil(&self, mode: &str) {
        self.provider.tell(&format!("/_bad?mode={mode}")).await;
    }

    /// Who came in.
    pub async fn me(&self, landed: &Landed) -> Value {
        self.test.holder(landed).await.get("/me").await.expect(200).body
    }
}

/// The text at an address of the product.
async fn page(url: &str) -> (u16, String) {
    let answer = reqwest::get(url).await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

// PL-24
#[tokio::test]
async fn pl_24_acs_and_entity_id_are_shown_metadata_is_uploaded_and_people_come_in_with_their_attributes() {
    for engine in engines() {
        let mut house = House::build(engine).await;
        // Made first, to see what the provider must be told.
        let made = house.owner.post(CONNECTIONS, json!({"name": "Two", "kind": "saml"})).await.expect(201);
        let (path, id) = (format!("{CONNECTIONS}/{}", made.at("/id")), made.at("/id").to_owned());
        let home = house.test.url.clone();
        assert_eq!(made.at("/acs_url"), format!("{home}/auth/saml/{id}/acs"));
        assert_eq!(made.at("/entity_id"), format!("{home}/auth/saml/{id}/metadata"));
        assert_eq!(made.body["redirect_uri"], Value::Null);
        let (status, told) = page(made.at("/entity_id")).await;
        assert_eq!(status, 200);
        for part in [made.at("/acs_url"), made.at("/entity_id"), "HTTP-POST", "WantAssertionsSigned=\"true\""] {
            assert!(told.contains(part), "{part} {told}");
        }
        let test = format!("{path}/test");
        assert_eq!(house.owner.post(&test, json!({})).await.expect(200).at("/test/steps/0/step"), "metadata");
        house.owner.patch(&path, json!({"enabled": true})).await.refused(409, "sso.untested");
        // The provider's own metadata.
        let (_, metadata) = page(&format!("{}/metadata", house.provider.issuer)).await;
        let told = house.owner.patch(&path, json!({"metadata": metadata, "just_in_time": true})).await.expect(200);
        assert_eq!((told.at("/issuer"), told.at("/certificates/0/key")), ("urn:example:idp", "RSA 2048"));
        assert_eq!(told.body["sso_url"], house.provider.said["sso_url"]);
        assert_eq!(told.at("/certificates/0/pem"), house.provider.said["cert"].as_str().unwrap_or_default());
        assert_eq!(house.owner.post(&test, json!({})).await.expect(200).body["test"]["works"], true);
        let group = house.owner.post("/organizations/acme/groups", json!({"name": "Engineering"})).await.expect(201);
        let mapping = json!([{"claim": "group", "value": "bosses", "role": "admin"},
            {"claim": "group", "value": "engineering", "group": group.at("/id")}]);
        house.owner.patch(&path, json!({"enabled": true, "role": "guest", "mapping": mapping})).await.expect(200);
        let start = format!("{START}&connection={id}");
        let landed = house.test.by_provider(&start, "boss+ann@corp.test").await;
        assert_eq!((landed.status, landed.url.as_str()), (303, format!("{home}/acme").as_str()), "{}", landed.text);
        let me = house.me(&landed).await;
        assert_eq!(me["identity"]["email"], "ann@corp.test");
        assert_eq!((&me["identity"]["name"], &me["memberships"][0]["role"]), (&json!("Ann Example"), &json!("admin")));
        assert_eq!(me["identity"]["email_verified"], false, "nobody claimed the domain");
        let sessions = house.test.holder(&landed).await.get("/me/sessions").await.expect(200);
        assert_eq!(sessions.at("/items/0/method"), "sso");
        let seats = format!("/organizations/acme/groups/{}/members", group.at("/id"));
        assert_eq!(house.owner.get(&seats).await.expect(200).count(), 1);
        // Decided anew at each sign-in.
        house.provider.tell("/_groups?for=boss%2Bann@corp.test&are=everyone").await;
        let again = house.me(&house.test.by_provider(&start, "boss+ann@corp.test").await).await;
        assert_eq!(
            (&again["identity"]["id"], &again["memberships"][0]["role"]),
            (&me["identity"]["id"], &json!("guest"))
        );
        assert_eq!(house.owner.get(&seats).await.expect(200).count(), 0);
        // Other names for the same things, of their own or well known.
        for login in ["oid+olga@corp.test", "ms+mia@corp.test"] {
            let me = house.me(&house.test.by_provider(&start, login).await).await;
            let name = if login.starts_with("oid") { "Olga Example" } else { "Mia Example" };
            assert_eq!(me["identity"]["name"], name);
        }
        let me = house.me(&house.test.by_provider(&start, "mail+mo@corp.test").await).await;
        assert_eq!(me["identity"]["email"], "mo@corp.test");
        let names = json!({"attributes": {"email": "lastName"}});
        assert_eq!(house.owner.patch(&path, names).await.expect(200).at("/attributes/group"), "group");
        house.test.by_provider(&start, "new@corp.test").await.refused(403, "sso.no_address");
        house.test.stop().await;
    }
}

// PL-24, PL-26
#[tokio::test]
async fn pl_24_who_comes_in_is_told_by_entity_id_and_name_id_never_by_an_address_nobody_vouches_for() {
    for engine in engines() {
        let mut house = House::build(engine).await;
        let ann = house.test.join(&mut house.owner, "acme", "ann@corp.test", "admin").await;
        house.enter("ann@corp.test").await.refused(409, "sso.link_required");
        house.enter("nomail+ann").await.refused(403, "sso.no_address");
        let cookie = ann.caller.cookie().expect("a session").to_owned();
        let tied = Traveller::new(&house.test).with(&cookie).travel(START, "ann@corp.test").await;
        assert_eq!(house.me(&tied).await["identity"]["id"], json!(ann.user));
        assert_eq!(house.me(&house.enter("ann@corp.test").await).await["identity"]["id"], json!(ann.user));
        // In a domain that is the organization's own, its provider speaks for addresses.
        let bob = house.test.join(&mut house.owner, "acme", "bob@corp.test", "member").await;
        house.edit(json!({"domains": ["corp.test"]})).await;
        house.enter("bob@corp.test").await.refused(403, "sso.domain");
        claim(&house.test, &mut house.owner, "corp.test").await;
        assert_eq!(house.me(&house.enter("bob@corp.test").await).await["identity"]["id"], json!(bob.user));
        house.enter("eve@elsewhere.test").await.refused(403, "sso.domain");
        // The mail domain leads the way.
        let landed = house.test.by_provider("/auth/sso/start?email=zoe@corp.test", "zoe@corp.test").await;
        assert_eq!(house.me(&landed).await["identity"]["email_verified"], true);
        house.edit(json!({"mail_trust": "never", "domains": []})).await;
        let carl = house.test.join(&mut house.owner, "acme", "carl@corp.test", "member").await;
        house.enter("carl@corp.test").await.refused(409, "sso.link_required");
        house.edit(json!({"just_in_time": false})).await;
        house.enter("new@elsewhere.test").await.refused(403, "sso.no_account");
        drop(carl);
        house.test.stop().await;
    }
}

// PL-24, PL-25
#[tokio::test]
async fn pl_24_it_serves_where_single_sign_on_is_required_and_a_password_does_not() {
    for engine in engines() {
        let mut house = House::build(engine).await;
        let bob = house.test.join(&mut house.owner, "acme", "bob@corp.test", "member").await;
        house.owner.patch("/organizations/acme/policy", json!({"sso.required": true})).await.expect(200);
        let mut caller = bob.caller.clone();
        caller.get("/organizations/acme").await.refused(403, "sso.required");
        let cookie = bob.caller.cookie().expect("a session").to_owned();
        let landed = Traveller::new(&house.test).with(&cookie).travel(START, "bob@corp.test").await;
        house.test.holder(&landed).await.get("/organizations/acme").await.expect(200);
        // Whoever keeps another way in keeps it.
        house.test.sign_in("owner@acme.test").await.get("/organizations/acme").await.expect(200);
        house.owner.patch(&house.path, json!({"enabled": false})).await.refused(409, "sso.last_connection");
        house.test.stop().await;
    }
}

// PL-27
#[tokio::test]
async fn pl_27_the_next_certificate_counts_beside_the_present_one_until_that_is_taken_away() {
    for engine in engines() {
        let mut house = House::build(engine).await;
        let (old, next) = (house.provider.said["cert"].clone(), house.provider.said["next_cert"].clone());
        house.provider.tell("/_rotate").await;
        house.enter("ann@corp.test").await.refused(403, "sso.ticket");
        house.edit(json!({"certificates": [old, next]})).await;
        let told = house.owner.get(&house.path).await.expect(200);
        assert_eq!(
            (&told.body["enabled"], told.body["certificates"].as_array().map(Vec::len)),
            (&json!(true), Some(2))
        );
        assert_eq!(house.enter("ann@corp.test").await.status, 303);
        house.spoil("first_signs").await;
        assert_eq!(house.enter("ann@corp.test").await.status, 303, "both are good");
        house.edit(json!({"certificates": [next]})).await;
        house.enter("ann@corp.test").await.refused(403, "sso.ticket");
        house.spoil("none").await;
        assert_eq!(house.enter("ann@corp.test").await.status, 303);
        // Another one altogether is another provider: tested first.
        let other = house.owner.patch(&house.path, json!({"certificates": [old]})).await.expect(200);
        assert_eq!((&other.body["enabled"], &other.body["tested_at"]), (&json!(false), &Value::Null));
        let trail = house.owner.get("/organizations/acme/audit-events?type=sso_connection.edited").await.expect(200);
        assert!(trail.at("/items/0/after/certificates/0").len() == 64, "{}", trail.text);
        house.test.stop().await;
    }
}

// PL-24
#[tokio::test]
async fn pl_24_what_cannot_be_right_is_refused_when_it_is_entered_or_tested() {
    for engine in engines() {
        let mut house = House::build(engine).await;
        let said = house.provider.said.clone();
        let (_, metadata) = page(&format!("{}/metadata", house.provider.issuer)).await;
        let several = format!("<all>{}{}</all>", metadata, metadata);
        let weak = metadata.replace("use=\"signing\"", "use=\"encryption\"");
        let evil = format!("<!DOCTYPE x [<!ENTITY e \"x\">]>{metadata}");
        for bad in ["", "x", "<x/>", several.as_str(), weak.as_str(), evil.as_str()] {
            house.owner.patch(&house.path, json!({"metadata": bad})).await.refused(422, "request.invalid");
        }
        for bad in [
            json!({"metadata": metadata, "issuer": "urn:x"}),
            json!({"certificates": ["x"]}),
            json!({"certificates": [said["weak_cert"]]}),
            json!({"certificates": [said["cert"], said["next_cert"], said["ec_cert"], said["old_cert"], said["cert"], said["cert"]]}),
            json!({"sso_url": "ftp://id.example.org"}),
            json!({"sso_url": ""}),
            json!({"issuer": ""}),
            json!({"issuer": "x".repeat(1_025)}),
            json!({"attributes": {"email": ""}}),
            json!({"attributes": {"mail": "x"}}),
            json!({"kind": "oidc"}),
            json!({"client_id": "app"}),
            json!({"scopes": ["email"]}),
            json!({"client_secret": "secret"}),
        ] {
            house.owner.patch(&house.path, bad).await.refused(422, "request.invalid");
        }
        for bad in [
            json!({"name": "X", "kind": "wsfed"}),
            json!({"name": "X"}),
            json!({"name": "X", "issuer": "https://id.example.org", "client_id": "app", "sso_url": "https://id.example.org"}),
            json!({"name": "X", "issuer": "https://id.example.org", "client_id": "app", "certificates": [said["cert"]]}),
        ] {
            house.owner.post(CONNECTIONS, bad).await.refused(422, "request.invalid");
        }
        house.edit(json!({"certificates": [said["old_cert"]]})).await;
        let found = house.owner.post(&format!("{}/test", house.path), json!({})).await.expect(200);
        assert_eq!((found.at("/test/steps/2/step"), &found.body["test"]["works"]), ("certificates", &json!(false)));
        let (status, _) = page(&format!("{}/auth/saml/sso_x/metadata", house.test.url)).await;
        assert_eq!(status, 404);
        let wanted = json!({"name": "Oidc", "issuer": "https://id.example.org", "client_id": "app"});
        let made = house.owner.post(CONNECTIONS, wanted).await.expect(201);
        let (status, _) = page(&format!("{}/auth/saml/{}/metadata", house.test.url, made.at("/id"))).await;
        assert_eq!(status, 404, "{}", made.text);
        house.test.stop().await;
        // People are sent to nobody's inner network.
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let wanted = json!({"name": "In", "kind": "saml", "metadata": metadata});
        let made = owner.post(CONNECTIONS, wanted).await.expect(201);
        let found = owner.post(&format!("{CONNECTIONS}/{}/test", made.at("/id")), json!({})).await.expect(200);
        assert_eq!((found.at("/test/steps/1/step"), &found.body["test"]["works"]), ("address", &json!(false)));
        test.stop().await;
    }
}
