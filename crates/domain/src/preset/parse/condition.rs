//! Reads the `[[condition]]` tables: each adds the permissions it names once more, under its condition.

use std::sync::Arc;

use super::permission::unknown;
use super::slug;
use crate::action::Action;
use crate::condition::Condition;
use crate::permission::{Bit, Mask};
use crate::preset::Catalogue;
use crate::preset::fields::{At, Fields};
use crate::preset::report::Report;

/// How many conditions a preset can have: reading one takes as long as reading hundreds of other lines.
const MOST: usize = 32;

/// Adds what depends on conditions to the catalogue; each violation is reported and the condition left out.
pub(super) fn read(fields: &mut Fields<'_>, catalogue: &mut Catalogue, report: &Report<'_>) {
    for (at, mut fields) in fields.tables("condition").into_iter().enumerate() {
        if at == MOST {
            let detail = format!("a preset has {MOST} conditions at most");
            report.add(fields.at, "condition.too_many", detail, "let one condition serve several permissions");
            return;
        }
        let slug = slug(&mut fields, report);
        let (label, when) = (fields.text("label"), fields.text("when"));
        let mut permissions = Mask::EMPTY;
        let named = fields.texts("permissions").unwrap_or_default();
        if named.is_empty() {
            let hint = "name the permissions that roles can give under it";
            report.add(fields.at, "condition.empty", format!("`{}` is the condition of nothing", slug.value), hint);
        }
        for entry in &named {
            permissions |= product_permissions(entry, catalogue, report);
        }
        fields.close();
        if catalogue.condition(&slug.value).is_some() {
            let detail = format!("the condition `{}` is there twice", slug.value);
            report.add(slug.at, "condition.duplicate", detail, "name each condition once");
            continue;
        }
        if slug.value.is_empty() || when.value.is_empty() {
            continue;
        }
        match Condition::new(&slug.value, &label.value, &when.value) {
            Ok(condition) => add(catalogue, permissions, condition, &slug, report),
            Err(wrong) => {
                let hint =
                    "an expression of the Common Expression Language about subject, action, resource and context";
                report.add(when.at, "condition.expression", wrong, hint);
            }
        }
    }
}

/// What an entry means of the product's own permissions. The engine decides its own by rights alone.
fn product_permissions(entry: &At<String>, catalogue: &Catalogue, report: &Report<'_>) -> Mask {
    let known = catalogue.matching(&entry.value);
    let Some(mask) = known.filter(|mask| mask.iter().all(|bit| catalogue.condition_of(bit).is_none())) else {
        unknown(&entry.value, entry.at, "condition.permission_unknown", catalogue, report);
        return Mask::EMPTY;
    };
    let engine = mask & Action::all_bits();
    if !engine.is_empty() {
        let detail = format!("`{}` is decided by the engine, by rights alone", catalogue.names(engine).join("`, `"));
        report.add(entry.at, "condition.engine", detail, "conditions are for the product's own permissions");
    }
    mask - Action::all_bits()
}

fn add(catalogue: &mut Catalogue, permissions: Mask, condition: Condition, slug: &At<String>, report: &Report<'_>) {
    let condition = Arc::new(condition);
    for bit in permissions.iter() {
        if catalogue.add_conditional(bit, &condition).is_none() {
            let detail = format!("`{}` adds one permission too many", condition.slug);
            return report.add(slug.at, "permission.too_many", detail, format!("at most {} fit", Bit::COUNT));
        }
    }
}
