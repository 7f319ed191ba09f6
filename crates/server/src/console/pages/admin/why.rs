//! "What can they do here, and why": somebody and a place, answered by the same checks that products ask, each drawn
//! as the chain from the membership to what gives it; and the reverse, who may do one thing there.

use std::collections::HashMap;

use axum::extract::Path;
use guildhall_domain::preset::ORGANIZATION;
use guildhall_store::Stop;
use serde_json::Value;

use super::desk::{Desk, with_query};
use crate::console::verdict::Verdict;
use crate::console::view::{
    Action, Cell, Choice, Empty, Field, Form, Link, Pager, Part, Person, Row, Select, Table, ThingPage, Why,
};
use crate::console::visit::{Shown, Visit, Wrong};
use crate::ops::access::{self, AskSubjects};
use crate::ops::check::{self, Check, Checks};
use crate::ops::resources::{self, Looked};
use crate::ops::{grants, groups, members};

/// The last part of the address.
const PAGE: &str = "why";
const SHOWN: u32 = 50;
const TITLE: &str = "Who may do what, and why";

/// What is asked.
#[derive(Clone, Debug, Default)]
struct Question {
    who: String,
    place: String,
    permission: String,
}

/// The address that asks about somebody, and about a place; either may be left open.
pub(super) fn href(desk: &Desk, who: &str, place: &str) -> String {
    with_query(&desk.href(PAGE), &[("who", Some(who)), ("on", Some(place))])
}

/// The way to the page, for whoever may ask about others.
pub(super) fn action(desk: &Desk, label: &str, who: &str, place: &str) -> Option<Action> {
    let may = desk.scene.may(guildhall_domain::action::Action::AccessCheck);
    may.then(|| Action::link(label, href(desk, who, place)))
}

/// `GET /{org}/admin/why?who=&on=&permission=`
pub(super) async fn show(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let asked = |name: &str| desk.visit.asked(name).trim().to_owned();
    let question = Question { who: asked("who"), place: asked("on"), permission: asked("permission") };
    match answer(&desk, &question).await {
        Ok(parts) => page(&desk, &question, parts, &Verdict::default()),
        Err(Unanswered::Refused(stop)) => {
            let verdict = Verdict::of(&desk.visit, stop, &["who", "on"])?;
            page(&desk, &question, Vec::new(), &verdict)
        }
        Err(Unanswered::Wrong(wrong)) => Err(wrong),
    }
}

/// Why there is no answer: the form says it, or a page of its own.
enum Unanswered {
    Refused(Stop),
    Wrong(Wrong),
}

impl From<Wrong> for Unanswered {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

fn page(desk: &Desk, question: &Question, parts: Vec<Part>, verdict: &Verdict) -> Shown {
    let all = vec![Part { form: Some(form(desk, question, verdict)), ..Part::new("question", "Ask") }];
    let shown = ThingPage {
        page: desk.below("users", &[(&desk.scene.words.person.titles, "users")], TITLE),
        title: TITLE.to_owned(),
        lead: "Name somebody to see what they may do; name a permission alone to see who may do it.".to_owned(),
        notes: verdict.flash().into_iter().collect(),
        parts: all.into_iter().chain(parts).collect(),
        ..ThingPage::default()
    };
    verdict.page(&desk.visit, &shown)
}

fn form(desk: &Desk, question: &Question, verdict: &Verdict) -> Form {
    let preset = desk.scene.place.rules.preset();
    let any = Choice::new("", "Everything").selected(question.permission.is_empty());
    let asked = preset.catalogue.iter().filter(|(bit, _)| preset.catalogue.condition_of(*bit).is_none());
    let each = asked.map(|(_, permission)| {
        Choice::new(&permission.name, format!("{} ({})", permission.label, permission.name))
            .selected(permission.name == question.permission)
    });
    let who = Field::code("who", "Who", verdict.input("who", &question.who)).optional();
    let place = Field::code("on", "Where", verdict.input("on", &question.place)).optional();
    Form {
        action: desk.href(PAGE),
        asks: true,
        fields: vec![
            who.hint("An email address, or the id of a member or a service account."),
            place.hint("The id of a thing, or type:external id. Empty: the organization itself."),
            Field::select("permission", "What", Select::of(std::iter::once(any).chain(each).collect())),
        ],
        yes: "Ask".to_owned(),
        ..Form::default()
    }
}

async fn answer(desk: &Desk, question: &Question) -> Result<Vec<Part>, Unanswered> {
    let place = match question.place.as_str() {
        "" => None,
        named => match resources::looked(desk.ctx(), desk.org(), named).await {
            Ok(found) => Some(found),
            Err(stop) => return Err(Unanswered::Refused(nowhere(stop))),
        },
    };
    match (question.who.as_str(), question.permission.as_str()) {
        ("", "") => Ok(Vec::new()),
        ("", permission) => Ok(vec![reverse(desk, permission, place.as_ref()).await?]),
        (who, permission) => Ok(vec![forward(desk, who, permission, place.as_ref()).await?]),
    }
}

/// What is not there is told at the field.
fn nowhere(stop: Stop) -> Stop {
    use guildhall_domain::refusal::{Code, Refusal};
    match stop {
        Stop::Refused(refusal) if refusal.code == Code::NotFound => {
            Refusal::value(Code::ResourceUnknown, "on", "there is nothing like that here that you reach").into()
        }
        other => other,
    }
}

/// The member an address or an id names, as its id.
async fn member(desk: &Desk, who: &str) -> Result<String, Unanswered> {
    if who.contains('@') {
        let found = grants::named(desk.ctx(), desk.org(), "member", who).await.map_err(Unanswered::Refused)?;
        return Ok(found.id.unwrap_or_default());
    }
    Ok(who.to_owned())
}

/// What somebody may do at a place: one permission, or all that are asked of it.
async fn forward(desk: &Desk, who: &str, permission: &str, place: Option<&Looked>) -> Result<Part, Unanswered> {
    let subject = member(desk, who).await?;
    let preset = desk.scene.place.rules.preset();
    let kind = place.map_or(ORGANIZATION, |found| found.view.kind.as_str());
    let wanted: Vec<(String, String)> = preset
        .catalogue
        .iter()
        .filter(|(bit, _)| preset.catalogue.condition_of(*bit).is_none())
        .filter(|(_, one)| if permission.is_empty() { one.applies_to == kind } else { one.name == permission })
        .map(|(_, one)| (one.name.clone(), one.label.clone()))
        .collect();
    let check = |(name, _): &(String, String)| Check {
        subject: Some(subject.clone()),
        permission: name.clone(),
        resource: place.map(|found| found.view.id.clone()),
        properties: None,
        at_least_revision: None,
        explain: true,
    };
    let asked = Checks { checks: wanted.iter().map(check).collect() };
    let told = check::batch(desk.ctx(), desk.org(), asked).await.map_err(Unanswered::Refused)?;
    let names = Names::of(desk, place, told.results.iter().flat_map(|one| one.reasons.iter().flatten())).await;
    let mut whys: Vec<Why> = wanted
        .into_iter()
        .zip(&told.results)
        .map(|((name, label), result)| Why {
            chains: names.chains(desk, result.reasons.as_deref().unwrap_or_default()),
            allowed: result.allowed,
            label,
            name,
        })
        .collect();
    // What they may comes first, each half in the order of the preset.
    whys.sort_by_key(|why| !why.allowed);
    let called = called(desk, &subject).await;
    let here = place.map_or(&desk.scene.place.organization.name, |found| &found.view.name);
    let may = whys.iter().filter(|why| why.allowed).count();
    let intro = format!("{may} of {} things that are asked of it, as of revision {}.", whys.len(), told.revision);
    Ok(Part { whys, ..Part::new("answer", format!("What {called} may do on {here}")).intro(intro) })
}

async fn called(desk: &Desk, subject: &str) -> String {
    match members::get(desk.ctx(), desk.org(), subject).await {
        Ok(found) => Person::new(&found.identity.name, &found.identity.email.unwrap_or_default(), "").name,
        Err(_) => subject.to_owned(),
    }
}

/// The names behind the ids of reasons.
struct Names {
    groups: HashMap<String, String>,
    /// The place and what it stands under, from the top: id and name.
    path: Vec<(String, String)>,
}

impl Names {
    async fn of(desk: &Desk, place: Option<&Looked>, reasons: impl Iterator<Item = &Value>) -> Self {
        let mut groups = HashMap::new();
        let typed =
            |r: &Value| r.pointer("/whence/type").and_then(Value::as_str).is_some_and(|t| t.starts_with("group"));
        let ids = reasons.filter(|r| typed(r)).filter_map(|r| r.pointer("/whence/id").and_then(Value::as_str));
        for id in ids {
            if !groups.contains_key(id) {
                let name = groups::get(desk.ctx(), desk.org(), id).await.map_or_else(|_| id.to_owned(), |g| g.name);
                groups.insert(id.to_owned(), name);
            }
        }
        let mut path: Vec<(String, String)> = Vec::new();
        if let Some(found) = place {
            path.extend(found.above.iter().map(|(id, name)| (id.to_string(), name.clone())));
            path.push((found.view.id.clone(), found.view.name.clone()));
        }
        Self { groups, path }
    }

    /// One chain for each way it comes about; for what is not allowed, one that tells where it stops.
    fn chains(&self, desk: &Desk, reasons: &[Value]) -> Vec<Vec<Link>> {
        let text =
            |reason: &Value, field: &str| reason.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let is = |reason: &Value, word: &str| text(reason, "reason") == word;
        let first = reasons.iter().find(|r| is(r, "membership")).map(|r| Link {
            kind: "Member".to_owned(),
            label: desk.role_name(&text(r, "role")),
            ..Link::default()
        });
        let ends: Vec<Link> = reasons.iter().filter_map(|r| self.end(desk, r)).collect();
        let ways: Vec<Vec<Link>> = reasons.iter().filter_map(|r| self.way(desk, r)).collect();
        let begin = || first.clone().into_iter();
        if ways.is_empty() {
            return vec![begin().chain(ends).collect()];
        }
        ways.into_iter().map(|way| begin().chain(way).chain(ends.clone()).collect()).collect()
    }

    /// What gives it, as the links behind the membership.
    fn way(&self, desk: &Desk, reason: &Value) -> Option<Vec<Link>> {
        let text = |path: &str| reason.pointer(path).and_then(Value::as_str).unwrap_or_default();
        match text("/reason") {
            "role" => Some(vec![Link {
                kind: "Role".to_owned(),
                label: desk.role_name(text("/role")),
                href: desk.href(&format!("roles/{}", text("/role"))),
                stops: false,
            }]),
            "grant" => {
                let depth = reason.get("depth").and_then(Value::as_u64).unwrap_or_default();
                let at = usize::try_from(depth).ok().and_then(|depth| depth.checked_sub(1));
                let on = at.and_then(|at| self.path.get(at));
                let mut links = self.whence(desk, text("/whence/type"), text("/whence/id"));
                links.extend(on.map(|(id, name)| Link {
                    kind: if text("/whence/type") == "owner" { "Owner of" } else { "Granted on" }.to_owned(),
                    label: name.clone(),
                    href: desk.href(&format!("resources/{id}")),
                    stops: false,
                }));
                Some(links)
            }
            _ => None,
        }
    }

    fn whence(&self, desk: &Desk, kind: &str, id: &str) -> Vec<Link> {
        let link = |kind: &str, label: &str, href: String| Link {
            kind: kind.to_owned(),
            label: label.to_owned(),
            href,
            stops: false,
        };
        match kind {
            "group" | "group_manager" => {
                let name = self.groups.get(id).map_or(id, String::as_str);
                let word = if kind == "group" { "Group" } else { "Runs the group" };
                vec![link(word, name, desk.href(&format!("groups/{id}")))]
            }
            "everyone" => vec![link("Everybody", "Everyone here", String::new())],
            "share" => vec![link("Reaches", "Another scope it is shared to", desk.href(&format!("resources/{id}")))],
            "direct" => vec![link("By name", "Granted to them", String::new())],
            _ => Vec::new(),
        }
    }

    /// What it hangs on, or where it stops, and why.
    fn end(&self, desk: &Desk, reason: &Value) -> Option<Link> {
        let text = |field: &str| reason.get(field).and_then(Value::as_str).unwrap_or_default();
        let role = desk.role_name(text("role"));
        let (kind, label) = match text("reason") {
            "not_a_member" => ("Stops", "Not a member here".to_owned()),
            "not_active" => ("Stops", "The membership is not active".to_owned()),
            "not_given" => ("Stops", format!("Neither {role} nor a grant gives it")),
            "root_only" => ("Stops", format!("{role} gives it at the organization itself only")),
            "cut_by_controlled_scope" => ("Stops", "A controlled scope lets nothing from above through".to_owned()),
            "cut_by_policy" => ("Stops", format!("The policy {} takes it from {role}", text("knob"))),
            "cut_by_ceiling" => ("Stops", format!("It is above what {role} may have")),
            "condition" => return Some(condition(desk, text("condition"))),
            "condition_not_met" => ("Stops", format!("Only {}", condition(desk, text("condition")).label)),
            "cut_by_credential_scopes" => ("Stops", "The token in use lacks this scope".to_owned()),
            _ => return None,
        };
        Some(Link { kind: kind.to_owned(), label, href: String::new(), stops: true })
    }
}

/// A condition in the preset's words.
fn condition(desk: &Desk, slug: &str) -> Link {
    let known = desk.scene.place.rules.preset().catalogue.condition(slug);
    let label = known.map_or_else(|| slug.to_owned(), |condition| condition.label.clone());
    Link { kind: "Condition".to_owned(), label, href: String::new(), stops: false }
}

/// Who may do one thing at a place.
async fn reverse(desk: &Desk, permission: &str, place: Option<&Looked>) -> Result<Part, Unanswered> {
    let after = desk.asked("after");
    let asked = AskSubjects {
        permission: permission.to_owned(),
        resource: place.map(|found| found.view.id.clone()),
        properties: None,
        limit: Some(SHOWN),
        after: after.clone(),
        at_least_revision: None,
    };
    let found = access::subjects(desk.ctx(), desk.org(), asked).await.map_err(Unanswered::Refused)?;
    let on = place.map_or("", |found| found.view.id.as_str());
    let row = |one: &access::SubjectReaching| {
        let email = one.identity.email.clone().unwrap_or_default();
        let person = Person::new(&one.identity.name, &email, &one.member);
        let who = if email.is_empty() { one.member.as_str() } else { email.as_str() };
        let why =
            with_query(&desk.href(PAGE), &[("who", Some(who)), ("on", Some(on)), ("permission", Some(permission))]);
        Row {
            about: person.name.clone(),
            cells: vec![Cell::Who(person.href(&why)), Cell::Text(desk.role_name(&one.role))],
            actions: vec![Action::link("Why", why)],
        }
    };
    let pairs = [("permission", Some(permission)), ("on", Some(on))];
    let here = place.map_or(&desk.scene.place.organization.name, |found| &found.view.name);
    Ok(Part {
        table: Some(Table::new("Who may", &["Who", "Role"], found.items.iter().map(row).collect())),
        empty: Some(Empty::new("users", "", "Nobody may.")),
        pager: Some(Pager {
            summary: format!("{} shown", found.items.len()),
            first: after.is_some().then(|| with_query(&desk.href(PAGE), &pairs)),
            next: found.next.as_deref().map(|next| {
                with_query(
                    &desk.href(PAGE),
                    &[("permission", Some(permission)), ("on", Some(on)), ("after", Some(next))],
                )
            }),
        }),
        ..Part::new("answer", format!("Who may {permission} on {here}"))
    })
}
