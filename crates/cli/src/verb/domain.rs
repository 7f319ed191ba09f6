//! `guildhall domain`: the mail domains that an organization of a running server claims.

use reqwest::Method;
use serde_json::{Value, json};

use crate::ending::{dry_run, ended};
use crate::failure::Failure;
use crate::listing::{self, text};
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List claimed domains, newest first
    List(List),
    /// Claim a domain, and print what proves it
    Claim(Claim),
    /// Look for the proof of a claim now
    Verify(Verify),
    /// Give a claim up
    Release(Release),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Claim {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The mail domain
    domain: String,
    /// By a code mailed to its postmaster, not by a TXT record
    #[arg(long)]
    by_mail: bool,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Id of the claim
    claim: String,
    /// The mailed code
    #[arg(long)]
    code: Option<String>,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Release {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Id of the claim
    claim: String,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(args, output),
        Command::Claim(args) => claim(args, output),
        Command::Verify(args) => verify(args, output),
        Command::Release(args) => release(args, output),
    }
}

fn row(item: &Value) -> String {
    let [id, domain, by, state] = ["/id", "/domain", "/verify_by", "/state"].map(|at| text(item, at));
    format!("{id:<32} {domain:<30} {by:<6} {state}")
}

fn list(args: &List, output: &mut Output) -> Result<(), Failure> {
    let heading = row(&json!({"id": "ID", "domain": "DOMAIN", "verify_by": "BY", "state": "STATE"}));
    listing::list(&Remote::new(&args.remote)?, (&["domains"], &[]), heading, row, output)
}

fn claim(args: &Claim, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let body = json!({"domain": args.domain, "verify_by": if args.by_mail { "mail" } else { "dns" }});
    let answer = block_on(remote.ask(Method::POST, &["domains"], dry_run(args.dry_run), Some(&body)))?;
    ended(args.dry_run.then_some(&answer), &answer, output, |output| {
        output.line(text(&answer, "/id"))?;
        match args.by_mail {
            true => output.line(format!("a code is mailed to postmaster@ and admin@{}", text(&answer, "/domain"))),
            false => {
                output.line(format!("{} TXT \"{}\"", text(&answer, "/record/name"), text(&answer, "/record/text")))
            }
        }
    })
}

fn verify(args: &Verify, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let body = args.code.as_ref().map_or_else(|| json!({}), |code| json!({"code": code}));
    let path = ["domains", args.claim.as_str(), "verify"];
    let answer = block_on(remote.ask(Method::POST, &path, dry_run(args.dry_run), Some(&body)))?;
    ended(args.dry_run.then_some(&answer), &answer, output, |output| output.line(row(&answer)))
}

fn release(args: &Release, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let path = ["domains", args.claim.as_str()];
    let answer = block_on(remote.ask(Method::DELETE, &path, dry_run(args.dry_run), None))?;
    ended(args.dry_run.then_some(&answer), &answer, output, |output| output.line("released"))
}
