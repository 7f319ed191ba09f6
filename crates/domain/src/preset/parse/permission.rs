//! Reads the `[[permission]]` tables into the catalogue.

use super::is_known_type;
use crate::action::Action;
use crate::permission::Bit;
use crate::preset::fields::{At, Fields};
use crate::preset::name::{is_permission_name, nearest};
use crate::preset::report::Report;
use crate::preset::role::ORGANIZATION;
use crate::preset::{Catalogue, Permission, ResourceType};
use std::collections::HashMap;

/// All permissions; each violation is reported and the permission left out.
pub(super) fn read(fields: &mut Fields<'_>, types: &[ResourceType], report: &Report<'_>) -> Catalogue {
    let mut catalogue = Catalogue::default();
    let mut covered: HashMap<String, String> = HashMap::new();
    let tables = fields.tables("permission");
    for mut fields in tables {
        let name = fields.text("name");
        let covers = fields.texts("covers").unwrap_or_default();
        for line in &covers {
            if let Some(other) = covered.insert(line.value.clone(), name.value.clone()) {
                let detail = format!("`{}` covers `{}`, and so does `{other}`", name.value, line.value);
                report.add(line.at, "cover.duplicate", detail, "let one permission stand for each line");
            }
        }
        let permission = Permission {
            label: fields.text("label").value,
            applies_to: applies_to(&name.value, &mut fields, types, report),
            covers: covers.into_iter().map(|line| line.value).collect(),
            name: name.value.clone(),
        };
        fields.close();
        if !name.value.is_empty() {
            add(&mut catalogue, permission, &name, report);
        }
    }
    catalogue.complete();
    catalogue
}

/// Reports a name or pattern that means no permission.
pub(super) fn unknown(named: &str, at: usize, rule: &'static str, catalogue: &Catalogue, report: &Report<'_>) {
    let hint = match nearest(named, catalogue.iter().map(|(_, permission)| permission.name.as_str())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "add a [[permission]] with this name".to_owned(),
    };
    report.add(at, rule, format!("there is no permission `{named}`"), hint);
}

/// What a permission is asked of: what the file says, else the type it is named after, else the organization.
fn applies_to(name: &str, fields: &mut Fields<'_>, types: &[ResourceType], report: &Report<'_>) -> String {
    let Some(said) = fields.optional_text("applies_to") else {
        let kind = name.split_once('.').map(|(kind, _)| kind);
        let of_type = types.iter().find(|own| Some(own.slug.as_str()) == kind);
        return of_type.map_or(ORGANIZATION, |own| own.slug.as_str()).to_owned();
    };
    is_known_type(&said, "permission.applies_to", types, report);
    if Action::by_permission(name).is_some() && said.value != ORGANIZATION {
        let detail = format!("`{name}` is the engine's and asked of the organization");
        report.add(said.at, "permission.applies_to", detail, "leave `applies_to` out");
    }
    said.value
}

fn add(catalogue: &mut Catalogue, permission: Permission, name: &At<String>, report: &Report<'_>) {
    let At { value: name, at } = name;
    if !is_permission_name(name) {
        let detail = format!("`{name}` is not of the form `type.verb`");
        report.add(*at, "permission.format", detail, "for example `project.read`");
    } else if catalogue.bit(name).is_some() {
        let detail = format!("the permission `{name}` is there twice");
        report.add(*at, "permission.duplicate", detail, "name each permission once");
    } else if catalogue.add(permission).is_none() {
        let detail = format!("`{name}` is one permission too many");
        report.add(*at, "permission.too_many", detail, format!("at most {} fit", Bit::COUNT));
    }
}
