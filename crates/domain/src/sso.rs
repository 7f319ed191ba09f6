//! Connections to identity providers (OpenID Connect or SAML 2.0): what an organization, or the installation, trusts to
//! say who somebody is, and what that says about them here. Talks to no provider and reads no ticket.

mod change;
mod claims;
mod enter;
mod saml;

pub use change::{Link, SsoChange};
pub use claims::{Claims, Gains, Rule, gains};
pub use enter::{Account, Entrance, Known, account_for, guard_linked, guard_mail, join, placed};
pub use saml::{Attributes, Certificate, Kind, SamlProvider, SamlWish};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::Permit;
use crate::change::Change;
use crate::identity::Identity;
use crate::ids::{ConnectionId, OrgId};
use crate::member::{Member, guard_role, words};
use crate::policy::{Policy, domain};
use crate::preset::Rules;
use crate::proof::keeps_way_in;
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::time::Timestamp;

words! {
    /// When an address that the provider calls verified says which account here is meant.
    MailTrust {
        /// Never: accounts that exist are linked by signing in to them.
        Never = "never",
        /// Where the organization has claimed the address's domain.
        ClaimedDomains = "claimed_domains",
        /// Always. Only for connections of the whole installation.
        Always = "always",
    }
}

/// One connection, as the store keeps it; the client's secret is not among it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Whose; `None` is the installation's.
    pub organization: Option<OrgId>,
    /// What people read on its button.
    pub name: String,
    /// The provider, as it names itself: an address, or SAML's entity id.
    pub issuer: String,
    /// What an OpenID provider calls this installation.
    pub client_id: String,
    /// What is known of a provider that speaks SAML; `None` speaks OpenID Connect.
    pub saml: Option<SamlProvider>,
    /// Whether there is a secret.
    pub has_secret: bool,
    /// What is asked of the provider beside `openid`.
    pub scopes: Vec<String>,
    /// The only mail domains whose people come in with it, and by which it is found; empty: all.
    pub domains: Vec<String>,
    /// Smaller comes first.
    pub position: u32,
    /// Whether people sign in with it.
    pub enabled: bool,
    /// Whether somebody new becomes a member by signing in (PL-26).
    pub just_in_time: bool,
    /// With which role; `None` is the policy's.
    pub role: Option<String>,
    /// When a verified address says which account is meant.
    pub mail_trust: MailTrust,
    /// What claims give here.
    pub mapping: Vec<Rule>,
    /// When it was last found to work.
    pub tested_at: Option<Timestamp>,
    /// What its last test found, step by step.
    pub trial: Value,
    /// When it was made.
    pub created_at: Timestamp,
    /// Revision of its last change.
    pub revision: u64,
}

/// What can be said about a connection; `None` keeps what is.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "named as the fields of a connection")]
pub struct Wish {
    pub name: Option<String>,
    pub issuer: Option<String>,
    pub client_id: Option<String>,
    pub saml: SamlWish,
    pub scopes: Option<Vec<String>>,
    pub domains: Option<Vec<String>>,
    pub position: Option<u32>,
    pub enabled: Option<bool>,
    pub just_in_time: Option<bool>,
    pub role: Option<Option<String>>,
    pub mail_trust: Option<MailTrust>,
    pub mapping: Option<Vec<Rule>>,
}

/// As many scopes, domains or rules as a connection has at most.
pub const MOST_LISTED: usize = 100;
const MOST_BYTES: usize = 2_000;

fn line(text: &str, field: &str) -> Result<String, Refusal> {
    let text = text.trim();
    match text.len() {
        0 => Err(Refusal::field(field, "field.empty", "must not be empty")),
        n if n > MOST_BYTES => Err(Refusal::field(field, "field.too_long", format!("at most {MOST_BYTES} bytes"))),
        _ if text.chars().any(char::is_control) => {
            Err(Refusal::field(field, "field.invalid", "must not have control characters"))
        }
        _ => Ok(text.to_owned()),
    }
}

fn few<T>(many: &[T], field: &str, most: usize) -> Result<(), Refusal> {
    if many.len() > most {
        return Err(Refusal::field(field, "field.too_long", format!("at most {most}")));
    }
    Ok(())
}

/// An issuer's address as it may be kept: `https`, or `http` where the installation allows private addresses.
fn issuer(text: &str) -> Result<String, Refusal> {
    let text = line(text, "issuer")?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default()).unwrap_or_default();
    if host.is_empty() || host.contains('@') || text.contains(['?', '#']) {
        let detail = "the provider's address, such as `https://id.example.org`, without `?` and `#`";
        return Err(Refusal::field("issuer", "field.invalid", detail));
    }
    Ok(text)
}

fn domains(named: &[String]) -> Result<Vec<String>, Refusal> {
    few(named, "domains", MOST_LISTED)?;
    let mut all: Vec<String> = Vec::new();
    for (at, name) in named.iter().enumerate() {
        let field = format!("domains[{at}]");
        let one =
            domain(name).ok_or_else(|| Refusal::field(field, "field.invalid", "a domain such as `example.org`"))?;
        if !all.contains(&one) {
            all.push(one);
        }
    }
    Ok(all)
}

fn scopes(named: &[String]) -> Result<Vec<String>, Refusal> {
    few(named, "scopes", MOST_LISTED)?;
    let odd =
        |scope: &String| scope.is_empty() || !scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
    match named.iter().position(odd) {
        Some(at) => Err(Refusal::field(format!("scopes[{at}]"), "field.invalid", "letters, digits and signs only")),
        None => Ok(named.iter().filter(|scope| *scope != "openid").cloned().collect()),
    }
}

impl Connection {
    /// A connection with nothing said about it yet.
    #[must_use]
    pub fn new(id: ConnectionId, organization: Option<OrgId>, now: Timestamp) -> Self {
        Self {
            id,
            organization,
            name: String::new(),
            issuer: String::new(),
            client_id: String::new(),
            saml: None,
            has_secret: false,
            scopes: vec!["email".to_owned(), "profile".to_owned()],
            domains: Vec::new(),
            position: 0,
            enabled: false,
            just_in_time: false,
            role: None,
            mail_trust: if organization.is_some() { MailTrust::ClaimedDomains } else { MailTrust::Always },
            mapping: Vec::new(),
            tested_at: None,
            trial: Value::Null,
            created_at: now,
            revision: 1,
        }
    }

    /// The same with a wish fulfilled. Another provider or client is untested, and so switched off.
    fn with(&self, wish: &Wish) -> Result<Self, Refusal> {
        let mut after = self.by(wish)?;
        if let Some(name) = &wish.name {
            after.name = text::short_name(name, "name")?;
        }
        if let Some(named) = &wish.domains {
            after.domains = domains(named)?;
        }
        if let Some(rules) = &wish.mapping {
            few(rules, "mapping", MOST_LISTED)?;
            after.mapping.clone_from(rules);
        }
        after.position = wish.position.unwrap_or(self.position);
        after.just_in_time = wish.just_in_time.unwrap_or(self.just_in_time);
        after.mail_trust = wish.mail_trust.unwrap_or(self.mail_trust);
        if let Some(role) = &wish.role {
            after.role.clone_from(role);
        }
        if !after.is_tested_by(self) {
            (after.tested_at, after.enabled, after.trial) = (None, false, Value::Null);
        }
        after.enabled = wish.enabled.unwrap_or(after.enabled);
        if after.enabled && after.tested_at.is_none() {
            return Err(Refusal::of(Code::SsoUntested));
        }
        if after.mail_trust == MailTrust::Always && after.organization.is_some() {
            let detail =
                "an organization's provider speaks for the domains it has claimed: `claimed_domains` or `never`";
            return Err(Refusal::field("mail_trust", "field.invalid", detail));
        }
        Ok(after)
    }

    /// Whether an address may come in with it, by its domain.
    #[must_use]
    pub fn serves(&self, domain: &str) -> bool {
        self.domains.is_empty() || self.domains.iter().any(|one| one == domain)
    }
}

/// Refuses a role, or a rule, that gives more than its maker has.
fn guard_gifts(permit: &Permit, rules: &Rules, before: &Connection, after: &Connection) -> Result<(), Refusal> {
    if let Some(role) = after.role.as_ref().filter(|role| before.role.as_ref() != Some(role)) {
        guard_role(permit, rules, role, "role")?;
    }
    for (at, rule) in after.mapping.iter().enumerate() {
        if before.mapping.contains(rule) {
            continue;
        }
        rule.check(&format!("mapping[{at}]"))?;
        if let Some(role) = &rule.role {
            guard_role(permit, rules, role, &format!("mapping[{at}].role"))?;
        }
    }
    Ok(())
}

/// Who may do something to a connection: somebody with a permit where it is an organization's, an administrator
/// of the installation where it is everybody's.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// A permit and the rules it was given by.
    Permit(&'a Permit, &'a Rules),
    /// An administrator.
    Administrator(&'a Identity),
}

impl By<'_> {
    fn guard(self, before: &Connection, after: &Connection) -> Result<(), Refusal> {
        match self {
            Self::Permit(permit, rules) => guard_gifts(permit, rules, before, after),
            Self::Administrator(who) if !who.administrator => Err(Code::InstanceAdministrator.into()),
            Self::Administrator(_) if after.role.is_some() || !after.mapping.is_empty() || after.just_in_time => {
                let detail = "a connection of the installation gives nothing in organizations; their own ones do";
                Err(Refusal::field("mapping", "field.invalid", detail))
            }
            Self::Administrator(_) => Ok(()),
        }
    }

    /// Refuses whoever is no administrator, where the connection is the installation's.
    ///
    /// # Errors
    /// `instance.administrator_required`.
    pub fn guard_any(self) -> Result<(), Refusal> {
        match self {
            Self::Administrator(who) if !who.administrator => Err(Code::InstanceAdministrator.into()),
            _ => Ok(()),
        }
    }
}

/// Makes a connection, switched off: it is tested first.
///
/// # Errors
/// `instance.administrator_required`, `sso.untested`, `role.unknown`, `role.above_own`, refused values.
pub fn create(by: By<'_>, blank: &Connection, wish: &Wish, secret: Option<Vec<u8>>) -> Result<Vec<Change>, Refusal> {
    let made = Connection { has_secret: secret.is_some(), ..blank.with(wish)? };
    by.guard(blank, &made)?;
    Ok(vec![Change::Sso(SsoChange::Created { connection: Box::new(made), secret })])
}

/// Changes a connection. `secret` is a new one, `Some(None)` takes it away; `last` tells that no other one of the
/// organization is switched on.
///
/// # Errors
/// As [`create`], `sso.last_connection`.
pub fn edit(
    by: By<'_>,
    before: &Connection,
    wish: &Wish,
    secret: Option<Option<Vec<u8>>>,
    last: bool,
) -> Result<Vec<Change>, Refusal> {
    let has_secret = secret.as_ref().map_or(before.has_secret, Option::is_some);
    let after = Connection { has_secret, ..before.with(wish)? };
    by.guard(before, &after)?;
    if before.enabled && !after.enabled {
        guard_last(by, last)?;
    }
    if *before == after && secret.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Change::Sso(SsoChange::Edited { before: Box::new(before.clone()), after: Box::new(after), secret })])
}

/// Deletes a connection: nobody comes in with it any more, and the sessions it began end.
///
/// # Errors
/// `instance.administrator_required`, `sso.last_connection`.
pub fn delete(by: By<'_>, connection: &Connection, last: bool) -> Result<Vec<Change>, Refusal> {
    by.guard_any()?;
    if connection.enabled {
        guard_last(by, last)?;
    }
    Ok(vec![Change::Sso(SsoChange::Deleted { connection: Box::new(connection.clone()) })])
}

/// Where single sign-on is required, one way in by it stays (ON-13).
fn guard_last(by: By<'_>, last: bool) -> Result<(), Refusal> {
    match by {
        By::Permit(_, rules) if last && rules.policy().sso_required => Err(Code::SsoLastConnection.into()),
        _ => Ok(()),
    }
}

/// Records what a test found.
#[must_use]
pub fn tested(connection: &Connection, works: bool, trial: Value, now: Timestamp) -> Vec<Change> {
    let tested_at = if works { Some(now) } else { connection.tested_at };
    let after = Connection { tested_at, trial, ..connection.clone() };
    vec![Change::Sso(SsoChange::Tested { connection: Box::new(after), works })]
}

/// Refuses a policy under which nobody would get in if the provider failed. `top` are the active holders of the top
/// role.
///
/// # Errors
/// `sso.break_glass`.
pub fn guard_way_in(rules: &Rules, top: &[Member]) -> Result<(), Refusal> {
    if top.iter().any(|member| keeps_way_in(rules, member)) { Ok(()) } else { Err(Code::SsoBreakGlass.into()) }
}

/// Refuses to require single sign-on where nobody could sign in so (ON-13).
///
/// # Errors
/// `sso.no_connection`.
pub fn guard_required(before: &Policy, after: &Policy, enabled: bool) -> Result<(), Refusal> {
    if after.sso_required && !before.sso_required && !enabled {
        return Err(Code::SsoNoConnection.into());
    }
    Ok(())
}
