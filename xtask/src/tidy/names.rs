//! Checks of names: modules are called after their subject, and no code asks which preset it serves.

use crate::files::{Finding, SourceFile};
use crate::rust_source::{Keep, blank, test_lines};

/// Names that say nothing, and so gather everything.
const EMPTY_NAMES: [&str; 7] = ["utils", "util", "helpers", "helper", "manager", "common", "misc"];
/// What stands on a line that compares.
const COMPARISONS: [&str; 4] = ["==", "!=", "=>", "matches!("];

/// No module is called `utils` or the like, be it a file or an inline module.
pub fn modules(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let message = |name: &str| format!("a module called `{name}`; call it after its subject");
    for file in files.iter().filter(|f| f.extension() == "rs") {
        let parts = file.path.trim_end_matches(".rs").split('/');
        for part in parts.filter(|part| EMPTY_NAMES.contains(part)) {
            findings.push(Finding::new(&file.path, 1, message(part)));
        }
        for (index, line) in blank(&file.text, Keep::Code).lines().enumerate() {
            let declared = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub ");
            let name = declared.strip_prefix("mod ").and_then(|rest| rest.strip_suffix('{')).map(str::trim);
            if let Some(name) = name.filter(|name| EMPTY_NAMES.contains(name)) {
                findings.push(Finding::new(&file.path, index + 1, message(name)));
            }
        }
    }
    findings
}

/// No comparison with the name of a preset outside tests: presets are data, and an engine that knows
/// them by name is as many engines as there are presets.
pub fn presets_compared(files: &[SourceFile]) -> Vec<Finding> {
    let preset = |file: &SourceFile| Some(file.path.strip_prefix("presets/")?.strip_suffix(".toml")?.to_owned());
    let presets: Vec<String> = files.iter().filter_map(preset).collect();
    let mut findings = Vec::new();
    let product = files.iter().filter(|f| f.extension() == "rs" && f.path.starts_with("crates/"));
    for file in product.filter(|f| !f.is_test() && !f.path.starts_with("crates/testkit/")) {
        let in_test = test_lines(&blank(&file.text, Keep::Code));
        for (index, line) in blank(&file.text, Keep::CodeAndStrings).lines().enumerate() {
            let named = presets.iter().find(|name| line.contains(&format!("\"{name}\"")));
            let compares = COMPARISONS.iter().any(|sign| line.contains(sign));
            let tested = in_test.get(index).copied().unwrap_or(false);
            if let Some(name) = named.filter(|_| compares && !tested) {
                let message = format!("asks for the preset `{name}` by name; give the presets a knob and ask for that");
                findings.push(Finding::new(&file.path, index + 1, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::file;

    #[test]
    fn empty_module_names_are_refused_as_files_folders_and_inline() {
        let bad = [
            file("crates/a/src/utils.rs", ""),
            file("crates/a/src/helpers/mod.rs", ""),
            file("crates/a/src/b.rs", "pub mod common {\n}\n"),
        ];
        assert_eq!(modules(&bad).len(), 3);
        assert!(modules(&[file("crates/a/src/commons.rs", "mod utility;\n// mod utils {\n")]).is_empty());
    }

    #[test]
    fn comparing_with_a_preset_is_refused_and_loading_one_is_not() {
        let compare = "fn a(p: &str) -> bool {\n    p == \"cloudtruth\"\n}\n";
        let [one, two] = ["presets/cloudtruth.toml", "presets/onyx.toml"].map(|path| file(path, ""));
        let found = presets_compared(&[one, file("crates/domain/src/a.rs", compare)]);
        assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [2]);
        let fine = "const A: (&str, &str) = (\"cloudtruth\", FILE);\n// if p == \"onyx\"\n";
        let tested = format!("#[cfg(test)]\nmod tests {{\n{compare}}}\n");
        let quiet = [two, file("crates/domain/src/a.rs", fine), file("crates/domain/src/b.rs", &tested)];
        assert!(presets_compared(&quiet).is_empty());
    }
}
