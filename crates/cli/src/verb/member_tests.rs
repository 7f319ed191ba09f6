#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::output::tests::captured;
use crate::test_server::TestServer;

fn invitation(server: &TestServer, addresses: &[&str]) -> Invite {
    Invite {
        remote: server.args(),
        addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
        file: None,
        role: None,
        groups: Vec::new(),
        link: false,
        dry_run: false,
    }
}

fn removal(server: &TestServer, member: &str) -> Remove {
    Remove {
        remote: server.args(),
        member: member.to_owned(),
        handover: departure::Handover::default(),
        dry_run: false,
    }
}

const PAGE: &str = r#"{"items":[
    {"id":"mem_1","identity":{"id":"usr_1","email":"ada@example.com","name":"Ada\u001b[31m"},"role":"owner","status":"active"},
    {"id":"mem_2","identity":{"id":null,"email":null,"name":"Robot"},"role":"viewer","status":"active","type":"service_account"}
],"next":null}"#;

#[test]
fn members_are_listed_as_a_table_or_as_json() {
    let server = TestServer::start(vec![("200 OK", PAGE.to_owned()), ("200 OK", PAGE.to_owned())]);
    let list = |query: Option<&str>| {
        Command::List(List {
            remote: server.args(),
            query: query.map(str::to_owned),
            status: Some("active".to_owned()),
            role: None,
            group: None,
            kind: None,
        })
    };
    let (mut output, read) = captured(false);
    run(&list(Some("a b")), &mut output).unwrap();
    let text = read();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("ADDRESS ") && lines[1].starts_with("ada@example.com ") && lines[2].starts_with("- "),
        "{text}"
    );
    assert!(lines[1].ends_with(" mem_1") && !text.contains('\u{1b}'), "{text}");
    assert_eq!(server.asked().line, "GET /api/v1/organizations/acme/members?query=a+b&status=active&limit=100");
    let (mut output, read) = captured(true);
    run(&list(None), &mut output).unwrap();
    assert_eq!(read().lines().count(), 2);
    assert_eq!(serde_json::from_str::<Value>(read().lines().next().unwrap()).unwrap()["id"], "mem_1");
}

#[test]
fn invitations_are_answered_one_by_one_and_a_refusal_is_exit_code_1() {
    let answer = r#"{"invitations":[{"email":"a@example.com","status":"created","link":"http://x/invite/gld_inv_1"},{"email":"b@example.com","status":"refused","code":"invitation.exists"}]}"#;
    let server =
        TestServer::start(vec![("200 OK", answer.to_owned()), ("200 OK", answer.replace("refused", "created"))]);
    let args = Invite {
        role: Some("editor".to_owned()),
        groups: vec!["grp_1".to_owned()],
        link: true,
        ..invitation(&server, &["a@example.com", "b@example.com"])
    };
    let (mut output, read) = captured(false);
    assert!(matches!(run(&Command::Invite(args), &mut output), Err(Failure::Refused)));
    let asked = server.asked();
    assert_eq!(asked.line, "POST /api/v1/organizations/acme/invitations");
    assert_eq!(asked.body["deliver"], "link");
    assert_eq!(asked.body["invitations"][1], json!({"email": "b@example.com", "role": "editor", "groups": ["grp_1"]}));
    let text = read();
    assert!(
        text.contains("created  http://x/invite/gld_inv_1\n") && text.contains("refused  invitation.exists\n"),
        "{text}"
    );
    run(&Command::Invite(invitation(&server, &["a@example.com"])), &mut output).unwrap();
    assert_eq!(server.asked().body, json!({"invitations": [{"email": "a@example.com"}], "deliver": "email"}));
}

#[test]
fn many_invitations_go_in_several_requests_and_a_failure_says_how_far_it_went() {
    let folder = std::env::temp_dir().join(format!("guildhall-invite-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("people.txt");
    let addresses: String = (0..1500).map(|number| format!("p{number}@example.com\n\n")).collect();
    std::fs::write(&file, addresses).unwrap();
    let server = TestServer::start(vec![
        ("200 OK", "{\"invitations\":[]}".to_owned()),
        ("403 Forbidden", r#"{"detail":"no","code":"x.y"}"#.to_owned()),
    ]);
    let args = Invite { file: Some(file), ..invitation(&server, &[]) };
    let (mut output, _) = captured(false);
    let failure = run(&Command::Invite(args), &mut output).unwrap_err().to_string();
    assert!(
        failure.contains("error: no (`x.y`)\nerror: the first 1000 invitations had been answered before\n"),
        "{failure}"
    );
    assert_eq!(server.asked().body["invitations"].as_array().unwrap().len(), 1000);
    assert_eq!(server.asked().body["invitations"].as_array().unwrap().len(), 500);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_member_is_removed_by_id_or_exact_address() {
    let server = TestServer::start(vec![
        ("204 No Content", String::new()),
        ("200 OK", PAGE.to_owned()),
        ("204 No Content", String::new()),
        ("200 OK", PAGE.to_owned()),
    ]);
    let (mut output, read) = captured(false);
    let transfers = vec![departure::transfer("res_1=mem_3").unwrap()];
    let handover = departure::Handover { transfer_to: Some("mem_2".to_owned()), transfers };
    let args = Remove { handover, ..removal(&server, "mem_1") };
    run(&Command::Remove(args), &mut output).unwrap();
    let asked = server.asked();
    assert_eq!(asked.line, "DELETE /api/v1/organizations/acme/members/mem_1");
    assert_eq!(asked.body, json!({"transfer_to": "mem_2", "transfers": {"res_1": "mem_3"}}));
    run(&Command::Remove(removal(&server, "Ada@Example.com")), &mut output).unwrap();
    assert_eq!(server.asked().line, "GET /api/v1/organizations/acme/members?query=Ada%40Example.com&limit=100");
    let asked = server.asked();
    assert_eq!((asked.line.as_str(), asked.body), ("DELETE /api/v1/organizations/acme/members/mem_1", Value::Null));
    assert_eq!(read(), "removed mem_1 (mem_1)\nremoved Ada@Example.com (mem_1)\n");
    let nobody = run(&Command::Remove(removal(&server, "da@example.com")), &mut output).unwrap_err();
    assert!(nobody.to_string().contains("nobody here has the address"), "{nobody}");
    assert!(departure::transfer("res_1").is_err() && departure::transfer("=mem_1").is_err());
}

#[test]
fn somebody_who_waits_is_approved_or_rejected_with_a_reason() {
    let server = TestServer::start(vec![
        ("200 OK", PAGE.to_owned()),
        ("200 OK", "{}".to_owned()),
        ("204 No Content", String::new()),
    ]);
    let (mut output, read) = captured(false);
    let of =
        |member: &str| Answered { remote: removal(&server, member).remote, member: member.to_owned(), dry_run: false };
    run(&Command::Approve(of("Ada@Example.com")), &mut output).unwrap();
    server.asked();
    assert_eq!(server.asked().line, "POST /api/v1/organizations/acme/members/mem_1/approve");
    let args = Rejected { of: of("mem_1"), reason: Some("unknown here".to_owned()) };
    run(&Command::Reject(args), &mut output).unwrap();
    let asked = server.asked();
    assert_eq!(asked.line, "POST /api/v1/organizations/acme/members/mem_1/reject");
    assert_eq!(asked.body, json!({"reason": "unknown here"}));
    assert_eq!(read(), "approved Ada@Example.com (mem_1)\nrejected mem_1 (mem_1)\n");
}

#[test]
fn a_dry_run_says_what_would_happen() {
    let answer = r#"{"changes":[{"type":"member.removed","target":{"type":"member","id":"mem_1","name":"Ada"},"before":null,"after":null}],
        "access_gained":[],"access_lost":[{"member":"mem_1","email":"ada@example.com","resource":"res_1","permissions":["a.read","a.write"]}],
        "mails":[{"to":"ada@example.com","kind":"removed"}],"without_factor":[{"member":"mem_2","email":"bob@example.com"}]}"#;
    let server = TestServer::start(vec![("200 OK", answer.to_owned())]);
    let (mut output, read) = captured(false);
    let args = Remove { dry_run: true, ..removal(&server, "mem_1") };
    run(&Command::Remove(args), &mut output).unwrap();
    assert_eq!(server.asked().line, "DELETE /api/v1/organizations/acme/members/mem_1?dry_run=true");
    assert_eq!(
        read(),
        "would change: member.removed Ada\nwould lose: ada@example.com a.read, a.write on res_1\n\
         would mail: ada@example.com removed\nwould ask for a second factor: bob@example.com\n"
    );
}
