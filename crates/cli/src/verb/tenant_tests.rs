#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::output::tests::captured;
use crate::test_server::TestServer;

#[test]
fn tenants_are_listed_and_made_outside_any_organization() {
    let one = r#"{"id":"tnt_1","slug":"big","name":"Big","role":"owner"}"#;
    let page = format!("{{\"items\":[{one}],\"next\":null}}");
    let server = TestServer::start(vec![("200 OK", page), ("201 Created", one.to_owned())]);
    let args = server.args();
    let at = || ServerArgs { url: args.url.clone(), token: args.token.clone() };
    let (mut output, read) = captured(false);
    run(&Command::List(List { server: at() }), &mut output).unwrap();
    assert_eq!(server.asked().line, "GET /api/v1/tenants?limit=100");
    let create = Create { server: at(), name: "Big".to_owned(), slug: Some("big".to_owned()) };
    run(&Command::Create(create), &mut output).unwrap();
    let asked = server.asked();
    assert_eq!((asked.line.as_str(), asked.body), ("POST /api/v1/tenants", json!({"name": "Big", "slug": "big"})));
    let text = read();
    assert!(text.starts_with("SLUG ") && text.lines().count() == 3 && text.ends_with(" tnt_1\n"), "{text}");
}

#[test]
fn resources_of_a_tenant_are_listed_with_where_they_go() {
    let one = r#"{"id":"tnr_1","type":"connection","name":"AWS","organizations":["*"]}"#;
    let server = TestServer::start(vec![("200 OK", format!("{{\"items\":[{one}],\"next\":null}}"))]);
    let args = server.args();
    let (mut output, read) = captured(false);
    let at = ServerArgs { url: args.url.clone(), token: args.token.clone() };
    run(&Command::Resources(Resources { server: at, tenant: "big".to_owned() }), &mut output).unwrap();
    assert_eq!(server.asked().line, "GET /api/v1/tenants/big/resources?limit=100");
    let text = read();
    assert!(text.starts_with("TYPE ") && text.lines().count() == 2 && text.ends_with(" *\n"), "{text}");
}
