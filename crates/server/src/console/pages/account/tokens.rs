//! Personal tokens: the list, a new one with its scopes, the one page that shows its secret, and the question before
//! one is revoked.

use std::sync::Arc;

use axum::extract::Path;
use axum::http::StatusCode;
use guildhall_domain::action::Action as Deed;
use guildhall_domain::refusal::Code;
use guildhall_store::Stop;
use guildhall_store::read::Page;

use crate::console::pages::token_form::{groups, life, lives};
use crate::console::scene::Scene;
use crate::console::verdict::Verdict;
use crate::console::view::{
    Action, Chip, ConfirmPage, Consequence, NewTokenPage, Place, Select, Shell, TokenCreatedPage, TokenRow, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::Answer;
use crate::ops::tokens::{self, NewToken};
use crate::ops::view::TokenView;

/// Most of one's tokens that are shown at once.
const SHOWN: u32 = 1_000;
/// The tokens that work in this organization.
async fn mine(visit: &Visit, scene: &Scene) -> Result<Vec<TokenView>, Wrong> {
    let all = tokens::mine(&visit.ctx, Page { after: None, limit: SHOWN }).await.map_err(|stop| visit.wrong(stop))?;
    let here = scene.place.organization.id.to_string();
    Ok(all.items.into_iter().filter(|t| t.organization.as_ref().is_none_or(|id| *id == here)).collect())
}

/// The tokens as rows.
pub(super) async fn rows(visit: &Visit, scene: &Scene, href: &str) -> Result<Vec<TokenRow>, Wrong> {
    let over = |token: &TokenView| token.expires_at.is_some_and(|end| end <= visit.ctx.now);
    let row = |token: TokenView| TokenRow {
        tail: format!("gld_pat_…{}", token.last4),
        holder: String::new(),
        state: if over(&token) { Chip::new("Expired", Tone::Plain) } else { Chip::new("Active", Tone::Good) },
        created: visit.when(token.created_at),
        expires: token.expires_at.map(|at| visit.when(at)),
        last_used: token.last_used_at.map(|at| visit.when(at)),
        revoke: Action::ask("Revoke", format!("{href}/tokens/{}/revoke", token.id)).danger(),
        name: token.name,
        scopes: token.scopes.unwrap_or_default(),
    };
    Ok(mine(visit, scene).await?.into_iter().map(row).collect())
}

/// The frame of a page below one's own.
fn below(visit: &Visit, scene: &Scene, title: &str) -> Shell {
    let mut shell = scene.shell(visit, title, "");
    shell.trail.push(Place::new("My account", format!("/{}/me", scene.slug())));
    shell
}

/// What was typed.
#[derive(Default)]
struct Typed<'a> {
    name: &'a str,
    expires_in_s: Option<&'a str>,
    scopes: Vec<&'a str>,
}

/// `GET /{org}/me/tokens/new`
pub(super) async fn new(visit: Visit, Path(organization): Path<String>) -> Shown {
    let scene = Scene::enter(&visit, &organization).await?;
    scene.place.permit(Deed::TokenCreate).map_err(|refusal| visit.wrong(refusal))?;
    new_page(&visit, &scene, &Typed::default(), &Verdict::default())
}

fn new_page(visit: &Visit, scene: &Scene, typed: &Typed<'_>, verdict: &Verdict) -> Shown {
    let href = format!("/{}/me", scene.slug());
    let mut shell = below(visit, scene, "New personal token");
    shell.flash.extend(verdict.flash());
    let page = NewTokenPage {
        page: shell,
        words: Arc::clone(&scene.words),
        action: format!("{href}/tokens"),
        cancel_href: href,
        name: verdict.input("name", typed.name),
        expiry: Select {
            choices: lives(scene.place.rules.policy().token_max_life_s, typed.expires_in_s),
            error: verdict.at("expires_at"),
        },
        groups: groups(scene.place.rules.preset(), scene.rights, &typed.scopes),
        scopes_error: None,
    };
    verdict.page(visit, &page)
}

/// `POST /{org}/me/tokens`; the answer is the only page that ever shows the secret.
pub(super) async fn create(Path(organization): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    let scene = Scene::enter(visit, &organization).await?;
    let typed =
        Typed { name: sent.get("name"), expires_in_s: Some(sent.get("expires_in_s")), scopes: sent.all("scopes") };
    let scopes: Vec<String> = typed.scopes.iter().map(|&scope| scope.to_owned()).collect();
    let wanted = life(sent.get("expires_in_s")).map(|life_s| NewToken {
        name: typed.name.to_owned(),
        organization: organization.clone(),
        scopes: Some(scopes).filter(|scopes| !scopes.is_empty()),
        expires_at: life_s.map(|s| visit.ctx.now.plus_s(s)),
    });
    let made = match wanted {
        Ok(wanted) => tokens::create(&visit.ctx, wanted).await.and_then(Answer::done),
        Err(refusal) => Err(Stop::from(refusal)),
    };
    match made {
        Ok(made) => {
            let page = TokenCreatedPage {
                page: below(visit, &scene, "Your token"),
                name: made.name,
                token: made.token.unwrap_or_default(),
                expires: made.expires_at.map(|at| visit.when(at)),
                scopes: made.scopes.unwrap_or_default(),
                all: "Everything you may",
                back_href: format!("/{}/me", scene.slug()),
            };
            visit.page(StatusCode::OK, &page)
        }
        Err(stop) => new_page(visit, &scene, &typed, &Verdict::of(visit, stop, &["name", "expires_at"])?),
    }
}

fn revoke_page(visit: &Visit, scene: &Scene, token: &TokenView) -> ConfirmPage {
    let href = format!("/{}/me", scene.slug());
    ConfirmPage {
        page: below(visit, scene, "Revoke a token"),
        title: format!("Revoke {}?", token.name),
        person: None,
        lead: format!("The token ending in {} stops working at once. This cannot be undone.", token.last4),
        consequences: vec![
            Consequence::ends("Programs that use it are refused from the next request on"),
            Consequence::stays("Your sessions and your other tokens"),
        ],
        refused: None,
        typed: None,
        reason: None,
        action: format!("{href}/tokens/{}/revoke", token.id),
        yes: "Yes, revoke".to_owned(),
        danger: true,
        cancel_href: href,
    }
}

/// `GET /{org}/me/tokens/{tok}/revoke`
pub(super) async fn ask_revoke(visit: Visit, Path((organization, token)): Path<(String, String)>) -> Shown {
    let scene = Scene::enter(&visit, &organization).await?;
    let held = mine(&visit, &scene).await?;
    let found = held.iter().find(|one| one.id == token).ok_or_else(|| visit.wrong(Code::NotFound))?;
    visit.page(StatusCode::OK, &revoke_page(&visit, &scene, found))
}

/// `POST /{org}/me/tokens/{tok}/revoke`
pub(super) async fn revoke(Path((organization, token)): Path<(String, String)>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    tokens::revoke_mine(&visit.ctx, &token).await.map_err(|stop| visit.wrong(stop))?;
    Ok(go_with(&format!("/{organization}/me"), Tone::Good, "The token is revoked."))
}
