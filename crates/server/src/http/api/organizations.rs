//! Organizations and their policy.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::PageQuery;
use crate::http::extract::{Body, NoParameters, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, object, written};
use crate::ops::organizations::{self, NewOrganization, PolicyView, Renaming};
use crate::ops::view::{List, OrganizationView};
use crate::ops::{Ctx, tokens};

/// Proof that ending something is meant.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// Its name, typed: the slug of an organization, the name of a service account.
    pub confirm: String,
}

/// List the organizations you are an active member of.
#[utoipa::path(
    get,
    path = "/organizations",
    tag = "Organizations",
    operation_id = "list_organizations",
    params(
        PageQuery,
    ),
    responses((status = 200, description = "List the organizations you are an active member of", body = List<OrganizationView>)),
)]
pub async fn list(ctx: Ctx, Query(query): Query<PageQuery>) -> Result<Json<List<OrganizationView>>, Problem> {
    Ok(Json(organizations::list(&ctx, query.by_id()?).await?))
}

/// Make an organization; you hold its top role.
#[utoipa::path(
    post,
    path = "/organizations",
    tag = "Organizations",
    operation_id = "create_organization",
    request_body = NewOrganization,
    responses((status = 201, description = "Make an organization; you hold its top role", body = OrganizationView)),
)]
pub async fn create(ctx: Ctx, Body(wanted): Body<NewOrganization>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, organizations::create(&ctx, wanted).await?))
}

/// Show an organization.
#[utoipa::path(
    get,
    path = "/organizations/{org}",
    tag = "Organizations",
    operation_id = "get_organization",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    responses((status = 200, description = "Show an organization", body = OrganizationView)),
    extensions(("x-permission" = json!("organization.read"))),
)]
pub async fn get(ctx: Ctx, Path(org): Path<String>, _: Query<NoParameters>) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &organizations::get(&ctx, &org).await?))
}

/// Rename an organization.
#[utoipa::path(
    patch,
    path = "/organizations/{org}",
    tag = "Organizations",
    operation_id = "rename_organization",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = Renaming,
    responses((status = 200, description = "Rename an organization", body = OrganizationView)),
    extensions(("x-permission" = json!("organization.update"))),
)]
pub async fn rename(ctx: Ctx, Path(org): Path<String>, Body(wanted): Body<Renaming>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, organizations::rename(&ctx, &org, wanted).await?))
}

/// End an organization for good.
#[utoipa::path(
    delete,
    path = "/organizations/{org}",
    tag = "Organizations",
    operation_id = "delete_organization",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = Confirm,
    responses((status = 204, description = "End an organization for good")),
    extensions(("x-permission" = json!("organization.delete"))),
)]
pub async fn delete(ctx: Ctx, Path(org): Path<String>, Body(confirm): Body<Confirm>) -> Result<Response, Problem> {
    Ok(done(organizations::delete(&ctx, &org, confirm.confirm).await?))
}

/// Show the policy.
#[utoipa::path(
    get,
    path = "/organizations/{org}/policy",
    tag = "Organizations",
    operation_id = "get_policy",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    responses((status = 200, description = "Show the policy", body = PolicyView)),
    extensions(("x-permission" = json!("policy.read"))),
)]
pub async fn policy(ctx: Ctx, Path(org): Path<String>, _: Query<NoParameters>) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &organizations::policy(&ctx, &org).await?))
}

/// Change settings of the policy, all or none.
#[utoipa::path(
    patch,
    path = "/organizations/{org}/policy",
    tag = "Organizations",
    operation_id = "change_policy",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = Map<String, Value>,
    responses((status = 200, description = "Change settings of the policy, all or none", body = PolicyView)),
    extensions(("x-permission" = json!("policy.update"))),
)]
pub async fn change_policy(
    ctx: Ctx,
    Path(org): Path<String>,
    Body(wanted): Body<Map<String, Value>>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, organizations::change_policy(&ctx, &org, wanted).await?))
}

/// Make every session and token issued up to now invalid here.
#[utoipa::path(
    post,
    path = "/organizations/{org}/reset-authentication",
    tag = "Organizations",
    operation_id = "reset_organization_authentication",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    responses((status = 204, description = "Make every session and token issued up to now invalid here")),
    extensions(("x-permission" = json!("authentication.reset"))),
)]
pub async fn reset_authentication(ctx: Ctx, Path(org): Path<String>) -> Result<Response, Problem> {
    Ok(done(tokens::reset_authentication(&ctx, &org).await?))
}
