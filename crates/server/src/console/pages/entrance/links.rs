//! What mailed links lead to: a new password, a proved address. Opening a link does nothing yet, so that a mail
//! scanner's visit does nothing either.

use axum::extract::Path;
use axum::http::StatusCode;
use guildhall_domain::change::LinkKind;
use guildhall_domain::refusal::Code;

use super::{password_hint, state_of};
use crate::console::verdict::Verdict;
use crate::console::view::{ForgotPage, LinkState, ResetPage, VerifyPage};
use crate::console::visit::{Sent, Shown, Visit};
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

/// `GET /password/reset/{token}`
pub(super) async fn show_reset(visit: Visit, Path(token): Path<String>) -> Shown {
    let looked = links::look(&visit.ctx, &token, LinkKind::PasswordReset).await;
    let state = state_of(&looked.map_err(|stop| visit.wrong(stop))?);
    reset_page(&visit, token, state, Verdict { status: gone(state), ..Verdict::default() })
}

fn reset_page(visit: &Visit, token: String, state: LinkState, verdict: Verdict) -> Shown {
    let mut page = visit.plain("New password");
    page.flash.extend(verdict.flash().filter(|_| state == LinkState::Open));
    let password = verdict.input("password", "");
    verdict.page(visit, &ResetPage { page, token, state, password, password_hint: password_hint(&visit.ctx) })
}

/// `POST /password/reset/{token}`
pub(super) async fn reset(Path(token): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    let wanted = Reset { token: token.clone(), password: sent.get("password").to_owned() };
    match identities::reset(&visit.ctx, wanted).await {
        Ok(_) => reset_page(visit, token, LinkState::Done, Verdict::default()),
        Err(stop) => {
            let verdict = Verdict::of(visit, stop, &["password"])?;
            let dead = verdict.code == Some(Code::LinkInvalid);
            reset_page(visit, token, if dead { LinkState::Unknown } else { LinkState::Open }, verdict)
        }
    }
}

/// `GET /email/verify/{token}`
pub(super) async fn show_verify(visit: Visit, Path(token): Path<String>) -> Shown {
    let looked = links::look(&visit.ctx, &token, LinkKind::EmailVerify).await.map_err(|stop| visit.wrong(stop))?;
    let state = state_of(&looked);
    verify_page(&visit, token, looked, state)
}

fn verify_page(visit: &Visit, token: String, looked: Looked, state: LinkState) -> Shown {
    let email = if let Looked::Open(email) = looked { email } else { String::new() };
    visit.page(gone(state), &VerifyPage { page: visit.plain("Confirm your address"), token, email, state })
}

/// `POST /email/verify/{token}`
pub(super) async fn verify(Path(token): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    let looked = links::look(&visit.ctx, &token, LinkKind::EmailVerify).await.map_err(|stop| visit.wrong(stop))?;
    match identities::verify(&visit.ctx, Verify { token: token.clone() }).await {
        Ok(_) => verify_page(visit, token, looked, LinkState::Done),
        Err(stop) => {
            let verdict = Verdict::of(visit, stop, &[])?;
            if verdict.code == Some(Code::LinkInvalid) {
                let state = state_of(&looked);
                return verify_page(visit, token, looked, state);
            }
            let mut page = visit.plain("Confirm your address");
            page.flash.extend(verdict.flash());
            verdict.page(visit, &VerifyPage { page, token, email: String::new(), state: LinkState::Unknown })
        }
    }
}
