//! The list of people and invitations.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use guildhall_domain::action::Action as Asks;
use guildhall_domain::member::{Member, Status};
use guildhall_domain::policy::ApprovalMode;
use guildhall_domain::time::Timestamp;

use super::desk::{Desk, with_query};
use super::{bulk, links, resources, rows};
use crate::console::view::{Action, Choice, Pager, PeoplePage, RemovedRow};
use crate::console::visit::{Shown, Visit, go};
use crate::ops::groups::{self, GroupView};
use crate::ops::members::MemberQuery;
use crate::ops::roster::{self, Roster};
use crate::ops::seats;

/// `GET /{org}/admin`: the page that the preset has a visit begin with.
pub(super) async fn start(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    Ok(go(&desk.href(&desk.scene.place.rules.preset().words.start_page)))
}

/// `GET /{org}/admin/{tab}`: things of a type by their plural, pages under another product's name for them;
/// whatever is no tab leads to where a visit begins (PX-4).
pub(super) async fn tab(visit: Visit, Path((org, tab)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let preset = desk.scene.place.rules.preset();
    let plural = |name: &str| name.to_lowercase().replace(' ', "_");
    if let Some(kind) = preset.types.iter().find(|kind| plural(&kind.plural) == tab) {
        let kind = kind.slug.clone();
        return resources::of_type(&desk, kind).await;
    }
    Ok(go(&match tab.as_str() {
        "keys" => desk.href("tokens"),
        "user" => format!("/{org}/me"),
        _ => desk.href(&preset.words.start_page),
    }))
}

/// `GET /{org}/settings/members`: the other way to the list.
pub(super) async fn from_settings(Path(org): Path<String>) -> Response {
    go(&format!("/{org}/admin/users")).into_response()
}

/// `GET /{org}/admin/users`
pub(super) async fn list(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    // PX-16: an address that opens inviting at once.
    if desk.asked("invite").as_deref() == Some("true") && desk.scene.may(Asks::MemberInvite) {
        return Ok(go(&desk.href(if links::are_offered(&desk) { "invite/links" } else { "invite" })));
    }
    let query = MemberQuery {
        query: desk.asked("query"),
        status: desk.asked("status"),
        role: desk.asked("role"),
        kind: desk.asked("type"),
        group: desk.asked("group"),
        limit: None,
        after: desk.asked("after"),
    };
    let found = roster::list(desk.ctx(), desk.org(), query.clone()).await.map_err(|stop| desk.wrong(stop))?;
    let mut page = page(&desk, &query, &found);
    if desk.scene.may(Asks::GroupList) {
        let all = groups::list(desk.ctx(), desk.org(), None, None).await.map_err(|stop| desk.wrong(stop))?;
        page.groups = in_groups(&desk, &all.items, query.group.as_deref());
    }
    if desk.scene.place.rules.policy().seats_max.is_some() {
        let seats = seats::show(desk.ctx(), desk.org()).await.map_err(|stop| desk.wrong(stop))?;
        page.seats = seats.max.map(|most| (seats.used, most));
    }
    desk.page(&page)
}

fn page(desk: &Desk, query: &MemberQuery, found: &Roster) -> PeoplePage {
    let words = &desk.scene.words;
    let href = desk.href("users");
    let chosen = [&query.query, &query.status, &query.role, &query.kind, &query.group];
    let filtered = chosen.iter().any(|one| one.is_some());
    let at = |after: Option<&str>| {
        let pairs = [
            ("query", query.query.as_deref()),
            ("role", query.role.as_deref()),
            ("status", query.status.as_deref()),
            ("type", query.kind.as_deref()),
            ("group", query.group.as_deref()),
            ("after", after),
        ];
        with_query(&href, &pairs)
    };
    let list = at(None);
    let asked = list.split_once('?').map(|(_, asked)| format!("&{asked}")).unwrap_or_default();
    let invites = desk.scene.may(Asks::MemberInvite);
    PeoplePage {
        page: desk.shell(&words.person.titles, "users"),
        words: words.clone(),
        query: query.query.clone().unwrap_or_default(),
        roles: roles(desk, query.role.as_deref()),
        statuses: statuses(query.status.as_deref()),
        groups: Vec::new(),
        kinds: kinds(desk, query.kind.as_deref()),
        bulk: bulk::offers(desk),
        export_href: format!("/api/v1/organizations/{}/members/export?format=csv{asked}", desk.org()),
        import_href: desk.scene.may(Asks::OrganizationImport).then(|| desk.href("import")),
        filtered,
        rows: found.rows.iter().map(|subject| rows::row(desk, subject)).collect(),
        has_roles: desk.has_roles(),
        pager: Pager {
            summary: format!("{} shown", found.rows.len()),
            first: query.after.is_some().then(|| at(None)),
            next: found.next.as_deref().map(|next| at(Some(next))),
        },
        invite: invites.then(|| Action::ask_and_leave(&words.invite, desk.href("invite"))),
        advice: advice(desk, found.top_holders),
        removed: found.removed.iter().map(|(member, until)| removed(desk, member, *until)).collect(),
        seats: None,
        domains: domains(desk),
        href,
    }
}

fn removed(desk: &Desk, member: &Member, until: Timestamp) -> RemovedRow {
    RemovedRow {
        person: rows::person(member),
        until: desk.when(until),
        undo: Action::post("Undo", desk.href(&format!("users/{}/restore", member.id))),
    }
}

fn roles(desk: &Desk, chosen: Option<&str>) -> Vec<Choice> {
    if !desk.has_roles() {
        return Vec::new();
    }
    let each = desk.scene.place.rules.organization_roles();
    let all = Choice::new("", "All roles").selected(chosen.is_none());
    let choice = |slug: &str, name: &str| Choice::new(slug, name).selected(chosen == Some(slug));
    std::iter::once(all).chain(each.map(|role| choice(&role.slug, &role.name))).collect()
}

fn in_groups(desk: &Desk, all: &[GroupView], chosen: Option<&str>) -> Vec<Choice> {
    if all.is_empty() {
        return Vec::new();
    }
    let everybody = format!("All {}", desk.scene.place.rules.preset().words.groups);
    let choice = |group: &GroupView| Choice::new(&group.id, &group.name).selected(chosen == Some(group.id.as_str()));
    std::iter::once(Choice::new("", everybody).selected(chosen.is_none())).chain(all.iter().map(choice)).collect()
}

/// People and programs, for whoever manages both.
fn kinds(desk: &Desk, chosen: Option<&str>) -> Vec<Choice> {
    if !desk.scene.may(Asks::ServiceAccountManage) {
        return Vec::new();
    }
    let choice = |value: &str, label: &str| Choice::new(value, label).selected(chosen.unwrap_or_default() == value);
    vec![choice("", "All kinds"), choice("person", "People"), choice("service_account", "Service accounts")]
}

fn statuses(chosen: Option<&str>) -> Vec<Choice> {
    let all = Choice::new("", "All states").selected(chosen.is_none());
    let choice =
        |(status, label): (Status, &str)| Choice::new(status.word(), label).selected(chosen == Some(status.word()));
    let each = [
        (Status::Active, "Active"),
        (Status::Invited, "Invited"),
        (Status::Requested, "Asked to join"),
        (Status::PendingApproval, "Waiting for approval"),
        (Status::Deactivated, "Deactivated"),
    ];
    std::iter::once(all).chain(each.map(choice)).collect()
}

/// PX-21: an organization of certain mail domains says so, and whether new people have to wait.
fn domains(desk: &Desk) -> Option<String> {
    let policy = desk.scene.place.rules.policy();
    let names: Vec<&str> = policy.domain_exclusive.iter().collect();
    let waits = match policy.approval_mode {
        ApprovalMode::Off => "New people are approved automatically.",
        ApprovalMode::All => "New people are approved by an administrator.",
        ApprovalMode::OutsideDomains => "New people with another address than ours are approved by an administrator.",
    };
    (!names.is_empty())
        .then(|| format!("Only people with an address of {} can be invited or join. {waits}", names.join(", ")))
}

/// CT-4: with fewer holders of the top role than recommended, the list says so.
fn advice(desk: &Desk, holders: usize) -> Option<String> {
    let recommended = desk.scene.place.rules.policy().owners_recommended;
    if i64::try_from(holders).is_ok_and(|n| n >= recommended) {
        return None;
    }
    let (top, words) = (&desk.scene.place.rules.preset().top_role().name, &desk.scene.words.person);
    let now = match holders {
        0 => format!("No active {} has the role {top}", words.one),
        1 => format!("Only one {} has the role {top}", words.one),
        many => format!("Only {many} {} have the role {top}", words.many),
    };
    Some(format!("{now}. At least {recommended} are recommended, in case one needs to leave or be removed."))
}
