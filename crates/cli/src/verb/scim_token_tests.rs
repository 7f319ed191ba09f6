#![allow(clippy::unwrap_used)]
use super::*;
use crate::output::tests::captured;
use crate::test_server::TestServer;

#[test]
fn tokens_are_made_rotated_and_revoked_and_requests_listed() {
    let made = r#"{"id":"tok_1","name":"Entra","token":"gld_scim_1","last4":"im_1","last_used_at":null}"#;
    let asked = r#"{"items":[{"at":"2027-01-01T00:00:00Z","method":"POST","path":"/Users","status":201,"outcome":"member.joined"}],"next":null}"#;
    let server = TestServer::start(vec![
        ("201 Created", made.to_owned()),
        ("200 OK", made.replace("scim_1", "scim_2")),
        ("200 OK", format!("{{\"items\":[{made}],\"next\":null}}")),
        ("204 No Content", String::new()),
        ("200 OK", asked.to_owned()),
    ]);
    let (mut output, read) = captured(false);
    run(&Command::Create(Create { remote: server.args(), name: "Entra".to_owned() }), &mut output).unwrap();
    let request = server.asked();
    assert_eq!(request.line, "POST /api/v1/organizations/acme/scim-tokens");
    assert_eq!(request.body, json!({"name": "Entra"}));
    assert_eq!(read(), "gld_scim_1\n");
    let one = || One { remote: server.args(), token_id: "tok_1".to_owned() };
    run(&Command::Rotate(one()), &mut output).unwrap();
    assert_eq!(server.asked().line, "POST /api/v1/organizations/acme/scim-tokens/tok_1/rotate");
    assert!(read().ends_with("gld_scim_2\n"), "{}", read());
    run(&Command::List(server.args()), &mut output).unwrap();
    assert_eq!(server.asked().line, "GET /api/v1/organizations/acme/scim-tokens?limit=100");
    assert!(read().contains("Entra ") && read().ends_with(" tok_1\n"), "{}", read());
    run(&Command::Revoke(one()), &mut output).unwrap();
    assert_eq!(server.asked().line, "DELETE /api/v1/organizations/acme/scim-tokens/tok_1");
    run(&Command::Requests(server.args()), &mut output).unwrap();
    assert_eq!(server.asked().line, "GET /api/v1/organizations/acme/scim-requests?limit=100");
    assert!(read().contains("POST /Users") && read().ends_with(" member.joined\n"), "{}", read());
}
