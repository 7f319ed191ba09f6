//! What the presets of Pixie, Planasonix, Onyx and Turbot Pipes say by themselves: roles, ceilings, and what a role on
//! an inner scope gives, put through the one formula.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guildhall_domain::permission::Mask;
use guildhall_domain::preset::{Rules, built_in};
use guildhall_domain::rights::{Grant, Inputs, Whence, effective};

fn rules(preset: &str) -> Rules {
    let preset = built_in(preset).unwrap();
    let policy = preset.policy.clone();
    Rules::new(preset, policy)
}

fn mask(rules: &Rules, names: &[&str]) -> Mask {
    names.iter().map(|name| rules.preset().bit(name).unwrap_or_else(|| panic!("no permission {name}"))).collect()
}

/// What a holder of `role` may do on a resource one step below the organization, with the role `given` of its type.
fn below(rules: &Rules, role: &str, given: Option<(&str, &str)>) -> Mask {
    let given = given.map(|(kind, slug)| rules.preset().role(kind, slug).unwrap().floor);
    let grants: Vec<_> =
        given.into_iter().map(|mask| Grant { id: "grt_1", mask, whence: Whence::Direct, depth: 1 }).collect();
    let standing = rules.standing(role, true, None);
    effective(&Inputs { standing: Some(standing), depth: 1, controlled: None, grants: &grants })
}

#[track_caller]
fn holds(rules: &Rules, found: Mask, yes: &[&str], no: &[&str]) {
    assert!(mask(rules, yes).is_subset_of(found), "wanted {yes:?}");
    assert!((mask(rules, no) & found).is_empty(), "not wanted {no:?}");
}

#[test]
fn px_2_an_approved_member_may_do_everything_and_there_are_no_roles() {
    for name in ["pixie-hydra", "pixie-auth0"] {
        let rules = rules(name);
        assert_eq!(rules.preset().organization_roles().count(), 1);
        let (root, cluster) = (rules.role_mask("member"), below(&rules, "member", None));
        for found in [root, cluster] {
            holds(&rules, found, &["live_view.view", "cluster.query", "cluster.deploy", "member.invite"], &[]);
        }
    }
}

#[test]
fn pl_7_the_organization_role_is_the_ceiling_of_what_teams_and_shares_give() {
    let rules = rules("planasonix");
    let admin_of_it = below(&rules, "viewer", Some(("pipeline", "admin")));
    holds(&rules, admin_of_it, &["pipeline.view", "run.view"], &["pipeline.edit", "pipeline.run", "pipeline.share"]);
    let member = below(&rules, "member", Some(("connection", "admin")));
    holds(&rules, member, &["connection.edit", "connection.rotate", "catalog_entry.view"], &["member.invite"]);
    holds(&rules, rules.role_mask("member"), &["pipeline.create", "project.create"], &["connection.create"]);
    holds(&rules, below(&rules, "member", None), &["catalog_entry.view"], &["pipeline.create", "pipeline.view"]);
    holds(&rules, rules.role_mask("viewer"), &["catalog_entry.view"], &["token.create", "project.create"]);
    let users_and_account =
        ["member.invite", "member.deactivate", "connection.create", "policy.update", "account.manage"];
    holds(&rules, rules.role_mask("admin"), &users_and_account, &[]);
}

#[test]
fn pl_1_only_admins_invite_change_roles_and_deactivate() {
    let rules = rules("planasonix");
    for role in ["member", "viewer"] {
        let managing = ["member.invite", "member.change_role", "member.deactivate", "member.remove"];
        holds(&rules, rules.role_mask(role), &[], &managing);
    }
}

#[test]
fn pl_16_the_four_roles_of_a_team_scope() {
    let rules = rules("planasonix");
    let on = |role| below(&rules, "member", Some(("project", role)));
    holds(&rules, on("viewer"), &["pipeline.view", "run.view"], &["pipeline.edit", "connection.use"]);
    holds(&rules, on("editor"), &["pipeline.edit", "pipeline.create"], &["pipeline.promote", "connection.edit"]);
    holds(&rules, on("maintainer"), &["pipeline.promote", "schedule.edit", "run.retry"], &["connection.rotate"]);
    holds(&rules, on("admin"), &["connection.edit", "connection.rotate", "project.share"], &[]);
}

#[test]
fn pl_18_using_a_connection_is_apart_from_seeing_its_secret() {
    let rules = rules("planasonix");
    let editor = below(&rules, "member", Some(("connection", "editor")));
    holds(&rules, editor, &["connection.use"], &["connection.view_secret", "connection.edit"]);
}

#[test]
fn on_15_the_roles_of_the_workspace() {
    let rules = rules("onyx");
    let slugs: Vec<_> = rules.preset().organization_roles().map(|role| role.slug.clone()).collect();
    assert_eq!(slugs, ["admin", "global_curator", "curator", "basic", "limited"]);
    holds(&rules, rules.role_mask("curator"), &["group.manage_own"], &["group.manage", "member.invite"]);
    holds(&rules, rules.role_mask("basic"), &["agent.create"], &["connector.create", "group.manage_own"]);
    holds(&rules, rules.role_mask("limited"), &[], &["token.create", "agent.create"]);
    for role in ["curator", "basic"] {
        holds(&rules, below(&rules, role, None), &[], &["agent.view", "document_set.view", "connector.view"]);
    }
    holds(&rules, below(&rules, "basic", Some(("agent", "user"))), &["agent.view", "agent.use"], &["agent.edit"]);
    let basic = below(&rules, "basic", Some(("document_set", "editor")));
    holds(&rules, basic, &["document_set.edit"], &["document_set.publish"]);
    let curator = below(&rules, "curator", Some(("document_set", "editor")));
    holds(&rules, curator, &["document_set.publish"], &[]);
}

#[test]
fn tp_3_tp_4_an_owner_reaches_every_workspace_and_a_member_none_by_default() {
    for name in ["pipes-team", "pipes-enterprise"] {
        let rules = rules(name);
        holds(&rules, below(&rules, "owner", None), &["workspace.read", "snapshot.manage", "connection.attach"], &[]);
        holds(&rules, rules.role_mask("member"), &["member.list"], &["workspace.create", "member.invite"]);
        assert!(below(&rules, "member", None).is_empty(), "{name}");
    }
}

#[test]
fn tp_15_reader_operator_and_owner_of_a_workspace() {
    let rules = rules("pipes-team");
    let on = |role| below(&rules, "member", Some(("workspace", role)));
    holds(&rules, on("reader"), &["workspace.read", "snapshot.read", "connection.read"], &["snapshot.manage"]);
    holds(&rules, on("operator"), &["workspace.read", "snapshot.manage"], &["workspace.manage", "workspace.share"]);
    holds(&rules, on("owner"), &["workspace.manage", "workspace.share", "snapshot.share"], &["connection.attach"]);
}
