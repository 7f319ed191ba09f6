//! Provisioning: the address and the tokens a directory is given, and what it asked lately (ON-43).

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::provisioning::TOKENS_MOST;
use guildhall_store::read::Page;

use super::desk::Desk;
use crate::console::view::{
    Action, Chip, ConfirmPage, Consequence, DirectoryRequestRow, DirectoryTokenRow, Input, Place, ProvisioningPage,
    Shell, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::Answer;
use crate::ops::scim_tokens::{self, NewScimToken, ScimRequestView, ScimTokenView};

const SHOWN: u32 = 25;

/// `GET /{org}/admin/provisioning`
pub(super) async fn show(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let page = page(&desk).await?;
    desk.page(&page)
}

/// `POST` of the same: makes a token.
pub(super) async fn make(Path(org): Path<String>, sent: Sent) -> Shown {
    let name = sent.get("name").to_owned();
    let desk = Desk::open(sent.visit, &org).await?;
    match scim_tokens::create(desk.ctx(), desk.org(), NewScimToken { name: name.clone() }).await.and_then(Answer::done)
    {
        Ok(made) => {
            let page = page(&desk).await?;
            desk.page(&ProvisioningPage { made: made.token, ..page })
        }
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            let page = page(&desk).await?;
            let problem = Some(desk.why(Asks::DirectoryManage, &refusal));
            desk.again(&refusal, &ProvisioningPage { problem, name: Input::of(name), ..page })
        }
    }
}

async fn page(desk: &Desk) -> Result<ProvisioningPage, Wrong> {
    let place = &desk.scene.place;
    let all = Page { after: None, limit: 100 };
    let tokens = scim_tokens::list(desk.ctx(), desk.org(), all).await.map_err(|stop| desk.wrong(stop))?.items;
    let page = Page { after: desk.after()?, limit: SHOWN };
    let requests = scim_tokens::requests(desk.ctx(), desk.org(), page).await;
    let requests = requests.map_err(|stop| desk.wrong(stop))?;
    let closed = match (place.rules.policy().scim_offered, tokens.len()) {
        (false, _) => "The settings do not offer provisioning: no token is made, and none opens anything.",
        (true, living) if living >= TOKENS_MOST => "Two tokens live. Revoke one to make another.",
        _ => "",
    };
    let href = desk.href("provisioning");
    Ok(ProvisioningPage {
        page: desk.shell("Provisioning", "provisioning"),
        words: desk.scene.words.clone(),
        base_url: scim_tokens::base_url(desk.ctx(), place),
        closed: closed.to_owned(),
        action: href.clone(),
        name: Input::default(),
        made: None,
        problem: None,
        tokens: tokens.iter().map(|token| token_row(desk, token)).collect(),
        pager: desk.pager(&href, requests.items.len(), requests.next.as_deref()),
        requests: requests.items.iter().map(|request| request_row(desk, request)).collect(),
    })
}

fn token_row(desk: &Desk, token: &ScimTokenView) -> DirectoryTokenRow {
    let at = |act: &str| desk.href(&format!("provisioning/{}/{act}", token.id));
    DirectoryTokenRow {
        name: token.name.clone(),
        tail: format!("gld_scim_…{}", token.last4),
        state: match token.last_used_at {
            Some(_) => Chip::new("Connected", Tone::Good),
            None => Chip::new("Waits for the first call", Tone::Wait),
        },
        issued: desk.when(token.issued_at),
        last_used: token.last_used_at.map(|at| desk.when(at)),
        actions: vec![Action::link("Rotate", at("rotate")), Action::ask("Revoke", at("revoke")).danger()],
    }
}

fn request_row(desk: &Desk, request: &ScimRequestView) -> DirectoryRequestRow {
    let tone = match request.status {
        200..=399 => Tone::Good,
        500.. => Tone::Bad,
        _ => Tone::Wait,
    };
    DirectoryRequestRow {
        at: desk.when(request.at),
        request: format!("{} {}", request.method, request.path),
        token: request.token.clone(),
        status: Chip::new(request.status.to_string(), tone),
        outcome: request.outcome.replace('`', ""),
    }
}

async fn question(desk: &Desk, token: &str, rotates: bool) -> Shown {
    let found = scim_tokens::get(desk.ctx(), desk.org(), token).await.map_err(|stop| desk.wrong(stop))?;
    let (verb, ends) = if rotates {
        ("Rotate", "The present secret is refused with the very next request; the new one is shown once")
    } else {
        ("Revoke", "The directory is refused with its very next request")
    };
    let trail = vec![Place::new("Provisioning", desk.href("provisioning"))];
    desk.page(&ConfirmPage {
        page: Shell { trail, ..desk.shell(verb, "provisioning") },
        title: format!("{verb} the token of {}?", found.name),
        person: None,
        lead: String::new(),
        consequences: vec![
            Consequence::ends(ends),
            Consequence::stays("The people and groups it keeps stay as they are"),
        ],
        refused: None,
        typed: None,
        reason: None,
        action: desk.visit.path.clone(),
        yes: verb.to_owned(),
        danger: !rotates,
        cancel_href: desk.href("provisioning"),
    })
}

/// `GET /{org}/admin/provisioning/{token}/rotate`
pub(super) async fn ask_rotate(visit: Visit, Path((org, token)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    question(&desk, &token, true).await
}

/// `POST` of the same; the new secret is shown on the page it came from.
pub(super) async fn rotate(Path((org, token)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    let done = scim_tokens::rotate(desk.ctx(), desk.org(), &token).await.and_then(Answer::done);
    let made = done.map_err(|stop| desk.wrong(stop))?.token;
    let page = page(&desk).await?;
    desk.page(&ProvisioningPage { made, ..page })
}

/// `GET /{org}/admin/provisioning/{token}/revoke`
pub(super) async fn ask_revoke(visit: Visit, Path((org, token)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    question(&desk, &token, false).await
}

/// `POST` of the same.
pub(super) async fn revoke(Path((org, token)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    scim_tokens::revoke(desk.ctx(), desk.org(), &token).await.map_err(|stop| desk.wrong(stop))?;
    Ok(go_with(&desk.href("provisioning"), Tone::Good, "The token is revoked."))
}
