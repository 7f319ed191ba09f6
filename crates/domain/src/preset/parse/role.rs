//! Reads the `[[role]]` tables and turns their lists of names and patterns into masks.

use super::{is_known_type, slug};
use crate::permission::Mask;
use crate::preset::fields::{At, Fields};
use crate::preset::name::nearest;
use crate::preset::report::Report;
use crate::preset::role::{ORGANIZATION, Role};
use crate::preset::{Catalogue, ResourceType, check};

/// All roles, each with the place of its table.
pub(super) fn read(
    fields: &mut Fields<'_>,
    types: &[ResourceType],
    catalogue: &Catalogue,
    report: &Report<'_>,
) -> Vec<(Role, usize)> {
    let mut roles: Vec<(Role, usize)> = Vec::new();
    for mut fields in fields.tables("role") {
        let slug = slug(&mut fields, report);
        let applies_to =
            fields.optional_text("applies_to").unwrap_or_else(|| At { value: ORGANIZATION.to_owned(), at: fields.at });
        let known = is_known_type(&applies_to, "role.applies_to", types, report);
        let peers = || roles.iter().filter(|(role, _)| role.applies_to == applies_to.value);
        if peers().any(|(role, _)| role.slug == slug.value) {
            let detail = format!("the role `{}` of `{}` is there twice", slug.value, applies_to.value);
            report.add(slug.at, "role.duplicate", detail, "name each role of a type once");
        }
        let rank = u16::try_from(peers().count()).unwrap_or(u16::MAX);
        let masks = Masks {
            reachable: if known { check::reachable(&applies_to.value, types, catalogue) } else { catalogue.all() },
            applies_to: &applies_to.value,
            catalogue,
            report,
        };
        let (floor, ceiling) = masks.of_role(&mut fields, &slug);
        let role = Role {
            slug: slug.value,
            name: fields.text("name").value,
            description: fields.text("description").value,
            built_in: true,
            floor,
            ceiling,
            rank,
            implicit_below: fields.flag("implicit_below", true),
            bypass: fields.flag("bypass", false),
            applies_to: applies_to.value,
        };
        let at = fields.at;
        fields.close();
        roles.push((role, at));
    }
    check::top_role_is_complete(&roles, catalogue, report);
    roles
}

/// Turns a role's lists of names and patterns into masks.
struct Masks<'a> {
    /// What a role of this type can hold at all.
    reachable: Mask,
    applies_to: &'a str,
    catalogue: &'a Catalogue,
    report: &'a Report<'a>,
}

impl Masks<'_> {
    fn of_role(&self, fields: &mut Fields<'_>, slug: &At<String>) -> (Mask, Mask) {
        let ceiling = fields.texts("ceiling").and_then(|entries| self.of(&entries));
        let ceiling = ceiling.unwrap_or(Mask::ALL);
        let floor = fields.texts("floor").unwrap_or_default();
        let at = floor.first().map_or(fields.at, |entry| entry.at);
        let Some(floor) = self.of(&floor) else {
            return (Mask::EMPTY, ceiling);
        };
        let role = &slug.value;
        if floor.is_empty() {
            let detail = format!("the role `{role}` gives nothing");
            self.report.add(at, "role.empty", detail, "name what it gives in `floor`");
        }
        let above = floor - ceiling;
        if !above.is_empty() {
            let names = self.catalogue.names(above).join("`, `");
            let detail = format!("the floor of `{role}` holds `{names}`, its ceiling does not");
            self.report.add(at, "role.floor_above_ceiling", detail, "take it from the floor or add it to the ceiling");
        }
        (floor, ceiling)
    }

    /// What the entries mean together: what is named, less what is named with `!`, in any order.
    /// `None` when an entry is wrong, so that nothing is concluded from the rest.
    fn of(&self, entries: &[At<String>]) -> Option<Mask> {
        let (mut given, mut taken, mut sound) = (Mask::EMPTY, Mask::EMPTY, true);
        for entry in entries {
            let (pattern, side) = match entry.value.strip_prefix('!') {
                Some(pattern) => (pattern, &mut taken),
                None => (entry.value.as_str(), &mut given),
            };
            match self.matching(pattern, entry.at) {
                Some(mask) => *side |= mask,
                None => sound = false,
            }
        }
        sound.then(|| given - taken)
    }

    fn matching(&self, pattern: &str, at: usize) -> Option<Mask> {
        let Some(mask) = self.catalogue.matching(pattern) else {
            let names = self.catalogue.iter().map(|(_, permission)| permission.name.as_str());
            let hint = match nearest(pattern, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "add a [[permission]] with this name".to_owned(),
            };
            let detail = format!("there is no permission `{pattern}`");
            self.report.add(at, "role.permission_unknown", detail, hint);
            return None;
        };
        let mask = mask & self.reachable;
        if mask.is_empty() {
            let detail = format!("`{pattern}` is not asked of `{}` or of anything below it", self.applies_to);
            self.report.add(at, "role.permission_out_of_reach", detail, "give it to a role of its own type");
            return None;
        }
        Some(mask)
    }
}
