//! Checks that look at several parts of a preset at once.

use super::report::Report;
use super::role::{ORGANIZATION, Role};
use super::{Catalogue, ResourceType};
use crate::action::Action;
use crate::permission::Mask;
use crate::policy::{Knob, KnobError, Policy};

/// The permissions a role of the type `applies_to` can hold: those of the type and of everything that may
/// stand below it; all of them at the organization.
pub(super) fn reachable(applies_to: &str, types: &[ResourceType], catalogue: &Catalogue) -> Mask {
    if applies_to == ORGANIZATION {
        return catalogue.all();
    }
    let mut below = vec![applies_to];
    // Each round adds the children of what is known; as many rounds as there are types reach all of them.
    for _ in types {
        for kind in types {
            let child = kind.parents.iter().any(|parent| below.contains(&parent.as_str()));
            if child && !below.contains(&kind.slug.as_str()) {
                below.push(&kind.slug);
            }
        }
    }
    catalogue
        .iter()
        .filter(|(_, permission)| below.contains(&permission.applies_to.as_str()))
        .map(|(bit, _)| bit)
        .collect()
}

/// The first organization role must hold every engine permission: somebody must be able to do everything.
pub(super) fn top_role_is_complete(roles: &[(Role, usize)], catalogue: &Catalogue, report: &Report<'_>) {
    let Some((top, at)) = roles.iter().find(|(role, _)| role.applies_to == ORGANIZATION) else {
        let hint = "add a [[role]] with `floor = [\"*\"]`; the first one is the top role";
        report.add(0, "role.none", "the organization has no role", hint);
        return;
    };
    let missing = (Action::all_bits() & catalogue.all()) - (top.floor & top.ceiling);
    if !missing.is_empty() {
        let names = catalogue.names(missing).join("`, `");
        let detail = format!("the top role `{}` lacks `{names}`", top.slug);
        report.add(*at, "role.top_incomplete", detail, "give the first organization role `*`");
    }
}

/// The knobs whose value names a role that does not exist, or hands out the top role by itself. A preset of one role
/// gives it to everybody, and goes on to do so beside roles that an organization makes: `of_preset` of `slugs`, the
/// first of them, are the preset's.
pub(super) fn roles_named_by(policy: &Policy, slugs: &[&str], of_preset: usize) -> Vec<KnobError> {
    let mut errors = Vec::new();
    for knob in Knob::ALL {
        let named = policy.roles_named_by(*knob);
        for slug in named.into_iter().filter(|slug| !slugs.contains(slug)) {
            errors.push(KnobError {
                name: knob.name().to_owned(),
                rule: "knob.role_unknown",
                detail: format!("`{}` names `{slug}`, which is no role of the organization", knob.name()),
                hint: format!("there are: {}", slugs.join(", ")),
            });
        }
    }
    let default = policy.role_default.as_str();
    if of_preset > 1 && slugs.first() == Some(&default) {
        let knob = Knob::RoleDefault.name();
        errors.push(KnobError {
            name: knob.to_owned(),
            rule: "knob.role_top",
            detail: format!("`{knob}` would give the top role `{default}` to whoever joins"),
            hint: "choose a lower role".to_owned(),
        });
    }
    errors
}
