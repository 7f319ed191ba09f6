//! Signing in at a provider: the address to send people to, the exchange of what they bring back, and the check of
//! what the provider signed. INVARIANT: nothing a provider says is believed before its signature, issuer, audience,
//! time and nonce were found right.

use chrono::{DateTime, TimeDelta, Utc};
use guildhall_domain::sso::{Claims, Connection};
use guildhall_domain::time::Timestamp;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessToken, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, JsonWebKey, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, TokenResponse, http,
};
use serde_json::{Map, Value};

use super::{Provider, ProviderError, Providers};
use crate::security::secret::Secret;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// With what these are signed; never with a shared secret, never with nothing.
const SIGNED_WITH: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What was kept of a sign-in while somebody was at the provider.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Comes back in what the provider signs.
    pub nonce: String,
    /// Proves to the provider that whoever began exchanges (RFC 7636).
    pub verifier: Secret<String>,
    /// Where the provider sends people back to.
    pub redirect_uri: String,
}

/// Whose sessions a provider wants ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logout {
    /// Everybody's of this name of the provider's.
    pub subject: Option<String>,
    /// One, by the provider's name for it.
    pub sid: Option<String>,
}

fn client(
    provider: &Provider,
    connection: &Connection,
    secret: Option<&str>,
    redirect: &str,
) -> Result<Client, ProviderError> {
    let metadata = provider.metadata.clone().set_jwks(provider.keys.clone());
    let redirect = RedirectUrl::new(redirect.to_owned())
        .map_err(|_| ProviderError::Refused("the public address of this installation is none".to_owned()))?;
    let made = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(connection.client_id.clone()),
        secret.map(|text| ClientSecret::new(text.to_owned())),
    );
    let methods = provider.metadata.token_endpoint_auth_methods_supported();
    let only_in_body = methods.is_some_and(|all| !all.contains(&CoreClientAuthMethod::ClientSecretBasic));
    let auth = if only_in_body || secret.is_none() { AuthType::RequestBody } else { AuthType::BasicAuth };
    Ok(made.set_redirect_uri(redirect).set_auth_type(auth))
}

fn moment(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.micros()).unwrap_or_default()
}

impl Providers {
    /// Where to send somebody who wants to sign in.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn begin(
        &self,
        connection: &Connection,
        ticket: &Ticket,
        state: &str,
        hint: Option<&str>,
        now: Timestamp,
    ) -> Result<String, ProviderError> {
        let provider = self.of(&connection.issuer, now).await?;
        self.outbound.guard(provider.metadata.authorization_endpoint().url())?;
        let client = client(&provider, connection, None, &ticket.redirect_uri)?;
        let verifier = PkceCodeVerifier::new(ticket.verifier.expose().clone());
        let (state, nonce) = (state.to_owned(), ticket.nonce.clone());
        let mut asked = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || CsrfToken::new(state), || Nonce::new(nonce))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_scopes(connection.scopes.iter().cloned().map(Scope::new));
        if let Some(hint) = hint {
            asked = asked.add_extra_param("login_hint", hint);
        }
        Ok(asked.url().0.into())
    }

    /// Whether an answer that names no issuer may come from this provider (RFC 9207).
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn names_itself(&self, connection: &Connection, now: Timestamp) -> Result<bool, ProviderError> {
        let provider = self.of(&connection.issuer, now).await?;
        Ok(provider
            .all
            .get("authorization_response_iss_parameter_supported")
            .is_some_and(|supported| supported == true))
    }

    /// Exchanges a code for what the provider says of the person, found right.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn exchange(
        &self,
        connection: &Connection,
        secret: Option<&str>,
        ticket: &Ticket,
        code: &str,
        now: Timestamp,
    ) -> Result<Claims, ProviderError> {
        let mut provider = self.of(&connection.issuer, now).await?;
        let client = client(&provider, connection, secret, &ticket.redirect_uri)?;
        let asked = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| ProviderError::Unreachable("the provider names no token endpoint".to_owned()))?
            .set_pkce_verifier(PkceCodeVerifier::new(ticket.verifier.expose().clone()));
        let answer = asked.request_async(&self.outbound).await.map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => {
                ProviderError::Denied(format!("the provider says `{}`", said.error()))
            }
            RequestTokenError::Request(error) => error.into(),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                ProviderError::Unreachable("the provider's token endpoint does not answer as it should".to_owned())
            }
        })?;
        let ticket_text =
            answer.id_token().ok_or_else(|| ProviderError::Ticket("the provider sent no ID token".to_owned()))?;
        let nonce = Nonce::new(ticket.nonce.clone());
        let mut verdict = self.verdict(&provider, connection, ticket_text, &nonce, now);
        if matches!(verdict, Err(Wrong::Key)) {
            // PL-27: the provider may have a new key.
            if let Some(fresh) = self.reread(&connection.issuer, &provider, now).await? {
                provider = fresh;
                verdict = self.verdict(&provider, connection, ticket_text, &nonce, now);
            }
        }
        verdict.map_err(|wrong| ProviderError::Ticket(wrong.to_string()))?;
        let mut all = payload(&ticket_text.to_string())?;
        let lacks = all.get("email").is_none() || connection.mapping.iter().any(|rule| !all.contains_key(&rule.claim));
        if let Some(more) = self.user_info(&provider, answer.access_token(), &all).await.filter(|_| lacks) {
            for (name, value) in more {
                all.entry(name).or_insert(value);
            }
        }
        Ok(claims(all))
    }

    fn verdict(
        &self,
        provider: &Provider,
        connection: &Connection,
        ticket: &CoreIdToken,
        nonce: &Nonce,
        now: Timestamp,
    ) -> Result<(), Wrong> {
        let (skew, now) = (TimeDelta::seconds(self.skew_s), moment(now));
        let verifier = CoreIdTokenVerifier::new_public_client(
            ClientId::new(connection.client_id.clone()),
            provider.metadata.issuer().clone(),
            provider.keys.clone(),
        )
        .set_allowed_algs(SIGNED_WITH)
        .set_time_fn(move || now - skew)
        .set_issue_time_verifier_fn(move |issued| {
            if issued <= now + skew { Ok(()) } else { Err("it was issued in the future".to_owned()) }
        });
        match ticket.claims(&verifier, nonce) {
            Ok(_) => Ok(()),
            Err(openidconnect::ClaimsVerificationError::SignatureVerification(error)) => {
                use openidconnect::SignatureVerificationError as Bad;
                match error {
                    Bad::NoMatchingKey | Bad::CryptoError(_) | Bad::AmbiguousKeyId(_) => Err(Wrong::Key),
                    other => Err(Wrong::Said(other.to_string())),
                }
            }
            Err(other) => Err(Wrong::Said(other.to_string())),
        }
    }

    /// What the provider adds to its ticket when it is asked; nothing where it has no place for that.
    async fn user_info(
        &self,
        provider: &Provider,
        token: &AccessToken,
        said: &Map<String, Value>,
    ) -> Option<Map<String, Value>> {
        let address = provider.metadata.userinfo_endpoint()?.url().to_string();
        let asked = http::Request::get(address)
            .header("authorization", format!("Bearer {}", token.secret()))
            .header("accept", "application/json")
            .body(Vec::new());
        let answer = self.outbound.ask(asked.ok()?).await.ok()?;
        let more: Map<String, Value> = serde_json::from_slice(answer.body()).ok()?;
        // INVARIANT: it speaks of the person who signed in (OpenID Connect Core 5.3.2).
        (answer.status() == http::StatusCode::OK && more.get("sub") == said.get("sub")).then_some(more)
    }

    /// Reads a logout token (OpenID Connect Back-Channel Logout 2.6).
    ///
    /// # Errors
    /// [`ProviderError::Ticket`] when it is not valid, and what reading keys may bring.
    pub async fn logout(&self, connection: &Connection, token: &str, now: Timestamp) -> Result<Logout, ProviderError> {
        let bad = |why: &str| ProviderError::Ticket(why.to_owned());
        let mut provider = self.of(&connection.issuer, now).await?;
        if !is_signed(&provider, token) {
            provider =
                self.reread(&connection.issuer, &provider, now).await?.ok_or_else(|| bad("unknown signature"))?;
            if !is_signed(&provider, token) {
                return Err(bad("unknown signature"));
            }
        }
        let all = payload(token)?;
        let text = |name: &str| all.get(name).and_then(Value::as_str).map(str::to_owned);
        let seconds = |name: &str| all.get(name).and_then(Value::as_f64).map(|s| s as i64);
        let now_s = now.micros() / 1_000_000;
        let meant = claimed(token)
            .is_some_and(|(issuer, audience)| issuer == connection.issuer && audience.contains(&connection.client_id));
        if !meant {
            return Err(bad("it is from another provider, or for somebody else"));
        }
        if seconds("iat").is_none_or(|at| at > now_s + self.skew_s || at < now_s - 600 - self.skew_s)
            || seconds("exp").is_some_and(|at| at <= now_s - self.skew_s)
        {
            return Err(bad("it is too old, or of the future"));
        }
        let event = all.get("events").and_then(|e| e.get("http://schemas.openid.net/event/backchannel-logout"));
        if event.is_none_or(|event| !event.is_object()) || all.contains_key("nonce") || text("jti").is_none() {
            return Err(bad("it is no logout token"));
        }
        let logout = Logout { subject: text("sub"), sid: text("sid") };
        if logout.subject.is_none() && logout.sid.is_none() {
            return Err(bad("it names nobody"));
        }
        Ok(logout)
    }
}

/// Why a ticket is not valid.
enum Wrong {
    /// No key of the provider's signed it.
    Key,
    /// Something else.
    Said(String),
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key => f.write_str("no key of the provider signed it"),
            Self::Said(why) => f.write_str(why),
        }
    }
}

/// Who says to have signed a token, and for whom; nothing of it is proved.
#[must_use]
pub fn claimed(token: &str) -> Option<(String, Vec<String>)> {
    let all = payload(token).ok()?;
    let issuer = all.get("iss")?.as_str()?.to_owned();
    let audience = match all.get("aud")? {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => return None,
    };
    Some((issuer, audience))
}

fn part(token: &str, at: usize) -> Option<Vec<u8>> {
    use base64::Engine;
    let text = token.split('.').nth(at)?;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()
}

fn payload(token: &str) -> Result<Map<String, Value>, ProviderError> {
    let read = part(token, 1).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    read.ok_or_else(|| ProviderError::Ticket("it is not a signed JSON object".to_owned()))
}

/// Whether one of the provider's keys signed a token.
fn is_signed(provider: &Provider, token: &str) -> bool {
    let header: Option<Value> = part(token, 0).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let (Some(header), Some(signature)) = (header, part(token, 2)) else { return false };
    let Some((message, _)) = token.rsplit_once('.') else { return false };
    let algorithm =
        serde_json::from_value::<CoreJwsSigningAlgorithm>(header.get("alg").cloned().unwrap_or_default()).ok();
    let Some(algorithm) = algorithm.filter(|one| SIGNED_WITH.contains(one)) else { return false };
    let kid = header.get("kid").and_then(Value::as_str);
    let mut keys = provider.keys.keys().iter();
    keys.any(|key| {
        let named = kid.is_none_or(|kid| key.key_id().is_some_and(|id| id.as_str() == kid));
        named && key.verify_signature(&algorithm, message.as_bytes(), &signature).is_ok()
    })
}

fn claims(all: Map<String, Value>) -> Claims {
    let text =
        |name: &str| all.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let joined = || Some(format!("{} {}", text("given_name")?, text("family_name")?));
    Claims {
        subject: text("sub").unwrap_or_default(),
        email: text("email"),
        email_verified: all.get("email_verified").is_some_and(|said| said == true || said == "true"),
        name: text("name").or_else(joined).or_else(|| text("preferred_username")).unwrap_or_default(),
        hosted_domain: text("hd"),
        sid: text("sid"),
        all,
    }
}
