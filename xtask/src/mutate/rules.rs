//! A copy of the sources in which every rule can be switched off while the program runs: each function that answers
//! yes or no, a refusal, or changes, begins by asking whether it shall answer something simple instead. So all rules
//! are built once, and a run chooses among them by a variable of the environment. Does not know what any rule means.

use crate::Outcome;
use crate::files::SKIPPED;
use crate::rust_source::{Keep, blank, test_lines};
use std::path::{Path, PathBuf};

/// The variable that names the rules to switch off, by number, with commas between.
pub(super) const VARIABLE: &str = "GUILDHALL_MUTANTS";

/// Where rules are written, and how the switch is called from there.
const PLACES: [(&str, &str); 3] = [
    ("crates/domain/src", "crate::mutants::on"),
    ("crates/server/src/ops", "guildhall_domain::mutants::on"),
    ("crates/server/src/console", "guildhall_domain::mutants::on"),
];

/// What a function of this type answers when its rule is off. The order is that of trying: the first are nearest to
/// one rule.
const ANSWERS: [(&str, &str, usize); 10] = [
    ("Result<(), Refusal>", "Ok(())", 0),
    ("Result<(), Stop>", "Ok(())", 0),
    ("Result<(), KnobError>", "Ok(())", 0),
    ("Result<Vec<Change>, Refusal>", "Ok(Vec::new())", 1),
    ("Vec<Change>", "Vec::new()", 1),
    ("Option<Change>", "None", 1),
    ("bool", "true", 2),
    ("bool", "false", 2),
    ("Option<Refusal>", "None", 0),
    ("Option<String>", "None", 2),
];

/// The switch itself.
const SWITCH: &str = "
/// Rules that are switched off.
pub mod mutants {
    /// Whether this one is.
    pub fn on(rule: u32) -> bool {
        static OFF: std::sync::OnceLock<Vec<u32>> = std::sync::OnceLock::new();
        let read = || std::env::var(\"GUILDHALL_MUTANTS\").unwrap_or_default();
        OFF.get_or_init(|| read().split(',').filter_map(|n| n.parse().ok()).collect()).contains(&rule)
    }
}
";

/// A rule that can be switched off; its number is its place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// `crates/domain/src/member.rs: guard_state = Ok(())`
    pub(super) name: String,
    /// Smaller is tried first.
    pub(super) order: usize,
}

/// Copies the sources with their switches to `tree`. What is the same already is left alone, so that little is built.
pub(super) fn plant(root: &Path, tree: &Path) -> Outcome<Vec<Rule>> {
    let mut rules = Vec::new();
    for name in ["crates", "xtask", "presets", "docs", "Cargo.toml", "Cargo.lock"] {
        copy(root, tree, Path::new(name), &mut rules)?;
    }
    // The providers that tests sign in by, as they are installed.
    let (tests, link) = (root.join("tests"), tree.join("tests"));
    if !link.exists() {
        std::os::unix::fs::symlink(&tests, &link).map_err(|e| format!("cannot link `{}`: {e}", link.display()))?;
    }
    Ok(rules)
}

fn copy(root: &Path, tree: &Path, path: &Path, rules: &mut Vec<Rule>) -> Outcome<()> {
    let (from, to) = (root.join(path), tree.join(path));
    let failed = |error: std::io::Error| format!("cannot copy `{}`: {error}", from.display());
    if from.is_dir() {
        std::fs::create_dir_all(&to).map_err(failed)?;
        let entries: Vec<PathBuf> =
            std::fs::read_dir(&from).map_err(failed)?.flatten().map(|entry| path.join(entry.file_name())).collect();
        let mut entries: Vec<PathBuf> = entries
            .into_iter()
            .filter(|e| e.file_name().is_none_or(|name| !SKIPPED.iter().any(|s| name == *s)))
            .collect();
        entries.sort();
        return entries.iter().try_for_each(|entry| copy(root, tree, entry, rules));
    }
    let mut bytes = std::fs::read(&from).map_err(failed)?;
    let shown = path.display().to_string();
    let switch = PLACES.iter().find(|(place, _)| shown.starts_with(place) && shown.ends_with(".rs"));
    if let (Some((_, switch)), Ok(text)) = (switch, std::str::from_utf8(&bytes)) {
        let mut planted = planted(text, &shown, switch, rules);
        if shown == "crates/domain/src/lib.rs" {
            planted.push_str(SWITCH);
        }
        bytes = planted.into_bytes();
    }
    if std::fs::read(&to).is_ok_and(|known| known == bytes) {
        Ok(())
    } else {
        std::fs::write(&to, bytes).map_err(failed)
    }
}

/// The text with a switch at the beginning of each function that has a simple answer.
fn planted(text: &str, path: &str, switch: &str, rules: &mut Vec<Rule>) -> String {
    let code: Vec<char> = blank(text, Keep::Code).chars().collect();
    let tests = test_lines(&code.iter().collect::<String>());
    let (mut out, mut line) = (String::with_capacity(text.len() * 2), 0);
    let mut due: Option<(usize, String)> = None;
    let mut seen: Vec<String> = Vec::new();
    for (at, c) in text.chars().enumerate() {
        out.push(c);
        line += usize::from(c == '\n');
        if let Some((_, switches)) = due.take_if(|(place, _)| *place == at) {
            out.push_str(&switches);
        }
        if !starts_function(&code, at) || tests.get(line).copied().unwrap_or(false) {
            continue;
        }
        let Some((name, answer, body)) = signature(&code, at) else { continue };
        seen.push(name.clone());
        let nth = seen.iter().filter(|other| **other == name).count();
        let nth = if nth > 1 { format!("#{nth}") } else { String::new() };
        let mut switches = String::new();
        for (_, value, order) in ANSWERS.iter().filter(|(of, ..)| *of == answer) {
            switches.push_str(&format!(" if {switch}({}) {{ return {value}; }}", rules.len()));
            rules.push(Rule { name: format!("{path}: {name}{nth} = {value}"), order: *order });
        }
        due = Some((body, switches));
    }
    out
}

/// Whether `fn ` stands here, of a function that may ask: not a `const` one.
fn starts_function(code: &[char], at: usize) -> bool {
    let here: String = code.iter().skip(at).take(3).collect();
    let before: String = code.iter().take(at).rev().take(6).collect::<Vec<_>>().into_iter().rev().collect();
    here == "fn " && !before.ends_with("const ") && !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Name, type of the answer, and where the brace of the body stands.
fn signature(code: &[char], at: usize) -> Option<(String, String, usize)> {
    let (mut brackets, mut end) = (0_i32, None);
    for (place, c) in code.iter().enumerate().skip(at) {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            ';' if brackets == 0 => return None,
            '{' if brackets == 0 => {
                end = Some(place);
                break;
            }
            _ => {}
        }
    }
    let end = end?;
    let head: String = code.get(at + 3..end)?.iter().collect();
    let name: String = head.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let tidy = head.split_whitespace().collect::<Vec<_>>().join(" ");
    let answer = tidy.split(" where ").next()?.rsplit_once("-> ")?.1.to_owned();
    Some((name, answer, end)).filter(|(name, ..)| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_with_a_simple_answer_get_a_switch_and_keep_their_lines() {
        let text = "impl A {\n    pub fn may(&self, x: [u8; 2]) -> bool {\n        x == [1, 2] // fn no() -> bool {\n    }\n}\nconst fn fixed() -> bool { true }\npub fn guard<T>(\n    t: T,\n) -> Result<(), Refusal>\nwhere\n    T: Copy,\n{\n    Ok(())\n}\nfn other() -> u8 { 1 }\nfn may() -> bool { false }\n#[cfg(test)]\nmod tests {\n    fn helper() -> bool { true }\n}\n";
        let mut rules = Vec::new();
        let made = planted(text, "a.rs", "on", &mut rules);
        let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        let all = [
            "a.rs: may = true",
            "a.rs: may = false",
            "a.rs: guard = Ok(())",
            "a.rs: may#2 = true",
            "a.rs: may#2 = false",
        ];
        assert_eq!(names, all);
        assert!(made.contains("-> bool { if on(0) { return true; } if on(1) { return false; }\n"), "{made}");
        assert!(made.contains("{ if on(2) { return Ok(()); }\n    Ok(())"), "{made}");
        assert_eq!(made.lines().count(), text.lines().count());
    }
}
