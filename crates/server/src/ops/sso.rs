//! Signing in by a provider: which way an address or an organization has, the way there, and the way back. What
//! becomes of whoever comes back is in `sso_entering`.

use guildhall_domain::identity::Identity;
use guildhall_domain::ids::ConnectionId;
use guildhall_domain::member::Status;
use guildhall_domain::organization::Organization;
use guildhall_domain::proof;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::sso::{Connection, Kind};
use guildhall_domain::text::Email;
use guildhall_store::read::{member as members, organization, sso as connections};
use guildhall_store::stream::Note;
use guildhall_store::{Conn, Keep, Stop};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Ctx;
use super::sessions::{Begun, limited};
use super::sso_attempts::{self as attempts, Kept, fresh};
use super::sso_connections::opened;
use super::{saml, sso_entering};
use crate::provider::{ProviderError, Ticket};
use crate::security::limits::address_key;
use crate::security::secret::Secret;

/// A way to sign in, as the sign-in page offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsoWay {
    /// The connection.
    pub connection: ConnectionId,
    /// What its button says.
    pub name: String,
    /// Where the way begins.
    pub start: String,
}

/// Where a sign-in is to begin.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Id or slug of the organization.
    pub organization: Option<String>,
    /// The address of whoever signs in.
    pub email: Option<String>,
    /// One connection of several.
    pub connection: Option<String>,
    /// The page to end at.
    pub next: Option<String>,
}

/// What a browser is told to begin with.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The provider's page.
    pub location: String,
    /// What the browser keeps, to be known again.
    pub browser: String,
}

/// What a browser brings back.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Returned {
    /// The state it was sent with.
    pub state: Option<String>,
    /// The code, when all went well.
    pub code: Option<String>,
    /// The provider (RFC 9207).
    pub iss: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}

/// Somebody who came back and is in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entered {
    /// The session.
    pub session: Begun,
    /// The page to go to.
    pub next: String,
}

/// Where providers send people back to.
#[must_use]
pub fn redirect_uri(ctx: &Ctx) -> String {
    format!("{}/auth/sso/callback", ctx.app.public_url)
}

fn packed(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Adds to a refusal where single sign-on begins.
#[must_use]
pub fn lead(ctx: &Ctx, here: &Organization, refusal: Refusal) -> Refusal {
    if refusal.code != Code::SsoRequired {
        return refusal;
    }
    let start = format!("{}/auth/sso/start?organization={}", ctx.app.public_url, here.slug);
    Refusal { extra: Some(("start", json!(start))), ..refusal }
}

/// The ways to sign in that an address has by its mail domain. They are the same for every address of the domain:
/// nothing tells who has an account.
///
/// # Errors
/// [`Stop`].
pub async fn way_for(ctx: &Ctx, address: &str) -> Result<Vec<SsoWay>, Stop> {
    let Ok(email) = Email::parse(address, "email") else { return Ok(Vec::new()) };
    ctx.read(move |_, conn| {
        let found = by_domain(conn, email.domain())?;
        Ok(found.iter().map(|(c, _)| way(c, None)).collect())
    })
    .await
}

/// The ways to sign in to an organization; none for one that is not there.
///
/// # Errors
/// [`Stop`].
pub async fn ways_into(ctx: &Ctx, name: &str) -> Result<Vec<SsoWay>, Stop> {
    let name = name.to_owned();
    ctx.read(move |_, conn| {
        let Some(here) = organization::find(conn, &name)? else { return Ok(Vec::new()) };
        Ok(connections::open(conn, Some(here.id))?.iter().map(|(c, _)| way(c, Some(&here.slug))).collect())
    })
    .await
}

/// The ways to sign in to the installation, whatever one belongs to.
///
/// # Errors
/// [`Stop`].
pub async fn ways_for_all(ctx: &Ctx) -> Result<Vec<SsoWay>, Stop> {
    ctx.read(move |_, conn| Ok(connections::open(conn, None)?.iter().map(|(c, _)| way(c, None)).collect())).await
}

fn way(connection: &Connection, organization: Option<&str>) -> SsoWay {
    let of = organization.map(|slug| format!("&organization={}", packed(slug))).unwrap_or_default();
    let start = format!("/auth/sso/start?connection={}{of}", connection.id);
    SsoWay { connection: connection.id, name: connection.name.clone(), start }
}

/// The connections of a mail domain. Where an organization has claimed it, only its own and the installation's;
/// otherwise they must be of one organization: nobody catches the people of a domain that others name too.
fn by_domain(conn: &mut Conn<'_>, domain: &str) -> Result<Vec<connections::Stored>, Stop> {
    let mut found = connections::by_domain(conn, domain)?;
    let claimed = connections::claimed_by(conn, domain)?;
    if let Some(owner) = claimed {
        let own: Vec<_> = connections::open(conn, Some(owner))?;
        found.retain(|(c, _)| c.organization.is_none());
        found.extend(own.into_iter().filter(|(c, _)| c.serves(domain)));
        return Ok(found);
    }
    let mut owners = found.iter().filter_map(|(c, _)| c.organization);
    let first = owners.next();
    if owners.any(|other| Some(other) != first) || guildhall_domain::disposable::is_public(domain) {
        found.retain(|(c, _)| c.organization.is_none());
    }
    Ok(found)
}

fn choose(conn: &mut Conn<'_>, asked: &Start) -> Result<connections::Stored, Stop> {
    let email = asked.email.as_deref().map(|text| Email::parse(text, "email")).transpose()?;
    let mut found = match (&asked.organization, &email) {
        (Some(name), _) => {
            let here = organization::find(conn, name)?.ok_or(Code::SsoUnknown)?;
            connections::open(conn, Some(here.id))?
        }
        (None, Some(email)) => by_domain(conn, email.domain())?,
        (None, None) => match asked.connection.as_deref().and_then(|id| id.parse().ok()) {
            Some(id) => connections::by_id(conn, id)?.filter(|(c, _)| c.enabled).into_iter().collect(),
            None => connections::open(conn, None)?,
        },
    };
    if let Some(wanted) = &asked.connection {
        found.retain(|(c, _)| c.id.to_string() == *wanted);
    }
    if let Some(email) = &email {
        found.retain(|(c, _)| c.serves(email.domain()));
    }
    found.into_iter().next().ok_or_else(|| Code::SsoUnknown.into())
}

/// Begins a sign-in. `browser` is what this one kept of an earlier beginning.
///
/// # Errors
/// `sso.unknown`, `sso.unreachable`, `rate.limited`, refused values.
pub async fn start(ctx: &Ctx, asked: Start, browser: Option<&str>) -> Result<Sent, Stop> {
    ctx.app.limits.accept.take(&address_key(ctx.address), ctx.now.micros() / 1_000).map_err(limited)?;
    let wanted = asked.clone();
    let (connection, _) = ctx.read(move |_, conn| choose(conn, &wanted)).await?;
    let (state, nonce, verifier) = (fresh(ctx), fresh(ctx), fresh(ctx));
    let browser = browser.filter(|known| known.len() == state.len()).map_or_else(|| fresh(ctx), str::to_owned);
    let ticket =
        Ticket { nonce: nonce.clone(), verifier: Secret::new(verifier.clone()), redirect_uri: redirect_uri(ctx) };
    let location = match &connection.saml {
        Some(_) => saml::begin(ctx, &connection, &nonce, &state)?,
        None => {
            let sent = ctx.app.providers.begin(&connection, &ticket, &state, asked.email.as_deref(), ctx.now).await;
            sent.map_err(|error| unreachable(ctx, &connection, error))?
        }
    };
    let user = ctx.caller.as_ref().filter(|c| c.session().is_some()).map(|c| c.identity.id);
    let kept = Kept { nonce, verifier, next: asked.next, user };
    attempts::begin(ctx, &connection, &state, attempts::hash(&browser).to_vec(), &kept).await?;
    Ok(Sent { location, browser })
}

/// What a provider's failure means to whoever signs in; the details are the administrator's to read.
fn unreachable(ctx: &Ctx, connection: &Connection, error: ProviderError) -> Stop {
    tracing::warn!(connection = %connection.id, ?error, request = ctx.request_id, "a provider failed");
    match error {
        ProviderError::Refused(_) | ProviderError::Unreachable(_) => Code::SsoUnreachable.into(),
        ProviderError::Denied(why) => {
            Refusal::because(Code::SsoDenied, format!("you were not signed in: {why}")).into()
        }
        ProviderError::Ticket(why) => {
            Refusal::because(Code::SsoTicket, format!("what the provider answered is not valid: {why}")).into()
        }
    }
}

/// Takes up a sign-in that comes back from a provider.
///
/// # Errors
/// `sso.state`, `sso.issuer`, `sso.denied`, `sso.ticket`, `sso.unreachable`, and those of entering.
pub async fn finish(ctx: &Ctx, back: Returned, browser: Option<&str>) -> Result<Entered, Stop> {
    let (connection, sealed, _, kept) =
        attempts::take_up::<Kept>(ctx, back.state.as_deref(), Some(browser), Kind::OpenId).await?;
    let secret = opened(ctx, &connection, sealed.as_deref())?;
    match verified(ctx, &connection, secret, &kept, &back).await {
        Ok(claims) => {
            let entered = sso_entering::enter(ctx, connection.id, claims, kept.user, kept.next.clone()).await;
            match entered {
                Err(Stop::Refused(refusal)) => Err(refused(ctx, &connection, refusal).await),
                other => other,
            }
        }
        Err(Stop::Refused(refusal)) => Err(refused(ctx, &connection, refusal).await),
        Err(stop) => Err(stop),
    }
}

async fn verified(
    ctx: &Ctx,
    connection: &Connection,
    secret: Option<Vec<u8>>,
    kept: &Kept,
    back: &Returned,
) -> Result<guildhall_domain::sso::Claims, Stop> {
    let providers = &ctx.app.providers;
    let failed = |error| unreachable(ctx, connection, error);
    match &back.iss {
        Some(iss) if *iss != connection.issuer => return Err(Code::SsoIssuer.into()),
        Some(_) => {}
        None if providers.names_itself(connection, ctx.now).await.map_err(failed)? => {
            return Err(Code::SsoIssuer.into());
        }
        None => {}
    }
    if let Some(error) = &back.error {
        let said: String = error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(60).collect();
        return Err(
            Refusal::because(Code::SsoDenied, format!("you were not signed in: the provider says `{said}`")).into()
        );
    }
    let code = back.code.as_deref().ok_or(Code::SsoState)?;
    let ticket = Ticket {
        nonce: kept.nonce.clone(),
        verifier: Secret::new(kept.verifier.clone()),
        redirect_uri: redirect_uri(ctx),
    };
    let secret = secret.and_then(|bytes| String::from_utf8(bytes).ok());
    providers.exchange(connection, secret.as_deref(), &ticket, code, ctx.now).await.map_err(failed)
}

/// Notes a sign-in that came to nothing, for the organization's administrators.
pub(super) async fn refused(ctx: &Ctx, connection: &Connection, refusal: Refusal) -> Stop {
    let author = ctx.author();
    let note = Note {
        organization: connection.organization,
        kind: "sso_connection.refused",
        target: ("sso_connection", connection.id.to_string(), connection.name.clone()),
        after: json!({"code": refusal.code.name(), "detail": refusal.detail}),
        outcome: "failure",
    };
    let noting = move |tx: &mut guildhall_store::Tx<'_>| Ok(tx.note(&author, &note)?);
    match ctx.app.store.write(ctx.author(), ctx.now, Keep::Commit, noting).await {
        Ok(()) => refusal.into(),
        Err(stop) => stop,
    }
}

/// Refuses a password where every organization of the person is entered by its single sign-on only (PL-25), and
/// notes in the others' trails that somebody keeps another way in.
///
/// # Errors
/// `sso.required`.
pub async fn guard_password(ctx: &Ctx, who: &Identity) -> Result<(), Stop> {
    let user = who.id;
    let found = ctx
        .read(move |ctx, conn| {
            let (mut closed, mut open, mut kept) = (None, false, Vec::new());
            for member in members::of_identity(conn, user)?.into_iter().filter(|m| m.status == Status::Active) {
                let Some(here) = organization::by_id(conn, member.organization)? else { continue };
                let rules = ctx.app.rules(conn, &here)?;
                if proof::needs_sso(&rules, &member, ctx.now) {
                    closed = closed.or(Some(here));
                    continue;
                }
                open = true;
                if proof::is_required(&rules, ctx.now) && proof::keeps_way_in(&rules, &member) {
                    kept.push(member);
                }
            }
            Ok((closed.filter(|_| !open), kept))
        })
        .await?;
    let (closed, kept) = found;
    if let Some(here) = closed {
        return Err(lead(ctx, &here, Refusal::of(Code::SsoRequired)).into());
    }
    if kept.is_empty() {
        return Ok(());
    }
    let author = guildhall_store::Author {
        kind: "identity".to_owned(),
        id: who.id.to_string(),
        name: who.email.clone(),
        ..ctx.author()
    };
    let noting = move |tx: &mut guildhall_store::Tx<'_>| {
        for member in &kept {
            let target = ("member", member.id.to_string(), member.label().to_owned());
            let (kind, after) = ("sso.break_glass_used", json!({"method": "password"}));
            let note = Note { organization: Some(member.organization), kind, target, after, outcome: "success" };
            tx.note(&author, &note)?;
        }
        Ok(())
    };
    ctx.app.store.write(ctx.author(), ctx.now, Keep::Commit, noting).await
}
