//! The audit trail with its filters and its export.

use axum::extract::Path;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::time::Timestamp;
use guildhall_store::Stop;

use super::desk::{Desk, with_query};
use super::event_kinds::KINDS;
use super::events;
use crate::console::verdict::sentence;
use crate::console::view::{AuditDay, AuditFilters, AuditPage, Choice, Input, Pager};
use crate::console::visit::{Shown, Visit, Wrong};
use crate::ops::audit::{self, AuditQuery};
use crate::ops::view::{EventView, List};

/// What was asked, by the names of the API; days instead of times.
struct Filters {
    actor: Option<String>,
    target: Option<String>,
    kind: Option<String>,
    outcome: Option<String>,
    since: Option<String>,
    until: Option<String>,
}

const DAY_S: i64 = 86_400;
/// As many records as a page shows: each carries all it knows, and a first view stays small.
const SHOWN: u32 = 40;

/// The beginning of a day in UTC, `days` later.
fn moment(day: &str, days: i64) -> String {
    let start: Option<Timestamp> = format!("{day}T00:00:00Z").parse().ok();
    // What is no day goes on as it is, so that the refusal names it.
    start.map_or_else(|| day.to_owned(), |at| at.plus_s(days * DAY_S).to_string())
}

impl Filters {
    fn of(desk: &Desk) -> Self {
        Self {
            actor: desk.asked("actor").map(|t| t.trim().to_owned()),
            target: desk.asked("target").map(|t| t.trim().to_owned()),
            kind: desk.asked("type"),
            outcome: desk.asked("outcome"),
            since: desk.asked("since"),
            until: desk.asked("until"),
        }
    }

    fn query(&self, after: Option<String>) -> AuditQuery {
        AuditQuery {
            actor: self.actor.clone(),
            target: self.target.clone(),
            kind: self.kind.clone(),
            // The last day counts whole.
            since: self.since.as_deref().map(|day| moment(day, 0)),
            until: self.until.as_deref().map(|day| moment(day, 1)),
            outcome: self.outcome.clone(),
            limit: Some(SHOWN),
            after,
        }
    }

    fn address(&self, path: &str, after: Option<&str>) -> String {
        let pairs = [
            ("actor", self.actor.as_deref()),
            ("target", self.target.as_deref()),
            ("type", self.kind.as_deref()),
            ("outcome", self.outcome.as_deref()),
            ("since", self.since.as_deref()),
            ("until", self.until.as_deref()),
            ("after", after),
        ];
        with_query(path, &pairs)
    }

    /// Where the API streams what the filters leave.
    fn export(&self, desk: &Desk, format: &str) -> String {
        let query = self.query(None);
        let pairs = [
            ("format", Some(format)),
            ("actor", query.actor.as_deref()),
            ("target", query.target.as_deref()),
            ("type", query.kind.as_deref()),
            ("outcome", query.outcome.as_deref()),
            ("since", query.since.as_deref()),
            ("until", query.until.as_deref()),
        ];
        with_query(&format!("/api/v1/organizations/{}/audit-events/export", desk.org()), &pairs)
    }
}

/// `GET /{org}/admin/audit`
pub(super) async fn list(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let (filters, after) = (Filters::of(&desk), desk.asked("after"));
    match audit::list(desk.ctx(), desk.org(), filters.query(after.clone())).await {
        Ok(found) => desk.page(&page(&desk, &filters, after.is_some(), &found, None)),
        Err(stop) => {
            let refusal = of_filters(&desk, stop)?;
            let nothing = List { items: Vec::new(), next: None };
            desk.again(&refusal, &page(&desk, &filters, false, &nothing, Some(&refusal)))
        }
    }
}

fn of_filters(desk: &Desk, stop: Stop) -> Result<Refusal, Wrong> {
    match stop {
        Stop::Refused(refusal) if refusal.code == Code::RequestInvalid => Ok(refusal),
        other => Err(desk.wrong(other)),
    }
}

fn page(
    desk: &Desk,
    filters: &Filters,
    further: bool,
    found: &List<EventView>,
    refusal: Option<&Refusal>,
) -> AuditPage {
    let href = desk.href("audit");
    let day = |name: &str, value: Option<&str>| {
        let wrong = refusal.and_then(|r| r.errors.iter().find(|e| e.field == name));
        let input = Input::of(value.unwrap_or_default());
        match wrong {
            Some(_) => input.wrong(sentence(&format!("`{name}` is no day; write it as 2026-01-31"))),
            None => input,
        }
    };
    let set = [&filters.actor, &filters.target, &filters.kind, &filters.outcome, &filters.since, &filters.until];
    AuditPage {
        page: desk.shell(&desk.scene.words.audit_title, "audit"),
        words: desk.scene.words.clone(),
        filters: AuditFilters {
            actor: Input::of(filters.actor.clone().unwrap_or_default()),
            target: Input::of(filters.target.clone().unwrap_or_default()),
            kinds: kinds(filters.kind.as_deref()),
            outcomes: outcomes(filters.outcome.as_deref()),
            since: day("since", filters.since.as_deref()),
            until: day("until", filters.until.as_deref()),
            set: set.into_iter().any(Option::is_some),
        },
        days: days(desk, &found.items),
        pager: Pager {
            summary: format!("{} shown", found.items.len()),
            first: further.then(|| filters.address(&href, None)),
            next: found.next.as_deref().map(|next| filters.address(&href, Some(next))),
        },
        csv_href: filters.export(desk, "csv"),
        ndjson_href: filters.export(desk, "ndjson"),
        href,
    }
}

fn kinds(chosen: Option<&str>) -> Vec<Choice> {
    let all = Choice::new("", "Everything").selected(chosen.is_none());
    let each = KINDS.iter().map(|kind| Choice::new(kind.name, kind.label).selected(chosen == Some(kind.name)));
    std::iter::once(all).chain(each).collect()
}

fn outcomes(chosen: Option<&str>) -> Vec<Choice> {
    let all = Choice::new("", "Any").selected(chosen.is_none());
    let each = [("success", "Done"), ("denied", "Denied"), ("failure", "Failed")];
    let choice = |(value, label)| Choice::new(value, label).selected(chosen == Some(value));
    std::iter::once(all).chain(each.map(choice)).collect()
}

/// The records of each day together; they come newest first.
fn days(desk: &Desk, found: &[EventView]) -> Vec<AuditDay> {
    let mut days: Vec<AuditDay> = Vec::new();
    for event in found {
        let label = events::day(event.at, desk.ctx().now);
        match days.last_mut().filter(|day| day.label == label) {
            Some(day) => day.events.push(events::event(desk, event)),
            None => days.push(AuditDay { label, events: vec![events::event(desk, event)] }),
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_and_the_last_one_counts_whole() {
        assert_eq!(moment("2026-01-31", 0), "2026-01-31T00:00:00Z");
        assert_eq!(moment("2026-01-31", 1), "2026-02-01T00:00:00Z");
        assert_eq!(moment("soon", 1), "soon");
    }
}
