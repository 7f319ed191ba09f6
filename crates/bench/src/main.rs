//! What each operation costs beside what bounds it, measured in turns on one machine: the load
//! generator, the bare references and the page they fill. `cargo xtask bench` builds and runs it;
//! nothing here is part of the product.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
#![allow(clippy::indexing_slicing, reason = "a workload made here; a mistake ends the bench")]

mod bare;
mod commits;
mod figure;
mod hash;
mod in_process;
mod load;
mod machine;
#[cfg(feature = "peers")]
mod peers;
mod process;
mod product;
mod requests;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use figure::{Figure, limits, table};
use machine::Machine;
use process::Server;
use product::Product;

/// What went wrong, as a sentence for the person at the terminal.
type Outcome<T> = Result<T, String>;

const HELP: &str = "guildhall-bench bare                      serve the bare route
guildhall-bench in-process                measure the check in process alone
guildhall-bench requests PROGRAM FOLDER [quick]   measure requests on SQLite alone
guildhall-bench peers                     measure it beside other engines, where they were built in
guildhall-bench ask PEOPLE index|bare|PEER TIMES   ask the generated questions; what valgrind counts
guildhall-bench run PROGRAM FOLDER PAGE [quick] [build=CPU_MINUTES]
                                          measure PROGRAM with data in FOLDER, write PAGE;
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
}

impl Bench {
    /// Starts the bare route.
    fn bare(&self) -> Outcome<Server> {
        let this = std::env::current_exe().map_err(|e| format!("cannot find this program: {e}"))?;
        Server::start(Command::new(this).arg("bare"), &self.folder.join("bare.log"))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["bare"] => bare::serve().await,
        ["ask", many, which, times] => in_process::ask(many, which, times).await,
        #[cfg(feature = "peers")]
        ["peers"] => peers::figures(3).await.map(|figures| println!("{}", table(&figures))),
        ["in-process"] => in_process::figures(3).map(|figures| println!("{}", table(&figures))),
        ["requests", program, folder, options @ ..] => requests_alone(program, folder, options).await,
        ["run", program, folder, page, options @ ..] => run(program, folder, page, options).await,
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
        let (rounds, window_ms) = if options.contains(&"quick") { (2, 500) } else { (7, 1_500) };
        let bench =
            Self { program: program.into(), folder: folder.into(), rounds, window: Duration::from_millis(window_ms) };
        if bench.folder.exists() {
            std::fs::remove_dir_all(&bench.folder).map_err(|e| format!("cannot empty `{folder}`: {e}"))?;
        }
        std::fs::create_dir_all(&bench.folder).map_err(|e| format!("cannot make `{folder}`: {e}"))?;
        Ok(bench)
    }
}

async fn requests_alone(program: &str, folder: &str, options: &[&str]) -> Outcome<()> {
    let bench = Bench::begin(program, folder, options)?;
    let sqlite = Product::set_up(&bench.program, &bench.folder.join("sqlite"), None)?;
    let figures = requests::against_hello(&bench, &sqlite, "SQLite").await?;
    println!("{}", table(&figures));
    Ok(())
}

async fn run(program: &str, folder: &str, page: &str, options: &[&str]) -> Outcome<()> {
    let build_min: Option<f64> =
        options.iter().find_map(|word| word.strip_prefix("build=")).map(str::parse).transpose().map_err(|_| HELP)?;
    let bench = Bench::begin(program, folder, options)?;
    let machine = Machine::look();
    if let Some(warning) = machine.warning() {
        eprintln!("bench: {warning}");
    }
    let postgres = std::env::var("GUILDHALL_TEST_POSTGRES").ok();
    let figures = measure(&bench, postgres.as_deref()).await?;
    let text = machine.page(&bench, &figures, build_min, postgres.is_some())?;
    println!("\n{}\n{}", table(&figures), limits(&figures));
    std::fs::write(page, text).map_err(|e| format!("cannot write `{page}`: {e}"))?;
    println!("bench: written to {page}");
    Ok(())
}

async fn measure(bench: &Bench, postgres: Option<&str>) -> Outcome<Vec<Figure>> {
    let say = |what: &str| eprintln!("bench: {what}");
    let sqlite = Product::set_up(&bench.program, &bench.folder.join("sqlite"), None)?;
    say("requests on SQLite");
    let mut figures = requests::against_hello(bench, &sqlite, "SQLite").await?;
    if let Some(server) = postgres {
        say("requests on PostgreSQL");
        let database = machine::Database::create(server)?;
        let product = Product::set_up(&bench.program, &bench.folder.join("postgres"), Some(database.url.clone()))?;
        figures.extend(requests::against_hello(bench, &product, "PostgreSQL").await?);
    }
    say("checks in process");
    figures.extend(in_process::figures(bench.rounds)?);
    #[cfg(feature = "peers")]
    {
        say("other engines in process");
        figures.extend(peers::figures(bench.rounds).await?);
    }
    say("signing in");
    figures.push(requests::sign_in(bench, &sqlite).await?);
    say("commits");
    figures.extend(commits::figures(bench).await?);
    say("starting");
    figures.extend(requests::start(bench, &sqlite).await?);
    Ok(figures)
}

/// The size of a file in MiB.
fn size_mib(path: &Path) -> Outcome<f64> {
    let size_bytes = path.metadata().map_err(|e| format!("cannot look at `{}`: {e}", path.display()))?.len();
    #[allow(clippy::cast_precision_loss, reason = "a program's size")]
    Ok(size_bytes as f64 / (1024.0 * 1024.0))
}
