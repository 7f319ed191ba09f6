//! Groups.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{Body, NoParameters, OptionalBody, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, object, written};
use crate::ops::groups::{self, EditGroup, GroupView, NewGroup, NewSeat, SeatView};
use crate::ops::view::List;
use crate::ops::{Ctx, group_deletion};

/// List groups by name.
#[utoipa::path(
    get,
    path = "/organizations/{org}/groups",
    tag = "Groups",
    operation_id = "list_groups",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        PageQuery,
    ),
    responses((status = 200, description = "List groups by name", body = List<GroupView>)),
    extensions(("x-permission" = json!("group.list"))),
)]
pub async fn list(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<GroupView>>, Problem> {
    Ok(Json(groups::list(&ctx, &org, query.limit, query.after).await?))
}

/// Make a group.
#[utoipa::path(
    post,
    path = "/organizations/{org}/groups",
    tag = "Groups",
    operation_id = "create_group",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = NewGroup,
    responses((status = 201, description = "Make a group", body = GroupView)),
    extensions(("x-permission" = json!("group.manage"))),
)]
pub async fn create(ctx: Ctx, Path(org): Path<String>, Body(wanted): Body<NewGroup>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, groups::create(&ctx, &org, wanted).await?))
}

/// Show a group.
#[utoipa::path(
    get,
    path = "/organizations/{org}/groups/{group}",
    tag = "Groups",
    operation_id = "get_group",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("group" = String, Path, description = "`grp_…`"),
    ),
    responses((status = 200, description = "Show a group", body = GroupView)),
    extensions(("x-permission" = json!("group.list"))),
)]
pub async fn get(
    ctx: Ctx,
    Path((org, group)): Path<(String, String)>,
    _: Query<NoParameters>,
) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &groups::get(&ctx, &org, &group).await?))
}

/// Rename or describe a group.
#[utoipa::path(
    patch,
    path = "/organizations/{org}/groups/{group}",
    tag = "Groups",
    operation_id = "edit_group",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("group" = String, Path, description = "`grp_…`"),
    ),
    request_body = EditGroup,
    responses((status = 200, description = "Rename or describe a group", body = GroupView)),
    extensions(("x-permission" = json!("group.manage_own"))),
)]
pub async fn edit(
    ctx: Ctx,
    Path((org, group)): Path<(String, String)>,
    Body(wanted): Body<EditGroup>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, groups::edit(&ctx, &org, &group, wanted).await?))
}

/// End a group.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/groups/{group}",
    tag = "Groups",
    operation_id = "delete_group",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("group" = String, Path, description = "`grp_…`"),
    ),
    responses((status = 204, description = "End a group")),
    extensions(("x-permission" = json!("group.manage"))),
)]
pub async fn delete(ctx: Ctx, Path((org, group)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(group_deletion::delete(&ctx, &org, &group).await?))
}

/// List who is in a group.
#[utoipa::path(
    get,
    path = "/organizations/{org}/groups/{group}/members",
    tag = "Groups",
    operation_id = "list_group_members",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("group" = String, Path, description = "`grp_…`"),
        PageQuery,
    ),
    responses((status = 200, description = "List who is in a group", body = List<SeatView>)),
    extensions(("x-permission" = json!("group.list"))),
)]
pub async fn seats(
    ctx: Ctx,
    Path((org, group)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<SeatView>>, Problem> {
    Ok(Json(groups::seats(&ctx, &org, &group, query.by_id()?).await?))
}

/// Take a member into a group, or change whether they run it.
#[utoipa::path(
    put,
    path = "/organizations/{org}/groups/{group}/members/{member}",
    tag = "Groups",
    operation_id = "put_group_member",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("group" = String, Path, description = "`grp_…`"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    request_body = Option<NewSeat>,
    responses((status = 204, description = "Take a member into a group, or change whether they run it")),
    extensions(("x-permission" = json!("group.manage_own"))),
)]
pub async fn set_seat(
    ctx: Ctx,
    Path((org, group, member)): Path<(String, String, String)>,
    OptionalBody(wanted): OptionalBody<NewSeat>,
) -> Result<Response, Problem> {
    Ok(done(groups::set_seat(&ctx, &org, &group, &member, wanted).await?))
}

/// Take a member out of a group.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/groups/{group}/members/{member}",
    tag = "Groups",
    operation_id = "remove_group_member",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("group" = String, Path, description = "`grp_…`"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    responses((status = 204, description = "Take a member out of a group")),
    extensions(("x-permission" = json!("group.manage_own"))),
)]
pub async fn leave_seat(
    ctx: Ctx,
    Path((org, group, member)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    Ok(done(groups::leave_seat(&ctx, &org, &group, &member).await?))
}
