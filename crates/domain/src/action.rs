//! The engine's own operations, each with the permission that guards it, on one page.
//!
//! Products add permissions of their own in their preset; those are not listed here. Whether somebody may
//! perform an action is decided in [`crate::rights`].

use crate::permission::{Bit, Mask};

macro_rules! actions {
    ($($action:ident $permission:literal $label:literal $sentence:literal)+) => {
        /// One operation of the engine. Every preset's catalogue contains the permissions of all of them,
        /// whether its file names them or not.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Action {
            $(#[doc = $sentence] $action,)+
        }

        impl Action {
            /// All actions; their order is the order of their bits.
            pub const ALL: &'static [Action] = &[$(Action::$action,)+];

            /// The name of the permission that guards the action, `type.verb`.
            pub fn permission(self) -> &'static str {
                match self { $(Action::$action => $permission,)+ }
            }

            /// What people read where a preset has no words of its own for the permission.
            pub fn label(self) -> &'static str {
                match self { $(Action::$action => $label,)+ }
            }

            /// What the permission allows, in one sentence.
            pub fn sentence(self) -> &'static str {
                match self { $(Action::$action => $sentence,)+ }
            }
        }
    };
}

actions! {
    OrganizationRead "organization.read" "See the organization"
        "See the organization's name, address and settings."
    OrganizationUpdate "organization.update" "Change the organization's name and settings"
        "Change the organization's name, address and settings."
    OrganizationDelete "organization.delete" "Delete the organization"
        "Delete the organization with everything in it."
    OrganizationImport "organization.import" "Import a directory"
        "Bring in people, groups, resources and grants in bulk; each item needs the right to make it too."
    PolicyRead "policy.read" "See the policy"
        "See the organization's policy."
    PolicyUpdate "policy.update" "Change the policy"
        "Change those knobs of the policy that the preset leaves open."
    PresetApply "preset.apply" "Apply a new preset"
        "Put a new version of the preset, or another preset, into force."
    MemberList "member.list" "See the members"
        "See who belongs to the organization."
    MemberInvite "member.invite" "Invite people"
        "Invite people, with roles below or equal to one's own."
    MemberApprove "member.approve" "Approve people who wait to join"
        "Approve or reject people who wait to join."
    MemberUpdate "member.update" "Edit people below the top role"
        "Edit people below the top role: their profile, and the role of those who have not joined yet."
    MemberChangeRole "member.change_role" "Change people's roles"
        "Change the role of people below the top role."
    MemberManageTop "member.manage_top" "Manage holders of the top role"
        "Give and take the top role, and do to its holders whatever may be done to people."
    MemberDeactivate "member.deactivate" "Deactivate and reactivate people"
        "Switch people off and on again, keeping their data."
    MemberRemove "member.remove" "Remove people"
        "Remove people from the organization."
    MemberLeave "member.leave" "Leave the organization"
        "Leave the organization by oneself."
    MemberEndSessions "member.end_sessions" "End other people's sessions"
        "End all sessions of another person in the organization."
    MemberRecover "member.recover" "Help people back in"
        "Take away the second factors of a person who lost them, and mail a link for a new password."
    InvitationManage "invitation.manage" "Resend, change and cancel invitations"
        "Resend, cancel and change invitations and invite links."
    RoleList "role.list" "See the roles"
        "See the roles and what they may do."
    RoleManage "role.manage" "Make and change roles"
        "Make, change and delete the organization's own roles, none of them with more than one has oneself."
    GroupList "group.list" "See the groups and who is in them"
        "See the groups and who is in them."
    GroupManage "group.manage" "Create, change and delete groups"
        "Create, change and delete groups, and decide who is in them."
    GroupPermissions "group.permissions" "Decide what groups give"
        "Decide what being in a group gives at the organization and below, never more than one has oneself."
    GroupManageOwn "group.manage_own" "Run the groups one manages"
        "As a group's manager: change it and decide who is in it."
    GrantManage "grant.manage" "Take back everything granted to a person"
        "Take back all grants of a person at once, wherever they are."
    TokenCreate "token.create" "Create personal access tokens"
        "Create personal access tokens for oneself."
    TokenManage "token.manage" "See and revoke everybody's tokens"
        "See and revoke the tokens of everybody in the organization."
    ServiceAccountManage "service_account.manage" "Manage service accounts"
        "Create, change and delete service accounts and their tokens."
    TokenDeploy "token.deploy" "Manage deploy keys"
        "See, create and delete the deploy keys that tie installations of the product to the organization."
    AuditRead "audit.read" "Read and export the audit trail"
        "Read and export the audit trail."
    AccountManage "account.manage" "Manage plan label and billing contacts"
        "Manage the organization's account: plan label and billing contacts."
    LimitManage "limit.manage" "Set usage limits"
        "Set usage limits, and see how much of them is used."
    UsageReport "usage.report" "Report use and ask what is left"
        "For products: report what people use, and ask what is left of the limits."
    AccessCheck "access.check" "Ask what others may do"
        "Ask what other people may do."
    DirectoryManage "directory.manage" "Connect a directory"
        "Make and revoke the tokens of the directory that keeps people and groups by SCIM, and see what it did."
    SsoManage "sso.manage" "Manage single sign-on and mail domains"
        "Connect identity providers, say what their claims give, and claim mail domains."
    AuthenticationReset "authentication.reset" "Reset authentication for everybody"
        "Make every session and token of the organization issued so far invalid."
}

// INVARIANT: `Action as u8` is a bit number, so there are fewer actions than bits.
const _: () = assert!(Action::ALL.len() < Bit::COUNT);

impl Action {
    /// The action's bit, the same in every preset: the engine's actions take the first bits.
    pub const fn bit(self) -> Bit {
        Bit::new(self as u8)
    }

    /// The action guarded by `permission`, if the permission is one of the engine's own.
    pub fn by_permission(permission: &str) -> Option<Action> {
        Action::ALL.iter().copied().find(|action| action.permission() == permission)
    }

    /// Whether doing it decides about others or about the organization: what makes an administrator.
    pub const fn administers(self) -> bool {
        !matches!(
            self,
            Action::OrganizationRead
                | Action::PolicyRead
                | Action::MemberList
                | Action::MemberInvite
                | Action::MemberLeave
                | Action::RoleList
                | Action::GroupList
                | Action::GroupManageOwn
                | Action::TokenCreate
                | Action::UsageReport
                | Action::AccessCheck
        )
    }

    /// The permissions of all actions together.
    pub fn all_bits() -> Mask {
        Action::ALL.iter().map(|action| action.bit()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_action_has_a_permission_and_a_bit_of_its_own() {
        let names: BTreeSet<_> = Action::ALL.iter().map(|a| a.permission()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        assert_eq!(Action::all_bits().iter().count(), Action::ALL.len());
        for action in Action::ALL {
            assert_eq!(Action::by_permission(action.permission()), Some(*action));
            assert!(action.sentence().ends_with('.'));
        }
    }
}
