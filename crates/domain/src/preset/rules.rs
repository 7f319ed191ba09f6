//! What an installation runs with: a preset and an organization's policy, put together once so that a
//! check finds ready masks.

use super::{ORGANIZATION, Preset, Role};
use crate::action::Action;
use crate::ids::GroupId;
use crate::permission::{Bit, Mask};
use crate::policy::{Knob, KnobError, OffboardMode, Policy, RoleChangeAuthority};
use crate::rights::Standing;
use crate::role::CustomRole;
use crate::tenant::Settings;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// What one organization role means under one policy.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct RoleRights {
    /// What the role gives by itself, before `ceiling`.
    pub floor: Mask,
    /// What remains of all sources together. INVARIANT: holds nothing that is in `cuts`.
    pub ceiling: Mask,
    /// What knobs take away, whatever the source; already gone from `ceiling`, kept for explaining.
    pub cuts: Vec<(Knob, Mask)>,
    /// What of the floor holds below the organization too.
    pub below: Mask,
    /// Whether controlled scopes do not cut the role.
    pub bypass: bool,
    /// Whether holders manage every group they are in.
    pub manages_all: bool,
}

impl RoleRights {
    /// What `role` means under `policy`.
    pub(crate) fn new(role: &Role, policy: &Policy) -> RoleRights {
        let cuts = cuts(role, policy);
        let taken = cuts.iter().fold(Mask::EMPTY, |all, (_, mask)| all | *mask);
        RoleRights {
            floor: role.floor,
            ceiling: role.ceiling - taken,
            cuts,
            below: role.below,
            bypass: role.bypass,
            manages_all: role.manages_all,
        }
    }

    /// What of the floor is meant for a place: all of it at the organization itself.
    #[inline]
    pub(crate) fn floor_at(&self, below: bool) -> Mask {
        if below { self.floor & self.below } else { self.floor }
    }

    /// The knob that takes `bit` away from the role.
    pub fn cut_by(&self, bit: Bit) -> Option<Knob> {
        let mut cuts = self.cuts.iter();
        cuts.find(|(_, mask)| mask.contains(bit)).map(|(knob, _)| *knob)
    }
}

/// Which permissions the policy takes from a role, by knob. Knobs only ever take.
fn cuts(role: &Role, policy: &Policy) -> Vec<(Knob, Mask)> {
    let mut cuts = Vec::new();
    let top_only = policy.role_change_authority == RoleChangeAuthority::Top;
    if top_only && role.rank != 0 {
        // To change what a role holds is to change its holders' rights.
        let actions = [Action::MemberChangeRole, Action::MemberRemove, Action::MemberDeactivate, Action::RoleManage];
        cuts.push((Knob::RoleChangeAuthority, actions.map(Action::bit).into_iter().collect()));
    }
    let modes = [(OffboardMode::Deactivate, Action::MemberDeactivate), (OffboardMode::Remove, Action::MemberRemove)];
    for (mode, action) in modes {
        if !policy.offboard_modes.contains(&mode) {
            cuts.push((Knob::OffboardModes, Mask::EMPTY.with(action.bit())));
        }
    }
    if !policy.roles_custom {
        cuts.push((Knob::RolesCustom, Mask::EMPTY.with(Action::RoleManage.bit())));
    }
    if !policy.leave_allowed_for.contains(&role.slug) {
        cuts.push((Knob::LeaveAllowedFor, Mask::EMPTY.with(Action::MemberLeave.bit())));
    }
    cuts
}

/// A role of an organization's own in the preset's terms. What the preset does not know any more gives
/// nothing. Such a role stands below the built-in ones of its type and never looks past controlled scopes.
fn role_of(preset: &Preset, own: &CustomRole) -> Role {
    let mask = |names: &[String]| preset.catalogue.given_by(names);
    let floor = mask(&own.permissions) & preset.reachable(&own.applies_to);
    let ceiling = own.ceiling.as_deref().map_or(Mask::ALL, mask);
    Role {
        slug: own.slug.clone(),
        name: own.name.clone(),
        description: own.description.clone(),
        applies_to: own.applies_to.clone(),
        built_in: false,
        floor: floor & ceiling,
        ceiling,
        rank: u16::MAX,
        below: own.below.as_deref().map_or(Mask::ALL, mask),
        bypass: false,
        manages_all: false,
        fixed: false,
    }
}

/// A preset, a policy and an organization's own roles. Cheap to ask; made anew when either changes.
#[derive(Clone, Debug)]
pub struct Rules {
    preset: Arc<Preset>,
    policy: Policy,
    /// The organization's own policy, where a tenant lays its settings over it.
    below: Option<Policy>,
    own: Vec<CustomRole>,
    made: Vec<Role>,
    roles: HashMap<String, RoleRights>,
    groups: HashMap<GroupId, Mask>,
    unknown: RoleRights,
    groupless: RoleRights,
}

impl Rules {
    /// Puts the two together.
    pub fn new(preset: Arc<Preset>, policy: Policy) -> Rules {
        Rules::with_own(preset, policy, Vec::new())
    }

    /// The same, with the roles that the organization made for itself.
    pub fn with_own(preset: Arc<Preset>, policy: Policy, own: Vec<CustomRole>) -> Rules {
        let made: Vec<Role> = own.iter().map(|role| role_of(&preset, role)).collect();
        let of_organization = made.iter().filter(|role| role.applies_to == ORGANIZATION);
        // Where a later preset brings a role of that name too, the preset's is meant.
        let roles = of_organization.chain(preset.organization_roles());
        let roles = roles.map(|role| (role.slug.clone(), RoleRights::new(role, &policy))).collect();
        // Whoever must be in a group and is in none has nothing, whatever gives it.
        let cuts = vec![(Knob::GroupRequired, Mask::ALL)];
        let groupless = RoleRights { cuts, ..RoleRights::default() };
        let groups = HashMap::new();
        Rules { preset, policy, below: None, own, made, roles, groups, unknown: RoleRights::default(), groupless }
    }

    /// The same, with what the organization's groups give to whoever is in them.
    #[must_use]
    pub fn and_groups(mut self, groups: &[(GroupId, Vec<String>)]) -> Rules {
        self.groups = groups.iter().map(|(group, names)| (*group, self.preset.catalogue.given_by(names))).collect();
        self
    }

    /// The same under a tenant, whose settings narrow the policy. Roles do not depend on what they narrow.
    #[must_use]
    pub fn under(mut self, settings: &Settings) -> Rules {
        let own = self.policy.clone();
        settings.narrow(&mut self.policy);
        Rules { below: Some(own), ..self }
    }

    /// What being in a group gives at the organization and below.
    pub fn group_mask(&self, group: GroupId) -> Mask {
        self.groups.get(&group).copied().unwrap_or(Mask::EMPTY)
    }

    /// The groups that give anything to whoever is in them.
    pub fn giving_groups(&self) -> impl Iterator<Item = GroupId> {
        self.groups.iter().filter(|(_, mask)| !mask.is_empty()).map(|(group, _)| *group)
    }

    /// Whether anybody's rights at the organization depend on the groups they are in.
    pub fn groups_matter(&self) -> bool {
        self.policy.group_required || !self.groups.is_empty()
    }

    /// The roles the organization made for itself.
    pub fn own_roles(&self) -> &[CustomRole] {
        &self.own
    }

    /// Every role: the preset's, then the organization's own.
    pub fn all_roles(&self) -> impl Iterator<Item = &Role> {
        self.preset.roles.iter().chain(&self.made)
    }

    /// The roles of one type: the preset's, the highest first, then the organization's own.
    pub fn roles_of(&self, applies_to: &str) -> impl Iterator<Item = &Role> {
        self.all_roles().filter(move |role| role.applies_to == applies_to)
    }

    /// The organization's roles, the top role first.
    pub fn organization_roles(&self) -> impl Iterator<Item = &Role> {
        self.roles_of(ORGANIZATION)
    }

    /// The role `slug` of the type `applies_to`.
    pub fn role(&self, applies_to: &str, slug: &str) -> Option<&Role> {
        self.all_roles().find(|role| role.applies_to == applies_to && role.slug == slug)
    }

    /// What one of the organization's own roles is, in the preset's terms.
    pub fn made_of(&self, role: &CustomRole) -> Role {
        role_of(&self.preset, role)
    }

    fn own_slugs(&self) -> Vec<&str> {
        let own = self.own.iter().filter(|role| role.applies_to == ORGANIZATION);
        own.map(|role| role.slug.as_str()).collect()
    }

    /// The organization's own policy, without what a tenant takes from it.
    pub fn own_policy(&self) -> &Policy {
        self.below.as_ref().unwrap_or(&self.policy)
    }

    /// The policy after an administrator's `changes`: all of them, or none with every error.
    ///
    /// # Errors
    /// As [`Preset::change_policy`].
    pub fn change_policy(&self, changes: &Map<String, Value>) -> Result<Policy, Vec<KnobError>> {
        self.preset.change_policy_beside(self.own_policy(), changes, &self.own_slugs())
    }

    /// The policy that these changed knobs make here.
    ///
    /// # Errors
    /// As [`Preset::policy_with`].
    pub fn policy_from(&self, changed: &Map<String, Value>) -> Result<Policy, Vec<KnobError>> {
        self.preset.policy_beside(changed, &self.own_slugs())
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The preset in force.
    pub fn preset(&self) -> &Preset {
        &self.preset
    }

    /// What the organization role `slug` means here; nothing at all for an unknown one.
    pub fn rights(&self, slug: &str) -> &RoleRights {
        self.roles.get(slug).unwrap_or(&self.unknown)
    }

    /// What the organization role `slug` gives at the root, after the knobs; empty for an unknown one.
    pub fn role_mask(&self, slug: &str) -> Mask {
        let rights = self.rights(slug);
        rights.floor & rights.ceiling
    }

    /// What remains of all sources for holders of `slug`, after the knobs; empty for an unknown one.
    pub fn ceiling(&self, slug: &str) -> Mask {
        self.rights(slug).ceiling
    }

    /// What a holder of `slug` may do at every place below the organization, whatever stands in the
    /// way; empty for roles that hold at the organization itself only.
    pub fn everywhere(&self, slug: &str) -> Mask {
        let rights = self.rights(slug);
        if rights.bypass { rights.floor & rights.below & rights.ceiling } else { Mask::EMPTY }
    }

    /// The rights of a member with this role who is in so many groups: in none, perhaps nothing at all.
    #[inline]
    pub(crate) fn rights_in<'a>(&'a self, role: &str, rights: &'a RoleRights, groups: usize) -> &'a RoleRights {
        let cut = self.policy.group_required && groups == 0 && !self.preset.is_top(role);
        if cut { &self.groupless } else { rights }
    }

    /// The standing of a member who is in so many groups.
    pub(crate) fn standing_in<'a>(&'a self, standing: Standing<'a>, groups: usize) -> Standing<'a> {
        Standing { rights: self.rights_in(standing.role, standing.rights, groups), ..standing }
    }

    /// What an active member with a role, in these groups, may do at the organization.
    #[must_use]
    pub fn root_mask(&self, role: &str, groups: &[GroupId]) -> Mask {
        let standing = self.standing_in(self.standing(role, true, None), groups.len());
        let given = groups.iter().fold(standing.rights.floor, |all, group| all | self.group_mask(*group));
        given & standing.rights.ceiling
    }

    /// A member's standing, the input of [`crate::rights::effective`].
    pub fn standing<'a>(&'a self, role: &'a str, active: bool, credential_scopes: Option<Mask>) -> Standing<'a> {
        let rights = self.rights(role);
        Standing { role, active, rights, credential_scopes }
    }
}
