//! `guildhall init`: the first organization and its owner, without a browser.

use std::io::{BufRead, Write};
use std::sync::Arc;

use guildhall_domain::change::LinkKind;
use guildhall_domain::preset::{all_built_in, built_in, nearest};
use guildhall_domain::refusal::Refusal;
use guildhall_domain::text::{self, Email};
use guildhall_server::app::App;
use guildhall_server::config::Config;
use guildhall_server::ops::{Ctx, letters, sessions, setup, tokens};
use guildhall_server::security::secret::Secret;
use guildhall_store::{Author, Keep, Stop};
use serde_json::json;

use crate::config::{Flags, load};
use crate::failure::Failure;
use crate::installation::{Installation, stopped};
use crate::output::{Output, plain};
use crate::verb::serve::runtime;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    flags: Flags,
    /// Name of the first organization
    #[arg(long, value_name = "NAME")]
    organization: String,
    /// Its short name in addresses [default: made from its name]
    #[arg(long)]
    slug: Option<String>,
    /// Its preset; `guildhall preset list` shows them
    #[arg(long, value_name = "NAME", default_value = "standard")]
    preset: String,
    /// Mail address of its owner, who administers the installation too
    #[arg(long, value_name = "EMAIL")]
    owner_email: String,
    /// The owner's name [default: what stands before the `@`]
    #[arg(long, value_name = "NAME")]
    owner_name: Option<String>,
    /// Read the owner's password from the first line of standard input; without it the owner sets one by a printed link
    #[arg(long)]
    password_stdin: bool,
    /// Print a personal token with all rights of the owner, alone on a line of standard output
    #[arg(long)]
    print_token: bool,
}

/// What came of it.
struct Founded {
    slug: String,
    organization: String,
    owner: String,
    token: Option<String>,
    /// Where the owner sets a password.
    link: Option<String>,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let config = load(&args.flags)?.config;
    check(args)?;
    let password = args.password_stdin.then(read_password).transpose()?;
    let runtime = runtime()?;
    let installation = Installation::open(config.clone())?;
    let (started, founded) = runtime.block_on(async {
        let started = installation.start(config.listen)?;
        let founded = found(&started.app, &config, args, password).await;
        Ok::<_, Failure>((started, founded))
    })?;
    started.close(runtime.handle());
    tell(&founded?, &config, output)
}

/// Refuses what can be refused before anything is made on disk.
fn check(args: &Args) -> Result<(), Failure> {
    Email::parse(&args.owner_email, "owner-email")
        .map(drop)
        .and_then(|()| text::name(&args.organization, "organization"))
        .and_then(|_| args.owner_name.as_deref().map(|name| text::name(name, "owner-name")).transpose())
        .and_then(|_| args.slug.as_deref().map(|slug| text::slug(slug, "slug")).transpose())
        .map_err(|refusal| refused(&refusal))?;
    if built_in(&args.preset).is_none() {
        let names: Vec<_> = all_built_in().iter().map(|preset| preset.name.as_str()).collect();
        let near = nearest(&args.preset, names.iter().copied());
        let near = near.map_or_else(String::new, |name| format!("did you mean `{name}`? "));
        return Err(Failure::usage(
            format!("there is no preset `{}`", args.preset),
            format!("{near}there are `{}`", names.join("`, `")),
        ));
    }
    Ok(())
}

fn read_password() -> Result<String, Failure> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    let password = line.trim_end_matches(['\n', '\r']);
    match read {
        Ok(_) if !password.is_empty() => Ok(password.to_owned()),
        Ok(_) => Err(Failure::usage(
            "`--password-stdin`: standard input holds no password",
            "pipe it in: `guildhall init --password-stdin … < password.txt`",
        )),
        Err(error) => Err(Failure::failed(format!("cannot read standard input: {error}"), "check where it comes from")),
    }
}

async fn found(app: &Arc<App>, config: &Config, args: &Args, password: Option<String>) -> Result<Founded, Failure> {
    let ctx = Ctx::of_operator(app, "guildhall init");
    let hash = match password {
        None => None,
        Some(password) => {
            sessions::check_new_password(&ctx, &password, "password-stdin").map_err(|refusal| refused(&refusal))?;
            let hashed = app.passwords.hash(Secret::new(password)).await;
            Some(hashed.map_err(|error| stopped(config, sessions::password_stop(error)))?)
        }
    };
    let local = args.owner_email.trim().split('@').next().unwrap_or_default();
    let first = setup::First {
        organization: args.organization.clone(),
        slug: args.slug.clone(),
        preset: args.preset.clone(),
        email: args.owner_email.clone(),
        name: args.owner_name.clone().unwrap_or_else(|| local.to_owned()),
        password: hash,
    };
    let author = Author { kind: "system".to_owned(), name: "guildhall init".to_owned(), ..Author::default() };
    let print_token = args.print_token;
    let written = app.store.write(author, ctx.now, Keep::Commit, move |tx| {
        let (organization, owner, _) = setup::found(&ctx, tx, &first)?;
        let token = print_token.then(|| tokens::create_for_operator(&ctx, tx, owner.id)).transpose()?;
        let mut link = None;
        if first.password.is_none() {
            let (issued, address) = letters::issue(&ctx, tx, LinkKind::PasswordReset, owner.id, &owner.email);
            tx.apply(vec![issued])?;
            link = Some(address);
        }
        Ok(Founded { slug: organization.slug, organization: organization.name, owner: owner.email, token, link })
    });
    written.await.map_err(|stop| match stop {
        Stop::Refused(refusal) => refused(&refusal),
        failed => stopped(config, failed),
    })
}

/// A refusal whose fields are flags.
fn refused(refusal: &Refusal) -> Failure {
    let lines = refusal.errors.iter().map(|error| format!("`--{}`: {} (`{}`)", error.field, error.detail, error.code));
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        let hint = "`guildhall serve` starts it; further organizations are made in the browser or by the API";
        return Failure::failed(format!("{} (`{}`)", refusal.detail, refusal.code.name()), hint);
    }
    Failure::usage(lines.join("\n"), "correct it and run this again; nothing was made")
}

/// The token alone on standard output; what people should know on standard error.
fn tell(founded: &Founded, config: &Config, output: &mut Output) -> Result<(), Failure> {
    if output.json {
        output.value(&json!({
            "organization": founded.slug,
            "owner": founded.owner,
            "token": founded.token,
            "set_password": founded.link,
        }))?;
    } else if let Some(token) = &founded.token {
        output.line(token)?;
    }
    let mut words = format!(
        "made the organization {} (`{}`) with its owner {}\n",
        plain(&founded.organization),
        founded.slug,
        plain(&founded.owner)
    );
    if let Some(link) = &founded.link {
        words += &format!("the owner sets a password within a day, once the server runs: {link}\n");
    }
    words += &format!("start the server: guildhall serve --data {}\n", config.data.display());
    // Without standard error there is nobody to tell.
    let _ = std::io::stderr().lock().write_all(words.as_bytes());
    Ok(())
}
