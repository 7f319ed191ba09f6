//! Every operation of the REST API, on one page.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::{
    account, audit, check, groups, identity, invitations, invite_links, joining, limits, members, organizations,
    presets, resources, roles, session, tokens,
};
use crate::app::App;

/// The routes under `/api/v1` and their description. Routes that take many items at once take
/// bodies of up to `bulk_body_limit_bytes`.
pub fn api(bulk_body_limit_bytes: usize) -> (Router<Arc<App>>, OpenApi) {
    let bulk = OpenApiRouter::new()
        .routes(routes!(invitations::list, invitations::create))
        .layer(DefaultBodyLimit::max(bulk_body_limit_bytes));
    OpenApiRouter::new()
        .routes(routes!(session::set_up))
        .routes(routes!(session::show, session::sign_in, session::sign_out))
        .routes(routes!(session::sign_up))
        .routes(routes!(session::accept))
        .routes(routes!(session::introspect))
        .routes(routes!(identity::forgot))
        .routes(routes!(identity::reset))
        .routes(routes!(identity::verify))
        .routes(routes!(identity::me, identity::edit))
        .routes(routes!(identity::change_password))
        .routes(routes!(identity::ask_verification))
        .routes(routes!(identity::reset_authentication))
        .routes(routes!(identity::sessions, identity::end_other_sessions))
        .routes(routes!(identity::end_session))
        .routes(routes!(tokens::mine, tokens::create))
        .routes(routes!(tokens::revoke_mine))
        .routes(routes!(organizations::list, organizations::create))
        .routes(routes!(organizations::get, organizations::rename, organizations::delete))
        .routes(routes!(organizations::policy, organizations::change_policy))
        .routes(routes!(presets::get, presets::apply))
        .routes(routes!(organizations::reset_authentication))
        .routes(routes!(members::list))
        .routes(routes!(members::get, members::change_role, members::remove))
        .routes(routes!(members::approve))
        .routes(routes!(members::reject))
        .routes(routes!(members::deactivate))
        .routes(routes!(members::reactivate))
        .routes(routes!(members::end_sessions))
        .routes(routes!(members::leave))
        .routes(routes!(joining::ask, joining::withdraw))
        .routes(routes!(joining::mine))
        .routes(routes!(joining::seats))
        .merge(bulk)
        .routes(routes!(invitations::get, invitations::change_role, invitations::cancel))
        .routes(routes!(invitations::resend))
        .routes(routes!(invite_links::list, invite_links::create))
        .routes(routes!(invite_links::reset))
        .routes(routes!(invite_links::cancel))
        .routes(routes!(groups::list, groups::create))
        .routes(routes!(groups::get, groups::edit, groups::delete))
        .routes(routes!(groups::seats))
        .routes(routes!(groups::set_seat, groups::leave_seat))
        .routes(routes!(resources::list, resources::create))
        .routes(routes!(resources::get, resources::edit, resources::delete))
        .routes(routes!(resources::people))
        .routes(routes!(resources::grants, resources::grant))
        .routes(routes!(resources::revoke))
        .routes(routes!(roles::list, roles::create))
        .routes(routes!(roles::get, roles::edit, roles::delete))
        .routes(routes!(roles::permissions))
        .routes(routes!(tokens::of_organization))
        .routes(routes!(tokens::revoke_of_organization))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(account::get, account::edit))
        .routes(routes!(limits::list, limits::create))
        .routes(routes!(limits::get, limits::edit, limits::delete))
        .routes(routes!(limits::usage, limits::report))
        .routes(routes!(limits::check))
        .routes(routes!(check::check))
        .routes(routes!(check::batch))
        .split_for_parts()
}
