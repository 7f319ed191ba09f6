//! `guildhall scim-token`: the tokens with which directories keep people and groups by SCIM.

use reqwest::Method;
use serde_json::{Value, json};

use crate::failure::Failure;
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
    let remote = Remote::new(args)?;
    if !output.json {
        output.line(line(&head.map(str::to_owned)))?;
    }
    block_on(remote.each_page(&[path], &[], |items| {
        for item in items {
            if output.json {
                output.value(item)?;
            } else {
                output.line(line(&row(item)))?;
            }
        }
        output.flush().map(|()| true)
    }))
}

fn line([one, two, three, four]: &[String; 4]) -> String {
    format!("{one:<32} {two:<28} {three:<28} {four}")
}

fn text(item: &Value, name: &str) -> String {
    item.get(name).and_then(Value::as_str).unwrap_or("-").to_owned()
}

fn token_row(item: &Value) -> [String; 4] {
    [text(item, "name"), text(item, "last4"), text(item, "last_used_at"), text(item, "id")]
}

fn request_row(item: &Value) -> [String; 4] {
    let status = item.get("status").and_then(Value::as_u64).unwrap_or_default().to_string();
    [text(item, "at"), format!("{} {}", text(item, "method"), text(item, "path")), status, text(item, "outcome")]
}

/// Prints a new secret alone on its line, to be taken by a script.
fn secret(made: &Value, output: &mut Output) -> Result<(), Failure> {
    if output.json {
        return output.value(made);
    }
    output.line(text(made, "token"))
}

#[cfg(test)]
#[path = "scim_token_tests.rs"]
mod tests;
