//! A copy of the sources in which every rule can be switched off while the program runs: each function with a simple
//! answer, yes or no, a refusal, changes, a text, begins by asking whether it shall answer something fixed instead. So
//! all rules are built once, and a run chooses one by a variable of the environment. By another a run tells which rules
//! it passed through, and by a third it reads another text in the place of a preset's. Does not know what any rule means.

use crate::Outcome;
use crate::files::SKIPPED;
use crate::rust_source::{Keep, blank, test_lines};
use std::path::{Path, PathBuf};

/// The variable with the number of the rule to switch off.
pub(super) const OFF: &str = "GUILDHALL_MUTANTS";
/// The variable that names the file to which the numbers of the rules are added that a run comes to.
pub(super) const TRACE: &str = "GUILDHALL_MUTANTS_TRACE";
/// The variable that names a preset's file and the one to be read instead, with a colon between.
pub(super) const PRESET: &str = "GUILDHALL_MUTANTS_PRESET";

/// Where rules are written, how the switch is called from there, and how far that is from where rules are decided.
const PLACES: [(&str, &str, usize); 5] = [
    ("crates/domain/src/index", "crate::mutants", 4),
    ("crates/domain/src", "crate::mutants", 1),
    ("crates/server/src/ops", "guildhall_domain::mutants", 2),
    ("crates/server/src", "guildhall_domain::mutants", 4),
    ("crates/store/src", "guildhall_domain::mutants", 4),
];

/// Where presets are read, and the head of the function that does it.
const READER: (&str, &str) = ("crates/domain/src/preset/parse.rs", "pub fn parse(file: &str, text: &str) ->");

/// The switch itself.
const SWITCH: &str = r#"
/// Rules that are switched off, and presets that are read differently.
pub mod mutants {
    use std::io::Write;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Whether this rule is off. Notes the first time that it is asked for.
    pub fn on(rule: usize) -> bool {
        static OFF: OnceLock<Option<usize>> = OnceLock::new();
        static SEEN: [AtomicU64; 128] = [const { AtomicU64::new(0) }; 128];
        let bit = 1 << (rule % 64);
        if let Some(word) = SEEN.get(rule / 64)
            && word.load(Ordering::Relaxed) & bit == 0
            && word.fetch_or(bit, Ordering::Relaxed) & bit == 0
        {
            note(rule);
        }
        *OFF.get_or_init(|| std::env::var("GUILDHALL_MUTANTS").ok()?.parse().ok()) == Some(rule)
    }

    fn note(rule: usize) {
        let Some(path) = std::env::var_os("GUILDHALL_MUTANTS_TRACE") else { return };
        if let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(path) {
            let _ = file.write_all(format!("{rule}\n").as_bytes());
        }
    }

    /// A preset's text, or what is to be read in its place.
    pub fn preset(text: &str) -> &str {
        static OTHER: OnceLock<Option<(String, String)>> = OnceLock::new();
        let read = || {
            let paths = std::env::var("GUILDHALL_MUTANTS_PRESET").ok()?;
            let (was, is) = paths.split_once(':')?;
            Some((std::fs::read_to_string(was).ok()?, std::fs::read_to_string(is).ok()?))
        };
        OTHER.get_or_init(read).as_ref().filter(|(was, _)| was == text).map_or(text, |(_, is)| is)
    }
}
"#;

/// A rule that can be switched off; its number is its place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// `crates/domain/src/member.rs: guard_state = Ok(())`
    pub(super) name: String,
    /// How far it is from a single decision: the nearest are tried first.
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
        // What is here no more would still be built there.
        for gone in std::fs::read_dir(&to).map_err(failed)?.flatten().map(|entry| entry.path()) {
            if gone.is_file() && !gone.file_name().is_some_and(|name| from.join(name).exists()) {
                std::fs::remove_file(&gone).map_err(failed)?;
            }
        }
        return entries.iter().try_for_each(|entry| copy(root, tree, entry, rules));
    }
    let mut bytes = std::fs::read(&from).map_err(failed)?;
    let shown = path.display().to_string();
    let is_code = shown.ends_with(".rs") && !shown.ends_with("tests.rs");
    let switch = PLACES.iter().find(|(place, ..)| shown.starts_with(place) && is_code);
    if let (Some((_, switch, far)), Ok(text)) = (switch, std::str::from_utf8(&bytes)) {
        let first = rules.len();
        let mut planted = planted(text, &shown, switch, rules);
        rules.iter_mut().skip(first).for_each(|rule| rule.order *= far);
        if shown == READER.0 {
            let (before, head) = planted.split_once(READER.1).ok_or("nobody reads presets any more")?;
            let (head, body) = head.split_once('{').ok_or("nobody reads presets any more")?;
            let other = "{ let text = crate::mutants::preset(text);";
            planted = format!("{before}{}{head}{other}{body}", READER.1);
        }
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
        for (value, order) in answers(&answer) {
            switches.push_str(&format!(" if {switch}::on({}) {{ return {value}; }}", rules.len()));
            rules.push(Rule { name: format!("{path}: {name}{nth} = {value}"), order });
        }
        due = Some((body, switches));
    }
    out
}

/// What a function of this type answers when its rule is off, and how far that is from a single decision.
fn answers(of: &str) -> Vec<(String, usize)> {
    let inside = |outer: &str| of.strip_prefix(outer)?.strip_prefix('<')?.strip_suffix('>');
    if of.contains("impl ") {
        return Vec::new();
    }
    let simple = match of {
        "bool" => &["true", "false"][..],
        "Mask" => &["Mask::EMPTY", "Mask::ALL"],
        "String" => &["String::new()"],
        "&str" | "& static str" => &["\"\""],
        "usize" | "u64" | "u32" | "i64" => &["0"],
        "()" => &["()"],
        _ if inside("Option").is_some() => &["None"],
        _ if inside("Vec").is_some() => &["Vec::new()"],
        _ => &[],
    };
    if let Some(inner) = inside("Result") {
        let mut depth = 0;
        let end = inner.find(|c| {
            depth += i32::from(matches!(c, '<' | '(' | '[')) - i32::from(matches!(c, '>' | ')' | ']'));
            c == ',' && depth == 0
        });
        let good = answers(inner.get(..end.unwrap_or(0)).unwrap_or_default());
        return good.into_iter().map(|(value, order)| (format!("Ok({value})"), order.max(2) - 1)).collect();
    }
    let order = match of {
        "Option<Refusal>" => 1,
        "()" => 2,
        "bool" | "Vec<Change>" | "Option<Change>" => 3,
        _ => 4,
    };
    simple.iter().map(|value| ((*value).to_owned(), order)).collect()
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
    let answer = tidy.split(" where ").next()?.rsplit_once("-> ").map_or("()", |(_, answer)| answer);
    let answer = answer.replace(", ", ",").replace(",>", ">").replace("< ", "<");
    Some((name, answer, end)).filter(|(name, ..)| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_with_a_simple_answer_get_a_switch_and_keep_their_lines() {
        let text = "impl A {\n    pub fn may(&self, x: [u8; 2]) -> bool {\n        x == [1, 2] // fn no() -> bool {\n    }\n}\nconst fn fixed() -> bool { true }\npub fn guard<T>(\n    t: T,\n) -> Result<(), Refusal>\nwhere\n    T: Copy,\n{\n    Ok(())\n}\nfn other() -> u8 { 1 }\nfn may() -> bool { false }\n#[cfg(test)]\nmod tests {\n    fn helper() -> bool { true }\n}\n";
        let mut rules = Vec::new();
        let made = planted(text, "a.rs", "it", &mut rules);
        let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        let all = [
            "a.rs: may = true",
            "a.rs: may = false",
            "a.rs: guard = Ok(())",
            "a.rs: may#2 = true",
            "a.rs: may#2 = false",
        ];
        assert_eq!(names, all);
        assert!(made.contains("-> bool { if it::on(0) { return true; } if it::on(1) { return false; }\n"), "{made}");
        assert!(made.contains("{ if it::on(2) { return Ok(()); }\n    Ok(())"), "{made}");
        assert_eq!(made.lines().count(), text.lines().count());
    }

    #[test]
    fn what_has_a_simple_answer_gives_it() {
        let told = |head: &str| -> Vec<String> {
            let mut rules = Vec::new();
            planted(&format!("{head} {{ }}"), "", "it", &mut rules);
            rules.into_iter().filter_map(|rule| Some(rule.name.split_once(" = ")?.1.to_owned())).collect()
        };
        assert_eq!(told("fn f(&mut self)"), ["()"]);
        assert_eq!(told("async fn f() -> Result<bool, Stop>"), ["Ok(true)", "Ok(false)"]);
        assert_eq!(told("fn f() -> Result<\n    Option<(A, B)>,\n    Stop,\n>"), ["Ok(None)"]);
        assert_eq!(told("fn f<'a>(a: &'a A) -> Vec<&'a str>"), ["Vec::new()"]);
        assert_eq!(told("fn f(g: impl Fn() -> bool) -> Option<impl Copy>"), [""; 0]);
        assert_eq!(told("fn f() -> fmt::Result"), [""; 0]);
    }
}
