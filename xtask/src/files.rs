//! The project's own text files, as every check reads them. Does not look into build output,
//! installed packages or anything that git ignores.

use crate::Outcome;
use std::path::{Path, PathBuf};

/// Names of no interest, wherever they stand.
pub const SKIPPED: [&str; 9] =
    ["target", "node_modules", ".venv", ".git", ".tools", "screenshots", "guildhall-data", "corpus", "artifacts"];

/// One text file of the project.
pub struct SourceFile {
    /// Relative to the project's root, with `/` between the parts.
    pub path: String,
    pub text: String,
}

impl SourceFile {
    /// The part of the name after the last dot, or the empty string.
    pub fn extension(&self) -> &str {
        self.path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, end)| end)
    }

    /// Written by a program, so that rules of form do not apply.
    pub fn is_generated(&self) -> bool {
        self.path.starts_with("docs/reference/")
            || self.path.ends_with(".lock")
            || self.path.ends_with("package-lock.json")
            || self.extension() == "snap"
    }

    /// Test code as a whole file: an integration test, a bench, or a `tests` module in a file of its own.
    pub fn is_test(&self) -> bool {
        let path = self.path.as_str();
        path.starts_with("tests/")
            || ["/tests/", "/benches/"].iter().any(|folder| path.contains(folder))
            || ["/tests.rs", "_tests.rs", ".test.mjs"].iter().any(|end| path.ends_with(end))
    }
}

/// One thing that a check found, and how to mend it.
#[derive(Debug, PartialEq)]
pub struct Finding {
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    pub message: String,
}

impl Finding {
    pub fn new(path: &str, line: usize, message: impl Into<String>) -> Finding {
        Finding { path: path.to_owned(), line, message: message.into() }
    }
}

/// Prints the findings in order of place, and a closing line; true when there are none.
pub fn report(check: &str, mut findings: Vec<Finding>) -> bool {
    findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    for Finding { path, line, message } in &findings {
        println!("{path}:{line}: {message}");
    }
    match findings.len() {
        0 => println!("{check}: nothing to mend"),
        n => println!("{check}: {n} to mend"),
    }
    findings.is_empty()
}

/// The folder that holds the workspace's `Cargo.toml`.
pub fn root() -> Outcome<PathBuf> {
    // Asked of the environment, not of the compiler: a copied target folder must not point elsewhere.
    let start = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).or_else(|| std::env::current_dir().ok());
    start
        .as_deref()
        .and_then(|start| start.ancestors().find(|folder| folder.join("Cargo.lock").is_file()))
        .map(Path::to_owned)
        .ok_or_else(|| "no workspace here; run it inside the project".to_owned())
}

/// Every text file of the project, sorted by path.
pub fn read_all(root: &Path) -> Outcome<Vec<SourceFile>> {
    let mut found = Vec::new();
    collect(root, root, &mut found).map_err(|error| format!("cannot read the project's files: {error}"))?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<SourceFile>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if SKIPPED.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if kind.is_dir() {
            collect(root, &path, found)?;
        } else if kind.is_file()
            && let Ok(text) = String::from_utf8(std::fs::read(&path)?)
            && let Ok(relative) = path.strip_prefix(root)
        {
            found.push(SourceFile { path: relative.to_string_lossy().into_owned(), text });
        }
    }
    Ok(())
}

#[cfg(test)]
pub fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}
