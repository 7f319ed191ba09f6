//! What each operation costs beside what bounds it, measured in turns on one machine: the load
//! generator, the bare references and the page they fill. `cargo xtask bench` builds and runs it;
//! nothing here is part of the product.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
#![allow(clippy::indexing_slicing, reason = "a workload made here; a mistake ends the bench")]

mod bare;
mod bare_rows;
mod commits;
mod directory;
mod figure;
mod hash;
mod hashed;
mod imports;
mod in_process;
mod load;
mod machine;
#[cfg(feature = "peers")]
mod peers;
mod plot;
mod probe;
mod process;
mod product;
mod requests;
mod rivals;
mod scim;
mod seed;
mod weigh;
mod whole;
mod world;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use process::Server;

/// What went wrong, as a sentence for the person at the terminal.
type Outcome<T> = Result<T, String>;

const HELP: &str = "guildhall-bench bare                      serve the bare routes
guildhall-bench ask PEOPLE index|handles|masks|hashed|PEER TIMES
                                          ask the generated questions; what valgrind counts
guildhall-bench weigh rights|directory|hashed
                                          build one, tell the bytes of each membership
guildhall-bench part NAME PROGRAM FOLDER [quick]
                                          measure one part and print it: in-process, peers, requests,
                                          rivals, commits, directory, scim, probes, import
guildhall-bench run PROGRAM FOLDER PAGE [quick] [build=CPU_MINUTES]
                                          measure PROGRAM with data in FOLDER, write PAGE and its
                                          plot beside it;
                                          GUILDHALL_TEST_POSTGRES names a server to measure on too";

/// How and where it is measured.
struct Bench {
    /// The product.
    program: PathBuf,
    /// For data, on the disk that is measured. Emptied before.
    folder: PathBuf,
    /// How often each pair is measured.
    rounds: usize,
    /// How long each measurement takes.
    window: Duration,
    /// Only to see that it works.
    quick: bool,
    begun: Instant,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["bare"] => bare::serve().await,
        ["ask", many, which, times] => in_process::ask(many, which, times).await,
        ["weigh", what] => weigh::weigh(what),
        ["part", name, program, folder, options @ ..] => whole::part(name, program, folder, options).await,
        ["run", program, folder, page, options @ ..] => whole::run(program, folder, Path::new(page), options).await,
        _ => Err(HELP.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}

impl Bench {
    /// With an empty folder.
    fn begin(program: &str, folder: &str, options: &[&str]) -> Outcome<Self> {
        let quick = options.contains(&"quick");
        let (rounds, window_ms) = if quick { (2, 500) } else { (5, 1_500) };
        let bench = Self {
            program: program.into(),
            folder: folder.into(),
            rounds,
            window: Duration::from_millis(window_ms),
            quick,
            begun: Instant::now(),
        };
        if bench.folder.exists() {
            std::fs::remove_dir_all(&bench.folder).map_err(|e| format!("cannot empty `{folder}`: {e}"))?;
        }
        std::fs::create_dir_all(&bench.folder).map_err(|e| format!("cannot make `{folder}`: {e}"))?;
        Ok(bench)
    }

    /// Starts the bare routes.
    fn bare(&self) -> Outcome<Server> {
        let this = std::env::current_exe().map_err(|e| format!("cannot find this program: {e}"))?;
        Server::start(Command::new(this).arg("bare"), &self.folder.join("bare.log"))
    }

    /// Tells whoever waits what comes next.
    fn say(&self, what: &str) {
        eprintln!("bench: {:>4} s  {what}", self.begun.elapsed().as_secs());
    }
}

/// The size of a file in MiB.
fn size_mib(path: &Path) -> Outcome<f64> {
    let size_bytes = path.metadata().map_err(|e| format!("cannot look at `{}`: {e}", path.display()))?.len();
    #[allow(clippy::cast_precision_loss, reason = "a program's size")]
    Ok(size_bytes as f64 / (1024.0 * 1024.0))
}
