//! Trying a connection that speaks SAML. Nothing is asked of the provider: people carry everything, and it answers
//! nobody else. So a trial finds what is missing or cannot be used.

use guildhall_domain::sso::{Connection, SamlProvider};
use guildhall_domain::time::Timestamp;

use super::super::Trial;
use super::certificates::certificate;

/// Tries a connection. `allowed` tells whether people may be sent to an address.
pub fn try_out(connection: &Connection, now: Timestamp, allowed: impl FnOnce(&str) -> Result<(), String>) -> Trial {
    let mut trial = Trial::default();
    let saml = connection.saml.clone().unwrap_or_default();
    let entered = if connection.issuer.is_empty() || saml.sso_url.is_empty() || saml.certificates.is_empty() {
        Err("upload the provider's metadata, or enter its issuer, address and certificate".to_owned())
    } else {
        Ok(connection.issuer.clone())
    };
    if trial.note("metadata", entered) && trial.note("address", allowed(&saml.sso_url).map(|()| saml.sso_url.clone())) {
        trial.note("certificates", usable(&saml, now));
    }
    trial
}

fn usable(saml: &SamlProvider, now: Timestamp) -> Result<String, String> {
    for one in &saml.certificates {
        certificate(&one.der)?;
    }
    let good = saml.certificates.iter().filter(|one| one.until > now);
    match good.clone().map(|one| one.until).max() {
        Some(until) => Ok(format!("{} of {} good, until {}", good.count(), saml.certificates.len(), until.plain())),
        None => Err("every certificate has run out; enter the provider's present one".to_owned()),
    }
}
