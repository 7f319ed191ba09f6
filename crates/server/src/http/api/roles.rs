//! Roles and permissions.

use axum::Json;
use axum::extract::Path;

use crate::http::extract::{NoParameters, Query};
use crate::http::problem::Problem;
use crate::ops::Ctx;
use crate::ops::roles::{self, Permissions, RoleView};
use crate::ops::view::List;

/// List the roles.
#[utoipa::path(
    get,
    path = "/organizations/{org}/roles",
    tag = "Roles",
    operation_id = "list_roles",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    responses((status = 200, description = "List the roles", body = List<RoleView>)),
    extensions(("x-permission" = json!("role.list"))),
)]
pub async fn list(ctx: Ctx, Path(org): Path<String>, _: Query<NoParameters>) -> Result<Json<List<RoleView>>, Problem> {
    Ok(Json(roles::list(&ctx, &org).await?))
}

/// Show a role.
#[utoipa::path(
    get,
    path = "/organizations/{org}/roles/{role}",
    tag = "Roles",
    operation_id = "get_role",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("role" = String, Path, description = "`rol_…`, or the slug of an organization role"),
    ),
    responses((status = 200, description = "Show a role", body = RoleView)),
    extensions(("x-permission" = json!("role.list"))),
)]
pub async fn get(
    ctx: Ctx,
    Path((org, role)): Path<(String, String)>,
    _: Query<NoParameters>,
) -> Result<Json<RoleView>, Problem> {
    Ok(Json(roles::get(&ctx, &org, &role).await?))
}

/// List every permission.
#[utoipa::path(
    get,
    path = "/organizations/{org}/permissions",
    tag = "Roles",
    operation_id = "list_permissions",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    responses((status = 200, description = "List every permission", body = Permissions)),
    extensions(("x-permission" = json!("role.list"))),
)]
pub async fn permissions(
    ctx: Ctx,
    Path(org): Path<String>,
    _: Query<NoParameters>,
) -> Result<Json<Permissions>, Problem> {
    Ok(Json(roles::permissions(&ctx, &org).await?))
}
