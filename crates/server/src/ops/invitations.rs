//! Invitations: listed, changed, sent again, withdrawn. Making them is in [`super::inviting`].

use guildhall_domain::access::Permit;
use guildhall_domain::action::Action;
use guildhall_domain::ids::InvitationId;
use guildhall_domain::invitation::{self, Invitation, State};
use guildhall_domain::preset::ORGANIZATION;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{Page, invitation as invitations};
use guildhall_store::{Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::carrying::{self, ResourceRole};
use super::inviting::{InviteOutcome, hand_over, way};
use super::view::{List, Nothing};
use super::{Answer, Ctx, Place, id};
use crate::http::cursor;
use crate::security::token::TokenKind;

/// One invitation.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InvitationView {
    /// `inv_…`
    pub id: String,
    /// The membership that waits.
    pub member: String,
    /// The invited address; `null` for somebody invited by handle.
    pub email: Option<String>,
    /// The invited person's handle, when they were invited by it.
    pub handle: Option<String>,
    /// The name the inviter typed, perhaps empty.
    pub name: String,
    /// The role it gives.
    pub role: String,
    /// Groups it gives a place in: `grp_…`.
    pub groups: Vec<String>,
    /// Roles inside resources that it gives.
    pub resources: Vec<ResourceRole>,
    /// `pending`, `accepted`, `cancelled`, `expired` or `refused`.
    pub state: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its link stops working; `null` is never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// How the link travels: `email` or `link`.
    pub deliver: String,
    /// `none`, `queued`, `sent` or `failed`.
    pub delivery: String,
    /// The mail server's words.
    pub delivery_detail: Option<String>,
    /// Membership of who made it.
    pub created_by: Option<String>,
    /// Revision of its last change, as in its `ETag`.
    pub revision: u64,
}

impl InvitationView {
    /// As it is seen at `now`.
    #[must_use]
    pub fn at(i: &Invitation, now: Timestamp) -> Self {
        Self {
            id: i.id.to_string(),
            member: i.member.to_string(),
            email: Some(i.email.clone()).filter(|email| !email.is_empty()),
            handle: i.handle.clone(),
            name: i.name.clone(),
            role: i.role.clone(),
            groups: i.carried.groups.iter().map(ToString::to_string).collect(),
            resources: i.carried.resources.iter().map(Into::into).collect(),
            state: i.shown_state(now).to_owned(),
            created_at: i.created_at,
            expires_at: i.expires_at,
            deliver: i.deliver.word().to_owned(),
            delivery: i.delivery.word().to_owned(),
            delivery_detail: i.delivery_detail.clone(),
            created_by: i.created_by.map(|id| id.to_string()),
            revision: i.revision,
        }
    }
}

/// Which invitations to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InvitationQuery {
    /// `pending` (expired ones among them), `accepted`, `cancelled`, `refused` or `expired`.
    pub state: Option<String>,
    /// How many at most: 1 to 100.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub after: Option<String>,
}

/// Changes of a waiting invitation; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditInvitation {
    /// Slug of the new role.
    #[serde(default)]
    pub role: Option<String>,
    /// The groups it carries from now on.
    #[serde(default)]
    pub groups: Option<Vec<String>>,
    /// The roles inside resources it carries from now on.
    #[serde(default)]
    pub resources: Option<Vec<ResourceRole>>,
}

/// How a resent invitation travels.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resend {
    /// `email` or `link`; as before when left out.
    #[serde(default)]
    pub deliver: Option<String>,
}

/// A page of invitations, newest first.
///
/// # Errors
/// `not_found`, `access.denied`, `cursor.invalid`, refused values.
pub async fn list(ctx: &Ctx, organization: &str, query: InvitationQuery) -> Result<List<InvitationView>, Stop> {
    let name = organization.to_owned();
    let limit = cursor::limit(query.limit)?;
    let after = query
        .after
        .as_deref()
        .map(|c| c.parse::<InvitationId>().map_err(|_| Refusal::of(Code::CursorInvalid)))
        .transpose()?;
    let state = query.state.filter(|s| !s.is_empty());
    if state.as_deref().is_some_and(|s| State::of(s).is_none()) {
        return Err(
            Refusal::field("state", "field.invalid", "one of pending, accepted, cancelled, refused, expired").into()
        );
    }
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        place.permit(Action::InvitationManage)?;
        let found = invitations::list(
            conn,
            place.organization.id,
            state.as_deref(),
            &Page { after, limit: limit + 1 },
            ctx.now,
        )?;
        let items: Vec<_> = found.iter().take(limit as usize).map(|i| InvitationView::at(i, ctx.now)).collect();
        let next = (found.len() > items.len()).then(|| items.last().map(|i| i.id.clone())).flatten();
        Ok(List { items, next })
    })
    .await
}

/// One invitation.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn get(ctx: &Ctx, organization: &str, invitation: &str) -> Result<InvitationView, Stop> {
    let (name, wanted) = (organization.to_owned(), invitation.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        place.permit(Action::InvitationManage)?;
        let found = invitations::by_id(conn, place.organization.id, id(&wanted)?)?.ok_or(Code::NotFound)?;
        Ok(InvitationView::at(&found, ctx.now))
    })
    .await
}

fn taken(ctx: &Ctx, tx: &mut Tx<'_>, organization: &str, wanted: &str) -> Result<(Place, Permit, Invitation), Stop> {
    let place = ctx.take_place(tx, organization)?;
    let permit = place.permit(Action::InvitationManage)?;
    let found = invitations::by_id(tx, place.organization.id, id(wanted)?)?.ok_or(Code::NotFound)?;
    ctx.guard_seen(found.revision)?;
    Ok((place, permit, found))
}

fn again(ctx: &Ctx, tx: &mut Tx<'_>, place: &Place, wanted: InvitationId) -> Result<InvitationView, Stop> {
    let after = invitations::by_id(tx, place.organization.id, wanted)?.ok_or(Code::NotFound)?;
    Ok(InvitationView::at(&after, ctx.now))
}

/// Gives a waiting invitation another role, or has it carry something else.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, and those of the decisions.
pub async fn edit(
    ctx: &Ctx,
    organization: &str,
    invitation: &str,
    wanted: EditInvitation,
) -> Result<Answer<InvitationView>, Stop> {
    let (organization, which) = (organization.to_owned(), invitation.to_owned());
    ctx.write(move |ctx, tx| {
        let (place, permit, found) = taken(ctx, tx, &organization, &which)?;
        if let Some(role) = &wanted.role {
            let role = place.role_slug(ORGANIZATION, role);
            tx.apply(invitation::change_role(&permit, &place.rules, &found, &role)?)?;
        }
        if wanted.groups.is_some() || wanted.resources.is_some() {
            let before = &found.carried;
            let groups =
                wanted.groups.clone().unwrap_or_else(|| before.groups.iter().map(ToString::to_string).collect());
            let kept = || before.resources.iter().map(ResourceRole::from).collect();
            let resources = wanted.resources.clone().unwrap_or_else(kept);
            let after = carrying::asked(ctx, tx, &place, (&groups, &resources), before)?;
            tx.apply(invitation::change_carried(&permit, &place.rules, &found, after)?)?;
        }
        again(ctx, tx, &place, found.id)
    })
    .await
}

/// Withdraws a waiting invitation.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, `invitation.not_pending`.
pub async fn cancel(ctx: &Ctx, organization: &str, invitation: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, which) = (organization.to_owned(), invitation.to_owned());
    ctx.write(move |ctx, tx| {
        let (place, permit, found) = taken(ctx, tx, &organization, &which)?;
        tx.apply(invitation::cancel(&permit, &place.rules, &found, ctx.now)?)?;
        Ok(Nothing {})
    })
    .await
}

/// Sends a waiting invitation again: new secret, new end, the old link dead.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, `invitation.not_pending`.
pub async fn resend(
    ctx: &Ctx,
    organization: &str,
    invitation: &str,
    wanted: Resend,
) -> Result<Answer<InviteOutcome>, Stop> {
    let (organization, which) = (organization.to_owned(), invitation.to_owned());
    ctx.write(move |ctx, tx| {
        let (place, permit, found) = taken(ctx, tx, &organization, &which)?;
        let deliver = way(wanted.deliver.as_deref(), found.deliver)?;
        let minted = ctx.app.credentials.mint(TokenKind::Inv, ctx.app.entropy.as_ref());
        tx.apply(invitation::resend(&permit, &place.rules, &found, deliver, minted.hash, ctx.now)?)?;
        let after = invitations::by_id(tx, place.organization.id, found.id)?.ok_or(Code::NotFound)?;
        let link = hand_over(ctx, tx, &place, &after, minted.secret.expose())?;
        Ok(InviteOutcome {
            email: Some(after.email.clone()).filter(|email| !email.is_empty()),
            handle: after.handle.clone(),
            status: "created".to_owned(),
            invitation: Some(InvitationView::at(&after, ctx.now)),
            link,
            code: None,
            detail: None,
        })
    })
    .await
}
