//! Signing in by a provider that speaks SAML 2.0: the way there, its answer, and the step from the answer back into
//! the browser that began. The answer is posted from another site, without this one's cookies; so it is checked first,
//! and only then the browser is asked, on its way to [`enter`], whether it is the one that began. Decides nothing.

use guildhall_domain::ids::UserId;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::sso::{Claims, Connection, Kind};
use guildhall_store::read::sso as connections;
use guildhall_store::{Keep, Stop, Tx};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sessions::limited;
use super::sso::{Entered, refused};
use super::sso_attempts::{self as attempts, Held, Kept};
use super::{Ctx, id, sso_entering};
use crate::provider::saml::{self, Asked, MOST_BYTES, Said, SamlError, Us};
use crate::security::limits::address_key;

/// What this installation is to a connection's provider.
pub(super) fn us(ctx: &Ctx, connection: &Connection) -> Us {
    let root = format!("{}/auth/saml/{}", ctx.app.public_url, connection.id);
    Us { entity_id: format!("{root}/metadata"), acs_url: format!("{root}/acs") }
}

/// What a provider posts.
#[derive(Clone, Debug, Default)]
pub struct Posted {
    /// `SAMLResponse`
    pub response: Option<String>,
    /// `RelayState`
    pub state: Option<String>,
}

/// What is kept of an answer that was found right, until the browser that began comes for it.
#[derive(Serialize, Deserialize)]
struct Answered {
    subject: String,
    email: Option<String>,
    name: String,
    all: Map<String, Value>,
    next: Option<String>,
    user: Option<UserId>,
}

impl Held for Answered {
    const PURPOSE: &'static str = "saml-answer";
    const FOR_S: i64 = 60;
}

/// A request's id: a name of XML begins with no digit.
fn request_id(nonce: &str) -> String {
    format!("_{nonce}")
}

/// Where to send somebody who wants to sign in.
///
/// # Errors
/// `sso.unknown`.
pub(super) fn begin(ctx: &Ctx, connection: &Connection, nonce: &str, state: &str) -> Result<String, Stop> {
    let provider = connection.saml.as_ref().ok_or(Code::SsoUnknown)?;
    let asked = Asked { request: request_id(nonce), of: us(ctx, connection) };
    Ok(saml::address(provider, &asked, state, ctx.now))
}

/// What a connection's provider is told of this installation.
///
/// # Errors
/// `not_found`.
pub async fn metadata(ctx: &Ctx, connection: &str) -> Result<String, Stop> {
    let connection = found(ctx, connection).await?.ok_or(Code::NotFound)?;
    Ok(saml::describe_us(&us(ctx, &connection)))
}

/// A connection that speaks SAML.
async fn found(ctx: &Ctx, connection: &str) -> Result<Option<Connection>, Stop> {
    let connection = id(connection)?;
    let read = move |_: &Ctx, conn: &mut guildhall_store::Conn<'_>| Ok(connections::by_id(conn, connection)?);
    Ok(ctx.read(read).await?.map(|(c, _)| c).filter(|c| c.kind() == Kind::Saml))
}

/// Takes an answer, and says where its browser goes on.
///
/// # Errors
/// `sso.unknown`, `sso.unsolicited`, `sso.state`, `sso.encrypted`, `sso.issuer`, `sso.denied`, `sso.ticket`,
/// `sso.replayed`, `rate.limited`.
pub async fn answered(ctx: &Ctx, connection: &str, posted: Posted) -> Result<String, Stop> {
    ctx.app.limits.accept.take(&address_key(ctx.address), ctx.now.micros() / 1_000).map_err(limited)?;
    let meant = found(ctx, connection).await?.ok_or(Code::SsoUnknown)?;
    let xml = decoded(posted.response.as_deref().unwrap_or_default());
    if posted.state.as_deref().unwrap_or_default().is_empty() || xml.as_deref().is_some_and(saml::is_unsolicited) {
        return Err(Code::SsoUnsolicited.into());
    }
    let (connection, _, browser, kept) =
        attempts::take_up::<Kept>(ctx, posted.state.as_deref(), None, Kind::Saml).await?;
    if connection.id != meant.id {
        return Err(Code::SsoState.into());
    }
    let said = match xml {
        Some(xml) => checked(ctx, &connection, &kept, &xml),
        None => Err(Refusal::because(Code::SsoTicket, "what the provider answered is no text in Base64")),
    };
    match said {
        Ok(said) => match kept_for(ctx, &connection, browser, kept, said).await {
            Err(Stop::Refused(refusal)) => Err(refused(ctx, &connection, refusal).await),
            other => other,
        },
        Err(refusal) => Err(refused(ctx, &connection, refusal).await),
    }
}

fn decoded(text: &str) -> Option<String> {
    use base64::Engine;
    let bare: String = text.split_ascii_whitespace().collect();
    let bytes = base64::prelude::BASE64_STANDARD.decode(bare).ok()?;
    String::from_utf8(bytes).ok().filter(|xml| xml.len() <= MOST_BYTES)
}

fn checked(ctx: &Ctx, connection: &Connection, kept: &Kept, xml: &str) -> Result<Said, Refusal> {
    let asked = Asked { request: request_id(&kept.nonce), of: us(ctx, connection) };
    saml::read(xml, connection, &asked, ctx.now, ctx.app.providers.skew_s()).map_err(|error| match error {
        SamlError::Unsolicited => Code::SsoUnsolicited.into(),
        SamlError::Encrypted => Code::SsoEncrypted.into(),
        SamlError::Issuer => Code::SsoIssuer.into(),
        SamlError::Denied(why) => Refusal::because(Code::SsoDenied, format!("you were not signed in: {why}")),
        SamlError::Invalid(why) => {
            Refusal::because(Code::SsoTicket, format!("what the provider answered is not valid: {why}"))
        }
    })
}

/// Uses the assertion, once for all, and keeps what it says for the browser that began.
async fn kept_for(
    ctx: &Ctx,
    connection: &Connection,
    browser: Vec<u8>,
    kept: Kept,
    said: Said,
) -> Result<String, Stop> {
    let Claims { subject, email, name, all, .. } = said.claims;
    let answered = Answered { subject, email, name, all, next: kept.next, user: kept.user };
    let state = attempts::fresh(ctx);
    let (key, attempt) = attempts::sealed(ctx, connection, &state, browser, &answered);
    let assertion = attempts::hash(&format!("{} {}", connection.id, said.assertion));
    let using = move |tx: &mut Tx<'_>| {
        if !tx.use_assertion(&assertion, said.until)? {
            return Err(Code::SsoReplayed.into());
        }
        Ok(tx.begin_attempt(&key, attempt.clone())?)
    };
    ctx.app.store.write(ctx.author(), ctx.now, Keep::Commit, using).await?;
    Ok(format!("/auth/saml/continue?state={state}"))
}

/// Lets somebody in whose answer was found right, where this is the browser that began.
///
/// # Errors
/// `sso.state`, and those of entering.
pub async fn enter(ctx: &Ctx, state: Option<&str>, browser: Option<&str>) -> Result<Entered, Stop> {
    let (connection, _, _, kept) = attempts::take_up::<Answered>(ctx, state, Some(browser), Kind::Saml).await?;
    let Answered { subject, email, name, all, next, user } = kept;
    let claims = Claims { subject, email, name, all, ..Claims::default() };
    match sso_entering::enter(ctx, connection.id, claims, user, next).await {
        Err(Stop::Refused(refusal)) => Err(refused(ctx, &connection, refusal).await),
        other => other,
    }
}
