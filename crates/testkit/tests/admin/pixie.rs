//! Pixie's administration in the console: its tabs, and people who wait to be approved.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{TestApp, engines};
use serde_json::json;

use super::house::row_of;

/// The tabs of the navigation: label and address.
fn tabs(html: &str) -> Vec<(String, String)> {
    let nav = html.split("class=\"side-nav\"").nth(1).and_then(|rest| rest.split("</nav>").next()).expect("navigation");
    let link = |part: &str| {
        let address = part.split("href=\"").nth(1)?.split('"').next()?;
        let label = part.split("class=\"clip\">").nth(1)?.split('<').next()?;
        Some((label.to_owned(), address.to_owned()))
    };
    nav.split("class=\"nav-link\"").skip(1).filter_map(link).collect()
}

#[tokio::test]
async fn px_4_administration_begins_with_the_clusters_and_leads_back_there_from_unknown_tabs() {
    for engine in engines() {
        for (preset, has_form) in [("pixie-hydra", true), ("pixie-auth0", false)] {
            let test = TestApp::start(engine).await;
            let first = test.init(preset).await;
            let mut owner = test.browser();
            owner.sign_in(&first.email, PASSWORD).await;
            for address in ["/admin", "/acme/admin", "/acme/admin/plugins", "/acme/admin/no-such-tab"] {
                assert_eq!(owner.open(address).await.path, "/acme/admin/clusters", "{preset}: {address}");
                assert!(owner.status == 200 && owner.shows("Clusters"), "{}", owner.html);
            }
            assert_eq!(owner.open("/acme/admin/keys").await.path, "/acme/admin/tokens");
            assert_eq!(owner.open("/acme/admin/user").await.path, "/acme/me");
            let tabs = tabs(&owner.html);
            for (label, address) in [
                ("Clusters", "/acme/admin/resources"),
                ("Tokens", "/acme/admin/tokens"),
                ("Users", "/acme/admin/users"),
                ("Org Settings", "/acme/admin/org"),
                ("User Settings", "/acme/me"),
            ] {
                assert!(tabs.contains(&(label.to_owned(), address.to_owned())), "{preset}: {label} in {tabs:?}");
            }
            let invites = ("Invitations".to_owned(), "/acme/admin/invite".to_owned());
            assert_eq!(tabs.contains(&invites), has_form, "{preset}: the form is one provider's: {tabs:?}");
            for (_, address) in tabs {
                assert_eq!(owner.open(&address).await.status, 200, "{preset}: {address}");
            }
            test.stop().await;
        }
    }
}

#[tokio::test]
async fn the_tabs_of_other_presets_are_their_own() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let first = test.init("cloudtruth").await;
        let mut owner = test.browser();
        owner.sign_in(&first.email, PASSWORD).await;
        assert_eq!(owner.open("/acme/admin/clusters").await.path, "/acme/admin/users", "where a visit begins there");
        let names: Vec<String> = tabs(&owner.html).into_iter().map(|(label, _)| label).collect();
        for foreign in ["Org Settings", "User Settings", "Invitations"] {
            assert!(!names.contains(&foreign.to_owned()), "{names:?}");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn px_27_whoever_waits_is_told_to_ask_and_their_row_says_approve_and_then_approved() {
    for engine in engines() {
        for preset in ["pixie-hydra", "pixie-auth0"] {
            let (test, mut api) = TestApp::house(engine, preset).await;
            api.patch("/organizations/acme/policy", json!({"approval.mode": "all"})).await.expect(200);
            let ann = test.join(&mut api, "acme", "ann@acme.test", "member").await;
            let mut waits = test.browser();
            waits.sign_in("ann@acme.test", PASSWORD).await;
            assert!(waits.open("/acme").await.shows("ask an administrator"), "{}", waits.html);
            assert!(waits.shows("Waiting for approval"));
            assert_eq!(waits.open("/acme/admin/clusters").await.status, 404, "nothing of the product before");
            let mut owner = test.browser();
            owner.sign_in("owner@acme.test", PASSWORD).await;
            owner.open("/acme/admin/users").await;
            let approve = format!("/acme/admin/users/{}/approve", ann.member);
            let row = row_of(&owner, "ann@acme.test");
            assert!(row.contains(&approve) && row.contains(">Approve<") && !row.contains(">Approved<"), "{row}");
            owner.open(&approve).await;
            owner.send(&approve, &[]).await;
            let row = row_of(owner.open("/acme/admin/users").await, "ann@acme.test");
            let said = row.split(">Approved<").next().unwrap_or_default();
            let button = said.rsplit('<').next().unwrap_or_default();
            assert!(row.contains(">Approved<") && button.contains("menu-off"), "{row}");
            assert!(!row.contains(&approve), "{row}");
            assert_eq!(waits.open("/acme/admin/clusters").await.status, 200, "complete access afterwards");
            test.deliver().await;
            test.stop().await;
        }
    }
}
