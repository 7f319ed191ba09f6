//! The people of an organization: the list with its invitations, and one of them.

use std::sync::Arc;

use askama::Template;

use super::{Action, AuditEvent, Chip, Choice, Fact, Pager, Person, Shell, Time, TokenRow, Words};

/// One line of the list: a person, a service account or an invitation.
#[derive(Clone, Debug, Default)]
pub struct PersonRow {
    /// Who, with the page about them.
    pub person: Person,
    /// The name of the role; empty where the preset has no roles.
    pub role: String,
    /// `Active`, `Invited`, `Deactivated` …
    pub state: Chip,
    /// What is more to say about the state, such as `Mail failed` or `Expires in 2 days`; empty for nothing.
    pub state_detail: String,
    /// What its tick sends to act on several at once.
    pub pick: String,
    /// Whether the person is switched off: the line is drawn fainter.
    pub off: bool,
    /// Last seen; `None` for never.
    pub last_active: Option<Time>,
    /// What this reader may do here, and what not and why.
    pub actions: Vec<Action>,
}

/// Somebody who was removed a while ago.
#[derive(Clone, Debug)]
pub struct RemovedRow {
    /// Who.
    pub person: Person,
    /// Until when it can be undone.
    pub until: Time,
    /// Undoes it.
    pub undo: Action,
}

/// `GET /{org}/admin/users?query=&role=&status=&after=`
#[derive(Clone, Debug, Template)]
#[template(path = "people/list.html")]
pub struct PeoplePage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// The address of the list itself, without a query.
    pub href: String,
    /// `query`
    pub query: String,
    /// `role`, the first choice meaning all; no choices, no filter.
    pub roles: Vec<Choice>,
    /// `status`, the first choice meaning all.
    pub statuses: Vec<Choice>,
    /// `group`, likewise; no choices, no filter.
    pub groups: Vec<Choice>,
    /// `type`, likewise.
    pub kinds: Vec<Choice>,
    /// What may be done with several at once: value and word.
    pub bulk: Vec<(&'static str, String)>,
    /// The list as a file.
    pub export_href: String,
    /// Where a directory is brought in; `None` where this reader may not.
    pub import_href: Option<String>,
    /// Whether a query or a filter is set.
    pub filtered: bool,
    /// The lines.
    pub rows: Vec<PersonRow>,
    /// Whether to show a column of roles.
    pub has_roles: bool,
    /// Where one is in the list.
    pub pager: Pager,
    /// The button that invites, offered or refused; `None` where the preset has no invitations.
    pub invite: Option<Action>,
    /// Advice above the list, such as that a second owner is missing.
    pub advice: Option<String>,
    /// The latest removals that can be undone.
    pub removed: Vec<RemovedRow>,
    /// How many seats of how many are taken; `None` where there are as many as it takes.
    pub seats: Option<(u64, u64)>,
    /// The notice of an organization of certain mail domains (PX-21).
    pub domains: Option<String>,
}

/// `GET /{org}/admin/users/{mem}`
#[derive(Clone, Debug, Template)]
#[template(path = "people/member.html")]
pub struct MemberPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// Who.
    pub person: Person,
    /// The state of the membership.
    pub state: Chip,
    /// Role, joined, origin, last active, id …
    pub facts: Vec<Fact>,
    /// What this reader may do here, and what not and why.
    pub actions: Vec<Action>,
    /// How many sessions work here; `None` for a reader who may not know.
    pub sessions: Option<usize>,
    /// Ends them, offered or refused.
    pub end_sessions: Action,
    /// Ways to help the person back in, offered or refused; none for programs and for who is not in.
    pub recovery: Vec<Action>,
    /// Tokens that work in this organization; `None` for a reader who may not know.
    pub tokens: Option<Vec<TokenRow>>,
    /// The latest that happened to or by them.
    pub events: Vec<AuditEvent>,
    /// The audit page filtered to them; `None` for a reader who may not see it.
    pub history_href: Option<String>,
}
