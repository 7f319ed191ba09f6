//! The list of settings: names, types, defaults, bounds and one sentence each.
//!
//! This list alone makes the defaults, the checks, the messages and `docs/reference/config.md`. It does not read
//! anything.

use serde_json::Value;

pub use super::kind::Kind;

/// One thing an operator may set.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The dotted key in the file: `limits.mails_per_hour_per_recipient`.
    pub key: &'static str,
    /// What values there are.
    pub kind: Kind,
    /// The default as one would write it in the environment; `None` is "not set".
    pub default: Option<&'static str>,
    /// Whether the value is hidden wherever it is shown.
    pub is_secret: bool,
    /// What it does, as a sentence for the reference.
    pub summary: &'static str,
}

impl Setting {
    /// The environment variable: `GUILDHALL_`, and the key in capitals with `_` for dots.
    pub fn variable(&self) -> String {
        format!("GUILDHALL_{}", self.key.replace('.', "_").to_uppercase())
    }

    /// [`Kind::accept`] of this setting's kind.
    pub fn accept(&self, given: &Value) -> Option<Value> {
        self.kind.accept(given)
    }
}

/// The setting of that key.
pub fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

const fn setting(key: &'static str, kind: Kind, default: Option<&'static str>, summary: &'static str) -> Setting {
    Setting { key, kind, default, is_secret: false, summary }
}

const fn secret(key: &'static str, kind: Kind, summary: &'static str) -> Setting {
    Setting { key, kind, default: None, is_secret: true, summary }
}

const fn limit(key: &'static str, default: &'static str, summary: &'static str) -> Setting {
    setting(key, Kind::Number(0, 1_000_000), Some(default), summary)
}

const DAY_S: u64 = 24 * 3600;

/// Every setting, in the order of the reference.
pub const SETTINGS: &[Setting] = &[
    setting(
        "data",
        Kind::Path,
        Some("./guildhall-data"),
        "The folder that holds the SQLite database, the instance key and mail that is written to files.",
    ),
    setting(
        "listen",
        Kind::SocketAddress,
        Some("127.0.0.1:8080"),
        "Where to listen. Port 0 takes a free one, printed at start.",
    ),
    secret(
        "database",
        Kind::Url(&["postgres", "postgresql"]),
        "PostgreSQL's address, with user and password. Without it the data is in SQLite, inside `data`.",
    ),
    setting(
        "public_url",
        Kind::Url(&["https", "http"]),
        None,
        "The address that people and products use, for links in mail and for cookies. Without it `http://` and the address of `listen`.",
    ),
    secret(
        "smtp",
        Kind::Url(&["smtps", "smtp"]),
        "The mail server: `smtps://user:password@host` with TLS, `smtp://…?tls=required` with STARTTLS, `smtp://…` for a relay on the same machine. Without it mail is written to `data/outbox` as `.eml` files.",
    ),
    setting("mail_from", Kind::Mailbox, Some("Guildhall <guildhall@localhost>"), "The sender of all mail."),
    setting(
        "trusted_proxies",
        Kind::Networks,
        Some(""),
        "From which addresses `X-Forwarded-For` is believed. Nobody's, unless set.",
    ),
    secret(
        "instance_key",
        Kind::Key,
        "The key from which all others are derived, the same for all nodes. Without it the file `data/instance.key` is used, and made when missing.",
    ),
    setting(
        "sign_up_preset",
        Kind::Text,
        None,
        "The preset whose rules hold for people who sign up without naming an organization. Where its knob `signup.makes_organization` is on, they join the organization of their mail domain or make it. Without it nobody signs up so.",
    ),
    setting("body_limit_bytes", Kind::Number(1024, 1 << 30), Some("1048576"), "The largest request body."),
    setting(
        "bulk_body_limit_bytes",
        Kind::Number(1024, 1 << 30),
        Some("16777216"),
        "The largest request body of routes that take many items at once: invitations, batches of checks, SCIM `/Bulk`.",
    ),
    setting(
        "shutdown_grace_s",
        Kind::Number(0, 3600),
        Some("20"),
        "How long open requests may finish after a signal to stop, in seconds.",
    ),
    setting(
        "sweep_interval_s",
        Kind::Number(1, DAY_S),
        Some("60"),
        "How often expired sessions, invitations and grants are swept out, in seconds. Expired things end at their time, swept or not.",
    ),
    setting(
        "log.level",
        Kind::Text,
        Some("info"),
        "What is logged: `error`, `warn`, `info`, `debug` or `trace`, also by module as in `warn,guildhall_server=debug`. \
         Requests that change something, are refused, fail or take a second are logged at `info`, those that only ask at `debug`.",
    ),
    setting("log.format", Kind::Choice(&["text", "json"]), Some("text"), "The shape of a log line."),
    setting("password.min_length", Kind::Number(8, 64), Some("8"), "The fewest characters of a new password."),
    setting("password.max_length", Kind::Number(64, 1024), Some("64"), "The most characters of a new password."),
    setting(
        "password.memory_kib",
        Kind::Number(8, 131_072),
        Some("19456"),
        "The memory of one Argon2id hash, in KiB. Lower it in tests only; stored hashes are renewed at the next sign-in.",
    ),
    setting("password.iterations", Kind::Number(1, 8), Some("2"), "The passes of one Argon2id hash."),
    setting(
        "password.workers",
        Kind::Number(0, 256),
        Some("0"),
        "How many passwords are hashed at a time; 0 is one per core.",
    ),
    setting(
        "password.queue",
        Kind::Number(1, 1_000_000),
        Some("1000"),
        "How many may wait for a hash before 503 is answered.",
    ),
    setting(
        "session.cookie_name",
        Kind::CookieName,
        Some("guildhall_session"),
        "The name of the session's cookie. With a `public_url` of `https://` it is prefixed `__Host-` and sent over TLS only.",
    ),
    setting(
        "session.idle_s",
        Kind::Number(60, 400 * DAY_S),
        Some("1209600"),
        "A session that is not used for so long ends, in seconds.",
    ),
    setting(
        "session.lifetime_s",
        Kind::Number(60, 400 * DAY_S),
        Some("7776000"),
        "No session lives longer than this, in seconds.",
    ),
    limit("limits.sign_up_per_minute_per_address", "600", "Sign-ups a minute from one address."),
    limit("limits.accept_per_minute_per_address", "600", "Acceptances of invitations a minute from one address."),
    limit(
        "limits.sign_in_failures_per_minute_per_address",
        "60",
        "Failed sign-ins a minute from one address; right ones never count.",
    ),
    limit(
        "limits.sign_in_failures_per_hour_per_account_and_address",
        "120",
        "Failed sign-ins an hour with one account from one address.",
    ),
    limit(
        "limits.sign_in_failures_per_hour_per_account",
        "240",
        "Failed sign-ins an hour with one account from all addresses together. Does not hold for addresses from which that account has signed in during the last 30 days, so that nobody can lock its owner out.",
    ),
    limit(
        "limits.bad_tokens_per_minute_per_address",
        "1200",
        "Requests a minute with an unknown token from one address; right tokens never count.",
    ),
    limit(
        "limits.mail_requests_per_minute_per_address",
        "60",
        "Requests a minute that ask for a mail (forgotten password, verification) from one address.",
    ),
    limit("limits.mails_per_hour_per_recipient", "60", "Mails an hour to one recipient, from everybody together."),
    limit("limits.mails_per_hour_per_organization", "50000", "Mails an hour that one organization causes."),
    setting(
        "sso.private_addresses",
        Kind::Choice(&["no", "yes"]),
        Some("no"),
        "Whether identity providers may be inside one's own network, or be asked without TLS. Whoever administers an organization then has this machine ask addresses there.",
    ),
    setting(
        "sso.name_server",
        Kind::SocketAddress,
        None,
        "The name server that is asked for the records of claimed mail domains. Without it those of the machine.",
    ),
    setting(
        "sso.timeout_s",
        Kind::Number(1, 30),
        Some("10"),
        "How long an identity provider has for one answer, in seconds.",
    ),
    setting(
        "sso.clock_skew_s",
        Kind::Number(0, 600),
        Some("120"),
        "How far an identity provider's clock may be from this machine's, in seconds.",
    ),
    setting(
        "outbox.retry_schedule_s",
        Kind::Numbers(1, 30 * DAY_S),
        Some("60, 300, 1800, 7200, 21600, 86400"),
        "The waits between tries to send a mail, in seconds. After the last one the delivery has failed.",
    ),
    setting("outbox.concurrency", Kind::Number(1, 256), Some("8"), "How many mails are on their way at a time."),
    setting(
        "memory.rights_mib",
        Kind::Number(1, 1 << 20),
        Some("256"),
        "How much memory the rights of organizations in use may take, in MiB; some 200 bytes a member. Those not used for longest leave, and are read again when they are asked for.",
    ),
    setting(
        "memory.directories_mib",
        Kind::Number(1, 1 << 20),
        Some("512"),
        "How much memory the directories may take in which people are looked up, in MiB; some 150 bytes a member. Those not used for longest leave, and are read again when somebody is looked for.",
    ),
    setting(
        "memory.people",
        Kind::Number(1, 100_000_000),
        Some("100000"),
        "How many sessions and tokens in use, and how many people with their memberships, are kept in memory.",
    ),
];
