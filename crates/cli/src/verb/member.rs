//! `guildhall member`: list, invite, approve and remove the members of an organization. What follows a removal is
//! shown and undone in [`departure`].

use std::io::Read;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::ending::{dry_run, ended, plan};
use crate::failure::{Failure, Message};
use crate::listing::{self, text};
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};
use crate::verb::departure;

/// Invitations in one request: far below the body limit, few enough that progress is seen.
const INVITATIONS_PER_REQUEST: usize = 1000;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List members, invited people and service accounts
    List(List),
    /// Invite people by mail address
    Invite(Invite),
    /// End a membership
    Remove(Remove),
    /// Show what removing somebody meets: what they own and have, what blocks, what to replace
    Plan(departure::One),
    /// Undo a removal
    Restore(departure::Restore),
    /// Let somebody in who waits or asked to join
    Approve(Answered),
    /// Turn somebody away who waits or asked to join
    Reject(Rejected),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Only with this in name or address
    #[arg(long)]
    query: Option<String>,
    /// Only with this status
    #[arg(long, value_parser = ["invited", "requested", "pending_approval", "active", "deactivated"])]
    status: Option<String>,
    /// Only with this role (slug or id)
    #[arg(long)]
    role: Option<String>,
    /// Only in this group (id)
    #[arg(long)]
    group: Option<String>,
    /// Only of this type: `person` or `service_account`
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Invite {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Whom to invite
    #[arg(value_name = "ADDRESS", required_unless_present = "file")]
    addresses: Vec<String>,
    /// A file with one address a line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The role they get (slug or id)
    #[arg(long)]
    role: Option<String>,
    /// A group they join (id); may be given several times
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// Print links to hand over yourself instead of sending mail
    #[arg(long)]
    link: bool,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The member's id or mail address
    member: String,
    #[command(flatten)]
    handover: departure::Handover,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Answered {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The member's id or mail address
    member: String,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rejected {
    #[command(flatten)]
    of: Answered,
    /// Why; mailed and shown to the person
    #[arg(long)]
    reason: Option<String>,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(args, output),
        Command::Invite(args) => invite(args, output),
        Command::Remove(args) => remove(args, output),
        Command::Plan(args) => departure::plan(args, output),
        Command::Restore(args) => departure::restore(args, output),
        Command::Approve(args) => answer(args, "approve", None, output),
        Command::Reject(args) => answer(&args.of, "reject", args.reason.as_deref(), output),
    }
}

fn list(args: &List, output: &mut Output) -> Result<(), Failure> {
    let filters = [
        ("query", &args.query),
        ("status", &args.status),
        ("role", &args.role),
        ("group", &args.group),
        ("type", &args.kind),
    ];
    let query: Vec<_> = filters.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
    let one = |item: &Value| {
        let [address, name, role, status, id] =
            ["/identity/email", "/identity/name", "/role", "/status", "/id"].map(|pointer| text(item, pointer));
        row(address, name, role, status, id)
    };
    let heading = row("ADDRESS", "NAME", "ROLE", "STATUS", "ID");
    listing::list(&Remote::new(&args.remote)?, (&["members"], &query), heading, one, output)
}

fn row(address: &str, name: &str, role: &str, status: &str, id: &str) -> String {
    format!("{address:<36} {name:<24} {role:<16} {status:<16} {id}")
}

fn invite(args: &Invite, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let mut addresses = args.addresses.clone();
    if let Some(path) = &args.file {
        let lines = read(path)?;
        addresses.extend(lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    }
    let bar = ProgressBar::new(addresses.len() as u64);
    let mut refused = 0;
    block_on(async {
        let mut done = 0;
        for chunk in addresses.chunks(INVITATIONS_PER_REQUEST) {
            let answer = send_invitations(&remote, args, chunk).await.map_err(|failure| after(done, failure))?;
            refused +=
                if args.dry_run { plan(&answer, output).map(|()| 0)? } else { show_invitations(&answer, output)? };
            done += chunk.len();
            bar.inc(chunk.len() as u64);
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    if refused == 0 { Ok(()) } else { Err(Failure::Refused) }
}

async fn send_invitations(remote: &Remote, args: &Invite, addresses: &[String]) -> Result<Value, Failure> {
    let item = |address: &String| {
        let mut item = Map::from_iter([("email".to_owned(), json!(address))]);
        item.extend(args.role.iter().map(|role| ("role".to_owned(), json!(role))));
        item.extend((!args.groups.is_empty()).then(|| ("groups".to_owned(), json!(args.groups))));
        Value::Object(item)
    };
    let items: Vec<Value> = addresses.iter().map(item).collect();
    let body = json!({"invitations": items, "deliver": if args.link { "link" } else { "email" }});
    remote.ask(Method::POST, &["invitations"], dry_run(args.dry_run), Some(&body)).await
}

/// Prints one line per item; answers how many were refused.
fn show_invitations(answer: &Value, output: &mut Output) -> Result<usize, Failure> {
    let items = answer.get("invitations").or_else(|| answer.get("items")).unwrap_or(answer).as_array();
    let items = items.ok_or_else(|| {
        Failure::failed("the answer lists no invitations", "check that `--url` is a guildhall server of this version")
    })?;
    let mut refused = 0;
    for item in items {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        refused += usize::from(text("status") != Some("created"));
        if output.json {
            output.value(item)?;
        } else {
            let address = text("email").or(text("handle")).unwrap_or("-");
            let more = text("link").or(text("code")).unwrap_or_default();
            output.line(format!("{address:<36} {:<8} {more}", text("status").unwrap_or("-")).trim_end())?;
        }
    }
    Ok(refused)
}

/// Says how far it went before it failed.
fn after(done: usize, failure: Failure) -> Failure {
    match failure {
        Failure::Failed(Message { error, hint }) if done > 0 => Failure::Failed(Message {
            error: format!("{error}\nthe first {done} invitations had been answered before"),
            hint,
        }),
        other => other,
    }
}

fn remove(args: &Remove, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    block_on(async {
        let member = named(&remote, &args.member).await?;
        let body = args.handover.said(&remote).await?;
        let body = (!body.is_empty()).then_some(Value::Object(body));
        let answer = remote.ask(Method::DELETE, &["members", &member], dry_run(args.dry_run), body.as_ref()).await?;
        ended(args.dry_run.then_some(&answer), &json!({"removed": member}), output, |output| {
            output.line(format!("removed {} ({member})", args.member))
        })
    })
}

/// A member's id, given as it is or by address.
pub(super) async fn named(remote: &Remote, name: &str) -> Result<String, Failure> {
    if name.contains('@') { find(remote, name).await } else { Ok(name.to_owned()) }
}

/// Lets somebody in who waits, or turns them away.
fn answer(args: &Answered, verb: &str, reason: Option<&str>, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    block_on(async {
        let member = named(&remote, &args.member).await?;
        let body = reason.map(|reason| json!({"reason": reason}));
        let path = ["members", member.as_str(), verb];
        let told = remote.ask(Method::POST, &path, dry_run(args.dry_run), body.as_ref()).await?;
        let done = if verb == "approve" { "approved" } else { "rejected" };
        ended(args.dry_run.then_some(&told), &json!({done: member}), output, |output| {
            output.line(format!("{done} {} ({member})", args.member))
        })
    })
}

/// The member with exactly that address.
pub(crate) async fn find(remote: &Remote, address: &str) -> Result<String, Failure> {
    let mut found = None;
    remote
        .each_page(&["members"], &[("query", address)], |items| {
            let same = |item: &&Value| {
                item.pointer("/identity/email")
                    .and_then(Value::as_str)
                    .is_some_and(|email| email.to_lowercase() == address.to_lowercase())
            };
            found = items.iter().find(same).and_then(|item| item.get("id")).and_then(Value::as_str).map(str::to_owned);
            Ok(found.is_none())
        })
        .await?;
    found.ok_or_else(|| {
        Failure::failed(format!("nobody here has the address `{address}`"), "`guildhall member list` shows who is here")
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let result = if path == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    result.map(|_| text).map_err(|error| Failure::file(path, &error))
}

#[cfg(test)]
#[path = "member_tests.rs"]
mod tests;
