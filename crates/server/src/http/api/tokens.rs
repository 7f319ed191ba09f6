//! Tokens.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{done, written};
use crate::ops::Ctx;
use crate::ops::tokens::{self, NewToken};
use crate::ops::view::{List, TokenView};

/// List your tokens, newest first.
#[utoipa::path(
    get,
    path = "/me/tokens",
    tag = "Tokens",
    operation_id = "list_my_tokens",
    params(
        PageQuery,
    ),
    responses((status = 200, description = "List your tokens, newest first", body = List<TokenView>)),
)]
pub async fn mine(ctx: Ctx, Query(query): Query<PageQuery>) -> Result<Json<List<TokenView>>, Problem> {
    Ok(Json(tokens::mine(&ctx, query.by_id()?).await?))
}

/// Make a token; its secret is shown this once.
#[utoipa::path(
    post,
    path = "/me/tokens",
    tag = "Tokens",
    operation_id = "create_token",
    request_body = NewToken,
    responses((status = 201, description = "Make a token; its secret is shown this once", body = TokenView)),
    extensions(("x-permission" = json!("token.create"))),
)]
pub async fn create(ctx: Ctx, Body(wanted): Body<NewToken>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, tokens::create(&ctx, wanted).await?))
}

/// Revoke one of your tokens.
#[utoipa::path(
    delete,
    path = "/me/tokens/{token}",
    tag = "Tokens",
    operation_id = "revoke_my_token",
    params(
        ("token" = String, Path, description = "`tok_…`"),
    ),
    responses((status = 204, description = "Revoke one of your tokens")),
)]
pub async fn revoke_mine(ctx: Ctx, Path(token): Path<String>) -> Result<Response, Problem> {
    Ok(done(tokens::revoke_mine(&ctx, &token).await?))
}

/// List the tokens bound to the organization.
#[utoipa::path(
    get,
    path = "/organizations/{org}/tokens",
    tag = "Tokens",
    operation_id = "list_tokens",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        PageQuery,
    ),
    responses((status = 200, description = "List the tokens bound to the organization", body = List<TokenView>)),
    extensions(("x-permission" = json!("token.manage"))),
)]
pub async fn of_organization(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<TokenView>>, Problem> {
    Ok(Json(tokens::of_organization(&ctx, &org, query.by_id()?).await?))
}

/// Revoke a token bound to the organization.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/tokens/{token}",
    tag = "Tokens",
    operation_id = "revoke_token",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("token" = String, Path, description = "`tok_…`"),
    ),
    responses((status = 204, description = "Revoke a token bound to the organization")),
    extensions(("x-permission" = json!("token.manage"))),
)]
pub async fn revoke_of_organization(ctx: Ctx, Path((org, token)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(tokens::revoke_of_organization(&ctx, &org, &token).await?))
}
