//! What a write would do, told before it is done: who gains and loses what, who is left waiting, which mail goes out.
//! Drawn from the operation's own dry run.

use std::collections::HashMap;

use guildhall_domain::preset::Preset;

use super::desk::Desk;
use crate::console::view::{Cell, Lists, Part, Person, Row, Table};
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

/// What a permission is called in the first of these presets that has it.
pub(super) fn label_of(presets: &[&Preset], name: &str) -> String {
    let known = |preset: &&Preset| {
        let permission = preset.catalogue.bit(name).and_then(|bit| preset.catalogue.permission(bit));
        permission.map(|permission| permission.label.clone())
    };
    presets.iter().find_map(known).unwrap_or_else(|| name.to_owned())
}

/// Who is touched, as a part of a page; what they gain and lose in the words of these presets.
pub(super) fn part(desk: &Desk, preview: &Preview, presets: &[&Preset]) -> Part {
    let part = Part::new("touched", "Who is affected");
    if !touches_people(preview) {
        return part.intro("Nobody: no one gains or loses anything by it now.");
    }
    // Who both gains and loses stands there once.
    let mut people: Vec<(&PreviewAccess, Lists)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (verb, each) in [("Loses", &preview.access_lost), ("Gains", &preview.access_gained)] {
        for one in each {
            let place = *places.entry(&one.member).or_insert(people.len());
            if place == people.len() {
                people.push((one, Lists::new()));
            }
            if let Some((_, told)) = people.get_mut(place) {
                told.push((verb, one.permissions.iter().map(|name| label_of(presets, name)).collect()));
            }
        }
    }
    let touched = people.into_iter().map(|(one, told)| {
        let person = Person::new("", &one.email, &one.member).href(desk.href(&format!("users/{}", one.member)));
        Row { about: one.email.clone(), cells: vec![Cell::Who(person), Cell::Told(told)], actions: Vec::new() }
    });
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
    let mut rows: Vec<Row> = touched.chain(waiting).chain(mails).collect();
    let hidden = rows.len().saturating_sub(NAMED);
    rows.truncate(NAMED);
    let intro = match hidden {
        0 => String::new(),
        more => format!("And {more} more."),
    };
    Part { table: Some(Table::new("Who is affected", &["Who", "What"], rows)), intro, ..part }
}
