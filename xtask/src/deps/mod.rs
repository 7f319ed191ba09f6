//! `cargo xtask deps`: no banned crate and no foreign source in the build, only licences we may pass on,
//! a reason in writing for every direct dependency, and a use for each. The rules stand in `.config/deps.toml`.
//! Does not ask any advisory database: that needs a network.

mod adr;
mod packages;
mod spdx;

use crate::Outcome;
use crate::files::{Finding, SourceFile, read_all, report};
use crate::rust_source::{Keep, blank, words};
use packages::Package;
use std::collections::BTreeSet;
use std::path::Path;

const POLICY: &str = ".config/deps.toml";

/// What `.config/deps.toml` says.
struct Policy {
    licences: Vec<String>,
    /// Crate and reason.
    banned: Vec<(String, String)>,
    /// Direct dependencies that work without being named in code.
    unnamed: Vec<String>,
}

/// Runs all checks; false when something is to mend.
pub fn run(root: &Path) -> Outcome<bool> {
    let files = read_all(root)?;
    let text = |path: &str| files.iter().find(|f| f.path == path).map(|f| f.text.as_str());
    let policy = read_policy(text(POLICY).ok_or_else(|| format!("`{POLICY}` is missing"))?)?;
    let packages = packages::of_build(root)?;
    let mut of_tests = Vec::new();
    for manifest in packages::OF_TESTS {
        of_tests.extend(text(manifest).map(packages::of_tests).transpose()?.unwrap_or_default());
    }
    let mut findings = banned(&policy, &packages);
    findings.extend(licences(&policy, &packages));
    findings.extend(reasons(text(adr::PAGE).unwrap_or_default(), &packages, &of_tests));
    findings.extend(unused(&policy, &packages, &files));
    Ok(report("deps", findings))
}

fn read_policy(text: &str) -> Outcome<Policy> {
    let table: toml::Table = text.parse().map_err(|error| format!("`{POLICY}`: {error}"))?;
    let list = |value: Option<&toml::Value>| -> Vec<String> {
        let items = value.and_then(toml::Value::as_array).into_iter().flatten();
        items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let banned = table.get("banned").and_then(toml::Value::as_table).into_iter().flatten();
    let policy = Policy {
        licences: list(table.get("licences")),
        banned: banned.map(|(name, why)| (name.clone(), why.as_str().unwrap_or_default().to_owned())).collect(),
        unnamed: list(table.get("unnamed")),
    };
    match policy.licences.is_empty() || policy.banned.is_empty() {
        true => Err(format!("`{POLICY}` needs the list `licences` and the table `banned`")),
        false => Ok(policy),
    }
}

/// No crate that the policy bans, and none from anywhere but the registry.
fn banned(policy: &Policy, packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        if let Some((_, why)) = policy.banned.iter().find(|(name, _)| *name == package.name) {
            let message = format!("`{}` is banned: {why}; find who brings it with `cargo tree -i {0}`", package.name);
            findings.push(Finding::new("Cargo.lock", 1, message));
        }
        if let Some(source) = package.source.as_ref().filter(|source| !source.starts_with("registry+")) {
            let message = format!("`{}` comes from `{source}`; take a released version", package.name);
            findings.push(Finding::new("Cargo.lock", 1, message));
        }
    }
    findings
}

/// Every licence of the build is one that the policy allows.
fn licences(policy: &Policy, packages: &[Package]) -> Vec<Finding> {
    let refusal = |package: &Package| match &package.licence {
        None => Some("it names no licence".to_owned()),
        Some(licence) => match spdx::is_allowed(licence, &policy.licences) {
            Ok(true) => None,
            Ok(false) => Some(format!("its licence is `{licence}`")),
            Err(message) => Some(message),
        },
    };
    let refused = packages.iter().filter_map(|package| {
        let why = refusal(package)?;
        let Package { name, version, .. } = package;
        let message = format!("`{name}` {version}: {why}; replace it, or allow the licence in {POLICY} with care");
        Some(Finding::new("Cargo.lock", 1, message))
    });
    refused.collect()
}

/// Every direct dependency has its line in the decision page, and every line its dependency.
fn reasons(page: &str, packages: &[Package], browser: &[String]) -> Vec<Finding> {
    let ours = packages.iter().filter(|package| package.source.is_none());
    let crates = ours.flat_map(|package| &package.dependencies).filter(|d| !d.ours).map(|d| d.name.as_str());
    let direct: BTreeSet<&str> = crates.chain(browser.iter().map(String::as_str)).collect();
    let named = adr::named(page);
    let missing = direct
        .iter()
        .filter(|name| !named.iter().any(|(_, n)| n == *name))
        .map(|name| Finding::new(adr::PAGE, 1, format!("`{name}` has no line; write its task and why it was chosen")));
    let stale = named.iter().filter(|(_, name)| !direct.contains(name)).map(|(line, name)| {
        Finding::new(adr::PAGE, *line, format!("`{name}` is no dependency any more; remove its line"))
    });
    missing.chain(stale).collect()
}

/// Every direct dependency is named in the code of the crate that asks for it.
fn unused(policy: &Policy, packages: &[Package], files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages.iter().filter(|package| package.source.is_none()) {
        let code = |part: &str| -> BTreeSet<String> {
            let folder = format!("{}/{part}", package.folder);
            let sources = files.iter().filter(|f| f.extension() == "rs" && f.path.starts_with(&folder));
            sources
                .flat_map(|f| words(&blank(&f.text, Keep::Code)).map(|(_, w)| w.to_owned()).collect::<Vec<_>>())
                .collect()
        };
        let (product, whole) = (code("src/"), code(""));
        for dependency in package.dependencies.iter().filter(|d| !policy.unnamed.contains(&d.name)) {
            let name = dependency.rename.as_ref().unwrap_or(&dependency.name).replace('-', "_");
            let used = if dependency.only_tests { whole.contains(&name) } else { product.contains(&name) };
            if !used {
                let path = format!("{}/Cargo.toml", package.folder);
                let message = format!("`{}` is not used in the code; remove it", dependency.name);
                findings.push(Finding::new(&path, 1, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::packages::Dependency;
    use super::*;
    use crate::files::file;

    fn policy() -> Policy {
        read_policy("licences = [\"MIT\"]\nunnamed = [\"quiet\"]\n[banned]\nopenssl-sys = \"C\"\n")
            .expect("a good policy")
    }

    fn package(name: &str, licence: Option<&str>, source: Option<&str>, uses: &[&str]) -> Package {
        let dependency =
            |name: &&str| Dependency { name: (*name).to_owned(), rename: None, ours: false, only_tests: false };
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: licence.map(str::to_owned),
            source: source.map(str::to_owned),
            folder: "crates/a".to_owned(),
            dependencies: uses.iter().map(dependency).collect(),
        }
    }

    #[test]
    fn banned_crates_and_foreign_sources_are_refused() {
        let build = [
            package("openssl-sys", None, Some("registry+index"), &[]),
            package("ours", None, None, &[]),
            package("forked", None, Some("git+https://a.example/x"), &[]),
        ];
        let found: Vec<String> = banned(&policy(), &build).into_iter().map(|f| f.message).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("`openssl-sys` is banned: C"), "{found:?}");
    }

    #[test]
    fn a_licence_off_the_list_and_a_missing_one_are_refused() {
        let build = [
            package("a", Some("MIT"), None, &[]),
            package("b", Some("GPL-3.0"), None, &[]),
            package("c", None, None, &[]),
        ];
        assert_eq!(licences(&policy(), &build).len(), 2);
    }

    #[test]
    fn every_dependency_has_a_reason_and_every_reason_a_dependency() {
        let page = "| `serde` | x | y |\n| `gone` | x | y |\n| `axe-core` | x | y |\n";
        let build = [package("ours", Some("MIT"), None, &["serde", "axum"])];
        let found = reasons(page, &build, &["axe-core".to_owned()]);
        assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [1, 2]);
        assert!(found[0].message.starts_with("`axum` has no line"), "{:?}", found[0]);
        assert!(found[1].message.starts_with("`gone` is no dependency"), "{:?}", found[1]);
    }

    #[test]
    fn a_dependency_must_be_named_in_code_not_in_comments() {
        let build = [package("ours", None, None, &["serde-json", "axum", "quiet"])];
        let code = [
            file("crates/a/src/lib.rs", "//! axum\nuse serde_json::Value;\n"),
            file("crates/b/src/lib.rs", "use axum;\n"),
        ];
        let found = unused(&policy(), &build, &code);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.starts_with("`axum` is not used"), "{:?}", found[0]);
    }
}
