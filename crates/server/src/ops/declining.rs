//! Declining an invitation, with its secret alone.

use guildhall_domain::invitation;
use guildhall_domain::refusal::Code;
use guildhall_store::Stop;
use guildhall_store::read::invitation as invitations;
use serde::Deserialize;
use utoipa::ToSchema;

use super::accept::secret_of;
use super::sessions::limited;
use super::view::Nothing;
use super::{Answer, Ctx};
use crate::security::limits::address_key;

/// Declining an invitation.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decline {
    /// The secret of the link.
    pub token: String,
}

/// Declines an invitation: its link is dead and nobody waits any more.
///
/// # Errors
/// `invitation.*`, `rate.limited`.
pub async fn refuse(ctx: &Ctx, wanted: Decline) -> Result<Answer<Nothing>, Stop> {
    ctx.app.limits.accept.take(&address_key(ctx.address), ctx.now.micros() / 1_000).map_err(limited)?;
    let hash = secret_of(ctx, &wanted.token)?;
    ctx.write(move |ctx, tx| {
        let peek = invitations::by_secret(tx, &hash)?.ok_or(Code::InvitationUnknown)?;
        tx.take_organization(peek.organization)?.ok_or(Code::InvitationUnknown)?;
        let found = invitations::by_secret(tx, &hash)?.ok_or(Code::InvitationUnknown)?;
        tx.apply(invitation::refuse(&found, ctx.now)?)?;
        Ok(Nothing {})
    })
    .await
}
