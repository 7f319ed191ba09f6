//! The tokens of everybody in the organization, and revoking one.

use axum::extract::Path;
use guildhall_store::read::Page;

use super::desk::Desk;
use super::rows;
use crate::console::view::{Action, Chip, ConfirmPage, Consequence, Place, Shell, TokenRow, TokensPage, Tone};
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::ops::tokens::{self, Held};
use crate::ops::view::TokenView;

const SHOWN: u32 = 50;

/// `GET /{org}/admin/tokens`
pub(super) async fn list(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let page = Page { after: desk.after()?, limit: SHOWN };
    let found = tokens::held(desk.ctx(), desk.org(), page).await.map_err(|stop| desk.wrong(stop))?;
    let href = desk.href("tokens");
    desk.page(&TokensPage {
        page: desk.shell(&desk.scene.words.tokens_title, "tokens"),
        words: desk.scene.words.clone(),
        tokens: found.items.iter().map(|held| held_row(&desk, held)).collect(),
        pager: desk.pager(&href, found.items.len(), found.next.as_deref()),
    })
}

fn holder(held: &Held) -> String {
    held.holder.as_ref().map_or_else(|| held.token.holder.clone(), rows::called)
}

fn held_row(desk: &Desk, held: &Held) -> TokenRow {
    let revoke = Action::ask("Revoke", desk.href(&format!("tokens/{}/revoke", held.token.id))).danger();
    row(desk, &held.token, holder(held), revoke)
}

/// One token as a line of a table.
pub(super) fn row(desk: &Desk, token: &TokenView, holder: String, revoke: Action) -> TokenRow {
    let over = token.expires_at.is_some_and(|end| end <= desk.ctx().now);
    TokenRow {
        name: token.name.clone(),
        tail: format!("gld_{}_…{}", if token.kind == "service_token" { "svc" } else { "pat" }, token.last4),
        holder,
        scopes: token.scopes.clone().unwrap_or_default(),
        state: match (over, token.active) {
            (true, _) => Chip::new("Expired", Tone::Plain),
            (false, false) => Chip::new("Switched off", Tone::Wait),
            (false, true) => Chip::new("Works", Tone::Good),
        },
        created: desk.when(token.created_at),
        expires: token.expires_at.map(|at| desk.when(at)),
        last_used: token.last_used_at.map(|at| desk.when(at)),
        revoke,
    }
}

/// `GET /{org}/admin/tokens/{token}/revoke`
pub(super) async fn ask(visit: Visit, Path((org, token)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let held = tokens::one_of_organization(desk.ctx(), desk.org(), &token).await.map_err(|stop| desk.wrong(stop))?;
    let title = &desk.scene.words.tokens_title;
    let trail = vec![Place::new(title, desk.href("tokens"))];
    desk.page(&ConfirmPage {
        page: Shell { trail, ..desk.shell("Revoke", "tokens") },
        title: "Revoke this token?".to_owned(),
        person: None,
        lead: format!("{}, held by {}.", held.token.name, holder(&held)),
        consequences: vec![
            Consequence::ends("Whatever uses it is refused with its very next request"),
            Consequence::stays("Its holder and their other tokens stay as they are"),
        ],
        refused: None,
        typed: None,
        reason: None,
        action: desk.visit.path.clone(),
        yes: "Revoke".to_owned(),
        danger: true,
        cancel_href: desk.href("tokens"),
    })
}

/// `POST` of the same.
pub(super) async fn revoke(Path((org, token)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    tokens::revoke_of_organization(desk.ctx(), desk.org(), &token).await.map_err(|stop| desk.wrong(stop))?;
    Ok(go_with(&desk.href("tokens"), Tone::Good, "The token is revoked."))
}
