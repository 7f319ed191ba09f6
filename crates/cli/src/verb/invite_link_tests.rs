#![allow(clippy::unwrap_used)]
use super::*;
use crate::output::tests::captured;
use crate::test_server::TestServer;

#[test]
fn links_are_made_listed_and_reset() {
    let made = r#"{"id":"lnk_1","link":"http://x/invite/gld_link_1","role":"member"}"#;
    let page = r#"{"items":[{"id":"lnk_1","role":"member","state":"open","uses_left":null,"expires_at":null},
        {"id":"lnk_2","role":"guest","state":"used_up","uses_left":0,"expires_at":"2026-01-01T00:00:00Z"}],"next":null}"#;
    let server = TestServer::start(vec![
        ("201 Created", made.to_owned()),
        ("200 OK", page.to_owned()),
        ("200 OK", r#"{"reset":2}"#.to_owned()),
        (
            "200 OK",
            r#"{"changes":[{"type":"invite_link.all_reset","target":{"name":"Acme"}}],"access_gained":[],"access_lost":[],"mails":[]}"#.to_owned(),
        ),
    ]);
    let (mut output, read) = captured(false);
    let create = Create {
        remote: server.args(),
        role: Some("member".to_owned()),
        expires_in_s: None,
        uses: Some(3),
        dry_run: false,
    };
    run(&Command::Create(create), &mut output).unwrap();
    let asked = server.asked();
    assert_eq!(asked.line, "POST /api/v1/organizations/acme/invite-links");
    assert_eq!(asked.body, json!({"role": "member", "uses": 3}));
    assert_eq!(read(), "http://x/invite/gld_link_1\n");
    run(&Command::List(List { remote: server.args() }), &mut output).unwrap();
    assert_eq!(server.asked().line, "GET /api/v1/organizations/acme/invite-links?limit=100");
    assert!(read().contains("lnk_1") && read().contains(" any ") && read().contains(" used_up "), "{}", read());
    let reset = |dry_run| Command::Reset(Reset { remote: server.args(), dry_run });
    run(&reset(false), &mut output).unwrap();
    assert_eq!(server.asked().line, "POST /api/v1/organizations/acme/invite-links/reset");
    assert!(read().ends_with("2 invite links are worthless now\n"), "{}", read());
    run(&reset(true), &mut output).unwrap();
    assert!(read().ends_with("would change: invite_link.all_reset Acme\n"), "{}", read());
}
