//! The account of an organization.

use axum::http::StatusCode;
use axum::response::Response;

use crate::http::extract::{Body, NoParameters, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{object, written};
use crate::ops::Ctx;
use crate::ops::account::{self, AccountView, EditAccount};

/// Show plan label and billing contacts.
#[utoipa::path(
    get,
    path = "/organizations/{org}/account",
    tag = "Organizations",
    operation_id = "get_account",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    responses((status = 200, description = "Show plan label and billing contacts", body = AccountView)),
    extensions(("x-permission" = json!("account.manage"))),
)]
pub async fn get(ctx: Ctx, Path(org): Path<String>, _: Query<NoParameters>) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &account::get(&ctx, &org).await?))
}

/// Change plan label and billing contacts.
#[utoipa::path(
    patch,
    path = "/organizations/{org}/account",
    tag = "Organizations",
    operation_id = "edit_account",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = EditAccount,
    responses((status = 200, description = "Change plan label and billing contacts", body = AccountView)),
    extensions(("x-permission" = json!("account.manage"))),
)]
pub async fn edit(ctx: Ctx, Path(org): Path<String>, Body(wanted): Body<EditAccount>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, account::edit(&ctx, &org, wanted).await?))
}
