//! The usage limits of the organization: listed with how full each is, made, changed, ended.

use axum::extract::Path;
use guildhall_store::read::Page;

use super::desk::Desk;
use crate::console::verdict::Verdict;
use crate::console::view::{
    Action, Chip, Choice, ConfirmPage, Consequence, Fullness, LimitPage, LimitRow, LimitsPage, Place, Select, Shell,
    Tone,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::groups::{self, GroupView};
use crate::ops::limits::{self, EditLimit, LimitScope, LimitView, NewLimit};
use crate::ops::members;

const SHOWN: u32 = 50;
const DAY_S: i64 = 86_400;
const UNITS: [(i64, &str); 4] = [(DAY_S, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds")];
const FIELDS: &[&str] = &["unit", "budget", "period_s"];

/// What stands in the form.
#[derive(Clone, Debug)]
struct Typed {
    whose: String,
    unit: String,
    budget: String,
    period: String,
    period_unit: String,
    pooled: bool,
    enabled: bool,
}

impl Typed {
    fn empty() -> Self {
        Self {
            whose: "organization".to_owned(),
            unit: String::new(),
            budget: String::new(),
            period: "30".to_owned(),
            period_unit: DAY_S.to_string(),
            pooled: true,
            enabled: true,
        }
    }

    fn of(limit: &LimitView) -> Self {
        let (period, unit) = largest(limit.period_s);
        Self {
            whose: limit.scope.kind.clone(),
            unit: limit.unit.clone(),
            budget: limit.budget.to_string(),
            period: period.to_string(),
            period_unit: unit.to_string(),
            pooled: limit.pooled,
            enabled: limit.enabled,
        }
    }

    fn sent(sent: &Sent) -> Self {
        Self {
            whose: sent.get("whose").to_owned(),
            unit: sent.get("unit").trim().to_owned(),
            budget: sent.get("budget").trim().to_owned(),
            period: sent.get("period").trim().to_owned(),
            period_unit: sent.get("period_unit").to_owned(),
            pooled: sent.get("pooled") == "true",
            enabled: sent.get("enabled") == "true",
        }
    }

    /// What is no number is out of range, and refused as such.
    fn budget(&self) -> u64 {
        self.budget.parse().unwrap_or(u64::MAX)
    }

    fn period_s(&self) -> i64 {
        let (amount, unit) = (self.period.parse::<i64>().unwrap_or(0), self.period_unit.parse::<i64>().unwrap_or(0));
        amount.saturating_mul(unit)
    }

    fn scope(&self) -> LimitScope {
        match self.whose.as_str() {
            "organization" | "member" => LimitScope { kind: self.whose.clone(), id: None },
            group => LimitScope { kind: "group".to_owned(), id: Some(group.to_owned()) },
        }
    }
}

/// The largest unit that shows a period without a rest: how many of it, and its seconds.
fn largest(period_s: i64) -> (i64, i64) {
    let unit = UNITS.iter().map(|(unit, _)| *unit).find(|unit| period_s % unit == 0).unwrap_or(1);
    (period_s / unit, unit)
}

fn terms(limit: &LimitView) -> String {
    let (amount, unit_s) = largest(limit.period_s);
    let word = UNITS.iter().find(|(unit, _)| *unit == unit_s).map_or("", |(_, word)| *word);
    let word = if amount == 1 { word.trim_end_matches('s') } else { word };
    format!("{} in {amount} {word}", limit.budget)
}

/// The groups one may choose and name; none for a reader who may not see them.
async fn known_groups(desk: &Desk) -> Vec<GroupView> {
    groups::list(desk.ctx(), desk.org(), Some(100), None).await.map(|list| list.items).unwrap_or_default()
}

async fn whose(desk: &Desk, scope: &LimitScope, groups: &[GroupView]) -> String {
    let words = &desk.scene.words;
    match (scope.kind.as_str(), scope.id.as_deref()) {
        ("organization", _) => format!("The whole {}", words.organization.one),
        ("group", Some(id)) => {
            groups.iter().find(|group| group.id == id).map_or_else(|| id.to_owned(), |group| group.name.clone())
        }
        (_, Some(id)) => match members::get(desk.ctx(), desk.org(), id).await {
            Ok(member) => member.identity.email.unwrap_or(member.identity.name),
            Err(_) => id.to_owned(),
        },
        _ => format!("Each {}", words.person.one),
    }
}

/// `GET /{org}/admin/limits`
pub(super) async fn list(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let page = Page { after: desk.after()?, limit: SHOWN };
    let found = limits::list(desk.ctx(), desk.org(), page).await.map_err(|stop| desk.wrong(stop))?;
    let groups = known_groups(&desk).await;
    let mut rows = Vec::with_capacity(found.items.len());
    for limit in &found.items {
        let whose = whose(&desk, &limit.scope, &groups).await;
        rows.push(row(&desk, limit, whose));
    }
    let href = desk.href("limits");
    desk.page(&LimitsPage {
        page: desk.shell(&desk.scene.words.limits_title, "limits"),
        words: desk.scene.words.clone(),
        limits: rows,
        new: Action::link("New limit", desk.href("limits/new")),
        pager: desk.pager(&href, found.items.len(), found.next.as_deref()),
    })
}

fn row(desk: &Desk, limit: &LimitView, whose: String) -> LimitRow {
    let full = limit.remaining == Some(0);
    let state = match (limit.enabled, full) {
        (false, _) => Chip::new("Off", Tone::Plain),
        (true, true) => Chip::new("Reached", Tone::Bad),
        (true, false) => Chip::new("Holds", Tone::Good),
    };
    let one = desk.href(&format!("limits/{}", limit.id));
    LimitRow {
        whose,
        unit: limit.unit.clone(),
        terms: terms(limit),
        state,
        fullness: limit.used.map(|used| Fullness {
            used,
            budget: limit.budget,
            reset: limit.reset_at.map(|at| desk.when(at)),
        }),
        actions: vec![Action::link("Change", one.clone()), Action::ask("Delete", format!("{one}/delete")).danger()],
    }
}

fn below(desk: &Desk, title: &str) -> Shell {
    let trail = vec![Place::new(&desk.scene.words.limits_title, desk.href("limits"))];
    Shell { trail, ..desk.shell(title, "limits") }
}

fn whose_choices(desk: &Desk, groups: &[GroupView], chosen: &str) -> Select {
    let words = &desk.scene.words;
    let mut choices = vec![
        Choice::new("organization", format!("The whole {}", words.organization.one)),
        Choice::new("member", format!("Each {} by themself", words.person.one)),
    ];
    choices.extend(groups.iter().map(|group| Choice::new(&group.id, format!("The group {}", group.name))));
    Select::of(
        choices
            .into_iter()
            .map(|c| {
                let is = c.value == chosen;
                c.selected(is)
            })
            .collect(),
    )
}

/// The form of a limit; `limit` is the one that is changed, `None` for a new one.
async fn form(desk: &Desk, limit: Option<&LimitView>, typed: &Typed, verdict: &Verdict) -> Shown {
    let title = if limit.is_some() { "Change a limit" } else { "New limit" };
    let mut shell = below(desk, title);
    shell.flash.extend(verdict.flash());
    let measured = match limit {
        Some(_) => None,
        None => {
            let groups = known_groups(desk).await;
            Some((whose_choices(desk, &groups, &typed.whose), verdict.input("unit", &typed.unit)))
        }
    };
    let period_units = UNITS.iter().map(|(unit, label)| {
        let value = unit.to_string();
        let chosen = value == typed.period_unit;
        Choice::new(value, *label).selected(chosen)
    });
    let page = LimitPage {
        page: shell,
        title: title.to_owned(),
        action: limit.map_or_else(|| desk.href("limits/new"), |l| desk.href(&format!("limits/{}", l.id))),
        cancel_href: desk.href("limits"),
        measured,
        budget: verdict.input("budget", &typed.budget),
        period: verdict.input("period_s", &typed.period),
        period_units: period_units.collect(),
        pooled: Choice::new("true", "The members of a group share the budget")
            .hint("Otherwise each of them has it alone. Only limits of groups ask for this.")
            .selected(typed.pooled),
        enabled: Choice::new("true", "In force").selected(typed.enabled),
        yes: if limit.is_some() { "Save" } else { "Make the limit" }.to_owned(),
    };
    verdict.page(&desk.visit, &page)
}

/// `GET /{org}/admin/limits/new`
pub(super) async fn new(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    desk.scene.place.permit(guildhall_domain::action::Action::LimitManage).map_err(|refusal| desk.wrong(refusal))?;
    form(&desk, None, &Typed::empty(), &Verdict::default()).await
}

/// `POST` of the same.
pub(super) async fn create(Path(org): Path<String>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let typed = Typed::sent(&sent);
    let wanted = NewLimit {
        scope: typed.scope(),
        unit: typed.unit.clone(),
        budget: typed.budget(),
        period_s: typed.period_s(),
        pooled: Some(typed.pooled),
        enabled: Some(typed.enabled),
    };
    match limits::create(desk.ctx(), desk.org(), wanted).await {
        Ok(_) => Ok(go_with(&desk.href("limits"), Tone::Good, "The limit holds from now on.")),
        Err(stop) => {
            let verdict = Verdict::of(&desk.visit, stop, FIELDS)?;
            form(&desk, None, &typed, &verdict).await
        }
    }
}

async fn load(desk: &Desk, limit: &str) -> Result<LimitView, Wrong> {
    limits::get(desk.ctx(), desk.org(), limit).await.map_err(|stop| desk.wrong(stop))
}

/// `GET /{org}/admin/limits/{limit}`
pub(super) async fn show(visit: Visit, Path((org, limit)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = load(&desk, &limit).await?;
    form(&desk, Some(&found), &Typed::of(&found), &Verdict::default()).await
}

/// `POST` of the same.
pub(super) async fn edit(Path((org, limit)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let found = load(&desk, &limit).await?;
    let typed = Typed::sent(&sent);
    let wanted = EditLimit {
        budget: Some(typed.budget()),
        period_s: Some(typed.period_s()),
        pooled: Some(typed.pooled),
        enabled: Some(typed.enabled),
    };
    match limits::edit(desk.ctx(), desk.org(), &limit, wanted).await {
        Ok(_) => Ok(go_with(&desk.href("limits"), Tone::Good, "The limit is changed.")),
        Err(stop) => {
            let verdict = Verdict::of(&desk.visit, stop, FIELDS)?;
            form(&desk, Some(&found), &typed, &verdict).await
        }
    }
}

/// `GET /{org}/admin/limits/{limit}/delete`
pub(super) async fn ask(visit: Visit, Path((org, limit)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = load(&desk, &limit).await?;
    let groups = known_groups(&desk).await;
    let whose = whose(&desk, &found.scope, &groups).await;
    desk.page(&ConfirmPage {
        page: below(&desk, "Delete"),
        title: "Delete this limit?".to_owned(),
        person: None,
        lead: format!("{whose}: {} of {}.", terms(&found), found.unit),
        consequences: vec![
            Consequence::ends("Whoever it stops may go on at once"),
            Consequence::stays("What was used stays counted for the other limits"),
        ],
        refused: None,
        typed: None,
        reason: None,
        action: desk.visit.path.clone(),
        yes: "Delete".to_owned(),
        danger: true,
        cancel_href: desk.href("limits"),
    })
}

/// `POST` of the same.
pub(super) async fn delete(Path((org, limit)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    limits::delete(desk.ctx(), desk.org(), &limit).await.map_err(|stop| desk.wrong(stop))?;
    Ok(go_with(&desk.href("limits"), Tone::Good, "The limit is deleted."))
}
