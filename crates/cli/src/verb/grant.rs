//! `guildhall grant`: who is given what on a resource.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::resource::done;
use crate::failure::Failure;
use crate::listing;
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the grants on a resource
    List(List),
    /// Grant a role or one permission on a resource
    Add(Add),
    /// Take grants back: one, all of a resource, or all of a member
    Revoke(Revoke),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The resource's id or `type:external-id`
    resource: String,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("to").required(true), group = clap::ArgGroup::new("given").required(true))]
pub(crate) struct Add {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The resource's id or `type:external-id`
    resource: String,
    /// To a member (id)
    #[arg(long, group = "to")]
    member: Option<String>,
    /// To everybody in a group (id)
    #[arg(long, group = "to")]
    group: Option<String>,
    /// To everybody who reaches another resource (id or `type:external-id`)
    #[arg(long, group = "to")]
    scope: Option<String>,
    /// To every member of the organization
    #[arg(long, group = "to")]
    everyone: bool,
    /// A role that applies to the resource's type
    #[arg(long, group = "given")]
    role: Option<String>,
    /// One permission
    #[arg(long, group = "given")]
    permission: Option<String>,
    /// When it ends, such as `2027-01-31T00:00:00Z`
    #[arg(long, value_name = "TIME")]
    expires_at: Option<String>,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub(crate) struct Revoke {
    #[command(flatten)]
    remote: RemoteArgs,
    /// One grant (id)
    #[arg(group = "which")]
    grant: Option<String>,
    /// Every grant on this resource (id or `type:external-id`)
    #[arg(long, group = "which")]
    all_on: Option<String>,
    /// Every grant to this member (id)
    #[arg(long, group = "which")]
    all_of: Option<String>,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(args, output),
        Command::Add(args) => {
            let remote = Remote::new(&args.remote)?;
            let path = ["resources", &args.resource, "grants"];
            done(&remote, (Method::POST, &path, Some(&body(args))), args.dry_run, "granted", output)
        }
        Command::Revoke(args) => {
            let remote = Remote::new(&args.remote)?;
            let path: Vec<&str> = match (&args.grant, &args.all_on, &args.all_of) {
                (Some(grant), _, _) => vec!["grants", grant],
                (None, Some(resource), _) => vec!["resources", resource, "grants"],
                (None, None, member) => vec!["members", member.as_deref().unwrap_or_default(), "grants"],
            };
            done(&remote, (Method::DELETE, &path, None), args.dry_run, "revoked", output)
        }
    }
}

fn body(args: &Add) -> Value {
    let named = [("member", &args.member), ("group", &args.group), ("resource", &args.scope)];
    let subject = named.into_iter().find_map(|(kind, id)| Some(json!({"type": kind, "id": id.as_ref()?})));
    let mut body = Map::new();
    body.insert("subject".to_owned(), subject.unwrap_or_else(|| json!({"type": "everyone"})));
    let given = [("role", &args.role), ("permission", &args.permission), ("expires_at", &args.expires_at)];
    body.extend(given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?)))));
    Value::Object(body)
}

fn list(args: &List, output: &mut Output) -> Result<(), Failure> {
    let one = |item: &Value| {
        let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str);
        let to = text("/subject/id").or_else(|| text("/subject/type")).unwrap_or("-");
        let given = text("/role").or_else(|| text("/permission")).unwrap_or("-");
        row(to, given, text("/expires_at").unwrap_or("never"), text("/id").unwrap_or("-"))
    };
    let path = ["resources", &args.resource, "grants"];
    listing::list(&Remote::new(&args.remote)?, (&path, &[]), row("TO", "GIVEN", "ENDS", "ID"), one, output)
}

fn row(to: &str, given: &str, ends: &str, id: &str) -> String {
    format!("{to:<32} {given:<24} {ends:<28} {id}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::output::tests::captured;
    use crate::test_server::TestServer;

    #[test]
    fn grants_are_listed_given_and_taken_back() {
        let page = r#"{"items":[{"id":"grt_1","subject":{"type":"everyone","id":null},"role":"viewer","expires_at":null}],"next":null}"#;
        let mut answers = vec![("200 OK", page.to_owned()), ("201 Created", r#"{"id":"grt_2"}"#.to_owned())];
        answers.extend((0..3).map(|_| ("204 No Content", String::new())));
        let server = TestServer::start(answers);
        let (mut output, read) = captured(false);
        let resource = "workspace:w".to_owned();
        run(&Command::List(List { remote: server.args(), resource: resource.clone() }), &mut output).unwrap();
        assert_eq!(server.asked().line, "GET /api/v1/organizations/acme/resources/workspace:w/grants?limit=100");
        let add = Add {
            remote: server.args(),
            resource,
            member: None,
            group: Some("grp_1".to_owned()),
            scope: None,
            everyone: false,
            role: Some("viewer".to_owned()),
            permission: None,
            expires_at: Some("2027-01-31T00:00:00Z".to_owned()),
            dry_run: false,
        };
        run(&Command::Add(add), &mut output).unwrap();
        let sent = json!({"subject": {"type": "group", "id": "grp_1"}, "role": "viewer", "expires_at": "2027-01-31T00:00:00Z"});
        assert_eq!(server.asked().body, sent);
        let which = |grant: Option<&str>, all_on: Option<&str>, all_of: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            let (remote, dry_run) = (server.args(), false);
            Command::Revoke(Revoke { remote, grant: own(grant), all_on: own(all_on), all_of: own(all_of), dry_run })
        };
        for (command, path) in [
            (which(Some("grt_1"), None, None), "grants/grt_1"),
            (which(None, Some("res_1"), None), "resources/res_1/grants"),
            (which(None, None, Some("mem_1")), "members/mem_1/grants"),
        ] {
            run(&command, &mut output).unwrap();
            assert_eq!(server.asked().line, format!("DELETE /api/v1/organizations/acme/{path}"));
        }
        let text = read();
        assert!(text.contains("everyone") && text.ends_with("granted grt_2\nrevoked\nrevoked\nrevoked\n"), "{text}");
    }
}
