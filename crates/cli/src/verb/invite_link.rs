//! `guildhall invite-link`: the links that let anybody holding them join an organization.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::ending::{dry_run, ended};
use crate::failure::Failure;
use crate::listing::{self, text};
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List invite links, newest first, those that work no more among them
    List(List),
    /// Make a link and print it; it is shown only now
    Create(Create),
    /// Make every link there is worthless at once
    Reset(Reset),
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
    /// The role of whoever joins with it (slug)
    #[arg(long)]
    role: Option<String>,
    /// How long it works, in seconds
    #[arg(long, value_name = "SECONDS")]
    expires_in_s: Option<u64>,
    /// How many people may come in with it
    #[arg(long)]
    uses: Option<u64>,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Reset {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(args, output),
        Command::Create(args) => create(args, output),
        Command::Reset(args) => reset(args, output),
    }
}

fn row(id: &str, role: &str, state: &str, uses: &str, expires: &str) -> String {
    format!("{id:<32} {role:<16} {state:<10} {uses:<10} {expires}")
}

fn list(args: &List, output: &mut Output) -> Result<(), Failure> {
    let one = |item: &Value| {
        let uses = item.get("uses_left").and_then(Value::as_u64).map_or("any".to_owned(), |n| n.to_string());
        row(text(item, "/id"), text(item, "/role"), text(item, "/state"), &uses, text(item, "/expires_at"))
    };
    let heading = row("ID", "ROLE", "STATE", "USES LEFT", "EXPIRES");
    listing::list(&Remote::new(&args.remote)?, (&["invite-links"], &[]), heading, one, output)
}

fn create(args: &Create, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let mut body = Map::new();
    let fields = [
        ("role", args.role.as_ref().map(|role| json!(role))),
        ("expires_in_s", args.expires_in_s.map(|s| json!(s))),
        ("uses", args.uses.map(|uses| json!(uses))),
    ];
    for (name, value) in fields {
        body.extend(value.map(|value| (name.to_owned(), value)));
    }
    let body = Value::Object(body);
    let answer = block_on(remote.ask(Method::POST, &["invite-links"], dry_run(args.dry_run), Some(&body)))?;
    ended(args.dry_run.then_some(&answer), &answer, output, |output| output.line(text(&answer, "/link")))
}

fn reset(args: &Reset, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let answer = block_on(remote.ask(Method::POST, &["invite-links", "reset"], dry_run(args.dry_run), None))?;
    ended(args.dry_run.then_some(&answer), &answer, output, |output| {
        match answer.get("reset").and_then(Value::as_u64) {
            Some(1) => output.line("1 invite link is worthless now"),
            many => output.line(format!("{} invite links are worthless now", many.unwrap_or_default())),
        }
    })
}

#[cfg(test)]
#[path = "invite_link_tests.rs"]
mod tests;
