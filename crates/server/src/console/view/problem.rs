//! A page for what did not work. It tells as little as the API's answer does.

use askama::Template;

use super::{Place, Plain};

/// 400, 403, 404, 409, 422, 429, 500 or 503 as a page.
#[derive(Clone, Debug, Template)]
#[template(path = "access/problem.html")]
pub struct ProblemPage {
    /// Surroundings.
    pub page: Plain,
    /// The status.
    pub status: u16,
    /// What happened, in a few words.
    pub title: String,
    /// What it means and what to do.
    pub detail: String,
    /// The stable code, such as `member.last_owner`; empty for none.
    pub code: String,
    /// The id to name when asking for help.
    pub request_id: String,
    /// Where to go; the first is the main way.
    pub ways: Vec<Place>,
}
