//! Signing out, and what a browser keeps for itself: its theme. Also the page of the design.

use axum::http::StatusCode;
use guildhall_domain::refusal::Code;
use guildhall_store::Stop;

use crate::console::gallery::GalleryPage;
use crate::console::view::Tone;
use crate::console::visit::{Sent, Shown, THEME, Visit, go, go_with, push_cookie};
use crate::http::reply::clear_session;
use crate::ops::sessions;

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
