//! A preset's permissions against its roles as a table, for the generated reference and the golden tests.

use super::role::ORGANIZATION;
use super::{Preset, Role, Rules};
use crate::permission::{Bit, Mask};
use std::sync::Arc;

impl Preset {
    /// Which role holds which permission, as aligned Markdown: first the organization's roles, then those of
    /// each type with roles of its own.
    ///
    /// A cell is `yes`, `–`, or `knob` where the role has the permission but the preset's own policy takes it.
    pub fn matrix_markdown(&self) -> String {
        let rules = Rules::new(Arc::new(self.clone()), self.policy.clone());
        let mut text = format!("# {} (`{}`, version {})\n\n", self.title, self.name, self.version);
        text += "## Organization\n\n";
        text += &self.table(
            ORGANIZATION,
            |_| true,
            |role, bit| match (role.floor.contains(bit), rules.role_mask(&role.slug).contains(bit)) {
                (_, true) => "yes",
                (true, false) => "knob",
                (false, false) => "–",
            },
        );
        for role in self.organization_roles() {
            text += &self.footnotes(role);
        }
        for kind in &self.types {
            if self.roles_of(&kind.slug).next().is_some() {
                text += &format!("\n## {}\n\n", kind.name);
                let anyone = |bit| self.roles_of(&kind.slug).any(|role| role.floor.contains(bit));
                text += &self.table(&kind.slug, anyone, |role, bit| if role.floor.contains(bit) { "yes" } else { "–" });
            }
        }
        text
    }

    fn table(
        &self,
        applies_to: &str,
        shown: impl Fn(Bit) -> bool,
        cell: impl Fn(&Role, Bit) -> &'static str,
    ) -> String {
        let mut head = vec!["permission".to_owned(), "covers".to_owned()];
        head.extend(self.roles_of(applies_to).map(|role| role.slug.clone()));
        head.push("label".to_owned());
        let rows = self.catalogue.iter().filter(|(bit, _)| shown(*bit)).map(|(bit, permission)| {
            let mut row = vec![permission.name.clone(), permission.covers.join(", ")];
            row.extend(self.roles_of(applies_to).map(|role| cell(role, bit).to_owned()));
            row.push(permission.label.replace('|', "\\|"));
            row
        });
        align(std::iter::once(head).chain(rows).collect())
    }

    fn footnotes(&self, role: &Role) -> String {
        let mut text = String::new();
        if !role.floor.is_subset_of(role.below) {
            text += &match self.catalogue.names(role.floor & role.below).join("`, `") {
                none if none.is_empty() => {
                    format!("\n`{}` holds its permissions at the organization's root only.\n", role.slug)
                }
                names => {
                    format!("\n`{}` holds `{names}` everywhere, the rest at the organization's root only.\n", role.slug)
                }
            };
        }
        if role.bypass {
            text += &format!("\n`{}` is not cut by controlled scopes.\n", role.slug);
        }
        if role.ceiling != Mask::ALL {
            let names = self.catalogue.names(role.ceiling).join("`, `");
            text += &format!("\n`{}` never holds more than `{names}`.\n", role.slug);
        }
        text
    }
}

/// Markdown with columns of even width, so that it reads well as text too. The first row is the head.
fn align(rows: Vec<Vec<String>>) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text += &format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
        if number == 0 {
            let rules = widths.iter().map(|width| "-".repeat(width + 2));
            text += &format!("|{}|\n", rules.collect::<Vec<_>>().join("|"));
        }
    }
    text
}
