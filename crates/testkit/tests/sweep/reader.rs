//! The houses that are walked through, and by whom.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::browser::Browser;
use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::json;

use super::routes;
use super::walk::{Found, Walk};

/// The presets, with the roles that read besides the top role, and the settings that open more pages.
const HOUSES: [(&str, &[&str]); 2] = [("standard", &["admin", "member"]), ("pixie-auth0", &["member"])];

async fn people(test: &TestApp, owner: &mut Caller, preset: &str, roles: &[&str]) {
    for (n, role) in roles.iter().enumerate() {
        let email = format!("reader{n}@acme.test");
        let mut reader = test.join(owner, "acme", &email, role).await;
        // Every new address has its letter.
        drop(reader.caller.patch("/me", json!({"email": format!("new.{email}")})).await);
    }
    let role = roles.last().copied().unwrap_or_default();
    let mut people = Vec::new();
    for name in ["bea", "cy", "dee"] {
        people.push(test.join(owner, "acme", &format!("{name}@acme.test"), role).await.member);
    }
    // A thing that several were given by name, so that taking one grant back leaves somebody to be taken out.
    let made = owner.post("/organizations/acme/resources", json!({"type": "workspace", "name": "Shared"})).await;
    for member in &people {
        let given = json!({"subject": {"type": "member", "id": member}, "role": "viewer"});
        drop(owner.post(&format!("/organizations/acme/resources/{}/grants", made.at("/id")), given).await);
    }
    let off = test.join(owner, "acme", "off@acme.test", role).await;
    drop(owner.post(&format!("/organizations/acme/members/{}/deactivate", off.member), json!({})).await);
    let gone = test.join(owner, "acme", "gone@acme.test", role).await;
    drop(owner.delete(&format!("/organizations/acme/members/{}", gone.member)).await);
    // What a preset keeps closed stays so.
    for knob in ["signup.open", "join.requests", "roles.custom", "scim.offered", "deploy_keys.offered"] {
        drop(owner.patch("/organizations/acme/policy", json!({knob: true})).await);
    }
    // A tenant with a thing to send about; only whoever runs the installation makes one.
    drop(owner.post("/tenants", json!({"name": "Big", "slug": "big"})).await);
    let lab = json!({"name": "Lab", "slug": "lab", "preset": "pipes-enterprise", "tenant": "big"});
    drop(owner.post("/organizations", lab).await);
    let shared = json!({"type": "connection", "name": "Warehouse", "organizations": ["lab"]});
    drop(owner.post("/tenants/big/resources", shared).await);
    for _ in 0..3 {
        drop(test.mint(owner, "acme", None).await);
    }
    drop(owner.patch("/organizations/acme/policy", json!({"approval.mode": "all"})).await);
    test.join(owner, "acme", "waits@acme.test", role).await;
    test.invite(owner, "acme", "invited@acme.test", role).await;
    // Some products have people belong to one organization only.
    drop(owner.post("/organizations", json!({"name": "Beta", "slug": "beta", "preset": preset})).await);
    drop(owner.patch("/organizations/beta/policy", json!({"join.requests": true})).await);
}

/// Where the links in somebody's letters lead: to a new password, to a proved address, into an organization.
async fn letters(test: &TestApp, email: &str) -> Vec<String> {
    drop(test.anybody().post("/password/forgot", json!({"email": email})).await);
    let mut mails = test.mails_to(email).await;
    mails.extend(test.mails_to(&format!("new.{email}")).await);
    let links =
        mails.iter().flat_map(|mail| ["/password/reset/", "/email/verify/", "/invite/"].map(|part| mail.link(part)));
    links.flatten().filter_map(|link| link.strip_prefix(&test.url).map(str::to_owned)).collect()
}

/// Somebody signed in with a second factor, and somebody who gave the password and not yet the factor.
async fn proven(test: &TestApp, email: &str) -> [Browser; 2] {
    let mut inside = test.browser();
    inside.sign_in(email, PASSWORD).await;
    inside.open("/account/security").await.send("/account/security/app", &[]).await;
    let secret = inside.html.split("id=\"secret\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let secret = secret.expect("a key").replace(' ', "");
    let code = guildhall_testkit::authenticator::code(&secret, test.app.now().micros() / 1_000_000);
    inside.send("/account/security/app/confirm", &[("code", &code)]).await;
    let mut half = test.browser();
    half.sign_in(email, PASSWORD).await;
    [inside, half]
}

/// Everybody's walk through one house.
async fn walk_through(preset: &str, roles: &[&str], found: &mut Found) {
    let routes = routes::all();
    let (test, mut owner) = TestApp::house(engines()[0], preset).await;
    people(&test, &mut owner, preset, roles).await;
    let begins = ["/", "/acme", "/acme/me", "/organizations", "/account/step-up", "/tenants"];
    let there =
        |name: &&str| name.strip_prefix("reader").is_none_or(|n| n.parse::<usize>().is_ok_and(|n| n < roles.len()));
    let mut leaving = test.browser();
    leaving.sign_in("cy@acme.test", PASSWORD).await;
    let mut walks: Vec<(&str, String, Browser)> = vec![
        ("stranger", String::new(), test.browser()),
        ("invited", String::new(), test.browser()),
        ("leaving", String::new(), leaving),
    ];
    for name in ["waits", "reader0", "reader1", "owner"].into_iter().filter(there) {
        let email = format!("{name}@acme.test");
        let mut browser = test.browser();
        browser.sign_in(&email, PASSWORD).await;
        walks.push((name, email, browser));
    }
    let [inside, half] = proven(&test, "dee@acme.test").await;
    walks.push(("half", String::new(), half));
    walks.push(("proven", String::new(), inside));
    for (who, email, browser) in walks {
        let letters = match who {
            "invited" => letters(&test, "invited@acme.test").await,
            _ if email.is_empty() => Vec::new(),
            _ => letters(&test, &email).await,
        };
        let mut walk = Walk::new(browser, &format!("{preset} {who}"), &routes, found);
        (walk.email, walk.other) = (email, "bea@acme.test".to_owned());
        match who {
            "stranger" => walk.visit("/sign-in?organization=acme"),
            "invited" => {}
            // Whoever made an organization on the way could not.
            "leaving" => walk.only("/acme/me/delete"),
            "half" => walk.visit("/sign-in/code"),
            "proven" => walk.visit("/account/security"),
            _ => begins.iter().for_each(|address| walk.visit(address)),
        }
        letters.iter().for_each(|address| walk.visit(address));
        walk.go().await;
    }
    test.deliver().await;
}

/// The first start.
async fn walk_through_setup(found: &mut Found) {
    let routes = routes::all();
    let test = TestApp::start(engines()[0]).await;
    let address = guildhall_server::ops::setup::address(&test.ctx()).await.expect("answers").expect("an address");
    let mut walk = Walk::new(test.browser(), "the first", &routes, found);
    walk.visit(address.strip_prefix(&test.url).unwrap_or(&address));
    walk.go().await;
    test.deliver().await;
}

#[tokio::test]
async fn every_form_answers_with_scripts_off_and_no_address_is_without_its_form() {
    let mut found = Found::default();
    for (preset, roles) in HOUSES {
        walk_through(preset, roles, &mut found).await;
    }
    walk_through_setup(&mut found).await;
    let routes = routes::all();
    let taken = routes.iter().filter(|route| route.posts && !found.sent.contains(&route.path));
    let without: Vec<&str> = taken.map(|route| route.path.as_str()).collect();
    println!("{} forms sent", found.count);
    let wrong: Vec<&str> = found.wrong.iter().map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}\nwithout: {without:?}", wrong.len(), wrong.join("\n"));
    assert!(without.is_empty(), "no form was found for\n{}", without.join("\n"));
}
