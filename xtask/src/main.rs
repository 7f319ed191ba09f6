//! Project chores behind `cargo xtask`, one file a command. `cargo xtask help` lists them.
//!
//! It stands outside the product: it reads the project's files and runs programs, and links none of
//! the product's crates, so that it still works when the product does not build.

mod bench;
mod cargo;
mod conformance;
mod deps;
mod docs;
mod files;
mod mutate;
mod postgres;
mod python;
mod rust_source;
mod setup;
mod steps;
mod test;
mod tidy;

use std::process::ExitCode;

/// What went wrong, as a sentence for the person at the terminal.
type Outcome<T> = Result<T, String>;

const HELP: &str = "\
cargo xtask COMMAND

  test [--quick] [FILTER]  install what is missing, then run every check and every test;
                           --quick leaves out clippy and the browser,
                           FILTER runs only the tests whose name contains it
  tidy                     the house rules that no compiler knows: sizes, names, directions, links
  deps                     banned crates, licences, reasons and use of every direct dependency
  bench [--quick] [--build]
                           measure the release build beside bare references and peers and write
                           docs/reference/benchmarks.md; --quick only tries it out, --build adds
                           a clean build's processor time
  conformance --mutate [LINE]
                           take out of the presets what each line rests on and demand that its
                           tests fail; --seek looks for what lines rest on that name nothing yet
  docs [--check]           write docs/reference, or with --check tell which pages are stale
  help                     this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::from(2)
        }
    }
}

/// Runs one command; `false` means that it ran and found something wrong.
fn run(words: &[&str]) -> Outcome<bool> {
    match words {
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(true)
        }
        ["test", options @ ..] => test::run(&files::root()?, &test::Options::parse(options)?),
        ["tidy"] => tidy::run(&files::root()?),
        ["deps"] => deps::run(&files::root()?),
        ["bench", options @ ..] => bench::run(&files::root()?, &bench::Options::parse(options)?),
        ["conformance", options @ ..] => mutate::run(&files::root()?, &mutate::Options::parse(options)?),
        ["docs"] => docs::write(&files::root()?),
        ["docs", "--check"] => docs::check(&files::root()?),
        _ => Err(format!("unknown command `{}`; `cargo xtask help` lists them", words.join(" "))),
    }
}
