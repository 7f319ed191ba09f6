//! Signing in and out, and what a browser keeps for itself: its theme. Also the page of the design.

use axum::http::StatusCode;
use guildhall_domain::refusal::Code;
use guildhall_store::Stop;

use crate::console::gallery::GalleryPage;
use crate::console::verdict::Verdict;
use crate::console::view::{Input, SignInPage, Tone};
use crate::console::visit::{Sent, Shown, THEME, Visit, go, go_with, push_cookie};
use crate::http::reply::{clear_session, set_session};
use crate::ops::sessions::{self, SignIn};
use crate::ops::{Answer, accept, setup};

/// `GET /sign-in`. With `next` the form is shown even to somebody signed in: a session may be too old for one
/// organization and good for others, and sending them back would turn in a circle.
pub(super) async fn show(visit: Visit) -> Shown {
    let next = visit.asked("next");
    if visit.ctx.caller.is_some() && next.is_empty() {
        return Ok(go("/"));
    }
    if setup::waits(&visit.ctx).await.map_err(|stop| visit.wrong(stop))? {
        return Ok(go("/"));
    }
    page(&visit, Input::default(), next, &Verdict::default()).await
}

async fn page(visit: &Visit, email: Input, next: String, verdict: &Verdict) -> Shown {
    let organization = visit.asked("organization");
    let open = match organization.is_empty() {
        true => false,
        false => accept::open_to_all(&visit.ctx, organization.clone()).await.is_ok(),
    };
    let packed: String = form_urlencoded::byte_serialize(organization.as_bytes()).collect();
    let page = SignInPage {
        page: visit.plain("Sign in"),
        email,
        next,
        problem: verdict.problem.clone(),
        demo: visit.ctx.app.config.demo.clone(),
        sign_up_href: open.then(|| format!("/sign-up?organization={packed}")),
    };
    verdict.page(visit, &page)
}

/// `POST /sign-in`
pub(super) async fn sign_in(sent: Sent) -> Shown {
    let visit = &sent.visit;
    let (email, next) = (sent.get("email").to_owned(), sent.get("next").to_owned());
    let wanted = SignIn { email: email.clone(), password: sent.get("password").to_owned() };
    match sessions::sign_in(&visit.ctx, wanted).await.and_then(Answer::done) {
        Ok(begun) => {
            let mut response = go(&next);
            set_session(&visit.ctx.app, &mut response, &begun.session);
            Ok(response)
        }
        Err(stop) => {
            let verdict = Verdict::of(visit, stop, &[])?;
            page(visit, Input::of(email), next, &verdict).await
        }
    }
}

/// `POST /sign-out`; `next` leads on, to an invitation for instance.
pub(super) async fn sign_out(sent: Sent) -> Shown {
    let visit = &sent.visit;
    match sessions::sign_out(&visit.ctx).await {
        Ok(_) => {}
        // A session that is over already is what was asked for.
        Err(Stop::Refused(refusal)) if refusal.code == Code::AuthRequired => {}
        Err(stop) => return Err(visit.wrong(stop)),
    }
    let next = sent.get("next");
    let mut response = if next.is_empty() { go_with("/sign-in", Tone::Good, "You are signed out.") } else { go(next) };
    clear_session(&visit.ctx.app, &mut response);
    Ok(response)
}

/// `POST /theme`, for browsers without scripts.
pub(super) async fn theme(sent: Sent) -> Shown {
    let theme = match sent.get("theme") {
        chosen @ ("light" | "dark") => chosen,
        _ => "auto",
    };
    let mut response = go(&sent.visit.back);
    push_cookie(&mut response, &format!("{THEME}={theme}; Path=/; Max-Age=31536000; SameSite=Lax"));
    Ok(response)
}

/// `GET /design`: every component of the console, with made-up data.
pub(super) async fn design(visit: Visit) -> Shown {
    let page = GalleryPage::new(&visit.theme, &visit.csrf(), visit.ctx.now.micros() / 1_000);
    visit.page(StatusCode::OK, &page)
}
