//! The machine and the versions that the figures belong to, and the page that shows both.

use std::process::Command;

use crate::figure::{Section, sections, short};
use crate::{Bench, Outcome, size_mib};

/// What the figures belong to.
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    memory_gib: f64,
    kernel: String,
    compiler: String,
    commit: String,
    busy: String,
}

fn file(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The first line that a program prints, empty when it cannot be asked.
fn line_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().map(|o| o.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or_default().to_owned()
}

/// The value behind `name:` in one of the system's lists.
fn field(list: &str, name: &str) -> String {
    let value = list.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name);
    value.map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
}

impl Machine {
    /// Looks at the machine, before it is loaded.
    pub(crate) fn look() -> Self {
        let memory = field(&file("/proc/meminfo"), "MemTotal");
        let memory_kib: f64 = memory.trim_end_matches(" kB").parse().unwrap_or_default();
        Self {
            processor: field(&file("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: memory_kib / (1024.0 * 1024.0),
            kernel: file("/proc/sys/kernel/osrelease").trim().to_owned(),
            compiler: line_of("rustc", &["--version"]),
            commit: line_of("git", &["describe", "--always", "--dirty"]),
            busy: file("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
        }
    }

    /// What to say before the start when others use the machine too.
    pub(crate) fn warning(&self) -> Option<String> {
        let busy: f64 = self.busy.parse().unwrap_or_default();
        (busy > 0.5)
            .then(|| format!("the machine is busy (load {busy}); the ratios will scatter, wait for a quiet time"))
    }

    /// The whole page. `picture` is its plot, beside it.
    pub(crate) fn page(
        &self,
        bench: &Bench,
        all: &[Section],
        build_min: Option<f64>,
        postgres: Option<&str>,
        picture: &str,
    ) -> Outcome<String> {
        let size = short(size_mib(&bench.program)?);
        let build = match build_min {
            Some(minutes) => format!("Clean release build: {} CPU minutes (goal: at most 10).", short(minutes)),
            None => "The clean release build was not measured in this run (`cargo xtask bench --build`).".to_owned(),
        };
        let postgres = match postgres {
            Some(version) => format!("PostgreSQL {version}"),
            None => "no PostgreSQL, so its rows are missing".to_owned(),
        };
        let quick = if bench.quick { " **Made by `--quick`: too short to be believed.**" } else { "" };
        Ok(format!(
            "# Benchmarks\n\n\
             Written by `cargo xtask bench`; do not edit.{quick} No check compares this page, since the numbers differ \
             from run to run and from machine to machine. Only the ratios travel: each is ours divided by its \
             reference, measured right after one another, up to {rounds} times in turns. Rows that miss their goal \
             stay in.\n\n\
             Machine: {processor}, {cores} cores shared by server, load generator and database, {memory} GiB, Linux \
             {kernel}; load before the start {busy}. Program: commit {commit}, {compiler}, default settings, SQLite \
             {sqlite}, {postgres}. Requests come over kept connections from another process, in windows of {window} s; \
             server CPU is that of our process alone.\n\n\
             Binary size: {size} MiB. {build}\n\n\
             ![Cost against the number of people in an organization, on SQLite]({picture})\n\n\
             {sections}",
            rounds = bench.rounds,
            processor = self.processor,
            cores = self.cores,
            memory = short(self.memory_gib),
            kernel = self.kernel,
            busy = self.busy,
            commit = self.commit,
            compiler = self.compiler,
            sqlite = rusqlite::version(),
            window = bench.window.as_secs_f64(),
            sections = sections(all),
        ))
    }
}

/// A PostgreSQL database for this run, dropped at its end.
pub(crate) struct Database {
    server: String,
    name: String,
    /// Its address.
    pub(crate) url: String,
}

impl Database {
    /// Makes one on a server.
    pub(crate) fn create(server: &str) -> Outcome<Self> {
        Self::named(server, format!("guildhall_bench_{}", std::process::id()))
    }

    /// Makes another beside it.
    pub(crate) fn another(&self, name: &str) -> Outcome<Self> {
        Self::named(&self.server, format!("{}_{name}", self.name))
    }

    fn named(server: &str, name: String) -> Outcome<Self> {
        let (head, _) = server.rsplit_once('/').ok_or("GUILDHALL_TEST_POSTGRES names no database")?;
        let database = Self { server: server.to_owned(), url: format!("{head}/{name}"), name };
        database.run(&format!("CREATE DATABASE {}", database.name))?;
        Ok(database)
    }

    /// Which PostgreSQL it is.
    pub(crate) fn version(&self) -> Outcome<String> {
        let server = self.server.clone();
        let ask = move || -> Result<String, postgres::Error> {
            let row = postgres::Client::connect(&server, postgres::NoTls)?.query_one("SHOW server_version", &[])?;
            row.try_get(0)
        };
        let told = std::thread::spawn(ask).join().map_err(|_| "the database client broke down".to_owned())?;
        told.map_err(|e| format!("PostgreSQL: {e}"))
    }

    // The driver has a runtime of its own, which must not start inside another.
    fn run(&self, statement: &str) -> Outcome<()> {
        let (server, statement) = (self.server.clone(), statement.to_owned());
        let run = move || postgres::Client::connect(&server, postgres::NoTls)?.batch_execute(&statement);
        let done = std::thread::spawn(run).join().map_err(|_| "the database client broke down".to_owned())?;
        done.map_err(|e| format!("PostgreSQL: {e}"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = self.run(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}
