//! `guildhall sso`: the connections to identity providers of an organization of a running server.

use std::io::Read;
use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::ending::{dry_run, ended};
use crate::failure::Failure;
use crate::listing::{self, text};
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List connections, newest first
    List(List),
    /// Make a connection, switched off: test it, then enable it
    Create(Create),
    /// Say what a provider that speaks SAML is
    Describe(Describe),
    /// Try a connection, step by step
    Test(One),
    /// Let people sign in with a connection that was tested
    Enable(One),
    /// Let nobody sign in with a connection any more
    Disable(One),
    /// Delete a connection; the sessions it began end
    Delete(One),
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
    /// What people read on its button
    #[arg(long)]
    name: String,
    /// `oidc` (OpenID Connect) or `saml` (SAML 2.0)
    #[arg(long, default_value = "oidc")]
    kind: String,
    /// What an OpenID provider calls this installation
    #[arg(long)]
    client_id: Option<String>,
    #[command(flatten)]
    provider: Provider,
    /// Read the client's secret from standard input
    #[arg(long)]
    secret_stdin: bool,
    /// A mail domain whose people alone come in with it; give it again for more
    #[arg(long = "domain", value_name = "DOMAIN")]
    domains: Vec<String>,
    /// Make a member of whoever signs in for the first time
    #[arg(long)]
    just_in_time: bool,
    /// The role of whoever joins so (slug)
    #[arg(long)]
    role: Option<String>,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// A provider: its issuer, and what SAML needs beside it.
#[derive(Debug, clap::Args)]
struct Provider {
    /// The provider, exactly as it names itself; of SAML its entity id
    #[arg(long)]
    issuer: Option<String>,
    /// SAML: a file with the provider's metadata, instead of its issuer, address and certificates
    #[arg(long, value_name = "FILE", conflicts_with_all = ["issuer", "sso_url", "certificates"])]
    metadata: Option<PathBuf>,
    /// SAML: where the provider signs people in, by HTTP-Redirect
    #[arg(long, value_name = "URL")]
    sso_url: Option<String>,
    /// SAML: a file with a certificate that the provider signs with; give it again for more
    #[arg(long = "certificate", value_name = "FILE")]
    certificates: Vec<PathBuf>,
}

impl Provider {
    /// What of it was said, as fields of a request.
    fn fields(&self) -> Result<Map<String, Value>, Failure> {
        let read = |path: &PathBuf| std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error));
        let mut fields = Map::new();
        fields.extend(self.issuer.as_ref().map(|issuer| ("issuer".to_owned(), json!(issuer))));
        fields.extend(self.sso_url.as_ref().map(|url| ("sso_url".to_owned(), json!(url))));
        if let Some(path) = &self.metadata {
            fields.insert("metadata".to_owned(), json!(read(path)?));
        }
        if !self.certificates.is_empty() {
            let all = self.certificates.iter().map(read).collect::<Result<Vec<String>, Failure>>()?;
            fields.insert("certificates".to_owned(), json!(all));
        }
        Ok(fields)
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Describe {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    provider: Provider,
}

#[derive(Debug, clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Id of the connection
    connection: String,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(args, output),
        Command::Create(args) => create(args, output),
        Command::Describe(args) => describe(args, output),
        Command::Test(one) => test(one, output),
        Command::Enable(one) => switch(one, true, output),
        Command::Disable(one) => switch(one, false, output),
        Command::Delete(one) => delete(one, output),
    }
}

fn row(id: &str, state: &str, name: &str, issuer: &str) -> String {
    format!("{id:<32} {state:<10} {name:<24} {issuer}")
}

fn is(item: &Value, name: &str) -> bool {
    item.get(name).and_then(Value::as_bool).unwrap_or_default()
}

fn list(args: &List, output: &mut Output) -> Result<(), Failure> {
    let one = |item: &Value| {
        let state = match (is(item, "enabled"), item.get("tested_at").is_some_and(|at| !at.is_null())) {
            (true, _) => "on",
            (false, true) => "off",
            (false, false) => "untested",
        };
        row(text(item, "/id"), state, text(item, "/name"), text(item, "/issuer"))
    };
    let heading = row("ID", "STATE", "NAME", "ISSUER");
    listing::list(&Remote::new(&args.remote)?, (&["sso-connections"], &[]), heading, one, output)
}

fn create(args: &Create, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let mut body = Map::from_iter([
        ("name".to_owned(), json!(args.name)),
        ("kind".to_owned(), json!(args.kind)),
        ("domains".to_owned(), json!(args.domains)),
        ("just_in_time".to_owned(), json!(args.just_in_time)),
    ]);
    body.extend(args.provider.fields()?);
    body.extend(args.client_id.as_ref().map(|client| ("client_id".to_owned(), json!(client))));
    if args.secret_stdin {
        let mut secret = String::new();
        let read = std::io::stdin().lock().read_to_string(&mut secret);
        read.map_err(|error| Failure::file(std::path::Path::new("-"), &error))?;
        body.insert("client_secret".to_owned(), json!(secret.trim_end_matches(['\r', '\n'])));
    }
    body.extend(args.role.as_ref().map(|role| ("role".to_owned(), json!(role))));
    let body = Value::Object(body);
    let answer = block_on(remote.ask(Method::POST, &["sso-connections"], dry_run(args.dry_run), Some(&body)))?;
    ended(args.dry_run.then_some(&answer), &answer, output, |output| {
        output.line(text(&answer, "/id"))?;
        to_enter(&answer, output)
    })
}

/// What is to be entered at the provider.
fn to_enter(connection: &Value, output: &mut Output) -> Result<(), Failure> {
    let known = [
        ("redirect URI", "redirect_uri"),
        ("back-channel logout URI", "backchannel_logout_uri"),
        ("ACS URL", "acs_url"),
        ("entity ID", "entity_id"),
    ];
    for (label, name) in known {
        if let Some(value) = connection.get(name).and_then(Value::as_str) {
            output.line(format!("{label}: {value}"))?;
        }
    }
    Ok(())
}

fn describe(args: &Describe, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.one.remote)?;
    let (path, body) = (["sso-connections", args.one.connection.as_str()], Value::Object(args.provider.fields()?));
    let answer = block_on(remote.ask(Method::PATCH, &path, dry_run(args.one.dry_run), Some(&body)))?;
    ended(args.one.dry_run.then_some(&answer), &answer, output, |output| {
        output.line(format!("`{}` is {}", text(&answer, "/name"), text(&answer, "/issuer")))?;
        to_enter(&answer, output)
    })
}

fn test(one: &One, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&one.remote)?;
    let path = ["sso-connections", &one.connection, "test"];
    let answer = block_on(remote.ask(Method::POST, &path, dry_run(one.dry_run), None))?;
    ended(one.dry_run.then_some(&answer), &answer, output, |output| {
        for step in answer.pointer("/test/steps").and_then(Value::as_array).into_iter().flatten() {
            let mark = if is(step, "ok") { "ok" } else { "failed" };
            output.line(format!("{:<10} {mark:<7} {}", text(step, "/step"), text(step, "/detail")))?;
        }
        Ok(())
    })
}

fn switch(one: &One, on: bool, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&one.remote)?;
    let (path, body) = (["sso-connections", one.connection.as_str()], json!({"enabled": on}));
    let answer = block_on(remote.ask(Method::PATCH, &path, dry_run(one.dry_run), Some(&body)))?;
    let word = if on { "on" } else { "off" };
    ended(one.dry_run.then_some(&answer), &answer, output, |output| {
        output.line(format!("`{}` is switched {word}", text(&answer, "/name")))
    })
}

fn delete(one: &One, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&one.remote)?;
    let path = ["sso-connections", one.connection.as_str()];
    let answer = block_on(remote.ask(Method::DELETE, &path, dry_run(one.dry_run), None))?;
    ended(one.dry_run.then_some(&answer), &answer, output, |output| output.line("deleted"))
}
