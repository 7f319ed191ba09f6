//! `cargo xtask conformance --mutate`: shows that the tests of the lines bite. Each entry of docs/mutations.toml takes
//! something out of a preset, a knob or a right, or switches a rule in Rust off; the tests of its lines must fail then.
//! `--seek` looks for entries for lines that have none. What bites goes to docs/bites.toml, which the conformance page
//! reads.
//!
//! Everything is built once. Presets are text inside the test programs, so what is taken out of one is written over
//! that text in a copy of the program, as long as it was; rules are switched by a variable, see [`rules`].

mod candidates;
mod halving;
mod patch;
mod programs;
mod rules;
mod table;

use crate::Outcome;
use crate::conformance::{Proof, read_lines, read_proofs};
use crate::files::read_all;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use candidates::Candidate;
use halving::Search;
use patch::Patched;
use programs::{Programs, failed_tests};
use rules::Rule;
use table::{Mutation, read_table, shown_table, write_bites};

pub use table::read_bites;

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

/// The programs, and what can be taken out of them.
struct Bench<'r> {
    root: &'r Path,
    programs: Programs,
    rules: Vec<Rule>,
    proofs: Vec<Proof>,
}

/// Mutates, and tells which lines' tests do not notice.
pub fn run(root: &Path, options: &Options) -> Outcome<bool> {
    let files = read_all(root)?;
    let families = read_lines(&files)?;
    let mut proofs = read_proofs(&files);
    // A comment inside a test claims for the word that follows it, which would name tests by the dozen.
    proofs.retain(|proof| proof.test.contains('_'));
    let tree = root.join("target/mutations/tree");
    let rules = rules::plant(root, &tree)?;
    let programs = Programs::build(root, &tree)?;
    let mut bench = Bench { root, programs, rules, proofs };
    bench.drop_broken(&options.filter)?;
    match options.seek {
        true => bench.seek(&tree, &families, options).map(|()| true),
        false => bench.verify(&read_table(root)?, options),
    }
}

/// The presets of each system, and the ids of its lines.
type Families = Vec<(Vec<String>, Vec<String>)>;

/// What was found for lines that had nothing.
struct Found {
    table: BTreeMap<String, Mutation>,
    bites: BTreeMap<String, String>,
}

impl Found {
    /// Those of the lines that have nothing yet.
    fn bare(&self, lines: &[String], options: &Options) -> BTreeSet<String> {
        let open = |id: &&String| id.starts_with(&options.filter) && !self.table.contains_key(*id);
        lines.iter().filter(open).cloned().collect()
    }

    /// Keeps what a search found: it ran each alone, and the line's test failed.
    fn keep(&mut self, root: &Path, found: impl Iterator<Item = (String, Mutation)>) -> Outcome<()> {
        for (id, mutation) in found {
            self.bites.insert(id.clone(), mutation.shown());
            self.table.insert(id, mutation);
        }
        table::write(root, table::TABLE, &shown_table(&self.table))?;
        write_bites(root, &self.bites)?;
        println!("{} lines bite", self.bites.len());
        Ok(())
    }
}

impl Bench<'_> {
    /// The tests of these lines.
    fn of(&self, lines: &BTreeSet<String>) -> Vec<&Proof> {
        self.proofs.iter().filter(|proof| proof.ids.iter().any(|id| lines.contains(id))).collect()
    }

    /// Leaves out tests that fail with nothing taken out: they would notice everything.
    fn drop_broken(&mut self, filter: &str) -> Outcome<()> {
        let asked: Vec<&Proof> =
            self.proofs.iter().filter(|proof| proof.ids.iter().any(|id| id.starts_with(filter))).collect();
        let broken: BTreeSet<String> = self.fails(None, "", &asked)?.iter().map(|proof| proof.test.clone()).collect();
        for test in &broken {
            println!("`{test}` fails by itself and proves nothing here");
        }
        self.proofs.retain(|proof| !broken.contains(&proof.test));
        Ok(())
    }

    /// Looks for what lines rest on that have nothing yet: first among the rules, those that refuse before others, then
    /// in the presets. Each part has its share of the time.
    fn seek(&self, tree: &Path, families: &Families, options: &Options) -> Outcome<()> {
        let begun = Instant::now();
        let until = |percent: u64| begun + Duration::from_secs(options.minutes * 60 * percent / 100);
        let mut found = Found { table: read_table(self.root)?, bites: read_bites(self.root)? };
        let all: Vec<String> = families.iter().flat_map(|(_, lines)| lines.clone()).collect();
        for (order, share) in [(0, 40), (1, 55), (2, 65)] {
            self.seek_in_rules(order, &mut found, (&all, options), until(share))?;
        }
        Programs::build_product(self.root, tree)?;
        let presets: Vec<(&String, &Vec<String>)> =
            families.iter().flat_map(|(presets, lines)| presets.iter().map(move |preset| (preset, lines))).collect();
        for (at, (preset, lines)) in presets.iter().enumerate() {
            let share = 65 + 35 * (at as u64 + 1) / presets.len() as u64;
            self.seek_in_preset(preset, &mut found, (lines, options), until(share))?;
        }
        Ok(())
    }

    /// Looks in a preset: in its knobs first, since most lines rest on one.
    fn seek_in_preset(
        &self,
        preset: &str,
        found: &mut Found,
        (lines, options): (&[String], &Options),
        end: Instant,
    ) -> Outcome<()> {
        let text = preset_text(self.root, preset)?;
        let mut all: Vec<(Candidate, String)> = Vec::new();
        for candidate in candidates::of(preset, &text) {
            let Ok(mutated) = candidate.mutation.applied(&text) else { continue };
            if self.programs.takes_preset(&mutated)? {
                all.push((candidate, mutated));
            }
        }
        all.sort_by_key(|(candidate, _)| !candidate.is_knob);
        let wanted = found.bare(lines, options);
        let tests = self.of(&wanted);
        let numbers: Vec<usize> = (0..all.len()).collect();
        let attempt = |chosen: &[usize], tests: &[&Proof]| {
            let texts: Vec<&str> = chosen.iter().map(|n| all[*n].1.as_str()).collect();
            let mutated = together(&text, &texts);
            if chosen.len() > 1 && !self.programs.takes_preset(&mutated)? {
                return Ok(None);
            }
            let failed = self.fails(Some((&text, &mutated)), "", tests)?;
            println!("{preset}: {} of {} fail without {} parts", failed.len(), tests.len(), chosen.len());
            Ok(Some(failed.iter().map(|proof| proof.test.clone()).collect()))
        };
        let search = Search::new(wanted, &tests, end, attempt);
        let these = search.run(&numbers, &tests)?;
        found.keep(self.root, these.into_iter().map(|(id, at)| (id, all[at].0.mutation.clone())))
    }

    /// Looks among the rules of an order.
    fn seek_in_rules(
        &self,
        order: usize,
        found: &mut Found,
        (lines, options): (&[String], &Options),
        end: Instant,
    ) -> Outcome<()> {
        let wanted = found.bare(lines, options);
        let tests = self.of(&wanted);
        let numbers: Vec<usize> = (0..self.rules.len()).filter(|at| self.rules[*at].order == order).collect();
        let attempt = |chosen: &[usize], tests: &[&Proof]| {
            let off: Vec<String> = chosen.iter().map(ToString::to_string).collect();
            let failed = self.fails(None, &off.join(","), tests)?;
            println!("rules: {} of {} fail without {} of them", failed.len(), tests.len(), chosen.len());
            Ok(Some(failed.iter().map(|proof| proof.test.clone()).collect()))
        };
        let search = Search::new(wanted, &tests, end, attempt);
        let these = search.run(&numbers, &tests)?;
        let rule = |at: usize| Mutation::Rule(self.rules[at].name.clone());
        found.keep(self.root, these.into_iter().map(|(id, at)| (id, rule(at))))
    }

    /// The tests that fail with the second text in the place of the first, and with these rules off.
    fn fails<'p>(&self, text: Option<(&str, &str)>, off: &str, asked: &[&'p Proof]) -> Outcome<Vec<&'p Proof>> {
        let mut failed = Vec::new();
        for (program, proofs) in self.programs.by_program(asked) {
            let patched = match text {
                Some((was, is)) => match Patched::of(program, was, is)? {
                    Some(patched) => Some(patched),
                    None => continue,
                },
                None => None,
            };
            let names: BTreeSet<&str> = proofs.iter().map(|proof| proof.test.as_str()).collect();
            let fell = failed_tests(&program.copy, &program.folder, &names, off)?;
            drop(patched);
            failed.extend(proofs.iter().copied().filter(|proof| fell.contains(&proof.test)));
        }
        Ok(failed)
    }

    /// The tests of these lines that fail with a mutation.
    fn fails_with(&self, mutation: &Mutation, lines: &BTreeSet<String>) -> Outcome<Vec<&Proof>> {
        let asked = self.of(lines);
        match mutation {
            Mutation::Preset { preset, .. } => {
                let text = preset_text(self.root, preset)?;
                self.fails(Some((&text, &mutation.applied(&text)?)), "", &asked)
            }
            Mutation::Rule(name) => match self.rules.iter().position(|rule| rule.name == *name) {
                Some(at) => self.fails(None, &at.to_string(), &asked),
                None => Err(format!("`{}`: there is no rule `{name}`", table::TABLE)),
            },
        }
    }

    /// Runs each entry of the table, writes what bit, and tells what did not.
    fn verify(&self, table: &BTreeMap<String, Mutation>, options: &Options) -> Outcome<bool> {
        let mut together: BTreeMap<&Mutation, BTreeSet<String>> = BTreeMap::new();
        for (id, mutation) in table.iter().filter(|(id, _)| id.starts_with(&options.filter)) {
            together.entry(mutation).or_default().insert(id.clone());
        }
        let mut bites = read_bites(self.root)?;
        bites.retain(|id, _| table.contains_key(id));
        let mut missed = 0;
        for (mutation, ids) in together {
            let failed = self.fails_with(mutation, &ids)?;
            for id in ids {
                if failed.iter().any(|proof| proof.ids.contains(&id)) {
                    bites.insert(id, mutation.shown());
                } else {
                    missed += 1;
                    bites.remove(&id);
                    println!("{id}: its tests do not notice {}", mutation.shown());
                }
            }
        }
        write_bites(self.root, &bites)?;
        println!("mutations: {} lines bite, {missed} do not notice theirs", bites.len());
        Ok(missed == 0)
    }
}

/// A text with everything in it in which other texts of its length differ from it.
fn together(text: &str, mutated: &[&str]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for one in mutated {
        for ((byte, is), was) in bytes.iter_mut().zip(one.bytes()).zip(text.bytes()) {
            *byte = if is == was { *byte } else { is };
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn preset_text(root: &Path, preset: &str) -> Outcome<String> {
    let path = root.join(format!("presets/{preset}.toml"));
    std::fs::read_to_string(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_one_by_one_is_taken_out_together() {
        assert_eq!(together("a = 1\nb = 2\n", &["# = 1\nb = 2\n", "a = 1\nb = 3\n"]), "# = 1\nb = 3\n");
    }
}
