//! `guildhall import`: a directory from files, in batches, with every line that was refused told by its number.
//! Doing it again changes nothing, so an import that broke off is simply started again. Decides nothing.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use guildhall_server::ops::import_lines::read;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};

/// How many lines go in one request; the server takes no more.
const BATCH: usize = 1_000;

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Files with lines of any kind, each named by a field `kind`; `.csv`, or one JSON object a line
    files: Vec<PathBuf>,
    /// People: `email`, `name`, `role`
    #[arg(long, value_name = "FILE")]
    people: Vec<PathBuf>,
    /// Groups: `name`, `description`
    #[arg(long, value_name = "FILE")]
    groups: Vec<PathBuf>,
    /// Who is in which group: `group`, `email`, `manager`
    #[arg(long, value_name = "FILE")]
    group_members: Vec<PathBuf>,
    /// Resources: `type`, `external_id`, `name`, `parent`, `owner`, `controlled`
    #[arg(long, value_name = "FILE")]
    resources: Vec<PathBuf>,
    /// Grants: `resource`, `email` or `group` or `everyone`, `role` or `permission`, `expires_at`
    #[arg(long, value_name = "FILE")]
    grants: Vec<PathBuf>,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
    /// Remember in this file how far it came, and go on there
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

/// A line that can be sent.
#[derive(Debug, PartialEq)]
struct Line {
    /// `people.csv:7`
    place: String,
    item: Map<String, Value>,
}

/// What has become of the lines so far.
#[derive(Default)]
struct Tally {
    created: u64,
    unchanged: u64,
    refused: u64,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let (lines, mut tally) = lines(args, output)?;
    let begun = from(args.state.as_deref(), &lines)?;
    let bar = ProgressBar::new(lines.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} lines, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar.set_position(begun as u64);
    let mut promised = Promised::default();
    for batch in lines.get(begun..).unwrap_or_default().chunks(BATCH) {
        let items: Vec<&Map<String, Value>> = batch.iter().map(|line| &line.item).collect();
        let query: &[(&str, &str)] = if args.dry_run { &[("dry_run", "true")] } else { &[] };
        let body = json!({"items": items});
        let answer = block_on(remote.ask(Method::POST, &["import"], query, Some(&body)))?;
        let outcomes = answer.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if outcomes.len() != batch.len() {
            let hint = "check that `--url` is a guildhall server of this version";
            return Err(Failure::failed("the server did not answer each line", hint));
        }
        for (line, outcome) in batch.iter().zip(outcomes) {
            note(line, outcome, args.dry_run.then_some(&mut promised), &mut tally, output)?;
        }
        bar.inc(batch.len() as u64);
        if let Some(path) = args.state.as_deref().filter(|_| !args.dry_run) {
            keep(path, &lines, bar.position())?;
        }
    }
    bar.finish_and_clear();
    tell(&tally, args.dry_run, output)
}

/// Everything to import, in an order in which what is named comes first. What cannot be read is told at once.
fn lines(args: &Args, output: &mut Output) -> Result<(Vec<Line>, Tally), Failure> {
    let by_kind = [
        (&args.people, Some("person")),
        (&args.groups, Some("group")),
        (&args.group_members, Some("group_member")),
        (&args.resources, Some("resource")),
        (&args.grants, Some("grant")),
        (&args.files, None),
    ];
    let (mut lines, mut tally) = (Vec::new(), Tally::default());
    for (paths, kind) in by_kind {
        for path in paths {
            let text = fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
            let csv = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
            let name = path.display();
            let read = read(&text, csv, kind)
                .map_err(|detail| Failure::usage(format!("`{name}`: {detail}"), "mend its first line"))?;
            for line in read {
                match line {
                    Ok(line) => lines.push(Line { place: format!("{name}:{}", line.number), item: line.item }),
                    Err(wrong) => {
                        tally.refused += 1;
                        refused(&format!("{name}:{}", wrong.number), "line.unreadable", &wrong.detail, output)?;
                    }
                }
            }
        }
    }
    if lines.is_empty() && tally.refused == 0 {
        let hint = "name files, as in `guildhall import --people people.csv --groups groups.csv`";
        return Err(Failure::usage("there is nothing to import", hint));
    }
    Ok((lines, tally))
}

/// What a dry run may count on though the server has not kept it: what earlier lines would have made.
#[derive(Default)]
struct Promised(HashSet<String>);

impl Promised {
    /// The name by which later lines mean this one.
    fn name(item: &Map<String, Value>) -> Option<String> {
        let text = |field: &str| item.get(field).and_then(Value::as_str).map(str::to_lowercase);
        match item.get("kind").and_then(Value::as_str)? {
            "person" => text("email"),
            "group" => text("name"),
            "resource" => Some(format!("{}:{}", text("type")?, text("external_id")?)),
            _ => None,
        }
    }

    /// Whether a line was refused only for naming what is promised.
    fn explains(&self, code: &str, item: &Map<String, Value>) -> bool {
        let fields: &[&str] = match code {
            "group.unknown" => &["group"],
            "grant.subject" => &["email", "owner"],
            "resource.parent" => &["parent"],
            "not_found" => &["resource"],
            _ => &[],
        };
        let mut named = fields.iter().filter_map(|field| item.get(*field).and_then(Value::as_str));
        named.any(|name| self.0.contains(&name.to_lowercase()))
    }
}

fn note(
    line: &Line,
    outcome: &Value,
    promised: Option<&mut Promised>,
    tally: &mut Tally,
    output: &mut Output,
) -> Result<(), Failure> {
    let text = |field: &str| outcome.get(field).and_then(Value::as_str).unwrap_or_default();
    match text("status") {
        "created" => {
            tally.created += 1;
            if let (Some(promised), Some(name)) = (promised, Promised::name(&line.item)) {
                promised.0.insert(name);
            }
        }
        "unchanged" => tally.unchanged += 1,
        _ if promised.is_some_and(|promised| promised.explains(text("code"), &line.item)) => tally.created += 1,
        _ => {
            tally.refused += 1;
            refused(&line.place, text("code"), text("detail"), output)?;
        }
    }
    Ok(())
}

/// One line that was not taken: for people where it stands and why, for programs the same as fields.
fn refused(place: &str, code: &str, detail: &str, output: &mut Output) -> Result<(), Failure> {
    if output.json {
        output.value(&json!({"line": place, "code": code, "detail": detail}))
    } else {
        output.line(format!("{place}: {code}: {detail}"))
    }
}

fn tell(tally: &Tally, dry_run: bool, output: &mut Output) -> Result<(), Failure> {
    let Tally { created, unchanged, refused } = tally;
    if output.json {
        output.value(&json!({"created": created, "unchanged": unchanged, "refused": refused, "dry_run": dry_run}))?;
    } else {
        let would = if dry_run { "would be " } else { "" };
        output.line(format!("{created} {would}created, {unchanged} there already, {refused} {would}refused"))?;
    }
    if *refused == 0 { Ok(()) } else { Err(Failure::Refused) }
}

/// The first line that is not done yet. A state of other files is no state of these.
fn from(state: Option<&Path>, lines: &[Line]) -> Result<usize, Failure> {
    let Some(path) = state else { return Ok(0) };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(Failure::file(path, &error)),
    };
    let kept: Value = serde_json::from_str(&text).unwrap_or_default();
    let number = |field: &str| kept.get(field).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    match (number("lines"), number("done")) {
        (Some(all), Some(done)) if all == lines.len() && done <= all => Ok(done),
        _ => Err(Failure::usage(
            format!("`{}` is not the state of this import", path.display()),
            "delete it to begin anew; what is there already stays as it is",
        )),
    }
}

fn keep(path: &Path, lines: &[Line], done: u64) -> Result<(), Failure> {
    // Written beside and moved, so that a crash leaves the old state or the new one.
    let beside = path.with_extension("new");
    let text = json!({"lines": lines.len(), "done": done}).to_string();
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).map_err(|error| Failure::file(path, &error))
}
