//! `serve --demo`, as somebody meets it who wants to look around.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod program;

use std::collections::BTreeSet;

use program::{Folder, Serving, ask, ask_with, founded, run};
use serde_json::{Value, json};

const PASSWORD: &str = "demo demo demo";

/// The header of a session that somebody of the demo begins.
fn session(url: &str, email: &str) -> String {
    let body = json!({"email": email, "password": PASSWORD}).to_string();
    let (status, head, body) = ask_with(url, "POST", "/api/v1/session", "", &body).unwrap();
    assert_eq!(status, 200, "{email}: {body}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    format!("Cookie: {}\r\n", cookie.split(';').next().unwrap())
}

fn get(url: &str, session: &str, path: &str) -> Value {
    let (status, _, body) = ask_with(url, "GET", &format!("/api/v1{path}"), session, "").unwrap();
    assert_eq!(status, 200, "{path}: {body}");
    body
}

#[test]
fn a_demo_has_a_lively_organization_for_each_preset_and_says_what_it_is() {
    let folder = Folder::new();
    let serving = Serving::start_with(&folder.data(), &["--demo"]);
    let err = serving.err();
    assert!(err.contains("this is a DEMO"), "{err}");
    let owners: Vec<&str> =
        err.lines().filter_map(|line| line.trim().split(' ').next().filter(|w| w.contains('@'))).collect();
    let (mut presets, mut states) = (BTreeSet::new(), BTreeSet::new());
    for owner in &owners {
        let signed_in = session(&serving.url, owner);
        let me = get(&serving.url, &signed_in, "/me");
        for belonging in me["memberships"].as_array().unwrap() {
            let organization = &belonging["organization"];
            let slug = organization["slug"].as_str().unwrap();
            presets.insert(organization["preset"].as_str().unwrap().to_owned());
            let count = |path: &str| {
                let found = get(&serving.url, &signed_in, &format!("/organizations/{slug}/{path}?limit=100"));
                found["items"].as_array().unwrap().clone()
            };
            if !["owner", "admin"].contains(&belonging["membership"]["role"].as_str().unwrap()) {
                continue;
            }
            let members = count("members");
            assert!(members.len() >= 2, "{slug} is empty");
            states.extend(members.iter().map(|one| one["status"].as_str().unwrap().to_owned()));
            assert!(count("audit-events").len() >= 3, "{slug} has no history");
            assert!(!count("resources").is_empty(), "{slug} has no resources");
        }
    }
    let all: BTreeSet<String> = run(&["preset", "list", "--json"])
        .expect(0)
        .json()
        .iter()
        .flat_map(|line| line.as_array().cloned().unwrap_or_else(|| vec![line.clone()]))
        .map(|preset| preset["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(presets, all, "one organization for each preset");
    let expected = ["active", "deactivated", "invited", "pending_approval"].map(str::to_owned);
    assert_eq!(states, BTreeSet::from(expected));
    says_so(&serving.url, owners[0]);
    serving.end("TERM");

    // the folder stays a demo, whether or not anybody says so
    let again = Serving::start(&folder.data());
    assert!(again.err().contains("this is a DEMO"), "{}", again.err());
    says_so(&again.url, owners[0]);
    again.end("TERM");
}

/// The sign-in page is marked, and offers the doors.
fn says_so(url: &str, owner: &str) {
    let (status, page) = ask(url, "GET", "/sign-in", "", "").unwrap();
    let page = page.as_str().unwrap();
    assert!(status == 200 && page.contains("This is a demo") && page.contains(owner), "{page}");
}

#[test]
fn a_demo_is_not_made_where_real_data_is() {
    let folder = Folder::new();
    founded(&folder);
    let refused = run(&["serve", "--demo", "--data", &folder.data(), "--listen", "127.0.0.1:0"]).expect(2);
    assert!(refused.err.contains("holds real data"), "{}", refused.err);
    let elsewhere = Folder::new();
    let database = ["serve", "--demo", "--data", &elsewhere.data(), "--database", "postgres://localhost/x"];
    let refused = run(&database).expect(2);
    assert!(refused.err.contains("no database"), "{}", refused.err);
    assert!(!elsewhere.path().join("data").exists(), "nothing is made before it is refused");
    // real data is served unmarked
    let serving = Serving::start(&folder.data());
    let (_, page) = ask(&serving.url, "GET", "/sign-in", "", "").unwrap();
    assert!(!page.as_str().unwrap().contains("This is a demo"));
    assert!(!serving.err().contains("DEMO"));
    serving.end("TERM");
}
