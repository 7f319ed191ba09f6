//! What the owners of a tenant set for all of its organizations. Does not change anything.

use serde::{Deserialize, Serialize};

use crate::member::words;
use crate::policy::Policy;
use crate::refusal::{Code, Refusal};
use crate::text::Email;

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
    /// Whether its workspaces have a database endpoint: for products to ask, nothing here depends on it (TP-25).
    pub database_endpoint: bool,
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
            database_endpoint: true,
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

    /// Narrows the policy of an organization of the tenant: only addresses of trusted domains come in by any
    /// door, links share nothing where the tenant forbids it, tokens and sessions live no longer than it lets
    /// them (K45).
    pub(crate) fn narrow(&self, policy: &mut Policy) {
        policy.domain_exclusive = policy.domain_exclusive.narrowed(&self.trusted_domains);
        policy.share_link_allowed &= self.link_sharing;
        let lives = policy.token_max_life_s.into_iter().chain(self.token_max_life_s);
        policy.token_max_life_s = lives.min();
        policy.session_absolute_s = self.session_left(policy.session_absolute_s);
    }

    /// What it leaves of the life of a session, in seconds.
    pub(crate) fn session_left(&self, absolute_s: i64) -> i64 {
        self.session_absolute_s.map_or(absolute_s, |most_s| most_s.min(absolute_s))
    }

    /// Refuses a session that began in a way the tenant does not take (TP-23).
    ///
    /// # Errors
    /// `auth.method`.
    pub fn guard_method(&self, method: &str) -> Result<(), Refusal> {
        let taken = self.sign_in_methods.is_empty() || self.sign_in_methods.iter().any(|one| one == method);
        if taken { Ok(()) } else { Err(Code::SignInMethod.into()) }
    }

    /// Refuses ways of signing in by which nobody is known to come in: whoever sets them has just done so.
    /// `method` is how the session at hand began, if it is one.
    ///
    /// # Errors
    /// `tenant.locks_out`.
    pub fn guard_way_back(&self, method: Option<&str>) -> Result<(), Refusal> {
        let back = self.sign_in_methods.is_empty() || method.is_some_and(|method| self.guard_method(method).is_ok());
        if back {
            Ok(())
        } else {
            Err(Refusal::value(Code::TenantLocksOut, "sign_in_methods", Code::TenantLocksOut.meaning()))
        }
    }

    /// Refuses an organization of somebody's own where the tenant lets nobody have one (TP-25).
    ///
    /// # Errors
    /// `tenant.personal_off`.
    pub fn guard_personal(&self, personal: bool) -> Result<(), Refusal> {
        if personal && !self.personal_workspaces { Err(Code::TenantPersonal.into()) } else { Ok(()) }
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

    /// Whether an address may come in (TP-23). An unproved one, `None`, is of no domain.
    ///
    /// # Errors
    /// `tenant.domain`.
    pub fn admits(&self, email: Option<&Email>) -> Result<(), Refusal> {
        let is_trusted = |email: &Email| self.trusted_domains.iter().any(|d| d == email.domain());
        let trusted = self.trusted_domains.is_empty() || email.is_some_and(is_trusted);
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
