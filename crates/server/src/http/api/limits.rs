//! Usage limits and use.

use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{Body, NoParameters, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, object, written};
use crate::ops::Ctx;
use crate::ops::limits::{self, EditLimit, LimitView, NewLimit};
use crate::ops::usage::{self, Report, UsageQuery, UsageQuestion, UsageView};
use crate::ops::view::List;

/// List usage limits with what is used of them.
#[utoipa::path(
    get,
    path = "/organizations/{org}/usage-limits",
    tag = "Usage",
    operation_id = "list_usage_limits",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        PageQuery,
    ),
    responses((status = 200, description = "List usage limits with what is used of them", body = List<LimitView>)),
    extensions(("x-permission" = json!("limit.manage"))),
)]
pub async fn list(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<LimitView>>, Problem> {
    Ok(Json(limits::list(&ctx, &org, query.by_id()?).await?))
}

/// Make a usage limit.
#[utoipa::path(
    post,
    path = "/organizations/{org}/usage-limits",
    tag = "Usage",
    operation_id = "create_usage_limit",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = NewLimit,
    responses((status = 201, description = "Make a usage limit", body = LimitView)),
    extensions(("x-permission" = json!("limit.manage"))),
)]
pub async fn create(ctx: Ctx, Path(org): Path<String>, Body(wanted): Body<NewLimit>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, limits::create(&ctx, &org, wanted).await?))
}

/// Show a usage limit with what is used of it.
#[utoipa::path(
    get,
    path = "/organizations/{org}/usage-limits/{limit}",
    tag = "Usage",
    operation_id = "get_usage_limit",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("limit" = String, Path, description = "`lim_…`"),
    ),
    responses((status = 200, description = "Show a usage limit with what is used of it", body = LimitView)),
    extensions(("x-permission" = json!("limit.manage"))),
)]
pub async fn get(
    ctx: Ctx,
    Path((org, limit)): Path<(String, String)>,
    _: Query<NoParameters>,
) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &limits::get(&ctx, &org, &limit).await?))
}

/// Change a usage limit.
#[utoipa::path(
    patch,
    path = "/organizations/{org}/usage-limits/{limit}",
    tag = "Usage",
    operation_id = "edit_usage_limit",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("limit" = String, Path, description = "`lim_…`"),
    ),
    request_body = EditLimit,
    responses((status = 200, description = "Change a usage limit", body = LimitView)),
    extensions(("x-permission" = json!("limit.manage"))),
)]
pub async fn edit(
    ctx: Ctx,
    Path((org, limit)): Path<(String, String)>,
    Body(wanted): Body<EditLimit>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, limits::edit(&ctx, &org, &limit, wanted).await?))
}

/// End a usage limit.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/usage-limits/{limit}",
    tag = "Usage",
    operation_id = "delete_usage_limit",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("limit" = String, Path, description = "`lim_…`"),
    ),
    responses((status = 204, description = "End a usage limit")),
    extensions(("x-permission" = json!("limit.manage"))),
)]
pub async fn delete(ctx: Ctx, Path((org, limit)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(limits::delete(&ctx, &org, &limit).await?))
}

/// Tell what is left for somebody.
#[utoipa::path(
    get,
    path = "/organizations/{org}/usage",
    tag = "Usage",
    operation_id = "get_usage",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        UsageQuery,
    ),
    responses((status = 200, description = "Tell what is left for somebody", body = UsageView)),
    extensions(("x-permission" = json!("usage.report"))),
)]
pub async fn usage(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<UsageQuery>,
) -> Result<Json<UsageView>, Problem> {
    Ok(Json(usage::show(&ctx, &org, query).await?))
}

/// Report use.
#[utoipa::path(
    post,
    path = "/organizations/{org}/usage",
    tag = "Usage",
    operation_id = "report_usage",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = Report,
    responses((status = 200, description = "Report use", body = UsageView)),
    extensions(("x-permission" = json!("usage.report"))),
)]
pub async fn report(ctx: Ctx, Path(org): Path<String>, Body(wanted): Body<Report>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, usage::report(&ctx, &org, wanted).await?))
}

/// May so much be used?
#[utoipa::path(
    post,
    path = "/organizations/{org}/usage/check",
    tag = "Usage",
    operation_id = "check_usage",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = UsageQuestion,
    responses((status = 200, description = "May so much be used?", body = UsageView)),
    extensions(("x-permission" = json!("usage.report"))),
)]
pub async fn check(
    ctx: Ctx,
    Path(org): Path<String>,
    Body(asked): Body<UsageQuestion>,
) -> Result<Json<UsageView>, Problem> {
    Ok(Json(usage::check(&ctx, &org, asked).await?))
}
