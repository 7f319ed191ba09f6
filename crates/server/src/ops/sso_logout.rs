//! Sign-out at the provider ends what it began here (OpenID Connect Back-Channel Logout).

use guildhall_domain::change::Change;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::sso::{Connection, SsoChange};
use guildhall_store::read::sso as connections;
use guildhall_store::{Stop, Tx};

use super::Ctx;
use super::sessions::limited;
use super::view::Nothing;
use crate::provider::{Logout, ProviderError, claimed};
use crate::security::limits::address_key;

/// Where providers say that somebody signed out there.
#[must_use]
pub fn address(ctx: &Ctx) -> String {
    format!("{}/auth/sso/backchannel-logout", ctx.app.public_url)
}

/// Ends the sessions that a logout token names.
///
/// # Errors
/// `sso.logout_invalid`, `sso.unreachable`, `rate.limited`.
pub async fn end(ctx: &Ctx, token: &str) -> Result<(), Stop> {
    ctx.app.limits.accept.take(&address_key(ctx.address), ctx.now.micros() / 1_000).map_err(limited)?;
    let (issuer, audience) = claimed(token).ok_or(Code::SsoLogout)?;
    let found = ctx.read(move |_, conn| Ok(connections::by_issuer(conn, &issuer)?)).await?;
    let meant: Vec<Connection> =
        found.into_iter().map(|(c, _)| c).filter(|c| c.saml.is_none() && audience.contains(&c.client_id)).collect();
    // Nothing is asked of a provider that is nobody's here.
    let first = meant.first().ok_or(Code::SsoLogout)?;
    let said = ctx.app.providers.logout(first, token, ctx.now).await.map_err(|error| match error {
        ProviderError::Ticket(why) => {
            Refusal::because(Code::SsoLogout, format!("that is not a valid logout token: {why}"))
        }
        _ => Refusal::of(Code::SsoUnreachable),
    })?;
    for connection in meant {
        let said = said.clone();
        ctx.write(move |_, tx| ended(tx, &connection, &said)).await?;
    }
    Ok(())
}

fn ended(tx: &mut Tx<'_>, connection: &Connection, said: &Logout) -> Result<Nothing, Stop> {
    let user = match &said.subject {
        Some(subject) => connections::linked(tx, connection.id, &connection.issuer, subject)?.map(|who| who.id),
        None => None,
    };
    if connections::sessions(tx, connection.id, user, said.sid.as_deref())?.is_empty() {
        return Ok(Nothing {});
    }
    if let Some(here) = connection.organization {
        tx.take_organization(here)?.ok_or(Code::SsoUnknown)?;
    }
    let ended = SsoChange::SessionsEnded { connection: Box::new(connection.clone()), user, sid: said.sid.clone() };
    tx.apply(vec![Change::Sso(ended)])?;
    Ok(Nothing {})
}
