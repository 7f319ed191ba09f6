//! Tokens of directories, and what these asked lately.

use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, written};
use crate::ops::Ctx;
use crate::ops::scim_tokens::{self, NewScimToken, ScimRequestView, ScimTokenView};
use crate::ops::view::List;

/// List the tokens of directories, newest first.
#[utoipa::path(
    get,
    path = "/organizations/{org}/scim-tokens",
    tag = "Tokens",
    operation_id = "list_scim_tokens",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        PageQuery,
    ),
    responses((status = 200, description = "List the tokens of directories, newest first", body = List<ScimTokenView>)),
    extensions(("x-permission" = json!("directory.manage"))),
)]
pub async fn list(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<ScimTokenView>>, Problem> {
    Ok(Json(scim_tokens::list(&ctx, &org, query.by_id()?).await?))
}

/// Make a token for a directory; its secret is shown this once.
#[utoipa::path(
    post,
    path = "/organizations/{org}/scim-tokens",
    tag = "Tokens",
    operation_id = "create_scim_token",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = NewScimToken,
    responses((status = 201, description = "Make a token for a directory; its secret is shown this once", body = ScimTokenView)),
    extensions(("x-permission" = json!("directory.manage"))),
)]
pub async fn create(ctx: Ctx, Path(org): Path<String>, Body(wanted): Body<NewScimToken>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, scim_tokens::create(&ctx, &org, wanted).await?))
}

/// Show a token of a directory.
#[utoipa::path(
    get,
    path = "/organizations/{org}/scim-tokens/{scim_token}",
    tag = "Tokens",
    operation_id = "get_scim_token",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("scim_token" = String, Path, description = "`tok_…`"),
    ),
    responses((status = 200, description = "Show a token of a directory", body = ScimTokenView)),
    extensions(("x-permission" = json!("directory.manage"))),
)]
pub async fn get(ctx: Ctx, Path((org, token)): Path<(String, String)>) -> Result<Json<ScimTokenView>, Problem> {
    Ok(Json(scim_tokens::get(&ctx, &org, &token).await?))
}

/// Call a token of a directory something else.
#[utoipa::path(
    patch,
    path = "/organizations/{org}/scim-tokens/{scim_token}",
    tag = "Tokens",
    operation_id = "rename_scim_token",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("scim_token" = String, Path, description = "`tok_…`"),
    ),
    request_body = NewScimToken,
    responses((status = 200, description = "Call a token of a directory something else", body = ScimTokenView)),
    extensions(("x-permission" = json!("directory.manage"))),
)]
pub async fn rename(
    ctx: Ctx,
    Path((org, token)): Path<(String, String)>,
    Body(wanted): Body<NewScimToken>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, scim_tokens::rename(&ctx, &org, &token, wanted).await?))
}

/// Give a token of a directory a new secret, shown this once; the old one is dead.
#[utoipa::path(
    post,
    path = "/organizations/{org}/scim-tokens/{scim_token}/rotate",
    tag = "Tokens",
    operation_id = "rotate_scim_token",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("scim_token" = String, Path, description = "`tok_…`"),
    ),
    responses((status = 200, description = "Give a token of a directory a new secret, shown this once; the old one is dead", body = ScimTokenView)),
    extensions(("x-permission" = json!("directory.manage"))),
)]
pub async fn rotate(ctx: Ctx, Path((org, token)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, scim_tokens::rotate(&ctx, &org, &token).await?))
}

/// Revoke a token of a directory.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/scim-tokens/{scim_token}",
    tag = "Tokens",
    operation_id = "revoke_scim_token",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("scim_token" = String, Path, description = "`tok_…`"),
    ),
    responses((status = 204, description = "Revoke a token of a directory")),
    extensions(("x-permission" = json!("directory.manage"))),
)]
pub async fn revoke(ctx: Ctx, Path((org, token)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(scim_tokens::revoke(&ctx, &org, &token).await?))
}

/// List what directories asked lately, newest first.
#[utoipa::path(
    get,
    path = "/organizations/{org}/scim-requests",
    tag = "Tokens",
    operation_id = "list_scim_requests",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        PageQuery,
    ),
    responses((status = 200, description = "List what directories asked lately, newest first", body = List<ScimRequestView>)),
    extensions(("x-permission" = json!("directory.manage"))),
)]
pub async fn requests(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<ScimRequestView>>, Problem> {
    Ok(Json(scim_tokens::requests(&ctx, &org, query.by_id()?).await?))
}
