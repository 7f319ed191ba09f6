//! Reads the `[[role]]` tables and turns their lists of names and patterns into masks.

use super::permission::unknown;
use super::{is_known_type, slug};
use crate::permission::Mask;
use crate::preset::fields::{At, Fields};
use crate::preset::report::Report;
use crate::preset::role::{ORGANIZATION, Role};
use crate::preset::{Catalogue, ResourceType, check};

/// All roles, each with the place of its table. A table that applies to several types makes a role of each.
pub(super) fn read(
    fields: &mut Fields<'_>,
    types: &[ResourceType],
    catalogue: &Catalogue,
    report: &Report<'_>,
) -> Vec<(Role, usize)> {
    let mut roles: Vec<(Role, usize)> = Vec::new();
    for mut fields in fields.tables("role") {
        let slug = slug(&mut fields, report);
        let named = fields.one_or_more("applies_to");
        let named = named.unwrap_or_else(|| vec![At { value: ORGANIZATION.to_owned(), at: fields.at }]);
        for applies_to in &named {
            let twice = roles.iter().any(|(role, _)| role.applies_to == applies_to.value && role.slug == slug.value);
            if is_known_type(applies_to, "role.applies_to", types, report) && twice {
                let detail = format!("the role `{}` of `{}` is there twice", slug.value, applies_to.value);
                report.add(slug.at, "role.duplicate", detail, "name each role of a type once");
            }
        }
        let masks = Masks::of_table(&mut fields, &named, &slug, types, catalogue, report);
        let at = fields.at;
        let (name, description) = (fields.text("name").value, fields.text("description").value);
        let bypass = fields.flag("bypass", false);
        let manages_all = manages_all(&mut fields, report);
        let fixed = fields.flag("fixed", false);
        fields.close();
        for applies_to in named {
            let peers = roles.iter().filter(|(role, _)| role.applies_to == applies_to.value).count();
            let floor = masks.floor & check::reachable(&applies_to.value, types, catalogue);
            let role = Role {
                slug: slug.value.clone(),
                name: name.clone(),
                description: description.clone(),
                built_in: true,
                floor,
                ceiling: masks.ceiling,
                rank: u16::try_from(peers).unwrap_or(u16::MAX),
                below: masks.below,
                bypass,
                manages_all,
                fixed,
                applies_to: applies_to.value,
            };
            roles.push((role, at));
        }
    }
    check::top_role_is_complete(&roles, catalogue, report);
    roles
}

/// Whether holders manage every group they are in.
fn manages_all(fields: &mut Fields<'_>, report: &Report<'_>) -> bool {
    let Some(said) = fields.optional_text("manages") else { return false };
    if !["own_groups", "groups_they_are_in"].contains(&said.value.as_str()) {
        let detail = format!("`manages` cannot be `{}`", said.value);
        report.add(said.at, "role.manages", detail, "`own_groups` or `groups_they_are_in`");
    }
    said.value == "groups_they_are_in"
}

/// What a list means for a type; `None` when an entry is wrong, which is reported.
pub(super) fn list(
    entries: &[At<String>],
    applies_to: &str,
    types: &[ResourceType],
    catalogue: &Catalogue,
    report: &Report<'_>,
) -> Option<Mask> {
    let named = [At { value: applies_to.to_owned(), at: 0 }];
    let reachable = check::reachable(applies_to, types, catalogue);
    Lists { reachable, named: &named, catalogue, report }.of(entries)
}

/// What a role's lists of names and patterns mean.
struct Masks {
    floor: Mask,
    ceiling: Mask,
    below: Mask,
}

impl Masks {
    fn of_table(
        fields: &mut Fields<'_>,
        named: &[At<String>],
        slug: &At<String>,
        types: &[ResourceType],
        catalogue: &Catalogue,
        report: &Report<'_>,
    ) -> Masks {
        let known = named.iter().all(|one| one.value == ORGANIZATION || types.iter().any(|t| t.slug == one.value));
        let reach = |one: &At<String>| check::reachable(&one.value, types, catalogue);
        let reachable = match known {
            true => named.iter().map(reach).fold(Mask::EMPTY, |all, mask| all | mask),
            false => catalogue.all(),
        };
        let lists = Lists { reachable, named, catalogue, report };
        let all_but = |entries: Option<Vec<At<String>>>| entries.and_then(|entries| lists.of(&entries));
        let ceiling = all_but(fields.texts("ceiling")).unwrap_or(Mask::ALL);
        let below = all_but(fields.texts("below")).unwrap_or(Mask::ALL);
        let floor = fields.texts("floor").unwrap_or_default();
        let at = floor.first().map_or(fields.at, |entry| entry.at);
        let Some(floor) = lists.of(&floor) else {
            return Masks { floor: Mask::EMPTY, ceiling, below };
        };
        let role = &slug.value;
        if known && named.iter().any(|one| (floor & reach(one)).is_empty()) {
            let detail = format!("the role `{role}` gives nothing");
            report.add(at, "role.empty", detail, "name what it gives in `floor`");
        }
        let above = floor - ceiling;
        if !above.is_empty() {
            let names = catalogue.names(above).join("`, `");
            let detail = format!("the floor of `{role}` holds `{names}`, its ceiling does not");
            report.add(at, "role.floor_above_ceiling", detail, "take it from the floor or add it to the ceiling");
        }
        Masks { floor, ceiling, below }
    }
}

/// Turns lists of names and patterns into masks.
struct Lists<'a> {
    /// What a role of these types can hold at all.
    reachable: Mask,
    named: &'a [At<String>],
    catalogue: &'a Catalogue,
    report: &'a Report<'a>,
}

impl Lists<'_> {
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
        sound.then(|| self.catalogue.whole(given - taken))
    }

    fn matching(&self, pattern: &str, at: usize) -> Option<Mask> {
        let Some(mask) = self.catalogue.matching(pattern) else {
            unknown(pattern, at, "role.permission_unknown", self.catalogue, self.report);
            return None;
        };
        let mask = mask & self.reachable;
        if mask.is_empty() {
            let named: Vec<_> = self.named.iter().map(|one| one.value.as_str()).collect();
            let detail = format!("`{pattern}` is not asked of `{}` or of anything below it", named.join("`, `"));
            self.report.add(at, "role.permission_out_of_reach", detail, "give it to a role of its own type");
            return None;
        }
        Some(mask)
    }
}
