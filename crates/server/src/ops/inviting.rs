//! Inviting: one person or ten thousand, by address or by handle, each with an answer of their own.

use std::collections::HashSet;

use guildhall_domain::access::Permit;
use guildhall_domain::action::Action;
use guildhall_domain::change::Change;
use guildhall_domain::direct;
use guildhall_domain::ids::{InvitationId, MemberId};
use guildhall_domain::invitation::{self, Addressee, Carried, Deliver, Invitation, Known, State, Wanted};
use guildhall_domain::member::Status;
use guildhall_domain::policy::{InviteDelivery, InviteReissue};
use guildhall_domain::preset::ORGANIZATION;
use guildhall_domain::refusal::{Code, FieldError, Refusal};
use guildhall_domain::seats::Seats;
use guildhall_domain::tenant::Settings;
use guildhall_domain::text::{self, Email};
use guildhall_store::read::{identity, invitation as invitations, member as members};
use guildhall_store::{Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::carrying::{self, ResourceRole};
use super::invitations::InvitationView;
use super::{Answer, Ctx, Place, joining, letters, tenants};
use crate::security::token::TokenKind;

/// Most invitations in one request.
pub const MOST: usize = 10_000;

/// One person to invite.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// The address; either this or `handle`.
    #[serde(default)]
    pub email: Option<String>,
    /// The handle of somebody who has an account.
    #[serde(default)]
    pub handle: Option<String>,
    /// Slug of the role; the policy's default when left out.
    #[serde(default)]
    pub role: Option<String>,
    /// Groups to be in once they are here: `grp_…`.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Roles inside resources that they get once they are here.
    #[serde(default)]
    pub resources: Vec<ResourceRole>,
    /// The person's name, if known.
    #[serde(default)]
    pub name: Option<String>,
}

/// People to invite.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitations {
    /// Up to 10,000. Each gets an answer of its own, unless the policy takes all or nothing.
    pub invitations: Vec<NewInvitation>,
    /// `email` or `link`; the policy's `invite.deliver` when left out.
    #[serde(default)]
    pub deliver: Option<String>,
}

/// What became of one wanted invitation.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InviteOutcome {
    /// The address as it was given; left out for somebody named by handle.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    /// The handle as it was given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub handle: Option<String>,
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

impl InviteOutcome {
    /// Whom it is about, in a word.
    #[must_use]
    pub fn addressee(&self) -> String {
        let handle = self.handle.as_ref().map(|handle| format!("@{}", handle.trim_start_matches('@')));
        self.email.clone().or(handle).unwrap_or_default()
    }
}

/// An answer for each wanted invitation, in the order they were given.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Invited {
    /// One per wanted invitation.
    pub invitations: Vec<InviteOutcome>,
}

/// How a secret is to travel.
pub(super) fn way(text: Option<&str>, otherwise: Deliver) -> Result<Deliver, Refusal> {
    text.map_or(Ok(otherwise), |t| {
        Deliver::of(t).ok_or_else(|| Refusal::field("deliver", "field.invalid", "`email` or `link`"))
    })
}

/// Everybody is named one way (TP-2).
fn guard_named(wanted: &NewInvitations) -> Result<(), Refusal> {
    for (at, one) in wanted.invitations.iter().enumerate() {
        let code = match (&one.email, &one.handle) {
            (Some(_), None) | (None, Some(_)) => continue,
            (None, None) => "field.missing",
            (Some(_), Some(_)) => "field.invalid",
        };
        let detail = "name either `email` or `handle`";
        return Err(Refusal::field(format!("invitations[{at}].email"), code, detail));
    }
    Ok(())
}

/// One refusal that stops a whole list, with everything else that would.
fn spoilt(all: Vec<(usize, Refusal)>) -> Result<(), Refusal> {
    let errors = all.iter().flat_map(|(at, refusal)| {
        let whole =
            FieldError { field: String::new(), code: refusal.code.name().to_owned(), detail: refusal.detail.clone() };
        let named = if refusal.errors.is_empty() { vec![whole] } else { refusal.errors.clone() };
        named.into_iter().map(move |error| {
            let field = format!("invitations[{at}].{}", error.field);
            FieldError { field: field.trim_end_matches('.').to_owned(), ..error }
        })
    });
    let errors: Vec<FieldError> = errors.collect();
    match all.into_iter().next() {
        Some((_, first)) => Err(Refusal { errors, ..first }),
        None => Ok(()),
    }
}

/// Invites people. Each stands for themself: one who is refused does not stop the others, unless the
/// policy takes all or nothing.
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
    guard_named(&wanted)?;
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::MemberInvite)?;
        direct::guard_invites(&place.rules)?;
        let settings = tenants::settings_above(tx, &place)?;
        let usual =
            if place.rules.policy().invite_deliver == InviteDelivery::Link { Deliver::Link } else { Deliver::Email };
        let deliver = way(wanted.deliver.as_deref(), usual)?;
        let seats = joining::seats(tx, &place.rules, place.organization.id)?;
        let (mut so_far, mut spoils) = (SoFar { seats, settings, ..SoFar::default() }, Vec::new());
        let mut answers = Vec::with_capacity(wanted.invitations.len());
        for (at, one) in wanted.invitations.iter().enumerate() {
            let mut answer = InviteOutcome {
                email: one.email.clone(),
                handle: one.handle.clone(),
                status: "created".to_owned(),
                invitation: None,
                link: None,
                code: None,
                detail: None,
            };
            match invite_one(ctx, tx, &place, &permit, one, deliver, &mut so_far) {
                Ok((made, link)) => {
                    (answer.invitation, answer.link) = (Some(InvitationView::at(&made, ctx.now)), link);
                }
                Err(Stop::Refused(refusal)) => match invitation::guard_bulk(&place.rules, refusal) {
                    Ok(refusal) => {
                        let inner = refusal.errors.first().map(|e| e.code.clone());
                        answer.status = "refused".to_owned();
                        answer.code = Some(inner.unwrap_or_else(|| refusal.code.name().to_owned()));
                        answer.detail = Some(refusal.detail);
                    }
                    Err(refusal) => spoils.push((at, refusal)),
                },
                Err(failed) => return Err(failed),
            }
            answers.push(answer);
        }
        spoilt(spoils)?;
        Ok(Invited { invitations: answers })
    })
    .await
}

/// Whom an invitation is for: an address, or the person behind a handle.
fn addressee(tx: &mut Tx<'_>, settings: &Settings, one: &NewInvitation) -> Result<Addressee, Stop> {
    let Some(handle) = &one.handle else {
        let email = Email::parse(one.email.as_deref().unwrap_or_default(), "email")?;
        settings.admits(Some(&email))?;
        return Ok(Addressee::Email(email));
    };
    let handle = handle.trim().trim_start_matches('@');
    let who = identity::by_handle(tx, handle)?
        .ok_or_else(|| Refusal::value(Code::HandleUnknown, "handle", "nobody has that handle"))?;
    let proved = who.email_verified_at.and_then(|_| Email::parse(&who.email, "handle").ok());
    settings.admits(proved.as_ref())?;
    Ok(Addressee::Person { id: who.id, handle: handle.to_owned(), reachable: who.email_verified_at.is_some() })
}

/// What is known of them here.
fn known(tx: &mut Tx<'_>, place: &Place, addressee: &Addressee) -> Result<Known, Stop> {
    let here = place.organization.id;
    match addressee {
        Addressee::Email(email) => {
            let member = members::by_email(tx, here, email.key())?;
            let never = place.rules.policy().invite_reissue_after_expiry == InviteReissue::Never;
            let ask = never || member.as_ref().is_some_and(|m| m.status == Status::Invited);
            let last = if ask { invitations::last_of_email(tx, here, email.key())? } else { None };
            Ok(Known { member, last, ..Known::default() })
        }
        Addressee::Person { id, .. } => {
            let last = invitations::last_of_invitee(tx, here, *id)?;
            let waiting = last.as_ref().filter(|last| last.state == State::Pending).map(|last| last.member);
            let member = match (members::of_identity_here(tx, here, *id)?, waiting) {
                (None, Some(waiting)) => members::by_id(tx, here, waiting)?,
                (found, _) => found,
            };
            Ok(Known { member, last, ..Known::default() })
        }
    }
}

/// What of a list was looked at: the people, and the seats with those taken by it; and what the tenant says.
#[derive(Default)]
struct SoFar {
    seen: HashSet<String>,
    seats: Seats,
    settings: Settings,
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
    let addressee = addressee(tx, &so_far.settings, one)?;
    let key = match &addressee {
        Addressee::Email(email) => email.key().to_owned(),
        Addressee::Person { id, .. } => id.to_string(),
    };
    if !so_far.seen.insert(key) {
        return Err(Code::EmailDuplicate.into());
    }
    let name = match one.name.as_deref().filter(|n| !n.trim().is_empty()) {
        Some(given) => text::name(given, "name")?,
        None => String::new(),
    };
    let carried = carrying::asked(ctx, tx, place, (&one.groups, &one.resources), &Carried::default())?;
    let known = Known { seats: so_far.seats, ..known(tx, place, &addressee)? };
    let minted = ctx.app.credentials.mint(TokenKind::Inv, ctx.app.entropy.as_ref());
    let wanted = Wanted {
        id: InvitationId::new(tx.fresh()),
        member: MemberId::new(tx.fresh()),
        addressee,
        name,
        role: one.role.as_deref().filter(|r| !r.is_empty()).map(|r| place.role_slug(ORGANIZATION, r)),
        carried,
        deliver,
        secret: minted.hash,
    };
    let changes = invitation::invite(permit, &place.rules, &wanted, &known, ctx.now)?;
    // An expired invitation that is replaced leaves the number as it was.
    let replaces = changes.iter().any(|change| matches!(change, Change::InvitationCancelled { .. }));
    so_far.seats.invited += u64::from(!replaces);
    tx.apply(changes)?;
    let made = invitations::by_id(tx, place.organization.id, wanted.id)?.ok_or(Code::NotFound)?;
    let link = hand_over(ctx, tx, place, &made, minted.secret.expose())?;
    Ok((made, link))
}

/// Queues the letter, or gives the link to hand over.
pub(super) fn hand_over(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    place: &Place,
    made: &Invitation,
    secret: &str,
) -> Result<Option<String>, Stop> {
    match made.deliver {
        Deliver::Email => {
            let to = match made.invitee {
                Some(invitee) => identity::by_id(tx, invitee)?.filter(|who| who.email_verified_at.is_some()),
                None => None,
            };
            let to = to.map(|who| who.email).or_else(|| made.invitee.is_none().then(|| made.email.clone()));
            let to = to.ok_or(Code::InvitationUnreachable)?;
            let letter: Change = letters::invite(ctx, tx, &place.organization, &place.rules, (made, &to), secret);
            tx.apply(vec![letter])?;
            Ok(None)
        }
        Deliver::Link => Ok(Some(letters::invitation_link(ctx, secret)).filter(|_| !ctx.dry_run)),
    }
}
