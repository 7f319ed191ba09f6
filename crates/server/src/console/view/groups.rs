//! The groups of an organization: who is in each, who runs it and what being in it gives.

use std::sync::Arc;

use askama::Template;

use super::{Pager, Shell, Words};

/// One group.
#[derive(Clone, Debug, Default)]
pub struct GroupLine {
    /// Its name.
    pub name: String,
    /// What it is for; empty for none.
    pub sentence: String,
    /// Marks, such as `For everybody`.
    pub tags: Vec<String>,
    /// What being in it gives, in words.
    pub gives: Vec<String>,
    /// Who runs it.
    pub managers: Vec<String>,
    /// Who else is in it.
    pub members: Vec<String>,
    /// Whether more people are in it than are named.
    pub more: bool,
}

/// `GET /{org}/admin/groups`
#[derive(Clone, Debug, Template)]
#[template(path = "people/groups.html")]
pub struct GroupsPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// The preset's word for the page.
    pub title: String,
    /// The groups, in the order of their names.
    pub groups: Vec<GroupLine>,
    /// Around the pages of the list.
    pub pager: Pager,
}
