//! Checks of direction: which crate may know which, what the pure crate may touch, and that the two
//! engines are named only behind the seam.

use crate::files::{Finding, SourceFile};
use crate::rust_source::{Keep, blank, test_lines, words};

/// Which of our crates each crate may depend on, from the top of the house down.
const MAY_KNOW: [(&str, &[&str]); 7] = [
    ("crates/cli", &["guildhall-server", "guildhall-store", "guildhall-domain"]),
    ("crates/server", &["guildhall-store", "guildhall-domain"]),
    ("crates/store", &["guildhall-domain"]),
    ("crates/domain", &[]),
    ("crates/testkit", &["guildhall-server", "guildhall-store", "guildhall-domain"]),
    ("crates/bench", &["guildhall-server", "guildhall-store", "guildhall-domain"]),
    ("xtask", &[]),
];

/// The outside crates that the pure crate may use: formats, names, ids, dates and sets as values.
const DOMAIN_MAY_USE: [&str; 9] =
    ["cel", "idna", "roaring", "serde", "serde_json", "time", "toml", "unicode-normalization", "uuid"];

/// The drivers, by the names their crates have in code.
const ENGINES: [&str; 3] = ["rusqlite", "postgres", "tokio_postgres"];

/// What would make the pure crate depend on its surroundings: clock, chance, files, net, threads.
const IMPURE: [&str; 13] = [
    "async",
    "await",
    "SystemTime",
    "Instant",
    "now_utc",
    "now_local",
    "now_v7",
    "new_v4",
    "getrandom",
    "TcpStream",
    "env",
    "fs",
    "thread",
];

/// The dependencies of each crate point down the house, and test support stays in tests.
pub fn crates(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (folder, may_know) in MAY_KNOW {
        let path = format!("{folder}/Cargo.toml");
        let Some(file) = files.iter().find(|f| f.path == path) else {
            continue;
        };
        for (line, section, name) in dependencies(&file.text) {
            let ours = name.starts_with("guildhall");
            let only_tests = section == "dev-dependencies";
            let message = if name == "guildhall-testkit" {
                let message = "is test support; move it to [dev-dependencies]";
                (!only_tests || folder == "xtask").then(|| format!("`{name}` {message}"))
            } else if ours && !may_know.contains(&name) && !only_tests {
                Some(format!(
                    "`{folder}` may not depend on `{name}`; cli → server → store → domain is the only direction"
                ))
            } else if folder == "crates/domain" && !ours && !only_tests && !DOMAIN_MAY_USE.contains(&name) {
                Some(format!("the pure crate may not use `{name}`; pass what it gives in as a value"))
            } else {
                None
            };
            findings.extend(message.map(|message| Finding::new(&path, line, message)));
        }
    }
    findings
}

/// `(line, section, crate)` of every dependency in a `Cargo.toml` as we write them, one a line.
fn dependencies(manifest: &str) -> Vec<(usize, &str, &str)> {
    let mut section = "";
    let mut found = Vec::new();
    for (index, line) in manifest.lines().enumerate() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if section.ends_with("dependencies") && !line.starts_with('#') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if !name.is_empty() {
                found.push((index + 1, section, name));
            }
        }
    }
    found
}

/// The lines of a file's code that are no test, blanked, with their numbers.
fn product_lines(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let in_test = test_lines(code);
    code.lines()
        .enumerate()
        .filter(move |(index, _)| !in_test.get(*index).copied().unwrap_or(false))
        .map(|(index, line)| (index + 1, line))
}

/// The engines' crates are used only in the driver, by the test support that makes databases, and by the
/// bench that measures beside them.
pub fn engines(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let may = ["crates/store/src/driver", "crates/testkit/", "crates/bench/"];
    let seam = |path: &str| may.iter().any(|folder| path.starts_with(folder));
    let product = files.iter().filter(|f| f.extension() == "rs" && f.path.starts_with("crates/"));
    for file in product.filter(|f| !f.is_test() && !seam(&f.path)) {
        for (number, line) in product_lines(&blank(&file.text, Keep::Code)) {
            if let Some(engine) = ENGINES.iter().find(|engine| uses_crate(line, engine)) {
                let message =
                    format!("uses the crate `{engine}`; only crates/store/src/driver* may, ask it through the seam");
                findings.push(Finding::new(&file.path, number, message));
            }
        }
    }
    findings
}

/// The domain touches nothing of its surroundings.
pub fn purity(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let domain = files.iter().filter(|f| f.extension() == "rs" && f.path.starts_with("crates/domain/src/"));
    for file in domain.filter(|f| !f.is_test()) {
        for (number, line) in product_lines(&blank(&file.text, Keep::Code)) {
            if let Some((_, word)) = words(line).find(|(_, word)| IMPURE.contains(word)) {
                let message = format!("`{word}` in the pure crate; let the caller pass the value in");
                findings.push(Finding::new(&file.path, number, message));
            }
        }
    }
    findings
}

/// Whether a line of blanked code uses a crate: by a path that begins with its name, or by importing it.
fn uses_crate(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (line.get(..at).unwrap_or_default(), line.get(at + name.len()..).unwrap_or_default());
        let inside = before.ends_with(|c: char| c.is_alphanumeric() || "_:.".contains(c)) && !before.ends_with(" ::");
        !inside && (after.starts_with("::") || (before.ends_with("use ") && after.starts_with([';', ' '])))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::file;

    fn messages(path: &str, text: &str) -> Vec<String> {
        crates(&[file(path, text)]).into_iter().map(|f| f.message).collect()
    }

    #[test]
    fn dependencies_point_down_only() {
        let up = "[dependencies]\nguildhall-server.workspace = true\n";
        assert_eq!(messages("crates/store/Cargo.toml", up).len(), 1);
        assert!(messages("crates/cli/Cargo.toml", up).is_empty());
        assert_eq!(messages("xtask/Cargo.toml", up).len(), 1);
    }

    #[test]
    fn test_support_stays_in_tests() {
        assert_eq!(
            messages("crates/server/Cargo.toml", "[dependencies]\nguildhall-testkit.workspace = true\n").len(),
            1
        );
        assert!(
            messages("crates/server/Cargo.toml", "[dev-dependencies]\nguildhall-testkit.workspace = true\n").is_empty()
        );
    }

    #[test]
    fn the_pure_crate_uses_a_short_list() {
        let found = messages(
            "crates/domain/Cargo.toml",
            "[package]\nname = \"x\"\n\n[dependencies]\nserde = \"1\"\ntokio = \"1\"\n",
        );
        assert_eq!(found, ["the pure crate may not use `tokio`; pass what it gives in as a value"]);
    }

    #[test]
    fn engines_are_named_only_behind_the_seam() {
        let code = "//! postgres\nuse rusqlite::Connection;\nlet url = \"postgres://\";\nuse crate::driver::postgres::Postgres;\n\
                    fn postgres(config: &postgres::Config) {}\n";
        let found = engines(&[file("crates/store/src/members.rs", code)]);
        assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [2, 5]);
        let quiet = [file("crates/store/src/driver/sqlite.rs", code), file("crates/store/tests/a.rs", code)];
        assert!(engines(&quiet).is_empty());
    }

    #[test]
    fn the_domain_has_no_clock() {
        let code = "let now = OffsetDateTime::now_utc();\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
        assert_eq!(purity(&[file("crates/domain/src/a.rs", code)]).len(), 1);
        assert!(purity(&[file("crates/server/src/a.rs", code)]).is_empty());
    }
}
