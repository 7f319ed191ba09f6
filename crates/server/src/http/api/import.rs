//! Importing.

use axum::http::StatusCode;
use axum::response::Response;

use crate::http::extract::{Body, Path};
use crate::http::problem::Problem;
use crate::http::reply::written;
use crate::ops::Ctx;
use crate::ops::import::{self as ops, Imported, NewImport};

/// Import people, groups, resources and grants.
#[utoipa::path(
    post,
    path = "/organizations/{org}/import",
    tag = "Organizations",
    operation_id = "import",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = NewImport,
    responses((status = 200, description = "An answer for each item; what is there already stays as it is. People are imported by administrators of the installation", body = Imported)),
    extensions(("x-permission" = json!("organization.import"))),
)]
pub async fn import(ctx: Ctx, Path(org): Path<String>, Body(wanted): Body<NewImport>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, ops::import(&ctx, &org, wanted).await?))
}
