//! Every rule a preset file is checked by, with the line it is reported at: permissions, roles and knobs together.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

mod small;

use guildhall_domain::action::Action;
use guildhall_domain::preset::{Preset, difference};
use small::{added, errors, replaced, reported, small};

#[test]
fn a_preset_has_256_permissions_at_most() {
    let own = 256 - Action::ALL.len() - 3;
    let block = |n: usize| format!("[[permission]]\nname = \"box.p{n}\"\nlabel = \"x\"\n");
    let full = small() + &(0..own).map(block).collect::<String>();
    assert_eq!(Preset::parse("f", &full).unwrap().catalogue.len(), 256);
    reported(&(full + "[[permission]]\nname = \"box.more\" # HERE\nlabel = \"x\""), "permission.too_many");
}

#[test]
fn every_engine_action_is_there_whether_the_file_names_it_or_not() {
    for action in Action::ALL {
        let named = format!("\n[[permission]]\nname = \"{0}\"\nlabel = \"{0}\"\n", action.permission());
        let (with, without) = (small(), small().replace(&named, ""));
        let label = |text: &str| {
            let preset = Preset::parse("f", text).unwrap();
            assert!(preset.top_role().floor.contains(action.bit()));
            preset.catalogue.permission(action.bit()).unwrap().label.clone()
        };
        assert_eq!((label(&with).as_str(), label(&without).as_str()), (action.permission(), action.label()));
    }
}

#[test]
fn roles() {
    let role = |rest: &str| format!("[[role]]\nname = \"N\"\ndescription = \"d\"\n{rest}");
    added(&role("slug = \"member\" # HERE\nfloor = [\"*\"]"), "role.duplicate");
    added(
        &role("slug = \"extra\"\nfloor = [\"*\"]\napplies_to = \"bix\" # HERE").replace("[\"*\"]", "[\"box.read\"]"),
        "role.applies_to",
    );
    added(&role("slug = \"extra\"\nfloor = [\n\"box.read\",\n\"box.raed\", # HERE\n]"), "role.permission_unknown");
    added(&role("slug = \"extra\"\nfloor = [\"*\", \"!bax.*\"] # HERE"), "role.permission_unknown");
    added(
        &role("slug = \"extra\"\napplies_to = \"box\"\nfloor = [\"box.read\",\n\"member.remove\" # HERE\n]"),
        "role.permission_out_of_reach",
    );
    added(
        &role("slug = \"extra\"\napplies_to = \"shelf\"\nfloor = [\"box.*\"] # HERE"),
        "role.permission_out_of_reach",
    );
    added(
        &role("slug = \"extra\"\nfloor = [\"box.*\", \"audit.read\"] # HERE\nceiling = [\"box.*\"]"),
        "role.floor_above_ceiling",
    );
    added(&role("slug = \"extra\"\nfloor = [\"box.read\", \"!box.*\"] # HERE"), "role.empty");
    replaced("[[role]]\nslug = \"keeper\"", "[[role]]\nslug = \"keeper\"\nfloor_ = 1 # HERE", "field.unknown");
}

#[test]
fn roles_without_a_floor_or_none_at_all() {
    let block = "[[role]] # HERE\nslug = \"extra\"\nname = \"N\"\ndescription = \"d\"";
    added(block, "role.empty");
    let without = small()
        .replace("slug = \"owner\"", "slug = \"owner\"\napplies_to = \"box\"")
        .replace("slug = \"member\"\n", "slug = \"member\"\napplies_to = \"box\"\n")
        .replace("\"member.list\",", "")
        .replace("role.default = \"member\"", "");
    let found = errors(&without);
    assert_eq!((found.len(), found[0].rule, found[0].line), (1, "role.none", 1));
}

#[test]
fn the_top_role_holds_every_engine_permission() {
    let from = "[[role]]\nslug = \"owner\"\nname = \"Owner\"\ndescription = \"Everything.\"\nfloor = [\"*\"]";
    let to = from.replace("[\"*\"]", "[\"*\", \"!audit.read\"]").replacen("[[role]]", "[[role]] # HERE", 1);
    replaced(from, &to, "role.top_incomplete");
}

#[test]
fn knobs() {
    replaced("[policy] # POLICY\n", "[policy]\ninvite.tll_s = 60 # HERE\n", "knob.unknown");
    replaced("[policy] # POLICY\n", "[policy]\ninvite = 60 # HERE\n", "knob.unknown");
    replaced("[policy] # POLICY\n", "[policy]\ninvite.ttl_s = \"1h\" # HERE\n", "knob.value");
    replaced("[policy] # POLICY\n", "[policy]\ninvite.ttl_s = 2026-01-01 # HERE\n", "knob.value");
    replaced("role.default = \"member\"", "role.default = \"membr\" # HERE", "knob.role_unknown");
    replaced("role.default = \"member\"", "role.default = \"keeper\" # HERE", "knob.role_unknown");
    replaced("role.default = \"member\"", "leave.allowed_for = [\"member\", \"boss\"] # HERE", "knob.role_unknown");
    replaced("role.default = \"member\"", "role.default = \"owner\" # HERE", "knob.role_top");
    replaced("[\"role.default\"] # OPEN", "[\"role.defualt\"] # HERE", "open.unknown");
    replaced("[\"role.default\"] # OPEN", "[\n\"role.default\",\n\"role.default\", # HERE\n]", "open.duplicate");
    let numbers =
        small().replace("[policy] # POLICY\n", "[policy]\ninvite.ttl_s = \"none\"\nsession.absolute_s = 604_800\n");
    let policy = Preset::parse("f", &numbers).unwrap().policy;
    assert_eq!((policy.invite_ttl_s, policy.session_absolute_s), (None, 604_800));
}

#[test]
fn px_2_a_preset_can_have_one_role_for_everybody() {
    let text = small().replace("slug = \"member\"\n", "slug = \"visitor\"\napplies_to = \"box\"\n");
    let text = text.replace("\"member.list\",", "");
    let text = text.replace("role.default = \"member\"", "role.default = \"owner\"");
    let preset = Preset::parse("f", &text).unwrap();
    assert_eq!(preset.policy.role_default.as_str(), preset.top_role().slug);
}

const CONDITION: &str = r#"
[[condition]]
slug = "open"
label = "while it is open"
permissions = ["box.*"]
when = "resource.properties.open == true"
"#;

#[test]
fn a_condition_adds_permissions_that_are_given_by_name() {
    let text = small() + CONDITION;
    let text = text.replace("\"!box.edit\", # LAST", "\"!box.edit\", \"box.edit@open\",");
    let preset = Preset::parse("f", &text).unwrap();
    let catalogue = &preset.catalogue;
    let mask = |kind: &str, slug: &str| preset.role(kind, slug).unwrap().floor;
    let bit = |name: &str| catalogue.bit(name).unwrap();
    assert_eq!(catalogue.names(mask("organization", "member")), ["member.list", "box.read", "box.edit@open"]);
    assert!(!mask("organization", "member").contains(bit("box.edit")));
    // who holds a thing holds it under every condition, and that is not told beside it
    assert!(mask("organization", "owner").contains(bit("box.edit@open")));
    assert_eq!(catalogue.names(mask("box", "keeper")), ["box.read", "box.edit", "shelf.read"]);
    assert_eq!(catalogue.gives("box.edit").unwrap().iter().count(), 2);
    assert_eq!(catalogue.condition_of(bit("box.edit@open")).unwrap().of, bit("box.edit"));
    assert_eq!(catalogue.permission(bit("box.edit@open")).unwrap().label, "box.edit, while it is open");
    let without = Preset::parse("f", &small()).unwrap();
    assert_eq!(difference(&without, &preset).conditions[0].after.as_deref(), Some("resource.properties.open == true"));
    let shut = Preset::parse("f", &text.replace("open == true", "open == false")).unwrap();
    assert_eq!(difference(&preset, &shut).conditions[0].slug, "open");
    assert!(difference(&preset, &shut).roles.is_empty());
}

#[test]
fn a_condition_is_checked() {
    for (from, to, rule) in [
        ("when = \"resource.properties.open == true\"", "when = \"box.open\" # HERE", "condition.expression"),
        (
            "when = \"resource.properties.open == true\"",
            "when = \"resource.properties.open ==\" # HERE",
            "condition.expression",
        ),
        ("permissions = [\"box.*\"]", "permissions = [\"box.fly\"] # HERE", "condition.permission_unknown"),
        ("permissions = [\"box.*\"]", "permissions = [\"member.list\"] # HERE", "condition.engine"),
        ("permissions = [\"box.*\"]", "permissions = [\"*\"] # HERE", "condition.engine"),
        ("slug = \"open\"", "slug = \"Open!\" # HERE", "name.format"),
        ("slug = \"open\"", "slug = \"open\"\nwhy = 1 # HERE", "field.unknown"),
    ] {
        assert!(CONDITION.contains(from), "{from}");
        reported(&(small() + &CONDITION.replacen(from, to, 1)), rule);
    }
    reported(
        &(small() + &CONDITION.replace("[[condition]]", "[[condition]] # HERE").replace("[\"box.*\"]", "[]")),
        "condition.empty",
    );
    let twice = small() + CONDITION + &CONDITION.replace("slug = \"open\"", "slug = \"open\" # HERE");
    reported(&twice, "condition.duplicate");
    let named = |n: usize| CONDITION.replace("\"open\"", &format!("\"c{n}\"")).replace("\"box.*\"", "\"box.read\"");
    let many: String = (0..32).map(named).collect();
    assert!(Preset::parse("f", &(small() + &many)).is_ok());
    reported(&(small() + &many + &named(32).replace("[[condition]]", "[[condition]] # HERE")), "condition.too_many");
    let under =
        CONDITION.replace("\"box.*\"]", "\"box.read@open\"] # HERE").replace("slug = \"open\"", "slug = \"shut\"");
    reported(&(small() + CONDITION + &under), "condition.permission_unknown");
}
