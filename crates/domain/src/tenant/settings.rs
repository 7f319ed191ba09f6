//! What the owners of a tenant set for all of its organizations. Does not change anything.

use serde::{Deserialize, Serialize};

use crate::member::words;
use crate::refusal::{Code, Refusal};
use crate::text::Email;
use crate::time::Timestamp;

words! {
    /// What happens when a tenant has as many people as its threshold says.
    SeatMode {
        /// Its owners are written to.
        Warn = "warn",
        /// Nobody more comes in, and its owners are written to.
        Cap = "cap",
    }
}

/// What an owner sets for all organizations of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Only addresses of these domains come in; none is no restriction (TP-23).
    pub trusted_domains: Vec<String>,
    /// Whether people may have workspaces of their own (TP-25).
    pub personal_workspaces: bool,
    /// Whether things may be shared by link.
    pub link_sharing: bool,
    /// The longest life of a new token, in seconds; `None` is no limit.
    pub token_max_life_s: Option<i64>,
    /// After how many seconds a session ends in its organizations; `None` is as each has it.
    pub session_absolute_s: Option<i64>,
    /// The ways its people may sign in; none is no restriction.
    pub sign_in_methods: Vec<String>,
    /// At how many people its owners are warned, or it is full; `None` is never.
    pub seats: Option<u64>,
    /// Which of both.
    pub seat_mode: SeatMode,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            trusted_domains: Vec::new(),
            personal_workspaces: false,
            link_sharing: true,
            token_max_life_s: None,
            session_absolute_s: None,
            sign_in_methods: Vec::new(),
            seats: None,
            seat_mode: SeatMode::Warn,
        }
    }
}

/// The ways of signing in that a tenant may name.
pub const SIGN_IN_METHODS: &[&str] = &["password", "email_link", "oidc", "saml", "github", "google"];
const YEAR_S: i64 = 366 * 24 * 3_600;

impl Settings {
    /// The settings with their values in range and domains in their ASCII form.
    ///
    /// # Errors
    /// `field.invalid`, `field.out_of_range`, naming the field.
    pub fn checked(mut self) -> Result<Self, Refusal> {
        for (at, domain) in self.trusted_domains.iter_mut().enumerate() {
            let whole = format!("somebody@{}", domain.trim());
            let field = format!("trusted_domains[{at}]");
            let email = Email::parse(&whole, &field)
                .map_err(|_| Refusal::field(&field, "field.invalid", "write a domain, such as `example.org`"))?;
            *domain = email.domain().to_owned();
        }
        for (at, method) in self.sign_in_methods.iter().enumerate() {
            if !SIGN_IN_METHODS.contains(&method.as_str()) {
                let why = format!("one of {}", SIGN_IN_METHODS.join(", "));
                return Err(Refusal::field(format!("sign_in_methods[{at}]"), "field.invalid", why));
            }
        }
        for (field, life) in
            [("token_max_life_s", self.token_max_life_s), ("session_absolute_s", self.session_absolute_s)]
        {
            if life.is_some_and(|s| !(60..=10 * YEAR_S).contains(&s)) {
                return Err(Refusal::field(field, "field.out_of_range", format!("60 to {}, or null", 10 * YEAR_S)));
            }
        }
        if self.seats == Some(0) {
            return Err(Refusal::field("seats", "field.out_of_range", "1 or more, or null"));
        }
        Ok(self)
    }

    /// Refuses a token that would live longer than the tenant lets any (K45).
    ///
    /// # Errors
    /// `token.life`.
    pub fn guard_token_life(&self, expires_at: Option<Timestamp>, now: Timestamp) -> Result<(), Refusal> {
        let Some(most_s) = self.token_max_life_s else { return Ok(()) };
        if expires_at.is_none_or(|end| end > now.plus_s(most_s)) {
            let why = format!("at most {most_s} seconds from now, as the tenant says");
            return Err(Refusal::value(Code::TokenLife, "expires_at", why));
        }
        Ok(())
    }

    /// Refuses what lets in anybody who holds it, where not everybody may come in.
    ///
    /// # Errors
    /// `tenant.domain`.
    pub fn guard_bearers(&self) -> Result<(), Refusal> {
        if self.trusted_domains.is_empty() {
            return Ok(());
        }
        Err(Refusal::because(Code::TenantDomain, "a link would let in anybody; the tenant trusts some domains only"))
    }

    /// Whether an address may come in (TP-23).
    ///
    /// # Errors
    /// `tenant.domain`.
    pub fn admits(&self, email: &Email) -> Result<(), Refusal> {
        let trusted = self.trusted_domains.is_empty() || self.trusted_domains.iter().any(|d| d == email.domain());
        if trusted { Ok(()) } else { Err(Code::TenantDomain.into()) }
    }
}

/// The steps of the threshold, in percent, at which owners are written to (TP-26).
const SEAT_STEPS: [u64; 7] = [75, 100, 125, 200, 300, 500, 1_000];

/// The step that one more than `before` people reaches, if it reaches one.
#[must_use]
pub fn seat_step(settings: &Settings, before: u64) -> Option<u64> {
    let most = settings.seats?;
    let reached = |people: u64| SEAT_STEPS.into_iter().rfind(|percent| people * 100 >= most * percent);
    reached(before + 1).filter(|step| Some(*step) != reached(before))
}
