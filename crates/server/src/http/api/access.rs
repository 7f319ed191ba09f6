//! What somebody reaches, who reaches something, and what somebody may do.

use crate::http::extract::{Body, Path};
use crate::http::problem::Problem;
use crate::http::reply::Json;
use crate::ops::Ctx;
use crate::ops::access::{
    self, ActionAllowed, AskActions, AskResources, AskSubjects, Reach, ResourceReached, SubjectReaching,
};

/// List every resource on which somebody may do one thing.
#[utoipa::path(
    post,
    path = "/organizations/{org}/access/resources",
    tag = "Checks",
    operation_id = "access_resources",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = AskResources,
    responses((status = 200, description = "List every resource on which somebody may do one thing", body = Reach<ResourceReached>)),
    extensions(("x-permission" = json!("access.check"))),
)]
pub async fn resources(
    ctx: Ctx,
    Path(org): Path<String>,
    Body(asked): Body<AskResources>,
) -> Result<Json<Reach<ResourceReached>>, Problem> {
    Ok(Json(access::resources(&ctx, &org, asked).await?))
}

/// List everybody who may do one thing on a resource.
#[utoipa::path(
    post,
    path = "/organizations/{org}/access/subjects",
    tag = "Checks",
    operation_id = "access_subjects",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = AskSubjects,
    responses((status = 200, description = "List everybody who may do one thing on a resource", body = Reach<SubjectReaching>)),
    extensions(("x-permission" = json!("access.check"))),
)]
pub async fn subjects(
    ctx: Ctx,
    Path(org): Path<String>,
    Body(asked): Body<AskSubjects>,
) -> Result<Json<Reach<SubjectReaching>>, Problem> {
    Ok(Json(access::subjects(&ctx, &org, asked).await?))
}

/// List everything somebody may do on a resource.
#[utoipa::path(
    post,
    path = "/organizations/{org}/access/actions",
    tag = "Checks",
    operation_id = "access_actions",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = AskActions,
    responses((status = 200, description = "List everything somebody may do on a resource", body = Reach<ActionAllowed>)),
    extensions(("x-permission" = json!("access.check"))),
)]
pub async fn actions(
    ctx: Ctx,
    Path(org): Path<String>,
    Body(asked): Body<AskActions>,
) -> Result<Json<Reach<ActionAllowed>>, Problem> {
    Ok(Json(access::actions(&ctx, &org, asked).await?))
}
