//! The groups of the organization, who is in each and what it gives.

use axum::extract::Path;
use guildhall_store::read::Page;

use super::desk::{Desk, with_query};
use crate::console::view::{GroupLine, GroupsPage, Pager};
use crate::console::visit::{Shown, Visit};
use crate::ops::groups::{self, GroupView, SeatView};

/// How many groups a page shows, and how many people are named in each.
const SHOWN: u32 = 25;
const NAMED: u32 = 20;

/// `GET /{org}/admin/groups`
pub(super) async fn list(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let asked = desk.asked("after");
    let found = groups::list(desk.ctx(), desk.org(), Some(SHOWN), asked.clone()).await;
    let found = found.map_err(|stop| desk.wrong(stop))?;
    let mut lines = Vec::with_capacity(found.items.len());
    for group in &found.items {
        let page = Page { after: None, limit: NAMED };
        let seats = groups::seats(desk.ctx(), desk.org(), &group.id, page).await.map_err(|stop| desk.wrong(stop))?;
        lines.push(line(&desk, group, &seats.items, seats.next.is_some()));
    }
    let title = desk.scene.place.rules.preset().words.groups_title.clone();
    let href = desk.href("groups");
    desk.page(&GroupsPage {
        page: desk.shell(&title, "groups"),
        words: desk.scene.words.clone(),
        title,
        pager: Pager {
            summary: format!("{} shown", lines.len()),
            first: asked.is_some().then(|| href.clone()),
            next: found.next.as_deref().map(|next| with_query(&href, &[("after", Some(next))])),
        },
        groups: lines,
    })
}

fn line(desk: &Desk, group: &GroupView, seats: &[SeatView], more: bool) -> GroupLine {
    let catalogue = &desk.scene.place.rules.preset().catalogue;
    let label = |name: &String| {
        let known = catalogue.bit(name).and_then(|bit| catalogue.permission(bit));
        known.map_or_else(|| name.clone(), |permission| permission.label.clone())
    };
    let called = |seat: &SeatView| if seat.name.is_empty() { seat.email.clone() } else { seat.name.clone() };
    let tags = [
        (group.default, "For everybody"),
        (group.reserved, "Comes with the preset"),
        (group.origin == "external", "Kept by a directory"),
    ];
    GroupLine {
        name: group.name.clone(),
        sentence: group.description.clone(),
        tags: tags.into_iter().filter(|(holds, _)| *holds).map(|(_, tag)| tag.to_owned()).collect(),
        gives: group.permissions.iter().map(label).collect(),
        managers: seats.iter().filter(|seat| seat.manager).map(called).collect(),
        members: seats.iter().filter(|seat| !seat.manager).map(called).collect(),
        more,
    }
}
