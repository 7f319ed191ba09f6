//! The administrator's pages. Every handler reads what was asked or sent, calls one use case and shows what
//! came of it; what a reader is offered comes from the decisions that the use cases ask themselves.

mod addresses;
mod audit;
mod bulk;
mod deploy_keys;
mod desk;
mod event_kinds;
mod events;
mod group;
mod groups;
mod impact;
mod import;
mod invitation;
mod invite;
mod invite_draft;
mod knobs;
mod limits;
mod links;
mod organization;
mod people;
mod person;
mod preset;
mod provisioning;
mod questions;
mod removal;
mod resource;
mod resources;
mod role;
mod role_editor;
mod roles;
mod rows;
mod sections;
mod service_accounts;
mod service_tokens;
mod sso;
mod sso_connection;
mod tokens;
mod why;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// The pages of this part.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/{org}/admin", get(people::start))
        .route("/{org}/admin/{tab}", get(people::tab))
        .route("/{org}/settings/members", get(people::from_settings))
        .route("/{org}/admin/users", get(people::list))
        .route("/{org}/admin/import", get(import::show).post(import::answer))
        .route("/{org}/admin/users/bulk", post(bulk::choose))
        .route("/{org}/admin/users/bulk/do", post(bulk::answer))
        .route("/{org}/admin/users/{member}", get(person::show))
        .route("/{org}/admin/users/{member}/role", get(role::of_member).post(role::change_of_member))
        .route("/{org}/admin/users/{member}/remove", get(removal::ask).post(removal::answer))
        .route("/{org}/admin/users/{member}/restore", post(removal::restore))
        .route("/{org}/admin/users/{member}/{act}", get(questions::ask).post(questions::answer))
        .route("/{org}/admin/invite", get(invite::start).post(invite::back))
        .route("/{org}/admin/invite/roles", get(invite::again).post(invite::roles))
        .route("/{org}/admin/invite/send", get(invite::again).post(invite::send))
        .route("/{org}/admin/invite/links", get(links::show).post(links::make))
        .route("/{org}/admin/invite/links/{link}/cancel", post(links::cancel))
        .route("/{org}/admin/org/reset-links", get(links::ask_reset).post(links::reset))
        .route("/{org}/admin/invitations/{invitation}", get(invitation::show))
        .route("/{org}/admin/invitations/{invitation}/role", get(role::of_invitation).post(role::change_of_invitation))
        .route("/{org}/admin/invitations/{invitation}/resend", post(invitation::resend))
        .route("/{org}/admin/invitations/{invitation}/link", post(invitation::link))
        .route("/{org}/admin/invitations/{invitation}/cancel", get(invitation::ask_cancel).post(invitation::cancel))
        .route("/{org}/admin/org", get(organization::show).post(organization::rename))
        .route("/{org}/admin/org/preset", get(preset::show).post(preset::apply))
        .route("/{org}/admin/org/settings/{section}", get(sections::show))
        .route("/{org}/admin/org/policy", post(sections::change_policy))
        .route("/{org}/admin/org/delete", get(organization::ask_delete).post(organization::delete))
        .route("/{org}/admin/org/reset", get(organization::ask_reset).post(organization::reset))
        .route("/{org}/admin/org/account", post(organization::change_account))
        .route("/{org}/admin/limits", get(limits::list))
        .route("/{org}/admin/limits/new", get(limits::new).post(limits::create))
        .route("/{org}/admin/limits/{limit}", get(limits::show).post(limits::edit))
        .route("/{org}/admin/limits/{limit}/delete", get(limits::ask).post(limits::delete))
        .route("/{org}/me/shared", get(resource::shared))
        .route("/{org}/admin/resources", get(resources::list))
        .route("/{org}/admin/resources/new", get(resources::new).post(resources::create))
        .route("/{org}/admin/resources/{resource}", get(resource::show))
        .route("/{org}/admin/resources/{resource}/edit", get(resources::edit).post(resources::save))
        .route("/{org}/admin/resources/{resource}/delete", get(resource::ask_delete).post(resource::delete))
        .route("/{org}/admin/resources/{resource}/grants", post(resource::grant))
        .route("/{org}/admin/resources/{resource}/grants/{grant}/revoke", post(resource::revoke))
        .route("/{org}/admin/resources/{resource}/people/{member}/remove", post(resource::remove))
        .route("/{org}/admin/resources/{resource}/share-links", post(resource::share))
        .route("/{org}/admin/resources/{resource}/share-links/{link}/revoke", post(resource::revoke_link))
        .route("/{org}/admin/roles", get(roles::show))
        .route("/{org}/admin/roles/new", get(role_editor::new).post(role_editor::create))
        .route("/{org}/admin/roles/{role}", get(role_editor::show).post(role_editor::edit))
        .route("/{org}/admin/roles/{role}/delete", get(role_editor::ask_delete).post(role_editor::delete))
        .route("/{org}/admin/groups", get(groups::list))
        .route("/{org}/admin/groups/new", get(groups::new).post(groups::create))
        .route("/{org}/admin/groups/{group}", get(group::show).post(group::edit))
        .route("/{org}/admin/groups/{group}/gives", post(group::give))
        .route("/{org}/admin/groups/{group}/delete", get(group::ask_delete).post(group::delete))
        .route("/{org}/admin/groups/{group}/members", post(group::add))
        .route("/{org}/admin/groups/{group}/members/{member}/{act}", post(group::seat))
        .route("/{org}/admin/why", get(why::show))
        .route("/{org}/admin/tokens", get(tokens::list))
        .route("/{org}/admin/tokens/{token}/revoke", get(tokens::ask).post(tokens::revoke))
        .route("/{org}/admin/audit", get(audit::list))
        .merge(programs())
        .merge(outside())
}

/// Identity providers and directories.
fn outside() -> Router<Arc<App>> {
    Router::new()
        .route("/{org}/admin/sso", get(sso::show))
        .route("/{org}/admin/sso/connections", post(sso::connect))
        .route("/{org}/admin/sso/connections/{connection}", get(sso_connection::show))
        .route("/{org}/admin/sso/connections/{connection}/edit", post(sso_connection::edit))
        .route("/{org}/admin/sso/connections/{connection}/rules", post(sso_connection::add_rule))
        .route("/{org}/admin/sso/connections/{connection}/rules/{at}/{revision}", post(sso_connection::drop_rule))
        .route("/{org}/admin/sso/connections/{connection}/{act}", post(sso::act))
        .route("/{org}/admin/sso/domains", post(sso::claim))
        .route("/{org}/admin/sso/domains/{domain}/{act}", post(sso::act_on_domain))
        .route("/{org}/admin/provisioning", get(provisioning::show).post(provisioning::make))
        .route("/{org}/admin/provisioning/{token}/rotate", get(provisioning::ask_rotate).post(provisioning::rotate))
        .route("/{org}/admin/provisioning/{token}/revoke", get(provisioning::ask_revoke).post(provisioning::revoke))
}

/// What programs sign in with.
fn programs() -> Router<Arc<App>> {
    Router::new()
        .route("/{org}/admin/service-accounts", get(service_accounts::list))
        .route("/{org}/admin/service-accounts/new", get(service_accounts::new).post(service_accounts::create))
        .route("/{org}/admin/service-accounts/{account}", get(service_accounts::show))
        .route("/{org}/admin/service-accounts/{account}/edit", get(service_accounts::edit).post(service_accounts::save))
        .route(
            "/{org}/admin/service-accounts/{account}/delete",
            get(service_accounts::ask_delete).post(service_accounts::delete),
        )
        .route(
            "/{org}/admin/service-accounts/{account}/tokens/new",
            get(service_tokens::new).post(service_tokens::create),
        )
        .route(
            "/{org}/admin/service-accounts/{account}/tokens/{token}/rotate",
            get(service_tokens::ask_rotate).post(service_tokens::rotate),
        )
        .route(
            "/{org}/admin/service-accounts/{account}/tokens/{token}/revoke",
            get(service_tokens::ask_revoke).post(service_tokens::revoke),
        )
        .route("/{org}/admin/service-accounts/{account}/tokens/{token}/switch/{to}", post(service_tokens::switch))
        .route("/{org}/admin/service-accounts/{account}/tokens/{token}/value", post(service_tokens::show_again))
        .route("/{org}/admin/deploy-keys", get(deploy_keys::list))
        .route("/{org}/admin/deploy-keys/new", get(deploy_keys::new).post(deploy_keys::create))
        .route("/{org}/admin/deploy-keys/{key}/delete", get(deploy_keys::ask_delete).post(deploy_keys::delete))
}
