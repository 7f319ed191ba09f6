//! Calls cargo from inside a program that cargo runs.

use std::path::Path;
use std::process::Command;

/// A cargo command in the project's folder.
pub fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root);
    // `cargo run` describes xtask in these; a build script that watches one of them would run again,
    // and with it half of the build, whenever `cargo xtask` and plain cargo take turns.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}
