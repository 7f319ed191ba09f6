//! Presets: the file that turns the engine into one particular product.
//!
//! A preset names the product's types, permissions, roles, policy and words. [`Preset::parse`] reads and
//! checks the text; what an organization runs with is a preset and its changed knobs, [`Rules`]. Files are
//! not opened here and organizations are not known here.

mod catalogue;
mod check;
mod diff;
mod fields;
mod matrix;
mod name;
mod parse;
mod report;
mod role;
mod rules;
mod words;

pub use catalogue::{Catalogue, Conditional, Permission};
pub use diff::{ConditionDifference, Difference, KnobDifference, Presence, RoleDifference, difference, only};
pub use name::{is_slug, nearest};
pub use report::PresetError;
pub use role::{ORGANIZATION, Role};
pub use rules::{RoleRights, Rules};
pub use words::Words;

use crate::action::Action;
use crate::permission::{Bit, Mask};
use crate::policy::{Knob, KnobError, Policy};
use serde_json::{Map, Value};
use std::sync::{Arc, LazyLock};

/// The presets that come with the program: file name and text.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("standard.toml", include_str!("../../../../presets/standard.toml")),
    ("cloudtruth.toml", include_str!("../../../../presets/cloudtruth.toml")),
    ("pixie-hydra.toml", include_str!("../../../../presets/pixie-hydra.toml")),
    ("pixie-auth0.toml", include_str!("../../../../presets/pixie-auth0.toml")),
    ("planasonix.toml", include_str!("../../../../presets/planasonix.toml")),
    ("onyx.toml", include_str!("../../../../presets/onyx.toml")),
    ("onyx-4.7.toml", include_str!("../../../../presets/onyx-4.7.toml")),
    ("pipes-team.toml", include_str!("../../../../presets/pipes-team.toml")),
    ("pipes-enterprise.toml", include_str!("../../../../presets/pipes-enterprise.toml")),
];

/// The built-in presets, read once, in the order of [`BUILT_IN`].
///
/// That every built-in file is valid is held by a test, so none is ever missing here.
pub fn all_built_in() -> &'static [Arc<Preset>] {
    static PRESETS: LazyLock<Vec<Arc<Preset>>> = LazyLock::new(|| {
        BUILT_IN.iter().filter_map(|(file, text)| Preset::parse(file, text).ok()).map(Arc::new).collect()
    });
    &PRESETS
}

/// The built-in preset of this name, or `None` when there is none.
pub fn built_in(name: &str) -> Option<Arc<Preset>> {
    let mut presets = all_built_in().iter();
    presets.find(|preset| preset.name == name).cloned()
}

/// A kind of inner scope or resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResourceType {
    /// The first part of its permissions' names.
    pub slug: String,
    /// What pages call one of it.
    pub name: String,
    /// What pages call several of it.
    pub plural: String,
    /// What it may stand under: other types, or [`ORGANIZATION`].
    pub parents: Vec<String>,
    /// What owning one gives; `None` is the first role of the type.
    pub owner: Option<Mask>,
    /// What managing gives on one that is granted to groups of one's own only (ON-19, ON-33).
    pub group_manager: Mask,
    /// Whether one in another thing stays there: shared to no scope outside and not moved out (TP-28).
    pub stays: bool,
}

/// A group that every organization begins with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PresetGroup {
    /// How the file knows it.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it is for, perhaps empty.
    pub description: String,
    /// What being in it gives.
    pub permissions: Mask,
    /// Whether whoever joins enters it.
    pub joins: bool,
    /// Whether it stays as it is: not renamed, deleted or granted anything.
    pub reserved: bool,
}

/// A checked preset.
#[derive(Clone, Debug)]
pub struct Preset {
    /// The name it is chosen by, unique among presets.
    pub name: String,
    /// What pages call it.
    pub title: String,
    /// Raised with every change of the file.
    pub version: u32,
    /// What it is for, in a sentence or two.
    pub description: String,
    /// The words of the console.
    pub words: Words,
    /// The types of inner scopes and resources, in file order.
    pub types: Vec<ResourceType>,
    /// The groups every organization begins with.
    pub groups: Vec<PresetGroup>,
    /// All permissions.
    pub catalogue: Catalogue,
    /// All roles, in file order.
    pub roles: Vec<Role>,
    /// The value of every knob.
    pub policy: Policy,
    /// The knobs an administrator may turn.
    pub open_knobs: Vec<Knob>,
    /// The text it was read from: what is copied into an organization that chooses the preset.
    pub text: String,
    top: Role,
}

impl Preset {
    /// The role `slug` of the type `applies_to`.
    pub fn role(&self, applies_to: &str, slug: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.applies_to == applies_to && role.slug == slug)
    }

    /// The organization's roles, the top role first.
    pub fn organization_roles(&self) -> impl Iterator<Item = &Role> {
        self.roles_of(ORGANIZATION)
    }

    /// The roles of one type, the highest first.
    pub fn roles_of(&self, applies_to: &str) -> impl Iterator<Item = &Role> {
        self.roles.iter().filter(move |role| role.applies_to == applies_to)
    }

    /// The organization's highest role.
    pub fn top_role(&self) -> &Role {
        &self.top
    }

    /// Whether `slug` is the organization's highest role.
    pub fn is_top(&self, slug: &str) -> bool {
        self.top_role().slug == slug
    }

    /// What owning a resource of this type gives.
    pub fn owner_mask(&self, kind: &str) -> Mask {
        let said = self.resource_type(kind).and_then(|kind| kind.owner);
        said.or_else(|| self.roles_of(kind).next().map(|role| role.floor)).unwrap_or(Mask::EMPTY)
    }

    /// What managing gives on a resource of this type that is granted to groups of one's own only.
    pub fn group_manager_mask(&self, kind: &str) -> Mask {
        self.resource_type(kind).map_or(Mask::EMPTY, |kind| kind.group_manager)
    }

    /// The bit of a permission of the catalogue.
    #[inline]
    pub fn bit(&self, permission: &str) -> Option<Bit> {
        self.catalogue.bit(permission)
    }

    /// The bit of one of the engine's actions.
    pub fn action_bit(&self, action: Action) -> Bit {
        action.bit()
    }

    /// The type with this slug.
    pub fn resource_type(&self, slug: &str) -> Option<&ResourceType> {
        self.types.iter().find(|kind| kind.slug == slug)
    }

    /// The preset's policy with an organization's changed knobs, as [`Policy::changed_from`] gave them.
    ///
    /// # Errors
    /// Every knob that is unknown, has a wrong value or names an unknown role.
    pub fn policy_with(&self, changed: &Map<String, Value>) -> Result<Policy, Vec<KnobError>> {
        self.policy_beside(changed, &[])
    }

    /// The same, where the organization has roles of its own with these slugs beside the preset's.
    ///
    /// # Errors
    /// As [`Preset::policy_with`].
    pub fn policy_beside(&self, changed: &Map<String, Value>, own: &[&str]) -> Result<Policy, Vec<KnobError>> {
        self.turn(&self.policy, changed, own, |_| true)
    }

    /// Everything a role of this type can hold: what is asked of the type or of what may stand below it.
    pub fn reachable(&self, applies_to: &str) -> Mask {
        check::reachable(applies_to, &self.types, &self.catalogue)
    }

    /// `policy` after an administrator's `changes`: all of them, or none with every error.
    ///
    /// # Errors
    /// As [`Preset::policy_with`], and `knob.closed` for a knob the preset does not leave open.
    pub fn change_policy(&self, policy: &Policy, changes: &Map<String, Value>) -> Result<Policy, Vec<KnobError>> {
        self.change_policy_beside(policy, changes, &[])
    }

    /// The same, where the organization has roles of its own with these slugs beside the preset's.
    pub(crate) fn change_policy_beside(
        &self,
        policy: &Policy,
        changes: &Map<String, Value>,
        own: &[&str],
    ) -> Result<Policy, Vec<KnobError>> {
        self.turn(policy, changes, own, |knob| self.open_knobs.contains(&knob))
    }

    fn turn(
        &self,
        policy: &Policy,
        changes: &Map<String, Value>,
        own: &[&str],
        may_turn: impl Fn(Knob) -> bool,
    ) -> Result<Policy, Vec<KnobError>> {
        let (mut changed, mut errors) = (policy.clone(), Vec::new());
        for (name, value) in changes {
            let closed = Knob::parse(name).is_some_and(|knob| !may_turn(knob));
            let outcome = if closed {
                Err(KnobError {
                    name: name.clone(),
                    rule: "knob.closed",
                    detail: format!("`{name}` is fixed by the preset `{}`", self.name),
                    hint: "choose a preset that leaves it open".to_owned(),
                })
            } else {
                changed.set(name, value)
            };
            errors.extend(outcome.err());
        }
        let slugs: Vec<_> =
            self.organization_roles().map(|role| role.slug.as_str()).chain(own.iter().copied()).collect();
        errors.extend(check::roles_named_by(&changed, &slugs, self.organization_roles().count()));
        if errors.is_empty() { Ok(changed) } else { Err(errors) }
    }
}
