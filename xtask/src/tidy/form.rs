//! Checks of form: lengths, module headers, white space.

use crate::files::{Finding, SourceFile};
use crate::rust_source::{Keep, blank, functions, test_lines};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;
/// Kinds of file that people read from top to bottom.
const MEASURED: [&str; 6] = ["rs", "css", "js", "mjs", "html", "sql"];
/// Kinds of file in which a tab is an accident.
const TABLESS: [&str; 13] = ["rs", "css", "js", "mjs", "html", "sql", "toml", "md", "json", "yml", "sh", "svg", "txt"];

/// Files are read whole, so they fit into a head.
pub fn lengths(files: &[SourceFile]) -> Vec<Finding> {
    let measured = files.iter().filter(|f| MEASURED.contains(&f.extension()) && !f.is_generated());
    measured
        .filter_map(|file| {
            let lines = file.text.lines().count();
            (lines > FILE_LINES).then(|| {
                let message =
                    format!("{lines} lines, at most {FILE_LINES}; split it where one subject ends and the next begins");
                Finding::new(&file.path, lines, message)
            })
        })
        .collect()
}

/// A function does one thing and shows it on one screen; tests may tell longer stories.
pub fn function_lengths(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|f| f.extension() == "rs" && !f.is_test()) {
        let code = blank(&file.text, Keep::Code);
        let in_test = test_lines(&code);
        for function in functions(&code) {
            let tested = in_test.get(function.first_line - 1).copied().unwrap_or(false);
            if function.lines() > FUNCTION_LINES && !tested {
                let message = format!(
                    "`{}` has {} lines, at most {FUNCTION_LINES}; name its steps and move them into functions of their own",
                    function.name,
                    function.lines()
                );
                findings.push(Finding::new(&file.path, function.first_line, message));
            }
        }
    }
    findings
}

/// Every module says what it does and what it does not do; tests in a file beside their subject say it
/// by their name.
pub fn module_headers(files: &[SourceFile]) -> Vec<Finding> {
    files
        .iter()
        .filter(|f| f.extension() == "rs" && !f.path.ends_with("tests.rs"))
        .filter(|f| !f.text.trim_start().starts_with("//!"))
        .map(|f| Finding::new(&f.path, 1, "begins without `//!`; say what the module does and what it does not do"))
        .collect()
}

/// No stray white space, so that differences show only what was meant.
pub fn whitespace(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|f| !f.is_generated() && !f.text.is_empty()) {
        let tabless = TABLESS.contains(&file.extension());
        for (index, line) in file.text.lines().enumerate() {
            if line.ends_with([' ', '\t', '\r']) {
                findings.push(Finding::new(&file.path, index + 1, "white space at the end of the line; delete it"));
            }
            if tabless && line.contains('\t') {
                findings.push(Finding::new(&file.path, index + 1, "a tab; write spaces, or `\\t` in a string"));
            }
        }
        if !file.text.ends_with('\n') {
            let last = file.text.lines().count();
            findings.push(Finding::new(&file.path, last, "no line break at the end of the file; add one"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::file;

    #[test]
    fn a_file_of_401_lines_is_too_long_and_400_are_not() {
        let (long, fits) = ("x\n".repeat(401), "x\n".repeat(400));
        assert_eq!(lengths(&[file("a.css", &long)]).len(), 1);
        assert!(lengths(&[file("a.css", &fits), file("Cargo.lock", &long), file("docs/a.md", &long)]).is_empty());
    }

    #[test]
    fn a_long_function_is_named_but_not_in_tests() {
        let long = format!("fn long() {{\n{}}}\n", "    a();\n".repeat(70));
        let found = function_lengths(&[file("crates/a/src/b.rs", &long)]);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.starts_with("`long` has 72 lines"), "{:?}", found[0]);
        let tested = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n");
        let quiet = [file("crates/a/src/b.rs", &tested), file("crates/a/tests/b.rs", &long)];
        assert!(function_lengths(&quiet).is_empty());
    }

    #[test]
    fn a_module_begins_with_its_purpose() {
        assert_eq!(module_headers(&[file("a.rs", "use b;\n")]).len(), 1);
        assert!(
            module_headers(&[
                file("a.rs", "//! Does a.\nuse b;\n"),
                file("a_tests.rs", "use super::*;\n"),
                file("a.md", "# a\n")
            ])
            .is_empty()
        );
    }

    #[test]
    fn stray_white_space_is_found_with_its_line() {
        let found = whitespace(&[file("a.rs", "a \n\tb\nc")]);
        assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(whitespace(&[file("Makefile", "a:\n\tb\n"), file("a.rs", "a\n")]).is_empty());
    }
}
