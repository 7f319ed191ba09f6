//! The smallest valid preset, and ways to break it at one marked line.

use guildhall_domain::action::Action;
use guildhall_domain::preset::{Preset, PresetError};

const HEAD: &str = r#"
name = "small"
title = "Small"
version = 1
description = "The least a preset can be."
open = ["role.default"] # OPEN

[policy] # POLICY
role.default = "member"

[words]
member = "user"

[[type]]
slug = "box"
name = "Box"
plural = "Boxes"

[[type]]
slug = "shelf"
name = "Shelf"
plural = "Shelves"
parents = ["organization", "box"]

[[role]]
slug = "owner"
name = "Owner"
description = "Everything."
floor = ["*"]

[[role]]
slug = "member"
name = "Member"
description = "Something."
floor = [
    "member.list",
    "box.*",
    "!box.edit", # LAST
]

[[role]]
slug = "keeper"
applies_to = "box"
name = "Keeper"
description = "Keeps a box."
floor = ["*"]
"#;

/// The smallest valid preset.
pub fn small() -> String {
    let own = ["box.read", "box.edit", "shelf.read"];
    let names = Action::ALL.iter().map(|action| action.permission()).chain(own);
    let permissions = names.map(|name| format!("\n[[permission]]\nname = \"{name}\"\nlabel = \"{name}\"\n"));
    HEAD.to_owned() + &permissions.collect::<String>()
}

pub fn errors(text: &str) -> Vec<PresetError> {
    Preset::parse("small.toml", text).err().unwrap_or_default()
}

/// Exactly this rule is reported, at the line that carries `# HERE`.
#[track_caller]
pub fn reported(text: &str, rule: &str) {
    let here = text.lines().position(|line| line.contains("# HERE")).expect("a line marked HERE") + 1;
    let found: Vec<_> = errors(text).into_iter().map(|e| (e.rule, e.line)).collect();
    assert_eq!(found, [(rule, here)], "{:#?}", errors(text));
}

#[track_caller]
pub fn replaced(from: &str, to: &str, rule: &str) {
    let text = small();
    assert!(text.contains(from), "`{from}` is in the small preset");
    reported(&text.replacen(from, to, 1), rule);
}

#[track_caller]
pub fn added(block: &str, rule: &str) {
    reported(&(small() + block), rule);
}
