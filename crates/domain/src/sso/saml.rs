//! What a connection knows of a provider that speaks SAML 2.0: where it signs people in, the certificates it signs
//! with, and what it calls what it says of them (PL-24). Reads no XML and no certificate.

use serde::{Deserialize, Serialize};

use super::{Connection, MailTrust, Wish, few, issuer, line, scopes};
use crate::member::words;
use crate::refusal::Refusal;
use crate::time::Timestamp;

words! {
    /// What a connection speaks.
    Kind {
        /// OpenID Connect.
        OpenId = "oidc",
        /// SAML 2.0.
        Saml = "saml",
    }
}

/// As many certificates as a connection has at most: one in use, one that follows, and some more.
const MOST_CERTIFICATES: usize = 5;

/// A certificate that a provider signs with. Its key counts, and nothing else of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The certificate, DER in Base64.
    pub der: String,
    /// SHA-256 of it, in hexadecimal.
    pub fingerprint: String,
    /// Its key, such as `RSA 2048`.
    pub key: String,
    /// Until when it says to be good.
    pub until: Timestamp,
}

/// What the provider calls what it says of somebody. Well-known names are understood beside these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// The mail address.
    pub email: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The groups; rules of the mapping name them `group`.
    pub group: String,
}

impl Default for Attributes {
    fn default() -> Self {
        let name = str::to_owned;
        Self { email: name("email"), first_name: name("firstName"), last_name: name("lastName"), group: name("group") }
    }
}

/// A provider that speaks SAML 2.0. Empty where nothing was entered yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamlProvider {
    /// Where it signs people in, by HTTP-Redirect.
    pub sso_url: String,
    /// What it signs with; two while it changes from one to the next (PL-27).
    pub certificates: Vec<Certificate>,
    /// What it calls what it says.
    pub attributes: Attributes,
}

/// What can be said about such a provider; `None` keeps what is.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "named as the fields of a provider")]
pub struct SamlWish {
    pub sso_url: Option<String>,
    pub certificates: Option<Vec<Certificate>>,
    pub attributes: Option<Attributes>,
}

impl SamlWish {
    fn says_nothing(&self) -> bool {
        self.sso_url.is_none() && self.certificates.is_none() && self.attributes.is_none()
    }

    /// Refuses what a connection of the other kind has.
    ///
    /// # Errors
    /// `field.invalid`.
    pub(super) fn guard_none(&self) -> Result<(), Refusal> {
        if self.says_nothing() {
            return Ok(());
        }
        Err(Refusal::field("sso_url", "field.invalid", "a connection that speaks OpenID Connect has none of SAML's"))
    }
}

impl SamlProvider {
    /// The same with a wish fulfilled.
    pub(super) fn with(&self, wish: &SamlWish) -> Result<Self, Refusal> {
        let mut after = self.clone();
        if let Some(url) = &wish.sso_url {
            after.sso_url = sso_url(url)?;
        }
        if let Some(given) = &wish.certificates {
            if given.len() > MOST_CERTIFICATES {
                let detail = format!("at most {MOST_CERTIFICATES}");
                return Err(Refusal::field("certificates", "field.too_long", detail));
            }
            after.certificates.clear();
            for one in given {
                if !after.certificates.contains(one) {
                    after.certificates.push(one.clone());
                }
            }
        }
        if let Some(names) = &wish.attributes {
            let named = |name: &str, field: &str| line(name, &format!("attributes.{field}"));
            after.attributes = Attributes {
                email: named(&names.email, "email")?,
                first_name: named(&names.first_name, "first_name")?,
                last_name: named(&names.last_name, "last_name")?,
                group: named(&names.group, "group")?,
            };
        }
        Ok(after)
    }

    /// Whether a test of the one says something of the other: certificates may come and go while one stays (PL-27).
    pub(super) fn is_tested_by(&self, before: &Self) -> bool {
        let kept = self.certificates.iter().any(|one| before.certificates.contains(one));
        self.sso_url == before.sso_url && (kept || self.certificates == before.certificates)
    }
}

fn sso_url(text: &str) -> Result<String, Refusal> {
    let text = line(text, "sso_url")?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    if host.is_empty() || host.contains('@') || text.contains('#') {
        let detail = "the provider's address for HTTP-Redirect, such as `https://id.example.org/sso`";
        return Err(Refusal::field("sso_url", "field.invalid", detail));
    }
    Ok(text)
}

/// An entity id: any text its provider chose (SAML 2.0 core, 8.3.6).
fn entity_id(text: &str) -> Result<String, Refusal> {
    let text = line(text, "issuer")?;
    few(text.as_bytes(), "issuer", 1_024)?;
    Ok(text)
}

impl Connection {
    /// The same, blank still, for a provider that speaks SAML.
    #[must_use]
    pub fn speaking_saml(self) -> Self {
        Self { saml: Some(SamlProvider::default()), scopes: Vec::new(), ..self }
    }

    /// The same with a wish for its provider fulfilled.
    pub(super) fn by(&self, wish: &Wish) -> Result<Self, Refusal> {
        let mut after = self.clone();
        match &self.saml {
            Some(saml) => {
                if wish.client_id.is_some() || wish.scopes.is_some() {
                    let detail = "a connection that speaks SAML has no client and no scopes";
                    return Err(Refusal::field("client_id", "field.invalid", detail));
                }
                after.saml = Some(saml.with(&wish.saml)?);
            }
            None => wish.saml.guard_none()?,
        }
        if let Some(given) = &wish.issuer {
            after.issuer = if self.saml.is_some() { entity_id(given)? } else { issuer(given)? };
        }
        if let Some(given) = &wish.client_id {
            after.client_id = line(given, "client_id")?;
        }
        if let Some(named) = &wish.scopes {
            after.scopes = scopes(named)?;
        }
        Ok(after)
    }

    /// Whether a test of what it was says something of it still.
    #[must_use]
    pub fn is_tested_by(&self, before: &Self) -> bool {
        let saml = match (&self.saml, &before.saml) {
            (Some(after), Some(before)) => after.is_tested_by(before),
            (after, before) => after.is_none() && before.is_none(),
        };
        saml && (&self.issuer, &self.client_id) == (&before.issuer, &before.client_id)
    }

    /// What it speaks.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        if self.saml.is_some() { Kind::Saml } else { Kind::OpenId }
    }

    /// Whether an address counts as verified. SAML has no word for it, so it counts where its provider may speak
    /// for it: in a domain that the organization has claimed, or where the installation trusts the provider.
    #[must_use]
    pub fn vouches(&self, said: bool, claimed: bool) -> bool {
        match (self.kind(), self.mail_trust) {
            (Kind::OpenId, _) => said,
            (Kind::Saml, MailTrust::Never) => false,
            (Kind::Saml, MailTrust::ClaimedDomains) => claimed,
            (Kind::Saml, MailTrust::Always) => self.organization.is_none(),
        }
    }
}
