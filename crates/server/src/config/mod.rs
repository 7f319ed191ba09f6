//! What an operator may set, as one plain value that the whole server reads.
//!
//! Where the values come from (flags, environment, file) is the command line's business; defaults, types, bounds and
//! the words of the reference are in [`settings`], and only there.

mod kind;
mod reference;
pub mod settings;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use guildhall_domain::network::Cidr;
pub use reference::config_md;

use crate::security::limits::{LimitRates, Rate};
use crate::security::password::{Capacity, Params};
use crate::security::secret::Secret;

/// Everything an operator may set. Field for field the settings of [`settings::SETTINGS`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder for the database, the key and mail that is not sent.
    pub data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// PostgreSQL's address; `None` is SQLite inside `data`.
    pub database: Option<Secret<String>>,
    /// As people see it, without a slash at the end; `None` follows from `listen`, see [`Self::public_url`].
    pub public_url: Option<String>,
    /// The mail server; `None` writes files to `data/outbox`.
    pub smtp: Option<Secret<String>>,
    /// The sender of all mail.
    pub mail_from: String,
    /// From whom `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Cidr>,
    /// The instance key in base64; `None` keeps it in `data/instance.key`.
    pub instance_key: Option<Secret<String>>,
    /// The preset whose rules hold for signing up without an organization.
    pub sign_up_preset: Option<String>,
    /// The largest request body.
    pub body_limit_bytes: usize,
    /// The largest request body of routes that take many items at once.
    pub bulk_body_limit_bytes: usize,
    /// How long open requests may finish after a signal to stop.
    pub shutdown_grace_s: u64,
    /// How often expired things are swept out.
    pub sweep_interval_s: u64,
    /// What is logged, and how.
    pub log: LogConfig,
    /// Hashing and length of passwords.
    pub password: PasswordConfig,
    /// The browser's session.
    pub session: SessionConfig,
    /// How often is too often.
    pub limits: LimitsConfig,
    /// Single sign-on.
    pub sso: SsoConfig,
    /// Sending of mail.
    pub outbox: OutboxConfig,
    /// What is kept in memory.
    pub memory: MemoryConfig,
    /// Set when the data is made up: the doors that the sign-in page shows. No setting; the command line finds it out.
    #[serde(skip)]
    pub demo: Option<Demo>,
}

/// What the console says of data that is made up.
#[derive(Debug, Clone)]
pub struct Demo {
    /// Everybody's password.
    pub password: String,
    /// Who may be looked at, one for each organization.
    pub doors: Vec<Door>,
}

/// Somebody to look at a made-up organization as.
#[derive(Debug, Clone)]
pub struct Door {
    /// Their address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// The organization's name.
    pub organization: String,
    /// Its slug.
    pub slug: String,
    /// Its preset's name.
    pub preset: String,
}

/// `log.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// A filter as `tracing` reads it: `info`, or `warn,guildhall_server=debug`.
    pub level: String,
    /// The shape of a line.
    pub format: LogFormat,
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Full names of cookies.
#[derive(Debug)]
pub struct Cookies {
    /// Of a session.
    pub session: String,
    /// Of a browser that is known to an account.
    pub device: String,
}

/// `password.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordConfig {
    /// The fewest characters of a new password.
    pub min_length: usize,
    /// The most characters of a new password.
    pub max_length: usize,
    /// Argon2id's memory.
    pub memory_kib: u32,
    /// Argon2id's passes.
    pub iterations: u32,
    /// Hashes at a time; 0 is one per core.
    pub workers: usize,
    /// How many may wait.
    pub queue: usize,
}

/// `session.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionConfig {
    /// The cookie's name without a prefix; see [`Config::cookie_name`].
    pub cookie_name: String,
    /// A session unused for so long ends.
    pub idle_s: u64,
    /// No session outlives this.
    pub lifetime_s: u64,
}

/// `limits.…`; 0 turns one off.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // each is one line of `settings::SETTINGS`
pub struct LimitsConfig {
    pub sign_up_per_minute_per_address: u32,
    pub accept_per_minute_per_address: u32,
    pub sign_in_failures_per_minute_per_address: u32,
    pub sign_in_failures_per_hour_per_account_and_address: u32,
    pub sign_in_failures_per_hour_per_account: u32,
    pub bad_tokens_per_minute_per_address: u32,
    pub mail_requests_per_minute_per_address: u32,
    pub mails_per_hour_per_recipient: u32,
    pub mails_per_hour_per_organization: u32,
}

/// `sso.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SsoConfig {
    /// Whether providers may be inside one's own network.
    pub private_addresses: Allowed,
    /// Whom to ask for the records of claimed domains.
    pub name_server: Option<SocketAddr>,
    /// How long a provider has for one answer.
    pub timeout_s: u64,
    /// How far a provider's clock may be off.
    pub clock_skew_s: u32,
}

/// Something an operator allows or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Allowed {
    /// Not.
    No,
    /// It is.
    Yes,
}

/// `outbox.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutboxConfig {
    /// Waits between tries; after the last the mail has failed.
    pub retry_schedule_s: Vec<u64>,
    /// Mails on their way at a time.
    pub concurrency: usize,
}

/// `memory.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryConfig {
    /// What the rights of all organizations in use may take together.
    pub rights_mib: usize,
    /// What the directories of all organizations in use may take together.
    pub directories_mib: usize,
    /// Credentials, and people, that are kept.
    pub people: usize,
}

impl OutboxConfig {
    /// How long to wait after the `tries`-th try failed; `None` when there is no further one.
    pub fn pause_s(&self, tries: u64) -> Option<i64> {
        let at = usize::try_from(tries.saturating_sub(1)).ok()?;
        self.retry_schedule_s.get(at).and_then(|pause| i64::try_from(*pause).ok())
    }
}

impl Config {
    /// The settings given, by dotted key and as [`settings::Setting::accept`] returned them, and defaults for the rest.
    ///
    /// # Errors
    /// Only for values that were not accepted before.
    pub fn assemble(given: &BTreeMap<&str, Value>) -> Result<Self, serde_json::Error> {
        let mut root = Map::new();
        for setting in settings::SETTINGS {
            let default = || setting.default.and_then(|text| setting.accept(&Value::from(text)));
            let Some(value) = given.get(setting.key).cloned().or_else(default) else {
                continue;
            };
            match setting.key.split_once('.') {
                None => drop(root.insert(setting.key.to_owned(), value)),
                Some((group, name)) => {
                    let group = root.entry(group).or_insert_with(|| Value::Object(Map::new()));
                    if let Value::Object(group) = group {
                        group.insert(name.to_owned(), value);
                    }
                }
            }
        }
        serde_json::from_value(Value::Object(root))
    }

    /// The defaults with this data folder: what tests and tools start from.
    ///
    /// # Errors
    /// Never for the list as it is (a test says so).
    pub fn with_data(data: &Path) -> Result<Self, serde_json::Error> {
        Self::assemble(&BTreeMap::from([("data", Value::from(data.to_string_lossy()))]))
    }

    /// The address that people use, without a slash at the end. `bound` is where the server really listens.
    pub fn public_url(&self, bound: SocketAddr) -> String {
        if let Some(url) = &self.public_url {
            return url.trim_end_matches('/').to_owned();
        }
        if bound.ip().is_unspecified() {
            return format!("http://localhost:{}", bound.port());
        }
        format!("http://{bound}")
    }

    /// Whether people come over TLS, so that cookies may demand it.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The cookie's full name. Over TLS with the prefix `__Host-`, by which browsers refuse to take it from a sibling
    /// domain or without `Secure` (RFC 6265bis §4.1.3.2).
    pub fn cookie_name(&self) -> String {
        let prefix = if self.is_https() { "__Host-" } else { "" };
        format!("{prefix}{}", self.session.cookie_name)
    }

    /// The full name of the cookie by which a browser is known to an account.
    pub fn device_cookie_name(&self) -> String {
        format!("{}_device", self.cookie_name())
    }

    /// The full name of the cookie of a sign-in that waits for its second factor.
    pub fn half_cookie_name(&self) -> String {
        format!("{}_half", self.cookie_name())
    }

    /// The names that every request is searched for, put together once.
    pub fn cookies(&self) -> Cookies {
        Cookies { session: self.cookie_name(), device: self.device_cookie_name() }
    }

    /// Whether a peer may speak for others.
    pub fn is_trusted_proxy(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(peer))
    }

    /// Where the instance key lies when it is not set.
    pub fn instance_key_path(&self) -> PathBuf {
        self.data.join("instance.key")
    }

    /// Where mail goes when there is no mail server.
    pub fn outbox_path(&self) -> PathBuf {
        self.data.join("outbox")
    }

    /// The costs of new password hashes.
    pub fn password_params(&self) -> Params {
        Params { memory_kib: self.password.memory_kib, iterations: self.password.iterations }
    }

    /// How many passwords are hashed at a time, and how many wait.
    pub fn password_capacity(&self) -> Capacity {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let workers = Some(self.password.workers).filter(|workers| *workers > 0).unwrap_or_else(cores);
        Capacity { workers, queue: self.password.queue, idle: Duration::from_secs(5) }
    }

    /// The limits as rates.
    pub fn limit_rates(&self) -> LimitRates {
        let limits = &self.limits;
        LimitRates {
            sign_up: Rate::per_minute(limits.sign_up_per_minute_per_address),
            accept: Rate::per_minute(limits.accept_per_minute_per_address),
            sign_in_failures_by_address: Rate::per_minute(limits.sign_in_failures_per_minute_per_address),
            sign_in_failures_by_account_and_address: Rate::per_hour(
                limits.sign_in_failures_per_hour_per_account_and_address,
            ),
            sign_in_failures_by_account: Rate::per_hour(limits.sign_in_failures_per_hour_per_account),
            bad_tokens: Rate::per_minute(limits.bad_tokens_per_minute_per_address),
            mail_requests: Rate::per_minute(limits.mail_requests_per_minute_per_address),
            mails_to_recipient: Rate::per_hour(limits.mails_per_hour_per_recipient),
            mails_of_organization: Rate::per_hour(limits.mails_per_hour_per_organization),
        }
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
