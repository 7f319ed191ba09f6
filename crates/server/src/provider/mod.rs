//! Talking to identity providers by OpenID Connect (by SAML: see [`saml`]): what they say of themselves, kept for a while; exchanging a
//! code; checking what they sign. Knows no organization and decides nothing about people.

mod names;
pub mod saml;
mod tickets;
mod trial;

pub use names::{Found, Names};
pub use tickets::{Logout, Ticket, claimed};
pub use trial::{Step, Trial};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use guildhall_domain::time::Timestamp;
use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use openidconnect::http;
use serde_json::Value;

use crate::security::outbound::{Outbound, OutboundError};

/// How long what a provider says of itself is believed.
const FRESH_S: i64 = 3_600;
/// An unknown key makes the keys be read again, but not more often than this: whoever sends rubbish must not
/// make us storm a provider.
const REREAD_EVERY_S: i64 = 30;
/// Most providers remembered.
const MOST_KNOWN: usize = 1_000;

/// What went wrong with a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderError {
    /// Its address may not be asked.
    Refused(String),
    /// It cannot be reached, or does not speak as it should.
    Unreachable(String),
    /// It said no to the code or the client.
    Denied(String),
    /// What it signed is not valid.
    Ticket(String),
}

impl From<OutboundError> for ProviderError {
    fn from(error: OutboundError) -> Self {
        match error {
            OutboundError::Refused(why) => Self::Refused(why),
            OutboundError::Failed(why) => Self::Unreachable(why),
        }
    }
}

/// What a provider says of itself.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its addresses and what it can do.
    pub metadata: CoreProviderMetadata,
    /// Its keys.
    pub keys: CoreJsonWebKeySet,
    /// All it said, with what the standard adds from time to time.
    pub all: Value,
    read_at: Timestamp,
    reread_at: Option<Timestamp>,
}

/// Every provider asked so far.
#[derive(Debug)]
pub struct Providers {
    outbound: Outbound,
    skew_s: i64,
    known: Mutex<HashMap<String, Arc<Provider>>>,
}

impl Providers {
    /// `skew_s` is how far a provider's clock may be from ours.
    #[must_use]
    pub fn new(outbound: Outbound, skew_s: i64) -> Self {
        Self { outbound, skew_s, known: Mutex::default() }
    }

    /// How far a provider's clock may be from ours.
    #[must_use]
    pub const fn skew_s(&self) -> i64 {
        self.skew_s
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Arc<Provider>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, issuer: &str, provider: Provider) -> Arc<Provider> {
        let provider = Arc::new(provider);
        let mut known = self.known();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(issuer.to_owned(), Arc::clone(&provider));
        provider
    }

    /// What a provider says of itself, read at most an hour ago.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn of(&self, issuer: &str, now: Timestamp) -> Result<Arc<Provider>, ProviderError> {
        if let Some(known) = self.known().get(issuer).filter(|known| now.seconds_since(known.read_at) < FRESH_S) {
            return Ok(Arc::clone(known));
        }
        let all = self.document(issuer).await?;
        let metadata = metadata(issuer, &all)?;
        let keys = self.keys(&metadata).await?;
        Ok(self.keep(issuer, Provider { metadata, keys, all, read_at: now, reread_at: None }))
    }

    /// The same with its keys read again, unless that was done a moment ago.
    async fn reread(
        &self,
        issuer: &str,
        known: &Provider,
        now: Timestamp,
    ) -> Result<Option<Arc<Provider>>, ProviderError> {
        if known.reread_at.is_some_and(|at| now.seconds_since(at) < REREAD_EVERY_S) {
            return Ok(None);
        }
        self.keep(issuer, Provider { reread_at: Some(now), ..known.clone() });
        let keys = self.keys(&known.metadata).await?;
        Ok(Some(self.keep(issuer, Provider { keys, reread_at: Some(now), ..known.clone() })))
    }

    /// Forgets a provider, so that it is asked anew.
    pub fn forget(&self, issuer: &str) {
        self.known().remove(issuer);
    }

    async fn document(&self, issuer: &str) -> Result<Value, ProviderError> {
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let asked = http::Request::get(&address).header("accept", "application/json").body(Vec::new());
        let asked = asked.map_err(|_| ProviderError::Refused(format!("`{address}` is no address")))?;
        let answer = self.outbound.ask(asked).await?;
        if answer.status() != http::StatusCode::OK {
            let status = answer.status().as_u16();
            return Err(ProviderError::Unreachable(format!("`{address}` answers {status}, not 200")));
        }
        serde_json::from_slice(answer.body())
            .map_err(|_| ProviderError::Unreachable(format!("`{address}` does not answer with JSON")))
    }

    async fn keys(&self, metadata: &CoreProviderMetadata) -> Result<CoreJsonWebKeySet, ProviderError> {
        let address = metadata.jwks_uri().url().to_string();
        let asked = http::Request::get(&address).header("accept", "application/json").body(Vec::new());
        let asked = asked.map_err(|_| ProviderError::Refused(format!("`{address}` is no address")))?;
        let answer = self.outbound.ask(asked).await?;
        let readable = answer.status() == http::StatusCode::OK;
        let keys = serde_json::from_slice::<CoreJsonWebKeySet>(answer.body()).ok().filter(|_| readable);
        keys.ok_or_else(|| ProviderError::Unreachable(format!("`{address}` does not answer with keys")))
    }
}

/// Reads what a provider says of itself, and that it is who was asked.
fn metadata(issuer: &str, all: &Value) -> Result<CoreProviderMetadata, ProviderError> {
    let metadata: CoreProviderMetadata = serde_json::from_value(all.clone())
        .map_err(|e| ProviderError::Unreachable(format!("what the provider says of itself lacks something: {e}")))?;
    let named = metadata.issuer().as_str();
    if named != issuer {
        let why = format!("the provider calls itself `{named}`; enter exactly that as the issuer");
        return Err(ProviderError::Unreachable(why));
    }
    Ok(metadata)
}
