//! `guildhall tenant`: list and make tenants, the tier above organizations.

use reqwest::Method;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::listing::{self, text};
use crate::output::Output;
use crate::remote::{Remote, ServerArgs, run as block_on};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the tenants one belongs to
    List(List),
    /// Make a tenant; needs an administrator of the installation
    Create(Create),
    /// List the resources of a tenant and the organizations they go to
    Resources(Resources),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Resources {
    #[command(flatten)]
    server: ServerArgs,
    /// Id or slug of the tenant
    tenant: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    server: ServerArgs,
    /// Its name
    name: String,
    /// Its slug; made from the name when left out
    #[arg(long)]
    slug: Option<String>,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List(args) => {
            let heading = line("SLUG", "NAME", "ROLE", "ID");
            listing::list(&Remote::of_server(&args.server)?, (&["tenants"], &[]), heading, row, output)
        }
        Command::Create(args) => {
            let body = match &args.slug {
                Some(slug) => json!({"name": args.name, "slug": slug}),
                None => json!({"name": args.name}),
            };
            let remote = Remote::of_server(&args.server)?;
            let made = block_on(remote.ask(Method::POST, &["tenants"], &[], Some(&body)))?;
            if output.json { output.value(&made) } else { output.line(row(&made)) }
        }
        Command::Resources(args) => resources(args, output),
    }
}

fn resources(args: &Resources, output: &mut Output) -> Result<(), Failure> {
    let row = |kind: &str, name: &str, id: &str, to: &str| format!("{kind:<16} {name:<32} {id:<31} {to}");
    let one = |item: &Value| {
        let to = item.get("organizations").and_then(Value::as_array).into_iter().flatten();
        let to: Vec<&str> = to.filter_map(Value::as_str).collect();
        row(text(item, "/type"), text(item, "/name"), text(item, "/id"), &to.join(", "))
    };
    let (path, heading) = (["tenants", &args.tenant, "resources"], row("TYPE", "NAME", "ID", "ORGANIZATIONS"));
    listing::list(&Remote::of_server(&args.server)?, (&path, &[]), heading, one, output)
}

fn line(slug: &str, name: &str, role: &str, id: &str) -> String {
    format!("{slug:<24} {name:<32} {role:<8} {id}")
}

fn row(tenant: &Value) -> String {
    line(text(tenant, "/slug"), text(tenant, "/name"), text(tenant, "/role"), text(tenant, "/id"))
}

#[cfg(test)]
#[path = "tenant_tests.rs"]
mod tests;
