//! `cargo xtask bench`: builds the product as it is released and has `guildhall-bench` measure it
//! beside bare references and peers; the result is `docs/reference/benchmarks.md` and its plot. Measures nothing itself but the build.

use crate::Outcome;
use crate::cargo::cargo;
use crate::postgres::Postgres;
use crate::setup;
use crate::test::POSTGRES_VARIABLE;
use std::path::Path;
use std::process::Command;

const PAGE: &str = "docs/reference/benchmarks.md";
/// What of `docs/reference` is measured instead of generated.
pub const MEASURED: [&str; 2] = ["benchmarks.md", "benchmarks.svg"];
/// Where the servers that npm brings are installed.
const PEERS: &str = "crates/bench/npm";
/// In what `/proc` counts processor time: `USER_HZ`, which is 100 on every Linux that we build for.
const TICKS_PER_S: f64 = 100.0;

/// What to measure.
#[derive(Debug, Default, PartialEq)]
pub struct Options {
    /// Measures a clean release build too.
    build: bool,
    /// Few and short rounds, to see that it works; writes no page.
    quick: bool,
}

impl Options {
    pub fn parse(words: &[&str]) -> Outcome<Options> {
        let mut options = Options::default();
        for word in words {
            match *word {
                "--build" => options.build = true,
                "--quick" => options.quick = true,
                other => return Err(format!("unknown option `{other}`; there are `--build` and `--quick`")),
            }
        }
        Ok(options)
    }
}

/// Builds, measures, writes the page.
pub fn run(root: &Path, options: &Options) -> Outcome<bool> {
    // The product by itself: what the peers wish of shared crates must not get into it.
    release(root, &["--package", "guildhall"], None)?;
    release(root, &["--package", "guildhall-bench", "--features", "guildhall-bench/peers"], None)?;
    if let Err(message) = setup::npm_packages_of_platform(&root.join(PEERS)) {
        eprintln!("bench: {message}; the servers from npm are left out");
    }
    let built_in = options.build.then(|| clean_build_min(root)).transpose()?;
    let target = root.join("target");
    let page = if options.quick { target.join("benchmarks.md") } else { root.join(PAGE) };
    let mut bench = Command::new(target.join("release/guildhall-bench"));
    bench.current_dir(root).arg("run").arg(target.join("release/guildhall")).arg(target.join("bench")).arg(page);
    bench.args(options.quick.then_some("quick"));
    bench.args(built_in.map(|minutes| format!("build={minutes}")));
    let private = match std::env::var_os(POSTGRES_VARIABLE) {
        None if setup::postgres_bin().is_some() => Some(Postgres::start(&target)?),
        _ => None,
    };
    if let Some(server) = &private {
        bench.env(POSTGRES_VARIABLE, &server.url);
    }
    bench.status().map(|status| status.success()).map_err(|error| format!("cannot run the bench: {error}"))
}

fn release(root: &Path, what: &[&str], target: Option<&Path>) -> Outcome<()> {
    let mut build = cargo(root);
    build.args(["build", "--release", "--locked"]).args(what);
    if let Some(target) = target {
        build.arg("--target-dir").arg(target);
    }
    match build.status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("`cargo build --release {}` failed", what.join(" "))),
    }
}

/// Processor minutes of a release build from nothing, with the packages already fetched.
fn clean_build_min(root: &Path) -> Outcome<f64> {
    let target = root.join("target/bench-build");
    let empty = |target: &Path| match target.exists() {
        true => std::fs::remove_dir_all(target).map_err(|error| format!("cannot empty the build folder: {error}")),
        false => Ok(()),
    };
    empty(&target)?;
    let before = children_cpu_s()?;
    release(root, &["--package", "guildhall"], Some(&target))?;
    let after = children_cpu_s()?;
    empty(&target)?;
    Ok((after - before) / 60.0)
}

/// Processor time of everything that this process has started and waited for, in seconds.
fn children_cpu_s() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").map_err(|error| format!("cannot ask for times: {error}"))?;
    // The fields after the name, which may hold anything: cutime and cstime are the 16th and 17th of all.
    let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ');
    let ticks: f64 = fields.skip(13).take(2).filter_map(|number| number.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS_PER_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_two_switches() {
        assert_eq!(Options::parse(&["--build"]), Ok(Options { build: true, quick: false }));
        assert_eq!(Options::parse(&["--quick", "--build"]), Ok(Options { build: true, quick: true }));
        assert!(Options::parse(&["--fast"]).is_err());
    }

    #[test]
    fn the_time_of_children_grows_with_their_work() {
        let before = children_cpu_s().expect("times");
        let busy = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
        assert!(Command::new("sh").args(["-c", busy]).status().is_ok_and(|status| status.success()));
        assert!(children_cpu_s().expect("times") > before);
    }
}
