//! `guildhall tenant`: list and make tenants, the tier above organizations.

use reqwest::Method;
use serde_json::{Value, json};

use crate::failure::Failure;
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
            let remote = Remote::of_server(&args.server)?;
            if !output.json {
                output.line(line("SLUG", "NAME", "ROLE", "ID"))?;
            }
            block_on(remote.each_page(&["tenants"], &[], |items| {
                for item in items {
                    show(item, output)?;
                }
                output.flush().map(|()| true)
            }))
        }
        Command::Create(args) => {
            let body = match &args.slug {
                Some(slug) => json!({"name": args.name, "slug": slug}),
                None => json!({"name": args.name}),
            };
            let remote = Remote::of_server(&args.server)?;
            let made = block_on(remote.ask(Method::POST, &["tenants"], &[], Some(&body)))?;
            show(&made, output)
        }
        Command::Resources(args) => resources(args, output),
    }
}

fn resources(args: &Resources, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::of_server(&args.server)?;
    if !output.json {
        output.line(format!("{:<16} {:<32} {:<31} ORGANIZATIONS", "TYPE", "NAME", "ID"))?;
    }
    block_on(remote.each_page(&["tenants", &args.tenant, "resources"], &[], |items| {
        for item in items {
            let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or("-");
            let to: Vec<&str> =
                item["organizations"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            match output.json {
                true => output.value(item)?,
                false => output.line(format!(
                    "{:<16} {:<32} {:<31} {}",
                    text("type"),
                    text("name"),
                    text("id"),
                    to.join(", ")
                ))?,
            }
        }
        output.flush().map(|()| true)
    }))
}

fn line(slug: &str, name: &str, role: &str, id: &str) -> String {
    format!("{slug:<24} {name:<32} {role:<8} {id}")
}

fn show(tenant: &Value, output: &mut Output) -> Result<(), Failure> {
    if output.json {
        return output.value(tenant);
    }
    let text = |name: &str| tenant.get(name).and_then(Value::as_str).unwrap_or("-");
    output.line(line(text("slug"), text("name"), text("role"), text("id")))
}

#[cfg(test)]
#[path = "tenant_tests.rs"]
mod tests;
