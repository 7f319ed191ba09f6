//! Answers: status, `ETag`, cookies. Does not decide.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use guildhall_store::{Stop, StoreError};
use serde::Serialize;

use super::problem::Problem;
use crate::app::App;
use crate::ops::account::AccountView;
use crate::ops::deploy_keys::DeployKeyView;
use crate::ops::domains::DomainView;
use crate::ops::factors::{AppSecret, BackupCodes, FactorAdded, FactorView};
use crate::ops::grants::GrantView;
use crate::ops::groups::GroupView;
use crate::ops::import_shapes::Imported;
use crate::ops::invitations::InvitationView;
use crate::ops::invite_links::{InviteLinkView, InviteLinksReset};
use crate::ops::inviting::{InviteOutcome, Invited};
use crate::ops::joining::JoinRequestView;
use crate::ops::limits::LimitView;
use crate::ops::organizations::PolicyView;
use crate::ops::passkeys::Question;
use crate::ops::presets::PresetView;
use crate::ops::resources::ResourceView;
use crate::ops::roles::RoleView;
use crate::ops::scim_tokens::ScimTokenView;
use crate::ops::service_accounts::ServiceAccountView;
use crate::ops::sessions::Begun;
use crate::ops::share_links::ShareLinkView;
use crate::ops::sso_connections::ConnectionView;
use crate::ops::tenant_people::TenantMemberView;
use crate::ops::tenant_resources::TenantResourceView;
use crate::ops::tenants::{TenantSettingsView, TenantView};
use crate::ops::usage::UsageView;
use crate::ops::view::{MemberView, Nothing, OrganizationView, TokenView};
use crate::ops::{Answer, identities};

/// How much is put aside for an answer; most are no longer.
const ROOM_BYTES: usize = 1_000;

/// And how many headers it has by the time it leaves.
const HEADERS: usize = 6;

/// An answer in JSON, written in one piece.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut text = Vec::with_capacity(ROOM_BYTES);
        if let Err(error) = serde_json::to_writer(&mut text, &self.0) {
            return Problem(Stop::Failed(StoreError::Bug(format!("an answer is no JSON: {error}")))).into_response();
        }
        let mut response = Response::new(Body::from(text));
        let headers = response.headers_mut();
        headers.reserve(HEADERS);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

/// Something that may carry the revision of its last change.
pub trait Tagged {
    /// The revision, when the thing has one.
    fn revision(&self) -> Option<u64> {
        None
    }
}

macro_rules! tagged {
    ($($revised:ty),*; $($plain:ty),*) => {
        $(impl Tagged for $revised {
            fn revision(&self) -> Option<u64> {
                Some(self.revision)
            }
        })*
        $(impl Tagged for $plain {})*
    };
}

tagged!(GroupView, ResourceView, MemberView, InvitationView, OrganizationView, PolicyView, PresetView, InviteLinkView, LimitView, AccountView, RoleView, ServiceAccountView, TenantView, TenantSettingsView, TenantResourceView, ConnectionView; GrantView, Invited, InviteOutcome, TokenView, Nothing, identities::Me, InviteLinksReset, UsageView, TenantMemberView, JoinRequestView, DeployKeyView, ShareLinkView, FactorView, AppSecret, FactorAdded, BackupCodes, Question, ScimTokenView, DomainView, Imported);

/// One object with its `ETag`.
pub fn object<T: Serialize + Tagged>(status: StatusCode, value: &T) -> Response {
    let mut response = (status, Json(value)).into_response();
    if let Some(tag) = value.revision().and_then(|r| HeaderValue::from_str(&format!("\"{r}\"")).ok()) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// The answer of a write: the object, or what would happen.
pub fn written<T: Serialize + Tagged>(status: StatusCode, answer: Answer<T>) -> Response {
    match answer {
        Answer::Done(value) => object(status, &value),
        Answer::Preview(preview) => Json(preview).into_response(),
    }
}

/// The answer of a write that leaves nothing to show.
pub fn done(answer: Answer<Nothing>) -> Response {
    match answer {
        Answer::Done(_) => StatusCode::NO_CONTENT.into_response(),
        Answer::Preview(preview) => Json(preview).into_response(),
    }
}

/// Sets the cookie of a session.
pub fn set_session(app: &App, response: &mut Response, begun: &Begun) {
    let secure = if app.config.is_https() { "; Secure" } else { "" };
    let line = format!(
        "{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}",
        app.config.cookie_name(),
        begun.cookie,
        begun.max_age_s
    );
    if let Ok(value) = HeaderValue::from_str(&line) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

const YEAR_S: u32 = 31_536_000;

/// Sets the cookie by which a browser is known to an account, see [`crate::ops::Ctx::whence`].
pub fn set_device(app: &App, response: &mut Response, device: &str) {
    let secure = if app.config.is_https() { "; Secure" } else { "" };
    let name = app.config.device_cookie_name();
    let line = format!("{name}={device}; Path=/; HttpOnly; SameSite=Lax; Max-Age={YEAR_S}{secure}");
    if let Ok(value) = HeaderValue::from_str(&line) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// Forgets the cookie of a session.
pub fn clear_session(app: &App, response: &mut Response) {
    let secure = if app.config.is_https() { "; Secure" } else { "" };
    let line = format!("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}", app.config.cookie_name());
    if let Ok(value) = HeaderValue::from_str(&line) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}
