//! Figures: what was measured in each round beside its reference, and the page that shows them.

use std::fmt::Write;

/// One operation beside what bounds it. INVARIANT: `ours` and `theirs` have one entry for each
/// round, measured right after one another.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// What was measured, in which unit.
    pub(crate) what: &'static str,
    /// On what it ran: an engine or nothing.
    pub(crate) on: &'static str,
    /// The reference.
    pub(crate) against: &'static str,
    /// The least ratio that the design asks for, when it asks for one.
    pub(crate) goal: Option<f64>,
    /// Ours, round by round.
    pub(crate) ours: Vec<f64>,
    /// The reference, round by round.
    pub(crate) theirs: Vec<f64>,
    /// What holds it back.
    pub(crate) limit: &'static str,
}

/// Least, middle and most of some numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

/// The spread of some numbers; of an even count the lower middle.
pub(crate) fn spread(numbers: &[f64]) -> Spread {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    Spread { min: at(0), median: at(sorted.len().saturating_sub(1) / 2), max: at(sorted.len().saturating_sub(1)) }
}

impl Figure {
    fn ratios(&self) -> Vec<f64> {
        self.ours.iter().zip(&self.theirs).map(|(ours, theirs)| ours / theirs).collect()
    }

    fn row(&self) -> String {
        let ratio = spread(&self.ratios());
        let (goal, reached) = match self.goal {
            None => (String::new(), ""),
            Some(least) => (format!("≥ {least}"), if ratio.median >= least { "yes" } else { "**no**" }),
        };
        format!(
            "| {} | {} | {} | {} | {} | {} | {goal} | {reached} | {} | {} |",
            self.what,
            self.on,
            self.against,
            short(ratio.min),
            short(ratio.median),
            short(ratio.max),
            short(spread(&self.ours).median),
            short(spread(&self.theirs).median),
        )
    }
}

/// Three digits that count.
pub(crate) fn short(number: f64) -> String {
    let digits = match number.abs() {
        n if n >= 100.0 => 0,
        n if n >= 10.0 => 1,
        n if n >= 1.0 => 2,
        _ => 3,
    };
    format!("{number:.digits$}")
}

/// The table of all figures.
pub(crate) fn table(figures: &[Figure]) -> String {
    let mut text = String::from(
        "| Measured | On | Reference | min | median | max | Goal | Reached | Ours | Reference alone |\n\
         | --- | --- | --- | --: | --: | --: | --: | --- | --: | --: |\n",
    );
    for figure in figures {
        let _ = writeln!(text, "{}", figure.row());
    }
    text
}

/// What holds each figure back, each reason once.
pub(crate) fn limits(figures: &[Figure]) -> String {
    let mut told: Vec<(&str, Vec<&str>)> = Vec::new();
    for figure in figures {
        match told.iter_mut().find(|(limit, _)| *limit == figure.limit) {
            Some((_, whats)) if whats.contains(&figure.what) => {}
            Some((_, whats)) => whats.push(figure.what),
            None => told.push((figure.limit, vec![figure.what])),
        }
    }
    told.iter().fold(String::new(), |text, (limit, whats)| format!("{text}- {}: {limit}\n", whats.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(goal: f64) -> Figure {
        Figure {
            what: "sign-in, per second",
            on: "SQLite",
            against: "the hash",
            goal: Some(goal),
            ours: vec![9.0, 8.0, 30.0],
            theirs: vec![10.0, 10.0, 10.0],
            limit: "the hash",
        }
    }

    #[test]
    fn a_row_shows_the_spread_of_the_ratios_and_whether_the_goal_is_reached() {
        let row = figure(0.95).row();
        assert!(row.contains("| 0.800 | 0.900 | 3.00 | ≥ 0.95 | **no** | 9.00 | 10.0 |"), "{row}");
        assert!(figure(0.9).row().contains("| yes |"));
    }

    #[test]
    fn a_reason_shared_by_rows_is_told_once() {
        let rows = [figure(1.0), figure(1.0)];
        assert_eq!(limits(&rows), "- sign-in, per second: the hash\n");
    }

    #[test]
    fn the_spread_of_an_even_count_takes_the_lower_middle() {
        assert_eq!(spread(&[4.0, 1.0, 3.0, 2.0]), Spread { min: 1.0, median: 2.0, max: 4.0 });
    }
}
