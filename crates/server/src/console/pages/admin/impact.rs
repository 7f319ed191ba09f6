//! What a write would do, told before it is done: who gains and loses what, who is left waiting, which mail goes out.
//! Drawn from the operation's own dry run.

use super::desk::Desk;
use super::groups::label;
use crate::console::view::{Cell, Part, Person, Row, Table};
use crate::ops::view::{Preview, PreviewAccess};

/// As many people as are named.
const NAMED: usize = 50;

/// Whether anybody would notice.
pub(super) fn touches_people(preview: &Preview) -> bool {
    !(preview.access_gained.is_empty()
        && preview.access_lost.is_empty()
        && preview.stranded.is_empty()
        && preview.mails.is_empty())
}

/// Who is touched, as a part of a page.
pub(super) fn part(desk: &Desk, preview: &Preview) -> Part {
    let part = Part::new("touched", "Who is affected");
    if !touches_people(preview) {
        return part.intro("Nobody: no one gains or loses anything by it now.");
    }
    let row = |one: &PreviewAccess, verb: &str| {
        let labels: Vec<String> = one.permissions.iter().map(|name| label(desk, name)).collect();
        let person = Person::new("", &one.email, &one.member).href(desk.href(&format!("users/{}", one.member)));
        let lines = vec![format!("{verb}: {}", labels.join(", "))];
        Row { about: one.email.clone(), cells: vec![Cell::Who(person), Cell::Lines(lines)], actions: Vec::new() }
    };
    let lost = preview.access_lost.iter().map(|one| row(one, "Loses"));
    let gained = preview.access_gained.iter().map(|one| row(one, "Gains"));
    let waiting = preview.stranded.iter().map(|one| Row {
        about: one.email.clone(),
        cells: vec![
            Cell::Who(Person::new("", &one.email, &one.member)),
            Cell::Lines(vec![crate::console::verdict::sentence(&one.why)]),
        ],
        actions: Vec::new(),
    });
    let mails = preview.mails.iter().map(|mail| Row {
        about: mail.to.clone(),
        cells: vec![Cell::Who(Person::new("", &mail.to, &mail.to)), Cell::Lines(vec!["Gets a mail".to_owned()])],
        actions: Vec::new(),
    });
    let mut rows: Vec<Row> = lost.chain(gained).chain(waiting).chain(mails).collect();
    let hidden = rows.len().saturating_sub(NAMED);
    rows.truncate(NAMED);
    let intro = match hidden {
        0 => String::new(),
        more => format!("And {more} more."),
    };
    Part { table: Some(Table::new("Who is affected", &["Who", "What"], rows)), intro, ..part }
}
