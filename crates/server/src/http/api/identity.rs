//! Your own identity.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{Body, NoParameters, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, clear_session, done, written};
use crate::ops::farewell::{self, Farewell};
use crate::ops::identities::{self, ChangePassword, EditMe, Forgot, Me, Reset, Verify};
use crate::ops::view::{List, SessionView};
use crate::ops::{Answer, Ctx, sessions};

/// Who you are, with what, and where you belong.
#[utoipa::path(
    get,
    path = "/me",
    tag = "You",
    operation_id = "me",
    responses((status = 200, description = "Who you are, with what, and where you belong", body = Me)),
)]
pub async fn me(ctx: Ctx, _: Query<NoParameters>) -> Result<Json<Me>, Problem> {
    Ok(Json(identities::me(&ctx).await?))
}

/// Edit your name, handle and address.
#[utoipa::path(
    patch,
    path = "/me",
    tag = "You",
    operation_id = "edit_me",
    request_body = EditMe,
    responses((status = 200, description = "Edit your name, handle and address", body = Me)),
)]
pub async fn edit(ctx: Ctx, Body(wanted): Body<EditMe>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, identities::edit(&ctx, wanted).await?))
}

/// Delete your account: every membership of yours ends, and what is known about you is erased.
#[utoipa::path(
    delete,
    path = "/me",
    tag = "You",
    operation_id = "delete_me",
    request_body = Farewell,
    responses((status = 204, description = "Delete your account")),
)]
pub async fn delete(ctx: Ctx, Body(wanted): Body<Farewell>) -> Result<Response, Problem> {
    let app = Arc::clone(&ctx.app);
    let gone = farewell::delete_me(&ctx, wanted).await?;
    let signed_out = matches!(gone, Answer::Done(_));
    let mut response = done(gone);
    if signed_out {
        clear_session(&app, &mut response);
    }
    Ok(response)
}

/// Set a new password; your other sessions end.
#[utoipa::path(
    post,
    path = "/me/password",
    tag = "You",
    operation_id = "change_password",
    request_body = ChangePassword,
    responses((status = 204, description = "Set a new password; your other sessions end")),
)]
pub async fn change_password(ctx: Ctx, Body(wanted): Body<ChangePassword>) -> Result<Response, Problem> {
    Ok(done(identities::change_password(&ctx, wanted).await?))
}

/// Mail the link that proves your address once more.
#[utoipa::path(
    post,
    path = "/me/verify-email",
    tag = "You",
    operation_id = "ask_verification",
    responses((status = 204, description = "Mail the link that proves your address once more")),
)]
pub async fn ask_verification(ctx: Ctx) -> Result<Response, Problem> {
    Ok(done(identities::ask_verification(&ctx).await?))
}

/// End every session and refuse every token issued up to now.
#[utoipa::path(
    post,
    path = "/me/reset-authentication",
    tag = "You",
    operation_id = "reset_my_authentication",
    responses((status = 204, description = "End every session and refuse every token issued up to now")),
)]
pub async fn reset_authentication(ctx: Ctx) -> Result<Response, Problem> {
    Ok(done(sessions::reset_authentication(&ctx).await?))
}

/// List your sessions, newest first.
#[utoipa::path(
    get,
    path = "/me/sessions",
    tag = "You",
    operation_id = "list_my_sessions",
    params(
        PageQuery,
    ),
    responses((status = 200, description = "List your sessions, newest first", body = List<SessionView>)),
)]
pub async fn sessions(ctx: Ctx, Query(query): Query<PageQuery>) -> Result<Json<List<SessionView>>, Problem> {
    Ok(Json(sessions::list(&ctx, query.by_id()?).await?))
}

/// End your sessions but the one in use.
#[utoipa::path(
    delete,
    path = "/me/sessions",
    tag = "You",
    operation_id = "end_my_other_sessions",
    responses((status = 204, description = "End your sessions but the one in use")),
)]
pub async fn end_other_sessions(ctx: Ctx) -> Result<Response, Problem> {
    Ok(done(sessions::end_others(&ctx).await?))
}

/// End one of your sessions.
#[utoipa::path(
    delete,
    path = "/me/sessions/{session}",
    tag = "You",
    operation_id = "end_my_session",
    params(
        ("session" = String, Path, description = "`ses_…`"),
    ),
    responses((status = 204, description = "End one of your sessions")),
)]
pub async fn end_session(ctx: Ctx, Path(session): Path<String>) -> Result<Response, Problem> {
    Ok(done(sessions::end(&ctx, &session).await?))
}

/// Ask for a link that sets a new password.
#[utoipa::path(
    post,
    path = "/password/forgot",
    tag = "You",
    operation_id = "forgot_password",
    request_body = Forgot,
    responses((status = 204, description = "Ask for a link that sets a new password")),
)]
pub async fn forgot(ctx: Ctx, Body(wanted): Body<Forgot>) -> Result<Response, Problem> {
    Ok(done(identities::forgot(&ctx, wanted).await?))
}

/// Set a new password by a mailed link.
#[utoipa::path(
    post,
    path = "/password/reset",
    tag = "You",
    operation_id = "reset_password",
    request_body = Reset,
    responses((status = 204, description = "Set a new password by a mailed link")),
)]
pub async fn reset(ctx: Ctx, Body(wanted): Body<Reset>) -> Result<Response, Problem> {
    Ok(done(identities::reset(&ctx, wanted).await?))
}

/// Prove an address by a mailed link.
#[utoipa::path(
    post,
    path = "/email/verify",
    tag = "You",
    operation_id = "verify_email",
    request_body = Verify,
    responses((status = 204, description = "Prove an address by a mailed link")),
)]
pub async fn verify(ctx: Ctx, Body(wanted): Body<Verify>) -> Result<Response, Problem> {
    Ok(done(identities::verify(&ctx, wanted).await?))
}
