//! `guildhall token`: every token bound to an organization, for its administrators.

use reqwest::Method;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::listing;
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the tokens of people and of service accounts
    List(RemoteArgs),
    /// Revoke a token
    Revoke(Revoke),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The token's id
    token_id: String,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List(args) => listed(args, &["tokens"], output),
        Command::Revoke(args) => revoked(&args.remote, &["tokens", &args.token_id], output),
    }
}

/// One token of an answer.
pub(super) struct TokenRow<'a>(&'a Value);

impl<'a> TokenRow<'a> {
    pub(super) const fn of(value: &'a Value) -> Self {
        Self(value)
    }

    fn text(&self, name: &str) -> &'a str {
        self.0.get(name).and_then(Value::as_str).unwrap_or("-")
    }

    /// The secret, in the answer that made it.
    pub(super) fn secret(&self) -> &'a str {
        self.text("token")
    }

    fn line(&self) -> String {
        let state = if self.0.get("active").and_then(Value::as_bool) == Some(false) { "off" } else { "on" };
        row(
            self.text("name"),
            self.text("last4"),
            state,
            self.text("expires_at"),
            self.text("last_used_at"),
            self.text("id"),
        )
    }
}

fn row(name: &str, tail: &str, state: &str, ends: &str, used: &str, id: &str) -> String {
    format!("{name:<32} {tail:<5} {state:<5} {ends:<28} {used:<28} {id}")
}

/// Prints the tokens of a list, page by page.
pub(super) fn listed(args: &RemoteArgs, path: &[&str], output: &mut Output) -> Result<(), Failure> {
    let heading = row("NAME", "TAIL", "STATE", "ENDS", "LAST USED", "ID");
    listing::list(&Remote::new(args)?, (path, &[]), heading, |item| TokenRow::of(item).line(), output)
}

/// Revokes the token of a path, whose last part is its id.
pub(super) fn revoked(args: &RemoteArgs, path: &[&str], output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(args)?;
    block_on(remote.ask(Method::DELETE, path, &[], None))?;
    let id = path.last().copied().unwrap_or_default();
    if output.json { output.value(&json!({"revoked": id})) } else { output.line(format!("revoked {id}")) }
}
