//! `guildhall service-account`: the programs of an organization and their tokens.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::departure;
use super::token::{TokenRow, listed};
use crate::ending::{dry_run, ended};
use crate::failure::Failure;
use crate::listing::{self, text};
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

const ROOT: &str = "service-accounts";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List service accounts
    List(RemoteArgs),
    /// Make a service account
    Create(Create),
    /// Delete a service account with its tokens
    Delete(Delete),
    /// The tokens of a service account
    #[command(subcommand)]
    Token(Token),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Its name; it stays
    name: String,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    /// The role it gets (slug or id)
    #[arg(long)]
    role: Option<String>,
    /// Who answers for it (member id)
    #[arg(long, value_name = "MEMBER")]
    owner: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The account's id
    account: String,
    /// Its name, to say that it is meant
    #[arg(long, value_name = "NAME")]
    confirm: String,
    #[command(flatten)]
    handover: departure::Handover,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Token {
    /// List the tokens of a service account
    List(Account),
    /// Make a token; its secret is printed this once
    Create(NewToken),
    /// Give a token a new secret, printed this once
    Rotate(Rotate),
    /// Revoke a token
    Revoke(OneToken),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Account {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The account's id
    account: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct NewToken {
    #[command(flatten)]
    of: Account,
    /// What it is for
    #[arg(long)]
    name: Option<String>,
    /// A permission it carries; may be given several times, left out: all that the account has
    #[arg(long = "scope", value_name = "PERMISSION")]
    scopes: Vec<String>,
    /// When it stops working, as in 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME")]
    expires_at: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct OneToken {
    #[command(flatten)]
    of: Account,
    /// The token's id
    token_id: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    one: OneToken,
    /// For how many seconds the old secret stays valid beside the new one
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    overlap_s: i64,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(args, output),
        Command::Create(args) => create(args, output),
        Command::Delete(args) => delete(args, output),
        Command::Token(Token::List(args)) => listed(&args.remote, &[ROOT, &args.account, "tokens"], output),
        Command::Token(Token::Create(args)) => create_token(args, output),
        Command::Token(Token::Rotate(args)) => rotate(args, output),
        Command::Token(Token::Revoke(args)) => revoke(args, output),
    }
}

fn list(args: &RemoteArgs, output: &mut Output) -> Result<(), Failure> {
    let one = |item: &Value| {
        let [name, role, status, used, id] =
            ["/name", "/role", "/status", "/last_used_at", "/id"].map(|pointer| text(item, pointer));
        row(name, role, status, used, id)
    };
    let heading = row("NAME", "ROLE", "STATUS", "LAST USED", "ID");
    listing::list(&Remote::new(args)?, (&[ROOT], &[]), heading, one, output)
}

fn row(name: &str, role: &str, status: &str, used: &str, id: &str) -> String {
    format!("{name:<32} {role:<16} {status:<12} {used:<28} {id}")
}

/// The fields that were given.
fn fields(all: &[(&str, &Option<String>)]) -> Map<String, Value> {
    all.iter().filter_map(|(name, value)| Some(((*name).to_owned(), json!(value.as_ref()?)))).collect()
}

fn create(args: &Create, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let mut body = fields(&[("description", &args.description), ("role", &args.role), ("owner", &args.owner)]);
    body.insert("name".to_owned(), json!(args.name));
    let made = block_on(remote.ask(Method::POST, &[ROOT], &[], Some(&Value::Object(body))))?;
    if output.json {
        return output.value(&made);
    }
    output.line(made.get("id").and_then(Value::as_str).unwrap_or("-"))
}

fn delete(args: &Delete, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let answer = block_on(async {
        let mut body = args.handover.said(&remote).await?;
        body.insert("confirm".to_owned(), json!(args.confirm));
        let path = [ROOT, &args.account];
        remote.ask(Method::DELETE, &path, dry_run(args.dry_run), Some(&Value::Object(body))).await
    })?;
    ended(args.dry_run.then_some(&answer), &json!({"deleted": args.account}), output, |output| {
        output.line(format!("deleted {} ({})", args.confirm, args.account))
    })
}

/// Prints a new secret: alone on its line, to be taken by a script.
fn secret(made: &Value, output: &mut Output) -> Result<(), Failure> {
    if output.json {
        return output.value(made);
    }
    output.line(TokenRow::of(made).secret())
}

fn create_token(args: &NewToken, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.of.remote)?;
    let mut body = fields(&[("name", &args.name), ("expires_at", &args.expires_at)]);
    body.extend((!args.scopes.is_empty()).then(|| ("scopes".to_owned(), json!(args.scopes))));
    let path = [ROOT, &args.of.account, "tokens"];
    let made = block_on(remote.ask(Method::POST, &path, &[], Some(&Value::Object(body))))?;
    secret(&made, output)
}

fn rotate(args: &Rotate, output: &mut Output) -> Result<(), Failure> {
    let OneToken { of, token_id } = &args.one;
    let remote = Remote::new(&of.remote)?;
    let body = json!({"overlap_s": args.overlap_s});
    let path = [ROOT, &of.account, "tokens", token_id, "rotate"];
    let made = block_on(remote.ask(Method::POST, &path, &[], Some(&body)))?;
    secret(&made, output)
}

fn revoke(args: &OneToken, output: &mut Output) -> Result<(), Failure> {
    super::token::revoked(&args.of.remote, &[ROOT, &args.of.account, "tokens", &args.token_id], output)
}

#[cfg(test)]
#[path = "service_account_tests.rs"]
mod tests;
