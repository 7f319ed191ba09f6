#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::output::tests::captured;
use crate::test_server::TestServer;

const LIMIT: &str =
    r#"{"id":"lim_1","scope":{"type":"group","id":"grp_1"},"unit":"tokens","budget":100,"period_s":60,"used":7}"#;

fn set(server: &TestServer) -> Set {
    Set {
        remote: server.args(),
        limit: None,
        scope: Some("group".to_owned()),
        id: Some("grp_1".to_owned()),
        unit: Some("tokens".to_owned()),
        budget: Some(100),
        period_s: Some(60),
        pooled: None,
        enabled: None,
    }
}

#[test]
fn limits_are_listed_with_what_is_used() {
    let page = format!("{{\"items\":[{LIMIT}],\"next\":null}}");
    let server = TestServer::start(vec![("200 OK", page.clone()), ("200 OK", page)]);
    let list = || Command::List(List { remote: server.args() });
    let (mut output, read) = captured(false);
    run(&list(), &mut output).unwrap();
    let text = read();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("SCOPE ") && lines[1].starts_with("group grp_1 "), "{text}");
    assert!(lines[1].ends_with(" 7  lim_1"), "{text}");
    assert_eq!(server.asked().line, "GET /api/v1/organizations/acme/usage-limits?limit=100");
    let (mut output, read) = captured(true);
    run(&list(), &mut output).unwrap();
    assert_eq!(serde_json::from_str::<Value>(read().trim()).unwrap()["id"], "lim_1");
}

#[test]
fn a_limit_is_made_changed_and_deleted() {
    let server = TestServer::start(vec![
        ("201 Created", LIMIT.to_owned()),
        ("200 OK", LIMIT.to_owned()),
        ("204 No Content", String::new()),
    ]);
    let (mut output, read) = captured(false);
    run(&Command::Set(set(&server)), &mut output).unwrap();
    let asked = server.asked();
    assert_eq!(asked.line, "POST /api/v1/organizations/acme/usage-limits");
    let scope = json!({"type": "group", "id": "grp_1"});
    assert_eq!(asked.body, json!({"scope": scope, "unit": "tokens", "budget": 100, "period_s": 60}));
    let change = Set {
        limit: Some("lim_1".to_owned()),
        scope: None,
        id: None,
        unit: None,
        budget: None,
        period_s: None,
        enabled: Some(false),
        ..set(&server)
    };
    run(&Command::Set(change), &mut output).unwrap();
    let asked = server.asked();
    assert_eq!(
        (asked.line.as_str(), asked.body),
        ("PATCH /api/v1/organizations/acme/usage-limits/lim_1", json!({"enabled": false}))
    );
    run(&Command::Delete(Delete { remote: server.args(), limit: "lim_1".to_owned() }), &mut output).unwrap();
    assert_eq!(server.asked().line, "DELETE /api/v1/organizations/acme/usage-limits/lim_1");
    assert!(read().ends_with("deleted lim_1\n"));
}
