//! Roles and permissions.

use axum::http::StatusCode;
use axum::response::Response;
use guildhall_domain::ids::RoleId;
use guildhall_domain::refusal::Code;
use guildhall_store::read::Page;

use super::PageQuery;
use crate::http::extract::{Body, NoParameters, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, object, written};
use crate::ops::Ctx;
use crate::ops::roles::{self, EditRole, Ending, NewRole, Permissions, RoleView};
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
) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &roles::get(&ctx, &org, &role).await?))
}

/// Make a role.
#[utoipa::path(
    post,
    path = "/organizations/{org}/roles",
    tag = "Roles",
    operation_id = "create_role",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = NewRole,
    responses((status = 201, description = "Make a role", body = RoleView)),
    extensions(("x-permission" = json!("role.manage"))),
)]
pub async fn create(ctx: Ctx, Path(org): Path<String>, Body(wanted): Body<NewRole>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, roles::create(&ctx, &org, wanted).await?))
}

/// Change a role of the organization's own.
#[utoipa::path(
    patch,
    path = "/organizations/{org}/roles/{role}",
    tag = "Roles",
    operation_id = "edit_role",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("role" = String, Path, description = "`rol_…`, or the slug of an organization role"),
    ),
    request_body = EditRole,
    responses((status = 200, description = "Change a role of the organization's own", body = RoleView)),
    extensions(("x-permission" = json!("role.manage"))),
)]
pub async fn edit(
    ctx: Ctx,
    Path((org, role)): Path<(String, String)>,
    Body(wanted): Body<EditRole>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, roles::edit(&ctx, &org, &role, wanted).await?))
}

/// End a role of the organization's own, giving its holders another one.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/roles/{role}",
    tag = "Roles",
    operation_id = "delete_role",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("role" = String, Path, description = "`rol_…`, or the slug of an organization role"),
        ("replace_with" = Option<String>, Query, description = "The role that its holders have from then on"),
    ),
    responses((status = 204, description = "End a role of the organization's own")),
    extensions(("x-permission" = json!("role.manage"))),
)]
pub async fn delete(
    ctx: Ctx,
    Path((org, role)): Path<(String, String)>,
    Query(ending): Query<Ending>,
) -> Result<Response, Problem> {
    Ok(done(roles::delete(&ctx, &org, &role, ending.replace_with).await?))
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
