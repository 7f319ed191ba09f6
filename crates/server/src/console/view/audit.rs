//! The audit trail: filters, days, what was and what is.

use std::sync::Arc;

use askama::Template;

use super::{Chip, Choice, Fact, Input, Pager, Person, Place, Shell, Time, Words};

/// One field that changed.
#[derive(Clone, Debug, Default)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// What was; `None` when it was not there.
    pub before: Option<String>,
    /// What is; `None` when it is gone.
    pub after: Option<String>,
}

/// One record.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// Its id, such as `evt_…`; also the anchor.
    pub id: String,
    /// When.
    pub at: Time,
    /// Who did it.
    pub actor: Person,
    /// The verb with what belongs to it, such as `changed the role of`.
    pub verb: String,
    /// On whom or what; no address when there is no page about it.
    pub target: Option<Place>,
    /// What comes after the target, such as `from Viewer to Admin`; empty for nothing.
    pub rest: String,
    /// The dotted type, such as `member.role_changed`.
    pub kind: String,
    /// `Denied` or `Failed`; `None` for success.
    pub outcome: Option<Chip>,
    /// What changed, field by field.
    pub changes: Vec<FieldChange>,
    /// Credential, address, request id, revision …
    pub facts: Vec<Fact>,
}

/// The records of one day.
#[derive(Clone, Debug, Default)]
pub struct AuditDay {
    /// Such as `Today` or `12 March 2026`, in UTC.
    pub label: String,
    /// The latest first.
    pub events: Vec<AuditEvent>,
}

/// The filters, by the names of the API.
#[derive(Clone, Debug, Default)]
pub struct AuditFilters {
    /// `actor`: an id or an address.
    pub actor: Input,
    /// `target`: an id or an address.
    pub target: Input,
    /// `type`, the first choice meaning all.
    pub kinds: Vec<Choice>,
    /// `outcome`, the first choice meaning all.
    pub outcomes: Vec<Choice>,
    /// `since`, a date.
    pub since: Input,
    /// `until`, a date.
    pub until: Input,
    /// Whether any is set.
    pub set: bool,
}

/// `GET /{org}/admin/audit?actor=&target=&type=&outcome=&since=&until=&after=`
#[derive(Clone, Debug, Template)]
#[template(path = "audit/list.html")]
pub struct AuditPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// The address of the page itself, without a query.
    pub href: String,
    /// The filters.
    pub filters: AuditFilters,
    /// The records, by day.
    pub days: Vec<AuditDay>,
    /// Where one is in the trail.
    pub pager: Pager,
    /// The trail as CSV, with the filters that are set.
    pub csv_href: String,
    /// The trail as NDJSON, with the filters that are set.
    pub ndjson_href: String,
}
