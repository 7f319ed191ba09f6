//! The list of mutations kept by hand and by `--seek` (docs/mutations.toml), and what was shown to bite
//! (docs/bites.toml). Tries nothing.

use crate::Outcome;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

pub(super) const TABLE: &str = "docs/mutations.toml";
pub(super) const RESULT: &str = "docs/bites.toml";

/// Something to take out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mutation {
    /// Of a preset.
    Preset {
        preset: String,
        /// Stands once in the preset's file.
        find: String,
        /// What stands there instead.
        replace: String,
    },
    /// A rule in Rust that answers this and does nothing else: `crates/domain/src/member.rs: guard_state = Ok(())`.
    Rule(String),
}

impl Mutation {
    /// In a few words, for people.
    pub(super) fn shown(&self) -> String {
        let (preset, find, replace) = match self {
            Self::Rule(name) => return format!("`{}`", name.replace('|', "/")),
            Self::Preset { preset, find, replace } => (preset, find, replace),
        };
        let short = |text: &str| {
            let line = text.trim().lines().next_back().unwrap_or_default();
            let bare = line.split(" #").next().unwrap_or_default().trim();
            bare.chars().take(60).collect::<String>().replace('|', "/")
        };
        let (gone, come) = (missing_words(find, replace), missing_words(replace, find));
        match (replace.lines().next_back().unwrap_or_default().trim(), gone.as_slice(), come.as_slice()) {
            (with, ..) if with.is_empty() || with.starts_with('#') => format!("{preset}: without `{}`", short(find)),
            (_, [one], []) => format!("{preset}: without `{}`", one.trim_end_matches(',')),
            (_, [], [one]) => format!("{preset}: with `{}`", one.trim_end_matches(',')),
            (with, ..) => format!("{preset}: `{}`", short(with)),
        }
    }

    /// A preset's text with it.
    pub(super) fn applied(&self, text: &str) -> Outcome<String> {
        let Self::Preset { preset, find, replace } = self else { return Ok(text.to_owned()) };
        match text.matches(find.as_str()).count() {
            1 => Ok(text.replacen(find.as_str(), replace, 1)),
            _ => Err(format!("`{}` does not stand once in the preset `{preset}`", find.trim())),
        }
    }
}

/// The words of a text that another lacks.
fn missing_words<'t>(text: &'t str, other: &str) -> Vec<&'t str> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    for word in other.split_whitespace() {
        if let Some(at) = words.iter().position(|one| *one == word) {
            words.remove(at);
        }
    }
    words
}

pub(super) fn write(root: &Path, path: &str, text: &str) -> Outcome<()> {
    std::fs::write(root.join(path), text).map_err(|error| format!("cannot write `{path}`: {error}"))
}

fn read_toml(root: &Path, path: &str) -> Outcome<toml::Table> {
    match std::fs::read_to_string(root.join(path)) {
        Ok(text) => text.parse().map_err(|error| format!("`{path}`: {error}")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(toml::Table::new()),
        Err(error) => Err(format!("cannot read `{path}`: {error}")),
    }
}

/// By line, what its tests are shown to notice; empty before the first run.
pub fn read_bites(root: &Path) -> Outcome<BTreeMap<String, String>> {
    let text = |(id, by): (String, toml::Value)| Some((id, by.as_str()?.to_owned()));
    Ok(read_toml(root, RESULT)?.into_iter().filter_map(text).collect())
}

pub(super) fn write_bites(root: &Path, bites: &BTreeMap<String, String>) -> Outcome<()> {
    let rows: String = bites.iter().map(|(id, by)| format!("{id} = {}\n", toml::Value::from(by.as_str()))).collect();
    let head = "# Written by `cargo xtask conformance --mutate`: lines, and what taken away fails their tests.\n";
    write(root, RESULT, &format!("{head}{rows}"))
}

/// The mutation of each line that has one.
pub(super) fn read_table(root: &Path) -> Outcome<BTreeMap<String, Mutation>> {
    let mut found = BTreeMap::new();
    let table = read_toml(root, TABLE)?;
    for entry in table.get("mutation").and_then(toml::Value::as_array).into_iter().flatten() {
        let text = |field: &str| entry.get(field).and_then(toml::Value::as_str).map(str::to_owned);
        let mutation = match (text("rule"), text("preset"), text("find"), text("replace")) {
            (Some(rule), ..) => Mutation::Rule(rule),
            (None, Some(preset), Some(find), Some(replace)) => Mutation::Preset { preset, find, replace },
            _ => {
                return Err(format!("`{TABLE}`: an entry has neither `rule` nor `preset`, `find`, `replace`: {entry}"));
            }
        };
        for id in entry.get("lines").and_then(toml::Value::as_array).into_iter().flatten() {
            found.insert(id.as_str().unwrap_or_default().to_owned(), mutation.clone());
        }
    }
    Ok(found)
}

pub(super) fn shown_table(table: &BTreeMap<String, Mutation>) -> String {
    let mut together: BTreeMap<&Mutation, Vec<&str>> = BTreeMap::new();
    for (id, mutation) in table {
        together.entry(mutation).or_default().push(id);
    }
    let mut text = "# What a line of the five systems rests on: with `find` replaced in the preset, or with the rule answering\n# what stands behind its name, a test of each line must fail. `cargo xtask conformance --mutate` tries them,\n# `--seek` looks for more.\n".to_owned();
    for (mutation, lines) in together {
        let value = |text: &str| toml::Value::from(text);
        // Writing into a string cannot fail.
        let _ = write!(text, "\n[[mutation]]\nlines = {}\n", toml::Value::from(lines));
        let _ = match mutation {
            Mutation::Rule(rule) => writeln!(text, "rule = {}", value(rule)),
            Mutation::Preset { preset, find, replace } => {
                writeln!(text, "preset = {}\nfind = {}\nreplace = {}", value(preset), value(find), value(replace))
            }
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutation(find: &str, replace: &str) -> Mutation {
        Mutation::Preset { preset: "p".to_owned(), find: find.to_owned(), replace: replace.to_owned() }
    }

    #[test]
    fn what_is_replaced_stands_once() {
        let text = "a = true\nb = \"x\"\n";
        assert_eq!(mutation("a = true", "a = false").applied(text).expect("fits"), "a = false\nb = \"x\"\n");
        assert!(mutation("=", "").applied(text).is_err(), "stands twice");
        assert!(mutation("c", "").applied(text).is_err(), "stands nowhere");
    }

    #[test]
    fn it_is_told_in_a_few_words() {
        assert_eq!(mutation("a = 1", "# a = 1").shown(), "p: without `a = 1`");
        assert_eq!(mutation("a = true # why", "a = false # why").shown(), "p: `a = false`");
        assert_eq!(mutation("x = [\n  \"a.b\", \"a.c\",", "x = [\n  \"a.c\",").shown(), "p: without `\"a.b\"`");
        assert_eq!(mutation("x = [\"a.b\",", "x = [\"a.b\", \"a.c\",").shown(), "p: with `\"a.c\"`");
        assert_eq!(mutation("x = false # y", "x = true # y").shown(), "p: `x = true`");
    }

    #[test]
    fn the_table_is_read_as_it_is_written() {
        let folder = std::env::temp_dir().join(format!("xtask-mutations-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("docs")).expect("a folder");
        let rule = Mutation::Rule("crates/domain/src/a.rs: f = Ok(())".to_owned());
        let table: BTreeMap<String, Mutation> = [
            ("CT-1", mutation("a\n", "#")),
            ("CT-2", mutation("a\n", "#")),
            ("PX-1", mutation("\"q\"", "#")),
            ("PX-2", rule),
        ]
        .map(|(id, mutation)| (id.to_owned(), mutation))
        .into();
        write(&folder, TABLE, &shown_table(&table)).expect("writes");
        assert_eq!(read_table(&folder), Ok(table));
        std::fs::remove_dir_all(&folder).expect("goes");
    }
}
