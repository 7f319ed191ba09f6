//! Runs the steps of a test run one after another, counts what each reports and prints the closing
//! table. Knows nothing of what a step does.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many tests passed and failed; a step without tests of its own counts as one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    pub passed: usize,
    pub failed: usize,
}

impl Tally {
    pub fn of_check(passed: bool) -> Tally {
        Tally { passed: usize::from(passed), failed: usize::from(!passed) }
    }
}

/// The steps that ran, in order.
#[derive(Default)]
pub struct Steps {
    done: Vec<(&'static str, Tally, Duration)>,
}

impl Steps {
    /// Runs a step under a heading; true when nothing failed in it.
    pub fn run(&mut self, name: &'static str, step: impl FnOnce() -> Tally) -> bool {
        println!("\n== {name}");
        let started = Instant::now();
        let tally = step();
        self.done.push((name, tally, started.elapsed()));
        tally.failed == 0
    }

    /// Prints the table and the closing line; true when nothing failed.
    pub fn close(&self) -> bool {
        println!("\n{:<12} {:>8} {:>8} {:>9}", "step", "passed", "failed", "time");
        let mut sum = Tally::default();
        for (name, tally, time) in &self.done {
            println!("{name:<12} {:>8} {:>8} {:>7.1} s", tally.passed, tally.failed, time.as_secs_f64());
            sum.passed += tally.passed;
            sum.failed += tally.failed;
        }
        println!("\n{} passed, {} failed", sum.passed, sum.failed);
        sum.failed == 0
    }
}

/// Runs a program that either succeeds or not.
pub fn check(command: &mut Command) -> Tally {
    Tally::of_check(command.status().is_ok_and(|status| status.success()))
}

/// Runs a program that reports test results, passes its output on, and adds the reports up by `read`.
pub fn count(command: &mut Command, read: fn(&str) -> Option<Tally>) -> Tally {
    let mut sum = Tally::default();
    let Ok(mut child) = command.stdout(Stdio::piped()).spawn() else {
        return Tally::of_check(false);
    };
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            if let Some(tally) = read(&line) {
                sum.passed += tally.passed;
                sum.failed += tally.failed;
            }
        }
    }
    let succeeded = child.wait().is_ok_and(|status| status.success());
    if !succeeded && sum.failed == 0 {
        // It ended badly without naming a failed test: a crash, or code that does not build.
        sum.failed = 1;
    }
    sum
}

/// Reads `test result: ok. 12 passed; 0 failed; …`, the closing line of each of cargo's test programs.
pub fn cargo_result(line: &str) -> Option<Tally> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut parts = numbers.split("; ");
    Some(Tally { passed: number(parts.next()?, " passed")?, failed: number(parts.next()?, " failed")? })
}

/// Reads `12 passed, 0 failed`, the closing line of the browser tests.
pub fn browser_result(line: &str) -> Option<Tally> {
    let (passed, failed) = line.split_once(", ")?;
    Some(Tally { passed: number(passed, " passed")?, failed: number(failed, " failed")? })
}

fn number(text: &str, unit: &str) -> Option<usize> {
    text.strip_suffix(unit)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_read_and_other_lines_are_not() {
        let line = "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(cargo_result(line), Some(Tally { passed: 3, failed: 2 }));
        assert_eq!(cargo_result("test members::remove ... ok"), None);
        assert_eq!(browser_result("12 passed, 1 failed"), Some(Tally { passed: 12, failed: 1 }));
        assert_eq!(browser_result("ok 12 passed, maybe"), None);
    }

    #[test]
    fn a_program_that_fails_without_a_report_counts_as_one_failure() {
        let crash = count(Command::new("sh").args(["-c", "echo '4 passed, 0 failed'; exit 3"]), browser_result);
        assert_eq!(crash, Tally { passed: 4, failed: 1 });
        let reported = count(Command::new("sh").args(["-c", "echo '4 passed, 2 failed'; exit 1"]), browser_result);
        assert_eq!(reported, Tally { passed: 4, failed: 2 });
    }

    #[test]
    fn one_failed_step_fails_the_run() {
        let mut steps = Steps::default();
        assert!(steps.run("good", || Tally::of_check(true)));
        assert!(steps.close());
        assert!(!steps.run("bad", || check(&mut Command::new("false"))));
        assert!(!steps.close());
    }
}
