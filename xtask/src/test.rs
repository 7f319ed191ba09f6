//! `cargo xtask test`: everything that must hold before a change goes in, in one command, from a fresh
//! machine. Each step runs even when an earlier one failed, so that one run shows all there is to mend;
//! only code that does not build ends it.

use crate::Outcome;
use crate::cargo::cargo;
use crate::postgres::Postgres;
use crate::setup;
use crate::steps::{Steps, Tally, browser_result, cargo_result, check, count};
use crate::{deps, docs, python, tidy};
use std::path::Path;
use std::process::Command;

/// Where the tests find their PostgreSQL; set by hand, it is used instead of a private one.
pub const POSTGRES_VARIABLE: &str = "GUILDHALL_TEST_POSTGRES";

/// What to run.
#[derive(Debug, PartialEq)]
pub struct Options {
    /// Leaves out clippy and the browser.
    quick: bool,
    /// Runs only tests whose name contains it, and no other check.
    filter: Option<String>,
}

impl Options {
    pub fn parse(words: &[&str]) -> Outcome<Options> {
        let mut options = Options { quick: false, filter: None };
        for word in words {
            match *word {
                "--quick" => options.quick = true,
                option if option.starts_with('-') => {
                    return Err(format!("unknown option `{option}`; there is `--quick`"));
                }
                filter if options.filter.is_none() => options.filter = Some(filter.to_owned()),
                extra => return Err(format!("`{extra}` is one filter too many; give one")),
            }
        }
        Ok(options)
    }
}

/// Installs, checks, tests; true when all is well.
pub fn run(root: &Path, options: &Options) -> Outcome<bool> {
    let browser_folder = root.join("tests/browser");
    let given = std::env::var(POSTGRES_VARIABLE).ok();
    setup::packages(given.is_none(), !options.quick)?;
    if !options.quick {
        setup::npm_packages(&browser_folder)?;
    }
    let providers = root.join("tests/providers");
    setup::npm_packages(&providers)?;
    setup::python_packages(&providers)?;
    let mut steps = Steps::default();
    if options.filter.is_none() {
        checks(root, options, &mut steps);
    }
    let built = steps.run("build", || {
        let product = check(&mut whole(root, "build"));
        if product.failed > 0 { product } else { check(whole(root, "test").arg("--no-run")) }
    });
    if built {
        tests(root, options, given, &mut steps);
    }
    Ok(steps.close())
}

/// What can be told without running the product.
fn checks(root: &Path, options: &Options, steps: &mut Steps) {
    steps.run("format", || check(cargo(root).args(["fmt", "--all", "--check"])));
    if !options.quick {
        let lints = ["--all-targets", "--", "-D", "warnings"];
        steps.run("clippy", || check(whole(root, "clippy").args(lints)));
    }
    steps.run("tidy", || verdict(tidy::run(root)));
    steps.run("deps", || verdict(deps::run(root)));
}

/// What needs the built product.
fn tests(root: &Path, options: &Options, given: Option<String>, steps: &mut Steps) {
    let private = match given {
        Some(_) => Ok(None),
        None => Postgres::start(&root.join("target")).map(Some),
    };
    let private = match private {
        Ok(private) => private,
        Err(message) => {
            steps.run("postgres", || verdict(Err(message)));
            return;
        }
    };
    let url = given.or_else(|| private.as_ref().map(|server| server.url.clone())).unwrap_or_default();
    steps.run("tests", || {
        let mut command = whole(root, "test");
        command.arg("--no-fail-fast").args(&options.filter);
        count(command.env(POSTGRES_VARIABLE, &url), cargo_result)
    });
    if options.filter.is_none() {
        steps.run("docs", || verdict(docs::check_built(root)));
    }
    if !options.quick && options.filter.is_none() {
        steps.run("scim", || match python::environment(root) {
            Ok(environment) => python::run(root, &environment, &docs::product()),
            Err(message) => verdict(Err(message)),
        });
    }
    if !options.quick {
        steps.run("browser", || {
            let mut command = Command::new("node");
            command.arg("tests/browser/run.mjs").args(&options.filter).current_dir(root);
            command.env(POSTGRES_VARIABLE, &url).env("PROGRAM_UNDER_TEST", docs::product());
            count(&mut command, browser_result)
        });
    }
}

/// A cargo command over every crate, on the lock file as it stands.
fn whole(root: &Path, command: &str) -> Command {
    let mut cargo = cargo(root);
    cargo.args([command, "--locked", "--workspace"]);
    cargo
}

fn verdict(outcome: Outcome<bool>) -> Tally {
    if let Err(message) = &outcome {
        println!("{message}");
    }
    Tally::of_check(outcome == Ok(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_a_switch_and_one_filter() {
        assert_eq!(Options::parse(&[]), Ok(Options { quick: false, filter: None }));
        let both = Options { quick: true, filter: Some("ct_17".to_owned()) };
        assert_eq!(Options::parse(&["ct_17", "--quick"]), Ok(both));
        assert!(Options::parse(&["--fast"]).is_err());
        assert!(Options::parse(&["a", "b"]).is_err());
    }
}
