//! One file per verb; this page says which runs.

pub(crate) mod access;
pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod departure;
pub(crate) mod docs;
pub(crate) mod doctor;
pub(crate) mod domain;
pub(crate) mod factor;
pub(crate) mod grant;
pub(crate) mod group;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod invite_link;
pub(crate) mod limit;
pub(crate) mod member;
pub(crate) mod preset;
pub(crate) mod resource;
pub(crate) mod role;
pub(crate) mod scim_token;
pub(crate) mod serve;
pub(crate) mod service_account;
pub(crate) mod sso;
pub(crate) mod tenant;
pub(crate) mod token;
pub(crate) mod usage;

use crate::args::Command;
use crate::failure::Failure;
use crate::output::Output;

/// Runs the verb that was asked for.
pub(crate) fn run(command: Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::Serve(args) => serve::run(&args, output),
        Command::Init(args) => init::run(&args, output),
        Command::Check(args) => check::run(&args, output),
        Command::Member(command) => member::run(&command, output),
        Command::Factor(command) => factor::run(&command, output),
        Command::Limit(command) => limit::run(&command, output),
        Command::Usage(command) => usage::run(&command, output),
        Command::Tenant(command) => tenant::run(&command, output),
        Command::Resource(command) => resource::run(&command, output),
        Command::Grant(command) => grant::run(&command, output),
        Command::Access(command) => access::run(&command, output),
        Command::ServiceAccount(command) => service_account::run(&command, output),
        Command::Token(command) => token::run(&command, output),
        Command::ScimToken(command) => scim_token::run(&command, output),
        Command::InviteLink(command) => invite_link::run(&command, output),
        Command::Sso(command) => sso::run(&command, output),
        Command::Domain(command) => domain::run(&command, output),
        Command::Role(command) => role::run(&command, output),
        Command::Group(command) => group::run(&command, output),
        Command::Import(args) => import::run(&args, output),
        Command::Audit(command) => audit::run(&command, output),
        Command::Preset(command) => preset::run(&command, output),
        Command::Doctor(flags) => doctor::run(&flags, output),
        Command::Config(flags) => config::run(&flags, output),
        Command::Completions(args) => completions::run(&args, output),
        Command::Docs(args) => docs::run(&args, output),
    }
}
