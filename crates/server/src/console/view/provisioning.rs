//! Provisioning: what a directory is told, its tokens, and what it asked lately.

use std::sync::Arc;

use askama::Template;

use super::{Action, Chip, Input, Pager, Shell, Time, Words};

/// One token of a directory as a line of a table.
#[derive(Clone, Debug)]
pub struct DirectoryTokenRow {
    /// Which directory has it.
    pub name: String,
    /// `gld_scim_…1234`.
    pub tail: String,
    /// `Connected`, or that it waits for the first call.
    pub state: Chip,
    /// When its present secret was made.
    pub issued: Time,
    /// Last time it was used.
    pub last_used: Option<Time>,
    /// Rotating and revoking.
    pub actions: Vec<Action>,
}

/// One request of a directory.
#[derive(Clone, Debug)]
pub struct DirectoryRequestRow {
    /// When.
    pub at: Time,
    /// Method and path.
    pub request: String,
    /// The name of the token.
    pub token: String,
    /// The status it was answered with.
    pub status: Chip,
    /// What was done, or why not.
    pub outcome: String,
}

/// `GET /{org}/admin/provisioning`; the form posts there too.
#[derive(Clone, Debug, Template)]
#[template(path = "people/provisioning.html")]
pub struct ProvisioningPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// The address a directory is given.
    pub base_url: String,
    /// Why no token can be made; empty when one can.
    pub closed: String,
    /// Where the form posts.
    pub action: String,
    /// `name`.
    pub name: Input,
    /// The secret just made, shown now and never again.
    pub made: Option<String>,
    /// Why none was made.
    pub problem: Option<String>,
    /// The tokens, newest first.
    pub tokens: Vec<DirectoryTokenRow>,
    /// The requests, newest first.
    pub requests: Vec<DirectoryRequestRow>,
    /// Further requests.
    pub pager: Pager,
}
