#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::*;
use crate::output::tests::captured;
use crate::test_server::TestServer;

const GROUP: &str = r#"{"id":"grp_1","name":"Ops","origin":"local","default":true,"permissions":["a.b"]}"#;
const PEOPLE: &str = r#"{"items":[{"id":"mem_1","identity":{"email":"ada@example.com"}}],"next":null}"#;

#[test]
fn groups_are_listed_made_filled_emptied_and_ended() {
    let server = TestServer::start(vec![
        ("200 OK", format!("{{\"items\":[{GROUP}],\"next\":null}}")),
        ("201 Created", GROUP.to_owned()),
        ("200 OK", PEOPLE.to_owned()),
        ("204 No Content", String::new()),
        ("204 No Content", String::new()),
        ("204 No Content", String::new()),
    ]);
    let (mut output, read) = captured(false);
    run(&Command::List(List { remote: server.args() }), &mut output).unwrap();
    let text = read();
    let line = text.lines().nth(1).unwrap();
    assert!(line.starts_with("Ops ") && line.contains(" yes ") && line.ends_with(" grp_1"), "{text}");
    server.asked();

    let permissions = vec!["a.b".to_owned()];
    let name = "Ops".to_owned();
    let create = Create { remote: server.args(), name, description: None, permissions, dry_run: false };
    run(&Command::Create(create), &mut output).unwrap();
    assert_eq!(server.asked().body, json!({"name": "Ops", "permissions": ["a.b"]}));

    let seat = |member: &str| Seat {
        remote: server.args(),
        group: "grp_1".to_owned(),
        member: member.to_owned(),
        dry_run: false,
    };
    run(&Command::Add(Add { seat: seat("ada@example.com"), manager: true }), &mut output).unwrap();
    server.asked();
    let asked = server.asked();
    assert_eq!(asked.line, "PUT /api/v1/organizations/acme/groups/grp_1/members/mem_1");
    assert_eq!(asked.body, json!({"manager": true}));
    run(&Command::Remove(Remove { seat: seat("mem_1") }), &mut output).unwrap();
    assert_eq!(server.asked().line, "DELETE /api/v1/organizations/acme/groups/grp_1/members/mem_1");
    let delete = Delete { remote: server.args(), group: "grp_1".to_owned(), dry_run: false };
    run(&Command::Delete(delete), &mut output).unwrap();
    assert_eq!(server.asked().line, "DELETE /api/v1/organizations/acme/groups/grp_1");
    assert!(read().ends_with("grp_1\nadded ada@example.com\nremoved mem_1\ndeleted grp_1\n"), "{}", read());
}
