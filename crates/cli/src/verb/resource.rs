//! `guildhall resource`: list, make and delete resources and inner scopes.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::ending::{self, ended};
use crate::failure::Failure;
use crate::listing::{self, text};
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the resources the token reaches
    List(List),
    /// Make a resource
    Create(Create),
    /// End a resource and everything under it
    Delete(Delete),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Only with this in name or external id
    #[arg(long)]
    query: Option<String>,
    /// Only of this type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only directly under this one: an id, `type:external-id`, or `organization` for those at the top
    #[arg(long)]
    parent: Option<String>,
    /// Only owned by this member (id)
    #[arg(long)]
    owner: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    remote: RemoteArgs,
    /// A type of the preset, such as `workspace`
    #[arg(value_name = "TYPE")]
    kind: String,
    /// Its name
    name: String,
    /// What the product calls it, unique within its type
    #[arg(long)]
    external_id: Option<String>,
    /// What it stands under: an id or `type:external-id`
    #[arg(long)]
    parent: Option<String>,
    /// Who owns it (member id); whoever makes it when left out
    #[arg(long)]
    owner: Option<String>,
    /// Rights from above stop here
    #[arg(long)]
    controlled: bool,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Its id or `type:external-id`
    resource: String,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(args, output),
        Command::Create(args) => create(args, output),
        Command::Delete(args) => {
            let remote = Remote::new(&args.remote)?;
            let path = ["resources", &args.resource];
            done(&remote, (Method::DELETE, &path, None), args.dry_run, "deleted", output)
        }
    }
}

fn list(args: &List, output: &mut Output) -> Result<(), Failure> {
    let filters = [("query", &args.query), ("type", &args.kind), ("parent", &args.parent), ("owner", &args.owner)];
    let query: Vec<_> = filters.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
    let one = |item: &Value| {
        let [kind, name, external, role, id] =
            ["/type", "/name", "/external_id", "/role", "/id"].map(|pointer| text(item, pointer));
        row(kind, name, external, role, id)
    };
    let heading = row("TYPE", "NAME", "EXTERNAL ID", "YOUR ROLE", "ID");
    listing::list(&Remote::new(&args.remote)?, (&["resources"], &query), heading, one, output)
}

fn row(kind: &str, name: &str, external: &str, role: &str, id: &str) -> String {
    format!("{kind:<16} {name:<32} {external:<20} {role:<16} {id}")
}

fn create(args: &Create, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let mut body = Map::new();
    body.insert("type".to_owned(), json!(args.kind));
    body.insert("name".to_owned(), json!(args.name));
    let given = [("external_id", &args.external_id), ("parent", &args.parent), ("owner", &args.owner)];
    body.extend(given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?)))));
    body.extend(args.controlled.then(|| ("controlled".to_owned(), json!(true))));
    done(&remote, (Method::POST, &["resources"], Some(&Value::Object(body))), args.dry_run, "created", output)
}

/// One write: says what was done or, for a preview, what would be.
pub(super) fn done(
    remote: &Remote,
    (method, path, body): (Method, &[&str], Option<&Value>),
    dry_run: bool,
    word: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    let answer = block_on(remote.ask(method, path, ending::dry_run(dry_run), body))?;
    ended(dry_run.then_some(&answer), &answer, output, |output| match answer.get("id").and_then(Value::as_str) {
        Some(id) => output.line(format!("{word} {id}")),
        None => output.line(word),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::output::tests::captured;
    use crate::test_server::TestServer;

    #[test]
    fn resources_are_listed_made_and_deleted() {
        let page = r#"{"items":[{"id":"res_1","type":"workspace","name":"Plan","external_id":null,"role":"manager"}],"next":null}"#;
        let server = TestServer::start(vec![
            ("200 OK", page.to_owned()),
            ("201 Created", r#"{"id":"res_2"}"#.to_owned()),
            ("200 OK", r#"{"changes":[{"type":"resource.deleted","target":{"name":"Plan"}}]}"#.to_owned()),
            ("204 No Content", String::new()),
        ]);
        let (mut output, read) = captured(false);
        let remote = server.args();
        let (kind, none) = (Some("workspace".to_owned()), None);
        let list = List { remote, query: none.clone(), kind, parent: Some("organization".to_owned()), owner: none };
        run(&Command::List(list), &mut output).unwrap();
        let asked = server.asked().line;
        assert_eq!(asked, "GET /api/v1/organizations/acme/resources?type=workspace&parent=organization&limit=100");
        let create = Create {
            remote: server.args(),
            kind: "project".to_owned(),
            name: "Inner".to_owned(),
            external_id: Some("p".to_owned()),
            parent: Some("res_1".to_owned()),
            owner: None,
            controlled: true,
            dry_run: false,
        };
        run(&Command::Create(create), &mut output).unwrap();
        let sent =
            json!({"type": "project", "name": "Inner", "external_id": "p", "parent": "res_1", "controlled": true});
        assert_eq!(server.asked().body, sent);
        for dry_run in [true, false] {
            let delete = Delete { remote: server.args(), resource: "workspace:w".to_owned(), dry_run };
            run(&Command::Delete(delete), &mut output).unwrap();
        }
        assert_eq!(server.asked().line, "DELETE /api/v1/organizations/acme/resources/workspace:w?dry_run=true");
        assert_eq!(server.asked().line, "DELETE /api/v1/organizations/acme/resources/workspace:w");
        let text = read();
        assert!(text.contains("Plan") && text.contains("created res_2"), "{text}");
        assert!(text.ends_with("would change: resource.deleted Plan\ndeleted\n"), "{text}");
    }
}
