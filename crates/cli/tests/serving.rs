//! `serve` and `init` from the first start to the orderly end, as an operator meets them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod program;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use program::{Folder, Serving, ask, founded, run, run_with};
use serde_json::json;

const GOOD_PASSWORD: &str = "correct horse";

/// The secret in the set-up address that `serve` printed.
fn set_up_secret(err: &str) -> Option<String> {
    let (_, rest) = err.split_once("/setup?token=")?;
    rest.lines().next().map(str::to_owned)
}

#[test]
fn an_empty_folder_is_served_and_its_set_up_address_works_once() {
    let folder = Folder::new();
    let serving = Serving::start(&folder.data());
    assert!(serving.ready_after < Duration::from_secs(20), "{:?}", serving.ready_after);
    assert_eq!(ask(&serving.url, "GET", "/readyz", "", "").unwrap().0, 200);
    assert_eq!(ask(&serving.url, "GET", "/healthz", "", "").unwrap().0, 200);
    let (status, metrics) = ask(&serving.url, "GET", "/metrics", "", "").unwrap();
    assert_eq!(status, 200);
    assert!(metrics.as_str().unwrap().contains("guildhall_http_requests_total"), "{metrics}");
    let mode = |path: &str| std::fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
    let modes = (mode("data"), mode("data/instance.key"), mode("data/guildhall.sqlite3"));
    assert_eq!(modes, (0o700, 0o600, 0o600), "what is inside is nobody else's");
    let err = serving.err();
    assert!(err.contains("mail is written to") && err.contains("data/outbox"), "{err}");

    let secret = set_up_secret(&err).unwrap_or_else(|| panic!("no set-up address: {err}"));
    let body = json!({"token": secret, "organization": "Acme", "email": "a@acme.test", "name": "Ann", "password": GOOD_PASSWORD});
    let (status, made) = ask(&serving.url, "POST", "/api/v1/set-up", "", &body.to_string()).unwrap();
    assert!((200..300).contains(&status), "{status} {made}");
    let (status, again) = ask(&serving.url, "POST", "/api/v1/set-up", "", &body.to_string()).unwrap();
    assert_eq!((status, again["code"].as_str()), (410, Some("setup.done")));

    let (status, more, err) = serving.end("TERM");
    assert_eq!((status.code(), more.len()), (Some(0), 0), "one line on standard output, no more: {more:?}\n{err}");
    assert!(!err.contains(GOOD_PASSWORD), "{err}");
    let second = Serving::start(&folder.data());
    assert!(set_up_secret(&second.err()).is_none(), "it is set up: {}", second.err());
    let sign_in = json!({"email": "a@acme.test", "password": GOOD_PASSWORD}).to_string();
    assert_eq!(ask(&second.url, "POST", "/api/v1/session", "", &sign_in).unwrap().0, 200);
    let (status, _, _) = second.end("INT");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_second_server_or_init_on_the_same_folder_refuses_and_names_the_first() {
    let folder = Folder::new();
    let first = Serving::start(&folder.data());
    let name = format!("process {}", first.process());
    let second = run(&["serve", "--data", &folder.data(), "--listen", "127.0.0.1:0"]).expect(1);
    assert!(second.out.is_empty() && second.err.contains(&name) && second.err.contains("hint: stop"), "{second:?}");
    let init = ["init", "--data", &folder.data(), "--organization", "X", "--owner-email", "x@x.test"];
    assert!(run(&init).expect(1).err.contains(&name));
    // The lock goes with the process, even when it could not say goodbye.
    first.end("KILL");
    run(&init).expect(0);
}

#[test]
fn init_prints_the_token_alone_and_it_opens_what_the_owner_may() {
    let folder = Folder::new();
    let (data, token) = founded(&folder);
    assert!(token.starts_with("gld_pat_") && !token.contains(char::is_whitespace), "{token}");
    let serving = Serving::start(&data);
    assert!(set_up_secret(&serving.err()).is_none());
    let (status, me) = ask(&serving.url, "GET", "/api/v1/me", &token, "").unwrap();
    assert_eq!((status, me["identity"]["email"].as_str()), (200, Some("owner@acme.test")), "{me}");
    assert_eq!(me["memberships"][0]["role"], "owner");
    let (status, made) = ask(&serving.url, "POST", "/api/v1/organizations", &token, r#"{"name":"Second"}"#).unwrap();
    assert!((200..300).contains(&status), "the administrator makes organizations: {made}");
}

#[test]
fn an_owner_without_password_sets_one_by_the_printed_link() {
    let folder = Folder::new();
    let init = ["init", "--data", &folder.data(), "--organization", "Acme", "--owner-email", "o@acme.test", "--json"];
    let made = run(&init).expect(0);
    let made = &made.json()[0];
    assert_eq!((made["organization"].as_str(), made["token"].as_str()), (Some("acme"), None));
    let link = made["set_password"].as_str().unwrap();
    let secret = link.rsplit('/').next().unwrap();
    let serving = Serving::start(&folder.data());
    let reset = json!({"token": secret, "password": GOOD_PASSWORD}).to_string();
    let (status, answer) = ask(&serving.url, "POST", "/api/v1/password/reset", "", &reset).unwrap();
    assert!((200..300).contains(&status), "{answer}");
    let sign_in = json!({"email": "o@acme.test", "password": GOOD_PASSWORD}).to_string();
    assert_eq!(ask(&serving.url, "POST", "/api/v1/session", "", &sign_in).unwrap().0, 200);
    assert_eq!(ask(&serving.url, "POST", "/api/v1/password/reset", "", &reset).unwrap().1["code"], "link.invalid");
}

#[test]
fn where_a_mail_server_is_set_init_and_serve_end_well() {
    let folder = Folder::new();
    let init = ["init", "--data", &folder.data(), "--organization", "Acme", "--owner-email", "o@acme.test"];
    // Nothing listens there, and nothing is sent.
    let smtp = ["--smtp", "smtp://127.0.0.1:9"];
    run(&[init.as_slice(), &smtp].concat()).expect(0);
    let (status, _, err) = Serving::start_with(&folder.data(), &smtp).end("TERM");
    assert!(status.success(), "{err}");
}

#[test]
fn init_refuses_what_is_wrong_before_it_makes_anything() {
    let folder = Folder::new();
    let data = folder.data();
    let init = |more: &[&str]| {
        let mut arguments = vec!["init", "--data", &data];
        arguments.extend(more);
        run(&arguments)
    };
    for (arguments, says) in [
        (vec!["--organization", "A", "--owner-email", "not an address"], "`--owner-email`"),
        (vec!["--organization", " ", "--owner-email", "a@a.test"], "`--organization`"),
        (vec!["--organization", "A", "--owner-email", "a@a.test", "--slug", "No Slug"], "`--slug`"),
        (vec!["--organization", "A", "--owner-email", "a@a.test", "--preset", "standart"], "`standard`, `cloudtruth`"),
        (vec!["--organization", "A", "--owner-email", "a@a.test", "--password-stdin"], "holds no password"),
    ] {
        let refused = init(&arguments).expect(2);
        assert!(refused.err.contains(says) && refused.out.is_empty(), "{refused:?}");
        assert!(!std::path::Path::new(&data).exists(), "nothing is made: {arguments:?}");
    }
    let good = ["init", "--data", &data, "--organization", "A", "--owner-email", "a@a.test", "--password-stdin"];
    assert!(run_with(&good, "short\n").expect(2).err.contains("at least 8"));
    run_with(&good, "correct horse\n").expect(0);
    let twice = run_with(&good, "correct horse\n").expect(1);
    assert!(twice.err.contains("`setup.done`"), "{twice:?}");
    let serving = Serving::start(&data);
    let sign_in = json!({"email": "a@a.test", "password": GOOD_PASSWORD}).to_string();
    assert_eq!(ask(&serving.url, "POST", "/api/v1/session", "", &sign_in).unwrap().0, 200);
}

#[test]
fn what_keeps_it_from_starting_is_said_with_a_hint() {
    let folder = Folder::new();
    let data = folder.data();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let file = folder.write("file", "");
    std::fs::create_dir_all(folder.path().join("odd/guildhall.sqlite3")).unwrap();
    let odd = folder.path().join("odd").display().to_string();
    std::fs::create_dir_all(folder.path().join("junk")).unwrap();
    folder.write("junk/guildhall.sqlite3", &"not a database ".repeat(100));
    let junk = folder.path().join("junk").display().to_string();
    std::fs::create_dir_all(folder.path().join("open")).unwrap();
    let key = folder.write("open/instance.key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = folder.path().join("open").display().to_string();
    let nowhere = "postgres://nobody:hunter2@127.0.0.1:1/nothing";
    for (arguments, says) in [
        (vec!["--data", &data, "--listen", &address], "cannot listen on"),
        (vec!["--data", &file], "cannot make the data folder"),
        (vec!["--data", &odd], "the database file cannot be written"),
        (vec!["--data", &junk], "stored data is damaged"),
        (vec!["--data", &open], "can be read by everybody"),
        (vec!["--data", &data, "--database", nowhere], "PostgreSQL cannot be reached: Connection refused"),
    ] {
        let mut whole = vec!["serve", "--listen", "127.0.0.1:0"];
        if arguments.contains(&"--listen") {
            whole.truncate(1);
        }
        whole.extend(&arguments);
        let refused = run(&whole).expect(1);
        assert!(refused.err.contains(says) && refused.err.contains("hint: "), "{arguments:?}: {refused:?}");
        assert!(refused.out.is_empty() && !refused.err.contains("hunter2"), "{refused:?}");
    }
    let wrong = run(&["serve", "--data", &data, "--listen", "nowhere"]).expect(2);
    assert!(wrong.err.contains("the flag `--listen`") && wrong.err.contains("127.0.0.1:8080"), "{wrong:?}");
}

#[test]
fn logs_are_json_where_asked_and_hold_no_secret() {
    let folder = Folder::new();
    let file = folder.write("guildhall.toml", "[log]\nformat = \"json\"\nlevel = \"debug\"\n");
    let (data, token) = founded(&folder);
    let serving = Serving::start_with(&data, &["--config", &file]);
    assert_eq!(ask(&serving.url, "GET", "/api/v1/me", &token, "").unwrap().0, 200);
    assert_eq!(ask(&serving.url, "GET", "/invite/gld_inv_secret", "", "").unwrap().0 / 100, 4);
    let (_, _, err) = serving.end("TERM");
    assert!(err.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{err}");
    assert!(err.contains("\"path\":\"/api/v1/me\"") && err.contains("request_id"), "{err}");
    assert!(!err.contains(&token) && !err.contains("gld_inv_secret"), "{err}");
}
