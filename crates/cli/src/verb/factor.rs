//! `guildhall factor`: helping members back in who lost what they sign in with.

use reqwest::Method;
use serde_json::json;

use crate::ending::{dry_run, ended};
use crate::failure::Failure;
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};
use crate::verb::member::named;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Take all second factors of a member away, and sign them out everywhere
    Reset(One),
    /// Mail a member the link that sets a new password
    MailPassword(One),
}

#[derive(Debug, clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The member's id or mail address
    member: String,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::Reset(args) => post(args, ("reset-factors", "reset"), output),
        Command::MailPassword(args) => post(args, ("send-password-reset", "mailed"), output),
    }
}

fn post(args: &One, (act, done): (&str, &str), output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    block_on(async {
        let member = named(&remote, &args.member).await?;
        let told = remote.ask(Method::POST, &["members", &member, act], dry_run(args.dry_run), None).await?;
        ended(args.dry_run.then_some(&told), &json!({done: member}), output, |output| {
            output.line(format!("{done} {} ({member})", args.member))
        })
    })
}

#[cfg(test)]
#[path = "factor_tests.rs"]
mod tests;
