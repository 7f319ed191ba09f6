//! Resources and who reaches them.

use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{Body, NoParameters, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, object, written};
use crate::ops::people::{self, ReachView};
use crate::ops::resource_shapes::Transfer;
use crate::ops::resources::{self, EditResource, NewResource, ResourceQuery, ResourceView};
use crate::ops::view::List;
use crate::ops::{Ctx, resource_keeping};

/// List the resources you may see.
#[utoipa::path(
    get,
    path = "/organizations/{org}/resources",
    tag = "Resources",
    operation_id = "list_resources",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ResourceQuery,
    ),
    responses((status = 200, description = "List the resources you may see", body = List<ResourceView>)),
    extensions(("x-permission" = json!("{type}.read"))),
)]
pub async fn list(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<ResourceQuery>,
) -> Result<Json<List<ResourceView>>, Problem> {
    Ok(Json(resources::list(&ctx, &org, query).await?))
}

/// Make a resource.
#[utoipa::path(
    post,
    path = "/organizations/{org}/resources",
    tag = "Resources",
    operation_id = "create_resource",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = NewResource,
    responses((status = 201, description = "Make a resource", body = ResourceView)),
    extensions(("x-permission" = json!("{type}.create"))),
)]
pub async fn create(ctx: Ctx, Path(org): Path<String>, Body(wanted): Body<NewResource>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, resources::create(&ctx, &org, wanted).await?))
}

/// Show a resource.
#[utoipa::path(
    get,
    path = "/organizations/{org}/resources/{resource}",
    tag = "Resources",
    operation_id = "get_resource",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("resource" = String, Path, description = "`res_…` or `type:external_id`"),
    ),
    responses((status = 200, description = "Show a resource", body = ResourceView)),
    extensions(("x-permission" = json!("{type}.read"))),
)]
pub async fn get(
    ctx: Ctx,
    Path((org, resource)): Path<(String, String)>,
    _: Query<NoParameters>,
) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &resources::get(&ctx, &org, &resource).await?))
}

/// Rename, move or control a resource, or hand it on.
#[utoipa::path(
    patch,
    path = "/organizations/{org}/resources/{resource}",
    tag = "Resources",
    operation_id = "edit_resource",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("resource" = String, Path, description = "`res_…` or `type:external_id`"),
    ),
    request_body = EditResource,
    responses((status = 200, description = "Rename, move or control a resource, or hand it on", body = ResourceView)),
    extensions(("x-permission" = json!("{type}.edit"))),
)]
pub async fn edit(
    ctx: Ctx,
    Path((org, resource)): Path<(String, String)>,
    Body(wanted): Body<EditResource>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, resources::edit(&ctx, &org, &resource, wanted).await?))
}

/// Hand a resource on to another member, or to the organization.
#[utoipa::path(
    post,
    path = "/organizations/{org}/resources/{resource}/transfer",
    tag = "Resources",
    operation_id = "transfer_resource",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("resource" = String, Path, description = "`res_…` or `type:external_id`"),
    ),
    request_body = Transfer,
    responses((status = 200, description = "Hand a resource on", body = ResourceView)),
    extensions(("x-permission" = json!("{type}.share"))),
)]
pub async fn transfer(
    ctx: Ctx,
    Path((org, resource)): Path<(String, String)>,
    Body(wanted): Body<Transfer>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, resource_keeping::transfer(&ctx, &org, &resource, wanted).await?))
}

/// End a resource and everything under it.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/resources/{resource}",
    tag = "Resources",
    operation_id = "delete_resource",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("resource" = String, Path, description = "`res_…` or `type:external_id`"),
    ),
    responses((status = 204, description = "End a resource and everything under it")),
    extensions(("x-permission" = json!("{type}.delete"))),
)]
pub async fn delete(ctx: Ctx, Path((org, resource)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(resource_keeping::delete(&ctx, &org, &resource).await?))
}

/// List who reaches a resource, with what and whence.
#[utoipa::path(
    get,
    path = "/organizations/{org}/resources/{resource}/people",
    tag = "Resources",
    operation_id = "list_resource_people",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("resource" = String, Path, description = "`res_…` or `type:external_id`"),
        PageQuery,
    ),
    responses((status = 200, description = "List who reaches a resource, with what and whence", body = List<ReachView>)),
    extensions(("x-permission" = json!("{type}.share"))),
)]
pub async fn people(
    ctx: Ctx,
    Path((org, resource)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<ReachView>>, Problem> {
    Ok(Json(people::list(&ctx, &org, &resource, query.limit, query.after).await?))
}

/// Take somebody out of a resource.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/resources/{resource}/people/{member}",
    tag = "Resources",
    operation_id = "remove_resource_person",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("resource" = String, Path, description = "`res_…` or `type:external_id`"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    responses((status = 204, description = "Take back what was granted to somebody on the resource itself")),
    extensions(("x-permission" = json!("{type}.share"))),
)]
pub async fn remove_person(
    ctx: Ctx,
    Path((org, resource, member)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    Ok(done(people::remove(&ctx, &org, &resource, &member).await?))
}
