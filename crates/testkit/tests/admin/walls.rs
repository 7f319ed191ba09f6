//! What is offered is what is done, for every role at every person; and who may not, finds nothing.

use guildhall_testkit::{TestApp, engines};
use serde_json::json;

use super::house::{House, ROLES, row_of};

const ACTS: [&str; 7] = ["role", "approve", "reject", "end-sessions", "deactivate", "reactivate", "remove"];

#[tokio::test]
async fn a_row_offers_exactly_what_the_server_would_do() {
    for engine in engines() {
        let house = House::open(engine).await;
        let mut people = Vec::new();
        for role in ROLES {
            let email = format!("target-{role}@acme.test");
            people.push((house.join(&email, &email, role).await, email));
        }
        house.api().patch("/organizations/acme/policy", json!({"approval.mode": "all"})).await.expect(200);
        people.push((house.join("waits@acme.test", "Waits", "viewer").await, "waits@acme.test".to_owned()));
        house
            .api()
            .patch(
                "/organizations/acme/policy",
                json!({"approval.mode": "outside_domains", "approval.domains": ["acme.test"]}),
            )
            .await
            .expect(200);
        for role in ROLES {
            let (_, mut reader) = house.join_at_browser(&format!("reader-{role}@acme.test"), role).await;
            for (member, email) in &people {
                reader.open("/acme/admin/users").await;
                let row = row_of(&reader, email).to_owned();
                for act in ACTS {
                    let page = format!("/acme/admin/users/{member}/{act}");
                    let offered = row.contains(&format!("href=\"{page}\""));
                    reader.open(&page).await;
                    assert_eq!(reader.status == 200 && reader.form(&page).is_some(), offered, "{role} {act} {email}");
                    // Somebody who waits is removed by being turned away: one word for one thing.
                    if !(offered || act == "remove" && email == "waits@acme.test") {
                        let path = format!("/organizations/acme/members/{member}");
                        let before = house.api().get(&path).await.expect(200).body;
                        reader.open("/acme/me").await;
                        let status = reader.forge(&page, &[("role", "viewer")]).await;
                        assert!(matches!(status, 303 | 400..500), "{role} {act} {email}: {status}");
                        let after = house.api().get(&path).await.expect(200).body;
                        assert_eq!(before, after, "{role} {act} {email}: what is not offered does nothing");
                    }
                }
            }
        }
        house.close().await;
    }
}

#[tokio::test]
async fn every_page_asks_who_reads_it() {
    for engine in engines() {
        let house = House::open(engine).await;
        let (invitation, _) = house.invite("new@acme.test", "viewer").await;
        let member = house.join("ann@acme.test", "Ann", "viewer").await;
        let pages = [
            ("users".to_owned(), 200),
            ("roles".to_owned(), 200),
            (format!("users/{member}"), 200),
            ("invite".to_owned(), 403),
            (format!("invitations/{invitation}"), 403),
            (format!("invitations/{invitation}/cancel"), 403),
            ("org".to_owned(), 403),
            ("org/delete".to_owned(), 403),
            ("limits".to_owned(), 403),
            ("limits/new".to_owned(), 403),
            ("tokens".to_owned(), 403),
            ("service-accounts".to_owned(), 403),
            ("service-accounts/new".to_owned(), 403),
            ("deploy-keys".to_owned(), 403),
            ("groups/new".to_owned(), 403),
            ("roles/new".to_owned(), 403),
            ("org/preset".to_owned(), 403),
            ("org/settings/joining".to_owned(), 403),
            ("why?permission=audit.read".to_owned(), 403),
            ("import".to_owned(), 403),
            ("sso".to_owned(), 403),
            ("audit".to_owned(), 403),
        ];
        let (_, mut viewer) = house.join_at_browser("viewer@acme.test", "viewer").await;
        house.api().post("/organizations", json!({"name": "Beta", "slug": "beta"})).await.expect(201);
        let mut anybody = house.test.browser();
        for (page, status) in &pages {
            assert_eq!(viewer.open(&format!("/acme/admin/{page}")).await.status, *status, "{page}");
            assert_eq!(viewer.open(&format!("/beta/admin/{page}")).await.status, 404, "{page}");
            assert_eq!(viewer.open(&format!("/none/admin/{page}")).await.status, 404, "{page}");
            assert!(anybody.open(&format!("/acme/admin/{page}")).await.path.starts_with("/sign-in"), "{page}");
        }
        viewer.open("/acme/admin/users").await;
        for tab in ["tokens", "audit", "org"] {
            assert!(!viewer.html.contains(&format!("/acme/admin/{tab}\"")), "no tab {tab} for a viewer");
        }
        for path in ["invite/roles", "invite/send", "org", "org/policy", "org/delete"] {
            let sent = [("addresses", "a@acme.test"), ("email", "a@acme.test"), ("name", "X"), ("slug", "x")];
            viewer.open("/acme/admin/users").await;
            assert_eq!(viewer.forge(&format!("/acme/admin/{path}"), &sent).await, 403, "{path}");
        }
        house.close().await;
    }
}

#[tokio::test]
async fn forms_without_the_pages_token_are_refused() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let member = house.join("ann@acme.test", "Ann", "viewer").await;
        let page = format!("/acme/admin/users/{member}/remove");
        house.owner.ask("POST", &page, Some(Vec::new()), &[]).await;
        assert_eq!(house.owner.status, 403);
        house.owner.ask("POST", &page, Some(b"csrf=made-up".to_vec()), &[]).await;
        assert_eq!(house.owner.status, 403);
        house.api().get(&format!("/organizations/acme/members/{member}")).await.expect(200);
        house.close().await;
    }
}

#[tokio::test]
async fn hostile_names_stay_text_on_every_page() {
    let names = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "\u{202e}evil\u{202c} שרה",
        "'-alert(1)-'",
        "{{7*7}} &lt;b&gt;",
    ];
    let house = House::open(engines()[0]).await;
    let mut owner = house.owner.clone();
    for (n, name) in names.iter().enumerate() {
        let email = format!("p{n}@acme.test");
        let member = house.join(&email, name, "viewer").await;
        for page in ["", "/role", "/remove", "/end-sessions"] {
            owner.open(&format!("/acme/admin/users/{member}{page}")).await;
            assert_eq!(owner.status, 200);
            assert_harmless(&owner.html);
        }
        owner.open("/acme/admin/users").await;
        assert_harmless(&owner.html);
        let page = format!("/acme/admin/users/{member}/role");
        owner.open(&page).await;
        owner.send(&page, &[("role", "contributor")]).await;
        assert!(owner.shows("now has the role Contributor."), "the message names them, harmlessly");
        assert_harmless(&owner.html);
    }
    let list = "<script>alert(1)</script>, \"<img src=x>\" <ok@acme.test>, a@\u{202e}b";
    owner.open("/acme/admin/invite").await;
    owner.send("/acme/admin/invite/roles", &[("addresses", list), ("deliver", "email")]).await;
    assert_harmless(&owner.html);
    assert_eq!(owner.status, 200);
    let long = "x".repeat(10_000);
    owner.open(&format!("/acme/admin/users?query={long}")).await;
    assert_eq!(owner.status, 200);
    house.close().await;
}

#[track_caller]
fn assert_harmless(html: &str) {
    assert!(!html.contains("<script>") && !html.contains("<img"), "{html}");
}

#[tokio::test]
async fn where_mail_is_written_to_files_the_pages_about_mail_say_so() {
    let mut house = House::open(engines()[0]).await;
    for page in ["users", "invite"] {
        assert!(house.owner.open(&format!("/acme/admin/{page}")).await.shows("Mail is written to files"), "{page}");
    }
    let (_, mut viewer) = house.join_at_browser("viewer@acme.test", "viewer").await;
    assert!(!viewer.open("/acme/admin/users").await.shows("Mail is written"), "not everybody's matter");
    house.close().await;
    let test = TestApp::start_with(engines()[0], |config| {
        config.smtp = Some(guildhall_server::security::secret::Secret::new("smtp://127.0.0.1:9".to_owned()));
    })
    .await;
    let first = test.init("cloudtruth").await;
    let mut owner = test.browser();
    owner.sign_in(&first.email, guildhall_testkit::app::PASSWORD).await;
    assert!(!owner.open("/acme/admin/users").await.shows("Mail is written"));
}
