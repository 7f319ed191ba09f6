//! `guildhall scim-token`: the tokens with which directories keep people and groups by SCIM.

use reqwest::Method;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::listing::{self, text};
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

const ROOT: &str = "scim-tokens";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the tokens of directories
    List(RemoteArgs),
    /// Make a token; its secret is printed this once
    Create(Create),
    /// Give a token a new secret, printed this once; the old one is dead
    Rotate(One),
    /// Revoke a token
    Revoke(One),
    /// List what directories asked lately, and what was done
    Requests(RemoteArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Which directory has it
    name: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The token's id
    token_id: String,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List(args) => listed(args, ROOT, ["NAME", "ENDS IN", "LAST USED", "ID"], token_row, output),
        Command::Create(args) => {
            let remote = Remote::new(&args.remote)?;
            let made = block_on(remote.ask(Method::POST, &[ROOT], &[], Some(&json!({"name": args.name}))))?;
            secret(&made, output)
        }
        Command::Rotate(args) => {
            let remote = Remote::new(&args.remote)?;
            let made = block_on(remote.ask(Method::POST, &[ROOT, &args.token_id, "rotate"], &[], None))?;
            secret(&made, output)
        }
        Command::Revoke(args) => super::token::revoked(&args.remote, &[ROOT, &args.token_id], output),
        Command::Requests(args) => {
            let head = ["AT", "REQUEST", "STATUS", "WHAT WAS DONE"];
            listed(args, "scim-requests", head, request_row, output)
        }
    }
}

fn listed(
    args: &RemoteArgs,
    path: &str,
    head: [&str; 4],
    row: fn(&Value) -> [String; 4],
    output: &mut Output,
) -> Result<(), Failure> {
    let heading = line(&head.map(str::to_owned));
    listing::list(&Remote::new(args)?, (&[path], &[]), heading, |item| line(&row(item)), output)
}

fn line([one, two, three, four]: &[String; 4]) -> String {
    format!("{one:<32} {two:<28} {three:<28} {four}")
}

fn token_row(item: &Value) -> [String; 4] {
    ["/name", "/last4", "/last_used_at", "/id"].map(|pointer| text(item, pointer).to_owned())
}

fn request_row(item: &Value) -> [String; 4] {
    let status = item.get("status").and_then(Value::as_u64).unwrap_or_default().to_string();
    let asked = format!("{} {}", text(item, "/method"), text(item, "/path"));
    [text(item, "/at").to_owned(), asked, status, text(item, "/outcome").to_owned()]
}

/// Prints a new secret alone on its line, to be taken by a script.
fn secret(made: &Value, output: &mut Output) -> Result<(), Failure> {
    if output.json {
        return output.value(made);
    }
    output.line(text(made, "/token"))
}

#[cfg(test)]
#[path = "scim_token_tests.rs"]
mod tests;
