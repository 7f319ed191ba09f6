//! Connections to identity providers: an organization's.

use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, object, written};
use crate::ops::Ctx;
use crate::ops::sso_connections::{self as connections, ConnectionView, ConnectionWish};
use crate::ops::view::List;

/// List an organization's connections to identity providers, newest first.
#[utoipa::path(
    get,
    path = "/organizations/{org}/sso-connections",
    tag = "Single sign-on",
    operation_id = "list_sso_connections",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        PageQuery,
    ),
    responses((status = 200, description = "List an organization's connections to identity providers, newest first", body = List<ConnectionView>)),
    extensions(("x-permission" = json!("sso.manage"))),
)]
pub async fn list(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<ConnectionView>>, Problem> {
    Ok(Json(connections::list(&ctx, Some(&org), query.by_id()?).await?))
}

/// Make a connection, switched off: it is tested first.
#[utoipa::path(
    post,
    path = "/organizations/{org}/sso-connections",
    tag = "Single sign-on",
    operation_id = "create_sso_connection",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ),
    request_body = ConnectionWish,
    responses((status = 201, description = "Make a connection, switched off: it is tested first", body = ConnectionView)),
    extensions(("x-permission" = json!("sso.manage"))),
)]
pub async fn create(
    ctx: Ctx,
    Path(org): Path<String>,
    Body(wanted): Body<ConnectionWish>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, connections::create(&ctx, Some(&org), wanted).await?))
}

/// Show a connection.
#[utoipa::path(
    get,
    path = "/organizations/{org}/sso-connections/{connection}",
    tag = "Single sign-on",
    operation_id = "get_sso_connection",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("connection" = String, Path, description = "`sso_…`"),
    ),
    responses((status = 200, description = "Show a connection", body = ConnectionView)),
    extensions(("x-permission" = json!("sso.manage"))),
)]
pub async fn get(ctx: Ctx, Path((org, connection)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &connections::get(&ctx, Some(&org), &connection).await?))
}

/// Change a connection, switch it on or off.
#[utoipa::path(
    patch,
    path = "/organizations/{org}/sso-connections/{connection}",
    tag = "Single sign-on",
    operation_id = "edit_sso_connection",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("connection" = String, Path, description = "`sso_…`"),
    ),
    request_body = ConnectionWish,
    responses((status = 200, description = "Change a connection, switch it on or off", body = ConnectionView)),
    extensions(("x-permission" = json!("sso.manage"))),
)]
pub async fn edit(
    ctx: Ctx,
    Path((org, connection)): Path<(String, String)>,
    Body(wanted): Body<ConnectionWish>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, connections::edit(&ctx, Some(&org), &connection, wanted).await?))
}

/// Delete a connection; the sessions it began end.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/sso-connections/{connection}",
    tag = "Single sign-on",
    operation_id = "delete_sso_connection",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("connection" = String, Path, description = "`sso_…`"),
    ),
    responses((status = 204, description = "Delete a connection; the sessions it began end")),
    extensions(("x-permission" = json!("sso.manage"))),
)]
pub async fn delete(ctx: Ctx, Path((org, connection)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(connections::delete(&ctx, Some(&org), &connection).await?))
}

/// Try a connection, step by step.
#[utoipa::path(
    post,
    path = "/organizations/{org}/sso-connections/{connection}/test",
    tag = "Single sign-on",
    operation_id = "test_sso_connection",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("connection" = String, Path, description = "`sso_…`"),
    ),
    responses((status = 200, description = "The connection with what the test found", body = ConnectionView)),
    extensions(("x-permission" = json!("sso.manage"))),
)]
pub async fn test(ctx: Ctx, Path((org, connection)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, connections::test(&ctx, Some(&org), &connection).await?))
}
