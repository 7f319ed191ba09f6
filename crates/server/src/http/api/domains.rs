//! Mail domains that an organization claims.

use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{Body, OptionalBody, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, object, written};
use crate::ops::Ctx;
use crate::ops::domains::{self, DomainProof, DomainView, NewDomain};
use crate::ops::view::List;

/// List claimed domains, newest first.
#[utoipa::path(
    get,
    path = "/organizations/{org}/domains",
    tag = "Single sign-on",
    operation_id = "list_domains",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        PageQuery,
    ),
    responses((status = 200, description = "List claimed domains, newest first", body = List<DomainView>)),
    extensions(("x-permission" = json!("sso.manage"))),
)]
pub async fn list(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<DomainView>>, Problem> {
    Ok(Json(domains::list(&ctx, &org, query.by_id()?).await?))
}

/// Claim a mail domain; it has effect once it is verified.
#[utoipa::path(
    post,
    path = "/organizations/{org}/domains",
    tag = "Single sign-on",
    operation_id = "claim_domain",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = NewDomain,
    responses((status = 201, description = "Claim a mail domain; it has effect once it is verified", body = DomainView)),
    extensions(("x-permission" = json!("sso.manage"))),
)]
pub async fn claim(ctx: Ctx, Path(org): Path<String>, Body(wanted): Body<NewDomain>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, domains::claim(&ctx, &org, wanted).await?))
}

/// Show a claimed domain.
#[utoipa::path(
    get,
    path = "/organizations/{org}/domains/{domain}",
    tag = "Single sign-on",
    operation_id = "get_domain",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("domain" = String, Path, description = "`dom_…`"),
    ),
    responses((status = 200, description = "Show a claimed domain", body = DomainView)),
    extensions(("x-permission" = json!("sso.manage"))),
)]
pub async fn get(ctx: Ctx, Path((org, domain)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &domains::get(&ctx, &org, &domain).await?))
}

/// Give a claimed domain up.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/domains/{domain}",
    tag = "Single sign-on",
    operation_id = "release_domain",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("domain" = String, Path, description = "`dom_…`"),
    ),
    responses((status = 204, description = "Give a claimed domain up")),
    extensions(("x-permission" = json!("sso.manage"))),
)]
pub async fn release(ctx: Ctx, Path((org, domain)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(domains::release(&ctx, &org, &domain).await?))
}

/// Look for the proof of a claimed domain now.
#[utoipa::path(
    post,
    path = "/organizations/{org}/domains/{domain}/verify",
    tag = "Single sign-on",
    operation_id = "verify_domain",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("domain" = String, Path, description = "`dom_…`"),
    ),
    request_body = Option<DomainProof>,
    responses((status = 200, description = "The domain, verified", body = DomainView)),
    extensions(("x-permission" = json!("sso.manage"))),
)]
pub async fn verify(
    ctx: Ctx,
    Path((org, domain)): Path<(String, String)>,
    OptionalBody(proof): OptionalBody<DomainProof>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, domains::verify(&ctx, &org, &domain, proof).await?))
}
