//! `guildhall access`: whole answers to who reaches what.

use reqwest::Method;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Every resource on which somebody may do one thing
    Resources(Resources),
    /// Everybody who may do one thing on a resource
    Subjects(Subjects),
    /// Everything somebody may do on a resource
    Actions(Actions),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Resources {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Who: a member's, person's or service account's id, or a verified mail address
    subject: String,
    /// What: a permission such as `workspace.read`
    permission: String,
    /// Only resources of this type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Subjects {
    #[command(flatten)]
    remote: RemoteArgs,
    /// What: a permission such as `workspace.read`
    permission: String,
    /// On what: a resource's id or `type:external-id`; the organization itself when left out
    resource: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Actions {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Who: a member's, person's or service account's id, or a verified mail address
    subject: String,
    /// On what: a resource's id or `type:external-id`; the organization itself when left out
    resource: Option<String>,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    let (remote, what, asked, shown) = match command {
        Command::Resources(args) => {
            let asked = json!({"subject": args.subject, "permission": args.permission, "type": args.kind});
            (&args.remote, "resources", asked, ["/id", "/type", "/name"])
        }
        Command::Subjects(args) => {
            let asked = json!({"resource": args.resource, "permission": args.permission});
            (&args.remote, "subjects", asked, ["/member", "/role", "/identity/email"])
        }
        Command::Actions(args) => {
            let asked = json!({"subject": args.subject, "resource": args.resource});
            (&args.remote, "actions", asked, ["/permission", "/applies_to", "/label"])
        }
    };
    let remote = Remote::new(remote)?;
    let mut after = Value::Null;
    loop {
        let mut body = asked.clone();
        if let Value::Object(fields) = &mut body {
            fields.insert("limit".to_owned(), json!(100));
            fields.insert("after".to_owned(), after.clone());
            fields.retain(|_, value| !value.is_null());
        }
        let page = block_on(remote.ask(Method::POST, &["access", what], &[], Some(&body)))?;
        for item in page.get("items").and_then(Value::as_array).into_iter().flatten() {
            if output.json {
                output.value(item)?;
            } else {
                let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
                let [first, second, third] = shown.map(text);
                output.line(format!("{first:<32} {second:<16} {third}"))?;
            }
        }
        // Each page is shown as it comes, and `| head` stops the next request.
        output.flush()?;
        match page.get("next") {
            Some(next) if next.is_string() && *next != after => after = next.clone(),
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::output::tests::captured;
    use crate::test_server::TestServer;

    #[test]
    fn an_answer_is_whole_page_by_page() {
        let server = TestServer::start(vec![
            (
                "200 OK",
                r#"{"items":[{"id":"res_1","type":"workspace","name":"A"}],"next":"c1","revision":3}"#.to_owned(),
            ),
            (
                "200 OK",
                r#"{"items":[{"id":"res_2","type":"workspace","name":"B"}],"next":null,"revision":3}"#.to_owned(),
            ),
        ]);
        let (mut output, read) = captured(false);
        let asked = Resources {
            remote: server.args(),
            subject: "mem_1".to_owned(),
            permission: "workspace.read".to_owned(),
            kind: None,
        };
        run(&Command::Resources(asked), &mut output).unwrap();
        let first = server.asked();
        assert_eq!(first.line, "POST /api/v1/organizations/acme/access/resources");
        assert_eq!(first.body, json!({"subject": "mem_1", "permission": "workspace.read", "limit": 100}));
        assert_eq!(server.asked().body["after"], "c1");
        assert!(read().lines().map(|line| line.split(' ').next().unwrap()).eq(["res_1", "res_2"]));
    }
}
