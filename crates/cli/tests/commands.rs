//! Every other command of the program against a real folder or a real server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod program;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;

use program::{Ended, Folder, Serving, ask, founded, run};
use serde_json::Value;

/// The state and text of each finding of `doctor`, by what was looked at.
fn doctor(data: &str, more: &[&str], code: i32) -> Vec<(String, String, String)> {
    let mut arguments = vec!["doctor", "--json", "--data", data];
    arguments.extend(more);
    let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let found = run(&arguments).expect(code).json();
    found.iter().map(|item| (text(item, "about"), text(item, "state"), text(item, "detail"))).collect()
}

fn has(found: &[(String, String, String)], about: &str, state: &str, part: &str) -> bool {
    found.iter().any(|(a, s, detail)| a == about && s == state && detail.contains(part))
}

/// A mail server that greets, says goodbye and takes nothing.
fn greeter() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 here\r\n").unwrap();
        for line in BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok) {
            let answer = if line.starts_with("QUIT") { "221 bye\r\n" } else { "250 ok\r\n" };
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    url
}

#[test]
fn doctor_is_content_with_a_healthy_folder_whether_or_not_it_is_served() {
    let folder = Folder::new();
    let (data, _) = founded(&folder);
    let found = doctor(&data, &["--smtp", &greeter()], 0);
    assert!(found.iter().all(|(_, state, _)| state != "fail"), "{found:?}");
    for about in [
        "clock",
        "public url",
        "data folder",
        "disk",
        "instance key",
        "database",
        "schema",
        "set-up",
        "organizations",
        "outbox",
    ] {
        assert!(has(&found, about, "ok", ""), "{about}: {found:?}");
    }
    assert!(has(&found, "lock", "ok", "free") && has(&found, "mail", "warn", "the mail server answers"), "{found:?}");
    let serving = Serving::start(&data);
    let found = doctor(&data, &[], 0);
    assert!(has(&found, "lock", "ok", &format!("process {}", serving.process())), "{found:?}");
    assert!(has(&found, "mail", "warn", "data/outbox"), "{found:?}");
}

#[test]
fn doctor_names_what_is_broken_and_makes_nothing() {
    let folder = Folder::new();
    let found = doctor(&folder.data(), &["--smtp", "smtp://127.0.0.1:1"], 1);
    assert!(has(&found, "data folder", "fail", "does not exist") && has(&found, "database", "fail", "missing"));
    assert!(has(&found, "mail", "fail", "refused"), "{found:?}");
    assert!(!std::path::Path::new(&folder.data()).exists(), "it only looks");

    let (data, _) = founded(&folder);
    let at = |name: &str| folder.path().join("data").join(name);
    let mode = |path: std::path::PathBuf, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(at(""), 0o755);
    mode(at("instance.key"), 0o644);
    let found = doctor(&data, &[], 1);
    assert!(
        has(&found, "instance key", "fail", "chmod 600") && has(&found, "data folder", "warn", "0755"),
        "{found:?}"
    );
    std::fs::rename(at("instance.key"), at("elsewhere")).unwrap();
    assert!(has(&doctor(&data, &[], 1), "instance key", "fail", "missing"));

    let journal = std::fs::metadata(at("guildhall.sqlite3-wal")).map_or(0, |found| found.len());
    assert_eq!(journal, 0, "after an orderly end the file is whole by itself");
    let mut torn = std::fs::read(at("guildhall.sqlite3")).unwrap();
    torn[8192..40960].fill(0xAA);
    std::fs::write(at("guildhall.sqlite3"), &torn).unwrap();
    let found = doctor(&data, &[], 1);
    assert!(found.iter().any(|(about, state, _)| about == "database" && state == "fail"), "{found:?}");
}

#[test]
fn a_preset_file_is_checked_with_line_rule_and_hint() {
    let folder = Folder::new();
    let shown = run(&["preset", "show", "standard"]).expect(0).out;
    let good = folder.write("good.toml", &shown);
    assert!(run(&["preset", "check", &good]).expect(0).out.contains("`standard` version 1 is valid"));
    let line = shown.lines().position(|line| line.starts_with("version")).unwrap();
    let bad = folder.write("bad.toml", &shown.replacen("version", "versoin", 1));
    let refused = run(&["preset", "check", &bad]).expect(1);
    let wanted = format!("{bad}:{}: field.unknown: ", line + 1);
    assert!(refused.out.lines().any(|text| text.starts_with(&wanted) && text.ends_with(')')), "{refused:?}");
    let errors = run(&["--json", "preset", "check", &bad]).expect(1).json();
    assert!(errors.iter().any(|error| error["line"] == line + 1 && error["rule"] == "field.unknown"), "{errors:?}");
    assert!(run(&["preset", "check", "/does/not/exist"]).expect(1).err.contains("hint: "));
    assert!(run(&["preset", "show", "standart"]).expect(2).err.contains("did you mean `standard`?"));
    let names: Vec<Value> = run(&["preset", "list", "--json"]).expect(0).json();
    let names: Vec<_> = names.iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert!(names.len() == 9 && names.starts_with(&["standard", "cloudtruth"]), "{names:?}");
    assert_eq!(run(&["preset", "diff", "standard", &good]).expect(0).out, "no difference\n");
    let wider = folder.write("wider.toml", &shown.replace("\"!policy.update\", ", ""));
    let found = run(&["preset", "diff", "standard", &wider]).expect(0);
    assert!(found.out.contains("~ role admin of organization\n    gains policy.update\n"), "{found:?}");
    let found: Value = run(&["--json", "preset", "diff", &wider, "standard"]).expect(0).json().remove(0);
    assert_eq!(found["roles"][0]["loses"][0], "policy.update", "{found}");
    assert!(run(&["preset", "diff", "standard", &bad]).expect(2).err.contains("preset check"));
}

/// A command that talks to the server, as the owner.
fn remote(serving: &Serving, token: &str, arguments: &[&str]) -> Ended {
    let mut whole = arguments.to_vec();
    whole.extend(["--url", &serving.url, "--token", token, "--organization", "acme"]);
    run(&whole)
}

#[test]
fn members_checks_and_the_audit_trail_are_reached_from_the_command_line() {
    let folder = Folder::new();
    let (data, token) = founded(&folder);
    let serving = Serving::start(&data);
    let call = |arguments: &[&str]| remote(&serving, &token, arguments);
    let invited = call(&["member", "invite", "ann@acme.test", "not an address", "--role", "viewer"]).expect(1);
    assert!(invited.out.contains("created") && invited.out.contains("refused  email.invalid"), "{invited:?}");
    let link = call(&["member", "invite", "bob@acme.test", "--link", "--json"]).expect(0).json();
    let secret = link[0]["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let accept = format!(r#"{{"token":"{secret}","name":"Bob","password":"correct horse"}}"#);
    assert_eq!(ask(&serving.url, "POST", "/api/v1/invitations/accept", "", &accept).unwrap().0, 200);

    let listed = call(&["member", "list", "--json"]).expect(0).json();
    let by_email = |email: &str| listed.iter().find(|item| item["identity"]["email"] == email).cloned();
    assert_eq!(listed.len(), 3, "{listed:?}");
    assert_eq!(by_email("bob@acme.test").unwrap()["status"], "active");
    assert_eq!(by_email("ann@acme.test").unwrap()["status"], "invited");
    let table = call(&["member", "list", "--status", "active"]).expect(0).out;
    assert!(table.lines().count() == 3 && table.starts_with("ADDRESS"), "{table}");

    assert_eq!(call(&["check", "owner@acme.test", "member.remove"]).expect(0).out, "allowed\n");
    let bob = by_email("bob@acme.test").unwrap()["id"].as_str().unwrap().to_owned();
    let denied = call(&["check", &bob, "member.remove", "--explain", "--json"]).expect(1).json();
    assert_eq!(denied[0]["allowed"], false);
    assert!(denied[0]["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty()), "{denied:?}");

    let plan = call(&["member", "remove", "bob@acme.test", "--dry-run", "--json"]).expect(0).json();
    assert!(plan[0]["changes"].as_array().is_some_and(|changes| !changes.is_empty()), "{plan:?}");
    assert!(call(&["member", "remove", "bob@acme.test"]).expect(0).out.starts_with("removed bob@acme.test"));
    assert!(call(&["member", "remove", "bob@acme.test"]).expect(1).err.contains("nobody here has the address"));
    let last = call(&["member", "remove", "owner@acme.test"]).expect(1);
    assert!(last.err.contains("(`member."), "{last:?}");

    let events = call(&["audit", "export"]).expect(0).json();
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    for kind in ["organization.created", "invitation.created", "invitation.accepted", "member.removed"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    let file = folder.path().join("trail.csv").display().to_string();
    let removed = call(&["audit", "export", "--format", "csv", "--type", "member.removed", "--output", &file]);
    removed.expect(0);
    let csv = std::fs::read_to_string(&file).unwrap();
    assert!(csv.starts_with("at,revision,id,type,") && csv.lines().count() == 2, "{csv}");
    let wrong = remote(&serving, &token.replace("gld_pat_", "gld_pat_x"), &["member", "list"]);
    assert!(wrong.expect(2).err.contains("`--token`"));
}

#[test]
fn every_command_without_a_server_prints_json_when_asked_and_completions_know_them_all() {
    let folder = Folder::new();
    for arguments in [vec!["config"], vec!["doctor"], vec!["preset", "list"], vec!["preset", "show", "cloudtruth"]] {
        let mut whole = arguments.clone();
        whole.push("--json");
        if !arguments.contains(&"preset") {
            whole.extend(["--data", "/does/not/exist"]);
        }
        assert!(!run(&whole).json().is_empty(), "{arguments:?}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]).expect(0).out;
        for verb in ["serve", "init", "check", "member", "audit", "preset", "doctor", "config"] {
            assert!(script.contains(verb), "{shell}: {verb}");
        }
    }
    let first = folder.path().join("first").display().to_string();
    let second = folder.path().join("second").display().to_string();
    run(&["docs", &first]).expect(0);
    run(&["docs", &second]).expect(0);
    let names = ["api.md", "cli.md", "config.md", "errors.md", "openapi.json", "permissions.md", "policy.md"];
    for name in names {
        let read = |folder: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
        assert!(read(&first).len() > 500 && read(&first) == read(&second), "{name}");
    }
    assert!(run(&[]).expect(2).err.contains("Usage: guildhall"));
    assert!(run(&["sreve"]).expect(2).err.contains("serve"));
}

#[test]
fn programs_and_their_tokens_are_managed_from_the_command_line() {
    let folder = Folder::new();
    let (data, token) = founded(&folder);
    let serving = Serving::start(&data);
    let call = |arguments: &[&str]| remote(&serving, &token, arguments);
    let made = call(&["service-account", "create", "ci", "--role", "viewer", "--description", "builds", "--json"]);
    let account = made.expect(0).json()[0]["id"].as_str().unwrap().to_owned();
    let first = call(&["service-account", "token", "create", &account]).expect(0).out.trim().to_owned();
    assert!(first.starts_with("gld_svc_"), "{first}");
    assert_eq!(remote(&serving, &first, &["member", "list"]).expect(0).out.lines().count(), 3);
    let tokens = call(&["service-account", "token", "list", &account, "--json"]).expect(0).json();
    let id = tokens[0]["id"].as_str().unwrap().to_owned();
    let second = call(&["service-account", "token", "rotate", &account, &id]).expect(0).out.trim().to_owned();
    assert!(remote(&serving, &first, &["member", "list"]).expect(1).err.contains("auth.invalid"));
    remote(&serving, &second, &["member", "list"]).expect(0);
    let all = call(&["token", "list"]).expect(0).out;
    assert!(all.starts_with("NAME") && all.contains(&id), "{all}");
    assert_eq!(call(&["token", "revoke", &id]).expect(0).out, format!("revoked {id}\n"));
    remote(&serving, &second, &["member", "list"]).expect(1);
    let table = call(&["service-account", "list"]).expect(0).out;
    assert!(table.lines().count() == 2 && table.contains(&account), "{table}");
    let typo = call(&["service-account", "delete", &account, "--confirm", "cd"]).expect(1);
    assert!(typo.err.contains("service_account.confirm_name"), "{typo:?}");
    assert!(call(&["service-account", "delete", &account, "--confirm", "ci"]).expect(0).out.starts_with("deleted ci"));
    assert!(call(&["service-account", "list", "--json"]).expect(0).json().is_empty());
}
