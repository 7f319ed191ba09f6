//! Inviting in two steps: the addresses as they are pasted, then a role for each; and what came of it.

use std::collections::HashSet;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use guildhall_domain::access::Permit;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::member::guard_role;
use guildhall_domain::policy::{InviteAddressee, InviteCarries, InviteDelivery, SignupClosedByInvites};
use guildhall_domain::text::Email;
use guildhall_store::Stop;

use super::desk::Desk;
use super::invite_draft::{Draft, Entry};
use super::links;
use crate::console::verdict::sentence;
use crate::console::view::{
    Chip, Choice, Input, InviteAddressesPage, InviteResultPage, InviteRolesPage, InviteeRow, PlaceChoice, Select,
    SentRow, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go};
use crate::ops::Answer;
use crate::ops::groups::{self, GroupView};
use crate::ops::inviting::{self, InviteOutcome, NewInvitations};
use crate::ops::resource_shapes::ResourceView;
use crate::ops::resources::{self, ResourceQuery};

/// As many rows as a page of selects can hold and a person can look through.
const MOST: usize = 500;
/// As many groups as are offered for choosing.
const GROUPS: u32 = 50;
/// As many places as are offered for a role in each.
const PLACES: u32 = 20;
/// As many as a role may be chosen in at once.
const PLACES_MOST: usize = 50;

async fn open(visit: Visit, org: &str) -> Result<(Desk, Permit), Wrong> {
    let desk = Desk::open(visit, org).await?;
    let permit = desk.scene.place.permit(Asks::MemberInvite).map_err(|refusal| desk.wrong(refusal))?;
    Ok((desk, permit))
}

/// `GET /{org}/admin/invite`
pub(super) async fn start(visit: Visit, Path(org): Path<String>) -> Shown {
    let (desk, permit) = open(visit, &org).await?;
    let page = first_step(&desk, &permit, Input::default(), &Draft::default()).await?;
    desk.page(&page)
}

/// `POST /{org}/admin/invite`: back from the second step, with everything still there.
pub(super) async fn back(Path(org): Path<String>, sent: Sent) -> Shown {
    let draft = Draft::second(&sent);
    let (desk, permit) = open(sent.visit, &org).await?;
    let page = first_step(&desk, &permit, Input::of(draft.written()), &draft).await?;
    desk.page(&page)
}

/// `GET` of a later step: nothing is known there, so it begins anew.
pub(super) async fn again(Path(org): Path<String>) -> Response {
    go(&format!("/{org}/admin/invite"))
}

/// `POST /{org}/admin/invite/roles`: from the first step, or the second once more.
pub(super) async fn roles(Path(org): Path<String>, sent: Sent) -> Shown {
    let from_first = sent.fields.iter().any(|(name, _)| name == "addresses");
    let mut draft = if from_first { Draft::first(&sent) } else { Draft::second(&sent) };
    if let Ok(at) = sent.get("drop").parse::<usize>() {
        if at < draft.entries.len() {
            draft.entries.remove(at);
        }
    } else if !sent.get("apply_all").is_empty() {
        for entry in &mut draft.entries {
            entry.role = sent.get("all_role").to_owned();
        }
    }
    let typed = sent.get("addresses").to_owned();
    let looks_for = (!sent.get("find").is_empty()).then(|| sent.get("place_query").to_owned());
    let (desk, permit) = open(sent.visit, &org).await?;
    if let Some(query) = looks_for {
        let page = first_step(&desk, &permit, Input::of(typed), &draft).await?;
        return desk.page(&finding(&desk, page, &draft, &query).await?);
    }
    let wrong = match draft.entries.len() {
        0 => "There is no address in this list. Type at least one.".to_owned(),
        1..=MOST => return desk.page(&second_step(&desk, &permit, &draft).await?),
        many => format!("These are {many} addresses; at most {MOST} go at once here. The API takes more."),
    };
    let page = first_step(&desk, &permit, Input::of(typed).wrong(wrong), &draft).await?;
    desk.visit.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// `POST /{org}/admin/invite/send`: each address stands for itself, one that is refused stops no other.
pub(super) async fn send(Path(org): Path<String>, sent: Sent) -> Shown {
    let draft = Draft::second(&sent);
    let (desk, permit) = open(sent.visit, &org).await?;
    let handles = by_handle(&desk);
    let invitations: Vec<_> = draft.entries.iter().map(|entry| entry.wanted(handles)).collect();
    if invitations.is_empty() {
        let empty = Input::default().wrong("There is no address left. Type at least one.");
        let page = first_step(&desk, &permit, empty, &draft).await?;
        return desk.visit.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let roles: Vec<String> = draft.entries.iter().map(|entry| entry.role.clone()).collect();
    let deliver = Some(draft.deliver.clone()).filter(|d| !d.is_empty());
    let done = inviting::invite(desk.ctx(), desk.org(), NewInvitations { invitations, deliver }).await;
    let outcomes = match done {
        Ok(Answer::Done(invited)) => invited.invitations,
        Ok(Answer::Preview(_)) => Vec::new(),
        // Where the policy takes all or nothing: the rows again, with what is wrong with them.
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            let problem = Some(sentence(&refusal.detail));
            return desk.again(&refusal, &InviteRolesPage { problem, ..second_step(&desk, &permit, &draft).await? });
        }
    };
    desk.page(&result(&desk, &outcomes, &roles))
}

/// Whether people are invited by the handle of their account, too.
fn by_handle(desk: &Desk) -> bool {
    desk.scene.place.rules.policy().invite_addressee.contains(InviteAddressee::Handle)
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
async fn known_groups(desk: &Desk) -> Result<Vec<GroupView>, Wrong> {
    let carried = desk.scene.place.rules.policy().invite_carries.contains(InviteCarries::Groups);
    if !carried || !desk.scene.may(Asks::GroupList) || !desk.scene.may(Asks::GroupManage) {
        return Ok(Vec::new());
    }
    let found = groups::list(desk.ctx(), desk.org(), Some(GROUPS), None).await.map_err(|stop| desk.wrong(stop))?;
    Ok(found.items.into_iter().filter(|group| group.origin != "external").collect())
}

fn group_choices(all: &[GroupView], chosen: &[String]) -> Vec<Choice> {
    let choice = |group: &GroupView| {
        Choice::new(&group.id, &group.name).hint(&group.description).selected(chosen.contains(&group.id))
    };
    all.iter().map(choice).collect()
}

/// The places an invitation may carry a role in, where it may: those this reader reaches and that have roles.
/// First those where somebody gets a role already; then the first of the rest, or those of a name that is looked for.
/// And whether there are more.
async fn known_places(desk: &Desk, draft: &Draft, name: &str) -> Result<(Vec<ResourceView>, bool), Wrong> {
    if !desk.scene.place.rules.policy().invite_carries.contains(InviteCarries::Resources) {
        return Ok((Vec::new(), false));
    }
    let preset = desk.scene.place.rules.preset();
    let has_roles = |one: &ResourceView| preset.roles_of(&one.kind).next().is_some();
    let mut all: Vec<ResourceView> = Vec::new();
    for id in draft.chosen_places().iter().take(PLACES_MOST) {
        match resources::get(desk.ctx(), desk.org(), id).await {
            Ok(one) if has_roles(&one) => all.push(one),
            // What went or was made up meanwhile is left out here and refused where it is sent all the same.
            Ok(_) | Err(Stop::Refused(_)) => {}
            Err(stop) => return Err(desk.wrong(stop)),
        }
    }
    let query = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    let more = ResourceQuery { query, limit: Some(PLACES), ..ResourceQuery::default() };
    let found = resources::list(desk.ctx(), desk.org(), more).await.map_err(|stop| desk.wrong(stop))?;
    let fresh = found.items.into_iter().filter(|one| has_roles(one) && !all.iter().any(|known| known.id == one.id));
    let fresh: Vec<ResourceView> = fresh.collect();
    all.extend(fresh);
    Ok((all, found.next.is_some()))
}

/// The first step with the places of a name that is looked for.
async fn finding(
    desk: &Desk,
    page: InviteAddressesPage,
    draft: &Draft,
    name: &str,
) -> Result<InviteAddressesPage, Wrong> {
    let (found, _) = known_places(desk, draft, name).await?;
    let places = place_choices(desk, &found, "all", &draft.begin.places);
    Ok(InviteAddressesPage { places, place_query: Some(name.to_owned()), ..page })
}

fn place_choices(desk: &Desk, all: &[ResourceView], row: &str, chosen: &[(String, String)]) -> Vec<PlaceChoice> {
    let preset = desk.scene.place.rules.preset();
    let choice = |one: &ResourceView| {
        let held = chosen.iter().find(|(resource, _)| *resource == one.id).map_or("", |(_, role)| role.as_str());
        let none = Choice::new("", "No role there").selected(held.is_empty());
        let roles =
            preset.roles_of(&one.kind).map(|role| Choice::new(&role.slug, &role.name).selected(role.slug == held));
        PlaceChoice {
            key: format!("place.{row}.{}", one.id),
            label: one.name.clone(),
            choices: std::iter::once(none).chain(roles).collect(),
        }
    };
    all.iter().map(choice).collect()
}

async fn first_step(desk: &Desk, permit: &Permit, typed: Input, draft: &Draft) -> Result<InviteAddressesPage, Wrong> {
    let words = &desk.scene.words;
    let by_link = match draft.deliver.as_str() {
        "" => desk.scene.place.rules.policy().invite_deliver == InviteDelivery::Link,
        chosen => chosen == "link",
    };
    let begin = draft.begin.clone();
    let (places, more) = known_places(desk, draft, "").await?;
    Ok(InviteAddressesPage {
        page: desk.below_people(&words.invite_title),
        words: words.clone(),
        action: desk.href("invite/roles"),
        cancel_href: desk.href("users"),
        addresses: typed,
        by_handle: by_handle(desk),
        role: Select::of(choices(desk, permit, &begin.role)),
        deliver: Select::of(vec![
            Choice::new("email", "By mail").hint("Each of them gets a mail with a link.").selected(!by_link),
            Choice::new("link", "By a link you hand over")
                .hint("Nothing is sent; you get one link for each.")
                .selected(by_link),
        ]),
        groups: group_choices(&known_groups(desk).await?, &begin.groups),
        places: place_choices(desk, &places, "all", &begin.places),
        place_query: more.then(String::new),
        warning: closes_the_door(desk),
        links_href: links::are_offered(desk).then(|| desk.href("invite/links")),
    })
}

/// What inviting does to those who would join by themselves, where it does something to them (ON-4).
fn closes_the_door(desk: &Desk) -> Option<String> {
    use SignupClosedByInvites::{Implicit, ImplicitLiteral, Never, Switch};
    let policy = desk.scene.place.rules.policy();
    let closes = match policy.signup_closed_by_invites {
        Implicit | ImplicitLiteral => policy.signup_open,
        Never | Switch => false,
    };
    let (person, organization) = (&desk.scene.words.person, &desk.scene.words.organization.one);
    closes.then(|| {
        format!(
            "Inviting {} will disallow new {} from automatically joining your {organization}. \
             You will need to invite all {} or none.",
            person.titles, person.many, person.many
        )
    })
}

/// Why no invitation can be made for an entry, as far as its address tells.
fn problem(entry: &Entry, handles: bool, seen: &mut HashSet<String>) -> Option<String> {
    let key = match (entry.handle(handles), Email::parse(&entry.typed.email, "email")) {
        (Some(handle), _) => format!("@{handle}"),
        (None, Ok(email)) => email.key().to_owned(),
        (None, Err(refusal)) => {
            return Some(refusal.errors.first().map_or_else(String::new, |e| sentence(&e.detail)));
        }
    };
    (!seen.insert(key)).then(|| "This address stands in the list twice; one is enough.".to_owned())
}

async fn second_step(desk: &Desk, permit: &Permit, draft: &Draft) -> Result<InviteRolesPage, Wrong> {
    let (all_groups, (all_places, _)) = (known_groups(desk).await?, known_places(desk, draft, "").await?);
    let handles = by_handle(desk);
    let named = desk.scene.place.rules.policy().invite_names_required;
    let mut seen = HashSet::new();
    let row = |(index, entry): (usize, &Entry)| {
        let names = (named && entry.handle(handles).is_none()).then(|| entry.name_parts());
        InviteeRow {
            index,
            email: entry.typed.email.clone(),
            name: entry.typed.name.clone(),
            names,
            problem: problem(entry, handles, &mut seen),
            role: Select::of(choices(desk, permit, &entry.role)),
            groups: group_choices(&all_groups, &entry.groups),
            places: place_choices(desk, &all_places, &index.to_string(), &entry.places),
        }
    };
    let rows: Vec<InviteeRow> = draft.entries.iter().enumerate().map(row).collect();
    let words = &desk.scene.words;
    Ok(InviteRolesPage {
        page: desk.below_people(&words.invite_roles_title),
        words: words.clone(),
        send_action: desk.href("invite/send"),
        again_action: desk.href("invite/roles"),
        back_action: desk.href("invite"),
        deliver: draft.deliver.clone(),
        problem: None,
        problems: rows.iter().filter(|row| row.problem.is_some()).count(),
        rows,
        all_role: Select::of(choices(desk, permit, "")),
    })
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
