//! Trying a connection before anybody signs in with it: each step by itself, and what is wrong with the first that
//! fails. Changes nothing anywhere.

use base64::prelude::{BASE64_STANDARD, Engine};
use guildhall_domain::sso::{Connection, Kind};
use guildhall_domain::time::Timestamp;
use openidconnect::core::CoreClientAuthMethod;
use openidconnect::{http, url};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{ProviderError, Providers, metadata, saml};

/// One step of a trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// `address`, `discovery`, `issuer`, `endpoints`, `keys`, `pkce` or `client`; for SAML `metadata`, `address` or
    /// `certificates`.
    pub step: String,
    /// Whether it went well.
    pub ok: bool,
    /// What was found, and what to do about it.
    pub detail: String,
}

/// What a trial found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Trial {
    /// Whether every step went well.
    pub works: bool,
    /// The steps that were tried, in order.
    pub steps: Vec<Step>,
}

impl Trial {
    pub(super) fn note(&mut self, step: &str, outcome: Result<String, String>) -> bool {
        let (ok, detail) = match outcome {
            Ok(detail) => (true, detail),
            Err(detail) => (false, detail),
        };
        self.works = ok;
        self.steps.push(Step { step: step.to_owned(), ok, detail });
        ok
    }
}

fn words(error: ProviderError) -> String {
    match error {
        ProviderError::Refused(why)
        | ProviderError::Unreachable(why)
        | ProviderError::Denied(why)
        | ProviderError::Ticket(why) => why,
    }
}

impl Providers {
    /// Tries a connection.
    pub async fn try_out(
        &self,
        connection: &Connection,
        secret: Option<&str>,
        redirect: &str,
        now: Timestamp,
    ) -> Trial {
        match connection.kind() {
            Kind::Saml => saml::try_out(connection, now, |text| self.guard(text)),
            Kind::OpenId => self.try_openid(connection, secret, redirect).await,
        }
    }

    /// Whether people may be sent to an address.
    fn guard(&self, text: &str) -> Result<(), String> {
        let url = url::Url::parse(text).map_err(|e| format!("`{text}`: {e}"))?;
        self.outbound.guard(&url).map_err(|e| e.to_string())
    }

    async fn try_openid(&self, connection: &Connection, secret: Option<&str>, redirect: &str) -> Trial {
        let mut trial = Trial::default();
        self.forget(&connection.issuer);
        if !trial.note("address", self.guard(&connection.issuer).map(|()| connection.issuer.clone())) {
            return trial;
        }
        let all = match self.document(&connection.issuer).await {
            Ok(all) => all,
            Err(error) => {
                // An address that turns out to be inside is the address's fault.
                trial.note("discovery", Err(words(error)));
                return trial;
            }
        };
        trial.note("discovery", Ok("the provider describes itself".to_owned()));
        let metadata = match metadata(&connection.issuer, &all) {
            Ok(metadata) => metadata,
            Err(error) => {
                trial.note("issuer", Err(words(error)));
                return trial;
            }
        };
        trial.note("issuer", Ok(connection.issuer.clone()));
        let named = [
            Some(metadata.authorization_endpoint().url()),
            metadata.token_endpoint().map(|e| e.url()),
            Some(metadata.jwks_uri().url()),
        ];
        let endpoints = named.into_iter().try_for_each(|url| match url {
            Some(url) => self.outbound.guard(url).map_err(|e| e.to_string()),
            None => Err("the provider names no token endpoint".to_owned()),
        });
        if !trial.note("endpoints", endpoints.map(|()| "all there".to_owned())) {
            return trial;
        }
        let keys = self.keys(&metadata).await.map_err(words).and_then(|keys| match keys.keys().len() {
            0 => Err("the provider shows no key that can be used".to_owned()),
            many => Ok(format!("{many} found")),
        });
        if !trial.note("keys", keys) || !trial.note("pkce", pkce(&all)) {
            return trial;
        }
        let token = metadata.token_endpoint().map(|e| e.url().to_string()).unwrap_or_default();
        let methods = metadata.token_endpoint_auth_methods_supported();
        let in_body = methods.is_some_and(|all| !all.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let outcome = self.client_step(connection, secret, redirect, &token, in_body).await;
        trial.note("client", outcome);
        trial
    }

    /// Offers the provider a code that is none: whoever knows the client complains of the code.
    async fn client_step(
        &self,
        connection: &Connection,
        secret: Option<&str>,
        redirect: &str,
        token: &str,
        in_body: bool,
    ) -> Result<String, String> {
        let asked = offer(connection, secret.filter(|_| in_body), redirect);
        let mut request = http::Request::post(token)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json");
        if let Some(secret) = secret.filter(|_| !in_body) {
            let packed = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", packed(&connection.client_id), packed(secret));
            request = request.header("authorization", format!("Basic {}", BASE64_STANDARD.encode(pair)));
        }
        let asked = request.body(asked.into_bytes()).map_err(|e| e.to_string())?;
        let answer = self.outbound.ask(asked).await.map_err(|e| e.to_string())?;
        let said: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        match said.get("error").and_then(Value::as_str) {
            Some(error @ ("invalid_client" | "unauthorized_client")) => {
                Err(format!("the provider says `{error}`; look at the client's id and secret"))
            }
            Some(_) => Ok("the provider knows the client".to_owned()),
            None if answer.status().is_server_error() => {
                Err(format!("the token endpoint answers {}", answer.status().as_u16()))
            }
            None => Ok("the provider does not say whether it knows the client".to_owned()),
        }
    }
}

/// The form with the code that is none. Where no secret stands in it, none is kept or the header has it.
fn offer(connection: &Connection, secret: Option<&str>, redirect: &str) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code").append_pair("code", "guildhall-trial");
    form.append_pair("redirect_uri", redirect).append_pair("code_verifier", &"guildhall".repeat(6));
    if secret.is_some() || !connection.has_secret {
        form.append_pair("client_id", &connection.client_id);
    }
    if let Some(secret) = secret {
        form.append_pair("client_secret", secret);
    }
    form.finish()
}

fn pkce(all: &Value) -> Result<String, String> {
    match all["code_challenge_methods_supported"].as_array() {
        Some(methods) if !methods.iter().any(|one| one == "S256") => {
            Err("the provider does not take `S256` challenges (RFC 7636)".to_owned())
        }
        Some(_) => Ok("S256".to_owned()),
        None => Ok("the provider does not say; it is sent all the same".to_owned()),
    }
}
