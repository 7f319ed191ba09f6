//! Resources of tenants.

use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, written};
use crate::ops::Ctx;
use crate::ops::tenant_resources::{self, EditTenantResource, NewTenantResource, TenantResourceView};
use crate::ops::view::List;

/// List the resources of a tenant, oldest first.
#[utoipa::path(
    get,
    path = "/tenants/{tenant}/resources",
    tag = "Tenants",
    operation_id = "list_tenant_resources",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
        PageQuery,
    ),
    responses((status = 200, description = "List the resources of a tenant, oldest first", body = List<TenantResourceView>)),
)]
pub async fn list(
    ctx: Ctx,
    Path(tenant): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<TenantResourceView>>, Problem> {
    Ok(Json(tenant_resources::list(&ctx, &tenant, query.by_id()?).await?))
}

/// Make a resource of a tenant, there in every organization it goes to.
#[utoipa::path(
    post,
    path = "/tenants/{tenant}/resources",
    tag = "Tenants",
    operation_id = "create_tenant_resource",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
    ),
    request_body = NewTenantResource,
    responses((status = 201, description = "Make a resource of a tenant, there in every organization it goes to", body = TenantResourceView)),
)]
pub async fn create(
    ctx: Ctx,
    Path(tenant): Path<String>,
    Body(wanted): Body<NewTenantResource>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, tenant_resources::create(&ctx, &tenant, wanted).await?))
}

/// Rename a resource of a tenant, or send it to other organizations.
#[utoipa::path(
    patch,
    path = "/tenants/{tenant}/resources/{resource}",
    tag = "Tenants",
    operation_id = "edit_tenant_resource",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
        ("resource" = String, Path, description = "`tnr_…`"),
    ),
    request_body = EditTenantResource,
    responses((status = 200, description = "Rename a resource of a tenant, or send it to other organizations", body = TenantResourceView)),
)]
pub async fn edit(
    ctx: Ctx,
    Path((tenant, resource)): Path<(String, String)>,
    Body(wanted): Body<EditTenantResource>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, tenant_resources::edit(&ctx, &tenant, &resource, wanted).await?))
}

/// End a resource of a tenant, wherever it went.
#[utoipa::path(
    delete,
    path = "/tenants/{tenant}/resources/{resource}",
    tag = "Tenants",
    operation_id = "delete_tenant_resource",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
        ("resource" = String, Path, description = "`tnr_…`"),
    ),
    responses((status = 204, description = "End a resource of a tenant, wherever it went")),
)]
pub async fn delete(ctx: Ctx, Path((tenant, resource)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(tenant_resources::delete(&ctx, &tenant, &resource).await?))
}
