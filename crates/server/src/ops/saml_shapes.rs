//! What callers say and see of a provider that speaks SAML 2.0. Decides nothing.

use guildhall_domain::refusal::Refusal;
use guildhall_domain::sso::{Attributes, Certificate, SamlWish};
use guildhall_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sso_shapes::ConnectionWish;
use crate::provider::saml;

/// What a provider calls what it says of somebody.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AttributeNames {
    /// The mail address; `email` unless said otherwise.
    pub email: String,
    /// The first name; `firstName` unless said otherwise.
    pub first_name: String,
    /// The last name; `lastName` unless said otherwise.
    pub last_name: String,
    /// The groups; `group` unless said otherwise. Rules of the mapping name them `group`, whatever they are called.
    pub group: String,
}

impl Default for AttributeNames {
    fn default() -> Self {
        Attributes::default().into()
    }
}

impl From<Attributes> for AttributeNames {
    fn from(names: Attributes) -> Self {
        let Attributes { email, first_name, last_name, group } = names;
        Self { email, first_name, last_name, group }
    }
}

/// A certificate that a provider signs with.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CertificateView {
    /// SHA-256 of it, in hexadecimal.
    pub fingerprint: String,
    /// Its key, such as `RSA 2048`.
    pub key: String,
    /// Until when it says to be good.
    #[schema(value_type = String, format = DateTime)]
    pub valid_until: Timestamp,
    /// The certificate itself, as it may be entered again.
    pub pem: String,
}

impl From<&Certificate> for CertificateView {
    fn from(one: &Certificate) -> Self {
        let lines = one.der.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned());
        let text = lines.collect::<Vec<_>>().join("\n");
        Self {
            fingerprint: one.fingerprint.clone(),
            key: one.key.clone(),
            valid_until: one.until,
            pem: format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"),
        }
    }
}

/// What a caller says of a provider: the issuer and the rest, by its metadata or one by one.
///
/// # Errors
/// `field.invalid`.
pub(super) fn said(wanted: &ConnectionWish) -> Result<(Option<String>, SamlWish), Refusal> {
    let attributes = wanted.attributes.clone().map(|names| {
        let AttributeNames { email, first_name, last_name, group } = names;
        Attributes { email, first_name, last_name, group }
    });
    if let Some(xml) = &wanted.metadata {
        if wanted.issuer.is_some() || wanted.sso_url.is_some() || wanted.certificates.is_some() {
            let detail = "it says issuer, address and certificates already; give it or these";
            return Err(Refusal::field("metadata", "field.invalid", detail));
        }
        let found = saml::describe(xml).map_err(|why| Refusal::field("metadata", "field.invalid", why))?;
        let (sso_url, certificates) = (Some(found.sso_url), Some(found.certificates));
        return Ok((Some(found.entity_id), SamlWish { sso_url, certificates, attributes }));
    }
    let read = |(at, text): (usize, &String)| {
        saml::certificate(text).map_err(|why| Refusal::field(format!("certificates[{at}]"), "field.invalid", why))
    };
    let certificates = wanted.certificates.as_ref().map(|given| given.iter().enumerate().map(read).collect());
    let (sso_url, certificates) = (wanted.sso_url.clone(), certificates.transpose()?);
    Ok((wanted.issuer.clone(), SamlWish { sso_url, certificates, attributes }))
}
