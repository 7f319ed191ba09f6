//! Usage limits: the list with how full each is, and the form of one.

use std::sync::Arc;

use askama::Template;

use super::{Action, Chip, Choice, Input, Pager, Select, Shell, Time, Words};

/// How full a budget is.
#[derive(Clone, Debug, Default)]
pub struct Fullness {
    /// What was used.
    pub used: u64,
    /// The budget.
    pub budget: u64,
    /// When there is room again; `None` while there is.
    pub reset: Option<Time>,
}

impl Fullness {
    /// From here on it is nearly used up.
    #[must_use]
    pub fn low(&self) -> u64 {
        self.budget / 4 * 3
    }

    /// Beyond this it is used up.
    #[must_use]
    pub fn high(&self) -> u64 {
        self.budget.saturating_sub(1)
    }
}

/// One limit as a line of a table.
#[derive(Clone, Debug)]
pub struct LimitRow {
    /// Whose use it measures.
    pub whose: String,
    /// Of what.
    pub unit: String,
    /// Such as `100,000 in 30 days`.
    pub terms: String,
    /// Whether it is in force.
    pub state: Chip,
    /// `None` where each has the budget by themself.
    pub fullness: Option<Fullness>,
    /// Change and delete.
    pub actions: Vec<Action>,
}

/// `GET /{org}/admin/limits`
#[derive(Clone, Debug, Template)]
#[template(path = "people/limits.html")]
pub struct LimitsPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// The limits, oldest first.
    pub limits: Vec<LimitRow>,
    /// Makes one.
    pub new: Action,
    /// Where one is in the list.
    pub pager: Pager,
}

/// `GET /{org}/admin/limits/new` and `GET /{org}/admin/limits/{limit}`
#[derive(Clone, Debug, Template)]
#[template(path = "people/limit.html")]
pub struct LimitPage {
    /// Surroundings.
    pub page: Shell,
    /// The heading.
    pub title: String,
    /// Where the form posts.
    pub action: String,
    /// Back.
    pub cancel_href: String,
    /// `whose` and `unit`, for a new one; an old one keeps what it measures.
    pub measured: Option<(Select, Input)>,
    /// `budget`
    pub budget: Input,
    /// `period`
    pub period: Input,
    /// `period_unit`, in seconds.
    pub period_units: Vec<Choice>,
    /// `pooled`, for groups.
    pub pooled: Choice,
    /// `enabled`
    pub enabled: Choice,
    /// The button.
    pub yes: String,
}
