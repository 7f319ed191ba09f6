//! `guildhall usage`: report what was used, and show what is left.

use reqwest::Method;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Report what was used
    Report(Report),
    /// Show what is left of the limits
    Show(Show),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    #[command(flatten)]
    remote: RemoteArgs,
    /// What was used, such as `tokens`
    unit: String,
    /// How much
    amount: u64,
    /// Who used it (id or mail address); left out, nobody in particular
    #[arg(long)]
    subject: Option<String>,
    /// Count it only where it fits every limit
    #[arg(long)]
    enforce: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Of what, such as `tokens`
    unit: String,
    /// Whose (id or mail address); left out, anonymous use
    #[arg(long)]
    subject: Option<String>,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    let answer = match command {
        Command::Report(args) => {
            let (unit, amount, enforce) = (&args.unit, args.amount, args.enforce);
            let body = match &args.subject {
                Some(subject) => json!({"unit": unit, "amount": amount, "enforce": enforce, "subject": subject}),
                None => json!({"unit": unit, "amount": amount, "enforce": enforce}),
            };
            block_on(Remote::new(&args.remote)?.ask(Method::POST, &["usage"], &[], Some(&body)))?
        }
        Command::Show(args) => {
            let mut query = vec![("unit", args.unit.as_str())];
            query.extend(args.subject.as_deref().map(|subject| ("subject", subject)));
            block_on(Remote::new(&args.remote)?.ask(Method::GET, &["usage"], &query, None))?
        }
    };
    show(&answer, output)
}

fn show(answer: &Value, output: &mut Output) -> Result<(), Failure> {
    if output.json {
        return output.value(answer);
    }
    let remaining = answer.get("remaining").filter(|left| !left.is_null());
    let left = remaining.map_or_else(|| "no limit".to_owned(), |left| format!("{left} left"));
    let until = answer.get("reset_at").and_then(Value::as_str).map(|at| format!(", room again at {at}"));
    let word = if answer.get("allowed") == Some(&Value::Bool(true)) { "allowed" } else { "stopped" };
    output.line(format!("{word}: {left}{}", until.unwrap_or_default()))
}

#[cfg(test)]
#[path = "usage_tests.rs"]
mod tests;
