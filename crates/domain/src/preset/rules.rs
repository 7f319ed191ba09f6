//! What an installation runs with: a preset and an organization's policy, put together once so that a
//! check finds ready masks.

use super::{Preset, Role};
use crate::action::Action;
use crate::permission::{Bit, Mask};
use crate::policy::{Knob, OffboardMode, Policy, RoleChangeAuthority};
use crate::rights::Standing;
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
}

impl RoleRights {
    fn new(role: &Role, policy: &Policy) -> RoleRights {
        let cuts = cuts(role, policy);
        let taken = cuts.iter().fold(Mask::EMPTY, |all, (_, mask)| all | *mask);
        RoleRights { floor: role.floor, ceiling: role.ceiling - taken, cuts, below: role.below, bypass: role.bypass }
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
        let actions = [Action::MemberChangeRole, Action::MemberRemove, Action::MemberDeactivate];
        cuts.push((Knob::RoleChangeAuthority, actions.map(Action::bit).into_iter().collect()));
    }
    let modes = [(OffboardMode::Deactivate, Action::MemberDeactivate), (OffboardMode::Remove, Action::MemberRemove)];
    for (mode, action) in modes {
        if !policy.offboard_modes.contains(&mode) {
            cuts.push((Knob::OffboardModes, Mask::EMPTY.with(action.bit())));
        }
    }
    if !policy.leave_allowed_for.contains(&role.slug) {
        cuts.push((Knob::LeaveAllowedFor, Mask::EMPTY.with(Action::MemberLeave.bit())));
    }
    cuts
}

/// A preset and a policy. Cheap to ask; made anew when either changes.
#[derive(Clone, Debug)]
pub struct Rules {
    preset: Arc<Preset>,
    policy: Policy,
    roles: HashMap<String, RoleRights>,
    unknown: RoleRights,
}

impl Rules {
    /// Puts the two together.
    pub fn new(preset: Arc<Preset>, policy: Policy) -> Rules {
        let roles =
            preset.organization_roles().map(|role| (role.slug.clone(), RoleRights::new(role, &policy))).collect();
        let unknown = RoleRights::default();
        Rules { preset, policy, roles, unknown }
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

    /// A member's standing, the input of [`crate::rights::effective`].
    pub fn standing<'a>(&'a self, role: &'a str, active: bool, credential_scopes: Option<Mask>) -> Standing<'a> {
        let rights = self.rights(role);
        Standing { role, active, rights, credential_scopes }
    }
}
