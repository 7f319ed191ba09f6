//! Checks.

use crate::http::extract::{Body, Path};
use crate::http::problem::Problem;
use crate::http::reply::Json;
use crate::ops::Ctx;
use crate::ops::check::{self, AllChecked, Check, Checked, Checks};

/// May this subject do that?.
#[utoipa::path(
    post,
    path = "/organizations/{org}/check",
    tag = "Checks",
    operation_id = "check",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = Check,
    responses((status = 200, description = "May this subject do that?", body = Checked)),
    extensions(("x-permission" = json!("access.check"))),
)]
pub async fn check(ctx: Ctx, Path(org): Path<String>, Body(asked): Body<Check>) -> Result<Json<Checked>, Problem> {
    Ok(Json(check::check(&ctx, &org, asked).await?))
}

/// Up to 1,000 checks at one revision.
#[utoipa::path(
    post,
    path = "/organizations/{org}/check/batch",
    tag = "Checks",
    operation_id = "check_batch",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = Checks,
    responses((status = 200, description = "Up to 1,000 checks at one revision", body = AllChecked)),
    extensions(("x-permission" = json!("access.check"))),
)]
pub async fn batch(ctx: Ctx, Path(org): Path<String>, Body(asked): Body<Checks>) -> Result<Json<AllChecked>, Problem> {
    Ok(Json(check::batch(&ctx, &org, asked).await?))
}
