//! Who asks, from where, with what: the parts of a request before its body. Recognises
//! credentials; what they allow is decided elsewhere.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRef, FromRequestParts, MatchedPath};
use axum::http::header::{AUTHORIZATION, AsHeaderName, COOKIE, HeaderName, IF_MATCH, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use guildhall_domain::identity::Identity;
use guildhall_domain::member::MemberKind;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::time::Timestamp;
use guildhall_store::read::credential;
use guildhall_store::{Conn, Stop, StoreError};
use serde::Deserialize;

use super::extract::query;
use super::problem::Problem;
use crate::app::App;
use crate::memory::people::{CREDENTIAL_EVERY_S, Known};
use crate::ops::sessions::limited;
use crate::ops::share_links;
use crate::ops::{Caller, Credential, Ctx, Idempotency};
use crate::security::limits::address_key;
use crate::security::token::TokenKind;

/// Where anybody may POST: these routes hand out or take other proof. On them a session cookie
/// without CSRF token counts as no credential; everywhere else nobody gets further than the door.
const OPEN: &[&str] = &[
    "/api/v1/session",
    "/api/v1/session/passkey",
    "/api/v1/session/passkey/begin",
    "/api/v1/sign-up",
    "/api/v1/invitations/accept",
    "/api/v1/invitations/refuse",
    "/api/v1/password/forgot",
    "/api/v1/password/reset",
    "/api/v1/email/verify",
    "/api/v1/set-up",
];

/// What every write takes behind `?`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteParameters {
    #[serde(default)]
    dry_run: bool,
}

/// Writes whose handlers read further parameters behind `?`, and are strict about them.
const READ_BY_HANDLER: &[(&Method, &str)] = &[(&Method::DELETE, "/organizations/{org}/roles/{role}")];

fn write_parameters(parts: &Parts) -> Result<WriteParameters, Refusal> {
    let Some(text) = parts.uri.query() else { return Ok(WriteParameters::default()) };
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if READ_BY_HANDLER.iter().any(|(method, path)| **method == parts.method && route.ends_with(path)) {
        let mine = |pair: &&str| pair.split('=').next() == Some("dry_run");
        return query(text.split('&').find(mine).unwrap_or_default());
    }
    query(text)
}

/// Headers that every request is searched for, read once.
pub(super) static API_KEY: HeaderName = HeaderName::from_static("x-api-key");
pub(super) static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static USE_BEARER: HeaderName = HeaderName::from_static("x-use-bearer");

/// The named header, when it is text.
#[must_use]
pub fn header(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

/// The value of a cookie.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut pairs = headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|line| line.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The address a request came from: the peer's, or what a trusted proxy says of it.
#[must_use]
pub fn address(app: &App, parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |c| c.0.ip());
    if !app.config.is_trusted_proxy(peer) {
        return peer;
    }
    // The nearest address that no trusted proxy of ours put there.
    let hops =
        parts.headers.get_all(&FORWARDED_FOR).iter().filter_map(|v| v.to_str().ok()).flat_map(|line| line.split(','));
    let hops: Vec<IpAddr> = hops.filter_map(|hop| hop.trim().parse().ok()).collect();
    hops.iter().rev().find(|hop| !app.config.is_trusted_proxy(**hop)).or(hops.first()).copied().unwrap_or(peer)
}

fn other_kind() -> Refusal {
    Refusal::because(Code::AuthInvalid, "that kind of token does not open the API")
}

/// Recognises a token.
async fn by_token(app: &Arc<App>, text: &str, from: IpAddr, now: Timestamp) -> Result<Arc<Caller>, Stop> {
    let (kind, hash) =
        app.credentials.parse(text).map_err(|typo| Refusal::because(Code::TokenMalformed, typo.to_string()))?;
    if !matches!(kind, TokenKind::Pat | TokenKind::Svc) {
        return Err(other_kind().into());
    }
    let by_secret = move |conn: &mut Conn<'_>, hash: &[u8; 32]| credential::token_by_secret(conn, hash, now);
    let known = match app.memory().and_then(|memory| memory.people.known(&hash)) {
        Some(known) => Some(known),
        None => app.store.glance(reading(app, hash, by_secret, Credential::Token)).await?,
    };
    let valid = known.filter(|known| match &known.caller.credential {
        Credential::Token(token) => {
            token.revoked_at.is_none()
                && token.active
                && token.expires_at.is_none_or(|end| end > now)
                && token.issued_at >= known.caller.identity.valid_from
        }
        Credential::Session(_) => false,
    });
    let Some(known) = valid else {
        app.limits.bad_tokens.take(&address_key(from), now.micros() / 1_000).map_err(limited)?;
        return Err(Code::AuthInvalid.into());
    };
    if let Credential::Token(token) = &known.caller.credential
        && known.last.now(now, CREDENTIAL_EVERY_S)
    {
        app.mark_token(token.id);
    }
    Ok(Arc::clone(&known.caller))
}

/// Reads a credential by its hash, and keeps it while memory is sure.
fn reading<T>(
    app: &Arc<App>,
    hash: [u8; 32],
    read: impl FnOnce(&mut Conn<'_>, &[u8; 32]) -> Result<Option<(T, Identity)>, StoreError> + Send + 'static,
    credential: impl FnOnce(T) -> Credential + Send + 'static,
) -> impl FnOnce(&mut Conn<'_>) -> Result<Option<Arc<Known>>, Stop> + Send + 'static {
    let app = Arc::clone(app);
    move |conn| {
        let memory = app.memory();
        let ticket = memory.map(|memory| memory.people.credentials_ticket());
        let Some((found, identity)) = read(conn, &hash)? else { return Ok(None) };
        let mut caller = Caller { identity, credential: credential(found) };
        if let Credential::Session(session) = &mut caller.credential {
            // What was seen since the streams were last written.
            session.seen_at = app.session_seen(session.id).map_or(session.seen_at, |seen| seen.max(session.seen_at));
        }
        Ok(Some(match (memory, ticket) {
            (Some(memory), Some(ticket)) => memory.people.keep_known(ticket, hash, caller),
            _ => Arc::new(Known::unkept(caller)),
        }))
    }
}

/// Recognises a session cookie, and tells when it was seen before; one that is unknown or over is no credential.
async fn by_session(app: &Arc<App>, value: &str, now: Timestamp) -> Result<Option<(Arc<Caller>, Timestamp)>, Stop> {
    let Some(hash) = app.credentials.session_hash(value) else { return Ok(None) };
    let known = match app.memory().and_then(|memory| memory.people.known(&hash)) {
        Some(known) => Some(known),
        None => app.store.glance(reading(app, hash, credential::session_by_secret, Credential::Session)).await?,
    };
    let Some(known) = known else { return Ok(None) };
    let before = known.last.before();
    let Credential::Session(session) = &known.caller.credential else { return Ok(None) };
    let idle_s = i64::try_from(app.config.session.idle_s).unwrap_or(i64::MAX);
    let over = session.expires_at <= now
        || now.seconds_since(before) > idle_s
        || session.created_at < known.caller.identity.valid_from;
    if over {
        return Ok(None);
    }
    if known.last.now(now, CREDENTIAL_EVERY_S) {
        app.mark_session(session.id);
    }
    Ok(Some((Arc::clone(&known.caller), before)))
}

/// What stands behind `Authorization: Bearer`; another scheme is refused, a password among them (PL-29).
fn authorization(headers: &HeaderMap) -> Option<Result<&str, Refusal>> {
    header(headers, AUTHORIZATION).map(|text| match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(Refusal::because(Code::AuthInvalid, "send `Authorization: Bearer <token>`")),
    })
}

/// Whether a request comes from a page of this site, as the browser tells it; programs tell nothing.
#[must_use]
pub fn from_here(headers: &HeaderMap) -> bool {
    if let Some(site) = header(headers, "sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (header(headers, "origin"), header(headers, "host")) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        _ => true,
    }
}

/// The request's context with whatever credential it carries: the key of `X-API-Key`, else the bearer, else the
/// session's cookie (PX-43). No CSRF token is asked for here.
///
/// # Errors
/// `token.malformed`, `auth.invalid`, `rate.limited`, faults.
pub async fn recognise(app: &Arc<App>, parts: &Parts) -> Result<Ctx, Stop> {
    let (from, now) = (address(app, parts), app.now());
    let key = header(&parts.headers, &API_KEY).map(|key| Ok(key.trim()));
    let bearer = key.or_else(|| authorization(&parts.headers));
    // Whoever says so is known by a token alone, whatever cookie the browser sends along.
    let tokens_only = header(&parts.headers, &USE_BEARER).is_some_and(|v| v.trim().eq_ignore_ascii_case("true"));
    let link = match &bearer {
        Some(Ok(token)) => share_links::shown(app, token, from).await?,
        _ => None,
    };
    let session = cookie(&parts.headers, &app.cookies.session).filter(|_| !tokens_only);
    let known = match (bearer, session) {
        (Some(_), _) if link.is_some() => None,
        (Some(token), _) => Some((by_token(app, token?, from, now).await?, Timestamp::default())),
        (None, Some(value)) => by_session(app, value, now).await?,
        (None, None) => None,
    };
    let (caller, seen_at) = known.map_or_else(Default::default, |(caller, seen_at)| (Some(caller), seen_at));
    Ok(Ctx {
        app: Arc::clone(app),
        caller,
        seen_at,
        link,
        device: cookie(&parts.headers, &app.cookies.device).map(str::to_owned),
        address: from,
        agent: header(&parts.headers, USER_AGENT).unwrap_or_default().to_owned(),
        request_id: super::request_id::current(),
        now,
        dry_run: false,
        if_match: None,
        idempotency: parts.extensions.get::<Idempotency>().copied(),
    })
}

fn revision_of(text: &str) -> Result<u64, Refusal> {
    let bare = text.trim().trim_start_matches("W/").trim_matches('"');
    bare.parse().map_err(|_| Refusal::of(Code::StaleEtag))
}

fn is_open(parts: &Parts) -> bool {
    parts.method == Method::POST && OPEN.contains(&parts.uri.path())
}

impl<S> FromRequestParts<S> for Ctx
where
    S: Send + Sync,
    Arc<App>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let app = Arc::<App>::from_ref(state);
        let mut ctx = recognise(&app, parts).await?;
        let open = is_open(parts);
        if ctx.link.is_some() {
            // Whoever holds a share link is nobody here; the link only tells what it gives.
            let asks = parts.method == Method::POST && parts.uri.path().ends_with("/check");
            return if asks { Ok(ctx) } else { Err(other_kind().into()) };
        }
        if ctx.caller.is_none() && !open {
            return Err(Code::AuthRequired.into());
        }
        if open && ctx.caller.as_ref().is_some_and(|c| c.kind() == MemberKind::ServiceAccount) {
            let detail = "a service account does not sign in, sign up or accept for itself";
            return Err(Refusal::because(Code::AccessDenied, detail).into());
        }
        if matches!(parts.method, Method::GET | Method::HEAD) {
            return Ok(ctx);
        }
        if let Some(session) = ctx.caller.as_ref().and_then(|caller| caller.session()) {
            let given = header(&parts.headers, "x-csrf-token").unwrap_or_default();
            let proved = app.credentials.csrf_matches(session.uuid().as_bytes(), given);
            if !proved || !from_here(&parts.headers) {
                if !open {
                    return Err(Code::CsrfInvalid.into());
                }
                ctx.caller = None;
            }
        }
        ctx.idempotency = ctx.idempotency.map(|given| given.of(ctx.caller.as_deref()));
        ctx.dry_run = write_parameters(parts)?.dry_run;
        ctx.if_match = header(&parts.headers, IF_MATCH).filter(|v| v.trim() != "*").map(revision_of).transpose()?;
        Ok(ctx)
    }
}

/// Whoever a token or session value, shown by a product, stands for, and when the session was seen before; `None` when
/// it is not valid.
///
/// # Errors
/// Faults, `rate.limited`.
pub async fn shown(app: &Arc<App>, text: &str, from: IpAddr) -> Result<Option<(Arc<Caller>, Timestamp)>, Stop> {
    if !text.starts_with("gld_") {
        return by_session(app, text, app.now()).await;
    }
    match by_token(app, text, from, app.now()).await {
        Ok(caller) => Ok(Some((caller, Timestamp::default()))),
        Err(Stop::Refused(refusal)) if refusal.code != Code::RateLimited => Ok(None),
        Err(stop) => Err(stop),
    }
}
