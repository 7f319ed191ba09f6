#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::output::tests::captured;
use crate::test_server::TestServer;

#[test]
fn factors_are_reset_and_a_password_link_is_mailed() {
    let preview = r#"{"changes":[{"type":"member.factors_reset","target":{"name":"Ada"}}],"access_gained":[],"access_lost":[],"mails":[]}"#;
    let gone = ("204 No Content", String::new());
    let server = TestServer::start(vec![gone.clone(), gone, ("200 OK", preview.to_owned())]);
    let (mut output, read) = captured(false);
    let one = |dry_run| One { remote: server.args(), member: "mem_1".to_owned(), dry_run };
    run(&Command::Reset(one(false)), &mut output).unwrap();
    assert_eq!(server.asked().line, "POST /api/v1/organizations/acme/members/mem_1/reset-factors");
    run(&Command::MailPassword(one(false)), &mut output).unwrap();
    assert_eq!(server.asked().line, "POST /api/v1/organizations/acme/members/mem_1/send-password-reset");
    run(&Command::Reset(one(true)), &mut output).unwrap();
    assert_eq!(server.asked().line, "POST /api/v1/organizations/acme/members/mem_1/reset-factors?dry_run=true");
    assert_eq!(read(), "reset mem_1 (mem_1)\nmailed mem_1 (mem_1)\nwould change: member.factors_reset Ada\n");
}
