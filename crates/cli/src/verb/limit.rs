//! `guildhall limit`: list, set and delete the usage limits of an organization.

use reqwest::Method;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::listing;
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List usage limits with what is used of them
    List(List),
    /// Make a usage limit, or change one
    Set(Set),
    /// End a usage limit
    Delete(Delete),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Set {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The limit to change (id); left out, a new one is made
    #[arg(long, conflicts_with_all = ["scope", "id", "unit"])]
    limit: Option<String>,
    /// Whose use is measured
    #[arg(long, value_parser = ["organization", "group", "member"], required_unless_present = "limit")]
    scope: Option<String>,
    /// Which group or member (id); a member's limit without it is each member's
    #[arg(long)]
    id: Option<String>,
    /// What is counted, such as `tokens`, `cost_cents` or `compute_s`
    #[arg(long, required_unless_present = "limit")]
    unit: Option<String>,
    /// How much
    #[arg(long, required_unless_present = "limit")]
    budget: Option<u64>,
    /// In how many seconds back from each moment
    #[arg(long, value_name = "SECONDS", required_unless_present = "limit")]
    period_s: Option<i64>,
    /// Whether a group's members share the budget
    #[arg(long)]
    pooled: Option<bool>,
    /// Whether it is in force
    #[arg(long)]
    enabled: Option<bool>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The limit's id
    limit: String,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(args, output),
        Command::Set(args) => set(args, output),
        Command::Delete(args) => delete(args, output),
    }
}

fn row(limit: &Value) -> String {
    let text = |pointer: &str| match limit.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    };
    line(
        &format!("{} {}", text("/scope/type"), text("/scope/id")).replace(" -", ""),
        &text("/unit"),
        &text("/budget"),
        &text("/period_s"),
        &text("/used"),
        &text("/id"),
    )
}

fn line(scope: &str, unit: &str, budget: &str, period: &str, used: &str, id: &str) -> String {
    format!("{scope:<40} {unit:<16} {budget:>14} {period:>10} {used:>14}  {id}")
}

fn list(args: &List, output: &mut Output) -> Result<(), Failure> {
    let heading = line("SCOPE", "UNIT", "BUDGET", "PERIOD_S", "USED", "ID");
    listing::list(&Remote::new(&args.remote)?, (&["usage-limits"], &[]), heading, row, output)
}

fn set(args: &Set, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let given = [
        ("unit", json!(args.unit)),
        ("budget", json!(args.budget)),
        ("period_s", json!(args.period_s)),
        ("pooled", json!(args.pooled)),
        ("enabled", json!(args.enabled)),
    ];
    let mut body: Value = given.into_iter().filter(|(_, value)| !value.is_null()).collect();
    let (method, path) = match &args.limit {
        Some(limit) => (Method::PATCH, vec!["usage-limits", limit.as_str()]),
        None => (Method::POST, vec!["usage-limits"]),
    };
    if let (None, Some(fields)) = (&args.limit, body.as_object_mut()) {
        let scope = [("type", json!(args.scope)), ("id", json!(args.id))];
        let scope: Value = scope.into_iter().filter(|(_, value)| !value.is_null()).collect();
        fields.insert("scope".to_owned(), scope);
    }
    let answer = block_on(remote.ask(method, &path, &[], Some(&body)))?;
    if output.json { output.value(&answer) } else { output.line(row(&answer)) }
}

fn delete(args: &Delete, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    block_on(remote.ask(Method::DELETE, &["usage-limits", &args.limit], &[], None))?;
    if output.json {
        output.value(&json!({"deleted": args.limit}))
    } else {
        output.line(format!("deleted {}", args.limit))
    }
}

#[cfg(test)]
#[path = "limit_tests.rs"]
mod tests;
