//! Where settings come from: flags, then the environment, then a TOML file, then the defaults.
//!
//! Everything wrong is reported at once, each with its source and what is allowed; secrets are never repeated. Types,
//! bounds and defaults are the server's ([`guildhall_server::config::settings`]).

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use guildhall_server::config::Config;
use guildhall_server::config::settings::{SETTINGS, Setting, find};
use serde_json::Value;

use crate::failure::Failure;

const PREFIX: &str = "GUILDHALL_";
/// The variable that names the file.
const CONFIG_VARIABLE: &str = "GUILDHALL_CONFIG";
/// The file looked for in the data folder when none is named.
const DEFAULT_FILE: &str = "guildhall.toml";
/// Variables that are no settings: for commands that talk to a server.
const CLIENT_VARIABLES: [&str; 4] = [CONFIG_VARIABLE, "GUILDHALL_URL", "GUILDHALL_TOKEN", "GUILDHALL_ORGANIZATION"];

/// The flags that stand for settings; shared by every command that needs them.
#[derive(Debug, Default, Clone, clap::Args)]
pub(crate) struct Flags {
    /// Folder for the SQLite database, the instance key and mail written to files [default: ./guildhall-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<String>,
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// PostgreSQL's address; without it SQLite in the data folder
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// The address that people use
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// The mail server; without it mail is written to files
    #[arg(long, value_name = "URL")]
    pub(crate) smtp: Option<String>,
    /// A TOML file with settings [default: guildhall.toml in the data folder, if there]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl Flags {
    fn given(&self) -> impl Iterator<Item = (&'static str, &String)> {
        [
            ("data", &self.data),
            ("listen", &self.listen),
            ("database", &self.database),
            ("public_url", &self.public_url),
            ("smtp", &self.smtp),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value.as_ref()?)))
    }
}

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Default,
    File(PathBuf),
    Variable(String),
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File(path) => write!(f, "the file `{}`", path.display()),
            Self::Variable(name) => write!(f, "the variable `{name}`"),
            Self::Flag(key) => write!(f, "the flag `--{}`", key.replace('_', "-")),
        }
    }
}

/// A configuration and where each value of it was written.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// In the order of the reference; `None` is "not set".
    pub(crate) settings: Vec<(&'static Setting, Option<Value>, Source)>,
}

/// Loads the configuration from this process's environment.
pub(crate) fn load(flags: &Flags) -> Result<Loaded, Failure> {
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let environment: Vec<_> = std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value))).collect();
    load_from(flags, &environment)
}

fn load_from(flags: &Flags, environment: &[(String, String)]) -> Result<Loaded, Failure> {
    let mut sources = Sources::default();
    sources.read_environment(environment);
    for (key, text) in flags.given() {
        sources.take(key, Value::from(text.as_str()), Source::Flag(key));
    }
    // The file is the weakest source but is found with the help of the others, so it is read last and never overrides.
    if let Some((path, is_named)) = sources.file(flags, environment) {
        sources.read_file(&path, is_named)?;
    }
    sources.finish()
}

/// What has been collected so far; later sources never override earlier ones of the same key except flags.
#[derive(Default)]
struct Sources {
    values: BTreeMap<&'static str, (Value, Source)>,
    problems: Vec<String>,
}

impl Sources {
    /// Notes one value, stronger than what is there.
    fn take(&mut self, key: &str, value: Value, source: Source) {
        let Some(setting) = find(key) else {
            let nearest = nearest(key, SETTINGS.iter().map(|setting| setting.key));
            self.problems.push(format!("unknown setting `{key}` in {source}; the nearest is `{nearest}`"));
            return;
        };
        match setting.accept(&value) {
            Some(value) => drop(self.values.insert(setting.key, (value, source))),
            None => {
                let given =
                    if setting.is_secret { "the value (hidden)".to_owned() } else { format!("`{}`", shown(&value)) };
                let allowed = setting.kind.allowed();
                self.problems.push(format!("{given} is not allowed for `{key}`, from {source}: expected {allowed}"));
            }
        }
    }

    fn read_environment(&mut self, environment: &[(String, String)]) {
        for (name, value) in environment.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
            // An empty variable is how compose files and unit files say "not set".
            if value.is_empty() || CLIENT_VARIABLES.contains(&name.as_str()) || is_foreign(name) {
                continue;
            }
            let plain = SETTINGS.iter().find(|setting| setting.variable() == *name);
            let by_file = name
                .strip_suffix("_FILE")
                .and_then(|name| SETTINGS.iter().find(|setting| setting.is_secret && setting.variable() == name));
            let source = Source::Variable(name.clone());
            match (plain, by_file) {
                (Some(setting), _) => self.take(setting.key, Value::from(value.as_str()), source),
                (None, Some(setting)) => match fs::read_to_string(value) {
                    Ok(text) => self.take(setting.key, Value::from(text.trim_end()), source),
                    Err(error) => self.problems.push(format!("cannot read the file `{value}` from {source}: {error}")),
                },
                (None, None) => {
                    let known: Vec<_> = SETTINGS.iter().map(Setting::variable).collect();
                    let nearest = nearest(name, known.iter().map(String::as_str));
                    self.problems.push(format!("unknown variable `{name}`; the nearest is `{nearest}`"));
                }
            }
        }
    }

    /// The file to read, and whether somebody named it.
    fn file(&self, flags: &Flags, environment: &[(String, String)]) -> Option<(PathBuf, bool)> {
        let by_variable = || {
            let named = environment.iter().find(|(name, value)| name == CONFIG_VARIABLE && !value.is_empty());
            named.map(|(_, value)| PathBuf::from(value))
        };
        if let Some(path) = flags.config.clone().or_else(by_variable) {
            return Some((path, true));
        }
        let data = self.values.get("data").and_then(|(value, _)| value.as_str());
        let data = data.or_else(|| find("data").and_then(|setting| setting.default))?;
        let path = Path::new(data).join(DEFAULT_FILE);
        path.exists().then_some((path, false))
    }

    fn read_file(&mut self, path: &Path, is_named: bool) -> Result<(), Failure> {
        let text = fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line =
                error.span().map_or(1, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
            // The parser's own rendering quotes the line, which may hold a secret; its message does not.
            Failure::usage(
                format!("the file `{}` is not TOML, line {line}: {}", path.display(), error.message()),
                "write keys as `name = \"value\"`, groups as `[group]`",
            )
        })?;
        let mut leaves = Vec::new();
        flatten("", table, &mut leaves);
        let source = Source::File(path.to_owned());
        for (key, value) in leaves {
            if key == "data" && !is_named {
                self.problems.push(format!(
                    "`data` cannot be set in {source}, which is found by it; name the file with `--config`"
                ));
                continue;
            }
            let stronger =
                self.values.iter().find(|(known, _)| **known == key).map(|(known, value)| (*known, value.clone()));
            self.take(&key, value, source.clone());
            self.values.extend(stronger);
        }
        Ok(())
    }

    fn finish(self) -> Result<Loaded, Failure> {
        if !self.problems.is_empty() {
            return Err(Failure::usage(
                self.problems.join("\n"),
                "`docs/reference/config.md` lists every setting; `guildhall config` shows what is in force",
            ));
        }
        let given = self.values.iter().map(|(key, (value, _))| (*key, value.clone())).collect();
        let config = Config::assemble(&given).map_err(|error| {
            Failure::failed(
                format!("the settings do not fit together: {error}"),
                "this is a fault of the program, please report it",
            )
        })?;
        let settings = SETTINGS.iter().map(|setting| match self.values.get(setting.key) {
            Some((value, source)) => (setting, Some(value.clone()), source.clone()),
            None => (setting, setting.default.and_then(|text| setting.accept(&Value::from(text))), Source::Default),
        });
        Ok(Loaded { settings: settings.collect(), config })
    }
}

/// Variables that others set for us: Kubernetes for a service called `guildhall`, and our own test runs.
fn is_foreign(name: &str) -> bool {
    let rest = name.strip_prefix(PREFIX).unwrap_or_default();
    rest == "PORT" || ["PORT_", "SERVICE_HOST", "SERVICE_PORT", "TEST_"].iter().any(|prefix| rest.starts_with(prefix))
}

/// Takes tables apart into dotted keys.
fn flatten(prefix: &str, table: toml::Table, leaves: &mut Vec<(String, Value)>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, leaves),
            other => leaves.push((key, serde_json::to_value(other).unwrap_or_default())),
        }
    }
}

/// A value as one would write it, quotes left out.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> &'a str {
    known.min_by_key(|name| distance(given, name)).unwrap_or_default()
}

/// How many characters to insert, remove or replace (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (index, from) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(right.chars()) {
            let replaced = diagonal + usize::from(from != to);
            diagonal = *cell;
            before = replaced.min(diagonal + 1).min(before + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
