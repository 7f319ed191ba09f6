//! Provisioning in the console: the address, the tokens, what the directory asked; and people it keeps.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{TestApp, engines};
use serde_json::json;

const HERE: &str = "/acme/admin/provisioning";

/// The secret that stands on the page.
fn secret(html: &str) -> String {
    let from = html.find("value=\"gld_scim_").expect("a token on the page") + "value=\"".len();
    html[from..].split('"').next().unwrap_or_default().to_owned()
}

/// The address on the page that ends like this.
fn address(html: &str, end: &str) -> String {
    let part = html.split("href=\"").find(|part| part.split('"').next().is_some_and(|href| href.ends_with(end)));
    part.and_then(|part| part.split('"').next()).expect("a link").to_owned()
}

#[tokio::test]
async fn on_43_a_token_is_made_rotated_and_revoked_and_the_page_says_connected_after_the_first_call() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let first = test.init("onyx").await;
        let mut owner = test.browser();
        owner.sign_in(&first.email, PASSWORD).await;
        assert!(owner.open("/acme/admin/users").await.html.contains(HERE), "a tab leads there");
        owner.open(HERE).await;
        assert!(
            owner.html.contains(&format!("{}/scim/v2/acme", test.url)) && owner.shows("None yet."),
            "{}",
            owner.html
        );
        owner.send(HERE, &[("name", " ")]).await;
        assert_eq!(owner.status, 422, "{}", owner.html);
        owner.send(HERE, &[("name", "Entra ID")]).await;
        let token = secret(&owner.html);
        assert!(owner.shows("Waits for the first call"), "{}", owner.html);
        assert!(!owner.open(HERE).await.html.contains(&token), "shown once");
        let mut directory = test.with_token(&token);
        let person = json!({"userName": "ada@acme.test", "displayName": "Ada"});
        let made = directory.post("/scim/v2/acme/Users", person).await.expect(201);
        owner.open(HERE).await;
        assert!(
            owner.shows("Connected") && owner.shows("POST /Users") && owner.shows("member.joined"),
            "{}",
            owner.html
        );
        // ON-12: a person it keeps is not switched off here, and the page says why.
        owner.open(&format!("/acme/admin/users/{}", made.at("/id"))).await;
        assert!(owner.shows("A directory, by SCIM") && owner.shows("A directory keeps this person"), "{}", owner.html);
        owner.open(HERE).await;
        let rotate = address(&owner.html, "/rotate");
        assert!(owner.open(&rotate).await.shows("Rotate the token of Entra ID?"));
        owner.send(&rotate, &[]).await;
        let fresh = secret(&owner.html);
        directory.get("/scim/v2/acme/Users").await.expect(401);
        let mut directory = test.with_token(&fresh);
        directory.get("/scim/v2/acme/Users").await.expect(200);
        let revoke = address(&owner.open(HERE).await.html.clone(), "/revoke");
        assert!(owner.open(&revoke).await.shows("Revoke the token of Entra ID?"));
        owner.send(&revoke, &[]).await;
        assert!(owner.shows("The token is revoked."), "{}", owner.html);
        directory.get("/scim/v2/acme/Users").await.expect(401);
        test.stop().await;
    }
}

#[tokio::test]
async fn whoever_may_not_connect_a_directory_finds_no_page() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.join(&mut owner, "acme", "admin@acme.test", "admin").await;
        let mut admin = test.browser();
        admin.sign_in("admin@acme.test", PASSWORD).await;
        assert!(!admin.open("/acme/admin/users").await.html.contains(HERE));
        assert_eq!(admin.open(HERE).await.status, 403);
        assert_eq!(test.browser().open("/acme/admin/provisioning").await.path.split('?').next(), Some("/sign-in"));
        test.stop().await;
    }
}
