//! Service accounts and their tokens.

use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{Body, NoParameters, OptionalBody, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, object, written};
use crate::ops::Ctx;
use crate::ops::service_accounts::{
    self, DeleteServiceAccount, EditServiceAccount, NewServiceAccount, ServiceAccountView,
};
use crate::ops::service_tokens;
use crate::ops::token_shapes::{EditToken, NewServiceToken, Rotate, TokenValue, TokenView};
use crate::ops::view::List;

/// List service accounts, newest first.
#[utoipa::path(
    get,
    path = "/organizations/{org}/service-accounts",
    tag = "Service accounts",
    operation_id = "list_service_accounts",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        PageQuery,
    ),
    responses((status = 200, description = "List service accounts, newest first", body = List<ServiceAccountView>)),
    extensions(("x-permission" = json!("service_account.manage"))),
)]
pub async fn list(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<ServiceAccountView>>, Problem> {
    Ok(Json(service_accounts::list(&ctx, &org, query.by_id()?).await?))
}

/// Make a service account.
#[utoipa::path(
    post,
    path = "/organizations/{org}/service-accounts",
    tag = "Service accounts",
    operation_id = "create_service_account",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = NewServiceAccount,
    responses((status = 201, description = "Make a service account", body = ServiceAccountView)),
    extensions(("x-permission" = json!("service_account.manage"))),
)]
pub async fn create(
    ctx: Ctx,
    Path(org): Path<String>,
    Body(wanted): Body<NewServiceAccount>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, service_accounts::create(&ctx, &org, wanted).await?))
}

/// Show a service account.
#[utoipa::path(
    get,
    path = "/organizations/{org}/service-accounts/{account}",
    tag = "Service accounts",
    operation_id = "get_service_account",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("account" = String, Path, description = "`svc_…`"),
    ),
    responses((status = 200, description = "Show a service account", body = ServiceAccountView)),
    extensions(("x-permission" = json!("service_account.manage"))),
)]
pub async fn get(
    ctx: Ctx,
    Path((org, account)): Path<(String, String)>,
    _: Query<NoParameters>,
) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &service_accounts::get(&ctx, &org, &account).await?))
}

/// Describe a service account, hand it to another owner, give it another role.
#[utoipa::path(
    patch,
    path = "/organizations/{org}/service-accounts/{account}",
    tag = "Service accounts",
    operation_id = "edit_service_account",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("account" = String, Path, description = "`svc_…`"),
    ),
    request_body = EditServiceAccount,
    responses((status = 200, description = "Describe a service account, hand it to another owner, give it another role", body = ServiceAccountView)),
    extensions(("x-permission" = json!("service_account.manage"))),
)]
pub async fn edit(
    ctx: Ctx,
    Path((org, account)): Path<(String, String)>,
    Body(wanted): Body<EditServiceAccount>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, service_accounts::edit(&ctx, &org, &account, wanted).await?))
}

/// Delete a service account with its tokens; `confirm` is its name. What it owns goes as what people own who are
/// removed.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/service-accounts/{account}",
    tag = "Service accounts",
    operation_id = "delete_service_account",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("account" = String, Path, description = "`svc_…`"),
    ),
    request_body = DeleteServiceAccount,
    responses((status = 204, description = "Delete a service account with its tokens; `confirm` is its name")),
    extensions(("x-permission" = json!("service_account.manage"))),
)]
pub async fn delete(
    ctx: Ctx,
    Path((org, account)): Path<(String, String)>,
    Body(wanted): Body<DeleteServiceAccount>,
) -> Result<Response, Problem> {
    Ok(done(service_accounts::delete(&ctx, &org, &account, wanted).await?))
}

/// List the tokens of a service account, newest first.
#[utoipa::path(
    get,
    path = "/organizations/{org}/service-accounts/{account}/tokens",
    tag = "Service accounts",
    operation_id = "list_service_tokens",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("account" = String, Path, description = "`svc_…`"),
        PageQuery,
    ),
    responses((status = 200, description = "List the tokens of a service account, newest first", body = List<TokenView>)),
    extensions(("x-permission" = json!("service_account.manage"))),
)]
pub async fn tokens(
    ctx: Ctx,
    Path((org, account)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<TokenView>>, Problem> {
    Ok(Json(service_tokens::list(&ctx, &org, &account, query.by_id()?).await?))
}

/// Make a token for a service account; its secret is shown this once.
#[utoipa::path(
    post,
    path = "/organizations/{org}/service-accounts/{account}/tokens",
    tag = "Service accounts",
    operation_id = "create_service_token",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("account" = String, Path, description = "`svc_…`"),
    ),
    request_body = Option<NewServiceToken>,
    responses((status = 201, description = "Make a token for a service account; its secret is shown this once", body = TokenView)),
    extensions(("x-permission" = json!("service_account.manage"))),
)]
pub async fn create_token(
    ctx: Ctx,
    Path((org, account)): Path<(String, String)>,
    OptionalBody(wanted): OptionalBody<NewServiceToken>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, service_tokens::create(&ctx, &org, &account, wanted).await?))
}

/// Rename a token of a service account, switch it off or on.
#[utoipa::path(
    patch,
    path = "/organizations/{org}/service-accounts/{account}/tokens/{token}",
    tag = "Service accounts",
    operation_id = "edit_service_token",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("account" = String, Path, description = "`svc_…`"),
        ("token" = String, Path, description = "`tok_…`"),
    ),
    request_body = EditToken,
    responses((status = 200, description = "Rename a token of a service account, switch it off or on", body = TokenView)),
    extensions(("x-permission" = json!("service_account.manage"))),
)]
pub async fn edit_token(
    ctx: Ctx,
    Path((org, account, token)): Path<(String, String, String)>,
    Body(wanted): Body<EditToken>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, service_tokens::edit(&ctx, &org, &account, &token, wanted).await?))
}

/// Revoke a token of a service account.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/service-accounts/{account}/tokens/{token}",
    tag = "Service accounts",
    operation_id = "revoke_service_token",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("account" = String, Path, description = "`svc_…`"),
        ("token" = String, Path, description = "`tok_…`"),
    ),
    responses((status = 204, description = "Revoke a token of a service account")),
    extensions(("x-permission" = json!("service_account.manage"))),
)]
pub async fn revoke_token(
    ctx: Ctx,
    Path((org, account, token)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    Ok(done(service_tokens::revoke(&ctx, &org, &account, &token).await?))
}

/// Give a token of a service account a new secret, shown this once.
#[utoipa::path(
    post,
    path = "/organizations/{org}/service-accounts/{account}/tokens/{token}/rotate",
    tag = "Service accounts",
    operation_id = "rotate_service_token",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("account" = String, Path, description = "`svc_…`"),
        ("token" = String, Path, description = "`tok_…`"),
    ),
    request_body = Option<Rotate>,
    responses((status = 200, description = "Give a token of a service account a new secret, shown this once", body = TokenView)),
    extensions(("x-permission" = json!("service_account.manage"))),
)]
pub async fn rotate_token(
    ctx: Ctx,
    Path((org, account, token)): Path<(String, String, String)>,
    OptionalBody(wanted): OptionalBody<Rotate>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, service_tokens::rotate(&ctx, &org, &account, &token, wanted).await?))
}

/// Show the secret of a service account's token again, where the policy keeps it.
#[utoipa::path(
    get,
    path = "/organizations/{org}/service-accounts/{account}/tokens/{token}/value",
    tag = "Service accounts",
    operation_id = "show_service_token_value",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("account" = String, Path, description = "`svc_…`"),
        ("token" = String, Path, description = "`tok_…`"),
    ),
    responses((status = 200, description = "Show the secret of a service account's token again, where the policy keeps it", body = TokenValue)),
    extensions(("x-permission" = json!("service_account.manage"))),
)]
pub async fn token_value(
    ctx: Ctx,
    Path((org, account, token)): Path<(String, String, String)>,
    _: Query<NoParameters>,
) -> Result<Json<TokenValue>, Problem> {
    Ok(Json(service_tokens::show_value(&ctx, &org, &account, &token).await?))
}
