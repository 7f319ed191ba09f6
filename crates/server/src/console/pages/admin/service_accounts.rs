//! Service accounts: listed, made, shown with their tokens, changed, switched, deleted. Their tokens' own pages
//! are in `service_tokens`.

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::refusal::{FieldError, Refusal};
use guildhall_store::Stop;
use guildhall_store::read::Page;

use super::desk::Desk;
use super::invite::choices;
use super::{rows, service_tokens};
use crate::console::pages::handover;
use crate::console::verdict::{Verdict, sentence};
use crate::console::view::{
    Action, Cell, Chip, Consequence, Empty, Fact, FactValue, Field, Form, GoingPage, Input, Part, Place, Row, Select,
    Table, ThingPage, Tone, TypedWord,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::departures::Handover;
use crate::ops::offers::Act;
use crate::ops::service_accounts::{
    self, DeleteServiceAccount, EditServiceAccount, NewServiceAccount, ServiceAccountView,
};
use crate::ops::{Answer, grants, roster};

/// Heading and tab.
pub(super) const TITLE: &str = "Service accounts";
/// The tab, and the first part of every address here.
pub(super) const TAB: &str = "service-accounts";
const SHOWN: u32 = 50;
const FIELDS: &[&str] = &["name", "description", "who", "role"];

/// `GET /{org}/admin/service-accounts`
pub(super) async fn list(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let page = Page { after: desk.after()?, limit: SHOWN };
    let found = service_accounts::list(desk.ctx(), desk.org(), page).await.map_err(|stop| desk.wrong(stop))?;
    let new = Action::link("New service account", desk.href("service-accounts/new"));
    let columns: &[&str] =
        if desk.has_roles() { &["Name", "Role", "Owner", "Last used"] } else { &["Name", "Owner", "Last used"] };
    let part = Part {
        table: Some(Table::new(TITLE, columns, found.items.iter().map(|one| row(&desk, one)).collect())),
        empty: Some(
            Empty::new(
                "key",
                "No service accounts yet",
                "A program that works for everybody, such as a build server, has an account of its own: it stays when people go, and has its own role and tokens.",
            )
            .act(new.clone()),
        ),
        pager: desk.pager_unless_empty(&desk.href(TAB), found.items.len(), found.next.as_deref()),
        ..Part::default()
    };
    desk.page(&ThingPage {
        page: desk.shell(TITLE, TAB),
        title: TITLE.to_owned(),
        lead: "Accounts of programs: nobody signs in with one, it works with its tokens alone.".to_owned(),
        acts: vec![new],
        begins: true,
        parts: vec![part],
        ..ThingPage::default()
    })
}

fn state(account: &ServiceAccountView) -> Chip {
    match account.status.as_str() {
        "active" => Chip::new("Active", Tone::Good),
        _ => Chip::new("Deactivated", Tone::Plain),
    }
}

fn row(desk: &Desk, account: &ServiceAccountView) -> Row {
    let href = desk.href(&format!("service-accounts/{}", account.id));
    let name = Cell::Name {
        label: account.name.clone(),
        href: href.clone(),
        under: account.description.clone(),
        chips: vec![state(account)],
    };
    let owner = account.owner.as_ref().map(|o| if o.name.is_empty() { o.email.clone() } else { o.name.clone() });
    let mut cells = vec![name];
    if desk.has_roles() {
        cells.push(Cell::Text(desk.role_name(&account.role)));
    }
    cells.push(Cell::Text(owner.unwrap_or_default()));
    cells.push(Cell::When(account.last_used_at.map(|at| desk.when(at)), "Never"));
    Row {
        about: account.name.clone(),
        cells,
        actions: vec![
            Action::link("View", href.clone()),
            Action::link("Change", format!("{href}/edit")),
            Action::ask_and_leave("Delete", format!("{href}/delete")).danger(),
        ],
    }
}

/// What stands in the form.
#[derive(Default)]
struct Typed {
    name: String,
    description: String,
    owner: String,
    role: String,
}

impl Typed {
    fn sent(sent: &Sent) -> Self {
        let text = |key: &str| sent.get(key).trim().to_owned();
        Self { name: text("name"), description: text("description"), owner: text("who"), role: text("role") }
    }
}

/// The form; `account` is the one that is changed, `None` for a new one.
fn form(desk: &Desk, account: Option<&ServiceAccountView>, typed: &Typed, verdict: &Verdict) -> Shown {
    let permit = desk.scene.place.permit(Asks::ServiceAccountManage).map_err(|refusal| desk.wrong(refusal))?;
    let mut fields = Vec::new();
    if account.is_none() {
        let hint = "Such as build-server. It stays as it is.";
        fields.push(Field::text("name", "Name", verdict.input("name", &typed.name)).hint(hint));
    }
    let description = verdict.input("description", &typed.description);
    fields.push(Field::text("description", "What it is for", description).optional());
    let owner = Field::code("who", "Owner", verdict.input("who", &typed.owner)).optional();
    fields.push(owner.hint("The email address of the member who answers for it. Empty: you."));
    if desk.has_roles() {
        let role = Select { choices: choices(desk, &permit, &typed.role), error: verdict.at("role") };
        fields.push(Field::select("role", "Role", role));
    }
    let (title, action, cancel_href) = match account {
        Some(one) => {
            let href = desk.href(&format!("service-accounts/{}", one.id));
            (format!("Change {}", one.name), format!("{href}/edit"), href)
        }
        None => ("New service account".to_owned(), desk.href("service-accounts/new"), desk.href(TAB)),
    };
    let yes = if account.is_some() { "Save" } else { "Make it" }.to_owned();
    let page = ThingPage {
        page: desk.below(TAB, &[(TITLE, TAB)], &title),
        title,
        notes: verdict.flash().into_iter().collect(),
        narrow: true,
        parts: vec![Part {
            form: Some(Form { action, fields, yes, cancel_href, ..Form::default() }),
            ..Part::default()
        }],
        ..ThingPage::default()
    };
    verdict.page(&desk.visit, &page)
}

/// `GET /{org}/admin/service-accounts/new`
pub(super) async fn new(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    form(&desk, None, &Typed::default(), &Verdict::default())
}

/// The member behind the address of the owner, when one is typed.
async fn owner(desk: &Desk, typed: &Typed) -> Result<Option<String>, Stop> {
    match typed.owner.as_str() {
        "" => Ok(None),
        address => Ok(grants::named(desk.ctx(), desk.org(), "member", address).await?.id),
    }
}

/// `POST` of the same.
pub(super) async fn create(Path(org): Path<String>, sent: Sent) -> Shown {
    let typed = Typed::sent(&sent);
    let desk = Desk::open(sent.visit, &org).await?;
    let made = match owner(&desk, &typed).await {
        Ok(owner) => {
            let wanted = NewServiceAccount {
                name: typed.name.clone(),
                description: Some(typed.description.clone()),
                owner,
                role: Some(typed.role.clone()).filter(|role| !role.is_empty()),
            };
            service_accounts::create(desk.ctx(), desk.org(), wanted).await.and_then(Answer::done)
        }
        Err(stop) => Err(stop),
    };
    match made {
        Ok(made) => {
            let href = desk.href(&format!("service-accounts/{}", made.id));
            Ok(go_with(&href, Tone::Good, "It is made. Give it a token, and it can work."))
        }
        Err(stop) => form(&desk, None, &typed, &Verdict::of(&desk.visit, stop, FIELDS)?),
    }
}

/// One service account.
pub(super) async fn load(desk: &Desk, account: &str) -> Result<ServiceAccountView, Wrong> {
    service_accounts::get(desk.ctx(), desk.org(), account).await.map_err(|stop| desk.wrong(stop))
}

/// `GET /{org}/admin/service-accounts/{account}`
pub(super) async fn show(visit: Visit, Path((org, account)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = load(&desk, &account).await?;
    let href = desk.href(&format!("service-accounts/{}", found.id));
    let subject = roster::one(desk.ctx(), desk.org(), &found.member).await.map_err(|stop| desk.wrong(stop))?;
    let mut acts = vec![Action::link("Change", format!("{href}/edit"))];
    let switches = [Act::Deactivate, Act::Reactivate];
    let fitting = subject.acts(&desk.scene.place).into_iter().filter(|act| switches.contains(act));
    acts.extend(fitting.map(|act| rows::action(&desk, &subject, act, false)));
    acts.push(Action::ask_and_leave("Delete", format!("{href}/delete")).danger());
    let about = Part { facts: facts(&desk, &found), ..Part::new("about", "About") };
    let tokens = service_tokens::part(&desk, &found).await?;
    desk.page(&ThingPage {
        page: desk.below(TAB, &[(TITLE, TAB)], &found.name),
        title: found.name.clone(),
        lead: found.description.clone(),
        chips: vec![state(&found)],
        acts,
        parts: vec![about, tokens],
        ..ThingPage::default()
    })
}

fn facts(desk: &Desk, account: &ServiceAccountView) -> Vec<Fact> {
    let owner = account.owner.as_ref().map_or(FactValue::Nothing, |owner| {
        let name = if owner.name.is_empty() { &owner.email } else { &owner.name };
        FactValue::Link(Place::new(name, desk.href(&format!("users/{}", owner.id))))
    });
    let mut facts = vec![Fact::new("Owner", owner)];
    if desk.has_roles() {
        facts.push(Fact::text("Role", desk.role_name(&account.role)));
    }
    let used = account.last_used_at.map_or(FactValue::Nothing, |at| FactValue::When(desk.when(at)));
    facts.push(Fact::new("Last used", used));
    facts.push(Fact::new("Made", FactValue::When(desk.when(account.created_at))));
    facts.push(Fact::new("Id", FactValue::Code(account.id.clone())));
    facts
}

/// `GET /{org}/admin/service-accounts/{account}/edit`
pub(super) async fn edit(visit: Visit, Path((org, account)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = load(&desk, &account).await?;
    let typed = Typed {
        description: found.description.clone(),
        owner: found.owner.as_ref().map(|o| o.email.clone()).unwrap_or_default(),
        role: found.role.clone(),
        ..Typed::default()
    };
    form(&desk, Some(&found), &typed, &Verdict::default())
}

/// `POST` of the same.
pub(super) async fn save(Path((org, account)): Path<(String, String)>, sent: Sent) -> Shown {
    let typed = Typed::sent(&sent);
    let desk = Desk::open(sent.visit, &org).await?;
    let found = load(&desk, &account).await?;
    let done = match owner(&desk, &typed).await {
        Ok(owner) => {
            let wanted = EditServiceAccount {
                description: Some(typed.description.clone()),
                owner,
                role: Some(typed.role.clone()).filter(|role| !role.is_empty()),
            };
            service_accounts::edit(desk.ctx(), desk.org(), &account, wanted).await
        }
        Err(stop) => Err(stop),
    };
    match done {
        Ok(_) => Ok(go_with(&desk.href(&format!("service-accounts/{account}")), Tone::Good, "Saved.")),
        Err(stop) => form(&desk, Some(&found), &typed, &Verdict::of(&desk.visit, stop, FIELDS)?),
    }
}

/// The question, with what was answered before when that was refused.
async fn question(
    desk: &Desk,
    account: &ServiceAccountView,
    before: Option<(&Sent, &Refusal)>,
) -> Result<GoingPage, Wrong> {
    let href = desk.href(&format!("service-accounts/{}", account.id));
    let errors: &[FieldError] = before.map_or(&[], |(_, refusal)| refusal.errors.as_slice());
    let answer = before.map(|(sent, _)| (sent, errors));
    let owns = service_accounts::owned(desk.ctx(), desk.org(), &account.id).await.map_err(|stop| desk.wrong(stop))?;
    let handing = handover::form(desk.ctx(), desk.org(), &desk.scene.place.rules, &account.member, &owns, answer).await;
    let typed = Input {
        value: before.map(|(sent, _)| sent.get("confirm").trim().to_owned()).unwrap_or_default(),
        error: errors.iter().find(|e| e.field == "confirm").map(|e| sentence(&e.detail)),
    };
    Ok(GoingPage {
        page: desk.below(TAB, &[(TITLE, TAB)], "Delete"),
        title: format!("Delete {}?", account.name),
        person: None,
        lead: "It cannot be brought back.".to_owned(),
        consequences: vec![
            Consequence::ends("All its tokens stop working with the very next request"),
            Consequence::ends("What was granted to it is taken back"),
            Consequence::stays("What it did stays in the audit log"),
        ],
        refused: None,
        problem: before.filter(|_| errors.is_empty()).map(|(_, refusal)| sentence(&refusal.detail)),
        handing: handing.map_err(|stop| desk.wrong(stop))?,
        after: Vec::new(),
        typed: Some(TypedWord { expected: account.name.clone(), input: typed }),
        password: None,
        action: format!("{href}/delete"),
        yes: "Delete for ever".to_owned(),
        cancel_href: href,
    })
}

/// `GET /{org}/admin/service-accounts/{account}/delete`
pub(super) async fn ask_delete(visit: Visit, Path((org, account)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = load(&desk, &account).await?;
    desk.page(&question(&desk, &found, None).await?)
}

async fn go(desk: &Desk, account: &str, sent: &Sent) -> Result<(), Stop> {
    let Handover { transfer_to, transfers } = handover::said(desk.ctx(), desk.org(), sent).await?;
    let confirm = sent.get("confirm").trim().to_owned();
    let wanted = DeleteServiceAccount { confirm, transfer_to, transfers };
    service_accounts::delete(desk.ctx(), desk.org(), account, wanted).await.map(drop)
}

/// `POST` of the same.
pub(super) async fn delete(Path((org, account)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let found = load(&desk, &account).await?;
    match go(&desk, &account, &sent).await {
        Ok(()) => Ok(go_with(&desk.href(TAB), Tone::Good, &format!("{} is deleted.", found.name))),
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            desk.again(&refusal, &question(&desk, &found, Some((&sent, &refusal))).await?)
        }
    }
}
