//! The presets that come with the program: they are valid, and every change of who may do what shows up as
//! a change of a file. `UPDATE_GOLDEN=1 cargo test -p guildhall-domain` writes the files anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guildhall_domain::action::Action;
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::{BUILT_IN, Preset, Rules, built_in};
use std::path::Path;
use std::sync::Arc;

fn every() -> Vec<Arc<Preset>> {
    let parsed = BUILT_IN.iter().map(|(file, text)| match Preset::parse(file, text) {
        Ok(preset) => Arc::new(preset),
        Err(errors) => panic!("{}", errors.iter().map(|e| format!("{e}\n")).collect::<String>()),
    });
    parsed.collect()
}

#[test]
fn they_are_valid_and_found_by_their_names() {
    for (preset, (file, _)) in every().iter().zip(BUILT_IN) {
        assert_eq!(*file, format!("{}.toml", preset.name));
        assert_eq!(built_in(&preset.name).expect("it is built in").version, preset.version);
    }
    assert!(built_in("nothing").is_none());
}

#[test]
fn golden_permission_matrix() {
    for preset in every() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{}.txt", preset.name));
        let found = preset.matrix_markdown();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(golden, found, "{} differs; see the head of this test file", path.display());
    }
}

#[test]
fn the_top_role_does_everything_and_nobody_does_more_than_a_higher_role() {
    for preset in every() {
        let rules = Rules::new(Arc::clone(&preset), preset.policy.clone());
        // But for what a knob switches off for everybody, such as a way of offboarding.
        let off = rules.rights(&preset.top_role().slug).cuts.iter().fold(Mask::EMPTY, |all, (_, mask)| all | *mask);
        let top = rules.role_mask(&preset.top_role().slug) | off;
        assert!(Action::all_bits().is_subset_of(top), "{}", preset.name);
        let masks: Vec<_> = preset.organization_roles().map(|role| rules.role_mask(&role.slug)).collect();
        for pair in masks.windows(2) {
            assert!(matches!(pair, [higher, lower] if lower.is_subset_of(*higher)), "{}", preset.name);
        }
        assert!(rules.role_mask("nobody").is_empty() && rules.ceiling("nobody").is_empty());
    }
}

#[test]
fn standard_guests_see_nobody_and_members_only_their_own() {
    let rules = Rules::new(built_in("standard").unwrap(), built_in("standard").unwrap().policy.clone());
    let names = |slug| rules.preset().catalogue.names(rules.role_mask(slug));
    assert_eq!(names("guest"), ["organization.read", "member.leave"]);
    assert!(rules.rights("member").below.is_empty() && rules.rights("admin").below == Mask::ALL);
    for action in [Action::PolicyUpdate, Action::PresetApply, Action::MemberManageTop, Action::OrganizationDelete] {
        let may = |slug| rules.role_mask(slug).contains(action.bit());
        assert!(may("owner") && !may("admin"), "{action:?}");
    }
}
