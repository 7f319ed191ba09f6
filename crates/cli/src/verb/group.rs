//! `guildhall group`: list, make and end groups, and say who is in them.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::member::named;
use crate::ending::{dry_run, ended};
use crate::failure::Failure;
use crate::listing::{self, text};
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the groups
    List(List),
    /// Make a group
    Create(Create),
    /// End a group
    Delete(Delete),
    /// Take a member into a group, or change whether they manage it
    Add(Add),
    /// Take a member out of a group
    Remove(Remove),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Its name
    name: String,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    /// A permission that being in it gives; may be given several times
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<String>,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The group's id
    group: String,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    #[command(flatten)]
    seat: Seat,
    /// They manage the group
    #[arg(long)]
    manager: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    seat: Seat,
}

/// Somebody's place in a group.
#[derive(Debug, clap::Args)]
pub(crate) struct Seat {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The group's id
    group: String,
    /// The member's id or mail address
    member: String,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(args, output),
        Command::Create(args) => create(args, output),
        Command::Delete(args) => delete(args, output),
        Command::Add(args) => {
            let body = json!({"manager": args.manager});
            seat(&args.seat, Method::PUT, Some(&body), "added", output)
        }
        Command::Remove(args) => seat(&args.seat, Method::DELETE, None, "removed", output),
    }
}

fn list(args: &List, output: &mut Output) -> Result<(), Failure> {
    let one = |item: &Value| {
        let default = if item.get("default") == Some(&json!(true)) { "yes" } else { "no" };
        let gives = item.get("permissions").and_then(Value::as_array).map_or(0, Vec::len).to_string();
        row(text(item, "/name"), text(item, "/origin"), default, &gives, text(item, "/id"))
    };
    let heading = row("NAME", "ORIGIN", "DEFAULT", "PERMISSIONS", "ID");
    listing::list(&Remote::new(&args.remote)?, (&["groups"], &[]), heading, one, output)
}

fn row(name: &str, origin: &str, default: &str, permissions: &str, id: &str) -> String {
    format!("{name:<32} {origin:<10} {default:<8} {permissions:<12} {id}")
}

fn create(args: &Create, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let mut body = Map::from_iter([("name".to_owned(), json!(args.name))]);
    body.extend(args.description.iter().map(|text| ("description".to_owned(), json!(text))));
    body.extend((!args.permissions.is_empty()).then(|| ("permissions".to_owned(), json!(args.permissions))));
    let body = Value::Object(body);
    let answer = block_on(remote.ask(Method::POST, &["groups"], dry_run(args.dry_run), Some(&body)))?;
    ended(args.dry_run.then_some(&answer), &answer, output, |output| output.line(text(&answer, "/id")))
}

fn delete(args: &Delete, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let answer = block_on(remote.ask(Method::DELETE, &["groups", &args.group], dry_run(args.dry_run), None))?;
    ended(args.dry_run.then_some(&answer), &json!({"deleted": args.group}), output, |output| {
        output.line(format!("deleted {}", args.group))
    })
}

fn seat(args: &Seat, method: Method, body: Option<&Value>, done: &str, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let answer = block_on(async {
        let member = named(&remote, &args.member).await?;
        let path = ["groups", &args.group, "members", &member];
        remote.ask(method, &path, dry_run(args.dry_run), body).await
    })?;
    ended(args.dry_run.then_some(&answer), &json!({done: args.member}), output, |output| {
        output.line(format!("{done} {}", args.member))
    })
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
