//! `cargo xtask conformance --mutate`: shows that the tests of the lines bite. Each entry of docs/mutations.toml takes
//! something out of a preset, a knob or a right; the tests of its lines must fail then. `--seek` looks for entries for
//! lines that have none. What bites goes to docs/bites.toml, which the conformance page reads.
//!
//! Presets are text inside the test programs, so a mutation is written over that text in a copy of the program, as long
//! as it was: nothing is built again, and a run takes seconds a mutation. It does not change rules written in Rust.

mod candidates;
mod patch;
mod programs;

use crate::Outcome;
use crate::conformance::{Proof, read_lines, read_proofs};
use crate::files::read_all;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use candidates::Candidate;
use patch::Patched;
use programs::{Programs, failed_tests};

const TABLE: &str = "docs/mutations.toml";
const RESULT: &str = "docs/bites.toml";

/// Something to take out of a preset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mutation {
    preset: String,
    /// Stands once in the preset's file.
    find: String,
    /// What stands there instead.
    replace: String,
}

impl Mutation {
    /// In a few words, for people.
    fn shown(&self) -> String {
        let short = |text: &str| {
            let line = text.trim().lines().next_back().unwrap_or_default();
            let bare = line.split(" #").next().unwrap_or_default().trim();
            bare.chars().take(60).collect::<String>().replace('|', "/")
        };
        match self.replace.trim() {
            "" => format!("{}: without `{}`", self.preset, short(&self.find)),
            with if with.starts_with('#') => format!("{}: without `{}`", self.preset, short(&self.find)),
            with => format!("{}: `{}`", self.preset, short(with)),
        }
    }

    /// The preset's text with it, as long as it was.
    fn applied(&self, text: &str) -> Outcome<String> {
        if text.matches(self.find.as_str()).count() != 1 {
            return Err(format!("`{}` does not stand once in the preset `{}`", self.find.trim(), self.preset));
        }
        let room = self.find.len().checked_sub(self.replace.len());
        let room = room.ok_or_else(|| format!("`{}` is longer than what it replaces", self.replace.trim()))?;
        Ok(text.replacen(self.find.as_str(), &format!("{}{}", self.replace, " ".repeat(room)), 1))
    }
}

/// What to do.
#[derive(Debug, PartialEq)]
pub struct Options {
    seek: bool,
    /// How long to seek.
    minutes: u64,
    /// Only lines whose id begins so.
    filter: String,
}

impl Options {
    pub fn parse(words: &[&str]) -> Outcome<Options> {
        let mut options = Options { seek: false, minutes: 60, filter: String::new() };
        let mut asked = false;
        for word in words {
            match *word {
                "--mutate" => asked = true,
                "--seek" => (asked, options.seek) = (true, true),
                minutes if minutes.starts_with("--minutes=") => {
                    let number = minutes.trim_start_matches("--minutes=").parse();
                    options.minutes = number.map_err(|_| format!("`{minutes}`: how many minutes?"))?;
                }
                option if option.starts_with('-') => {
                    return Err(format!("unknown option `{option}`; there are `--mutate`, `--seek` and `--minutes=N`"));
                }
                filter => options.filter = filter.to_uppercase(),
            }
        }
        if asked { Ok(options) } else { Err("say `--mutate`; `cargo xtask docs` writes the page".to_owned()) }
    }
}

/// Mutates, and tells which lines' tests do not notice.
pub fn run(root: &Path, options: &Options) -> Outcome<bool> {
    let files = read_all(root)?;
    let families = read_lines(&files)?;
    let mut proofs = read_proofs(&files);
    // A comment inside a test claims for the word that follows it, which would name tests by the dozen.
    proofs.retain(|proof| proof.test.contains('_'));
    let mut table = read_table(root)?;
    let programs = Programs::build(root)?;
    if options.seek {
        let mut all = Vec::new();
        for (presets, lines) in &families {
            let bare = lines.iter().filter(|id| id.starts_with(&options.filter) && !table.contains_key(*id));
            let bare: BTreeSet<String> = bare.cloned().collect();
            for preset in presets.iter().filter(|_| !bare.is_empty()) {
                let text = preset_text(root, preset)?;
                all.extend(candidates::of(preset, &text).into_iter().map(|one| (one, text.clone(), bare.clone())));
            }
        }
        // Knobs first: most lines rest on one, and time may be short.
        all.sort_by_key(|(candidate, ..)| !candidate.is_knob);
        seek(&programs, &all, &proofs, options.minutes, &mut table)?;
        write(root, TABLE, &shown_table(&table))?;
    }
    verify(root, &programs, &table, &proofs, options)
}

/// A candidate, its preset's text, and the lines that look for one.
type Try = (Candidate, String, BTreeSet<String>);

/// Tries everything that can be taken out of the presets, as long as there is time, and keeps for each line what
/// fails the fewest tests beside its own: that is nearest to the line.
fn seek(
    programs: &Programs,
    all: &[Try],
    proofs: &[Proof],
    minutes: u64,
    table: &mut BTreeMap<String, Mutation>,
) -> Outcome<()> {
    let end = Instant::now() + Duration::from_secs(minutes * 60);
    let mut best: BTreeMap<String, (usize, Mutation)> = BTreeMap::new();
    for (at, (candidate, text, bare)) in all.iter().enumerate() {
        if Instant::now() > end {
            println!("{minutes} minutes are over with {} of {} tried; seek again for the rest", at, all.len());
            break;
        }
        let mutation = &candidate.mutation;
        let Ok(mutated) = mutation.applied(text) else { continue };
        if !programs.takes_preset(&mutated)? {
            continue;
        }
        let asked: Vec<&Proof> = proofs.iter().filter(|proof| proof.ids.iter().any(|id| bare.contains(id))).collect();
        let failed = fails(programs, text, &mutated, &asked)?;
        println!("{:>3} of {} fail: {}", failed.len(), asked.len(), mutation.shown());
        for id in failed.iter().flat_map(|proof| &proof.ids).filter(|id| bare.contains(*id)) {
            if best.get(id).is_none_or(|(count, _)| failed.len() < *count) {
                best.insert(id.clone(), (failed.len(), mutation.clone()));
            }
        }
    }
    for (id, (_, mutation)) in best {
        table.entry(id).or_insert(mutation);
    }
    Ok(())
}

/// The tests that fail with the mutated text in the place of `text`.
fn fails<'p>(programs: &Programs, text: &str, mutated: &str, asked: &[&'p Proof]) -> Outcome<Vec<&'p Proof>> {
    let mut failed = Vec::new();
    for (program, proofs) in programs.by_program(asked) {
        let Some(patched) = Patched::of(program, text, mutated)? else { continue };
        let names: BTreeSet<&str> = proofs.iter().map(|proof| proof.test.as_str()).collect();
        let fell = failed_tests(patched.path(), &program.folder, &names)?;
        failed.extend(proofs.iter().copied().filter(|proof| fell.contains(&proof.test)));
    }
    Ok(failed)
}

/// Runs each entry of the table, writes what bit, and tells what did not.
fn verify(
    root: &Path,
    programs: &Programs,
    table: &BTreeMap<String, Mutation>,
    proofs: &[Proof],
    options: &Options,
) -> Outcome<bool> {
    let mut together: BTreeMap<&Mutation, BTreeSet<&String>> = BTreeMap::new();
    for (id, mutation) in table.iter().filter(|(id, _)| id.starts_with(&options.filter)) {
        together.entry(mutation).or_default().insert(id);
    }
    let mut bites = read_bites(root)?;
    bites.retain(|id, _| table.contains_key(id));
    let mut missed = 0;
    for (mutation, ids) in together {
        let text = preset_text(root, &mutation.preset)?;
        let mutated = mutation.applied(&text)?;
        let asked: Vec<&Proof> = proofs.iter().filter(|proof| proof.ids.iter().any(|id| ids.contains(id))).collect();
        let failed = fails(programs, &text, &mutated, &asked)?;
        for id in ids {
            if failed.iter().any(|proof| proof.ids.contains(id)) {
                bites.insert(id.clone(), mutation.shown());
            } else {
                missed += 1;
                bites.remove(id);
                println!("{id}: its tests do not notice {}", mutation.shown());
            }
        }
    }
    let rows: String = bites.iter().map(|(id, by)| format!("{id} = {}\n", toml::Value::from(by.as_str()))).collect();
    let head = "# Written by `cargo xtask conformance --mutate`: lines, and what taken away fails their tests.\n";
    write(root, RESULT, &format!("{head}{rows}"))?;
    println!("mutations: {} lines bite, {missed} do not notice theirs", bites.len());
    Ok(missed == 0)
}

fn preset_text(root: &Path, preset: &str) -> Outcome<String> {
    let path = root.join(format!("presets/{preset}.toml"));
    std::fs::read_to_string(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))
}

fn write(root: &Path, path: &str, text: &str) -> Outcome<()> {
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

/// The mutation of each line that has one.
fn read_table(root: &Path) -> Outcome<BTreeMap<String, Mutation>> {
    let mut found = BTreeMap::new();
    let table = read_toml(root, TABLE)?;
    for entry in table.get("mutation").and_then(toml::Value::as_array).into_iter().flatten() {
        let text = |field: &str| entry.get(field).and_then(toml::Value::as_str).map(str::to_owned);
        let (Some(preset), Some(find), Some(replace)) = (text("preset"), text("find"), text("replace")) else {
            return Err(format!("`{TABLE}`: an entry lacks `preset`, `find` or `replace`: {entry}"));
        };
        let mutation = Mutation { preset, find, replace };
        for id in entry.get("lines").and_then(toml::Value::as_array).into_iter().flatten() {
            found.insert(id.as_str().unwrap_or_default().to_owned(), mutation.clone());
        }
    }
    Ok(found)
}

fn shown_table(table: &BTreeMap<String, Mutation>) -> String {
    let mut together: BTreeMap<&Mutation, Vec<&str>> = BTreeMap::new();
    for (id, mutation) in table {
        together.entry(mutation).or_default().push(id);
    }
    let mut text = "# What a line of the five systems rests on: with `find` replaced in the preset, the tests of the lines must\n# fail. `cargo xtask conformance --mutate` tries them, `--seek` looks for more. Replacements are no longer than\n# what they replace.\n".to_owned();
    for (mutation, lines) in together {
        let value = |text: &str| toml::Value::from(text);
        // Writing into a string cannot fail.
        let _ = write!(
            text,
            "\n[[mutation]]\nlines = {}\npreset = {}\nfind = {}\nreplace = {}\n",
            toml::Value::from(lines),
            value(&mutation.preset),
            value(&mutation.find),
            value(&mutation.replace)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutation(find: &str, replace: &str) -> Mutation {
        Mutation { preset: "p".to_owned(), find: find.to_owned(), replace: replace.to_owned() }
    }

    #[test]
    fn a_mutated_preset_is_as_long_as_it_was() {
        let text = "a = true\nb = \"x\"\n";
        assert_eq!(mutation("a = true", "a=false").applied(text).expect("fits"), "a=false \nb = \"x\"\n");
        assert!(mutation("a = true", "a = false").applied(text).is_err(), "too long");
        assert!(mutation("=", "").applied(text).is_err(), "stands twice");
        assert!(mutation("c", "").applied(text).is_err(), "stands nowhere");
    }

    #[test]
    fn the_table_is_read_as_it_is_written() {
        let folder = std::env::temp_dir().join(format!("xtask-mutations-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("docs")).expect("a folder");
        let table: BTreeMap<String, Mutation> = [("CT-1", "a\n"), ("CT-2", "a\n"), ("PX-1", "\"q\"")]
            .map(|(id, find)| (id.to_owned(), mutation(find, "#")))
            .into();
        write(&folder, TABLE, &shown_table(&table)).expect("writes");
        assert_eq!(read_table(&folder), Ok(table));
        std::fs::remove_dir_all(&folder).expect("goes");
    }
}
