//! `guildhall check`: may this one do that? Exit code 0 is yes, 1 is no.

use reqwest::Method;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Who: a member's, person's or service account's id, or a verified mail address
    subject: String,
    /// What: a permission such as `workspace.read`
    permission: String,
    /// On what: a resource's id or `type:external-id`; the organization itself when left out
    resource: Option<String>,
    /// What conditions ask for, as JSON: {"subject": {…}, "action": {…}, "resource": {…}, "context": {…}}
    #[arg(long, value_name = "JSON")]
    properties: Option<String>,
    /// Say why
    #[arg(long)]
    explain: bool,
    /// Decide on a state that is at least this new
    #[arg(long, value_name = "REVISION")]
    at_least_revision: Option<u64>,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let mut body = json!({"subject": args.subject, "permission": args.permission});
    if let Value::Object(fields) = &mut body {
        fields.extend(args.resource.iter().map(|resource| ("resource".to_owned(), json!(resource))));
        if let Some(text) = &args.properties {
            let said: Value = serde_json::from_str(text).map_err(|error| {
                Failure::usage(
                    format!("`--properties` is not JSON: {error}"),
                    "for example '{\"resource\": {\"status\": \"draft\"}}'",
                )
            })?;
            fields.insert("properties".to_owned(), said);
        }
        fields.extend(args.at_least_revision.map(|revision| ("at_least_revision".to_owned(), json!(revision))));
        fields.extend(args.explain.then(|| ("explain".to_owned(), json!(true))));
    }
    let answer = block_on(remote.ask(Method::POST, &["check"], &[], Some(&body)))?;
    let allowed = answer.get("allowed").and_then(Value::as_bool).ok_or_else(|| {
        Failure::failed(
            "the answer says neither yes nor no",
            "check that `--url` is a guildhall server of this version",
        )
    })?;
    if output.json {
        output.value(&answer)?;
    } else {
        output.line(if allowed { "allowed" } else { "denied" })?;
        for reason in answer.get("reasons").and_then(Value::as_array).into_iter().flatten() {
            output.line(format!("  {}", reason.as_str().map_or_else(|| reason.to_string(), str::to_owned)))?;
        }
    }
    if allowed { Ok(()) } else { Err(Failure::Refused) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::output::tests::captured;
    use crate::test_server::TestServer;

    fn args(server: &TestServer) -> Args {
        Args {
            remote: server.args(),
            subject: "ada@example.com".to_owned(),
            permission: "workspace.read".to_owned(),
            resource: None,
            properties: None,
            explain: false,
            at_least_revision: None,
        }
    }

    #[test]
    fn yes_and_no_are_words_and_exit_codes() {
        let server = TestServer::start(vec![
            ("200 OK", r#"{"allowed":true,"revision":7,"reasons":["role owner"]}"#.to_owned()),
            ("200 OK", r#"{"allowed":false,"revision":7}"#.to_owned()),
            ("200 OK", r#"{"allowed":false,"revision":7}"#.to_owned()),
            ("200 OK", "{}".to_owned()),
        ]);
        let (mut output, read) = captured(false);
        let asked = Args {
            resource: Some("workspace:main".to_owned()),
            properties: Some(r#"{"context": {"ip": "::1"}}"#.to_owned()),
            explain: true,
            at_least_revision: Some(7),
            ..args(&server)
        };
        run(&asked, &mut output).unwrap();
        let request = server.asked();
        assert_eq!(request.line, "POST /api/v1/organizations/acme/check");
        assert_eq!(
            request.body,
            json!({"subject": "ada@example.com", "permission": "workspace.read", "resource": "workspace:main", "properties": {"context": {"ip": "::1"}}, "at_least_revision": 7, "explain": true})
        );
        let failure = run(&args(&server), &mut output).unwrap_err();
        assert_eq!((failure.exit_code(), failure.to_string()), (1, String::new()));
        assert_eq!(server.asked().body, json!({"subject": "ada@example.com", "permission": "workspace.read"}));
        assert_eq!(read(), "allowed\n  role owner\ndenied\n");
        let (mut output, read) = captured(true);
        assert_eq!(run(&args(&server), &mut output).unwrap_err().exit_code(), 1);
        assert_eq!(read(), "{\"allowed\":false,\"revision\":7}\n");
        assert!(matches!(run(&args(&server), &mut output), Err(Failure::Failed(_))));
    }
}
