//! The page an invitation leads to, whoever opens it and whatever has become of it.

use axum::extract::Path;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_store::Stop;

use super::password_hint;
use crate::console::verdict::{Verdict, sentence};
use crate::console::view::{AcceptPage, AcceptState, Tone};
use crate::console::visit::{Sent, Shown, Visit, go, go_with};
use crate::http::problem::status;
use crate::http::reply::set_session;
use crate::ops::Answer;
use crate::ops::accept::{self, Accept, Opened};

/// `GET /invite/{token}`
pub(super) async fn show(visit: Visit, Path(token): Path<String>) -> Shown {
    page(&visit, &token, None, Verdict::default()).await
}

async fn page(visit: &Visit, token: &str, typed: Option<&Sent>, mut verdict: Verdict) -> Shown {
    let (opened, state) = match accept::look(&visit.ctx, token).await {
        Ok(opened) => {
            let state = open_state(visit, &opened, typed, &verdict);
            (Some(opened), state)
        }
        Err(Stop::Refused(refusal)) => {
            let Some(state) = dead_state(&refusal) else { return Err(visit.wrong(refusal)) };
            verdict.status = status(refusal.code.kind());
            (None, state)
        }
        Err(stop) => return Err(visit.wrong(stop)),
    };
    let packed: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let action = format!("/invite/{packed}");
    let next: String = form_urlencoded::byte_serialize(action.as_bytes()).collect();
    let opened = opened.as_ref();
    let page = AcceptPage {
        page: visit.plain("Invitation"),
        sign_in_href: format!("/sign-in?next={next}"),
        action,
        organization_name: opened.map(|o| o.organization.clone()).unwrap_or_default(),
        inviter: opened.map(|o| o.inviter.clone()).unwrap_or_default(),
        email: opened.map(|o| o.email.clone()).unwrap_or_default(),
        role: opened.map(|o| o.role.clone()).unwrap_or_default(),
        // What the state says itself is not said twice.
        problem: verdict
            .problem
            .clone()
            .filter(|_| matches!(state, AcceptState::NewPerson { .. } | AcceptState::Ready { .. })),
        state,
    };
    verdict.page(visit, &page)
}

/// The state of an invitation that is good for nothing any more.
fn dead_state(refusal: &Refusal) -> Option<AcceptState> {
    Some(match refusal.code {
        Code::InvitationExpired => AcceptState::Expired,
        Code::InvitationUsed => AcceptState::Used,
        Code::InvitationCancelled => AcceptState::Cancelled,
        Code::InvitationUnknown => AcceptState::Invalid {
            why: "Its address is not whole, or a newer invite took its place. Use the newest one, with the whole \
                  address, or ask for a new one."
                .to_owned(),
        },
        Code::InviteLinkExpired | Code::InviteLinkReset | Code::InviteLinkUsedUp | Code::InviteLinkNotOffered => {
            AcceptState::Invalid { why: sentence(&refusal.detail) }
        }
        _ => return None,
    })
}

fn open_state(visit: &Visit, opened: &Opened, typed: Option<&Sent>, verdict: &Verdict) -> AcceptState {
    let kept = |field: &str| typed.map(|sent| sent.get(field).to_owned());
    let Some(caller) = &visit.ctx.caller else {
        if opened.must_sign_in {
            return AcceptState::SignIn;
        }
        return AcceptState::NewPerson {
            email: verdict.input("email", kept("email").unwrap_or_default()),
            name: verdict.input("name", kept("name").unwrap_or_else(|| opened.name.clone())),
            password: verdict.input("password", ""),
            password_hint: password_hint(&visit.ctx),
            bearer: opened.bearer,
        };
    };
    let signed_in_as = caller.identity.email.clone();
    match &opened.refusal {
        None => AcceptState::Ready { signed_in_as },
        Some(refusal) if refusal.code == Code::InvitationOtherPerson => AcceptState::OtherAccount { signed_in_as },
        Some(refusal) => AcceptState::NotNow { why: sentence(&refusal.detail) },
    }
}

/// `POST /invite/{token}`: joins, signed in or signing up.
pub(super) async fn accept(Path(token): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    let own = |field: &str| Some(sent.get(field).to_owned());
    // Only the form of a link that names nobody has this field.
    let email = sent.all("email").last().map(|&typed| typed.to_owned());
    let wanted = Accept { token: token.clone(), email, name: own("name"), password: own("password") };
    match accept::accept(&visit.ctx, wanted).await.and_then(Answer::done) {
        Ok(came) => {
            let active = came.membership.is_some_and(|m| m.status == "active");
            let mut response = match came.organization {
                Some(o) if active => go_with(&format!("/{}", o.slug), Tone::Good, &format!("Welcome to {}.", o.name)),
                Some(o) => go(&format!("/{}", o.slug)),
                None => go("/"),
            };
            if let Some(begun) = &came.session {
                set_session(&visit.ctx.app, &mut response, begun);
            }
            Ok(response)
        }
        Err(stop) => {
            let verdict = match stop {
                // What the page shows as a state of its own.
                Stop::Refused(refusal) if dead_state(&refusal).is_some() => Verdict::default(),
                stop => Verdict::of(visit, stop, &["email", "name", "password"])?,
            };
            page(visit, &token, Some(&sent), verdict).await
        }
    }
}
