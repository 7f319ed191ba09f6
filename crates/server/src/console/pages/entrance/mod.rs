//! The pages on the way in: the start, set-up, signing in and up, mailed links, invitations, one's organizations.

mod invite;
mod links;
mod organizations;
mod sessions;
mod setup;
mod share;
mod sign_in;
mod sign_up;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;
use crate::ops::Ctx;

pub(super) use organizations::place;

/// The pages of this part.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(organizations::start))
        .route("/{organization}", get(organizations::door))
        .route("/organizations", get(organizations::list).post(organizations::create))
        .route("/organizations/ask", post(organizations::ask))
        .route("/organizations/ask/back", post(organizations::take_back))
        .route("/organizations/new", get(organizations::new))
        .route("/admin", get(organizations::last_used))
        .route("/admin/{*page}", get(organizations::last_used))
        .route("/setup", get(setup::show).post(setup::complete))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-in/code", get(sign_in::show_code).post(sign_in::finish))
        .route("/sign-in/passkey", post(sign_in::by_passkey))
        .route("/sign-out", post(sessions::sign_out))
        .route("/theme", post(sessions::theme))
        .route("/design", get(sessions::design))
        .route("/sign-up", get(sign_up::show).post(sign_up::sign_up))
        .route("/password/forgot", get(links::show_forgot).post(links::forgot))
        .route("/password/reset/{token}", get(links::show_reset).post(links::reset))
        .route("/email/verify/{token}", get(links::show_verify).post(links::verify))
        .route("/share/{token}", get(share::show))
        .route("/invite/{token}", get(invite::show).post(invite::accept))
}

/// The rule for new passwords, in words.
pub(super) fn password_hint(ctx: &Ctx) -> String {
    format!("At least {} characters. A few plain words make a good one.", ctx.app.config.password.min_length)
}
