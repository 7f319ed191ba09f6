//! Resources, grants and share links at a browser that runs no scripts.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{TestApp, engines};
use serde_json::json;

#[tokio::test]
async fn somebody_makes_shares_and_takes_back_with_scripts_off() {
    for engine in engines() {
        let (test, mut api) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut api, "acme", "ann@acme.test", "member").await;
        let mut owner = test.browser();
        owner.sign_in("owner@acme.test", PASSWORD).await;
        owner.open("/acme/admin/resources").await;
        assert!(owner.shows("<h1>Workspaces</h1>") && owner.shows("Nothing here yet"), "{}", owner.html);

        // made, one in the other
        let made = [("type", "workspace"), ("name", "Space <b>"), ("external_id", "w"), ("parent", "")];
        owner.open("/acme/admin/resources/new").await.send("/acme/admin/resources/new", &made).await;
        assert!(owner.shows("Space <b> is made") && !owner.html.contains("Space <b>"), "{}", owner.html);
        let page = owner.path.clone();
        let inner = [("type", "project"), ("name", "Inner"), ("external_id", ""), ("parent", "workspace:w")];
        owner.open("/acme/admin/resources/new").await.send("/acme/admin/resources/new", &inner).await;
        owner.open("/acme/admin/resources/new").await;
        let wrong = [("type", "workspace"), ("name", ""), ("parent", "workspace:none")];
        owner.send("/acme/admin/resources/new", &wrong).await;
        assert!(owner.status == 422 && owner.shows("There is no such resource here"), "{}", owner.html);
        owner.open(&page).await;
        assert!(owner.shows("Inner") && owner.shows("Organization role Owner"), "{}", owner.html);
        assert!(owner.open("/acme/admin/resources?query=INN").await.shows("Inner") && !owner.shows("Space"));
        assert!(owner.open("/acme/admin/resources?type=workspace").await.shows("Space") && !owner.shows("Inner"));

        // granted by address, refused with a sentence, taken back
        let grants = format!("{page}/grants");
        let to = |who: &'static str| [("kind", "member"), ("who", who), ("given", "role viewer")];
        owner.open(&page).await.send(&grants, &to("nobody@acme.test")).await;
        assert!(owner.status == 422 && owner.shows("There is nobody like that here"), "{}", owner.html);
        owner.open(&page).await.send(&grants, &to("ann@acme.test")).await;
        assert!(owner.shows("Granted.") && owner.shows("Given by name"), "{}", owner.html);
        let mut reader = test.browser();
        reader.sign_in("ann@acme.test", PASSWORD).await;
        assert!(reader.open("/acme/me/shared").await.shows("Space") && reader.shows("Viewer"), "{}", reader.html);
        assert!(reader.open(&page).await.shows("Inner") && !reader.shows("Who reaches this"));
        assert_eq!(reader.forge(&grants, &to("ann@acme.test")).await, 403);
        let person = format!("{page}/people/{}/remove", ann.member);
        owner.open(&page).await.send(&person, &[]).await;
        assert!(owner.shows("They do not reach it any more."), "{}", owner.html);
        assert_eq!(reader.open(&page).await.status, 404);

        // by a link, which anybody opens until it is taken back on the page of what one shares
        let links = format!("{page}/share-links");
        owner.open(&page).await.send(&links, &[("given", "role viewer"), ("expires_in_s", "86400")]).await;
        assert!(owner.shows("Copy it now"), "{}", owner.html);
        let link =
            owner.html.split("/share/").nth(1).and_then(|rest| rest.split('"').next()).expect("a link").to_owned();
        let mut stranger = test.browser();
        stranger.open(&format!("/share/{link}")).await;
        assert!(stranger.status == 200 && stranger.shows("Space <b>") && stranger.shows("See a workspace"));
        assert_eq!(stranger.open("/share/gld_share_nothing").await.status, 410);
        owner.open("/acme/me/shared").await;
        let revoke = owner.html.split("action=\"").find(|part| part.contains("/share-links/")).expect("a button");
        let revoke = revoke.split('"').next().unwrap_or_default().to_owned();
        owner.send(&revoke, &[]).await;
        assert!(owner.shows("The link does not work any more.") && owner.path == "/acme/me/shared", "{}", owner.path);
        assert_eq!(stranger.open(&format!("/share/{link}")).await.status, 410);
        api.patch("/organizations/acme/policy", json!({"share_link.allowed": false})).await.expect(200);
        assert!(owner.open(&page).await.shows("does not let anything be shared by link"));

        // changed, and deleted with what stands in it
        let edit = format!("{page}/edit");
        let changed = [("name", "Plans"), ("parent", ""), ("owner", "ann@acme.test")];
        owner.open(&edit).await.send(&edit, &changed).await;
        assert!(owner.shows("Saved.") && owner.shows("<h1><bdi>Plans</bdi></h1>") && owner.shows("Ann"));
        let delete = format!("{page}/delete");
        owner.open(&delete).await.send(&delete, &[]).await;
        assert!(owner.path == "/acme/admin/resources" && owner.shows("Nothing here yet"), "{}", owner.html);
        test.deliver().await;
        test.stop().await;
    }
}
