//! One's own page in an organization: profile, address, password, sessions, tokens, and leaving.

mod farewell;
mod leave;
mod me;
mod profile;
pub mod security;
mod sessions;
pub mod step_up;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// The pages of this part.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/{organization}/me", get(me::show).post(profile::save))
        .route("/{organization}/me/email", post(profile::change_email))
        .route("/{organization}/me/verify-email", post(profile::ask_verification))
        .route("/{organization}/me/password", post(profile::change_password))
        .route("/account/security", get(security::show))
        .route("/account/security/app", post(security::begin_app))
        .route("/account/security/app/confirm", post(security::confirm_app))
        .route("/account/security/passkeys", post(security::add_passkey))
        .route("/account/security/codes", post(security::make_codes))
        .route("/account/security/{factor}/rename", post(security::rename))
        .route("/account/security/{factor}/remove", post(security::remove))
        .route("/account/step-up", get(step_up::show).post(step_up::prove))
        .route("/{organization}/me/sessions/end-others", post(sessions::end_others))
        .route("/{organization}/me/sessions/{session}/end", post(sessions::end))
        .route("/{organization}/me/tokens/new", get(tokens::new))
        .route("/{organization}/me/tokens", post(tokens::create))
        .route("/{organization}/me/tokens/{token}/revoke", get(tokens::ask_revoke).post(tokens::revoke))
        .route("/{organization}/me/delete", get(farewell::ask).post(farewell::delete))
        .route("/{organization}/leave", get(leave::ask).post(leave::leave))
}
