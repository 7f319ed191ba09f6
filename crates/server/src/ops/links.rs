//! Mailed links as their pages show them, before anything is done with them. Uses none up.

use guildhall_domain::change::LinkKind;
use guildhall_store::Stop;
use guildhall_store::read::identity;

use super::Ctx;
use crate::security::token::TokenKind;

/// What a link is good for at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// It works; it was mailed to this address.
    Open(String),
    /// Its time has passed.
    Expired,
    /// It was used, a newer one took its place, or it never was one. They are not kept and so not told apart.
    Unknown,
}

/// Looks at a mailed link. Its holder reads the mailbox it went to, so they may be told the address.
///
/// # Errors
/// Faults only.
pub async fn look(ctx: &Ctx, token: &str, kind: LinkKind) -> Result<Looked, Stop> {
    let wanted = match kind {
        LinkKind::PasswordReset => TokenKind::Reset,
        LinkKind::EmailVerify => TokenKind::Verify,
        LinkKind::SetUp => TokenKind::Setup,
    };
    let Some(hash) = ctx.app.credentials.parse_as(wanted, token) else { return Ok(Looked::Unknown) };
    ctx.read(move |ctx, conn| {
        Ok(match identity::link(conn, &hash, kind)? {
            Some(link) if link.expires_at > ctx.now => Looked::Open(link.email),
            Some(_) => Looked::Expired,
            None => Looked::Unknown,
        })
    })
    .await
}

/// The address the caller asked to have instead of the present one and has not proved yet.
///
/// # Errors
/// `auth.required`.
pub async fn waiting_address(ctx: &Ctx) -> Result<Option<String>, Stop> {
    let who = ctx.caller()?.identity.clone();
    let found =
        ctx.read(move |ctx, conn| Ok(identity::waiting_address(conn, who.id, LinkKind::EmailVerify, ctx.now)?)).await?;
    let present = &ctx.caller()?.identity.email;
    Ok(found.filter(|address| address != present))
}
