//! The administrator's pages. Every handler reads what was asked or sent, calls one use case and shows what
//! came of it; what a reader is offered comes from the decisions that the use cases ask themselves.

mod addresses;
mod audit;
mod desk;
mod events;
mod groups;
mod invitation;
mod invite;
mod knobs;
mod limits;
mod links;
mod organization;
mod people;
mod person;
mod questions;
mod removal;
mod resource;
mod resources;
mod role;
mod roles;
mod rows;
mod sso;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// The pages of this part.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/{org}/admin", get(people::start))
        .route("/{org}/admin/users", get(people::list))
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
        .route("/{org}/admin/org/policy", post(organization::change_policy))
        .route("/{org}/admin/org/delete", get(organization::ask_delete).post(organization::delete))
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
        .route("/{org}/admin/groups", get(groups::list))
        .route("/{org}/admin/sso", get(sso::show))
        .route("/{org}/admin/sso/connections", post(sso::connect))
        .route("/{org}/admin/sso/connections/{connection}/{act}", post(sso::act))
        .route("/{org}/admin/sso/domains", post(sso::claim))
        .route("/{org}/admin/sso/domains/{domain}/{act}", post(sso::act_on_domain))
        .route("/{org}/admin/tokens", get(tokens::list))
        .route("/{org}/admin/tokens/{token}/revoke", get(tokens::ask).post(tokens::revoke))
        .route("/{org}/admin/audit", get(audit::list))
}
