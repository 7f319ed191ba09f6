//! The groups of the organization: listed, and made. One group has its pages in `group`.

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;
use guildhall_store::read::Page;

use super::desk::Desk;
use super::impact;
use crate::console::verdict::Verdict;
use crate::console::view::{Action, Cell, Chip, Empty, Field, Form, Part, Row, Table, ThingPage, Tone, titled};
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::ops::Answer;
use crate::ops::groups::{self, GroupView, NewGroup, SeatView};

/// The tab.
pub(super) const TAB: &str = "groups";
/// How many groups a page shows, and how many people are named in each.
const SHOWN: u32 = 25;
const NAMED: u32 = 6;

/// The preset's word for the page.
pub(super) fn title(desk: &Desk) -> String {
    desk.scene.place.rules.preset().words.groups_title.clone()
}

/// The preset's word for one of them, inside a sentence.
pub(super) fn one(desk: &Desk) -> &str {
    &desk.scene.place.rules.preset().words.group
}

/// What people read for a permission.
pub(super) fn label(desk: &Desk, name: &str) -> String {
    impact::label_of(&[desk.scene.place.rules.preset()], name)
}

/// What to call somebody in a group.
pub(super) fn called(seat: &SeatView) -> String {
    if seat.name.is_empty() { seat.email.clone() } else { seat.name.clone() }
}

/// Making one, offered or refused.
fn new_action(desk: &Desk) -> Action {
    let says = format!("New {}", one(desk));
    match desk.scene.place.permit(Asks::GroupManage) {
        Ok(_) => Action::link(says, desk.href("groups/new")),
        Err(refusal) => Action::refused(says, desk.why(Asks::GroupManage, &refusal)),
    }
}

/// `GET /{org}/admin/groups`
pub(super) async fn list(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = groups::list(desk.ctx(), desk.org(), Some(SHOWN), desk.asked("after")).await;
    let found = found.map_err(|stop| desk.wrong(stop))?;
    let mut rows = Vec::with_capacity(found.items.len());
    for group in &found.items {
        let page = Page { after: None, limit: NAMED };
        let seats = groups::seats(desk.ctx(), desk.org(), &group.id, page).await.map_err(|stop| desk.wrong(stop))?;
        rows.push(row(&desk, group, &seats.items, seats.next.is_some()));
    }
    let new = new_action(&desk);
    let pager = desk.pager_unless_empty(&desk.href(TAB), rows.len(), found.next.as_deref());
    let title = title(&desk);
    let none = format!("No {} yet", desk.scene.place.rules.preset().words.groups);
    let part = Part {
        table: Some(Table::new(&title, &["Name", "Gives", "Run by", "In it"], rows)),
        empty: Some(
            Empty::new(
                "users",
                &none,
                "Put people together, share a thing with all of them at once, and let somebody of them run it.",
            )
            .act(new.clone()),
        ),
        pager,
        ..Part::default()
    };
    desk.page(&ThingPage {
        page: desk.shell(&title, TAB),
        title,
        lead: "Whoever is in one reaches what is shared with it, and may do here whatever it gives by itself."
            .to_owned(),
        acts: vec![new],
        begins: true,
        parts: vec![part],
        ..ThingPage::default()
    })
}

/// What is special about a group.
pub(super) fn chips(group: &GroupView) -> Vec<Chip> {
    let marks = [
        (group.default, "For everybody"),
        (group.reserved, "Comes with the preset"),
        (group.origin == "external", "Kept by a directory"),
    ];
    marks.into_iter().filter(|(holds, _)| *holds).map(|(_, mark)| Chip::new(mark, Tone::Info)).collect()
}

fn row(desk: &Desk, group: &GroupView, seats: &[SeatView], more: bool) -> Row {
    let href = desk.href(&format!("groups/{}", group.id));
    let named = |manager: bool| {
        let names: Vec<String> = seats.iter().filter(|seat| seat.manager == manager).map(called).collect();
        names.join(", ")
    };
    let others = match (named(false), more) {
        (names, true) => format!("{names} and others"),
        (names, false) => names,
    };
    Row {
        about: group.name.clone(),
        cells: vec![
            Cell::Name { label: group.name.clone(), href, under: group.description.clone(), chips: chips(group) },
            Cell::Text(group.permissions.iter().map(|name| label(desk, name)).collect::<Vec<_>>().join(", ")),
            Cell::Text(named(true)),
            Cell::Text(others),
        ],
        actions: Vec::new(),
    }
}

fn form(desk: &Desk, name: &str, description: &str, verdict: &Verdict) -> Shown {
    desk.scene.place.permit(Asks::GroupManage).map_err(|refusal| desk.wrong(refusal))?;
    let heading = format!("New {}", one(desk));
    let page = ThingPage {
        page: desk.below(TAB, &[(&title(desk), TAB)], &heading),
        title: heading,
        notes: verdict.flash().into_iter().collect(),
        narrow: true,
        parts: vec![Part {
            form: Some(Form {
                action: desk.href("groups/new"),
                fields: vec![
                    Field::text("name", "Name", verdict.input("name", name)),
                    Field::text("description", "What it is for", verdict.input("description", description)).optional(),
                ],
                yes: "Make it".to_owned(),
                cancel_href: desk.href(TAB),
                ..Form::default()
            }),
            ..Part::default()
        }],
        ..ThingPage::default()
    };
    verdict.page(&desk.visit, &page)
}

/// `GET /{org}/admin/groups/new`
pub(super) async fn new(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    form(&desk, "", "", &Verdict::default())
}

/// `POST` of the same.
pub(super) async fn create(Path(org): Path<String>, sent: Sent) -> Shown {
    let (name, description) = (sent.get("name").to_owned(), sent.get("description").to_owned());
    let desk = Desk::open(sent.visit, &org).await?;
    let wanted = NewGroup { name: name.clone(), description: Some(description.clone()), permissions: Vec::new() };
    match groups::create(desk.ctx(), desk.org(), wanted).await.and_then(Answer::done) {
        Ok(made) => {
            let news = format!("{} {} is made. Now take people in.", titled(one(&desk)), made.name);
            Ok(go_with(&desk.href(&format!("groups/{}", made.id)), Tone::Good, &news))
        }
        Err(stop) => {
            let verdict = Verdict::of(&desk.visit, stop, &["name", "description"])?;
            form(&desk, &name, &description, &verdict)
        }
    }
}
