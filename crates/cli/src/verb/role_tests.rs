#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::*;
use crate::output::tests::captured;
use crate::test_server::TestServer;

const ROLE: &str = r#"{"id":"rol_1","slug":"helper","name":"Helper","applies_to":"organization","built_in":false,"permissions":["a.b","c.d"]}"#;

fn gives(permissions: &[&str]) -> Gives {
    let permissions = permissions.iter().map(|name| (*name).to_owned()).collect();
    Gives { permissions, ceiling: Vec::new(), below: Vec::new(), description: None, dry_run: false }
}

#[test]
fn roles_are_listed_made_changed_and_ended() {
    let page = format!("{{\"items\":[{ROLE}],\"next\":null}}");
    let server = TestServer::start(vec![
        ("200 OK", page),
        ("201 Created", ROLE.to_owned()),
        ("200 OK", ROLE.to_owned()),
        ("204 No Content", String::new()),
    ]);
    let (mut output, read) = captured(false);
    run(&Command::List(List { remote: server.args() }), &mut output).unwrap();
    let text = read();
    let line = text.lines().nth(1).unwrap();
    assert!(line.starts_with("helper ") && line.contains(" own ") && line.ends_with(" 2"), "{text}");
    assert_eq!(server.asked().line, "GET /api/v1/organizations/acme/roles?limit=100");

    let create = Create {
        remote: server.args(),
        name: "Helper".to_owned(),
        slug: None,
        applies_to: Some("project".to_owned()),
        gives: Gives { below: vec!["a.b".to_owned()], ..gives(&["a.b"]) },
    };
    run(&Command::Create(create), &mut output).unwrap();
    let asked = server.asked();
    assert_eq!(asked.line, "POST /api/v1/organizations/acme/roles");
    let body = json!({"name": "Helper", "applies_to": "project", "permissions": ["a.b"], "below": ["a.b"]});
    assert_eq!(asked.body, body);

    let update = Update { remote: server.args(), role: "helper".to_owned(), name: None, gives: gives(&["c.d"]) };
    run(&Command::Update(update), &mut output).unwrap();
    let asked = server.asked();
    assert_eq!(asked.line, "PATCH /api/v1/organizations/acme/roles/helper");
    assert_eq!(asked.body, json!({"permissions": ["c.d"]}));

    let heir = Some("member".to_owned());
    let delete = Delete { remote: server.args(), role: "helper".to_owned(), replace_with: heir, dry_run: false };
    run(&Command::Delete(delete), &mut output).unwrap();
    assert_eq!(server.asked().line, "DELETE /api/v1/organizations/acme/roles/helper?replace_with=member");
    assert!(read().ends_with("helper (rol_1)\nhelper (rol_1)\ndeleted helper\n"), "{}", read());
}
