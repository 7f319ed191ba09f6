//! Invitations.

use axum::http::StatusCode;
use axum::response::Response;

use crate::http::extract::{Body, NoParameters, OptionalBody, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, object, written};
use crate::ops::Ctx;
use crate::ops::invitations::{self, EditInvitation, InvitationQuery, InvitationView, Resend};
use crate::ops::inviting::{self, InviteOutcome, Invited, NewInvitations};
use crate::ops::view::List;

/// List invitations, newest first.
#[utoipa::path(
    get,
    path = "/organizations/{org}/invitations",
    tag = "Invitations",
    operation_id = "list_invitations",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        InvitationQuery,
    ),
    responses((status = 200, description = "List invitations, newest first", body = List<InvitationView>)),
    extensions(("x-permission" = json!("invitation.manage"))),
)]
pub async fn list(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<InvitationQuery>,
) -> Result<Json<List<InvitationView>>, Problem> {
    Ok(Json(invitations::list(&ctx, &org, query).await?))
}

/// Invite people, each with an answer of their own.
#[utoipa::path(
    post,
    path = "/organizations/{org}/invitations",
    tag = "Invitations",
    operation_id = "invite",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = NewInvitations,
    responses((status = 200, description = "Invite people, each with an answer of their own", body = Invited)),
    extensions(("x-permission" = json!("member.invite"))),
)]
pub async fn create(
    ctx: Ctx,
    Path(org): Path<String>,
    Body(wanted): Body<NewInvitations>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, inviting::invite(&ctx, &org, wanted).await?))
}

/// Show an invitation.
#[utoipa::path(
    get,
    path = "/organizations/{org}/invitations/{invitation}",
    tag = "Invitations",
    operation_id = "get_invitation",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("invitation" = String, Path, description = "`inv_…`"),
    ),
    responses((status = 200, description = "Show an invitation", body = InvitationView)),
    extensions(("x-permission" = json!("invitation.manage"))),
)]
pub async fn get(
    ctx: Ctx,
    Path((org, invitation)): Path<(String, String)>,
    _: Query<NoParameters>,
) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &invitations::get(&ctx, &org, &invitation).await?))
}

/// Change a waiting invitation: its role, and what else it gives.
#[utoipa::path(
    patch,
    path = "/organizations/{org}/invitations/{invitation}",
    tag = "Invitations",
    operation_id = "edit_invitation",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("invitation" = String, Path, description = "`inv_…`"),
    ),
    request_body = EditInvitation,
    responses((status = 200, description = "Change a waiting invitation", body = InvitationView)),
    extensions(("x-permission" = json!("invitation.manage"))),
)]
pub async fn edit(
    ctx: Ctx,
    Path((org, invitation)): Path<(String, String)>,
    Body(wanted): Body<EditInvitation>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, invitations::edit(&ctx, &org, &invitation, wanted).await?))
}

/// Withdraw a waiting invitation.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/invitations/{invitation}",
    tag = "Invitations",
    operation_id = "cancel_invitation",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("invitation" = String, Path, description = "`inv_…`"),
    ),
    responses((status = 204, description = "Withdraw a waiting invitation")),
    extensions(("x-permission" = json!("invitation.manage"))),
)]
pub async fn cancel(ctx: Ctx, Path((org, invitation)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(invitations::cancel(&ctx, &org, &invitation).await?))
}

/// Send an invitation again with a new secret and a new end.
#[utoipa::path(
    post,
    path = "/organizations/{org}/invitations/{invitation}/resend",
    tag = "Invitations",
    operation_id = "resend_invitation",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("invitation" = String, Path, description = "`inv_…`"),
    ),
    request_body = Option<Resend>,
    responses((status = 200, description = "Send an invitation again with a new secret and a new end", body = InviteOutcome)),
    extensions(("x-permission" = json!("invitation.manage"))),
)]
pub async fn resend(
    ctx: Ctx,
    Path((org, invitation)): Path<(String, String)>,
    OptionalBody(wanted): OptionalBody<Resend>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, invitations::resend(&ctx, &org, &invitation, wanted).await?))
}
