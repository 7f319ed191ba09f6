//! Invite links: made, listed, withdrawn one by one or all at once. Coming in with one is in
//! [`super::link_joining`].

use guildhall_domain::action::Action;
use guildhall_domain::direct;
use guildhall_domain::ids::InviteLinkId;
use guildhall_domain::invite_link::{self as rules_of, InviteLink, WantedLink};
use guildhall_domain::refusal::Code;
use guildhall_domain::time::Timestamp;
use guildhall_store::Stop;
use guildhall_store::read::{Page, invite_link as links};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{List, Nothing};
use super::{Answer, Ctx, id, letters, tenants};
use crate::http::cursor;
use crate::security::token::TokenKind;

/// A new invite link.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInviteLink {
    /// Slug of the role it gives; the policy's default when left out.
    #[serde(default)]
    pub role: Option<String>,
    /// How long it works, in seconds; as long as the policy allows when left out.
    #[serde(default)]
    pub expires_in_s: Option<i64>,
    /// How many people may come in with it; as many as the policy allows when left out.
    #[serde(default)]
    pub uses: Option<i64>,
}

/// One invite link.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InviteLinkView {
    /// `lnk_…`
    pub id: String,
    /// The role it gives.
    pub role: String,
    /// `open`, `expired`, `used_up`, `cancelled` or `reset`.
    pub state: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it stops working by itself; `null` is never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// How many people may still come in with it; `null` is any number.
    pub uses_left: Option<u64>,
    /// Membership of who made it.
    pub created_by: Option<String>,
    /// Revision of its last change, as in its `ETag`.
    pub revision: u64,
    /// The link itself, in the answer that made it and never again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub link: Option<String>,
    /// The secret in the link, likewise: what accepting takes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token: Option<String>,
}

impl InviteLinkView {
    /// As it is seen at `now`.
    #[must_use]
    pub fn at(l: &InviteLink, now: Timestamp) -> Self {
        Self {
            id: l.id.to_string(),
            role: l.role.clone(),
            state: l.shown_state(now).to_owned(),
            created_at: l.created_at,
            expires_at: l.expires_at,
            uses_left: l.uses_left,
            created_by: l.created_by.map(|id| id.to_string()),
            revision: l.revision,
            link: None,
            token: None,
        }
    }
}

/// What resetting did.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct InviteLinksReset {
    /// How many links worked until now.
    pub reset: u64,
}

/// Makes an invite link. The secret is in this answer only.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn create(ctx: &Ctx, organization: &str, wanted: NewInviteLink) -> Result<Answer<InviteLinkView>, Stop> {
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::MemberInvite)?;
        direct::guard_invites(&place.rules)?;
        tenants::settings_above(tx, &place)?.guard_bearers()?;
        let minted = ctx.app.credentials.mint(TokenKind::Link, ctx.app.entropy.as_ref());
        let which = InviteLinkId::new(tx.fresh());
        let link = WantedLink {
            id: which,
            role: wanted.role.clone().filter(|r| !r.is_empty()),
            expires_in_s: wanted.expires_in_s,
            uses: wanted.uses,
            secret: minted.hash,
        };
        tx.apply(rules_of::create(&permit, &place.rules, link, ctx.now)?)?;
        let made = links::by_id(tx, place.organization.id, which)?.ok_or(Code::NotFound)?;
        let secret = Some(minted.secret.expose().clone());
        Ok(InviteLinkView {
            link: secret.as_deref().map(|secret| letters::invitation_link(ctx, secret)),
            token: secret,
            ..InviteLinkView::at(&made, ctx.now)
        })
    })
    .await
}

/// A page of invite links, newest first, those that work no more among them.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn list(ctx: &Ctx, organization: &str, page: Page<InviteLinkId>) -> Result<List<InviteLinkView>, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::InvitationManage)?;
        let limit = page.limit;
        let found = links::list(conn, place.organization.id, &Page { limit: limit + 1, ..page })?;
        let (shown, last) = cursor::window(&found, limit);
        let next = last.map(|l| l.id.to_string());
        Ok(List { items: shown.iter().map(|l| InviteLinkView::at(l, ctx.now)).collect(), next })
    })
    .await
}

/// Withdraws one link.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, and those of the decision.
pub async fn cancel(ctx: &Ctx, organization: &str, link: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, link) = (organization.to_owned(), link.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::InvitationManage)?;
        let found = links::by_id(tx, place.organization.id, id(&link)?)?.ok_or(Code::NotFound)?;
        ctx.guard_seen(found.revision)?;
        tx.apply(rules_of::cancel(&permit, &found, ctx.now)?)?;
        Ok(Nothing {})
    })
    .await
}

/// Withdraws every link of the organization at once.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn reset(ctx: &Ctx, organization: &str) -> Result<Answer<InviteLinksReset>, Stop> {
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::InvitationManage)?;
        let open = links::count_open(tx, place.organization.id, ctx.now)?;
        tx.apply(rules_of::reset_all(&permit, open, ctx.now))?;
        Ok(InviteLinksReset { reset: open })
    })
    .await
}
