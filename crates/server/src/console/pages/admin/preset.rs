//! The preset in force, and putting another one, or a newer version, into force: chosen, then shown with everything
//! that differs and whom it touches, then done. The preview is the operation's own dry run.

use std::collections::BTreeMap;

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::policy::Knob;
use guildhall_domain::preset::{
    self, ConditionDifference, Difference, KnobDifference, Presence, Preset, RoleDifference, Rules, difference,
};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_store::Stop;

use super::desk::Desk;
use super::{impact, knobs};
use crate::console::verdict::Verdict;
use crate::console::view::{
    Action, Cell, Choice, Empty, Fact, FactValue, Field, Form, Part, Row, Select, Table, ThingPage, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::ops::presets::{self, NewPreset};
use crate::ops::{Answer, Ctx};

const TAB: &str = "org";

fn shell(desk: &Desk, title: &str) -> crate::console::view::Shell {
    desk.below(TAB, &[(&desk.scene.words.settings_title, TAB)], title)
}

/// `GET /{org}/admin/org/preset`
pub(super) async fn show(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let view = presets::get(desk.ctx(), desk.org()).await.map_err(|stop| desk.wrong(stop))?;
    let choice = |one: &std::sync::Arc<Preset>| {
        let label = format!("{}, version {}", one.title, one.version);
        let choice = Choice::new(&one.name, label).hint(&one.description);
        if one.name == view.name && view.newer.is_none() {
            choice.refused("In force here.")
        } else {
            choice.selected(one.name == view.name)
        }
    };
    let mut facts = vec![
        Fact::text("Preset", &view.title),
        Fact::text("Version", view.version.to_string()),
        Fact::text("What it is for", &view.description),
    ];
    if let Some(newer) = view.newer {
        facts.push(Fact::text("There is a newer one", format!("Version {newer} comes with this program.")));
    }
    let mut parts = vec![Part { facts, ..Part::new("now", "In force") }];
    if desk.scene.may(Asks::PresetApply) {
        let options = Select::of(preset::all_built_in().iter().map(choice).collect());
        parts.push(Part {
            form: Some(Form {
                action: desk.href("org/preset"),
                fields: vec![Field::options("preset", "Another preset", options)],
                yes: "Show what would change".to_owned(),
                cancel_href: desk.href(TAB),
                ..Form::default()
            }),
            ..Part::new("another", "Put another one into force")
                .intro("Nothing changes before you have seen what it would do.")
        });
    }
    desk.page(&ThingPage {
        page: shell(&desk, "Preset"),
        title: "Preset".to_owned(),
        lead: "Roles, permissions, settings and words of this organization come from its preset; it carries a copy of its own.".to_owned(),
        narrow: true,
        parts,
        ..ThingPage::default()
    })
}

/// Where the holders of roles that go are to be, as the form says it.
fn said(sent: &Sent) -> BTreeMap<String, String> {
    let named = sent.fields.iter().filter_map(|(key, value)| Some((key.strip_prefix("role.")?, value)));
    named.filter(|(_, value)| !value.is_empty()).map(|(from, to)| (from.to_owned(), to.clone())).collect()
}

/// `POST` of the same: shows what it would do; with `sure`, does it.
pub(super) async fn apply(Path(org): Path<String>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    desk.scene.place.permit(Asks::PresetApply).map_err(|refusal| desk.wrong(refusal))?;
    let Some(next) = preset::built_in(sent.get("preset")) else { return Err(desk.wrong(Code::PresetUnknown)) };
    let roles = said(&sent);
    let wanted = || NewPreset { preset: Some(next.name.clone()), text: None, roles: roles.clone() };
    let sure = sent.get("sure") == "yes";
    let ctx = Ctx { dry_run: !sure, ..desk.ctx().clone() };
    match presets::apply(&ctx, desk.org(), wanted()).await {
        Ok(Answer::Done(done)) => {
            let news = format!("{}, version {}, is in force.", done.title, done.version);
            Ok(go_with(&desk.href("org/preset"), Tone::Good, &news))
        }
        Ok(Answer::Preview(preview)) => {
            let touched = impact::part(&desk, &preview, &[desk.scene.place.rules.preset(), &next]);
            question(&desk, &next, &roles, Some(touched), &Verdict::default())
        }
        Err(stop) => {
            let unmapped = unmapped(&desk, &next, &stop, &roles);
            let verdict = Verdict::of(&desk.visit, stop, &[])?;
            question(&desk, &next, &unmapped, None, &verdict)
        }
    }
}

/// The roles in use that the next preset lacks, with what was said about each: asked for once the refusal names them.
fn unmapped(desk: &Desk, next: &Preset, stop: &Stop, said: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut all = said.clone();
    if matches!(stop, Stop::Refused(Refusal { code: Code::PresetRoleUnmapped, .. })) {
        let lost = desk.scene.place.rules.organization_roles();
        let lost = lost.filter(|role| role.built_in && !next.organization_roles().any(|kept| kept.slug == role.slug));
        for role in lost {
            all.entry(role.slug.clone()).or_default();
        }
    }
    all
}

fn question(
    desk: &Desk,
    next: &Preset,
    roles: &BTreeMap<String, String>,
    touched: Option<Part>,
    verdict: &Verdict,
) -> Shown {
    let mut fields = vec![Field::hidden("preset", &next.name)];
    for (from, to) in roles {
        let keep = Choice::new("", "Choose one").selected(to.is_empty());
        let each = next.organization_roles().map(|role| Choice::new(&role.slug, &role.name).selected(role.slug == *to));
        let label = format!("{} becomes", desk.role_name(from));
        let select = Select::of(std::iter::once(keep).chain(each).collect());
        fields.push(Field::select(&format!("role.{from}"), &label, select));
    }
    let ready = touched.is_some();
    if ready {
        fields.push(Field::hidden("sure", "yes"));
    }
    let form = Form {
        action: desk.href("org/preset"),
        fields,
        yes: if ready { "Put it into force" } else { "Show what would change" }.to_owned(),
        danger: ready,
        cancel_href: desk.href("org/preset"),
        ..Form::default()
    };
    let mut parts: Vec<Part> = touched.into_iter().collect();
    parts.extend(differs(desk, next));
    let decide = Part::new("decide", if ready { "Do it?" } else { "Before that" });
    let intro = "Settings that the new preset leaves open stay as they are; the others become the preset's.";
    parts.push(Part { form: Some(form), ..decide.intro(intro) });
    let shown = ThingPage {
        page: shell(desk, "Another preset"),
        title: format!("{}, version {}", next.title, next.version),
        lead: next.description.clone(),
        notes: verdict.flash().into_iter().collect(),
        parts,
        ..ThingPage::default()
    };
    verdict.page(&desk.visit, &shown)
}

/// What differs between the preset in force and the next one.
fn differs(desk: &Desk, next: &Preset) -> Vec<Part> {
    let now = desk.scene.place.rules.preset();
    let found = difference(now, next);
    if found.is_empty() {
        return vec![Part::new("difference", "What differs").intro("Nothing: both mean the same.")];
    }
    let roles = found.roles.iter().map(|role| role_row([now, next], role)).collect();
    let (other, same): (Vec<_>, Vec<_>) = found.knobs.iter().partition(|knob| knob.before != knob.after);
    let settings = |knobs: &[&KnobDifference]| -> Vec<Row> {
        knobs.iter().filter_map(|knob| knob_row(&desk.scene.place.rules, next, knob)).collect()
    };
    let same = settings(&same);
    let mut parts = vec![
        Part {
            facts: facts([now, next], &found),
            table: Some(Table::new("Roles that differ", &["Role", "How", "Difference"], roles)),
            empty: Some(Empty::new("shield", "", "Every role means the same.")),
            ..Part::new("roles", "Roles and permissions that differ")
        },
        Part {
            table: Some(Table::new("Settings that differ", &["Setting", "Now", "Then"], settings(&other))),
            empty: Some(Empty::new("gear", "", "Every setting is as before.")),
            ..Part::new("settings", "Settings that differ")
        },
    ];
    if !same.is_empty() {
        parts.push(Part {
            table: Some(Table::new("Settings that stay as they are", &["Setting", "Now", "Then"], same)),
            opens: "Show them",
            ..Part::new("fixed", "Settings that stay as they are")
                .intro("The new preset fixes them, or no longer does; their values are the same.")
        });
    }
    parts
}

fn facts(presets: [&Preset; 2], found: &Difference) -> Vec<Fact> {
    let kind = |slug: &String| {
        let known = presets.iter().find_map(|preset| preset.resource_type(slug));
        known.map_or_else(|| slug.clone(), |known| known.name.clone())
    };
    let kinds = |slugs: &[String]| slugs.iter().map(kind).collect::<Vec<_>>();
    let labels = |names: &[String]| names.iter().map(|name| impact::label_of(&presets, name)).collect::<Vec<_>>();
    let (gone, other): (Vec<_>, Vec<_>) = found.conditions.iter().partition(|one| one.after.is_none());
    let condition = |slug: &str| {
        let known = presets.iter().find_map(|preset| preset.catalogue.condition(slug));
        known.map_or_else(|| slug.to_owned(), |condition| condition.label.clone())
    };
    let conditions = |some: Vec<&ConditionDifference>| some.into_iter().map(|one| condition(&one.slug)).collect();
    let lists = [
        ("New kinds of things", kinds(&found.types_added)),
        ("Kinds that go", kinds(&found.types_removed)),
        ("New permissions", labels(&found.permissions_added)),
        ("Permissions that go", labels(&found.permissions_removed)),
        ("Conditions that are new or other", conditions(other)),
        ("Conditions that go", conditions(gone)),
    ];
    let told = lists.into_iter().filter(|(_, names)| !names.is_empty());
    told.map(|(label, names)| Fact::new(label, FactValue::Many(names))).collect()
}

fn role_row(presets: [&Preset; 2], role: &RoleDifference) -> Row {
    let how = match role.presence {
        Presence::Added => "New role",
        Presence::Removed => "Role goes",
        Presence::Changed => "Role changes",
    };
    let told = [("Gains", &role.gains), ("Loses", &role.loses)].into_iter();
    let told = told.filter(|(_, names)| !names.is_empty() && role.presence != Presence::Removed);
    let labels = |names: &[String]| names.iter().map(|name| impact::label_of(&presets, name)).collect();
    let is_it = |one: &&preset::Role| one.slug == role.slug && one.applies_to == role.applies_to;
    let named = presets.iter().find_map(|preset| preset.roles.iter().find(is_it));
    let name = named.map_or(role.slug.as_str(), |named| named.name.as_str());
    let kind = presets.iter().find_map(|preset| preset.resource_type(&role.applies_to));
    let under = kind.map_or_else(String::new, |kind| format!("on {}", kind.name));
    Row {
        about: name.to_owned(),
        cells: vec![
            Cell::name(name, "", under),
            Cell::Text(how.to_owned()),
            Cell::Told(told.map(|(word, names)| (word, labels(names))).collect()),
        ],
        actions: Vec::new(),
    }
}

/// A setting in words, before and after; `None` for one that is gone or unknown here.
fn knob_row(rules: &Rules, next: &Preset, found: &KnobDifference) -> Option<Row> {
    let knob = Knob::ALL.iter().copied().find(|knob| knob.name() == found.name)?;
    let then = Rules::new(std::sync::Arc::new(next.clone()), next.policy.clone());
    let words = |rules: &Rules, value: &serde_json::Value, open: bool| {
        let fixed = if open { "" } else { ", fixed" };
        format!("{}{fixed}", knobs::shown(rules, knob, value))
    };
    Some(Row {
        about: found.name.clone(),
        cells: vec![
            Cell::name(knobs::title(knob).1, "", &found.name),
            Cell::Text(words(rules, &found.before, found.open_before)),
            Cell::Text(words(&then, &found.after, found.open_after)),
        ],
        actions: Vec::new(),
    })
}

/// The preset as a line of the settings, with the way to another one.
pub(super) fn action(desk: &Desk) -> Action {
    Action::link("Change preset", desk.href("org/preset"))
}
