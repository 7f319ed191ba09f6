//! The command line as types. What a verb does is in its own file.

use clap::{Parser, Subcommand};

use crate::config::Flags;
use crate::verb::{
    access, audit, check, completions, docs, domain, factor, grant, group, import, init, invite_link, limit, member,
    preset, resource, role, scim_token, serve, service_account, sso, tenant, token, usage,
};

/// Who belongs to which organization, and what may they do: one self-hosted program.
#[derive(Debug, Parser)]
#[command(
    name = "guildhall",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
#[command(after_help = "Exit codes: 0 done, 1 refused or failed, 2 wrong use.")]
pub(crate) struct Cli {
    /// Print JSON, one value a line, instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the console, the API and the jobs until told to stop
    Serve(serve::Args),
    /// Make the first organization and its owner without a browser
    Init(init::Args),
    /// Ask a running server whether somebody may do something
    Check(check::Args),
    /// List, invite and remove members of an organization of a running server
    #[command(subcommand)]
    Member(member::Command),
    /// Help members of an organization back in who lost what they sign in with
    #[command(subcommand)]
    Factor(factor::Command),
    /// Usage limits of an organization of a running server
    #[command(subcommand)]
    Limit(limit::Command),
    /// Report use to a running server, and show what is left of the limits
    #[command(subcommand)]
    Usage(usage::Command),
    /// Tenants of a running server, the tier above organizations
    #[command(subcommand)]
    Tenant(tenant::Command),
    /// List, make and delete resources of an organization of a running server
    #[command(subcommand)]
    Resource(resource::Command),
    /// List, give and take back grants on a resource of a running server
    #[command(subcommand)]
    Grant(grant::Command),
    /// Ask a running server who reaches what
    #[command(subcommand)]
    Access(access::Command),
    /// The programs of an organization of a running server, and their tokens
    #[command(subcommand)]
    ServiceAccount(service_account::Command),
    /// List and revoke the tokens of an organization of a running server
    #[command(subcommand)]
    Token(token::Command),
    /// Tokens with which directories keep people and groups by SCIM, and what these asked
    #[command(subcommand)]
    ScimToken(scim_token::Command),
    /// Links that let anybody holding them join an organization of a running server
    #[command(subcommand)]
    InviteLink(invite_link::Command),
    /// Connections to identity providers of an organization of a running server
    #[command(subcommand)]
    Sso(sso::Command),
    /// Mail domains that an organization of a running server claims
    #[command(subcommand)]
    Domain(domain::Command),
    /// List the roles of an organization, and make and change its own
    #[command(subcommand)]
    Role(role::Command),
    /// List, make and end groups, and say who is in them
    #[command(subcommand)]
    Group(group::Command),
    /// Bring a directory into an organization of a running server: people, groups, resources, grants
    Import(import::Args),
    /// The audit trail of an organization of a running server
    #[command(subcommand)]
    Audit(audit::Command),
    /// Show the presets that come with the program, and check a file
    #[command(subcommand)]
    Preset(preset::Command),
    /// Tell what is wrong with an installation and how to mend it
    Doctor(Flags),
    /// Show every setting in force and where it comes from
    Config(Flags),
    /// Print the completion script of a shell
    Completions(completions::Args),
    /// Write the generated pages of the reference
    #[command(hide = true)]
    Docs(docs::Args),
}
