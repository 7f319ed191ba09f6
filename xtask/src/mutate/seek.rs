//! Looks for what a line rests on: something that, taken away, fails one of the line's tests. First parts of its
//! presets that are described in the line's own words, then the rules that its tests come by and few others do, then
//! everything else in its presets. Knows the lines by their words alone.

use super::candidates::{self, Candidate};
use super::table::{Mutation, TABLE, read_table, shown_table, write, write_bites};
use super::{Bench, Walked, Went, preset_text, read_bites, side_by_side};
use crate::Outcome;
use crate::conformance::{Family, Line};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// How near to a line's words a part of a preset is for it to come before the rules.
const NEAR: f64 = 0.5;
/// The simplest tests of a line, with which it is tried.
const TESTS: usize = 3;
/// How many rules are tried for a line.
const RULES: usize = 80;

/// A line that has nothing yet, the presets of its system, and what its words tell of it.
struct Wanted<'f> {
    line: &'f Line,
    presets: &'f [String],
    about: BTreeMap<String, f64>,
}

impl Bench<'_> {
    /// Looks for something for each line that is met and has nothing; tells which stay without.
    pub(super) fn seek(&self, families: &[Family], filter: &str) -> Outcome<bool> {
        let found = Mutex::new((read_table(self.root)?, read_bites(self.root)?));
        let weights = weights(families.iter().flat_map(|family| &family.lines));
        let mut wanted = Vec::new();
        for Family { presets, lines, .. } in families {
            let known = |line: &Line| within(&found, |(table, _)| table.contains_key(&line.id));
            let open = |line: &&Line| line.id.starts_with(filter) && line.exception.is_empty() && !known(line);
            let want = |line| Wanted { line, presets, about: self.about(line, &weights) };
            wanted.extend(lines.iter().filter(open).map(want));
        }
        let parts = self.parts(families)?;
        let bare = side_by_side(&wanted, |wanted| {
            let id = &wanted.line.id;
            let Some(mutation) = self.seek_for(wanted, &parts)? else {
                println!("{id}: nothing found");
                return Ok(Some(id.clone()));
            };
            println!("{id}: {}", mutation.shown());
            within(&found, |(table, bites)| {
                bites.insert(id.clone(), mutation.shown());
                table.insert(id.clone(), mutation);
                write(self.root, TABLE, &shown_table(table))?;
                write_bites(self.root, bites)
            })?;
            Ok(None)
        })?;
        let bare: Vec<String> = bare.into_iter().flatten().collect();
        let bites = within(&found, |(_, bites)| bites.len());
        println!("mutations: {bites} lines bite, {} have nothing: {}", bare.len(), bare.join(" "));
        Ok(bare.is_empty())
    }

    /// What can be taken out of each preset.
    fn parts(&self, families: &[Family]) -> Outcome<BTreeMap<String, Vec<Candidate>>> {
        let presets = families.iter().flat_map(|family| &family.presets);
        presets.map(|name| Ok((name.clone(), candidates::of(name, &preset_text(self.root, name)?)))).collect()
    }

    fn seek_for(&self, wanted: &Wanted, parts: &BTreeMap<String, Vec<Candidate>>) -> Outcome<Option<Mutation>> {
        let tests: Vec<&Walked> = self.of(&wanted.line.id).into_iter().take(TESTS).collect();
        let mut parts: Vec<(f64, &Candidate)> = wanted
            .presets
            .iter()
            .flat_map(|preset| parts.get(preset))
            .flatten()
            .map(|part| (near(&part.says, &wanted.about), part))
            .collect();
        parts.sort_by(|(a, x), (b, y)| b.total_cmp(a).then(y.is_knob.cmp(&x.is_knob)));
        let (near, far): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(near, _)| *near >= NEAR);
        let part = |(_, part): (f64, &Candidate)| (part.mutation.clone(), tests.clone());
        let rule = |(rule, test): (usize, _)| (Mutation::Rule(self.rules[rule].name.clone()), vec![test]);
        let rules = self.rules_of(&tests, &wanted.about).into_iter().take(RULES);
        let mut second = None;
        for (mutation, tests) in near.into_iter().map(part).chain(rules.map(rule)).chain(far.into_iter().map(part)) {
            match self.go(&tests, &mutation)? {
                Went::FailedLate => return Ok(Some(mutation)),
                Went::FailedSoon if second.is_none() => second = Some(mutation),
                _ => {}
            }
        }
        Ok(second)
    }

    /// The rules these tests come by, each with the simplest test that does. First those that few tests come by, that
    /// answer for one thing, and that share words with the line. What a third of all tests come by says nothing of one.
    fn rules_of<'t, 'r>(
        &self,
        tests: &[&'t Walked<'r>],
        about: &BTreeMap<String, f64>,
    ) -> Vec<(usize, &'t Walked<'r>)> {
        let mut ranked = Vec::new();
        for (at, rule) in self.rules.iter().enumerate().filter(|(at, _)| !self.is_common(*at)) {
            let Some(test) = tests.iter().find(|walked| walked.comes_by.contains(&at)) else { continue };
            let far = (self.many[at] * rule.order) as f64;
            let near = 1.0 + 4.0 * near(rule.name.split(" = ").next().unwrap_or_default(), about);
            ranked.push((far / (near * near), at, *test));
        }
        ranked.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
        ranked.into_iter().map(|(_, at, test)| (at, test)).collect()
    }

    /// The words of a line and of its tests' names, with their weights.
    fn about(&self, line: &Line, weights: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
        let tests = self.of(&line.id).into_iter().take(TESTS).map(|walked| walked.proof.test.as_str());
        let all = words(&format!("{} {}", line.says, tests.collect::<Vec<_>>().join(" ")));
        all.into_iter().map(|word| (word.clone(), weights.get(&word).copied().unwrap_or(1.0))).collect()
    }
}

fn within<T, R>(mutex: &Mutex<T>, act: impl FnOnce(&mut T) -> R) -> R {
    act(&mut mutex.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What a word tells of a line: the less, the more lines say it.
fn weights<'l>(lines: impl Iterator<Item = &'l Line>) -> BTreeMap<String, f64> {
    let mut said: BTreeMap<String, f64> = BTreeMap::new();
    lines.flat_map(|line| words(&line.says)).for_each(|word| *said.entry(word).or_default() += 1.0);
    said.into_iter().map(|(word, times)| (word, 1.0 / times)).collect()
}

/// How near a text is to a line's words.
fn near(text: &str, about: &BTreeMap<String, f64>) -> f64 {
    words(text).iter().filter_map(|word| about.get(word)).sum()
}

/// The words of a text by their beginnings, so that `invite`, `invited` and `invitation` are one.
fn words(text: &str) -> BTreeSet<String> {
    let all = text.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() >= 4);
    all.map(|word| word.chars().take(4).collect::<String>().to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_by_their_beginnings() {
        let shared = |a: &str, b: &str| words(a).intersection(&words(b)).count();
        assert_eq!(shared("an invitation dies after an hour", "invite.ttl_s = 3_600 # \"expires after 1 hour\""), 3);
        assert_eq!(shared("the only member", "the one"), 0);
    }

    #[test]
    fn what_many_lines_say_tells_little_of_one() {
        let line = |says: &str| Line { says: says.to_owned(), ..Line::default() };
        let lines = ["members leave", "members join", "members are invited", "members go"].map(line);
        let weights = weights(lines.iter());
        assert_eq!(near("member.rs: leave", &weights), 1.25);
    }
}
