//! Invite links: making one, those there are, and the one just made.

use std::sync::Arc;

use askama::Template;

use super::{Action, Chip, Choice, Input, Select, Shell, Time, Words};

/// One link as a line of a table.
#[derive(Clone, Debug)]
pub struct LinkRow {
    /// The name of the role it gives; empty where there is only one.
    pub role: String,
    /// `Open`, `Expired` …
    pub state: Chip,
    /// When it was made.
    pub created: Time,
    /// When it stops working by itself.
    pub expires: Option<Time>,
    /// How many may still come in, in words.
    pub uses: String,
    /// Withdrawing it; `None` when it is dead.
    pub withdraw: Option<Action>,
}

/// `GET /{org}/admin/invite/links`; the form posts there too.
#[derive(Clone, Debug, Template)]
#[template(path = "invite/links.html")]
pub struct InviteLinksPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// Where the form posts.
    pub action: String,
    /// `role`; no choices, no field.
    pub role: Select,
    /// `expires_in_s`: how long it works.
    pub life: Vec<Choice>,
    /// `uses`: how many may come in with it.
    pub uses: Input,
    /// Where it leads, for how long and for how many, in a sentence.
    pub about: String,
    /// The link just made, shown now and never again.
    pub made: Option<String>,
    /// Why none was made.
    pub problem: Option<String>,
    /// The links, newest first.
    pub rows: Vec<LinkRow>,
    /// Resetting all of them; `None` when this reader may not.
    pub reset: Option<Action>,
}
