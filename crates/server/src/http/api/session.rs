//! Coming in and going out: set-up, sessions, signing up, accepting, introspection.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::extract::{Body, NoParameters, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, clear_session, done, set_device, set_session, written};
use crate::ops::accept::{self, Accept, CameIn, SignUp};
use crate::ops::declining::{self, Decline};
use crate::ops::identities::{self, Me};
use crate::ops::introspect::{self, Introspect, Introspected};
use crate::ops::passkeys::{self, Question, UsePasskey};
use crate::ops::sessions;
use crate::ops::setup::{self, SetUp};
use crate::ops::sign_in::{self, NewSession, SignIn, SignedIn};
use crate::ops::stepping_up::{self, StepUp};
use crate::ops::view::{MemberView, OrganizationView, Preview};
use crate::ops::{Answer, Ctx};

/// A session that has begun. Its secret is in the cookie only.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionAnswer {
    /// Who signed in.
    pub identity: SignedIn,
    /// Send it back as `X-CSRF-Token` with every write.
    pub csrf_token: String,
}

/// Somebody came in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CameInAnswer {
    /// The organization, when one was joined.
    pub organization: Option<OrganizationView>,
    /// The membership.
    pub membership: Option<MemberView>,
    /// Send it back as `X-CSRF-Token` with every write; `null` when a session was in use already.
    pub csrf_token: Option<String>,
}

/// The first organization is made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SetUpAnswer {
    /// The organization.
    pub organization: OrganizationView,
    /// `usr_…` of its owner.
    pub owner: String,
    /// Send it back as `X-CSRF-Token` with every write.
    pub csrf_token: String,
}

/// Make the first organization and its owner by the set-up address.
#[utoipa::path(post, path = "/set-up", tag = "Session", operation_id = "set_up", request_body = SetUp,
    responses((status = 201, description = "The owner is signed in", body = SetUpAnswer)))]
pub async fn set_up(ctx: Ctx, State(app): State<Arc<App>>, Body(wanted): Body<SetUp>) -> Result<Response, Problem> {
    Ok(match setup::complete(&ctx, wanted).await? {
        Answer::Done(ready) => {
            let body = SetUpAnswer {
                organization: ready.organization,
                owner: ready.owner.to_string(),
                csrf_token: ready.session.csrf_token.clone(),
            };
            let mut response = (StatusCode::CREATED, Json(body)).into_response();
            set_session(&app, &mut response, &ready.session);
            response
        }
        Answer::Preview(preview) => Json(preview).into_response(),
    })
}

/// Who is signed in, and the session's CSRF token.
#[utoipa::path(get, path = "/session", tag = "Session", operation_id = "get_session",
    responses((status = 200, description = "Who is signed in", body = Me)))]
pub async fn show(ctx: Ctx, _: Query<NoParameters>) -> Result<Json<Me>, Problem> {
    Ok(Json(identities::me(&ctx).await?))
}

fn signed_in(app: &App, answer: Answer<NewSession>) -> Response {
    match answer {
        Answer::Done(made) => {
            let body = SessionAnswer { identity: made.identity, csrf_token: made.session.csrf_token.clone() };
            let mut response = Json(body).into_response();
            set_session(app, &mut response, &made.session);
            set_device(app, &mut response, &made.device);
            response
        }
        Answer::Preview(preview) => Json(preview).into_response(),
    }
}

/// Sign in with address and password, and a code where you have a second factor.
#[utoipa::path(post, path = "/session", tag = "Session", operation_id = "sign_in", request_body = SignIn,
    responses((status = 200, description = "Signed in; the cookie is set", body = SessionAnswer)))]
pub async fn sign_in(ctx: Ctx, State(app): State<Arc<App>>, Body(wanted): Body<SignIn>) -> Result<Response, Problem> {
    Ok(signed_in(&app, sign_in::sign_in(&ctx, wanted).await?))
}

/// Ask any device for a passkey of this installation: to sign in, or to prove yourself once more.
#[utoipa::path(post, path = "/session/passkey/begin", tag = "Session", operation_id = "begin_passkey_sign_in",
    responses((status = 200, description = "The question to the device", body = Question)))]
pub async fn begin_passkey(ctx: Ctx) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, passkeys::begin_using(&ctx).await?))
}

/// Sign in with a passkey alone.
#[utoipa::path(post, path = "/session/passkey", tag = "Session", operation_id = "sign_in_with_passkey",
    request_body = UsePasskey,
    responses((status = 200, description = "Signed in; the cookie is set", body = SessionAnswer)))]
pub async fn use_passkey(
    ctx: Ctx,
    State(app): State<Arc<App>>,
    Body(wanted): Body<UsePasskey>,
) -> Result<Response, Problem> {
    Ok(signed_in(&app, passkeys::sign_in(&ctx, wanted).await?))
}

/// Prove once more that it is you, for what asks for a recent proof.
#[utoipa::path(post, path = "/session/step-up", tag = "Session", operation_id = "step_up", request_body = StepUp,
    responses((status = 204, description = "The session's proof is of now")))]
pub async fn step_up(ctx: Ctx, Body(wanted): Body<StepUp>) -> Result<Response, Problem> {
    Ok(done(stepping_up::step_up(&ctx, wanted).await?))
}

/// Sign out: end the session in use.
#[utoipa::path(delete, path = "/session", tag = "Session", operation_id = "sign_out",
    responses((status = 204, description = "Signed out")))]
pub async fn sign_out(ctx: Ctx, State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let mut response = done(sessions::sign_out(&ctx).await?);
    if !ctx.dry_run {
        clear_session(&app, &mut response);
    }
    Ok(response)
}

fn came_in(app: &App, status: StatusCode, answer: Answer<CameIn>) -> Response {
    match answer {
        Answer::Done(came) => {
            let csrf_token = came.session.as_ref().map(|s| s.csrf_token.clone());
            let body = CameInAnswer { organization: came.organization, membership: came.membership, csrf_token };
            let mut response = (status, Json(body)).into_response();
            if let Some(begun) = &came.session {
                set_session(app, &mut response, begun);
            }
            response
        }
        Answer::Preview(preview) => Json::<Preview>(preview).into_response(),
    }
}

/// Sign up and join an organization that lets people in by themselves.
#[utoipa::path(post, path = "/sign-up", tag = "Session", operation_id = "sign_up", request_body = SignUp,
    responses((status = 201, description = "Signed up; the cookie is set", body = CameInAnswer)))]
pub async fn sign_up(ctx: Ctx, State(app): State<Arc<App>>, Body(wanted): Body<SignUp>) -> Result<Response, Problem> {
    Ok(came_in(&app, StatusCode::CREATED, accept::sign_up(&ctx, wanted).await?))
}

/// Accept an invitation, signed in or signing up.
#[utoipa::path(post, path = "/invitations/accept", tag = "Session", operation_id = "accept_invitation", request_body = Accept,
    responses((status = 200, description = "A member now", body = CameInAnswer)))]
pub async fn accept(ctx: Ctx, State(app): State<Arc<App>>, Body(wanted): Body<Accept>) -> Result<Response, Problem> {
    Ok(came_in(&app, StatusCode::OK, accept::accept(&ctx, wanted).await?))
}

/// Decline an invitation.
#[utoipa::path(post, path = "/invitations/refuse", tag = "Session", operation_id = "refuse_invitation", request_body = Decline,
    responses((status = 204, description = "Declined; the link is dead")))]
pub async fn refuse(ctx: Ctx, Body(wanted): Body<Decline>) -> Result<Response, Problem> {
    Ok(done(declining::refuse(&ctx, wanted).await?))
}

/// Ask what a session or token stands for.
#[utoipa::path(post, path = "/introspect", tag = "Session", operation_id = "introspect", request_body = Introspect,
    responses((status = 200, description = "Identity, organization, role and scopes, or `active: false`", body = Introspected)),
    extensions(("x-permission" = json!("access.check"))))]
pub async fn introspect(ctx: Ctx, Body(asked): Body<Introspect>) -> Result<Json<Introspected>, Problem> {
    Ok(Json(introspect::introspect(&ctx, asked).await?))
}
