//! The tokens of one service account: the table on its page, a new one, a new secret for one, switching, revoking.

use axum::extract::Path;
use axum::http::StatusCode;
use guildhall_domain::refusal::Code;
use guildhall_store::Stop;
use guildhall_store::read::Page;

use super::desk::Desk;
use super::service_accounts::{TAB, TITLE, load};
use crate::console::pages::token_form::{groups, life, lives, span};
use crate::console::verdict::{Verdict, sentence};
use crate::console::view::{
    Action, Cell, Chip, Choice, ConfirmPage, Consequence, Empty, Field, Form, Part, Row, ScopeGroup, Select, Shell,
    Table, ThingPage, TokenCreatedPage, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::Answer;
use crate::ops::service_accounts::ServiceAccountView;
use crate::ops::service_tokens;
use crate::ops::token_shapes::{EditToken, NewServiceToken, Rotate};
use crate::ops::view::TokenView;

/// As many tokens as a page shows, the newest.
const SHOWN: u32 = 100;
const HOUR_S: i64 = 3_600;
/// For how long a secret may live on beside the new one.
const OVERLAPS_S: [i64; 4] = [HOUR_S, 24 * HOUR_S, 7 * 24 * HOUR_S, 30 * 24 * HOUR_S];

/// The tokens as a part of the account's page.
pub(super) async fn part(desk: &Desk, account: &ServiceAccountView) -> Result<Part, Wrong> {
    let page = Page { after: None, limit: SHOWN };
    let found = service_tokens::list(desk.ctx(), desk.org(), &account.id, page).await;
    let found = found.map_err(|stop| desk.wrong(stop))?;
    let rows = found.items.iter().map(|token| row(desk, account, token)).collect();
    let new = Action::link("New token", desk.href(&format!("service-accounts/{}/tokens/new", account.id)));
    Ok(Part {
        acts: vec![new],
        table: Some(Table::new("Tokens", &["Name", "Scopes", "Last used", "Expires"], rows)),
        empty: Some(Empty::new("key", "", "None yet. Without one the account can do nothing.")),
        ..Part::new("tokens", "Tokens")
    })
}

fn row(desk: &Desk, account: &ServiceAccountView, token: &TokenView) -> Row {
    let href = desk.href(&format!("service-accounts/{}/tokens/{}", account.id, token.id));
    let over = token.expires_at.is_some_and(|end| end <= desk.ctx().now);
    let state = match (over, token.active) {
        (true, _) => Chip::new("Expired", Tone::Plain),
        (false, false) => Chip::new("Switched off", Tone::Wait),
        (false, true) => Chip::new("Works", Tone::Good),
    };
    let switch = if token.active { ("Switch off", "off") } else { ("Switch on", "on") };
    let mut actions = vec![
        Action::ask_and_leave("New secret", format!("{href}/rotate")),
        Action::post(switch.0, format!("{href}/switch/{}", switch.1)),
    ];
    if desk.scene.place.rules.policy().token_value_again {
        actions.push(Action::post("Show again", format!("{href}/value")));
    }
    actions.push(Action::ask("Revoke", format!("{href}/revoke")).danger());
    Row {
        about: token.name.clone(),
        cells: vec![
            Cell::Name {
                label: token.name.clone(),
                href: String::new(),
                under: format!("gld_svc_…{}", token.last4),
                chips: vec![state],
            },
            Cell::Codes(token.scopes.clone().unwrap_or_default(), "Everything it may"),
            Cell::When(token.last_used_at.map(|at| desk.when(at)), "Never"),
            Cell::When(token.expires_at.map(|at| desk.when(at)), "Never"),
        ],
        actions,
    }
}

fn below(desk: &Desk, account: &ServiceAccountView, title: &str) -> Shell {
    let one = format!("service-accounts/{}", account.id);
    desk.below(TAB, &[(TITLE, TAB), (&account.name, &one)], title)
}

fn scopes(desk: &Desk, account: &ServiceAccountView, chosen: &[&str]) -> Vec<ScopeGroup> {
    let rules = &desk.scene.place.rules;
    groups(rules.preset(), rules.ceiling(&account.role) & rules.role_mask(&account.role), chosen)
}

fn form(desk: &Desk, account: &ServiceAccountView, sent: Option<&Sent>, verdict: &Verdict) -> Shown {
    let text = |key: &str| sent.map_or("", |sent| sent.get(key));
    let expiry = sent.map(|sent| sent.get("expires_in_s"));
    let longest = desk.scene.place.rules.policy().token_max_life_s;
    let chosen = sent.map(|sent| sent.all("scopes")).unwrap_or_default();
    let href = desk.href(&format!("service-accounts/{}", account.id));
    let ends = Select { choices: lives(longest, expiry), error: verdict.at("expires_at") };
    let fields = vec![
        Field::text("name", "Name", verdict.input("name", text("name")))
            .hint("Where it is used, so that you know it later."),
        Field::select("expires_in_s", "Ends", ends),
        Field::ticks("scopes", "Scopes", scopes(desk, account, &chosen))
            .hint("Choose what it may do. None chosen means everything the account may."),
    ];
    let page = ThingPage {
        page: below(desk, account, "New token"),
        title: "New token".to_owned(),
        lead: format!("For {}. It never does more than the account may at that moment.", account.name),
        notes: verdict.flash().into_iter().collect(),
        narrow: true,
        parts: vec![Part {
            form: Some(Form {
                action: format!("{href}/tokens/new"),
                fields,
                yes: "Create token".to_owned(),
                cancel_href: href,
                ..Form::default()
            }),
            ..Part::default()
        }],
        ..ThingPage::default()
    };
    verdict.page(&desk.visit, &page)
}

/// `GET /{org}/admin/service-accounts/{account}/tokens/new`
pub(super) async fn new(visit: Visit, Path((org, account)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = load(&desk, &account).await?;
    form(&desk, &found, None, &Verdict::default())
}

/// `POST` of the same; the answer is the only page that shows the secret.
pub(super) async fn create(Path((org, account)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let found = load(&desk, &account).await?;
    let scopes: Vec<String> = sent.all("scopes").into_iter().map(str::to_owned).collect();
    let made = match life(sent.get("expires_in_s")) {
        Ok(life_s) => {
            let wanted = NewServiceToken {
                name: Some(sent.get("name").to_owned()),
                scopes: Some(scopes).filter(|scopes| !scopes.is_empty()),
                expires_at: life_s.map(|s| desk.ctx().now.plus_s(s)),
            };
            service_tokens::create(desk.ctx(), desk.org(), &account, wanted).await.and_then(Answer::done)
        }
        Err(refusal) => Err(Stop::from(refusal)),
    };
    match made {
        Ok(made) => created(&desk, &found, made),
        Err(stop) => form(&desk, &found, Some(&sent), &Verdict::of(&desk.visit, stop, &["name", "expires_at"])?),
    }
}

fn created(desk: &Desk, account: &ServiceAccountView, made: TokenView) -> Shown {
    desk.visit.page(
        StatusCode::OK,
        &TokenCreatedPage {
            page: below(desk, account, "Token"),
            name: made.name,
            token: made.token.unwrap_or_default(),
            expires: made.expires_at.map(|at| desk.when(at)),
            scopes: made.scopes.unwrap_or_default(),
            all: "Everything the account may",
            back_href: desk.href(&format!("service-accounts/{}", account.id)),
        },
    )
}

/// One of the account's tokens.
async fn one(desk: &Desk, account: &str, token: &str) -> Result<TokenView, Wrong> {
    let page = Page { after: None, limit: SHOWN };
    let found = service_tokens::list(desk.ctx(), desk.org(), account, page).await.map_err(|stop| desk.wrong(stop))?;
    let mut all = found.items.into_iter();
    all.find(|one| one.id == token).ok_or_else(|| desk.wrong(Code::NotFound))
}

/// `GET /{org}/admin/service-accounts/{account}/tokens/{token}/rotate`
pub(super) async fn ask_rotate(visit: Visit, Path((org, account, token)): Path<(String, String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = load(&desk, &account).await?;
    let token = one(&desk, &account, &token).await?;
    rotation(&desk, &found, &token, &Verdict::default())
}

fn rotation(desk: &Desk, account: &ServiceAccountView, token: &TokenView, verdict: &Verdict) -> Shown {
    let kept = OVERLAPS_S.iter().map(|s| Choice::new(s.to_string(), format!("For {} more", span(*s))));
    let choices = std::iter::once(Choice::new("0", "Not at all: it stops now")).chain(kept).collect();
    let overlap = Select { choices, error: verdict.at("overlap_s") };
    let page = ThingPage {
        page: below(desk, account, "New secret"),
        title: format!("A new secret for {}?", token.name),
        lead: format!("The one ending in {} is replaced. Name, scopes and end stay.", token.last4),
        notes: verdict.flash().into_iter().collect(),
        narrow: true,
        parts: vec![Part {
            form: Some(Form {
                action: desk.href(&format!("service-accounts/{}/tokens/{}/rotate", account.id, token.id)),
                fields: vec![Field::select("overlap_s", "The old one still works", overlap)],
                yes: "Make a new secret".to_owned(),
                cancel_href: desk.href(&format!("service-accounts/{}", account.id)),
                ..Form::default()
            }),
            ..Part::default()
        }],
        ..ThingPage::default()
    };
    verdict.page(&desk.visit, &page)
}

/// `POST` of the same.
pub(super) async fn rotate(Path((org, account, token)): Path<(String, String, String)>, sent: Sent) -> Shown {
    let overlap_s = sent.get("overlap_s").parse().unwrap_or(0);
    let desk = Desk::open(sent.visit, &org).await?;
    let found = load(&desk, &account).await?;
    let wanted = Rotate { overlap_s, expires_at: None };
    match service_tokens::rotate(desk.ctx(), desk.org(), &account, &token, wanted).await.and_then(Answer::done) {
        Ok(made) => created(&desk, &found, made),
        Err(stop) => {
            let token = one(&desk, &account, &token).await?;
            rotation(&desk, &found, &token, &Verdict::of(&desk.visit, stop, &["overlap_s"])?)
        }
    }
}

/// `GET /{org}/admin/service-accounts/{account}/tokens/{token}/revoke`
pub(super) async fn ask_revoke(visit: Visit, Path((org, account, token)): Path<(String, String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = load(&desk, &account).await?;
    let token = one(&desk, &account, &token).await?;
    desk.page(&ConfirmPage {
        page: below(&desk, &found, "Revoke"),
        title: "Revoke this token?".to_owned(),
        person: None,
        lead: format!("{}, ending in {}.", token.name, token.last4),
        consequences: vec![
            Consequence::ends("Whatever uses it is refused with its very next request"),
            Consequence::stays("The account and its other tokens stay as they are"),
        ],
        refused: None,
        typed: None,
        reason: None,
        action: desk.visit.path.clone(),
        yes: "Revoke".to_owned(),
        danger: true,
        cancel_href: desk.href(&format!("service-accounts/{account}")),
    })
}

/// `POST` of the same.
pub(super) async fn revoke(Path((org, account, token)): Path<(String, String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    let done = service_tokens::revoke(desk.ctx(), desk.org(), &account, &token).await.map(drop);
    back(&desk, &account, done, "The token is revoked.")
}

/// `POST …/tokens/{token}/switch/{to}`: `on` or `off`.
pub(super) async fn switch(
    Path((org, account, token, to)): Path<(String, String, String, String)>,
    sent: Sent,
) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    let on = match to.as_str() {
        "on" => true,
        "off" => false,
        _ => return Err(desk.wrong(Code::NotFound)),
    };
    let wanted = EditToken { name: None, active: Some(on) };
    let done = service_tokens::edit(desk.ctx(), desk.org(), &account, &token, wanted).await.map(drop);
    back(&desk, &account, done, if on { "The token works again." } else { "The token is switched off." })
}

/// `POST …/tokens/{token}/value`: the secret again, where the policy keeps it.
pub(super) async fn show_again(Path((org, account, token)): Path<(String, String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    let found = load(&desk, &account).await?;
    match service_tokens::show_value(desk.ctx(), desk.org(), &account, &token).await {
        Ok(value) => {
            let view = one(&desk, &account, &token).await?;
            created(&desk, &found, TokenView { token: Some(value.token), ..view })
        }
        Err(stop) => back(&desk, &account, Err(stop), ""),
    }
}

fn back(desk: &Desk, account: &str, done: Result<(), Stop>, news: &str) -> Shown {
    let href = desk.href(&format!("service-accounts/{account}"));
    match done {
        Ok(()) => Ok(go_with(&href, Tone::Good, news)),
        Err(stop) => Ok(go_with(&href, Tone::Bad, &sentence(&desk.of_form(stop)?.detail))),
    }
}
