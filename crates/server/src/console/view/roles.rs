//! The roles and what each may do. Read only; editing has pages of its own.

use std::sync::Arc;

use askama::Template;

use super::{Action, Shell, Words};

/// One role, a column of the matrix.
#[derive(Clone, Debug, Default)]
pub struct RoleHead {
    /// Its name.
    pub name: String,
    /// Its slug.
    pub slug: String,
    /// Its page.
    pub href: String,
    /// What it is for, in a sentence; empty for none.
    pub sentence: String,
    /// Who holds it, such as `3 members`; empty for not told.
    pub holders: String,
    /// The list of people filtered to it; empty for none.
    pub holders_href: String,
    /// Whether this reader has it.
    pub own: bool,
    /// Whether the organization made it for itself.
    pub made: bool,
}

/// One crossing of permission and role.
#[derive(Clone, Debug, Default)]
pub struct MatrixCell {
    /// Whether the role has it.
    pub allowed: bool,
    /// A limit, such as `own only`; empty for none.
    pub note: String,
}

/// One permission.
#[derive(Clone, Debug, Default)]
pub struct MatrixRow {
    /// What it allows, in words.
    pub label: String,
    /// Its name, such as `member.invite`.
    pub name: String,
    /// One per role, in their order.
    pub cells: Vec<MatrixCell>,
}

/// Permissions that belong together.
#[derive(Clone, Debug, Default)]
pub struct MatrixSection {
    /// The heading.
    pub label: String,
    /// The permissions.
    pub rows: Vec<MatrixRow>,
}

/// `GET /{org}/admin/roles`
#[derive(Clone, Debug, Template)]
#[template(path = "people/roles.html")]
pub struct RolesPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// Makes one, offered or refused.
    pub new: Action,
    /// The columns, the top role first.
    pub roles: Vec<RoleHead>,
    /// The lines.
    pub sections: Vec<MatrixSection>,
}
