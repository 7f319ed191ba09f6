//! Bringing in a directory from a text or a file: first what each line would do, then doing it. The preview is the
//! operation's own dry run. What lines mean is the use case's to say.

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;

use super::desk::Desk;
use crate::console::verdict::{Verdict, sentence};
use crate::console::view::{Cell, Chip, Choice, Field, Flash, Form, Input, Part, Row, Select, Table, ThingPage, Tone};
use crate::console::visit::{Sent, Shown, Visit};
use crate::ops::import::{self, ImportItem, ImportOutcome, MOST, NewImport};
use crate::ops::import_lines;
use crate::ops::{Answer, Ctx};

/// As many lines as the answer lists.
const LISTED: usize = 200;
const KINDS: [(&str, &str); 6] = [
    ("", "Each line says it itself, in `kind`"),
    ("person", "A person: email, name, role"),
    ("group", "A group: name, description"),
    ("group_member", "A place in a group: group, email, manager"),
    ("resource", "A resource: type, external_id, name, parent, owner, controlled"),
    ("grant", "A grant: resource, email or group or everyone, role or permission, expires_at"),
];

/// `GET /{org}/admin/import`
pub(super) async fn show(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = open(visit, &org).await?;
    desk.page(&page(&desk, "", Input::default(), Vec::new()))
}

async fn open(visit: Visit, org: &str) -> Result<Desk, crate::console::visit::Wrong> {
    let desk = Desk::open(visit, org).await?;
    desk.scene.place.permit(Asks::OrganizationImport).map_err(|refusal| desk.wrong(refusal))?;
    Ok(desk)
}

fn page(desk: &Desk, kind: &str, lines: Input, notes: Vec<Flash>) -> ThingPage {
    let kinds = KINDS.iter().map(|(value, label)| Choice::new(*value, label.replace('`', "")).selected(*value == kind));
    let form = Form {
        action: desk.href("import"),
        fields: vec![
            Field::select("kind", "What a line is", Select::of(kinds.collect())),
            Field::file("lines", "Lines", lines).hint(
                "CSV whose first line names the columns, or one JSON object a line. What a line names stands before \
                 it or is here already.",
            ),
        ],
        yes: "Show what it would do".to_owned(),
        cancel_href: desk.href("users"),
        ..Form::default()
    };
    ThingPage {
        page: desk.below_people("Import a directory"),
        title: "Import a directory".to_owned(),
        lead: "People, groups, resources and grants from elsewhere, all at once. What is here already stays as it is, \
               so doing it twice changes nothing."
            .to_owned(),
        narrow: true,
        notes,
        parts: vec![Part { form: Some(form), ..Part::new("what", "What comes in") }],
        ..ThingPage::default()
    }
}

/// A line and what becomes of it.
struct Told {
    number: usize,
    about: String,
    outcome: ImportOutcome,
}

/// What can be sent, with the number of its line and what it is about; and the lines that cannot.
fn readable(lines: Vec<import_lines::Read>) -> (Vec<(usize, String, ImportItem)>, Vec<Told>) {
    let (mut items, mut wrong) = (Vec::new(), Vec::new());
    let refused = |number, detail| Told {
        number,
        about: String::new(),
        outcome: ImportOutcome { status: "refused".to_owned(), detail: Some(detail), ..ImportOutcome::default() },
    };
    for line in lines {
        match line {
            Ok(line) => {
                let text = |field: &str| line.item.get(field).and_then(serde_json::Value::as_str);
                let about = ["email", "name", "external_id", "resource"].into_iter().find_map(text);
                let about = about.unwrap_or_default().to_owned();
                match serde_json::from_value(serde_json::Value::Object(line.item)) {
                    Ok(item) => items.push((line.number, about, item)),
                    Err(error) => wrong.push(refused(line.number, error.to_string())),
                }
            }
            Err(line) => wrong.push(refused(line.number, line.detail)),
        }
    }
    (items, wrong)
}

/// `POST` of the same: shows what it would do; with `sure`, does it.
pub(super) async fn answer(Path(org): Path<String>, sent: Sent) -> Shown {
    let desk = open(sent.visit.clone(), &org).await?;
    let (kind, text, sure) = (sent.get("kind"), sent.get("lines"), sent.get("sure") == "yes");
    let refuse = |detail: String| {
        let page = page(&desk, kind, Input::of(text).wrong(sentence(&detail)), Vec::new());
        desk.visit.page(axum::http::StatusCode::UNPROCESSABLE_ENTITY, &page)
    };
    let csv = !text.trim_start().starts_with('{');
    let lines = match import_lines::read(text, csv, Some(kind).filter(|kind| !kind.is_empty())) {
        Ok(lines) if lines.is_empty() => return refuse("there is no line to import".to_owned()),
        Ok(lines) if lines.len() > MOST => {
            let detail = format!(
                "these are {} lines; at most {MOST} go at once here, the command line takes any number",
                lines.len()
            );
            return refuse(detail);
        }
        Ok(lines) => lines,
        Err(detail) => return refuse(detail),
    };
    let (items, mut told) = readable(lines);
    let ctx = Ctx { dry_run: !sure, ..desk.ctx().clone() };
    let wanted = NewImport { items: items.iter().map(|(_, _, item)| item.clone()).collect() };
    let outcomes = match import::import(&ctx, desk.org(), wanted).await {
        Ok(Answer::Done(imported)) => imported.items,
        Ok(Answer::Preview(preview)) => preview.items,
        Err(stop) => {
            let verdict = Verdict::of(&desk.visit, stop, &[])?;
            let page = page(&desk, kind, Input::of(text), verdict.flash().into_iter().collect());
            return verdict.page(&desk.visit, &page);
        }
    };
    let each = items.into_iter().zip(outcomes);
    told.extend(each.map(|((number, about, _), outcome)| Told { number, about, outcome }));
    told.sort_by_key(|one| one.number);
    desk.page(&outcome(&desk, &told, (kind, text), sure))
}

/// How many lines came to one end.
fn count(told: &[Told], status: &str) -> usize {
    told.iter().filter(|one| one.outcome.status == status).count()
}

fn outcome(desk: &Desk, told: &[Told], (kind, text): (&str, &str), done: bool) -> ThingPage {
    let [created, unchanged, refused] = ["created", "unchanged", "refused"].map(|status| count(told, status));
    // What was refused comes first: it is what one came to see.
    let mut shown: Vec<&Told> = told.iter().collect();
    shown.sort_by_key(|one| one.outcome.status != "refused");
    let rows = shown.iter().take(LISTED).map(|one| row(one, done)).collect();
    let listed = if told.len() > LISTED { format!(" The first {LISTED} are shown.") } else { String::new() };
    let table = Part {
        table: Some(Table::new("Lines", &["Line", "What becomes of it", "Why"], rows)),
        ..Part::new("lines", "Line by line")
            .intro(format!("{created} made, {unchanged} here already, {refused} refused.{listed}"))
    };
    let people = &desk.scene.words.person.many;
    let again = Form {
        action: desk.href("import"),
        fields: vec![Field::hidden("kind", kind), Field::hidden("lines", text), Field::hidden("sure", "yes")],
        yes: if created == 1 { "Import 1 line".to_owned() } else { format!("Import {created} lines") },
        cancel_href: desk.href("import"),
        ..Form::default()
    };
    let (title, lead) = match (done, created) {
        (true, _) => (
            format!("Import: {created} made"),
            "What was refused changed nothing. Mend those lines and import them again.",
        ),
        (false, 0) => ("Nothing would be made".to_owned(), "Every line is here already or is refused."),
        (false, _) => (format!("Import: {created} would be made"), "Nothing is done yet. This is what it would do."),
    };
    let mut parts = vec![table];
    if !done && created > 0 {
        parts.insert(0, Part { form: Some(again), ..Part::new("decide", "Do it?") });
    }
    let back = crate::console::view::Action::link(format!("Go to {people}"), desk.href("users"));
    let other = crate::console::view::Action::link("Other lines", desk.href("import"));
    ThingPage {
        page: desk.below(
            "users",
            &[(&desk.scene.words.person.titles, "users"), ("Import a directory", "import")],
            "Outcome",
        ),
        title,
        lead: if done && refused == 0 { String::new() } else { lead.to_owned() },
        acts: if done { vec![back, other] } else { vec![other] },
        begins: done,
        parts,
        ..ThingPage::default()
    }
}

fn row(one: &Told, done: bool) -> Row {
    let state = match (one.outcome.status.as_str(), done) {
        ("created", true) => Chip::new("Made", Tone::Good),
        ("created", false) => Chip::new("Would be made", Tone::Good),
        ("unchanged", _) => Chip::new("Here already", Tone::Plain),
        _ => Chip::new("Refused", Tone::Bad),
    };
    let why = one.outcome.detail.as_deref().map(sentence).unwrap_or_default();
    Row {
        about: one.number.to_string(),
        cells: vec![
            Cell::name(format!("Line {}", one.number), "", one.about.as_str()),
            Cell::State(state),
            Cell::Text(why),
        ],
        actions: Vec::new(),
    }
}
