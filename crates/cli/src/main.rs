//! The `guildhall` command: reads the command line, runs one verb, ends with its exit code.
//!
//! Exit codes: 0 done, 1 refused or failed, 2 wrong use. Results go to standard output, everything else to standard
//! error. No verb's work is done here; each has a file in `verb/`.

mod args;
mod config;
mod docs;
mod ending;
mod failure;
mod installation;
mod listing;
mod log;
mod output;
mod remote;
#[cfg(test)]
mod test_server;
mod verb;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::output::Output;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are "errors" too, for standard output. There is nobody to tell if printing fails.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let mut output = Output::standard(cli.json);
    let result = verb::run(cli.command, &mut output).and_then(|()| output.flush());
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // What was printed before the failure belongs to the answer.
            let _ = output.flush();
            let _ = write!(std::io::stderr().lock(), "{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
