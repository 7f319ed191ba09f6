//! The independent SCIM client: its packages in an environment of their own under `target`, and the run of its checks
//! against the built product.

use crate::Outcome;
use crate::steps::{Tally, browser_result, count};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes the environment, and installs what the list names when the list changed since.
pub fn environment(root: &Path) -> Outcome<PathBuf> {
    let (folder, list) = (root.join("target/scim"), root.join("tests/scim/requirements.txt"));
    let (python, mark) = (folder.join("bin/python"), folder.join("installed.txt"));
    let wanted = std::fs::read(&list).map_err(|error| format!("cannot read `{}`: {error}", list.display()))?;
    if python.exists() && std::fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let ran = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    let made = ran(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    let install = || ran(Command::new(&python).args(["-m", "pip", "install", "-q", "--no-input", "-r"]).arg(&list));
    // Registries have bad moments; a second try is cheap.
    if !(made && (install() || install())) {
        return Err("the packages of `tests/scim` cannot be installed; it needs python3 with venv, and PyPI".to_owned());
    }
    std::fs::write(&mark, wanted).map_err(|error| format!("cannot write `{}`: {error}", mark.display()))?;
    Ok(python)
}

/// Runs the checks against a built program.
pub fn run(root: &Path, python: &Path, program: &Path) -> Tally {
    let mut command = Command::new(python);
    command.arg("tests/scim/run.py").current_dir(root).env("PROGRAM_UNDER_TEST", program);
    count(&mut command, browser_result)
}
