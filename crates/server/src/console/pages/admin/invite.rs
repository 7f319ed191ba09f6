//! Inviting in two steps: the addresses as they are pasted, then a role for each; and what came of it.

use std::collections::HashSet;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use guildhall_domain::access::Permit;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::member::guard_role;
use guildhall_domain::policy::{InviteCarries, InviteDelivery};
use guildhall_domain::text::{Email, NAME_MAX_CHARS};

use super::addresses::{self, Typed};
use super::desk::Desk;
use super::links;
use crate::console::verdict::sentence;
use crate::console::view::{
    Chip, Choice, Input, InviteAddressesPage, InviteResultPage, InviteRolesPage, InviteeRow, Select, SentRow, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go};
use crate::ops::Answer;
use crate::ops::groups;
use crate::ops::inviting::{self, InviteOutcome, NewInvitation, NewInvitations};

/// As many rows as a page of selects can hold and a person can look through.
const MOST: usize = 500;
/// As many groups as are offered for choosing.
const GROUPS: u32 = 100;

/// What has been chosen so far.
#[derive(Default)]
struct Draft {
    people: Vec<Typed>,
    roles: Vec<String>,
    deliver: String,
    groups: Vec<String>,
}

async fn open(visit: Visit, org: &str) -> Result<(Desk, Permit), Wrong> {
    let desk = Desk::open(visit, org).await?;
    let permit = desk.scene.place.permit(Asks::MemberInvite).map_err(|refusal| desk.wrong(refusal))?;
    Ok((desk, permit))
}

/// `GET /{org}/admin/invite`
pub(super) async fn start(visit: Visit, Path(org): Path<String>) -> Shown {
    let (desk, permit) = open(visit, &org).await?;
    let page = first_step(&desk, &permit, Input::default(), "", &Draft::default()).await?;
    desk.page(&page)
}

/// `POST /{org}/admin/invite`: back from the second step, with everything still there.
pub(super) async fn back(Path(org): Path<String>, sent: Sent) -> Shown {
    let draft = draft(&sent);
    let (desk, permit) = open(sent.visit, &org).await?;
    let role = draft.roles.first().map_or("", String::as_str);
    let typed = Input::of(addresses::write(&draft.people));
    let page = first_step(&desk, &permit, typed, role, &draft).await?;
    desk.page(&page)
}

/// `GET` of a later step: nothing is known there, so it begins anew.
pub(super) async fn again(Path(org): Path<String>) -> Response {
    go(&format!("/{org}/admin/invite"))
}

/// `POST /{org}/admin/invite/roles`: from the first step, or the second once more.
pub(super) async fn roles(Path(org): Path<String>, sent: Sent) -> Shown {
    let from_first = sent.fields.iter().any(|(name, _)| name == "addresses");
    let mut draft = draft(&sent);
    if from_first {
        draft.people = addresses::read(sent.get("addresses"));
        draft.roles = vec![sent.get("role").to_owned(); draft.people.len()];
    } else if let Ok(at) = sent.get("drop").parse::<usize>() {
        if at < draft.people.len() {
            draft.people.remove(at);
            draft.roles.remove(at);
        }
    } else if !sent.get("apply_all").is_empty() {
        draft.roles = vec![sent.get("all_role").to_owned(); draft.people.len()];
    }
    let typed = sent.get("addresses").to_owned();
    let (desk, permit) = open(sent.visit, &org).await?;
    let role = draft.roles.first().cloned().unwrap_or_default();
    let wrong = match draft.people.len() {
        0 => "There is no address in this list. Type at least one.".to_owned(),
        1..=MOST => return desk.page(&second_step(&desk, &permit, &draft)),
        many => format!("These are {many} addresses; at most {MOST} go at once here. The API takes more."),
    };
    let page = first_step(&desk, &permit, Input::of(typed).wrong(wrong), &role, &draft).await?;
    desk.visit.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// `POST /{org}/admin/invite/send`: each address stands for itself, one that is refused stops no other.
pub(super) async fn send(Path(org): Path<String>, sent: Sent) -> Shown {
    let draft = draft(&sent);
    let (desk, permit) = open(sent.visit, &org).await?;
    let invitations: Vec<NewInvitation> =
        draft.people.iter().zip(&draft.roles).map(|one| wanted(one, &draft.groups)).collect();
    if invitations.is_empty() {
        let empty = Input::default().wrong("There is no address left. Type at least one.");
        let page = first_step(&desk, &permit, empty, "", &draft).await?;
        return desk.visit.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let roles = draft.roles.clone();
    let deliver = Some(draft.deliver.clone()).filter(|d| !d.is_empty());
    let done = inviting::invite(desk.ctx(), desk.org(), NewInvitations { invitations, deliver }).await;
    let outcomes = match done {
        Ok(Answer::Done(invited)) => invited.invitations,
        Ok(Answer::Preview(_)) => Vec::new(),
        // Where the policy takes all or nothing: the rows again, with what is wrong with them.
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            return desk.again(&refusal, &second_step(&desk, &permit, &draft));
        }
    };
    desk.page(&result(&desk, &outcomes, &roles))
}

fn wanted((one, role): (&Typed, &String), groups: &[String]) -> NewInvitation {
    let name: String = one.name.chars().take(NAME_MAX_CHARS).collect();
    NewInvitation {
        email: Some(one.email.clone()),
        role: Some(role.clone()),
        groups: groups.to_vec(),
        name: Some(name),
        ..NewInvitation::default()
    }
}

/// The rows of the second step; a row whose address was emptied is gone.
fn draft(sent: &Sent) -> Draft {
    let (emails, names, roles) = (sent.all("email"), sent.all("name"), sent.all("role"));
    let text = |list: &[&str], at: usize| list.get(at).copied().unwrap_or_default().to_owned();
    let (mut people, mut kept) = (Vec::new(), Vec::new());
    for (at, email) in emails.iter().enumerate() {
        if !email.trim().is_empty() {
            people.push(Typed { email: email.trim().to_owned(), name: text(&names, at) });
            kept.push(text(&roles, at));
        }
    }
    let groups = sent.all("groups").into_iter().map(str::to_owned).collect();
    Draft { people, roles: kept, deliver: sent.get("deliver").to_owned(), groups }
}

/// The roles with the reason where this reader may not give one (CT-3). What is chosen is the wanted role,
/// else the policy's usual one, else the lowest that may be given.
pub(super) fn choices(desk: &Desk, permit: &Permit, wanted: &str) -> Vec<Choice> {
    if !desk.has_roles() {
        return Vec::new();
    }
    let rules = &desk.scene.place.rules;
    let roles = rules.organization_roles();
    let mut choices: Vec<Choice> = roles
        .map(|role| {
            let choice = Choice::new(&role.slug, &role.name).hint(&role.description);
            match guard_role(permit, rules, &role.slug, "role") {
                Ok(()) => choice,
                Err(refusal) => {
                    let why = desk.why(Asks::MemberInvite, &refusal);
                    Choice { label: format!("{} (above your own)", role.name), ..choice }.refused(why)
                }
            }
        })
        .collect();
    let usual = rules.policy().role_default.as_str().to_owned();
    let free = |slug: &str| choices.iter().position(|c| c.value == slug && c.refused.is_none());
    let chosen = free(wanted).or_else(|| free(&usual)).or_else(|| choices.iter().rposition(|c| c.refused.is_none()));
    if let Some(choice) = chosen.and_then(|at| choices.get_mut(at)) {
        choice.selected = true;
    }
    choices
}

/// The groups an invitation may carry, where it may; whether this reader may give each is asked when they send.
async fn group_choices(desk: &Desk, chosen: &[String]) -> Result<Vec<Choice>, Wrong> {
    let carried = desk.scene.place.rules.policy().invite_carries.contains(InviteCarries::Groups);
    if !carried || !desk.scene.may(Asks::GroupList) || !desk.scene.may(Asks::GroupManage) {
        return Ok(Vec::new());
    }
    let found = groups::list(desk.ctx(), desk.org(), Some(GROUPS), None).await.map_err(|stop| desk.wrong(stop))?;
    let choice = |group: groups::GroupView| {
        let on = chosen.contains(&group.id);
        Choice::new(group.id, group.name).hint(group.description).selected(on)
    };
    Ok(found.items.into_iter().map(choice).collect())
}

async fn first_step(
    desk: &Desk,
    permit: &Permit,
    typed: Input,
    role: &str,
    draft: &Draft,
) -> Result<InviteAddressesPage, Wrong> {
    let words = &desk.scene.words;
    let by_link = match draft.deliver.as_str() {
        "" => desk.scene.place.rules.policy().invite_deliver == InviteDelivery::Link,
        chosen => chosen == "link",
    };
    Ok(InviteAddressesPage {
        page: desk.below_people(&words.invite_title),
        words: words.clone(),
        action: desk.href("invite/roles"),
        cancel_href: desk.href("users"),
        addresses: typed,
        role: Select::of(choices(desk, permit, role)),
        deliver: Select::of(vec![
            Choice::new("email", "By mail").hint("Each of them gets a mail with a link.").selected(!by_link),
            Choice::new("link", "By a link you hand over")
                .hint("Nothing is sent; you get one link for each.")
                .selected(by_link),
        ]),
        groups: group_choices(desk, &draft.groups).await?,
        links_href: links::are_offered(desk).then(|| desk.href("invite/links")),
    })
}

fn second_step(desk: &Desk, permit: &Permit, draft: &Draft) -> InviteRolesPage {
    let mut seen = HashSet::new();
    let row = |(index, (one, role)): (usize, (&Typed, &String))| {
        let problem = match Email::parse(&one.email, "email") {
            Ok(email) if seen.insert(email.key().to_owned()) => None,
            Ok(_) => Some("This address stands in the list twice; one is enough.".to_owned()),
            Err(refusal) => Some(refusal.errors.first().map_or_else(String::new, |e| sentence(&e.detail))),
        };
        InviteeRow {
            index,
            email: one.email.clone(),
            name: one.name.clone(),
            problem,
            role: Select::of(choices(desk, permit, role)),
        }
    };
    let rows: Vec<InviteeRow> = draft.people.iter().zip(&draft.roles).enumerate().map(row).collect();
    let words = &desk.scene.words;
    InviteRolesPage {
        page: desk.below_people(&words.invite_roles_title),
        words: words.clone(),
        send_action: desk.href("invite/send"),
        again_action: desk.href("invite/roles"),
        back_action: desk.href("invite"),
        deliver: draft.deliver.clone(),
        groups: draft.groups.clone(),
        problems: rows.iter().filter(|row| row.problem.is_some()).count(),
        rows,
        all_role: Select::of(choices(desk, permit, "")),
    }
}

fn result(desk: &Desk, outcomes: &[InviteOutcome], roles: &[String]) -> InviteResultPage {
    let words = &desk.scene.words;
    let rows: Vec<SentRow> = outcomes.iter().zip(roles).map(|(outcome, role)| sent_row(desk, outcome, role)).collect();
    let created = outcomes.iter().filter(|o| o.invitation.is_some()).count();
    InviteResultPage {
        page: desk.below_people(&words.invite_title),
        words: words.clone(),
        created,
        refused: rows.len().saturating_sub(created),
        rows,
        people_href: desk.href("users"),
        again_href: desk.href("invite"),
    }
}

fn sent_row(desk: &Desk, outcome: &InviteOutcome, role: &str) -> SentRow {
    let Some(made) = &outcome.invitation else {
        // Which field it was, the row says.
        let told = outcome.detail.as_deref().unwrap_or_default();
        return SentRow {
            email: outcome.addressee(),
            state: Chip::new("Refused", Tone::Bad),
            detail: sentence(told.strip_prefix("`email`: ").unwrap_or(told)),
            code: outcome.code.clone().unwrap_or_default(),
            ..SentRow::default()
        };
    };
    let state = match outcome.link {
        Some(_) => Chip::new("Link made", Tone::Info),
        None => Chip::new("Mail on its way", Tone::Good),
    };
    SentRow {
        email: outcome.addressee(),
        role: if desk.has_roles() { desk.role_name(role) } else { String::new() },
        state,
        link: outcome.link.clone(),
        href: desk.href(&format!("invitations/{}", made.id)),
        ..SentRow::default()
    }
}
