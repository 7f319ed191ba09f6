//! `cargo xtask conformance --mutate`: shows that the tests of the lines bite. Each entry of docs/mutations.toml takes
//! something out of a preset, a knob or a right, or switches a rule in Rust off; a test of its lines must fail then.
//! `--seek` looks for entries for lines that have none. What bites goes to docs/bites.toml, which the conformance page
//! reads.
//!
//! Everything is built once: rules are switched and presets exchanged by variables of the environment, see [`rules`].
//! Each test is walked alone first, which tells the rules it comes by.

mod candidates;
mod programs;
mod rules;
mod seek;
mod table;

use crate::Outcome;
use crate::conformance::{Family, Proof, read_families, read_proofs};
use crate::files::read_all;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use programs::{Programs, Test};
use rules::{OFF, PRESET, Rule, TRACE};
use table::{Mutation, read_table, write_bites};

pub use table::read_bites;

/// What to do.
#[derive(Debug, PartialEq)]
pub struct Options {
    seek: bool,
    /// Only lines whose id begins so.
    filter: String,
}

impl Options {
    pub fn parse(words: &[&str]) -> Outcome<Options> {
        let mut options = Options { seek: false, filter: String::new() };
        let mut asked = false;
        for word in words {
            match *word {
                "--mutate" => asked = true,
                "--seek" => (asked, options.seek) = (true, true),
                option if option.starts_with('-') => {
                    return Err(format!("unknown option `{option}`; there are `--mutate` and `--seek`"));
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
    let (families, proofs) = (read_families(&files)?, read_proofs(&files));
    let folder = root.join("target/mutations");
    let rules = rules::plant(root, &folder.join("tree"))?;
    let programs = Programs::build(root, &folder.join("tree"))?;
    let scratch = folder.join("scratch");
    // What an earlier run left; the first finds none.
    let _ = std::fs::remove_dir_all(&scratch);
    std::fs::create_dir_all(&scratch).map_err(|error| format!("cannot make `{}`: {error}", scratch.display()))?;
    // A search asks how many tests come by a rule, which all of them have to tell.
    let of_filter = |proof: &&Proof| options.seek || proof.ids.iter().any(|id| id.starts_with(&options.filter));
    let asked: Vec<&Proof> = proofs.iter().filter(of_filter).collect();
    let bench = Bench::walk(root, &scratch, &programs, &rules, &asked)?;
    match options.seek {
        true => bench.seek(&families, &options.filter),
        false => bench.verify(&families, &options.filter),
    }
}

/// A test that passes by itself.
struct Walked<'r> {
    proof: &'r Proof,
    test: Test<'r>,
    /// The numbers of the rules it comes by.
    comes_by: BTreeSet<usize>,
}

/// How a test went with something taken away.
#[derive(PartialEq)]
enum Went {
    Passed,
    /// It failed before it came by half of the rules that it usually comes by and few others do: what was taken away
    /// may have been something that it only begins with.
    FailedSoon,
    FailedLate,
}

/// The tests, and what can be taken away from under them.
struct Bench<'r> {
    root: &'r Path,
    /// Where files for single runs stand.
    scratch: &'r Path,
    programs: &'r Programs,
    rules: &'r [Rule],
    /// The simplest first: those that come by the fewest rules.
    tests: Vec<Walked<'r>>,
    /// How many of them come by each rule.
    many: Vec<usize>,
}

impl<'r> Bench<'r> {
    /// Runs every test alone, with nothing taken away. One that fails is left out, for it would notice everything.
    fn walk(
        root: &'r Path,
        scratch: &'r Path,
        programs: &'r Programs,
        rules: &'r [Rule],
        proofs: &[&'r Proof],
    ) -> Outcome<Self> {
        let found: Vec<(&Proof, Test)> =
            proofs.iter().filter_map(|proof| programs.test(proof).map(|test| (*proof, test))).collect();
        let walked = side_by_side(&found, |(proof, test)| {
            let (passed, comes_by) = traced(scratch, test, Vec::new())?;
            if !passed {
                println!("`{}` fails by itself and proves nothing here", proof.test);
            }
            Ok(passed.then_some(Walked { proof, test: *test, comes_by }))
        })?;
        let mut tests: Vec<Walked> = walked.into_iter().flatten().collect();
        tests.sort_by_key(|walked| walked.comes_by.len());
        println!("{} tests come by {} rules", tests.len(), rules.len());
        let mut many = vec![0; rules.len()];
        tests.iter().flat_map(|walked| &walked.comes_by).for_each(|rule| many[*rule] += 1);
        Ok(Self { root, scratch, programs, rules, tests, many })
    }

    /// The tests of a line.
    fn of(&self, id: &str) -> Vec<&Walked<'r>> {
        self.tests.iter().filter(|test| test.proof.ids.iter().any(|other| other == id)).collect()
    }

    /// Whether so many tests come by a rule that what it answers says nothing of a single line.
    fn is_common(&self, rule: usize) -> bool {
        self.many[rule] * 3 > self.tests.len()
    }

    /// How the tests go with a mutation, until one fails.
    fn go(&self, tests: &[&Walked], mutation: &Mutation) -> Outcome<Went> {
        let (rule, variables) = match mutation {
            Mutation::Rule(name) => {
                let at = self.rules.iter().position(|rule| rule.name == *name);
                let at = at.ok_or_else(|| format!("`{}`: there is no rule `{name}`", table::TABLE))?;
                (Some(at), vec![(OFF, at.to_string())])
            }
            Mutation::Preset { preset, .. } => {
                let was = self.root.join(format!("presets/{preset}.toml"));
                let is = file(self.scratch, &mutation.applied(&preset_text(self.root, preset)?)?)?;
                (None, vec![(PRESET, format!("{}:{}", was.display(), is.display()))])
            }
        };
        for walked in tests.iter().filter(|walked| rule.is_none_or(|rule| walked.comes_by.contains(&rule))) {
            let (passed, comes_by) = traced(self.scratch, &walked.test, variables.clone())?;
            if passed {
                continue;
            }
            if rule.is_none() && !self.programs.take_presets(&variables)? {
                return Ok(Went::Passed);
            }
            let its_own = walked.comes_by.iter().filter(|rule| !self.is_common(**rule));
            let (still, gone): (Vec<&usize>, Vec<&usize>) = its_own.partition(|rule| comes_by.contains(rule));
            return Ok(if still.len() < gone.len() { Went::FailedSoon } else { Went::FailedLate });
        }
        Ok(Went::Passed)
    }

    /// Tries each entry of the table, writes what bit, and tells what did not and which lines have no entry.
    fn verify(&self, families: &[Family], filter: &str) -> Outcome<bool> {
        let table = read_table(self.root)?;
        let asked: Vec<(&String, &Mutation)> = table.iter().filter(|(id, _)| id.starts_with(filter)).collect();
        let went = side_by_side(&asked, |(id, mutation)| self.go(&self.of(id), mutation))?;
        let mut bites = read_bites(self.root)?;
        bites.retain(|id, _| table.contains_key(id));
        let lines = families.iter().flat_map(|family| &family.lines).filter(|line| line.exception.is_empty());
        let mut missed = 0;
        for line in lines.filter(|line| line.id.starts_with(filter) && !table.contains_key(&line.id)) {
            missed += 1;
            println!("{}: `{}` has nothing for it", line.id, table::TABLE);
        }
        for ((id, mutation), went) in asked.into_iter().zip(went) {
            if went != Went::Passed {
                bites.insert(id.clone(), mutation.shown());
            } else {
                missed += 1;
                bites.remove(id);
                println!("{id}: its tests do not notice {}", mutation.shown());
            }
        }
        write_bites(self.root, &bites)?;
        println!("mutations: {} lines bite, {missed} do not", bites.len());
        Ok(missed == 0)
    }
}

/// Does each piece of work, as many at once as the machine has processors; the answers in the order of the work.
fn side_by_side<T: Sync, R: Send>(work: &[T], each: impl Fn(&T) -> Outcome<R> + Sync) -> Outcome<Vec<R>> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let worker = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = work.get(at) else { return };
            let answer = each(piece);
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(at, answer);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(worker);
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

/// Runs a test alone, and tells whether it passed and the numbers of the rules it came by.
fn traced(scratch: &Path, test: &Test, mut variables: Vec<(&str, String)>) -> Outcome<(bool, BTreeSet<usize>)> {
    let trace = file(scratch, "")?;
    variables.push((TRACE, trace.display().to_string()));
    let passed = test.passes(&variables)?;
    let seen = std::fs::read_to_string(&trace).unwrap_or_default();
    let _ = std::fs::remove_file(&trace);
    Ok((passed, seen.lines().filter_map(|number| number.parse().ok()).collect()))
}

/// A new file of this text.
fn file(scratch: &Path, text: &str) -> Outcome<PathBuf> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let path = scratch.join(COUNT.fetch_add(1, Ordering::Relaxed).to_string());
    std::fs::write(&path, text).map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
    Ok(path)
}

fn preset_text(root: &Path, preset: &str) -> Outcome<String> {
    let path = root.join(format!("presets/{preset}.toml"));
    std::fs::read_to_string(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_answered_in_its_order_and_one_failure_fails_it() {
        let work: Vec<usize> = (0..100).collect();
        let doubled = side_by_side(&work, |piece| Ok(2 * piece));
        assert_eq!(doubled, Ok((0..100).map(|n| 2 * n).collect()));
        let failed = side_by_side(&work, |piece| if *piece == 7 { Err("seven".to_owned()) } else { Ok(()) });
        assert_eq!(failed, Err("seven".to_owned()));
    }
}
