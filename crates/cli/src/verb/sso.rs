//! `guildhall sso`: the connections to identity providers of an organization of a running server.

use std::io::Read;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};
use crate::verb::member::{dry_run, plan};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List connections, newest first
    List(List),
    /// Make a connection, switched off: test it, then enable it
    Create(Create),
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
    /// The provider, exactly as it names itself
    #[arg(long)]
    issuer: String,
    /// What the provider calls this installation
    #[arg(long)]
    client_id: String,
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
        Command::Test(one) => test(one, output),
        Command::Enable(one) => switch(one, true, output),
        Command::Disable(one) => switch(one, false, output),
        Command::Delete(one) => delete(one, output),
    }
}

fn row(id: &str, state: &str, name: &str, issuer: &str) -> String {
    format!("{id:<32} {state:<10} {name:<24} {issuer}")
}

fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or("-")
}

fn is(item: &Value, name: &str) -> bool {
    item.get(name).and_then(Value::as_bool).unwrap_or_default()
}

fn list(args: &List, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    if !output.json {
        output.line(row("ID", "STATE", "NAME", "ISSUER"))?;
    }
    block_on(remote.each_page(&["sso-connections"], &[], |items| {
        for item in items {
            if output.json {
                output.value(item)?;
                continue;
            }
            let state = match (is(item, "enabled"), item.get("tested_at").is_some_and(|at| !at.is_null())) {
                (true, _) => "on",
                (false, true) => "off",
                (false, false) => "untested",
            };
            output.line(row(text(item, "id"), state, text(item, "name"), text(item, "issuer")))?;
        }
        output.flush().map(|()| true)
    }))
}

fn create(args: &Create, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let mut body = Map::from_iter([
        ("name".to_owned(), json!(args.name)),
        ("issuer".to_owned(), json!(args.issuer)),
        ("client_id".to_owned(), json!(args.client_id)),
        ("domains".to_owned(), json!(args.domains)),
        ("just_in_time".to_owned(), json!(args.just_in_time)),
    ]);
    if args.secret_stdin {
        let mut secret = String::new();
        let read = std::io::stdin().lock().read_to_string(&mut secret);
        read.map_err(|error| Failure::file(std::path::Path::new("-"), &error))?;
        body.insert("client_secret".to_owned(), json!(secret.trim_end_matches(['\r', '\n'])));
    }
    body.extend(args.role.as_ref().map(|role| ("role".to_owned(), json!(role))));
    let body = Value::Object(body);
    let answer = block_on(remote.ask(Method::POST, &["sso-connections"], dry_run(args.dry_run), Some(&body)))?;
    if args.dry_run {
        return plan(&answer, output);
    }
    if output.json {
        return output.value(&answer);
    }
    output.line(text(&answer, "id"))?;
    output.line(format!("redirect URI: {}", text(&answer, "redirect_uri")))?;
    output.line(format!("back-channel logout URI: {}", text(&answer, "backchannel_logout_uri")))
}

fn test(one: &One, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&one.remote)?;
    let path = ["sso-connections", &one.connection, "test"];
    let answer = block_on(remote.ask(Method::POST, &path, dry_run(one.dry_run), None))?;
    if one.dry_run {
        return plan(&answer, output);
    }
    if output.json {
        return output.value(&answer);
    }
    for step in answer.pointer("/test/steps").and_then(Value::as_array).into_iter().flatten() {
        let mark = if is(step, "ok") { "ok" } else { "failed" };
        output.line(format!("{:<10} {mark:<7} {}", text(step, "step"), text(step, "detail")))?;
    }
    Ok(())
}

fn switch(one: &One, on: bool, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&one.remote)?;
    let (path, body) = (["sso-connections", one.connection.as_str()], json!({"enabled": on}));
    let answer = block_on(remote.ask(Method::PATCH, &path, dry_run(one.dry_run), Some(&body)))?;
    if one.dry_run {
        return plan(&answer, output);
    }
    if output.json {
        return output.value(&answer);
    }
    let word = if on { "on" } else { "off" };
    output.line(format!("`{}` is switched {word}", text(&answer, "name")))
}

fn delete(one: &One, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&one.remote)?;
    let path = ["sso-connections", one.connection.as_str()];
    let answer = block_on(remote.ask(Method::DELETE, &path, dry_run(one.dry_run), None))?;
    if one.dry_run {
        return plan(&answer, output);
    }
    if output.json { output.value(&answer) } else { output.line("deleted") }
}
