//! Connections to identity providers: the installation's.

use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, object, written};
use crate::ops::Ctx;
use crate::ops::sso_connections::{self as connections, ConnectionView, ConnectionWish};
use crate::ops::view::List;

/// List the installation's connections to identity providers, newest first.
#[utoipa::path(
    get,
    path = "/sso-connections",
    tag = "Single sign-on",
    operation_id = "list_installation_sso_connections",
    params(
        PageQuery,
    ),
    responses((status = 200, description = "List the installation's connections to identity providers, newest first", body = List<ConnectionView>)),
)]
pub async fn list(ctx: Ctx, Query(query): Query<PageQuery>) -> Result<Json<List<ConnectionView>>, Problem> {
    Ok(Json(connections::list(&ctx, None, query.by_id()?).await?))
}

/// Make a connection, switched off: it is tested first.
#[utoipa::path(
    post,
    path = "/sso-connections",
    tag = "Single sign-on",
    operation_id = "create_installation_sso_connection",
    params(),
    request_body = ConnectionWish,
    responses((status = 201, description = "Make a connection, switched off: it is tested first", body = ConnectionView)),
)]
pub async fn create(ctx: Ctx, Body(wanted): Body<ConnectionWish>) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, connections::create(&ctx, None, wanted).await?))
}

/// Show a connection.
#[utoipa::path(
    get,
    path = "/sso-connections/{connection}",
    tag = "Single sign-on",
    operation_id = "get_installation_sso_connection",
    params(
        ("connection" = String, Path, description = "`sso_…`"),
    ),
    responses((status = 200, description = "Show a connection", body = ConnectionView)),
)]
pub async fn get(ctx: Ctx, Path(connection): Path<String>) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &connections::get(&ctx, None, &connection).await?))
}

/// Change a connection, switch it on or off.
#[utoipa::path(
    patch,
    path = "/sso-connections/{connection}",
    tag = "Single sign-on",
    operation_id = "edit_installation_sso_connection",
    params(
        ("connection" = String, Path, description = "`sso_…`"),
    ),
    request_body = ConnectionWish,
    responses((status = 200, description = "Change a connection, switch it on or off", body = ConnectionView)),
)]
pub async fn edit(
    ctx: Ctx,
    Path(connection): Path<String>,
    Body(wanted): Body<ConnectionWish>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, connections::edit(&ctx, None, &connection, wanted).await?))
}

/// Delete a connection; the sessions it began end.
#[utoipa::path(
    delete,
    path = "/sso-connections/{connection}",
    tag = "Single sign-on",
    operation_id = "delete_installation_sso_connection",
    params(
        ("connection" = String, Path, description = "`sso_…`"),
    ),
    responses((status = 204, description = "Delete a connection; the sessions it began end")),
)]
pub async fn delete(ctx: Ctx, Path(connection): Path<String>) -> Result<Response, Problem> {
    Ok(done(connections::delete(&ctx, None, &connection).await?))
}

/// Try a connection, step by step.
#[utoipa::path(
    post,
    path = "/sso-connections/{connection}/test",
    tag = "Single sign-on",
    operation_id = "test_installation_sso_connection",
    params(
        ("connection" = String, Path, description = "`sso_…`"),
    ),
    responses((status = 200, description = "The connection with what the test found", body = ConnectionView)),
)]
pub async fn test(ctx: Ctx, Path(connection): Path<String>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, connections::test(&ctx, None, &connection).await?))
}
