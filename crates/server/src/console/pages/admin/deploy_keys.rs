//! Deploy keys: listed, made, deleted. Each ties an installation of the product to the organization.

use axum::extract::Path;
use axum::http::StatusCode;
use guildhall_store::read::Page;

use super::desk::Desk;
use crate::console::verdict::Verdict;
use crate::console::view::{
    Action, Cell, ConfirmPage, Consequence, Empty, Field, Form, Part, Row, Table, ThingPage, TokenCreatedPage, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::ops::Answer;
use crate::ops::deploy_keys::{self, DeployKeyView, NewDeployKey};

const TITLE: &str = "Deploy keys";
const TAB: &str = "deploy-keys";
const SHOWN: u32 = 50;

/// Whether the organization has deploy keys at all.
pub(super) fn are_offered(desk: &Desk) -> bool {
    desk.scene.place.rules.policy().deploy_keys_offered
}

/// `GET /{org}/admin/deploy-keys`
pub(super) async fn list(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let page = Page { after: desk.after()?, limit: SHOWN };
    let found = deploy_keys::list(desk.ctx(), desk.org(), page).await.map_err(|stop| desk.wrong(stop))?;
    let new = if are_offered(&desk) {
        Action::link("New deploy key", desk.href("deploy-keys/new"))
    } else {
        Action::refused("New deploy key", "This organization has no deploy keys.")
    };
    let rows = found.items.iter().map(|key| row(&desk, key)).collect();
    let empty = Empty::new(
        "key",
        "No deploy keys yet",
        "An installation of the product shows its key, and so proves that it belongs to this organization.",
    );
    let part = Part {
        table: Some(Table::new(TITLE, &["Name", "Made", "Last used"], rows)),
        empty: Some(empty.act(new.clone())),
        pager: desk.pager_unless_empty(&desk.href(TAB), found.items.len(), found.next.as_deref()),
        ..Part::default()
    };
    desk.page(&ThingPage {
        page: desk.shell(TITLE, TAB),
        title: TITLE.to_owned(),
        lead: "They tie installations of the product to this organization, belong to nobody in particular and stay when people go.".to_owned(),
        acts: vec![new],
        begins: true,
        parts: vec![part],
        ..ThingPage::default()
    })
}

fn row(desk: &Desk, key: &DeployKeyView) -> Row {
    Row {
        about: key.name.clone(),
        cells: vec![
            Cell::name(&key.name, "", format!("gld_dep_…{}", key.last4)),
            Cell::When(Some(desk.when(key.created_at)), ""),
            Cell::When(key.last_used_at.map(|at| desk.when(at)), "Never"),
        ],
        actions: vec![Action::ask("Delete", desk.href(&format!("deploy-keys/{}/delete", key.id))).danger()],
    }
}

fn form(desk: &Desk, name: &str, verdict: &Verdict) -> Shown {
    desk.scene.place.permit(guildhall_domain::action::Action::TokenDeploy).map_err(|refusal| desk.wrong(refusal))?;
    let field = Field::text("name", "Name", verdict.input("name", name));
    let page = ThingPage {
        page: desk.below(TAB, &[(TITLE, TAB)], "New deploy key"),
        title: "New deploy key".to_owned(),
        notes: verdict.flash().into_iter().collect(),
        narrow: true,
        parts: vec![Part {
            form: Some(Form {
                action: desk.href("deploy-keys/new"),
                fields: vec![field.hint("The installation it is for, such as production-eu.")],
                yes: "Create key".to_owned(),
                cancel_href: desk.href(TAB),
                ..Form::default()
            }),
            ..Part::default()
        }],
        ..ThingPage::default()
    };
    verdict.page(&desk.visit, &page)
}

/// `GET /{org}/admin/deploy-keys/new`
pub(super) async fn new(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    form(&desk, "", &Verdict::default())
}

/// `POST` of the same; the answer is the only page that shows the secret.
pub(super) async fn create(Path(org): Path<String>, sent: Sent) -> Shown {
    let name = sent.get("name").to_owned();
    let desk = Desk::open(sent.visit, &org).await?;
    let wanted = NewDeployKey { name: name.clone() };
    match deploy_keys::create(desk.ctx(), desk.org(), wanted).await.and_then(Answer::done) {
        Ok(made) => desk.visit.page(
            StatusCode::OK,
            &TokenCreatedPage {
                page: desk.below(TAB, &[(TITLE, TAB)], "Deploy key"),
                name: made.name,
                token: made.token.unwrap_or_default(),
                expires: None,
                scopes: Vec::new(),
                all: "",
                back_href: desk.href(TAB),
            },
        ),
        Err(stop) => form(&desk, &name, &Verdict::of(&desk.visit, stop, &["name"])?),
    }
}

/// `GET /{org}/admin/deploy-keys/{key}/delete`
pub(super) async fn ask_delete(visit: Visit, Path((org, _key)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    desk.scene.place.permit(guildhall_domain::action::Action::TokenDeploy).map_err(|refusal| desk.wrong(refusal))?;
    desk.page(&ConfirmPage {
        page: desk.below(TAB, &[(TITLE, TAB)], "Delete"),
        title: "Delete this deploy key?".to_owned(),
        person: None,
        lead: String::new(),
        consequences: vec![
            Consequence::ends("An installation that shows it is not recognised any more"),
            Consequence::stays("Other keys stay as they are"),
        ],
        refused: None,
        typed: None,
        reason: None,
        action: desk.visit.path.clone(),
        yes: "Delete".to_owned(),
        danger: true,
        cancel_href: desk.href(TAB),
    })
}

/// `POST` of the same.
pub(super) async fn delete(Path((org, key)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    deploy_keys::delete(desk.ctx(), desk.org(), &key).await.map_err(|stop| desk.wrong(stop))?;
    Ok(go_with(&desk.href(TAB), Tone::Good, "The deploy key is deleted."))
}
