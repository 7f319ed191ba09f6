//! Tenants, and the installation above them.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};

use super::PageQuery;
use crate::http::extract::{Body, NoParameters, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, object, written};
use crate::ops::audit::{self, AuditQuery};
use crate::ops::direct::{self, DirectMember};
use crate::ops::tenant_people::{self, NewTenantMember, NewTenantRole, TenantMemberView};
use crate::ops::tenants::{self, NewTenant, RenameTenant, TenantSettingsView, TenantView};
use crate::ops::view::{EventView, List, MemberView, OrganizationView};
use crate::ops::{Ctx, instance};

/// List the tenants you belong to.
#[utoipa::path(
    get,
    path = "/tenants",
    tag = "Tenants",
    operation_id = "list_tenants",
    params(
        PageQuery,
    ),
    responses((status = 200, description = "List the tenants you belong to", body = List<TenantView>)),
)]
pub async fn list(ctx: Ctx, Query(query): Query<PageQuery>) -> Result<Json<List<TenantView>>, Problem> {
    Ok(Json(tenants::list(&ctx, query.by_id()?).await?))
}

/// Make a tenant; you own it.
#[utoipa::path(
    post,
    path = "/tenants",
    tag = "Tenants",
    operation_id = "create_tenant",
    request_body = NewTenant,
    responses((status = 201, description = "Make a tenant; you own it", body = TenantView)),
)]
pub async fn create(ctx: Ctx, Body(wanted): Body<NewTenant>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, tenants::create(&ctx, wanted).await?))
}

/// Show a tenant.
#[utoipa::path(
    get,
    path = "/tenants/{tenant}",
    tag = "Tenants",
    operation_id = "get_tenant",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
    ),
    responses((status = 200, description = "Show a tenant", body = TenantView)),
)]
pub async fn get(ctx: Ctx, Path(tenant): Path<String>, _: Query<NoParameters>) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &tenants::get(&ctx, &tenant).await?))
}

/// Rename a tenant.
#[utoipa::path(
    patch,
    path = "/tenants/{tenant}",
    tag = "Tenants",
    operation_id = "rename_tenant",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
    ),
    request_body = RenameTenant,
    responses((status = 200, description = "Rename a tenant", body = TenantView)),
)]
pub async fn rename(
    ctx: Ctx,
    Path(tenant): Path<String>,
    Body(wanted): Body<RenameTenant>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, tenants::rename(&ctx, &tenant, wanted).await?))
}

/// Show the settings of a tenant.
#[utoipa::path(
    get,
    path = "/tenants/{tenant}/settings",
    tag = "Tenants",
    operation_id = "get_tenant_settings",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
    ),
    responses((status = 200, description = "Show the settings of a tenant", body = TenantSettingsView)),
)]
pub async fn settings(ctx: Ctx, Path(tenant): Path<String>, _: Query<NoParameters>) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &tenants::settings(&ctx, &tenant).await?))
}

/// Change settings of a tenant, all or none.
#[utoipa::path(
    patch,
    path = "/tenants/{tenant}/settings",
    tag = "Tenants",
    operation_id = "change_tenant_settings",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
    ),
    request_body = Map<String, Value>,
    responses((status = 200, description = "Change settings of a tenant, all or none", body = TenantSettingsView)),
)]
pub async fn change_settings(
    ctx: Ctx,
    Path(tenant): Path<String>,
    Body(wanted): Body<Map<String, Value>>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, tenants::change_settings(&ctx, &tenant, wanted).await?))
}

/// List the people of a tenant.
#[utoipa::path(
    get,
    path = "/tenants/{tenant}/members",
    tag = "Tenants",
    operation_id = "list_tenant_members",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
        PageQuery,
    ),
    responses((status = 200, description = "List the people of a tenant", body = List<TenantMemberView>)),
)]
pub async fn members(
    ctx: Ctx,
    Path(tenant): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<TenantMemberView>>, Problem> {
    Ok(Json(tenant_people::members(&ctx, &tenant, query.by_id()?).await?))
}

/// Take somebody into a tenant.
#[utoipa::path(
    post,
    path = "/tenants/{tenant}/members",
    tag = "Tenants",
    operation_id = "add_tenant_member",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
    ),
    request_body = NewTenantMember,
    responses((status = 201, description = "Take somebody into a tenant", body = TenantMemberView)),
)]
pub async fn add(
    ctx: Ctx,
    Path(tenant): Path<String>,
    Body(wanted): Body<NewTenantMember>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, tenant_people::add(&ctx, &tenant, wanted).await?))
}

/// Change somebody's role in a tenant.
#[utoipa::path(
    patch,
    path = "/tenants/{tenant}/members/{member}",
    tag = "Tenants",
    operation_id = "change_tenant_member_role",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
        ("member" = String, Path, description = "`tmb_…`"),
    ),
    request_body = NewTenantRole,
    responses((status = 200, description = "Change somebody's role in a tenant", body = TenantMemberView)),
)]
pub async fn change_role(
    ctx: Ctx,
    Path((tenant, member)): Path<(String, String)>,
    Body(wanted): Body<NewTenantRole>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, tenant_people::change_role(&ctx, &tenant, &member, wanted).await?))
}

/// Take somebody out of a tenant.
#[utoipa::path(
    delete,
    path = "/tenants/{tenant}/members/{member}",
    tag = "Tenants",
    operation_id = "remove_tenant_member",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
        ("member" = String, Path, description = "`tmb_…`"),
    ),
    responses((status = 204, description = "Take somebody out of a tenant")),
)]
pub async fn remove(ctx: Ctx, Path((tenant, member)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(tenant_people::remove(&ctx, &tenant, &member).await?))
}

/// List the organizations of a tenant.
#[utoipa::path(
    get,
    path = "/tenants/{tenant}/organizations",
    tag = "Tenants",
    operation_id = "list_tenant_organizations",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
        PageQuery,
    ),
    responses((status = 200, description = "List the organizations of a tenant", body = List<OrganizationView>)),
)]
pub async fn organizations(
    ctx: Ctx,
    Path(tenant): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<OrganizationView>>, Problem> {
    Ok(Json(tenants::organizations(&ctx, &tenant, query.by_id()?).await?))
}

/// Make every session and token issued up to now invalid in a tenant and its organizations.
#[utoipa::path(
    post,
    path = "/tenants/{tenant}/reset-authentication",
    tag = "Tenants",
    operation_id = "reset_tenant_authentication",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
    ),
    responses((status = 204, description = "Make every session and token issued up to now invalid in a tenant and its organizations")),
)]
pub async fn reset_authentication(ctx: Ctx, Path(tenant): Path<String>) -> Result<Response, Problem> {
    Ok(done(tenants::reset_authentication(&ctx, &tenant).await?))
}

/// List the audit trail of a tenant, newest first.
#[utoipa::path(
    get,
    path = "/tenants/{tenant}/audit-events",
    tag = "Tenants",
    operation_id = "list_tenant_audit_events",
    params(
        ("tenant" = String, Path, description = "Id or slug of the tenant"),
        AuditQuery,
    ),
    responses((status = 200, description = "List the audit trail of a tenant, newest first", body = List<EventView>)),
)]
pub async fn trail(
    ctx: Ctx,
    Path(tenant): Path<String>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<List<EventView>>, Problem> {
    Ok(Json(tenants::trail(&ctx, &tenant, query).await?))
}

/// Make every session and token of the installation issued up to now invalid.
#[utoipa::path(
    post,
    path = "/instance/reset-authentication",
    tag = "Tenants",
    operation_id = "reset_instance_authentication",
    responses((status = 204, description = "Make every session and token of the installation issued up to now invalid")),
)]
pub async fn reset_instance(ctx: Ctx) -> Result<Response, Problem> {
    Ok(done(instance::reset_authentication(&ctx).await?))
}

/// List what you did, newest first.
#[utoipa::path(
    get,
    path = "/me/audit-events",
    tag = "You",
    operation_id = "list_my_audit_events",
    params(
        PageQuery,
    ),
    responses((status = 200, description = "List what you did, newest first", body = List<EventView>)),
)]
pub async fn acts(ctx: Ctx, Query(query): Query<PageQuery>) -> Result<Json<List<EventView>>, Problem> {
    Ok(Json(audit::acts(&ctx, query.by_id()?).await?))
}

/// Add one of the tenant's people, at once.
#[utoipa::path(
    post,
    path = "/organizations/{org}/members",
    tag = "Members",
    operation_id = "add_member",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = DirectMember,
    responses((status = 201, description = "Add one of the tenant's people, at once", body = MemberView)),
    extensions(("x-permission" = json!("member.invite"))),
)]
pub async fn add_to_organization(
    ctx: Ctx,
    Path(org): Path<String>,
    Body(wanted): Body<DirectMember>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, direct::add(&ctx, &org, wanted).await?))
}
