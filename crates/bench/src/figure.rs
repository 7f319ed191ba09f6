//! Figures: what was measured in each round beside its reference, and the tables that show them.

use std::fmt::Write;

/// What the design asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    /// Nothing.
    Open,
    /// So many times the reference, or more.
    AtLeast(f64),
    /// So many times the reference, or less.
    AtMost(f64),
    /// A number of ours that holds without a reference.
    OursAtMost(f64),
}

/// One operation beside what bounds it. INVARIANT: `ours` and `theirs` have one entry for each
/// round, measured right after one another.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// What was measured, in which unit.
    what: String,
    /// On what it ran: an engine or nothing.
    on: &'static str,
    /// The reference.
    against: &'static str,
    goal: Goal,
    /// Ours, round by round.
    ours: Vec<f64>,
    /// The reference, round by round.
    theirs: Vec<f64>,
    /// What holds it back.
    limit: &'static str,
}

/// Figures that are read together.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    /// What has to be known to read them, in a sentence or two.
    pub(crate) note: String,
    pub(crate) figures: Vec<Figure>,
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
    /// Rounds of both, with no goal.
    pub(crate) fn new(
        what: impl Into<String>,
        on: &'static str,
        against: &'static str,
        (ours, theirs): (Vec<f64>, Vec<f64>),
        limit: &'static str,
    ) -> Self {
        Self { what: what.into(), on, against, goal: Goal::Open, ours, theirs, limit }
    }

    /// The same with a goal.
    pub(crate) fn goal(self, goal: Goal) -> Self {
        Self { goal, ..self }
    }

    fn ratios(&self) -> Vec<f64> {
        self.ours.iter().zip(&self.theirs).map(|(ours, theirs)| ours / theirs).collect()
    }

    fn row(&self) -> String {
        let (ratio, ours) = (spread(&self.ratios()), spread(&self.ours).median);
        let (goal, reached) = match self.goal {
            Goal::Open => (String::new(), None),
            Goal::AtLeast(least) => (format!("≥ {least}"), Some(ratio.median >= least)),
            Goal::AtMost(most) => (format!("≤ {most}"), Some(ratio.median <= most)),
            Goal::OursAtMost(most) => (format!("ours ≤ {most}"), Some(ours <= most)),
        };
        let reached = reached.map_or("", |reached| if reached { "yes" } else { "**no**" });
        format!(
            "| {} | {} | {} | {} | {} | {} | {goal} | {reached} | {} | {} |",
            self.what,
            self.on,
            self.against,
            short(ratio.min),
            short(ratio.median),
            short(ratio.max),
            short(ours),
            short(spread(&self.theirs).median),
        )
    }
}

/// Three digits that count.
pub(crate) fn short(number: f64) -> String {
    let digits = match number.abs() {
        0.0 => return "0".to_owned(),
        n if n >= 100.0 => 0,
        n if n >= 10.0 => 1,
        n if n >= 1.0 => 2,
        n if n >= 0.1 => 3,
        n if n >= 0.01 => 4,
        _ => 5,
    };
    format!("{number:.digits$}")
}

/// The table of some figures.
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

/// Sections one below the other, each with what limits its figures; every reason once.
pub(crate) fn sections(all: &[Section]) -> String {
    let mut text = String::new();
    for Section { title, note, figures } in all {
        let _ = write!(text, "## {title}\n\n{note}\n\n");
        if !figures.is_empty() {
            let _ = write!(text, "{}\nWhat limits each:\n\n{}\n", table(figures), limits(figures));
        }
    }
    text
}

/// What holds each figure back, each reason once.
fn limits(figures: &[Figure]) -> String {
    let mut told: Vec<(&str, Vec<&str>)> = Vec::new();
    for figure in figures {
        match told.iter_mut().find(|(limit, _)| *limit == figure.limit) {
            Some((_, whats)) if whats.contains(&figure.what.as_str()) => {}
            Some((_, whats)) => whats.push(&figure.what),
            None => told.push((figure.limit, vec![&figure.what])),
        }
    }
    told.iter().fold(String::new(), |text, (limit, whats)| format!("{text}- {}: {limit}\n", whats.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(goal: Goal) -> Figure {
        let rounds = (vec![9.0, 8.0, 30.0], vec![10.0, 10.0, 10.0]);
        Figure::new("sign-in, per second", "SQLite", "the hash", rounds, "the hash").goal(goal)
    }

    #[test]
    fn a_row_shows_the_spread_of_the_ratios_and_whether_the_goal_is_reached() {
        let row = figure(Goal::AtLeast(0.95)).row();
        assert!(row.contains("| 0.800 | 0.900 | 3.00 | ≥ 0.95 | **no** | 9.00 | 10.0 |"), "{row}");
        for reached in [Goal::AtLeast(0.9), Goal::AtMost(0.9), Goal::OursAtMost(9.0)] {
            assert!(figure(reached).row().contains("| yes |"));
        }
        for missed in [Goal::AtMost(0.89), Goal::OursAtMost(8.9)] {
            assert!(figure(missed).row().contains("| **no** |"));
        }
    }

    #[test]
    fn a_reason_shared_by_rows_is_told_once() {
        let rows = [figure(Goal::Open), figure(Goal::Open)];
        assert_eq!(limits(&rows), "- sign-in, per second: the hash\n");
    }

    #[test]
    fn the_spread_of_an_even_count_takes_the_lower_middle() {
        assert_eq!(spread(&[4.0, 1.0, 3.0, 2.0]), Spread { min: 1.0, median: 2.0, max: 4.0 });
    }
}
