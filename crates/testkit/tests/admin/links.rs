//! Invite links in the console: made, handed out, used, and reset with the red button.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{TestApp, engines};
use serde_json::json;

const LINKS: &str = "/acme/admin/invite/links";

/// The link that stands on the page, as a path.
fn shown(html: &str) -> String {
    let from = html.find("/invite/gld_link_").expect("a link on the page");
    html[from..].split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn px_15_px_16_px_18_links_are_made_used_and_reset_in_the_console() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let first = test.init("pixie-auth0").await;
        let mut owner = test.browser();
        owner.sign_in(&first.email, PASSWORD).await;
        assert!(owner.open("/acme/admin/users").await.shows("+ Invite Users"));
        assert!(owner.open("/acme/admin/invite").await.html.contains(LINKS), "offered where inviting begins");
        assert_eq!(owner.open("/acme/admin/users?invite=true").await.path, LINKS, "opened directly");
        assert!(owner.shows("anyone holding it joins Acme") && owner.shows("7 days"), "{}", owner.html);
        owner.send(LINKS, &[]).await;
        let link = shown(&owner.html);
        let mut guest = test.browser();
        guest.open(&link).await;
        let typed = [("email", "ann@else.test"), ("name", "Ann Lee"), ("password", PASSWORD)];
        guest.send(&link, &[("email", "no address"), ("name", "Ann Lee"), ("password", PASSWORD)]).await;
        assert!(guest.status == 422 && guest.html.contains("id=\"email-error\""), "{}", guest.html);
        guest.send(&link, &typed).await;
        assert!(guest.shows("Welcome to Acme."), "{}", guest.html);
        assert!(owner.open(LINKS).await.shows("Any number"));
        assert!(!owner.html.contains("gld_link_"), "shown once");
        assert!(owner.open("/acme/admin/org").await.shows("Reset Invite Links"));
        let ask = "/acme/admin/org/reset-links";
        assert!(owner.open(ask).await.shows("Reset all invite links?"));
        owner.send(ask, &[]).await;
        assert!(owner.path == "/acme/admin/org" && owner.shows("1 invite link was reset."), "{}", owner.html);
        assert_eq!(test.browser().open(&link).await.status, 410);
        owner.open(LINKS).await;
        owner.send(LINKS, &[]).await;
        owner.open(LINKS).await;
        let cancel = owner.html.split("action=\"").find(|part| part.contains("/cancel\"")).expect("a button");
        let cancel = cancel.split('"').next().unwrap_or_default().to_owned();
        owner.send(&cancel, &[]).await;
        assert!(owner.shows("The link is withdrawn."), "{}", owner.html);
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn where_there_are_no_links_nothing_speaks_of_them() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let first = test.init("cloudtruth").await;
        let mut owner = test.browser();
        owner.sign_in(&first.email, PASSWORD).await;
        assert!(!owner.open("/acme/admin/invite").await.html.contains(LINKS));
        assert!(!owner.open("/acme/admin/org").await.shows("Reset Invite Links"));
        assert_eq!(owner.open("/acme/admin/users?invite=true").await.path, "/acme/admin/invite");
        assert!(owner.open(LINKS).await.shows("There are no invite links here"));
        assert_eq!(owner.forge(LINKS, &[("role", "viewer")]).await, 403);
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_3_groups_are_chosen_when_inviting() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let first = test.init("planasonix").await;
        let mut api = test.with_token(&first.token);
        let group = api.post("/organizations/acme/groups", json!({"name": "Data team"})).await.expect(201);
        let group = group.at("/id").to_owned();
        let mut owner = test.browser();
        owner.sign_in(&first.email, PASSWORD).await;
        assert!(owner.open("/acme/admin/invite").await.shows("Data team"), "{}", owner.html);
        let typed =
            [("addresses", "ann@acme.test"), ("role", "member"), ("groups.all", group.as_str()), ("deliver", "link")];
        owner.send("/acme/admin/invite/roles", &typed).await;
        assert!(owner.html.contains(&format!("name=\"groups.0\" value=\"{group}\" checked")), "{}", owner.html);
        owner.send("/acme/admin/invite/send", &[("groups.0", &group)]).await;
        assert!(owner.shows("1 invitation made"), "{}", owner.html);
        let made = api.get("/organizations/acme/invitations").await.expect(200);
        assert_eq!(made.body["items"][0]["groups"], json!([group]));
        test.stop().await;
    }
}
