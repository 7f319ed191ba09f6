//! Which of many mutations a test notices, in few runs: all are put in at once, and only where something fails are they
//! taken apart, half by half, for the tests that failed. Knows neither presets nor rules.

use super::Proof;
use crate::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// One search. `A` runs some tests with these mutations, by number, and answers with the names of those that fail;
/// `None`: the mutations do not go together.
pub(super) struct Search<A> {
    /// Lines that look for one.
    wanted: BTreeSet<String>,
    found: BTreeMap<String, usize>,
    /// A mutation that fails more tests than this breaks everything, and says nothing of a line.
    most: usize,
    /// When to stop.
    end: Instant,
    attempt: A,
}

impl<A: FnMut(&[usize], &[&Proof]) -> Outcome<Option<BTreeSet<String>>>> Search<A> {
    pub(super) fn new(wanted: BTreeSet<String>, tests: &[&Proof], end: Instant, attempt: A) -> Self {
        Self { wanted, found: BTreeMap::new(), most: (tests.len() / 3).max(3), end, attempt }
    }

    /// Goes through these mutations for these tests; answers with the mutation of each line that has one.
    pub(super) fn run(mut self, mutations: &[usize], tests: &[&Proof]) -> Outcome<BTreeMap<String, usize>> {
        self.go(mutations, tests)?;
        Ok(self.found)
    }

    fn go(&mut self, mutations: &[usize], tests: &[&Proof]) -> Outcome<()> {
        let open =
            |proof: &&&Proof| proof.ids.iter().any(|id| self.wanted.contains(id) && !self.found.contains_key(id));
        let tests: Vec<&Proof> = tests.iter().filter(open).copied().collect();
        if mutations.is_empty() || tests.is_empty() || Instant::now() > self.end {
            return Ok(());
        }
        let names = (self.attempt)(mutations, &tests)?;
        let failed: Vec<&Proof> = match &names {
            Some(names) => tests.iter().filter(|proof| names.contains(&proof.test)).copied().collect(),
            None => tests,
        };
        if let [one] = mutations {
            if names.is_some() && failed.len() <= self.most {
                for id in failed.iter().flat_map(|proof| &proof.ids).filter(|id| self.wanted.contains(*id)) {
                    self.found.entry(id.clone()).or_insert(*one);
                }
            }
            return Ok(());
        }
        let (left, right) = mutations.split_at(mutations.len() / 2);
        self.go(left, &failed)?;
        self.go(right, &failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_line_finds_what_its_test_notices_and_not_what_breaks_everything() {
        let proofs: Vec<Proof> = (0..8)
            .map(|n| Proof { path: "a.rs".to_owned(), test: format!("t_{n}"), ids: vec![format!("CT-{n}")] })
            .collect();
        let tests: Vec<&Proof> = proofs.iter().collect();
        let mut runs = 0;
        // Test n notices 10 n; 5 breaks everything; 70 and 71 do not go together.
        let attempt = |mutations: &[usize], tests: &[&Proof]| {
            runs += 1;
            if mutations.contains(&70) && mutations.contains(&71) {
                return Ok(None);
            }
            let notices = |proof: &&&Proof| {
                let n: usize = proof.test[2..].parse().unwrap_or_default();
                mutations.contains(&5) || n > 0 && mutations.contains(&(10 * n))
            };
            Ok(Some(tests.iter().filter(notices).map(|proof| proof.test.clone()).collect()))
        };
        let wanted = proofs.iter().flat_map(|proof| proof.ids.clone()).collect();
        let end = Instant::now() + Duration::from_secs(60);
        let search = Search { most: 4, ..Search::new(wanted, &tests, end, attempt) };
        let all: Vec<usize> = (0..100).collect();
        let found = search.run(&all, &tests).expect("runs");
        assert_eq!(found.len(), 7, "{found:?}");
        assert!(found.iter().all(|(id, by)| *id == format!("CT-{}", by / 10)));
        assert!(runs < 80, "{runs} runs");
    }
}
