//! The whole run: its parts in their order, and the page they fill.

use std::path::Path;
use std::time::Duration;

use crate::figure::{Section, sections};
use crate::machine::{Database, Machine};
use crate::plot::{Curve, picture};
use crate::product::Product;
use crate::{Bench, HELP, Outcome, commits, directory, imports, in_process, probe, requests, rivals, scim, weigh};

const TITLE: &str = "Cost against the number of people in an organization, on SQLite";

/// What was measured.
#[derive(Default)]
struct Measured {
    sections: Vec<Section>,
    curves: Vec<Curve>,
}

/// Measures everything and writes the page.
pub(crate) async fn run(program: &str, folder: &str, page: &Path, options: &[&str]) -> Outcome<()> {
    let build_min: Option<f64> =
        options.iter().find_map(|word| word.strip_prefix("build=")).map(str::parse).transpose().map_err(|_| HELP)?;
    let bench = Bench::begin(program, folder, options)?;
    let machine = Machine::look();
    if let Some(warning) = machine.warning() {
        eprintln!("bench: {warning}");
    }
    let server = std::env::var("GUILDHALL_TEST_POSTGRES").ok();
    let database = server.as_deref().map(Database::create).transpose()?;
    let version = database.as_ref().map(Database::version).transpose()?;
    let measured = measure(&bench, database.as_ref()).await;
    println!("\n{}", sections(&measured.sections));
    let plot = page.with_extension("svg");
    let name = plot.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = machine.page(&bench, &measured.sections, build_min, version.as_deref(), &name)?;
    for (path, text) in [(plot.as_path(), picture(TITLE, &measured.curves)), (page, text)] {
        std::fs::write(path, text).map_err(|e| format!("cannot write `{}`: {e}", path.display()))?;
    }
    bench.say(&format!("written to {} and {}", page.display(), plot.display()));
    Ok(())
}

async fn measure(bench: &Bench, postgres: Option<&Database>) -> Measured {
    let mut all = Measured::default();
    for name in ["in-process", "peers", "requests", "rivals", "commits", "directory", "scim", "probes", "import"] {
        bench.say(name);
        // A part that breaks down is told of on the page; it does not take the others with it.
        if let Err(message) = all.add(bench, name, postgres).await {
            bench.say(&format!("{name} is left out: {message}"));
            let first = message.lines().next().unwrap_or_default();
            all.sections.push(Section { title: name, note: format!("Not measured: {first}"), figures: Vec::new() });
        }
    }
    all
}

/// Measures one part and prints it.
pub(crate) async fn part(name: &str, program: &str, folder: &str, options: &[&str]) -> Outcome<()> {
    let bench = Bench::begin(program, folder, options)?;
    let server = std::env::var("GUILDHALL_TEST_POSTGRES").ok();
    let database = server.as_deref().map(Database::create).transpose()?;
    let mut all = Measured::default();
    all.add(&bench, name, database.as_ref()).await?;
    println!("{}", sections(&all.sections));
    if all.curves.is_empty() {
        return Ok(());
    }
    let plot = bench.folder.join("plot.svg");
    std::fs::write(&plot, picture(TITLE, &all.curves)).map_err(|e| format!("cannot write `{}`: {e}", plot.display()))
}

/// An installation on SQLite, or on a database of PostgreSQL.
fn product(bench: &Bench, name: &str, database: Option<&Database>) -> Outcome<Product> {
    Product::set_up(&bench.program, &bench.folder.join(name), database.map(|database| database.url.clone()))
}

impl Measured {
    async fn add(&mut self, bench: &Bench, name: &str, postgres: Option<&Database>) -> Outcome<()> {
        let section = match name {
            "in-process" => in_process::section(bench.rounds)?,
            "peers" => peers(bench).await?,
            "requests" => self::requests(bench, postgres).await?,
            "rivals" => rivals::section(bench, &product(bench, "beside-rivals", None)?).await?,
            "commits" => Section {
                title: "Durable writes",
                note:
                    "Renaming an organization through the product's own write path, `synchronous=FULL`; the bare loop \
                       runs the same statements with a commit and fsync each."
                        .to_owned(),
                figures: commits::figures(bench).await?,
            },
            "directory" => self.directory(bench, postgres).await?,
            "scim" => Section {
                title: "A directory that loads",
                note: "People brought by SCIM over HTTP, 1,000 in a bulk request, one request after the other, while \
                       somebody checks and somebody signs in again and again."
                    .to_owned(),
                figures: scim::figures(bench, if bench.quick { 10_000 } else { 100_000 }).await?,
            },
            "probes" => self::probes(bench).await?,
            "import" => Section {
                title: "Import",
                note: "Over HTTP, 1,000 items a request, one request after the other.".to_owned(),
                figures: imports::figures(bench, if bench.quick { 10_000 } else { 100_000 }).await?,
            },
            other => return Err(format!("there is no part `{other}`\n{HELP}")),
        };
        self.sections.push(section);
        Ok(())
    }

    async fn directory(&mut self, bench: &Bench, postgres: Option<&Database>) -> Outcome<Section> {
        let sizes: &[usize] =
            if bench.quick { &[1_000, 10_000, 100_000] } else { &[1_000, 10_000, 100_000, 1_000_000] };
        let (mut figures, curves) = in_process::by_size(bench.rounds, sizes)?;
        self.curves.extend(curves);
        figures.extend(weigh::figures()?);
        bench.say("directory on SQLite");
        let told = directory::measure(bench, &product(bench, "directory", None)?, "SQLite", sizes).await?;
        figures.extend(told.figures);
        self.curves.extend(told.curves);
        if let Some(database) = postgres {
            bench.say("directory on PostgreSQL");
            // Its own: another product has set up the first.
            let another = database.another("directory")?;
            let product = product(bench, "directory-postgres", Some(&another))?;
            figures.extend(directory::measure(bench, &product, "PostgreSQL", sizes).await?.figures);
        }
        Ok(Section {
            title: "Size",
            note:
                "Organizations of a thousand to a million people in one installation. On SQLite cost is the server's \
                   processor time, on PostgreSQL the time between answers, since the database works in processes of \
                   its own."
                    .to_owned(),
            figures,
        })
    }
}

async fn requests(bench: &Bench, postgres: Option<&Database>) -> Outcome<Section> {
    let sqlite = product(bench, "sqlite", None)?;
    let mut figures = requests::section(bench, &sqlite, "SQLite").await?;
    if let Some(database) = postgres {
        bench.say("requests on PostgreSQL");
        let product = product(bench, "postgres", Some(database))?;
        figures.extend(requests::section(bench, &product, "PostgreSQL").await?);
    }
    bench.say("signing in and starting");
    figures.push(requests::sign_in(bench, &sqlite).await?);
    figures.extend(requests::start(bench, &sqlite).await?);
    Ok(Section {
        title: "Requests over HTTP",
        note: "Over 32 connections (8 who sign in), beside the bare `hello` JSON route of the same stack.".to_owned(),
        figures,
    })
}

async fn probes(bench: &Bench) -> Outcome<Section> {
    let (wanted, most_s) = if bench.quick { (20_000, 20) } else { (1_000_000, 180) };
    Ok(Section {
        title: "Truth of this moment",
        note:
            "Four at once give access, switch its holder off and on and take it again, each asking twenty times right \
               after each answer."
                .to_owned(),
        figures: probe::figures(bench, wanted, Duration::from_secs(most_s)).await?,
    })
}

#[cfg(feature = "peers")]
async fn peers(bench: &Bench) -> Outcome<Section> {
    crate::peers::section(bench.rounds.min(3), bench.quick).await
}

#[cfg(not(feature = "peers"))]
#[allow(clippy::unused_async, reason = "as with the peers")]
async fn peers(_: &Bench) -> Outcome<Section> {
    Ok(Section {
        title: "The check beside other engines",
        note: "Not measured in this run: built without `--features peers`.".to_owned(),
        figures: Vec::new(),
    })
}
