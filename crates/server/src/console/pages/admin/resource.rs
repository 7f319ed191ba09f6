//! The page of one resource: what it is, what stands in it, who reaches it and whence; granting,
//! sharing by link, and taking back.

use axum::extract::Path;
use guildhall_domain::permission::Mask;
use guildhall_domain::resource::{Verb, authorize};
use guildhall_store::Stop;
use serde_json::Value;

use super::desk::{Desk, with_query};
use super::resources::{kind_name, level_name, row, title};
use super::why;
use crate::console::verdict::{Verdict, sentence};
use crate::console::view::{
    Action, Chip, Choice, ConfirmPage, Consequence, Fact, FactValue, LinkSharedPage, Person, Place, ReachRow,
    ResourcePage, Select, SharedPage, SharedRow, SharingPart, Shell, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::ops::grants::{self, NewGrant};
use crate::ops::people::{self, ReachView};
use crate::ops::resources::{self, Looked, ResourceQuery};
use crate::ops::share_links::{self, NewShareLink};
use crate::ops::shared::{self, SharedView};
use crate::ops::{Answer, resource_keeping};

const SHOWN: u32 = 50;
const DAY_S: i64 = 86_400;

/// `GET /{org}/admin/resources/{resource}`
pub(super) async fn show(visit: Visit, Path((org, resource)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    page(&desk, &resource, "", Verdict::default()).await
}

fn may(desk: &Desk, found: &Looked, verb: Verb) -> Result<(), String> {
    let Ok(me) = desk.scene.place.me() else { return Err(String::new()) };
    let preset = desk.scene.place.rules.preset();
    authorize(me.id, found.rights, preset, &found.view.kind, verb).map(drop).map_err(|why| sentence(&why.detail))
}

async fn page(desk: &Desk, resource: &str, who: &str, verdict: Verdict) -> Shown {
    let found = resources::looked(desk.ctx(), desk.org(), resource).await.map_err(|stop| desk.wrong(stop))?;
    let view = &found.view;
    let href = desk.href(&format!("resources/{}", view.id));
    let parent = Some(view.id.clone());
    let query = ResourceQuery { parent: parent.clone(), limit: Some(SHOWN), ..ResourceQuery::default() };
    let inside = resources::list(desk.ctx(), desk.org(), query).await.map_err(|stop| desk.wrong(stop))?;
    let all = || with_query(&desk.href("resources"), &[("parent", parent.as_deref())]);
    let kinds = desk.scene.place.rules.preset().types.iter();
    let fitting = kinds.filter(|kind| kind.parents.contains(&view.kind)).map(|kind| kind.slug.as_str()).next();
    let new = fitting.map(|slug| {
        let pairs = [("type", Some(slug)), ("parent", parent.as_deref())];
        Action::link("New", with_query(&desk.href("resources/new"), &pairs))
    });
    let mut trail = vec![Place::new(title(desk), desk.href("resources"))];
    let above = found.above.iter();
    trail.extend(above.map(|(id, name)| Place::new(name, desk.href(&format!("resources/{id}")))));
    let mut frame = Shell { trail, ..desk.shell(&view.name, "resources") };
    frame.flash.extend(verdict.flash());
    let mut chips = vec![Chip::new(kind_name(desk, &view.kind), Tone::Plain)];
    if view.controlled {
        chips.push(Chip::new("Controlled", Tone::Wait));
    }
    let offered = |label: &str, verb: Verb, action: Action| match may(desk, &found, verb) {
        Ok(()) => action,
        Err(why) => Action::refused(label, why),
    };
    let sharing = match may(desk, &found, Verb::Share) {
        Ok(()) => Some(sharing(desk, &found, &href, who, &verdict).await?),
        Err(_) => None,
    };
    let shown = ResourcePage {
        page: frame,
        words: desk.scene.words.clone(),
        name: view.name.clone(),
        chips,
        facts: facts(desk, &found),
        actions: [
            offered("Change", Verb::Update, Action::link("Change", format!("{href}/edit"))),
            offered("Delete", Verb::Delete, Action::ask_and_leave("Delete", format!("{href}/delete")).danger()),
        ]
        .into_iter()
        .chain(why::action(desk, "Who may do what here", "", &view.id))
        .collect(),
        inside: inside.items.iter().map(|one| row(desk, one)).collect(),
        inside_more: inside.next.is_some().then(all),
        new,
        sharing,
        href,
    };
    verdict.page(&desk.visit, &shown)
}

fn facts(desk: &Desk, found: &Looked) -> Vec<Fact> {
    let view = &found.view;
    let mut facts = vec![Fact::text("Type", kind_name(desk, &view.kind))];
    facts.extend(view.external_id.as_ref().map(|id| Fact::new("External id", FactValue::Code(id.clone()))));
    if let Some((id, name)) = found.above.last() {
        let place = Place::new(name, desk.href(&format!("resources/{id}")));
        facts.push(Fact::new("Stands under", FactValue::Link(place)));
    }
    let owner = view.owner.as_ref().map(|o| if o.name.is_empty() { o.email.clone() } else { o.name.clone() });
    facts.push(Fact::text("Owner", owner.unwrap_or_else(|| "The organization".to_owned())));
    let role = view.role.as_deref().map(|role| level_name(desk, &view.kind, role));
    facts.push(Fact::new("Your role", role.map_or(FactValue::Nothing, FactValue::Text)));
    facts.push(Fact::new("Made", FactValue::When(desk.when(view.created_at))));
    facts.push(Fact::new("Id", FactValue::Code(view.id.clone())));
    facts
}

async fn sharing(
    desk: &Desk,
    found: &Looked,
    href: &str,
    who: &str,
    verdict: &Verdict,
) -> Result<SharingPart, crate::console::visit::Wrong> {
    let id = &found.view.id;
    let (ctx, org) = (desk.ctx(), desk.org());
    let reach = people::list(ctx, org, id, Some(SHOWN), desk.asked("after")).await.map_err(|stop| desk.wrong(stop))?;
    let on = shared::on(ctx, org, id, SHOWN).await.map_err(|stop| desk.wrong(stop))?;
    let policy = desk.scene.place.rules.policy();
    let row = |one: &SharedView, part: &str| {
        let revoke = Action::post("Revoke", format!("{href}/{part}/{}/revoke", one.id)).danger();
        SharedRow { name: String::new(), ..shared_row(desk, one, Some(revoke)) }
    };
    let choice = |value: &str, label: &str| Choice::new(value, label);
    let longest = policy.share_link_max_life_s;
    Ok(SharingPart {
        people: reach.items.iter().map(|one| reach_row(desk, one, href)).collect(),
        pager: desk.pager(href, reach.items.len(), reach.next.as_deref()),
        grants: on.grants.as_ref().map(|list| list.iter().map(|one| row(one, "grants")).collect()),
        links: on.links.iter().map(|one| row(one, "share-links")).collect(),
        no_links: (!policy.share_link_allowed)
            .then(|| "This organization does not let anything be shared by link.".to_owned()),
        given: Select { choices: levels(desk, &found.view.kind, found.rights), error: verdict.at("role") },
        kinds: vec![
            choice("member", &desk.scene.words.person.title),
            choice("group", "Group"),
            choice("everyone", "Everyone here"),
            choice("resource", "Those who reach another scope"),
        ],
        who: crate::console::view::Input {
            value: who.to_owned(),
            error: verdict.at("who").or_else(|| verdict.at("subject.id")),
        },
        expiry: lives(None),
        link_expiry: lives(longest),
    })
}

/// Roles of the type, then its permissions; what is above one's own is shown and not to be taken.
fn levels(desk: &Desk, kind: &str, rights: Mask) -> Vec<Choice> {
    let preset = desk.scene.place.rules.preset();
    let above = |mask: Mask, choice: Choice| {
        if mask.is_subset_of(rights) { choice } else { choice.refused("Nobody gives more than they have here.") }
    };
    let roles =
        preset.roles_of(kind).map(|role| above(role.floor, Choice::new(format!("role {}", role.slug), &role.name)));
    let asked = preset.catalogue.iter().filter(|(_, permission)| permission.applies_to == kind);
    let permissions = asked.map(|(bit, permission)| {
        let choice = Choice::new(format!("permission {}", permission.name), format!("Only: {}", permission.label));
        above(Mask::EMPTY.with(bit), choice)
    });
    roles.chain(permissions).collect()
}

/// How long something may live that lives at most `longest` seconds.
fn lives(longest: Option<i64>) -> Vec<Choice> {
    let days = [(1, "In a day"), (7, "In a week"), (30, "In 30 days"), (365, "In a year")];
    let fitting = days.iter().filter(|(days, _)| longest.is_none_or(|most_s| days * DAY_S <= most_s));
    let latest = if longest.is_some() { "As late as allowed" } else { "Never" };
    let each = fitting.map(|(days, label)| Choice::new((days * DAY_S).to_string(), *label));
    std::iter::once(Choice::new("", latest)).chain(each).collect()
}

/// One share as a line.
pub(super) fn shared_row(desk: &Desk, one: &SharedView, revoke: Option<Action>) -> SharedRow {
    let kind = &one.resource.kind;
    SharedRow {
        name: one.resource.name.clone(),
        href: desk.href(&format!("resources/{}", one.resource.id)),
        to: match one.to.kind.as_str() {
            "everyone" => "Everyone here".to_owned(),
            "group" => format!("{} (group)", one.to.name),
            "resource" => format!("Those who reach {}", one.to.name),
            "link" => format!("Link {}", one.to.name),
            "invitation" => format!("{}, invited", one.to.name),
            _ => one.to.name.clone(),
        },
        level: level_name(desk, kind, &one.level),
        by: one
            .shared_by
            .as_ref()
            .map(|by| if by.name.is_empty() { &by.email } else { &by.name })
            .cloned()
            .unwrap_or_default(),
        state: match (one.active, one.to.kind.as_str()) {
            (true, _) => Chip::new("Active", Tone::Good),
            (false, "invitation") => Chip::new("Pending", Tone::Info),
            (false, _) => Chip::new("Ended", Tone::Plain),
        },
        expires: one.expires_at.map(|at| desk.when(at)),
        revoke,
    }
}

fn reach_row(desk: &Desk, one: &ReachView, href: &str) -> ReachRow {
    let email = one.identity.email.clone().unwrap_or_default();
    let person = Person::new(&one.identity.name, &email, &one.member);
    let person = match why::action(desk, "", if email.is_empty() { &one.member } else { &email }, resource_of(href)) {
        Some(to) => person.href(to.href),
        None => person,
    };
    let mut whence: Vec<String> = one.sources.iter().map(|source| told(desk, source)).collect();
    whence.dedup();
    let direct = one.sources.iter().any(|s| {
        let says = |path: &str, word: &str| s.pointer(path).is_some_and(|value| value == word);
        says("/scope", "resource") && says("/whence/type", "direct")
    });
    let remove = if direct {
        Action::post(&desk.scene.words.remove, format!("{href}/people/{}/remove", one.member)).danger()
    } else {
        Action::refused(&desk.scene.words.remove, "Nothing was granted to them here; take it away where it comes from.")
    };
    ReachRow { person, permissions: one.permissions.clone(), whence, remove }
}

/// The resource whose page has this address.
fn resource_of(href: &str) -> &str {
    href.rsplit('/').next().unwrap_or_default()
}

/// A source of rights, in words.
fn told(desk: &Desk, source: &Value) -> String {
    let text = |field: &str| source.get(field).and_then(Value::as_str).unwrap_or_default();
    if text("reason") == "role" {
        return format!("Organization role {}", desk.role_name(text("role")));
    }
    let what = match source.pointer("/whence/type").and_then(Value::as_str).unwrap_or_default() {
        "owner" => "Owner",
        "group" | "group_manager" => "By a group",
        "everyone" => "Given to everyone",
        "share" => "By another scope",
        _ => "Given by name",
    };
    if text("scope") == "above" { format!("{what}, further up") } else { what.to_owned() }
}

/// What a level of the form means.
fn level(sent: &Sent) -> (Option<String>, Option<String>) {
    match sent.get("given").split_once(' ') {
        Some(("role", slug)) => (Some(slug.to_owned()), None),
        Some((_, name)) => (None, Some(name.to_owned())),
        None => (None, None),
    }
}

async fn back(desk: &Desk, resource: &str, done: Result<(), Stop>, news: &str) -> Shown {
    match done {
        // The same form stands on the page of the resource and on the page of what one shares.
        Ok(()) if desk.visit.back != "/" => Ok(go_with(&desk.visit.back, Tone::Good, news)),
        Ok(()) => Ok(go_with(&desk.href(&format!("resources/{resource}")), Tone::Good, news)),
        Err(stop) => page(desk, resource, "", Verdict::of(&desk.visit, stop, &[])?).await,
    }
}

/// `POST /{org}/admin/resources/{resource}/grants`
pub(super) async fn grant(Path((org, resource)): Path<(String, String)>, sent: Sent) -> Shown {
    let (role, permission) = level(&sent);
    let (kind, who) = (sent.get("kind").to_owned(), sent.get("who").to_owned());
    let life_s: Option<i64> = sent.get("expires_in_s").parse().ok();
    let desk = Desk::open(sent.visit, &org).await?;
    let expires_at = life_s.map(|life_s| desk.ctx().now.plus_s(life_s));
    let done = match grants::named(desk.ctx(), desk.org(), &kind, &who).await {
        Ok(subject) => {
            let wanted = NewGrant { subject, role, permission, expires_at };
            grants::create(desk.ctx(), desk.org(), &resource, wanted).await.map(drop)
        }
        Err(stop) => Err(stop),
    };
    match done {
        Ok(()) => back(&desk, &resource, Ok(()), "Granted.").await,
        Err(stop) => {
            let verdict = Verdict::of(&desk.visit, stop, &["who", "subject.id", "role"])?;
            page(&desk, &resource, &who, verdict).await
        }
    }
}

/// `POST /{org}/admin/resources/{resource}/grants/{grant}/revoke`
pub(super) async fn revoke(Path((org, resource, grant)): Path<(String, String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    let done = grants::revoke(desk.ctx(), desk.org(), &grant).await.map(drop);
    back(&desk, &resource, done, "The grant is taken back.").await
}

/// `POST /{org}/admin/resources/{resource}/people/{member}/remove`
pub(super) async fn remove(Path((org, resource, member)): Path<(String, String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    let done = people::remove(desk.ctx(), desk.org(), &resource, &member).await.map(drop);
    back(&desk, &resource, done, "They do not reach it any more.").await
}

/// `POST /{org}/admin/resources/{resource}/share-links`
pub(super) async fn share(Path((org, resource)): Path<(String, String)>, sent: Sent) -> Shown {
    let (role, permission) = level(&sent);
    let life_s: Option<i64> = sent.get("expires_in_s").parse().ok();
    let desk = Desk::open(sent.visit, &org).await?;
    let expires_at = life_s.map(|life_s| desk.ctx().now.plus_s(life_s));
    let wanted = NewShareLink { role, permission, expires_at };
    let made = match share_links::create(desk.ctx(), desk.org(), &resource, wanted).await.and_then(Answer::done) {
        Ok(made) => made,
        Err(stop) => return page(&desk, &resource, "", Verdict::of(&desk.visit, stop, &["role"])?).await,
    };
    let view = resources::get(desk.ctx(), desk.org(), &resource).await.map_err(|stop| desk.wrong(stop))?;
    let level = made.role.as_deref().or(made.permission.as_deref()).unwrap_or_default();
    desk.page(&LinkSharedPage {
        page: desk.shell("Share link", "resources"),
        name: view.name,
        level: level_name(&desk, &view.kind, level),
        link: made.link.unwrap_or_default(),
        expires: made.expires_at.map(|at| desk.when(at)),
        back_href: desk.href(&format!("resources/{resource}")),
    })
}

/// `POST /{org}/admin/resources/{resource}/share-links/{link}/revoke`
pub(super) async fn revoke_link(Path((org, resource, link)): Path<(String, String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    let done = share_links::revoke(desk.ctx(), desk.org(), &resource, &link).await.map(drop);
    back(&desk, &resource, done, "The link does not work any more.").await
}

/// `GET /{org}/admin/resources/{resource}/delete`
pub(super) async fn ask_delete(visit: Visit, Path((org, resource)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = resources::looked(desk.ctx(), desk.org(), &resource).await.map_err(|stop| desk.wrong(stop))?;
    let ends = |text: &str| Consequence { text: text.to_owned(), ends: true };
    desk.page(&ConfirmPage {
        page: desk.shell("Delete", "resources"),
        title: format!("Delete {}?", found.view.name),
        person: None,
        lead: String::new(),
        consequences: vec![
            ends("It and everything that stands in it are gone."),
            ends("Every grant and every link on any of it stops at once."),
        ],
        refused: may(&desk, &found, Verb::Delete).err(),
        typed: None,
        reason: None,
        action: desk.visit.path.clone(),
        yes: "Yes, delete".to_owned(),
        danger: true,
        cancel_href: desk.href(&format!("resources/{resource}")),
    })
}

/// `POST` of the same.
pub(super) async fn delete(Path((org, resource)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    match resource_keeping::delete(desk.ctx(), desk.org(), &resource).await {
        Ok(_) => Ok(go_with(&desk.href("resources"), Tone::Good, "It is deleted.")),
        Err(stop) => page(&desk, &resource, "", Verdict::of(&desk.visit, stop, &[])?).await,
    }
}

/// `GET /{org}/me/shared`
pub(super) async fn shared(visit: Visit, Path(org): Path<String>) -> Shown {
    use guildhall_store::read::Page;
    let desk = Desk::open(visit, &org).await?;
    let after = |name: &str| desk.asked(name).map(|text| shared::after(&text)).transpose();
    let start = |name: &str| Ok::<_, guildhall_domain::refusal::Refusal>(Page { after: after(name)?, limit: SHOWN });
    let with = start("with").map_err(|refusal| desk.wrong(refusal))?;
    let by = start("by").map_err(|refusal| desk.wrong(refusal))?;
    let with = shared::with_me(desk.ctx(), desk.org(), with).await.map_err(|stop| desk.wrong(stop))?;
    let by = shared::by_me(desk.ctx(), desk.org(), by).await.map_err(|stop| desk.wrong(stop))?;
    let more = |name: &str, next: Option<String>| {
        next.map(|next| with_query(&format!("/{}/me/shared", desk.org()), &[(name, Some(&next))]))
    };
    let revoke = |one: &SharedView| {
        if one.to.kind == "invitation" {
            return Action::ask("Revoke", desk.href(&format!("invitations/{}/cancel", one.id))).danger();
        }
        let part = if one.to.kind == "link" { "share-links" } else { "grants" };
        Action::post("Revoke", desk.href(&format!("resources/{}/{part}/{}/revoke", one.resource.id, one.id))).danger()
    };
    desk.page(&SharedPage {
        page: desk.shell("Sharing", ""),
        with_me_title: desk.scene.words.shared_title.clone(),
        with_me: with.items.iter().map(|one| shared_row(&desk, one, None)).collect(),
        with_me_more: more("with", with.next),
        by_me: by.items.iter().map(|one| shared_row(&desk, one, Some(revoke(one)))).collect(),
        by_me_more: more("by", by.next),
    })
}
