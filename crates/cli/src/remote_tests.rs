#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::test_server::{TestServer, token};

fn message(result: Result<Value, Failure>) -> String {
    result.unwrap_err().to_string()
}

fn ask(server: &TestServer, path: &[&str]) -> Result<Value, Failure> {
    let remote = Remote::new(&server.args()).unwrap();
    run(remote.ask(Method::GET, path, &[], None))
}

#[test]
fn requests_name_the_organization_carry_the_token_and_encode_their_path() {
    let server = TestServer::start(vec![("200 OK", "{\"ok\":1}".to_owned()), ("204 No Content", String::new())]);
    assert_eq!(ask(&server, &["resources", "doc:a/b c?d"]).unwrap()["ok"], 1);
    let asked = server.asked();
    assert_eq!(asked.line, "GET /api/v1/organizations/acme/resources/doc:a%2Fb%20c%3Fd");
    assert_eq!(asked.authorization, format!("Bearer {}", token()));
    assert_eq!(ask(&server, &["x"]).unwrap(), Value::Null);
}

#[test]
fn an_address_may_have_a_path_but_must_be_one() {
    let args = |url: &str| RemoteArgs { url: url.to_owned(), token: token(), organization: "a/b".to_owned() };
    let remote = Remote::new(&args("https://example.com/teams/?x=1")).unwrap();
    assert_eq!(remote.base.as_str(), "https://example.com/teams/api/v1/organizations/a%2Fb");
    for url in ["", "example.com", "ftp://example.com", "https://", "mailto:a@b"] {
        assert_eq!(Remote::new(&args(url)).err().unwrap().exit_code(), 2, "{url}");
    }
    let mistyped = RemoteArgs { token: token().replace("gld_pat_", "gld_pat_x"), ..args("http://127.0.0.1") };
    let failure = Remote::new(&mistyped).err().unwrap();
    assert!(failure.exit_code() == 2 && failure.to_string().contains("copy it again"), "{failure}");
}

#[test]
fn a_problem_is_shown_with_its_code_fields_and_a_hint() {
    let problem = r#"{"title":"Unprocessable","detail":"some fields are wrong","code":"request.invalid","errors":[{"field":"role","code":"role.unknown","detail":"no such role"}]}"#;
    let server = TestServer::start(vec![
        ("422 Unprocessable Content", problem.to_owned()),
        ("401 Unauthorized", r#"{"title":"Unauthorized","code":"credential.invalid"}"#.to_owned()),
        ("429 Too Many Requests", r#"{"detail":"too often\u001b[2J","code":"limit.exceeded"}"#.to_owned()),
        ("502 Bad Gateway", "<html>".to_owned()),
        ("409 Conflict", r#"{"detail":"still owns resources","code":"member.owns_resources","blockers":[{"resource":"res_1","type":"pipeline","name":"Nightly"}]}"#.to_owned()),
        ("302 Found", String::new()),
        ("200 OK", "<html>".to_owned()),
    ]);
    let shown = message(ask(&server, &[]));
    assert_eq!(
        shown,
        "error: some fields are wrong (`request.invalid`)\nerror: `role`: no such role (`role.unknown`)\n"
    );
    assert!(message(ask(&server, &[])).starts_with("error: Unauthorized (`credential.invalid`)\nhint: the token"));
    assert_eq!(message(ask(&server, &[])), "error: too often [2J (`limit.exceeded`)\nhint: try again in 7 s\n");
    assert_eq!(message(ask(&server, &[])), "error: the server answered 502 Bad Gateway\n");
    let blocked = message(ask(&server, &[]));
    assert!(
        blocked.contains("in the way: pipeline `Nightly` (res_1)\nhint: pass them on with `--transfer-to"),
        "{blocked}"
    );
    assert!(message(ask(&server, &[])).contains("redirects"));
    assert!(message(ask(&server, &[])).contains("not JSON"));
}

#[test]
fn a_server_that_is_not_there_is_told_without_panic() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let args = RemoteArgs { url: format!("http://{closed}"), token: token(), organization: "acme".to_owned() };
    let shown = message(run(Remote::new(&args).unwrap().ask(Method::GET, &[], &[], None)));
    assert!(shown.contains("cannot be reached") && shown.contains("guildhall serve"), "{shown}");
}

#[test]
fn pages_are_followed_to_the_end_and_no_further() {
    let page = |item: u32, next: &str| ("200 OK", format!("{{\"items\":[{item}],\"next\":{next}}}"));
    let server = TestServer::start(vec![page(1, "\"a b\""), page(2, "\"c\""), page(3, "null")]);
    let remote = Remote::new(&server.args()).unwrap();
    let mut seen = Vec::new();
    let collect = |items: &[Value]| {
        seen.extend(items.to_vec());
        Ok(true)
    };
    run(remote.each_page(&["members"], &[("role", "owner")], collect)).unwrap();
    assert_eq!(seen, [1, 2, 3]);
    assert_eq!(server.asked().line, "GET /api/v1/organizations/acme/members?role=owner&limit=100");
    assert_eq!(server.asked().line, "GET /api/v1/organizations/acme/members?role=owner&limit=100&after=a+b");
    let server = TestServer::start(vec![page(1, "\"same\""), page(1, "\"same\"")]);
    let remote = Remote::new(&server.args()).unwrap();
    assert!(run(remote.each_page(&[], &[], |_| Ok(true))).is_err());
    let server = TestServer::start(vec![page(1, "\"more\"")]);
    let remote = Remote::new(&server.args()).unwrap();
    run(remote.each_page(&[], &[], |_| Ok(false))).unwrap();
}
