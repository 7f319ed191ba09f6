//! The `cloudtruth` preset: every cell of the page's two tables of role permissions, and the rules beside them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use guildhall_domain::action::Action;
use guildhall_domain::permission::{Bit, Mask};
use guildhall_domain::preset::{Preset, Rules, built_in};
use guildhall_domain::rights::{Grant, Inputs, Whence, effective};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The page's tables. VIEWERNOSECRETS is the sentence "the same permissions as VIEWER but cannot view
/// project secrets".
const PAGE: &str = "
row | permission         | Owner | Admin | Contributor | Viewer | VIEWERNOSECRETS | the page's words
O1  | member.list        | yes   | yes   | yes         | yes    | yes             | View list of users
O2  | token.create       | yes   | yes   | yes         | no     | no              | Create personal API access tokens
O3  | integration.manage | yes   | yes   | no          | no     | no              | Create - Update - Delete 3rd-party integrations
O4  | member.invite      | yes   | yes   | no          | no     | no              | Manage and invite users
O5  | audit.read         | yes   | yes   | no          | no     | no              | View and Download audit logs
O6  | member.update      | yes   | yes   | no          | no     | no              | Update non owner roles and users
O7  | member.manage_top  | yes   | no    | no          | no     | no              | Update owner role and users
O8  | account.manage     | yes   | no    | no          | no     | no              | Manage Account
C1  | project.read       | yes   | yes   | yes         | yes    | yes             | Switch Projects
C2  | parameter.read     | yes   | yes   | yes         | yes    | yes             | View Project Parameters
C3  | secret.read        | yes   | yes   | yes         | yes    | no              | View Project Secrets
C4  | template.read      | yes   | yes   | yes         | yes    | yes             | View Project Templates
C5  | environment.manage | yes   | yes   | yes         | no     | no              | Create - Update - Delete Environments
C6  | project.manage     | yes   | yes   | yes         | no     | no              | Create - Update - Delete Projects
C7  | parameter.manage   | yes   | yes   | yes         | no     | no              | Create - Update - Delete Project Parameters
C8  | template.manage    | yes   | yes   | yes         | no     | no              | Create - Update - Delete Project Templates
";

const ROLES: [&str; 5] = ["owner", "admin", "contributor", "viewer", "viewer_no_secrets"];

fn preset() -> Arc<Preset> {
    built_in("cloudtruth").expect("the preset is built in")
}

fn rules(changes: Value) -> Rules {
    let preset = preset();
    let changes = changes.as_object().cloned().unwrap_or_else(Map::new);
    let policy = preset.change_policy(&preset.policy, &changes).unwrap();
    Rules::new(preset, policy)
}

/// Asks the formula, at the organization's root, with a session.
fn may(rules: &Rules, role: &str, bit: Bit) -> bool {
    effective(&Inputs::at_root(Some(rules.standing(role, true, None)))).contains(bit)
}

/// The roles that may do `action`.
fn who(rules: &Rules, action: Action) -> Vec<&'static str> {
    let may = |role: &&str| may(rules, role, action.bit());
    ROLES.into_iter().filter(may).collect()
}

fn hold_the_page(rules: &Rules) {
    let preset = rules.preset();
    let mut cells = 0;
    for line in PAGE.trim().lines().skip(1) {
        let columns: Vec<_> = line.split('|').map(str::trim).collect();
        let (row, permission) = (columns[0], columns[1]);
        let bit = preset.bit(permission).expect(permission);
        let found: Vec<_> = preset
            .catalogue
            .iter()
            .filter(|(_, permission)| permission.covers.iter().any(|line| line == row))
            .map(|(_, permission)| permission.name.as_str())
            .collect();
        assert_eq!(found, [permission], "{row} is covered by exactly one permission");
        for (role, cell) in ROLES.into_iter().zip(&columns[2..7]) {
            assert_eq!(may(rules, role, bit), *cell == "yes", "{row} {permission}: {role}");
            cells += 1;
        }
    }
    assert_eq!(cells, 80);
}

#[test]
fn ct_13_the_80_cells_of_the_page() {
    hold_the_page(&rules(json!({})));
}

#[test]
fn ct_13_the_80_cells_hold_in_both_positions_of_role_change_authority() {
    hold_the_page(&rules(json!({"role_change.authority": "admin_below_own_rank"})));
}

#[test]
fn ct_13_the_roles_are_those_of_the_page() {
    let preset = preset();
    let roles: Vec<_> = preset.organization_roles().map(|role| (role.slug.as_str(), role.name.as_str())).collect();
    let names = ["Owner", "Admin", "Contributor", "Viewer", "VIEWERNOSECRETS"];
    assert_eq!(roles, ROLES.into_iter().zip(names).collect::<Vec<_>>());
    for kind in ["project", "environment"] {
        let roles: Vec<_> = preset.roles_of(kind).map(|role| role.slug.as_str()).collect();
        assert_eq!(roles, ["owner", "admin", "contributor", "viewer"]);
    }
}

#[test]
fn ct_13_viewer_no_secrets_is_viewer_without_the_secrets() {
    let rules = rules(json!({}));
    let less = rules.role_mask("viewer") - rules.role_mask("viewer_no_secrets");
    assert_eq!(rules.preset().catalogue.names(less), ["secret.read"]);
    assert!(rules.role_mask("viewer_no_secrets").is_subset_of(rules.role_mask("viewer")));
}

#[test]
fn ct_2_owner_and_admin_invite_and_manage_invitations() {
    let rules = rules(json!({}));
    assert_eq!(who(&rules, Action::MemberInvite), ["owner", "admin"]);
    assert_eq!(who(&rules, Action::InvitationManage), ["owner", "admin"]);
}

#[test]
fn ct_16_changing_a_role_requires_an_owner() {
    assert_eq!(who(&rules(json!({})), Action::MemberChangeRole), ["owner"]);
    let matrix = rules(json!({"role_change.authority": "admin_below_own_rank"}));
    assert_eq!(who(&matrix, Action::MemberChangeRole), ["owner", "admin"]);
    assert_eq!(who(&matrix, Action::MemberManageTop), ["owner"], "other Owners stay the Owners'");
}

#[test]
fn ct_18_removing_a_person_requires_an_owner() {
    assert_eq!(who(&rules(json!({})), Action::MemberRemove), ["owner"]);
    let matrix = rules(json!({"role_change.authority": "admin_below_own_rank"}));
    assert_eq!(who(&matrix, Action::MemberRemove), ["owner", "admin"]);
}

#[test]
fn ct_18_no_other_source_gives_what_the_policy_takes() {
    let rules = rules(json!({}));
    let remove = Mask::EMPTY.with(Action::MemberRemove.bit());
    let grants = [Grant { id: "grt", mask: remove, whence: Whence::Direct, depth: 0 }];
    let inputs = Inputs { grants: &grants, ..Inputs::at_root(Some(rules.standing("admin", true, None))) };
    assert!((effective(&inputs) & remove).is_empty());
}

#[test]
fn ct_20_only_owner_and_admin_leave() {
    assert_eq!(who(&rules(json!({})), Action::MemberLeave), ["owner", "admin"]);
    let open = rules(json!({"leave.allowed_for": ["*"]}));
    assert_eq!(who(&open, Action::MemberLeave), ROLES);
}

#[test]
fn ct_24_viewers_create_no_tokens() {
    assert_eq!(who(&rules(json!({})), Action::TokenCreate), ["owner", "admin", "contributor"]);
}

#[test]
fn ct_29_only_owner_and_admin_read_the_audit_log() {
    assert_eq!(who(&rules(json!({})), Action::AuditRead), ["owner", "admin"]);
}

#[test]
fn ct_32_owner_and_admin_enter_access_controlled_projects() {
    let rules = rules(json!({}));
    let read = rules.preset().bit("project.read").unwrap();
    let enters = |role: &&str| {
        let standing = Some(rules.standing(role, true, None));
        effective(&Inputs { standing, depth: 1, controlled: Some(1), grants: &[] }).contains(read)
    };
    assert_eq!(ROLES.into_iter().filter(enters).collect::<Vec<_>>(), ["owner", "admin"]);
}

#[test]
fn ct_5_ct_6_ct_15_ct_18_ct_20_the_words_of_the_page() {
    let words = preset().words.clone();
    let found = [
        words.invite_button,
        words.invite_title,
        words.invite_next,
        words.invite_submit,
        words.invite_drop,
        words.change_role,
        words.edit_user_title,
        words.change_role_submit,
        words.remove,
        words.remove_confirm,
        words.leave,
        words.leave_confirm,
    ];
    let page = [
        "+ Create Users",
        "Invite team members",
        "Set User Roles",
        "Set User Roles",
        "REMOVE",
        "Change Role",
        "EDIT USER",
        "Update",
        "Remove Access",
        "Yes, remove",
        "Leave Organization",
        "Yes, leave",
    ];
    assert_eq!(found, page);
}

#[test]
fn ct_11_whoever_is_invited_without_a_role_becomes_viewer() {
    assert_eq!(preset().policy.role_default.as_str(), "viewer");
}

#[test]
fn closed_and_wrong_knobs_are_refused_together_and_nothing_changes() {
    let preset = preset();
    let changes = json!({"offboard.modes": ["deactivate"], "invite.ttl_s": "soon", "leave.allowed_for": ["boss"]});
    let errors = preset.change_policy(&preset.policy, changes.as_object().unwrap()).unwrap_err();
    let mut rules: Vec<_> = errors.iter().map(|error| error.rule).collect();
    rules.sort_unstable();
    assert_eq!(rules, ["knob.closed", "knob.role_unknown", "knob.value"]);
    let stored = json!({"offboard.modes": ["deactivate"]});
    assert!(preset.policy_with(stored.as_object().unwrap()).is_ok(), "what is stored is not asked again");
}
