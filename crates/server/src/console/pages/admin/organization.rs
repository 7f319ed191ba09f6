//! The organization's own page: name and address, the settings its preset opens, and its end.

use axum::extract::Path;
use axum::http::StatusCode;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::member::Status;
use guildhall_domain::policy::{ApprovalMode, ApprovalOnDisable, Knob as Name};
use guildhall_domain::refusal::{Code, Refusal};
use serde_json::{Map, Value};

use super::desk::Desk;
use super::{knobs, links};
use crate::console::verdict::sentence;
use crate::console::view::{
    AccountForm, Action, ApprovalSwitch, ConfirmPage, Consequence, Input, Knob, KnobControl, KnobGroup,
    OrganizationPage, Place, Shell, Tone, TypedWord,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::account::{self, AccountView, EditAccount};
use crate::ops::members::{self, MemberQuery};
use crate::ops::organizations::{self, KnobView, PolicyView, Renaming};

/// The forms of this page that may come back refused.
#[derive(Clone, Copy, Default)]
struct Forms<'a> {
    profile: Tried<'a>,
    settings: Tried<'a>,
    account: Tried<'a>,
}

/// What was sent and refused, to be shown again.
#[derive(Clone, Copy, Default)]
struct Tried<'a> {
    sent: Option<&'a Sent>,
    refusal: Option<&'a Refusal>,
}

impl Tried<'_> {
    fn error(&self, field: &str) -> Option<String> {
        let refusal = self.refusal?;
        let found = refusal.errors.iter().find(|e| e.field == field).map(|e| sentence(&e.detail));
        found.or_else(|| (field == "slug" && refusal.code == Code::SlugTaken).then(|| sentence(&refusal.detail)))
    }
}

async fn policy(desk: &Desk) -> Result<PolicyView, Wrong> {
    organizations::policy(desk.ctx(), desk.org()).await.map_err(|stop| desk.wrong(stop))
}

/// `GET /{org}/admin/org`
pub(super) async fn show(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    again(&desk, None, Forms::default()).await
}

/// `POST /{org}/admin/org`
pub(super) async fn rename(Path(org): Path<String>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let (name, slug) = (sent.get("name").to_owned(), sent.get("slug").trim().to_owned());
    let wanted = Renaming { name: Some(name), slug: Some(slug.clone()) };
    match organizations::rename(desk.ctx(), desk.org(), wanted).await {
        Ok(_) => Ok(go_with(&format!("/{slug}/admin/org"), Tone::Good, "Saved.")),
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            let profile = Tried { sent: Some(&sent), refusal: Some(&refusal) };
            again(&desk, Some(&refusal), Forms { profile, ..Forms::default() }).await
        }
    }
}

/// `POST /{org}/admin/org/policy`
pub(super) async fn change_policy(Path(org): Path<String>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let rules = &desk.scene.place.rules;
    // Only what was turned is sent, so that somebody else's change of another setting stays.
    let turned = |knob: &&Name| knobs::read(rules, **knob, &sent).filter(|value| *value != rules.policy().get(**knob));
    let open = &rules.preset().open_knobs;
    let wanted: Map<String, Value> =
        open.iter().filter_map(|knob| turned(&knob).map(|value| (knob.name().to_owned(), value))).collect();
    match organizations::change_policy(desk.ctx(), desk.org(), wanted).await {
        Ok(_) => Ok(go_with(&desk.href("org"), Tone::Good, "The settings are saved and hold from now on.")),
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            let settings = Tried { sent: Some(&sent), refusal: Some(&refusal) };
            again(&desk, Some(&refusal), Forms { settings, ..Forms::default() }).await
        }
    }
}

/// `POST /{org}/admin/org/account`
pub(super) async fn change_account(Path(org): Path<String>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let lines = sent.get("billing_contacts").lines().map(str::trim).filter(|line| !line.is_empty());
    let wanted = EditAccount {
        plan: Some(sent.get("plan").to_owned()),
        billing_contacts: Some(lines.map(str::to_owned).collect()),
    };
    match account::edit(desk.ctx(), desk.org(), wanted).await {
        Ok(_) => Ok(go_with(&desk.href("org"), Tone::Good, "The account is saved.")),
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            let account = Tried { sent: Some(&sent), refusal: Some(&refusal) };
            again(&desk, Some(&refusal), Forms { account, ..Forms::default() }).await
        }
    }
}

/// The page, with what was refused where something was.
async fn again(desk: &Desk, refusal: Option<&Refusal>, forms: Forms<'_>) -> Shown {
    let policy = policy(desk).await?;
    let account = match desk.scene.may(Asks::AccountManage) {
        true => Some(account::get(desk.ctx(), desk.org()).await.map_err(|stop| desk.wrong(stop))?),
        false => None,
    };
    // After a refusal the page is about what was refused.
    let approvals = if refusal.is_none() { approvals(desk).await? } else { None };
    let shown = OrganizationPage {
        approvals,
        account: account.map(|account| account_form(desk, &account, forms.account)),
        ..page(desk, &policy, forms.profile, forms.settings)
    };
    match refusal {
        Some(refusal) => desk.again(refusal, &shown),
        None => desk.page(&shown),
    }
}

fn account_form(desk: &Desk, account: &AccountView, tried: Tried<'_>) -> AccountForm {
    let value = |field: &str, present: String| tried.sent.map_or(present, |sent| sent.get(field).to_owned());
    let wrong = tried.refusal.and_then(|refusal| refusal.errors.first());
    let contacts = wrong.filter(|error| error.field.starts_with("billing_contacts"));
    AccountForm {
        action: desk.href("org/account"),
        plan: Input { value: value("plan", account.plan.clone().unwrap_or_default()), error: tried.error("plan") },
        billing_contacts: Input {
            value: value("billing_contacts", account.billing_contacts.join("\n")),
            error: contacts.map(|error| sentence(&error.detail)),
        },
    }
}

fn page(desk: &Desk, policy: &PolicyView, profile: Tried<'_>, settings: Tried<'_>) -> OrganizationPage {
    let (organization, words) = (&desk.scene.place.organization, &desk.scene.words);
    let input = |field: &str, present: &str| Input {
        value: profile.sent.map_or(present, |sent| sent.get(field)).to_owned(),
        error: profile.error(field),
    };
    let may_turn = desk.scene.may(Asks::PolicyUpdate);
    let delete = format!("Delete {}", words.organization.one);
    OrganizationPage {
        page: desk.shell(&words.settings_title, "org"),
        words: words.clone(),
        profile_action: desk.href("org"),
        name: input("name", &organization.name),
        slug: input("slug", &organization.slug),
        preset: format!("{}, version {}", desk.scene.place.rules.preset().title, organization.preset_version),
        may_edit: desk.scene.may(Asks::OrganizationUpdate),
        policy_action: desk.href("org/policy"),
        approvals: None,
        groups: open_groups(desk, policy, may_turn, settings),
        fixed: fixed_group(desk, policy),
        account: None,
        may_save: may_turn && policy.settings.iter().any(|knob| knob.open),
        reset_links: links::reset_action(desk),
        delete: match desk.scene.place.permit(Asks::OrganizationDelete) {
            Ok(_) => Action::ask_and_leave(delete, desk.href("org/delete")).danger(),
            Err(refusal) => Action::refused(delete, desk.why(Asks::OrganizationDelete, &refusal)),
        },
    }
}

/// The switch for approvals, with those whom switching off lets in.
async fn approvals(desk: &Desk) -> Result<Option<ApprovalSwitch>, Wrong> {
    let (rules, mode) = (&desk.scene.place.rules, desk.scene.place.rules.policy().approval_mode);
    let turns = rules.preset().open_knobs.contains(&Name::ApprovalMode) && desk.scene.may(Asks::PolicyUpdate);
    if !turns || mode == ApprovalMode::OutsideDomains {
        return Ok(None);
    }
    let on = mode == ApprovalMode::All;
    let waiting = if on { waiting(desk).await? } else { String::new() };
    Ok(Some(ApprovalSwitch { on, waiting }))
}

async fn waiting(desk: &Desk) -> Result<String, Wrong> {
    let waits = MemberQuery { status: Some(Status::PendingApproval.word().to_owned()), ..MemberQuery::default() };
    let found = members::list(desk.ctx(), desk.org(), waits).await.map_err(|stop| desk.wrong(stop))?;
    let names: Vec<String> = found.items.into_iter().filter_map(|m| m.identity.email).collect();
    if names.is_empty() {
        return Ok(String::new());
    }
    let more = if found.next.is_some() { " and more" } else { "" };
    Ok(match desk.scene.place.rules.policy().approval_on_disable {
        ApprovalOnDisable::ApproveAll => format!("Disabling lets in who waits: {}{more}.", names.join(", ")),
        ApprovalOnDisable::KeepWaiting => format!("Still waiting, also after disabling: {}{more}.", names.join(", ")),
    })
}

fn known(policy: &PolicyView) -> impl Iterator<Item = (Name, &KnobView)> {
    let name = |view: &KnobView| Name::ALL.iter().copied().find(|name| name.name() == view.name);
    policy.settings.iter().filter_map(move |view| name(view).map(|name| (name, view)))
}

/// What can be turned, by its headings.
fn open_groups(desk: &Desk, policy: &PolicyView, may_turn: bool, tried: Tried<'_>) -> Vec<KnobGroup> {
    let group = |(at, (title, intro)): (usize, &(&str, &str))| KnobGroup {
        title: (*title).to_owned(),
        intro: (*intro).to_owned(),
        knobs: known(policy)
            .filter(|(name, view)| view.open && knobs::title(*name).0 == at)
            .map(|(name, view)| knob(desk, name, view, may_turn, tried))
            .collect(),
    };
    knobs::GROUPS.iter().enumerate().map(group).filter(|group| !group.knobs.is_empty()).collect()
}

/// What the preset fixes, told at the end.
fn fixed_group(desk: &Desk, policy: &PolicyView) -> KnobGroup {
    let fixed = known(policy).filter(|(_, view)| !view.open);
    KnobGroup {
        title: "Fixed by the preset".to_owned(),
        intro: "These come with the preset and cannot be changed here.".to_owned(),
        knobs: fixed.map(|(name, view)| knob(desk, name, view, false, Tried::default())).collect(),
    }
}

fn knob(desk: &Desk, name: Name, view: &KnobView, may_turn: bool, tried: Tried<'_>) -> Knob {
    let rules = &desk.scene.place.rules;
    let sent = tried.sent.and_then(|sent| knobs::read(rules, name, sent));
    let value = sent.as_ref().unwrap_or(&view.value);
    Knob {
        name: view.name.clone(),
        label: knobs::title(name).1.to_owned(),
        sentence: for_people(&view.sentence),
        control: if may_turn {
            knobs::control(rules, name, value, tried.sent)
        } else {
            KnobControl::Shown(knobs::shown(rules, name, &view.value))
        },
        error: tried.error(&view.name),
    }
}

/// The sentences speak of seconds, `null` and dotted names, as files and the API do; the form has units, may
/// be empty and calls the settings by their titles.
fn for_people(sentence: &str) -> String {
    let titled = Name::ALL.iter().fold(sentence.to_owned(), |text, name| {
        text.replace(&format!("`{}`", name.name()), &format!("“{}”", knobs::title(*name).1))
    });
    titled
        .replace(", in seconds;", ";")
        .replace("how many seconds", "how long")
        .replace("; `null`:", ". Left empty:")
        .replace('`', "")
}

/// `GET /{org}/admin/org/delete`
pub(super) async fn ask_delete(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    desk.scene.place.permit(Asks::OrganizationDelete).map_err(|refusal| desk.wrong(refusal))?;
    desk.page(&delete_page(&desk, Input::default()))
}

/// `POST /{org}/admin/org/delete`
pub(super) async fn delete(Path(org): Path<String>, sent: Sent) -> Shown {
    let typed = sent.get("confirm").trim().to_owned();
    let desk = Desk::open(sent.visit, &org).await?;
    match organizations::delete(desk.ctx(), desk.org(), typed.clone()).await {
        Ok(_) => {
            let news = format!("{} is deleted.", desk.scene.place.organization.name);
            Ok(go_with("/organizations", Tone::Good, &news))
        }
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            let input = Input::of(typed).wrong("This is not its short name. Nothing was deleted.");
            desk.visit.page(StatusCode::UNPROCESSABLE_ENTITY, &delete_page(&desk, with_reason(input, &refusal)))
        }
    }
}

fn with_reason(input: Input, refusal: &Refusal) -> Input {
    if refusal.code == Code::DeleteConfirm { input } else { input.wrong(sentence(&refusal.detail)) }
}

fn delete_page(desk: &Desk, input: Input) -> ConfirmPage {
    let (organization, words) = (&desk.scene.place.organization, &desk.scene.words);
    let trail = vec![Place::new(&words.settings_title, desk.href("org"))];
    ConfirmPage {
        page: Shell { trail, ..desk.shell("Delete", "org") },
        title: format!("Delete {}?", organization.name),
        person: None,
        lead: "Nothing of it can be brought back.".to_owned(),
        consequences: vec![
            Consequence::ends("Everybody in it loses access at once"),
            Consequence::ends("Its tokens stop working, and who is in no other place is signed out"),
            Consequence::ends("Its audit log can no longer be read: export it first if you need it"),
            Consequence::stays("The accounts of its people and their other organizations stay"),
        ],
        refused: None,
        typed: Some(TypedWord { expected: organization.slug.clone(), input }),
        reason: None,
        action: desk.visit.path.clone(),
        yes: "Delete for ever".to_owned(),
        danger: true,
        cancel_href: desk.href("org"),
    }
}
