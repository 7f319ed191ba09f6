//! The organization's own page: name and address, preset, account, and its end. The settings are in `sections`.

use axum::extract::Path;
use axum::http::StatusCode;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::refusal::{Code, Refusal};

use super::desk::Desk;
use super::sections::{self, Tried};
use super::{links, preset};
use crate::console::verdict::sentence;
use crate::console::view::{
    AccountForm, Action, ConfirmPage, Consequence, Input, OrganizationPage, Place, Shell, Tone, TypedWord,
};
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::ops::account::{self, AccountView, EditAccount};
use crate::ops::organizations::{self, Renaming};
use crate::ops::tokens;

/// The forms of this page that may come back refused.
#[derive(Clone, Copy, Default)]
struct Forms<'a> {
    profile: Tried<'a>,
    account: Tried<'a>,
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
    desk.scene.place.permit(Asks::PolicyRead).map_err(|refusal| desk.wrong(refusal))?;
    let account = match desk.scene.may(Asks::AccountManage) {
        true => Some(account::get(desk.ctx(), desk.org()).await.map_err(|stop| desk.wrong(stop))?),
        false => None,
    };
    let shown = OrganizationPage {
        approvals: sections::approvals(desk, "").await?,
        account: account.map(|account| account_form(desk, &account, forms.account)),
        ..page(desk, forms.profile)
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

fn page(desk: &Desk, profile: Tried<'_>) -> OrganizationPage {
    let (organization, words) = (&desk.scene.place.organization, &desk.scene.words);
    let input = |field: &str, present: &str| Input {
        value: profile.sent.map_or(present, |sent| sent.get(field)).to_owned(),
        error: profile.error(field),
    };
    let delete = format!("Delete {}", words.organization.one);
    OrganizationPage {
        page: desk.shell(&words.settings_title, "org"),
        words: words.clone(),
        profile_action: desk.href("org"),
        name: input("name", &organization.name),
        slug: input("slug", &organization.slug),
        preset: format!("{}, version {}", desk.scene.place.rules.preset().title, organization.preset_version),
        may_edit: desk.scene.may(Asks::OrganizationUpdate),
        sections: sections::tabs(desk, ""),
        preset_action: preset::action(desk),
        approvals: None,
        account: None,
        reset_links: links::reset_action(desk),
        reset_authentication: desk
            .scene
            .may(Asks::AuthenticationReset)
            .then(|| Action::ask_and_leave("End all sessions and tokens", desk.href("org/reset")).danger()),
        delete: match desk.scene.place.permit(Asks::OrganizationDelete) {
            Ok(_) => Action::ask_and_leave(delete, desk.href("org/delete")).danger(),
            Err(refusal) => Action::refused(delete, desk.why(Asks::OrganizationDelete, &refusal)),
        },
    }
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

/// `GET /{org}/admin/org/reset`
pub(super) async fn ask_reset(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    desk.scene.place.permit(Asks::AuthenticationReset).map_err(|refusal| desk.wrong(refusal))?;
    let words = &desk.scene.words;
    desk.page(&ConfirmPage {
        page: desk.below("org", &[(&words.settings_title, "org")], "End all sessions and tokens"),
        title: "End all sessions and tokens?".to_owned(),
        person: None,
        lead: "For a leak: whatever was issued up to now is worthless here at once, yours too.".to_owned(),
        consequences: vec![
            Consequence::ends("Everybody signs in again"),
            Consequence::ends("Every token stops working, programs' too, until it has a new secret"),
            Consequence::stays("Accounts, roles, groups and shares stay as they are"),
        ],
        refused: None,
        typed: None,
        reason: None,
        action: desk.visit.path.clone(),
        yes: "End them all".to_owned(),
        danger: true,
        cancel_href: desk.href("org"),
    })
}

/// `POST` of the same.
pub(super) async fn reset(Path(org): Path<String>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    tokens::reset_authentication(desk.ctx(), desk.org()).await.map_err(|stop| desk.wrong(stop))?;
    Ok(go_with("/sign-in", Tone::Good, "Everything that was issued is worthless now. Sign in again."))
}
