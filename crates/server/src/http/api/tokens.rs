//! Tokens.

use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{Body, NoParameters, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, written};
use crate::ops::Ctx;
use crate::ops::tokens::{self, EditToken, NewToken, TokenValue, TokenView};
use crate::ops::view::List;

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

/// Rename one of your tokens, switch it off or on.
#[utoipa::path(
    patch,
    path = "/me/tokens/{token}",
    tag = "Tokens",
    operation_id = "edit_my_token",
    params(
        ("token" = String, Path, description = "`tok_…`"),
    ),
    request_body = EditToken,
    responses((status = 200, description = "Rename one of your tokens, switch it off or on", body = TokenView)),
)]
pub async fn edit_mine(
    ctx: Ctx,
    Path(token): Path<String>,
    Body(wanted): Body<EditToken>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, tokens::edit_mine(&ctx, &token, wanted).await?))
}

/// Show the secret of one of your tokens again, where the policy keeps it.
#[utoipa::path(
    get,
    path = "/me/tokens/{token}/value",
    tag = "Tokens",
    operation_id = "show_my_token_value",
    params(
        ("token" = String, Path, description = "`tok_…`"),
    ),
    responses((status = 200, description = "Show the secret of one of your tokens again, where the policy keeps it", body = TokenValue)),
)]
pub async fn my_value(
    ctx: Ctx,
    Path(token): Path<String>,
    _: Query<NoParameters>,
) -> Result<Json<TokenValue>, Problem> {
    Ok(Json(tokens::my_value(&ctx, &token).await?))
}

/// Show the secret of somebody's token again, where the policy keeps it.
#[utoipa::path(
    get,
    path = "/organizations/{org}/tokens/{token}/value",
    tag = "Tokens",
    operation_id = "show_token_value",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("token" = String, Path, description = "`tok_…`"),
    ),
    responses((status = 200, description = "Show the secret of somebody's token again, where the policy keeps it", body = TokenValue)),
    extensions(("x-permission" = json!("token.manage"))),
)]
pub async fn value_of_organization(
    ctx: Ctx,
    Path((org, token)): Path<(String, String)>,
    _: Query<NoParameters>,
) -> Result<Json<TokenValue>, Problem> {
    Ok(Json(tokens::value_of_organization(&ctx, &org, &token).await?))
}
