//! The preset an organization runs with.

use axum::http::StatusCode;
use axum::response::Response;

use crate::http::extract::{Body, NoParameters, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{object, written};
use crate::ops::Ctx;
use crate::ops::presets::{self, NewPreset, PresetView};

/// Show the preset in force, with its whole text.
#[utoipa::path(
    get,
    path = "/organizations/{org}/preset",
    tag = "Organizations",
    operation_id = "get_preset",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    responses((status = 200, description = "Show the preset in force, with its whole text", body = PresetView)),
    extensions(("x-permission" = json!("policy.read"))),
)]
pub async fn get(ctx: Ctx, Path(org): Path<String>, _: Query<NoParameters>) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &presets::get(&ctx, &org).await?))
}

/// Put another preset, or another version, into force.
#[utoipa::path(
    post,
    path = "/organizations/{org}/preset",
    tag = "Organizations",
    operation_id = "apply_preset",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = NewPreset,
    responses((status = 200, description = "Put another preset, or another version, into force", body = PresetView)),
    extensions(("x-permission" = json!("preset.apply"))),
)]
pub async fn apply(ctx: Ctx, Path(org): Path<String>, Body(wanted): Body<NewPreset>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, presets::apply(&ctx, &org, wanted).await?))
}
