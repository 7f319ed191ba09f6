//! `guildhall role`: list the roles of an organization, and make, change and end its own.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::ending::{dry_run, ended};
use crate::failure::Failure;
use crate::listing::{self, text};
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the roles and what they give
    List(List),
    /// Make a role
    Create(Create),
    /// Change a role of the organization's own
    Update(Update),
    /// End a role of the organization's own
    Delete(Delete),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    remote: RemoteArgs,
}

/// What a role gives, as flags.
#[derive(Debug, clap::Args)]
pub(crate) struct Gives {
    /// A permission it gives; may be given several times
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<String>,
    /// A permission that remains of everything a holder is given; may be given several times
    #[arg(long = "ceiling", value_name = "PERMISSION")]
    ceiling: Vec<String>,
    /// A permission that holds in everything below the organization too; may be given several times
    #[arg(long = "below", value_name = "PERMISSION")]
    below: Vec<String>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Its name
    name: String,
    /// Its short name; made from the name when left out
    #[arg(long)]
    slug: Option<String>,
    /// The resource type it is for; the organization when left out
    #[arg(long, value_name = "TYPE")]
    applies_to: Option<String>,
    #[command(flatten)]
    gives: Gives,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Update {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The role (slug or id)
    role: String,
    /// The new name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    gives: Gives,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The role (slug or id)
    role: String,
    /// The role its holders have afterwards (slug or id)
    #[arg(long, value_name = "ROLE")]
    replace_with: Option<String>,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(args, output),
        Command::Create(args) => {
            let mut body = args.gives.body();
            body.insert("name".to_owned(), json!(args.name));
            body.entry("permissions").or_insert_with(|| json!([]));
            body.extend(args.slug.iter().map(|slug| ("slug".to_owned(), json!(slug))));
            body.extend(args.applies_to.iter().map(|kind| ("applies_to".to_owned(), json!(kind))));
            send(&args.remote, Method::POST, &["roles"], body, args.gives.dry_run, output)
        }
        Command::Update(args) => {
            let mut body = args.gives.body();
            body.extend(args.name.iter().map(|name| ("name".to_owned(), json!(name))));
            send(&args.remote, Method::PATCH, &["roles", &args.role], body, args.gives.dry_run, output)
        }
        Command::Delete(args) => delete(args, output),
    }
}

impl Gives {
    fn body(&self) -> Map<String, Value> {
        let lists = [("permissions", &self.permissions), ("ceiling", &self.ceiling), ("below", &self.below)];
        let given = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let mut body: Map<String, Value> = given.map(|(name, list)| (name.to_owned(), json!(list))).collect();
        body.extend(self.description.iter().map(|text| ("description".to_owned(), json!(text))));
        body
    }
}

fn list(args: &List, output: &mut Output) -> Result<(), Failure> {
    let one = |item: &Value| {
        let kind = if item.get("built_in") == Some(&json!(true)) { "built in" } else { "own" };
        let gives = item.get("permissions").and_then(Value::as_array).map_or(0, Vec::len).to_string();
        row(text(item, "/slug"), text(item, "/applies_to"), text(item, "/name"), kind, &gives)
    };
    let heading = row("SLUG", "APPLIES TO", "NAME", "KIND", "PERMISSIONS");
    listing::list(&Remote::new(&args.remote)?, (&["roles"], &[]), heading, one, output)
}

fn row(slug: &str, applies_to: &str, name: &str, kind: &str, permissions: &str) -> String {
    format!("{slug:<24} {applies_to:<16} {name:<24} {kind:<8} {permissions}")
}

fn send(
    remote: &RemoteArgs,
    method: Method,
    path: &[&str],
    body: Map<String, Value>,
    dry: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let remote = Remote::new(remote)?;
    let body = Value::Object(body);
    let answer = block_on(remote.ask(method, path, dry_run(dry), Some(&body)))?;
    ended(dry.then_some(&answer), &answer, output, |output| {
        output.line(format!("{} ({})", text(&answer, "/slug"), text(&answer, "/id")))
    })
}

fn delete(args: &Delete, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let mut query = dry_run(args.dry_run).to_vec();
    query.extend(args.replace_with.iter().map(|heir| ("replace_with", heir.as_str())));
    let answer = block_on(remote.ask(Method::DELETE, &["roles", &args.role], &query, None))?;
    ended(args.dry_run.then_some(&answer), &json!({"deleted": args.role}), output, |output| {
        output.line(format!("deleted {}", args.role))
    })
}

#[cfg(test)]
#[path = "role_tests.rs"]
mod tests;
