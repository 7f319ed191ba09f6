//! Reads the `[[group]]` tables, and what types say of their owners and of managers of groups.

use super::{role, slug};
use crate::permission::Mask;
use crate::preset::fields::{At, Fields};
use crate::preset::report::Report;
use crate::preset::role::ORGANIZATION;
use crate::preset::{Catalogue, PresetGroup, ResourceType};

/// What one type says of owners and managers, not read yet.
pub(super) struct TypeRights {
    pub(super) owner: Option<Vec<At<String>>>,
    pub(super) manager: Option<Vec<At<String>>>,
}

/// Turns what types say of owners and managers into masks.
pub(super) fn rights_of_types(
    types: &mut [ResourceType],
    rights: Vec<TypeRights>,
    catalogue: &Catalogue,
    report: &Report<'_>,
) {
    let all = types.to_vec();
    for (kind, said) in types.iter_mut().zip(rights) {
        let mask = |entries: Vec<At<String>>| role::list(&entries, &kind.slug, &all, catalogue, report);
        let (owner, manager) = (said.owner.and_then(mask), said.manager.and_then(mask));
        kind.owner = owner;
        kind.group_manager = manager.unwrap_or(Mask::EMPTY);
    }
}

/// The groups every organization begins with.
pub(super) fn read(
    fields: &mut Fields<'_>,
    types: &[ResourceType],
    catalogue: &Catalogue,
    report: &Report<'_>,
) -> Vec<PresetGroup> {
    let mut groups: Vec<PresetGroup> = Vec::new();
    for mut fields in fields.tables("group") {
        let slug = slug(&mut fields, report);
        let name = fields.text("name");
        let same = |one: &PresetGroup| one.slug == slug.value || one.name.to_lowercase() == name.value.to_lowercase();
        if groups.iter().any(same) {
            let detail = format!("the group `{}` is there twice", slug.value);
            report.add(slug.at, "group.duplicate", detail, "give each group a slug and a name of its own");
        }
        let permissions = fields.texts("permissions").unwrap_or_default();
        groups.push(PresetGroup {
            slug: slug.value,
            name: name.value,
            description: fields.optional_text("description").map(|text| text.value).unwrap_or_default(),
            permissions: role::list(&permissions, ORGANIZATION, types, catalogue, report).unwrap_or(Mask::EMPTY),
            joins: fields.flag("default", false),
            reserved: fields.flag("reserved", false),
        });
        fields.close();
    }
    groups
}
