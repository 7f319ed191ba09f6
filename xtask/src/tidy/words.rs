//! Checks of words that must not be in the project: places of one machine, and hosts that packages
//! come from (where they come from is the business of whoever builds).

use crate::files::{Finding, SourceFile};

/// Paths of somebody's machine; each counts only at the start of a path.
const MACHINE_PATHS: [&str; 5] = ["/work/", "/tmp/", "/home/", "/root/", "/Users/"];

/// Hosts of package registries, put together here so that this file does not name them.
const HOSTS: [&str; 5] = [
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted"),
];

/// No file names a registry's host; only tests and xtask name places of the machine.
pub fn forbidden(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Cargo writes the name of its index into its lock files, and nothing can be done about that.
    for file in files.iter().filter(|f| !f.path.ends_with("Cargo.lock")) {
        let local = file.is_test() || file.path.starts_with("xtask/") || file.path.starts_with("crates/testkit/");
        for (index, line) in file.text.lines().enumerate() {
            if let Some(host) = HOSTS.iter().find(|host| line.contains(*host)) {
                let message = format!("names the registry `{host}`; leave the address out");
                findings.push(Finding::new(&file.path, index + 1, message));
            }
            if let Some(path) = MACHINE_PATHS.iter().find(|path| !local && names_path(line, path)) {
                let message = format!("names `{path}`, a place of one machine; use a relative path or a parameter");
                findings.push(Finding::new(&file.path, index + 1, message));
            }
        }
    }
    findings
}

/// Whether the path stands at its own start, not in the middle of an address or a longer path.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|start| start.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || "/._-}*".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::file;

    #[test]
    fn machine_paths_are_found_where_they_start() {
        let text = "see /work/x\nhttps://a.example/work/x\ntarget/tmp/x\nopen(\"/tmp/x\")\n";
        let found = forbidden(&[file("docs/a.md", text)]);
        assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [1, 4]);
        assert!(forbidden(&[file("crates/a/tests/b.rs", text), file("xtask/src/a.rs", text)]).is_empty());
    }

    #[test]
    fn registries_are_not_named_anywhere() {
        let text = format!("\"resolved\": \"https://registry.{}/a\"\n", HOSTS[0]);
        assert_eq!(forbidden(&[file("tests/browser/package-lock.json", &text)]).len(), 1);
        assert!(forbidden(&[file("Cargo.lock", &text)]).is_empty());
    }
}
