//! Your second factors, and helping others who lost theirs.

use axum::http::StatusCode;
use axum::response::Response;

use crate::http::extract::{Body, NoParameters, OptionalBody, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, written};
use crate::ops::factors::{
    self, AppSecret, BackupCodes, Confirm, FactorAdded, FactorList, FactorView, NewApp, RenameFactor,
};
use crate::ops::passkeys::{self, AddPasskey, Question};
use crate::ops::{Ctx, recovery};

/// List your second factors.
#[utoipa::path(
    get,
    path = "/me/factors",
    tag = "You",
    operation_id = "list_my_factors",
    responses((status = 200, description = "Your second factors, and how many backup codes are left", body = FactorList)),
)]
pub async fn list(ctx: Ctx, _: Query<NoParameters>) -> Result<Json<FactorList>, Problem> {
    Ok(Json(factors::list(&ctx).await?))
}

/// Rename one of your second factors.
#[utoipa::path(
    patch,
    path = "/me/factors/{factor}",
    tag = "You",
    operation_id = "rename_factor",
    params(("factor" = String, Path, description = "`fac_…`")),
    request_body = RenameFactor,
    responses((status = 200, description = "The factor", body = FactorView)),
)]
pub async fn rename(
    ctx: Ctx,
    Path(factor): Path<String>,
    Body(wanted): Body<RenameFactor>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, factors::rename(&ctx, &factor, wanted).await?))
}

/// Remove one of your second factors; with the last one your backup codes go.
#[utoipa::path(
    delete,
    path = "/me/factors/{factor}",
    tag = "You",
    operation_id = "remove_factor",
    params(("factor" = String, Path, description = "`fac_…`")),
    responses((status = 204, description = "Removed")),
)]
pub async fn remove(ctx: Ctx, Path(factor): Path<String>) -> Result<Response, Problem> {
    Ok(done(factors::remove(&ctx, &factor).await?))
}

/// Begin setting up an authenticator app; its secret is in this answer only.
#[utoipa::path(
    post,
    path = "/me/factors/totp",
    tag = "You",
    operation_id = "begin_totp",
    request_body = Option<NewApp>,
    responses((status = 201, description = "The secret, and what its QR code says", body = AppSecret)),
)]
pub async fn begin_totp(ctx: Ctx, OptionalBody(wanted): OptionalBody<NewApp>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, factors::begin_app(&ctx, wanted).await?))
}

/// Put your authenticator app into force by a code of it.
#[utoipa::path(
    post,
    path = "/me/factors/totp/confirm",
    tag = "You",
    operation_id = "confirm_totp",
    request_body = Confirm,
    responses((status = 200, description = "In force; the first factor comes with backup codes", body = FactorAdded)),
)]
pub async fn confirm_totp(ctx: Ctx, Body(wanted): Body<Confirm>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, factors::confirm_app(&ctx, wanted).await?))
}

/// Make new backup codes; the old ones stop working.
#[utoipa::path(
    post,
    path = "/me/factors/backup-codes",
    tag = "You",
    operation_id = "make_backup_codes",
    responses((status = 200, description = "The codes, in this answer only", body = BackupCodes)),
)]
pub async fn make_codes(ctx: Ctx) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, factors::make_codes(&ctx).await?))
}

/// Ask your device for a new passkey.
#[utoipa::path(
    post,
    path = "/me/factors/passkeys/begin",
    tag = "You",
    operation_id = "begin_passkey",
    responses((status = 200, description = "The question to the device", body = Question)),
)]
pub async fn begin_passkey(ctx: Ctx) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, passkeys::begin_adding(&ctx).await?))
}

/// Register the passkey that your device made.
#[utoipa::path(
    post,
    path = "/me/factors/passkeys",
    tag = "You",
    operation_id = "add_passkey",
    request_body = AddPasskey,
    responses((status = 201, description = "In force; the first factor comes with backup codes", body = FactorAdded)),
)]
pub async fn add_passkey(ctx: Ctx, Body(wanted): Body<AddPasskey>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, passkeys::add(&ctx, wanted).await?))
}

/// Take away all second factors of a member who lost them, and end their sessions.
#[utoipa::path(
    post,
    path = "/organizations/{org}/members/{member}/reset-factors",
    tag = "Members",
    operation_id = "reset_member_factors",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    responses((status = 204, description = "They are gone, and the person is signed out everywhere")),
    extensions(("x-permission" = json!("member.recover"))),
)]
pub async fn reset_member(ctx: Ctx, Path((org, member)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(recovery::reset_factors(&ctx, &org, &member).await?))
}

/// Mail a member the link that sets a new password.
#[utoipa::path(
    post,
    path = "/organizations/{org}/members/{member}/send-password-reset",
    tag = "Members",
    operation_id = "send_member_password_reset",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    responses((status = 204, description = "The link is on its way to the member's own address")),
    extensions(("x-permission" = json!("member.recover"))),
)]
pub async fn send_password_link(ctx: Ctx, Path((org, member)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(recovery::send_password_link(&ctx, &org, &member).await?))
}
