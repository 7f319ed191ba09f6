//! Invitations: made in lists, listed, resent, changed, withdrawn.

use guildhall_domain::access::Permit;
use guildhall_domain::action::Action;
use guildhall_domain::change::Change;
use guildhall_domain::ids::{InvitationId, MemberId};
use guildhall_domain::invitation::{self, Deliver, Invitation, Known, Wanted};
use guildhall_domain::member::Status;
use guildhall_domain::policy::InviteDelivery;
use guildhall_domain::preset::ORGANIZATION;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::seats::Seats;
use guildhall_domain::text::{self, Email};
use guildhall_store::read::{Page, invitation as invitations, member as members};
use guildhall_store::{Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::members::NewRole;
use super::view::{InvitationView, List, Nothing};
use super::{Answer, Ctx, Place, id, joining, letters};
use crate::http::cursor;
use crate::security::token::TokenKind;

/// Most invitations in one request.
pub const MOST: usize = 10_000;

/// One person to invite.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// The address.
    pub email: String,
    /// Slug of the role; the policy's default when left out.
    #[serde(default)]
    pub role: Option<String>,
    /// The person's name, if known.
    #[serde(default)]
    pub name: Option<String>,
}

/// People to invite.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitations {
    /// Up to 10,000; each gets an answer of its own.
    pub invitations: Vec<NewInvitation>,
    /// `email` or `link`; the policy's `invite.deliver` when left out.
    #[serde(default)]
    pub deliver: Option<String>,
}

/// What became of one wanted invitation.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InviteOutcome {
    /// The address as it was given.
    pub email: String,
    /// `created` or `refused`.
    pub status: String,
    /// The invitation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub invitation: Option<InvitationView>,
    /// The link to hand over, for `deliver: link`; shown once.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub link: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// The same, for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
}

/// An answer for each wanted invitation, in the order they were given.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Invited {
    /// One per wanted invitation.
    pub invitations: Vec<InviteOutcome>,
}

/// Which invitations to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InvitationQuery {
    /// `pending` (expired ones among them), `accepted`, `cancelled` or `refused`.
    pub state: Option<String>,
    /// How many at most: 1 to 100.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub after: Option<String>,
}

/// How a resent invitation travels.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resend {
    /// `email` or `link`; as before when left out.
    #[serde(default)]
    pub deliver: Option<String>,
}

fn way(text: Option<&str>, otherwise: Deliver) -> Result<Deliver, Refusal> {
    text.map_or(Ok(otherwise), |t| {
        Deliver::of(t).ok_or_else(|| Refusal::field("deliver", "field.invalid", "`email` or `link`"))
    })
}

/// Invites people. Each address stands for itself: one that is refused does not stop the others.
///
/// # Errors
/// `not_found`, `access.denied`, refused values of the list itself.
pub async fn invite(ctx: &Ctx, organization: &str, wanted: NewInvitations) -> Result<Answer<Invited>, Stop> {
    if wanted.invitations.is_empty() {
        return Err(Refusal::field("invitations", "field.empty", "name at least one person").into());
    }
    if wanted.invitations.len() > MOST {
        return Err(Refusal::field("invitations", "field.too_long", format!("at most {MOST} at a time")).into());
    }
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::MemberInvite)?;
        let usual =
            if place.rules.policy().invite_deliver == InviteDelivery::Link { Deliver::Link } else { Deliver::Email };
        let deliver = way(wanted.deliver.as_deref(), usual)?;
        let seats = joining::seats(tx, &place.rules, place.organization.id)?;
        let mut so_far = SoFar { seats, ..SoFar::default() };
        let mut answers = Vec::with_capacity(wanted.invitations.len());
        for one in &wanted.invitations {
            let outcome = invite_one(ctx, tx, &place, &permit, one, deliver, &mut so_far);
            answers.push(match outcome {
                Ok((made, link)) => InviteOutcome {
                    email: one.email.clone(),
                    status: "created".to_owned(),
                    invitation: Some(InvitationView::at(&made, ctx.now)),
                    link,
                    code: None,
                    detail: None,
                },
                Err(Stop::Refused(refusal)) => InviteOutcome {
                    email: one.email.clone(),
                    status: "refused".to_owned(),
                    invitation: None,
                    link: None,
                    code: Some(
                        refusal.errors.first().map_or_else(|| refusal.code.name().to_owned(), |e| e.code.clone()),
                    ),
                    detail: Some(refusal.detail),
                },
                Err(failed) => return Err(failed),
            });
        }
        Ok(Invited { invitations: answers })
    })
    .await
}

/// What of a list was looked at: the addresses, and the seats with those taken by it.
#[derive(Default)]
struct SoFar {
    seen: std::collections::HashSet<String>,
    seats: Seats,
}

fn invite_one(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    place: &Place,
    permit: &Permit,
    one: &NewInvitation,
    deliver: Deliver,
    so_far: &mut SoFar,
) -> Result<(Invitation, Option<String>), Stop> {
    let email = Email::parse(&one.email, "email")?;
    if !so_far.seen.insert(email.key().to_owned()) {
        return Err(Code::EmailDuplicate.into());
    }
    let name = match one.name.as_deref().filter(|n| !n.trim().is_empty()) {
        Some(given) => text::name(given, "name")?,
        None => String::new(),
    };
    let member = members::by_email(tx, place.organization.id, email.key())?;
    let waiting = match &member {
        Some(m) if m.status == Status::Invited => invitations::of_member(tx, place.organization.id, m.id)?,
        _ => None,
    };
    let minted = ctx.app.credentials.mint(TokenKind::Inv, ctx.app.entropy.as_ref());
    let wanted = Wanted {
        id: InvitationId::new(tx.fresh()),
        member: MemberId::new(tx.fresh()),
        email,
        name,
        role: one.role.as_deref().filter(|r| !r.is_empty()).map(|r| place.role_slug(ORGANIZATION, r)),
        deliver,
        secret: minted.hash,
    };
    let known = Known { member, invitation: waiting, seats: so_far.seats };
    let changes = invitation::invite(permit, &place.rules, &wanted, &known, ctx.now)?;
    // An expired invitation that is replaced leaves the number as it was.
    so_far.seats.invited += u64::from(changes.len() == 1);
    tx.apply(changes)?;
    let made = invitations::by_id(tx, place.organization.id, wanted.id)?.ok_or(Code::NotFound)?;
    let link = hand_over(ctx, tx, place, &made, minted.secret.expose())?;
    Ok((made, link))
}

/// Queues the letter, or gives the link to hand over.
fn hand_over(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    place: &Place,
    made: &Invitation,
    secret: &str,
) -> Result<Option<String>, Stop> {
    match made.deliver {
        Deliver::Email => {
            let letter: Change = letters::invite(ctx, tx, &place.organization, &place.rules, made, secret);
            tx.apply(vec![letter])?;
            Ok(None)
        }
        Deliver::Link => Ok(Some(letters::invitation_link(ctx, secret)).filter(|_| !ctx.dry_run)),
    }
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
    if state.as_deref().is_some_and(|s| invitation::State::of(s).is_none()) {
        return Err(Refusal::field("state", "field.invalid", "one of pending, accepted, cancelled, refused").into());
    }
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        place.permit(Action::InvitationManage)?;
        let found =
            invitations::list(conn, place.organization.id, state.as_deref(), &Page { after, limit: limit + 1 })?;
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

/// Gives a waiting invitation another role.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, and those of the decision.
pub async fn change_role(
    ctx: &Ctx,
    organization: &str,
    invitation: &str,
    wanted: NewRole,
) -> Result<Answer<InvitationView>, Stop> {
    let (organization, which) = (organization.to_owned(), invitation.to_owned());
    ctx.write(move |ctx, tx| {
        let (place, permit, found) = taken(ctx, tx, &organization, &which)?;
        let role = place.role_slug(ORGANIZATION, &wanted.role);
        tx.apply(invitation::change_role(&permit, &place.rules, &found, &role)?)?;
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
        tx.apply(invitation::cancel(&permit, &place.rules, &found)?)?;
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
            email: after.email.clone(),
            status: "created".to_owned(),
            invitation: Some(InvitationView::at(&after, ctx.now)),
            link,
            code: None,
            detail: None,
        })
    })
    .await
}
