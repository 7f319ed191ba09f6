#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::output::tests::captured;
use crate::test_server::TestServer;

#[test]
fn use_is_reported_and_what_is_left_is_shown() {
    let left = r#"{"unit":"tokens","allowed":true,"remaining":93,"reset_at":null,"limits":[]}"#;
    let over = r#"{"unit":"tokens","allowed":false,"remaining":0,"reset_at":"2026-01-31T09:30:00Z","limits":[]}"#;
    let free = r#"{"unit":"tokens","allowed":true,"remaining":null,"reset_at":null,"limits":[]}"#;
    let answers = [left, over, free].map(|body| ("200 OK", body.to_owned()));
    let server = TestServer::start(answers.to_vec());
    let (mut output, read) = captured(false);
    let report = Report {
        remote: server.args(),
        unit: "tokens".to_owned(),
        amount: 7,
        subject: Some("ada@example.com".to_owned()),
        enforce: true,
    };
    run(&Command::Report(report), &mut output).unwrap();
    let asked = server.asked();
    assert_eq!(asked.line, "POST /api/v1/organizations/acme/usage");
    assert_eq!(asked.body, json!({"unit": "tokens", "amount": 7, "enforce": true, "subject": "ada@example.com"}));
    for subject in [Some("mem_1".to_owned()), None] {
        run(&Command::Show(Show { remote: server.args(), unit: "tokens".to_owned(), subject }), &mut output).unwrap();
    }
    assert_eq!(server.asked().line, "GET /api/v1/organizations/acme/usage?unit=tokens&subject=mem_1");
    assert_eq!(server.asked().line, "GET /api/v1/organizations/acme/usage?unit=tokens");
    let wanted = "allowed: 93 left\nstopped: 0 left, room again at 2026-01-31T09:30:00Z\nallowed: no limit\n";
    assert_eq!(read(), wanted);
}
