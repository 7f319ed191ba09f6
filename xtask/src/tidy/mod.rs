//! `cargo xtask tidy`: the house rules that no compiler checks, each with a message that says how to
//! mend. Fast enough to run on every save; reads files, runs nothing.

mod directions;
mod form;
mod links;
mod names;
mod words;

use crate::Outcome;
use crate::files::{Finding, SourceFile, read_all, report};
use std::path::Path;

/// A check sees all of the project's files at once.
type Check = fn(&[SourceFile]) -> Vec<Finding>;

const CHECKS: [Check; 11] = [
    form::lengths,
    form::function_lengths,
    form::module_headers,
    form::whitespace,
    names::modules,
    names::presets_compared,
    directions::crates,
    directions::engines,
    directions::purity,
    links::links,
    words::forbidden,
];

/// Runs all checks; false when something is to mend.
pub fn run(root: &Path) -> Outcome<bool> {
    let files = read_all(root)?;
    Ok(report("tidy", CHECKS.iter().flat_map(|check| check(&files)).collect()))
}
