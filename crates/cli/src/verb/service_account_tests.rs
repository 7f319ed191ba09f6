#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::output::tests::captured;
use crate::test_server::TestServer;

#[test]
fn a_service_account_is_deleted_with_heirs_and_a_dry_run_says_what_would_happen() {
    let foretold = r#"{"changes":[{"type":"resource.edited","target":{"type":"resource","id":"res_1","name":"Plan"}},
        {"type":"service_account.deleted","target":{"type":"service_account","id":"svc_1","name":"bot"}}]}"#;
    let server = TestServer::start(vec![("200 OK", foretold.to_owned()), ("204 No Content", String::new())]);
    let (mut output, read) = captured(false);
    for dry_run in [true, false] {
        let handover = departure::Handover {
            transfer_to: Some("mem_1".to_owned()),
            transfers: vec![("res_2".to_owned(), "mem_2".to_owned())],
        };
        let (account, confirm) = ("svc_1".to_owned(), "bot".to_owned());
        run(&Command::Delete(Delete { remote: server.args(), account, confirm, handover, dry_run }), &mut output)
            .unwrap();
        let asked = server.asked();
        let query = if dry_run { "?dry_run=true" } else { "" };
        assert_eq!(asked.line, format!("DELETE /api/v1/organizations/acme/service-accounts/svc_1{query}"));
        let said = json!({"confirm": "bot", "transfer_to": "mem_1", "transfers": {"res_2": "mem_2"}});
        assert_eq!(asked.body, said);
    }
    let told = "would change: resource.edited Plan\nwould change: service_account.deleted bot\ndeleted bot (svc_1)\n";
    assert_eq!(read(), told);
}
