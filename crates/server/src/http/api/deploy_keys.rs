//! Deploy keys.

use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, written};
use crate::ops::Ctx;
use crate::ops::deploy_keys::{self, DeployKeyView, NewDeployKey};
use crate::ops::view::List;

/// List deploy keys, newest first.
#[utoipa::path(
    get,
    path = "/organizations/{org}/deploy-keys",
    tag = "Tokens",
    operation_id = "list_deploy_keys",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        PageQuery,
    ),
    responses((status = 200, description = "List deploy keys, newest first", body = List<DeployKeyView>)),
    extensions(("x-permission" = json!("token.deploy"))),
)]
pub async fn list(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<DeployKeyView>>, Problem> {
    Ok(Json(deploy_keys::list(&ctx, &org, query.by_id()?).await?))
}

/// Make a deploy key; its secret is shown this once.
#[utoipa::path(
    post,
    path = "/organizations/{org}/deploy-keys",
    tag = "Tokens",
    operation_id = "create_deploy_key",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = NewDeployKey,
    responses((status = 201, description = "Make a deploy key; its secret is shown this once", body = DeployKeyView)),
    extensions(("x-permission" = json!("token.deploy"))),
)]
pub async fn create(ctx: Ctx, Path(org): Path<String>, Body(wanted): Body<NewDeployKey>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, deploy_keys::create(&ctx, &org, wanted).await?))
}

/// Delete a deploy key.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/deploy-keys/{key}",
    tag = "Tokens",
    operation_id = "delete_deploy_key",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("key" = String, Path, description = "`tok_…`"),
    ),
    responses((status = 204, description = "Delete a deploy key")),
    extensions(("x-permission" = json!("token.deploy"))),
)]
pub async fn delete(ctx: Ctx, Path((org, key)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(deploy_keys::delete(&ctx, &org, &key).await?))
}
