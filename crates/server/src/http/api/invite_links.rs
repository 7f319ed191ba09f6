//! Invite links.

use axum::http::StatusCode;
use axum::response::Response;

use super::PageQuery;
use crate::http::extract::{OptionalBody, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, written};
use crate::ops::Ctx;
use crate::ops::invite_links::{self, InviteLinkView, InviteLinksReset, NewInviteLink};
use crate::ops::view::List;

/// List invite links, newest first.
#[utoipa::path(
    get,
    path = "/organizations/{org}/invite-links",
    tag = "Invite links",
    operation_id = "list_invite_links",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        PageQuery,
    ),
    responses((status = 200, description = "List invite links, newest first", body = List<InviteLinkView>)),
    extensions(("x-permission" = json!("invitation.manage"))),
)]
pub async fn list(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<InviteLinkView>>, Problem> {
    Ok(Json(invite_links::list(&ctx, &org, query.by_id()?).await?))
}

/// Make a link that anybody holding it joins with; it is shown once.
#[utoipa::path(
    post,
    path = "/organizations/{org}/invite-links",
    tag = "Invite links",
    operation_id = "create_invite_link",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = Option<NewInviteLink>,
    responses((status = 201, description = "Make a link that anybody holding it joins with", body = InviteLinkView)),
    extensions(("x-permission" = json!("member.invite"))),
)]
pub async fn create(
    ctx: Ctx,
    Path(org): Path<String>,
    OptionalBody(wanted): OptionalBody<NewInviteLink>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, invite_links::create(&ctx, &org, wanted).await?))
}

/// Withdraw an invite link.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/invite-links/{link}",
    tag = "Invite links",
    operation_id = "cancel_invite_link",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("link" = String, Path, description = "`lnk_…`"),
    ),
    responses((status = 204, description = "Withdraw an invite link")),
    extensions(("x-permission" = json!("invitation.manage"))),
)]
pub async fn cancel(ctx: Ctx, Path((org, link)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(invite_links::cancel(&ctx, &org, &link).await?))
}

/// Withdraw all invite links of the organization at once.
#[utoipa::path(
    post,
    path = "/organizations/{org}/invite-links/reset",
    tag = "Invite links",
    operation_id = "reset_invite_links",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    responses((status = 200, description = "Withdraw all invite links at once", body = InviteLinksReset)),
    extensions(("x-permission" = json!("invitation.manage"))),
)]
pub async fn reset(ctx: Ctx, Path(org): Path<String>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, invite_links::reset(&ctx, &org).await?))
}
