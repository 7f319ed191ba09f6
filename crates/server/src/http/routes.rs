//! Every operation of the REST API, on one page.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::any;
use guildhall_domain::refusal::Code;
use utoipa::openapi::{OpenApi, Paths};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::api::{
    access, account, audit, check, deploy_keys, domains, factors, groups, identity, import, installation_sso,
    invitations, invite_links, joining, limits, members, organizations, presets, resources, roles, scim_tokens,
    service_accounts, session, sharing, sso_connections, tenant_resources, tenants, tokens,
};
use super::problem::Problem;
use crate::app::App;

/// Operations at their whole paths: to nest them would have each request's path taken apart and put together again.
macro_rules! routes {
    ($($handlers:tt)*) => { whole(utoipa_axum::routes!($($handlers)*)) };
}

fn whole((schemas, mut paths, methods): UtoipaMethodRouter<Arc<App>>) -> UtoipaMethodRouter<Arc<App>> {
    rename(&mut paths, |path| format!("{ROOT}{path}"));
    (schemas, paths, methods)
}

fn rename(paths: &mut Paths, to: impl Fn(String) -> String) {
    paths.paths = std::mem::take(&mut paths.paths).into_iter().map(|(path, item)| (to(path), item)).collect();
}

/// Where the REST API stands.
const ROOT: &str = "/api/v1";

/// The API and its description, whose paths begin where the API stands. What is not there says so.
pub fn api(bulk_body_limit_bytes: usize) -> (Router<Arc<App>>, OpenApi) {
    let (api, mut document) = operations(bulk_body_limit_bytes);
    rename(&mut document.paths, |path| path.strip_prefix(ROOT).map(str::to_owned).unwrap_or(path));
    let missing = || any(|| async { Problem::from(Code::NotFound) });
    let api = api.method_not_allowed_fallback(|| async { Problem::from(Code::MethodNotAllowed) });
    (api.route(ROOT, missing()).route("/api/v1/", missing()).route("/api/v1/{*path}", missing()), document)
}

/// The routes under `/api/v1` and their description. Routes that take many items at once take
/// bodies of up to `bulk_body_limit_bytes`.
fn operations(bulk_body_limit_bytes: usize) -> (Router<Arc<App>>, OpenApi) {
    let bulk = OpenApiRouter::new()
        .routes(routes!(invitations::list, invitations::create))
        .routes(routes!(import::import))
        .layer(DefaultBodyLimit::max(bulk_body_limit_bytes));
    OpenApiRouter::new()
        .routes(routes!(session::set_up))
        .routes(routes!(session::show, session::sign_in, session::sign_out))
        .routes(routes!(session::sign_up))
        .routes(routes!(session::accept))
        .routes(routes!(session::refuse))
        .routes(routes!(session::introspect))
        .routes(routes!(identity::forgot))
        .routes(routes!(identity::reset))
        .routes(routes!(identity::verify))
        .routes(routes!(identity::me, identity::edit, identity::delete))
        .routes(routes!(identity::change_password))
        .routes(routes!(identity::ask_verification))
        .routes(routes!(identity::reset_authentication))
        .routes(routes!(identity::sessions, identity::end_other_sessions))
        .routes(routes!(identity::end_session))
        .routes(routes!(organizations::list, organizations::create))
        .routes(routes!(organizations::get, organizations::rename, organizations::delete))
        .routes(routes!(organizations::policy, organizations::change_policy))
        .routes(routes!(presets::get, presets::apply))
        .routes(routes!(organizations::reset_authentication))
        .routes(routes!(members::list, tenants::add_to_organization))
        .routes(routes!(members::export))
        .routes(routes!(members::get, members::change_role, members::remove))
        .routes(routes!(members::approve))
        .routes(routes!(members::reject))
        .routes(routes!(members::deactivate))
        .routes(routes!(members::reactivate))
        .routes(routes!(members::end_sessions))
        .merge(coming())
        .merge(going())
        .merge(proving())
        .merge(bulk)
        .merge(credentials())
        .merge(single_sign_on())
        .routes(routes!(invitations::get, invitations::edit, invitations::cancel))
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
        .routes(routes!(resources::remove_person))
        .merge(shared())
        .routes(routes!(roles::list, roles::create))
        .routes(routes!(roles::get, roles::edit, roles::delete))
        .routes(routes!(roles::permissions))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(account::get, account::edit))
        .merge(above())
        .routes(routes!(limits::list, limits::create))
        .routes(routes!(limits::get, limits::edit, limits::delete))
        .routes(routes!(limits::usage, limits::report))
        .routes(routes!(limits::check))
        .routes(routes!(check::check))
        .routes(routes!(check::batch))
        .split_for_parts()
}

/// What stands above organizations: tenants and the installation; and one's own acts everywhere.
fn above() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(tenants::list, tenants::create))
        .routes(routes!(tenants::get, tenants::rename))
        .routes(routes!(tenants::settings, tenants::change_settings))
        .routes(routes!(tenants::members, tenants::add))
        .routes(routes!(tenants::change_role, tenants::remove))
        .routes(routes!(tenants::organizations))
        .routes(routes!(tenant_resources::list, tenant_resources::create))
        .routes(routes!(tenant_resources::edit, tenant_resources::delete))
        .routes(routes!(tenants::reset_authentication))
        .routes(routes!(tenants::trail))
        .routes(routes!(tenants::reset_instance))
        .routes(routes!(audit::of_instance))
        .routes(routes!(tenants::acts))
}
/// Grants, share links, and who reaches what.
fn shared() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(sharing::grants, sharing::grant, sharing::revoke_all))
        .routes(routes!(sharing::get, sharing::edit, sharing::revoke))
        .routes(routes!(sharing::revoke_of_member))
        .routes(routes!(sharing::links, sharing::share))
        .routes(routes!(sharing::revoke_link))
        .routes(routes!(sharing::with_me))
        .routes(routes!(sharing::by_me))
        .routes(routes!(access::resources))
        .routes(routes!(access::subjects))
        .routes(routes!(access::actions))
}

/// Tokens of people and of service accounts, and deploy keys.
fn credentials() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(tokens::mine, tokens::create))
        .routes(routes!(tokens::edit_mine, tokens::revoke_mine))
        .routes(routes!(tokens::my_value))
        .routes(routes!(tokens::of_organization))
        .routes(routes!(tokens::revoke_of_organization))
        .routes(routes!(tokens::value_of_organization))
        .routes(routes!(service_accounts::list, service_accounts::create))
        .routes(routes!(service_accounts::get, service_accounts::edit, service_accounts::delete))
        .routes(routes!(service_accounts::tokens, service_accounts::create_token))
        .routes(routes!(service_accounts::edit_token, service_accounts::revoke_token))
        .routes(routes!(service_accounts::rotate_token))
        .routes(routes!(service_accounts::token_value))
        .routes(routes!(deploy_keys::list, deploy_keys::create))
        .routes(routes!(deploy_keys::delete))
        .routes(routes!(scim_tokens::list, scim_tokens::create))
        .routes(routes!(scim_tokens::get, scim_tokens::rename, scim_tokens::revoke))
        .routes(routes!(scim_tokens::rotate))
        .routes(routes!(scim_tokens::requests))
}

/// How people prove who they are, beside a password.
fn proving() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(session::begin_passkey))
        .routes(routes!(session::use_passkey))
        .routes(routes!(session::step_up))
        .routes(routes!(factors::list))
        .routes(routes!(factors::rename, factors::remove))
        .routes(routes!(factors::begin_totp))
        .routes(routes!(factors::confirm_totp))
        .routes(routes!(factors::make_codes))
        .routes(routes!(factors::begin_passkey))
        .routes(routes!(factors::add_passkey))
        .routes(routes!(factors::reset_member))
        .routes(routes!(factors::send_password_link))
}

/// Identity providers and claimed mail domains.
fn single_sign_on() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(sso_connections::list, sso_connections::create))
        .routes(routes!(sso_connections::get, sso_connections::edit, sso_connections::delete))
        .routes(routes!(sso_connections::test))
        .routes(routes!(domains::list, domains::claim))
        .routes(routes!(domains::get, domains::release))
        .routes(routes!(domains::verify))
        .routes(routes!(installation_sso::list, installation_sso::create))
        .routes(routes!(installation_sso::get, installation_sso::edit, installation_sso::delete))
        .routes(routes!(installation_sso::test))
}

/// How people ask to come in.
fn coming() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(joining::ask, joining::withdraw))
        .routes(routes!(joining::mine))
        .routes(routes!(joining::seats))
}

/// How people go, and who gets what they own.
fn going() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(members::removal_plan))
        .routes(routes!(members::restore))
        .routes(routes!(members::leave))
        .routes(routes!(resources::transfer))
}
