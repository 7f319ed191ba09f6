//! The page itself: everything of one's own, loaded through the use cases that the API has.

use std::sync::Arc;

use axum::extract::Path;
use guildhall_domain::action::Action as Deed;
use guildhall_store::read::Page;

use super::{leave, security, sessions, tokens};
use crate::console::pages::entrance::{password_hint, place};
use crate::console::scene::Scene;
use crate::console::verdict::Verdict;
use crate::console::view::{Action, Input, MePage};
use crate::console::visit::{Shown, Visit, Wrong};
use crate::ops::{departures, farewell, links};

/// Most of one's sessions that are shown at once.
const SESSIONS: u32 = 100;

/// What was typed into one of the page's forms; what was not comes from the identity.
#[derive(Debug, Default)]
pub(super) struct Typed {
    pub(super) name: Option<String>,
    pub(super) handle: Option<String>,
    pub(super) email: Option<String>,
}

/// `GET /{org}/me`
pub(super) async fn show(visit: Visit, Path(organization): Path<String>) -> Shown {
    page(&visit, &organization, Typed::default(), &Verdict::default()).await
}

/// The page, with what was said to one of its forms.
pub(super) async fn page(visit: &Visit, organization: &str, typed: Typed, verdict: &Verdict) -> Shown {
    let scene = Scene::enter(visit, organization).await?;
    let href = format!("/{}/me", scene.slug());
    let open = crate::ops::sessions::list(&visit.ctx, Page { after: None, limit: SESSIONS }).await;
    let waiting = links::waiting_address(&visit.ctx).await.map_err(|stop| visit.wrong(stop))?;
    let mut shell = scene.shell(visit, "My account", "");
    shell.flash.extend(verdict.flash());
    let who = &scene.me.identity;
    let of = |field: &str, typed: Option<String>, present: &str| {
        verdict.input(field, typed.unwrap_or_else(|| present.to_owned()))
    };
    let page = MePage {
        name: of("name", typed.name, &who.name),
        handle: of("handle", typed.handle, who.handle.as_deref().unwrap_or_default()),
        email: of("email", typed.email, who.address()),
        email_verified: who.email_verified,
        email_waiting: waiting,
        current_password: verdict.input("current_password", ""),
        password: Input { value: String::new(), error: verdict.at("password") },
        password_hint: password_hint(&visit.ctx),
        security: security::summary(visit).await?,
        sessions: sessions::rows(visit, &href, &open.map_err(|stop| visit.wrong(stop))?.items),
        end_others: Action::post("End all others", format!("{href}/sessions/end-others")),
        tokens: tokens::rows(visit, &scene, &href).await?,
        new_token: match scene.may(Deed::TokenCreate) {
            true => Action::link("New token", format!("{href}/tokens/new")),
            false => Action::refused("New token", "Your role here does not let you make personal tokens."),
        },
        organizations: scene.me.memberships.iter().map(place).collect(),
        leave: leave_action(visit, &scene).await?,
        delete: delete_action(visit, &href).await?,
        page: shell,
        words: Arc::clone(&scene.words),
        href,
    };
    verdict.page(visit, &page)
}

/// Leaving, offered exactly when it would succeed, once somebody gets what one owns.
async fn leave_action(visit: &Visit, scene: &Scene) -> Result<Action, Wrong> {
    let refusal = departures::leave_refusal(&visit.ctx, scene.slug()).await.map_err(|stop| visit.wrong(stop))?;
    let label = scene.words.leave.as_str();
    Ok(match refusal.filter(|refusal| !leave::mends(refusal)) {
        None => Action::ask_and_leave(label, format!("/{}/leave", scene.slug())).danger(),
        Some(refusal) => Action::refused(label, leave::why(&refusal)),
    })
}

/// Deleting the account, offered exactly when it would succeed.
async fn delete_action(visit: &Visit, href: &str) -> Result<Action, Wrong> {
    let before = farewell::before(&visit.ctx).await.map_err(|stop| visit.wrong(stop))?;
    let label = "Delete account";
    Ok(match before.refusal {
        None => Action::ask_and_leave(label, format!("{href}/delete")).danger(),
        Some(refusal) => Action::refused(label, super::farewell::why(&refusal)),
    })
}
