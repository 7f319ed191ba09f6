//! Every rule a preset file is checked by, with the line it is reported at: the file, its fields, names and permissions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

mod small;

use guildhall_domain::action::Action;
use guildhall_domain::preset::Preset;
use small::{added, errors, replaced, small};

#[test]
fn the_small_preset_is_valid_and_means_what_it_says() {
    let text = small();
    let preset = Preset::parse("small.toml", &text).unwrap();
    let names = |slug: &str, kind: &str| preset.catalogue.names(preset.role(kind, slug).unwrap().floor);
    assert_eq!(names("member", "organization"), ["member.list", "box.read"]);
    assert_eq!(names("keeper", "box"), ["box.read", "box.edit", "shelf.read"]);
    assert_eq!(names("owner", "organization").len(), Action::ALL.len() + 3);
    assert_eq!(
        (preset.top_role().slug.as_str(), preset.is_top("owner"), preset.is_top("member")),
        ("owner", true, false)
    );
    assert_eq!(preset.policy.role_default.as_str(), "member");
    assert_eq!(preset.words.member, "user");
    assert_eq!(preset.words.role, "role");
    assert_eq!(preset.text, text);
    assert_eq!(preset.organization_roles().map(|role| role.rank).collect::<Vec<_>>(), [0, 1]);
    for action in Action::ALL {
        assert_eq!(preset.bit(action.permission()), Some(preset.action_bit(*action)));
    }
}

#[test]
fn the_default_role_is_the_lowest_unless_said() {
    let text = small().replace("role.default = \"member\"\n", "");
    assert_eq!(Preset::parse("f", &text).unwrap().policy.role_default.as_str(), "member");
}

#[test]
fn an_error_reads_as_file_line_rule_detail_and_hint() {
    let text = small().replace("\"member.list\",", "\"member.lst\",");
    let line = text.lines().position(|line| line.contains("member.lst")).unwrap() + 1;
    assert_eq!(
        errors(&text)[0].to_string(),
        format!(
            "small.toml:{line}: role.permission_unknown: there is no permission `member.lst` (did you mean `member.list`?)"
        )
    );
}

#[test]
fn syntax_is_reported_alone_and_all_of_it() {
    let text = small().replace("version = 1", "version = = 1").replace("name = \"Owner\"", "name = Owner\"");
    let found = errors(&text);
    assert!(found.len() >= 2, "{found:?}");
    assert!(found.iter().all(|error| error.rule == "syntax"), "{found:?}");
    assert_eq!(found[0].line, 4);
}

#[test]
fn fields() {
    replaced("title = \"Small\"", "titel = \"Small\" # HERE\ntitle = \"Small\"", "field.unknown");
    replaced("[words]\n", "[words]\nmembr = \"x\" # HERE\n", "field.unknown");
    added("[[permission]]\nname = \"box.burn\"\nlabel = \"Burn\"\ncover = [\"X1\"] # HERE", "field.unknown");
    added("[[permission]] # HERE\nname = \"box.burn\"", "field.missing");
    replaced("name = \"Owner\"", "name = \" \" # HERE", "field.missing");
    replaced("version = 1", "version = \"1\" # HERE", "field.type");
    replaced("version = 1", "version = -1 # HERE", "field.type");
    replaced("title = \"Small\"", "title = 3 # HERE", "field.type");
    replaced("floor = [\"*\"]\n", "floor = [\"*\"]\nbypass = \"yes\" # HERE\n", "field.type");
    replaced("parents = [\"organization\", \"box\"]", "parents = \"box\" # HERE", "field.type");
    replaced("[words]", "[[words]] # HERE", "field.type");
}

#[test]
fn names_and_types() {
    replaced("name = \"small\"", "name = \"Small one\" # HERE", "name.format");
    replaced("slug = \"keeper\"", "slug = \"Keeper\" # HERE", "name.format");
    added("[[type]]\nslug = \"box\" # HERE\nname = \"B\"\nplural = \"B\"", "type.duplicate");
    added("[[type]]\nslug = \"member\" # HERE\nname = \"B\"\nplural = \"B\"", "type.reserved");
    replaced("[\"organization\", \"box\"]", "[\"organization\", \"bix\"] # HERE", "type.parent_unknown");
}

#[test]
fn permissions() {
    added("[[permission]]\nname = \"box.read\" # HERE\nlabel = \"x\"", "permission.duplicate");
    added("[[permission]]\nname = \"read\" # HERE\nlabel = \"x\"", "permission.format");
    added("[[permission]]\nname = \"box.burn\"\nlabel = \"x\"\napplies_to = \"bix\" # HERE", "permission.applies_to");
    replaced("label = \"audit.read\"", "label = \"x\"\napplies_to = \"box\" # HERE", "permission.applies_to");
    let covers = "[[permission]]\nname = \"box.a\"\nlabel = \"x\"\ncovers = [\"X1\"]\n[[permission]]\nname = \"box.b\"\nlabel = \"x\"\ncovers = [\n\"X2\",\n\"X1\", # HERE\n]";
    added(covers, "cover.duplicate");
}

#[test]
fn one_look_shows_everything_that_is_wrong_in_the_order_of_lines() {
    let text = small()
        .replace("version = 1", "version = \"one\"")
        .replace("\"member.list\",", "\"member.lst\",")
        .replace("member = \"user\"", "membr = \"user\"")
        .replace("role.default = \"member\"", "role.default = \"nobody\"");
    let found: Vec<_> = errors(&text).into_iter().map(|error| error.rule).collect();
    assert_eq!(found, ["field.type", "knob.role_unknown", "field.unknown", "role.permission_unknown"]);
}

#[test]
fn no_file_makes_the_reader_fail() {
    let text = small();
    for end in (0..text.len()).step_by(7) {
        let cut: String = text.chars().take(end).collect();
        // Most cuts are refused, some leave a whole file; what counts is that none brings the reader down.
        let _ = Preset::parse("cut", &cut);
    }
    for odd in ["", "\u{0}", "[[role]]", "role = 1", "[policy]\n\"\" = {}", "permission = [1]", "é = \"ü\""] {
        assert!(Preset::parse("odd", odd).is_err(), "{odd}");
    }
}
