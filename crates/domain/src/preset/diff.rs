//! What tells one preset from another: roles, permissions, types and knobs, by their names. Bits are not
//! compared: a bit means something in its own preset only.

use super::{Preset, Role};
use crate::policy::Knob;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What somebody would notice who goes from one preset to another.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Difference {
    /// Types that only the second has.
    pub types_added: Vec<String>,
    /// Types that only the first has.
    pub types_removed: Vec<String>,
    /// Permissions that only the second has.
    pub permissions_added: Vec<String>,
    /// Permissions that only the first has.
    pub permissions_removed: Vec<String>,
    /// Conditions that are not the same in both.
    pub conditions: Vec<ConditionDifference>,
    /// Roles that only the second has, or that give something else there.
    pub roles: Vec<RoleDifference>,
    /// Knobs whose value or openness differs.
    pub knobs: Vec<KnobDifference>,
}

/// One role in two presets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RoleDifference {
    /// The type it applies to, or `organization`.
    pub applies_to: String,
    /// Its slug.
    pub slug: String,
    /// Whether it is in both, or in which.
    pub presence: Presence,
    /// Permissions the role has in the second only.
    pub gains: Vec<String>,
    /// Permissions the role has in the first only.
    pub loses: Vec<String>,
}

/// Where a role is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// In both.
    Changed,
    /// In the second only.
    Added,
    /// In the first only.
    Removed,
}

/// One condition in two presets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ConditionDifference {
    /// Its slug.
    pub slug: String,
    /// Its expression in the first; `None` when only the second has it.
    pub before: Option<String>,
    /// The same in the second.
    pub after: Option<String>,
}

/// One knob in two presets.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct KnobDifference {
    /// Its dotted name.
    pub name: String,
    /// Value in the first.
    pub before: Value,
    /// Value in the second.
    pub after: Value,
    /// Whether administrators may turn it, in the first.
    pub open_before: bool,
    /// The same in the second.
    pub open_after: bool,
}

impl Difference {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Difference::default()
    }
}

/// What is only in `these`, in their order. Of permissions, what follows from another one is not told beside it.
#[must_use]
pub fn only<'a>(these: &[&'a str], those: &[&str]) -> Vec<&'a str> {
    let those: BTreeSet<_> = those.iter().collect();
    let found: Vec<&str> = these.iter().copied().filter(|name| !those.contains(name)).collect();
    let follows = |name: &str| name.split_once('@').is_some_and(|(plain, _)| found.contains(&plain));
    found.iter().copied().filter(|name| !follows(name)).collect()
}

fn owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// What differs from `before` to `after`.
#[must_use]
pub fn difference(before: &Preset, after: &Preset) -> Difference {
    let types = |preset: &'_ Preset| -> Vec<String> { preset.types.iter().map(|kind| kind.slug.clone()).collect() };
    let names = |preset: &Preset| owned(preset.catalogue.names(preset.catalogue.all()));
    let sides = |of: &dyn Fn(&Preset) -> Vec<String>| {
        let (first, second) = (of(before), of(after));
        let first: Vec<&str> = first.iter().map(String::as_str).collect();
        let second: Vec<&str> = second.iter().map(String::as_str).collect();
        (owned(only(&second, &first)), owned(only(&first, &second)))
    };
    let (types_added, types_removed) = sides(&types);
    let (permissions_added, permissions_removed) = sides(&names);
    Difference {
        types_added,
        types_removed,
        permissions_added,
        permissions_removed,
        conditions: conditions(before, after),
        roles: roles(before, after),
        knobs: Knob::ALL.iter().filter_map(|knob| knob_difference(*knob, before, after)).collect(),
    }
}

fn conditions(before: &Preset, after: &Preset) -> Vec<ConditionDifference> {
    let all = |preset: &Preset| -> BTreeMap<String, String> {
        let conditions = preset.catalogue.conditional().iter().map(|one| &one.condition);
        conditions.map(|one| (one.slug.clone(), one.when.clone())).collect()
    };
    let (first, second) = (all(before), all(after));
    let slugs: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let found = slugs.into_iter().map(|slug| ConditionDifference {
        slug: slug.clone(),
        before: first.get(slug).cloned(),
        after: second.get(slug).cloned(),
    });
    found.filter(|one| one.before != one.after).collect()
}

fn roles(before: &Preset, after: &Preset) -> Vec<RoleDifference> {
    let gone = before.roles.iter().filter(|role| after.role(&role.applies_to, &role.slug).is_none());
    let gone = gone.map(|role| role_difference(Some((before, role)), None));
    let there = after.roles.iter().map(|role| {
        let earlier = before.role(&role.applies_to, &role.slug);
        role_difference(earlier.map(|earlier| (before, earlier)), Some((after, role)))
    });
    let told =
        |role: &RoleDifference| role.presence != Presence::Changed || !role.gains.is_empty() || !role.loses.is_empty();
    there.chain(gone).filter(told).collect()
}

fn role_difference(before: Option<(&Preset, &Role)>, after: Option<(&Preset, &Role)>) -> RoleDifference {
    fn names<'a>(side: Option<(&'a Preset, &Role)>) -> Vec<&'a str> {
        side.map(|(preset, role)| preset.catalogue.whole_names(role.floor & role.ceiling)).unwrap_or_default()
    }
    let (had, has) = (names(before), names(after));
    let (applies_to, slug) = before.or(after).map(|(_, role)| (role.applies_to.clone(), role.slug.clone())).unzip();
    RoleDifference {
        applies_to: applies_to.unwrap_or_default(),
        slug: slug.unwrap_or_default(),
        presence: match (before, after) {
            (Some(_), Some(_)) => Presence::Changed,
            (None, _) => Presence::Added,
            (_, None) => Presence::Removed,
        },
        gains: owned(only(&has, &had)),
        loses: owned(only(&had, &has)),
    }
}

fn knob_difference(knob: Knob, before: &Preset, after: &Preset) -> Option<KnobDifference> {
    let found = KnobDifference {
        name: knob.name().to_owned(),
        before: before.policy.get(knob),
        after: after.policy.get(knob),
        open_before: before.open_knobs.contains(&knob),
        open_after: after.open_knobs.contains(&knob),
    };
    (found.before != found.after || found.open_before != found.open_after).then_some(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::preset::built_in;

    #[test]
    fn a_preset_does_not_differ_from_itself() {
        let standard = built_in("standard").unwrap();
        assert!(difference(&standard, &standard).is_empty());
    }

    #[test]
    fn it_is_told_which_role_gains_or_loses_what() {
        let before = built_in("standard").unwrap();
        let text = before.text.replace("\"!policy.update\", \"!preset.apply\",", "\"!preset.apply\", \"!audit.read\",");
        let text = text.replace("invite.ttl_s\", \"", "").replace("slug = \"guest\"", "slug = \"visitor\"");
        let after = Preset::parse("after.toml", &text).unwrap();
        let found = difference(&before, &after);
        let role = |slug: &str| found.roles.iter().find(|role| role.slug == slug).unwrap();
        assert_eq!(role("admin").gains, ["policy.update"]);
        assert_eq!(role("admin").loses, ["audit.read"]);
        assert_eq!((role("guest").presence, role("visitor").presence), (Presence::Removed, Presence::Added));
        assert_eq!(role("visitor").gains, role("guest").loses);
        assert!(found.types_added.is_empty() && found.permissions_removed.is_empty());
        let knobs: Vec<_> = found.knobs.iter().map(|k| (k.name.as_str(), k.open_before, k.open_after)).collect();
        assert_eq!(knobs, [("invite.ttl_s", true, false)]);
        let back = difference(&after, &before);
        assert_eq!(back.roles.iter().find(|role| role.slug == "admin").unwrap().loses, ["policy.update"]);
    }
}
