//! Asking to join, and seats.

use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{NoParameters, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, written};
use crate::ops::Ctx;
use crate::ops::joining::{self, JoinRequestView};
use crate::ops::seats::{self, SeatsView};
use crate::ops::view::List;

/// Ask to join an organization.
#[utoipa::path(
    post,
    path = "/organizations/{org}/join-requests",
    tag = "Joining",
    operation_id = "ask_to_join",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    responses((status = 201, description = "An administrator decides; one that takes no requests answers like one that does not exist", body = JoinRequestView)),
)]
pub async fn ask(ctx: Ctx, Path(org): Path<String>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, joining::ask(&ctx, &org).await?))
}

/// Take back your request to join.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/join-requests",
    tag = "Joining",
    operation_id = "withdraw_join_request",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    responses((status = 204, description = "Taken back")),
)]
pub async fn withdraw(ctx: Ctx, Path(org): Path<String>) -> Result<Response, Problem> {
    Ok(done(joining::withdraw(&ctx, &org).await?))
}

/// List where you wait to be let in, and where you were turned away lately.
#[utoipa::path(
    get,
    path = "/me/join-requests",
    tag = "Joining",
    operation_id = "list_my_join_requests",
    params(PageQuery),
    responses((status = 200, description = "Newest first; a rejection shows for thirty days, with its reason", body = List<JoinRequestView>)),
)]
pub async fn mine(ctx: Ctx, Query(query): Query<PageQuery>) -> Result<Json<List<JoinRequestView>>, Problem> {
    Ok(Json(joining::mine(&ctx, query.by_id()?).await?))
}

/// Show how many seats are taken.
#[utoipa::path(
    get,
    path = "/organizations/{org}/seats",
    tag = "Joining",
    operation_id = "get_seats",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    responses((status = 200, description = "Taken seats and their maximum", body = SeatsView)),
    extensions(("x-permission" = json!("member.list"))),
)]
pub async fn seats(ctx: Ctx, Path(org): Path<String>, _: Query<NoParameters>) -> Result<Json<SeatsView>, Problem> {
    Ok(Json(seats::show(&ctx, &org).await?))
}
