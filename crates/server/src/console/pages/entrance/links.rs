//! What mailed links lead to: a new password, a proved address. Opening a link does nothing yet, so that a mail
//! scanner's visit does nothing either.

use axum::extract::Path;
use axum::http::StatusCode;
use guildhall_domain::change::LinkKind;

use super::password_hint;
use crate::console::verdict::Verdict;
use crate::console::view::{ForgotPage, LinkState, ResetPage, VerifyPage};
use crate::console::visit::{Sent, Shown, Visit, Wrong};
use crate::ops::identities::{self, Forgot, Reset, Verify};
use crate::ops::links::{self, Looked};

/// `GET /password/forgot`
pub(super) async fn show_forgot(visit: Visit) -> Shown {
    forgot_page(&visit, String::new(), false, &Verdict::default())
}

fn forgot_page(visit: &Visit, email: String, sent: bool, verdict: &Verdict) -> Shown {
    let mut page = visit.plain("New password");
    page.flash.extend(verdict.flash());
    verdict.page(visit, &ForgotPage { page, email: verdict.input("email", email), sent })
}

/// `POST /password/forgot`; answers alike for every address.
pub(super) async fn forgot(sent: Sent) -> Shown {
    let (visit, email) = (&sent.visit, sent.get("email").trim().to_owned());
    match identities::forgot(&visit.ctx, Forgot { email: email.clone() }).await {
        Ok(_) => forgot_page(visit, email, true, &Verdict::default()),
        Err(stop) => forgot_page(visit, email, false, &Verdict::of(visit, stop, &["email"])?),
    }
}

/// What a page says of a link that is good for nothing.
const fn gone(state: LinkState) -> StatusCode {
    if matches!(state, LinkState::Open | LinkState::Done) { StatusCode::OK } else { StatusCode::GONE }
}

/// What a link is good for, and whose mailbox it went to.
async fn look(visit: &Visit, token: &str, kind: LinkKind) -> Result<(LinkState, String), Wrong> {
    Ok(match links::look(&visit.ctx, token, kind).await.map_err(|stop| visit.wrong(stop))? {
        Looked::Open(email) => (LinkState::Open, email),
        Looked::Expired => (LinkState::Expired, String::new()),
        Looked::Unknown => (LinkState::Unknown, String::new()),
    })
}

/// `GET /password/reset/{token}`
pub(super) async fn show_reset(visit: Visit, Path(token): Path<String>) -> Shown {
    reset_page(&visit, token, None, &Verdict::default()).await
}

async fn reset_page(visit: &Visit, token: String, done: Option<LinkState>, verdict: &Verdict) -> Shown {
    let (state, email) = look(visit, &token, LinkKind::PasswordReset).await?;
    let state = done.unwrap_or(state);
    let mut page = visit.plain("New password");
    page.flash.extend(verdict.flash().filter(|_| state == LinkState::Open));
    let password = verdict.input("password", "");
    let page = ResetPage { page, token, email, state, password, password_hint: password_hint(&visit.ctx) };
    verdict.clone().or_status(gone(state)).page(visit, &page)
}

/// `POST /password/reset/{token}`
pub(super) async fn reset(Path(token): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    let wanted = Reset { token: token.clone(), password: sent.get("password").to_owned() };
    match identities::reset(&visit.ctx, wanted).await {
        Ok(_) => reset_page(visit, token, Some(LinkState::Done), &Verdict::default()).await,
        Err(stop) => reset_page(visit, token, None, &Verdict::of(visit, stop, &["password"])?).await,
    }
}

/// `GET /email/verify/{token}`
pub(super) async fn show_verify(visit: Visit, Path(token): Path<String>) -> Shown {
    let (state, email) = look(&visit, &token, LinkKind::EmailVerify).await?;
    verify_page(&visit, token, email, state, Verdict::default())
}

fn verify_page(visit: &Visit, token: String, email: String, state: LinkState, verdict: Verdict) -> Shown {
    let mut page = visit.plain("Confirm your address");
    page.flash.extend(verdict.flash().filter(|_| state == LinkState::Open));
    verdict.or_status(gone(state)).page(visit, &VerifyPage { page, token, email, state })
}

/// `POST /email/verify/{token}`
pub(super) async fn verify(Path(token): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    let (state, email) = look(visit, &token, LinkKind::EmailVerify).await?;
    match identities::verify(&visit.ctx, Verify { token: token.clone() }).await {
        Ok(_) => verify_page(visit, token, email, LinkState::Done, Verdict::default()),
        Err(stop) => verify_page(visit, token, email, state, Verdict::of(visit, stop, &[])?),
    }
}
