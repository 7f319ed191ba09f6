//! Which packages take part: in the build, as cargo resolves it for every platform, and in the browser
//! tests. Judges none of them.

use crate::Outcome;
use crate::cargo::cargo;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// The manifests of the browser tests, of the providers that tests talk to, and of the bench's peers.
pub const OF_TESTS: [&str; 3] =
    ["tests/browser/package.json", "tests/providers/package.json", "crates/bench/npm/package.json"];

/// A package of the build, as `cargo metadata` tells it.
pub struct Package {
    pub name: String,
    pub version: String,
    pub licence: Option<String>,
    /// `None` for our own crates.
    pub source: Option<String>,
    /// The folder relative to the root, for our own crates.
    pub folder: String,
    pub dependencies: Vec<Dependency>,
}

pub struct Dependency {
    pub name: String,
    /// The name in code, where the manifest gives it another.
    pub rename: Option<String>,
    pub ours: bool,
    pub only_tests: bool,
}

fn metadata(root: &Path) -> Outcome<Value> {
    let output = cargo(root)
        .args(["metadata", "--format-version", "1", "--locked"])
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("`cargo metadata --locked` failed:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cannot read cargo's metadata: {error}"))
}

/// The packages that take part in the build; the rest of the lock file is of no interest.
pub fn of_build(root: &Path) -> Outcome<Vec<Package>> {
    let metadata = metadata(root)?;
    let nodes = metadata["resolve"]["nodes"].as_array().ok_or("cargo's metadata has no resolve graph")?;
    let built: BTreeSet<&str> = nodes.iter().filter_map(|node| node["id"].as_str()).collect();
    let all = metadata["packages"].as_array().ok_or("cargo's metadata has no packages")?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let packages = all.iter().filter(|package| package["id"].as_str().is_some_and(|id| built.contains(id)));
    Ok(packages
        .map(|package| Package {
            name: text(&package["name"]).unwrap_or_default(),
            version: text(&package["version"]).unwrap_or_default(),
            licence: text(&package["license"]),
            source: text(&package["source"]),
            folder: folder(package["manifest_path"].as_str().unwrap_or_default(), root),
            dependencies: package["dependencies"].as_array().into_iter().flatten().map(dependency).collect(),
        })
        .collect())
}

fn dependency(value: &Value) -> Dependency {
    Dependency {
        name: value["name"].as_str().unwrap_or_default().to_owned(),
        rename: value["rename"].as_str().map(str::to_owned),
        ours: value["source"].is_null(),
        only_tests: value["kind"].as_str() == Some("dev"),
    }
}

fn folder(manifest: &str, root: &Path) -> String {
    let folder = Path::new(manifest).parent().unwrap_or(root);
    folder.strip_prefix(root).unwrap_or(folder).to_string_lossy().into_owned()
}

/// The names of the packages that a manifest of the tests installs.
pub fn of_tests(text: &str) -> Outcome<Vec<String>> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("a manifest of the tests: {error}"))?;
    let sections = ["dependencies", "devDependencies"].iter().filter_map(|section| value[section].as_object());
    Ok(sections.flat_map(|section| section.keys().cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_of_the_browser_tests_are_direct_dependencies_too() {
        assert_eq!(of_tests("{\"devDependencies\":{\"axe-core\":\"1.0.0\"}}"), Ok(vec!["axe-core".to_owned()]));
    }
}
