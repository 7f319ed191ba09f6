//! Roles and permissions.

use axum::Json;
use guildhall_domain::ids::RoleId;
use guildhall_domain::refusal::Code;
use guildhall_store::read::Page;

use super::PageQuery;
use crate::http::extract::{NoParameters, Path, Query};
use crate::http::problem::Problem;
use crate::ops::Ctx;
use crate::ops::roles::{self, Permissions, RoleView};
use crate::ops::view::List;

/// List the roles, the highest first.
#[utoipa::path(
    get,
    path = "/organizations/{org}/roles",
    tag = "Roles",
    operation_id = "list_roles",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        PageQuery,
    ),
    responses((status = 200, description = "List the roles, the highest first", body = List<RoleView>)),
    extensions(("x-permission" = json!("role.list"))),
)]
pub async fn list(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<RoleView>>, Problem> {
    let Page { after, limit } = query.by_id::<RoleId>()?;
    let roles = roles::list(&ctx, &org).await?.items;
    let begin = match after {
        Some(id) => roles.iter().position(|r| r.id == id.to_string()).ok_or(Code::CursorInvalid)? + 1,
        None => 0,
    };
    let more = roles.len() > begin + limit as usize;
    let items: Vec<_> = roles.into_iter().skip(begin).take(limit as usize).collect();
    let next = items.last().filter(|_| more).map(|r| r.id.clone());
    Ok(Json(List { items, next }))
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
