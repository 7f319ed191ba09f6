//! Coming in: by an invitation, or by signing up where an organization is open.

use guildhall_domain::change::LinkKind;
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::UserId;
use guildhall_domain::invitation::{self, Guest, Invitation};
use guildhall_domain::joining::{
    Address, Facts, Way, guard_join, is_open, sign_up as decide_sign_up, sign_up_anywhere,
};
use guildhall_domain::member::Origin;
use guildhall_domain::organization::Organization;
use guildhall_domain::proof::{Method, Proof};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text::{self, Email};
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{identity, invitation as invitations, member as members, organization};
use guildhall_store::{Conn, Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::joining::{self, facts};
use super::sessions::{self, Begun, check_new_password, limited, password_stop};
use super::view::{MemberView, OrganizationView};
use super::{Answer, Ctx, arrivals, carrying, letters, link_joining};
use crate::security::limits::address_key;
use crate::security::secret::Secret;
use crate::security::token::TokenKind;

/// Accepting an invitation.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// The secret of the link.
    pub token: String,
    /// The address one accepts with; it must be the invited one. Needed by nothing but links that
    /// were not made for anybody.
    #[serde(default)]
    pub email: Option<String>,
    /// The new person's name, when signing up.
    #[serde(default)]
    pub name: Option<String>,
    /// The new person's password, when signing up.
    #[serde(default)]
    pub password: Option<String>,
}

/// Signing up without an invitation.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// The address.
    pub email: String,
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
    /// The organization to join, where it lets people in by themselves.
    #[serde(default)]
    pub organization: Option<String>,
}

/// Somebody came in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CameIn {
    /// The organization, when one was joined.
    pub organization: Option<OrganizationView>,
    /// The membership, when one was made.
    pub membership: Option<MemberView>,
    /// The session, when an identity was made.
    pub session: Option<Begun>,
}

/// What an invitation's page shows before anything is done.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The organization's name.
    pub organization: String,
    /// The invited address.
    pub email: String,
    /// The name the inviter typed.
    pub name: String,
    /// The role's name; empty where there is only one.
    pub role: String,
    /// Who invited; empty when they are gone.
    pub inviter: String,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// Whether the link names nobody.
    pub bearer: bool,
    /// Whether the person must sign in with an account that exists.
    pub must_sign_in: bool,
    /// What accepting would refuse the caller, as far as it can be told before.
    pub refusal: Option<Refusal>,
}

pub(super) fn secret_of(ctx: &Ctx, token: &str) -> Result<[u8; 32], Refusal> {
    match ctx.app.credentials.parse(token) {
        Ok((TokenKind::Inv, hash)) => Ok(hash),
        _ => Err(Code::InvitationUnknown.into()),
    }
}

/// Looks at an invitation.
///
/// # Errors
/// `invitation.unknown`, `.expired`, `.used`, `.cancelled`, `invite_link.*`.
pub async fn look(ctx: &Ctx, token: &str) -> Result<Opened, Stop> {
    if let Some(hash) = link_joining::secret_of(ctx, token) {
        return link_joining::look(ctx, hash).await;
    }
    let hash = secret_of(ctx, token)?;
    ctx.read(move |ctx, conn| {
        let found = invitations::by_secret(conn, &hash)?.ok_or(Code::InvitationUnknown)?;
        open(conn, &found, ctx.now)?;
        let place = organization::by_id(conn, found.organization)?.ok_or(Code::InvitationUnknown)?;
        let rules = ctx.app.rules(conn, &place)?;
        let taken = match found.invitee {
            Some(_) => true,
            None => {
                let key = Email::parse(&found.email, "email")?;
                identity::verified(conn, key.key())?.is_some() && found.deliver == invitation::Deliver::Email
            }
        };
        let refusal = match &ctx.caller {
            Some(caller) => {
                let facts = facts(conn, &rules, place.id, Some(caller.identity.id))?;
                let proved = found.deliver == invitation::Deliver::Email || caller.identity.email_verified_at.is_some();
                let email = if found.invitee.is_some() { &caller.identity.email } else { &found.email };
                let (address, facts) = (Address::of(email, proved), Facts { seat_kept: true, ..facts });
                let joins = || guard_join(&rules, Way::Named, address, &facts).map(drop);
                invitation::guard_known(&found, &caller.identity).and_then(|()| joins()).err()
            }
            None => None,
        };
        let inviter = found.created_by.map(|by| members::by_id(conn, place.id, by)).transpose()?.flatten();
        let many = rules.organization_roles().count() > 1;
        let role = rules.role("organization", &found.role).filter(|_| many);
        Ok(Opened {
            organization: place.name,
            role: role.map(|r| r.name.clone()).unwrap_or_default(),
            inviter: inviter.map(|m| if m.name.is_empty() { m.email } else { m.name }).unwrap_or_default(),
            email: found.addressee(),
            name: found.name,
            expires_at: found.expires_at,
            bearer: false,
            must_sign_in: taken,
            refusal,
        })
    })
    .await
}

/// Can an invitation be opened? Whoever opens an expired one is told whom to ask.
fn open(conn: &mut Conn<'_>, found: &Invitation, now: Timestamp) -> Result<(), Stop> {
    let Err(refusal) = invitation::open(found, now) else { return Ok(()) };
    let inviter = match found.created_by.filter(|_| refusal.code == Code::InvitationExpired) {
        Some(by) => members::by_id(conn, found.organization, by)?,
        None => None,
    };
    let Some(inviter) = inviter else { return Err(refusal.into()) };
    let who = if inviter.name.is_empty() { inviter.email } else { inviter.name };
    Err(Refusal::because(refusal.code, format!("this invitation has expired; ask {who} for a new one")).into())
}

/// Has an identity other than `who` proved this address? Somebody invited by handle needs none.
fn proved_by_another(tx: &mut Tx<'_>, email: &str, who: Option<UserId>) -> Result<bool, Stop> {
    if email.is_empty() {
        return Ok(false);
    }
    let email = Email::parse(email, "email")?;
    Ok(identity::verified(tx, email.key())?.is_some_and(|other| Some(other.id) != who))
}

pub(super) fn newcomer(ctx: &Ctx, tx: &Tx<'_>, email: &str, name: String) -> Identity {
    Identity {
        id: UserId::new(tx.fresh()),
        email: email.to_owned(),
        email_verified_at: None,
        name,
        handle: None,
        administrator: false,
        valid_from: Timestamp::default(),
        revision: 0,
        created_at: ctx.now,
    }
}

/// Name and password hash of somebody new; nothing for somebody signed in.
pub(super) async fn newcomer_facts(ctx: &Ctx, wanted: &Accept) -> Result<Option<(String, String)>, Stop> {
    if ctx.caller.is_some() {
        return Ok(None);
    }
    let name = text::name(wanted.name.as_deref().unwrap_or_default(), "name")?;
    let password = wanted.password.clone().unwrap_or_default();
    check_new_password(ctx, &password, "password")?;
    Ok(Some((name, ctx.app.passwords.hash(Secret::new(password)).await.map_err(password_stop)?)))
}

/// Accepts an invitation or uses an invite link: signed in, with the identity in use; otherwise by
/// making one.
///
/// # Errors
/// `invitation.*`, `invite_link.*`, `member.already`, `member.elsewhere`, `rate.limited`, refused values.
pub async fn accept(ctx: &Ctx, wanted: Accept) -> Result<Answer<CameIn>, Stop> {
    ctx.app.limits.accept.take(&address_key(ctx.address), ctx.now.micros() / 1_000).map_err(limited)?;
    if let Some(hash) = link_joining::secret_of(ctx, &wanted.token) {
        return link_joining::join(ctx, hash, wanted).await;
    }
    let hash = secret_of(ctx, &wanted.token)?;
    let claimed = wanted.email.as_deref().map(|given| Email::parse(given, "email")).transpose()?;
    // A used-up link is told before any work is spent on a password.
    ctx.read(move |ctx, conn| {
        if ctx.is_repetition(conn)? {
            return Ok(());
        }
        let found = invitations::by_secret(conn, &hash)?.ok_or(Code::InvitationUnknown)?;
        open(conn, &found, ctx.now)
    })
    .await?;
    let facts = newcomer_facts(ctx, &wanted).await?;
    ctx.write(move |ctx, tx| enter(ctx, tx, &hash, claimed.as_ref(), facts.as_ref())).await
}

fn enter(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    hash: &[u8; 32],
    claimed: Option<&Email>,
    newcomer_facts: Option<&(String, String)>,
) -> Result<CameIn, Stop> {
    let peek = invitations::by_secret(tx, hash)?.ok_or(Code::InvitationUnknown)?;
    if let Some(caller) = &ctx.caller {
        tx.take_identity(caller.identity.id)?;
    }
    tx.take_organization(peek.organization)?.ok_or(Code::InvitationUnknown)?;
    // Read again under the lock: two who accept at once meet here.
    let found = invitations::by_secret(tx, hash)?.ok_or(Code::InvitationUnknown)?;
    invitation::open(&found, ctx.now)?;
    let invited = if found.invitee.is_none() { Some(Email::parse(&found.email, "email")?) } else { None };
    if claimed.zip(invited).is_some_and(|(mine, invited)| mine.key() != invited.key()) {
        return Err(Code::InvitationOtherPerson.into());
    }
    let place = organization::by_id(tx, found.organization)?.ok_or(Code::InvitationUnknown)?;
    let rules = ctx.app.rules(tx, &place)?;
    let waiting = members::by_id(tx, found.organization, found.member)?.ok_or(Code::InvitationUnknown)?;
    let (who, changes) = match (&ctx.caller, newcomer_facts) {
        (Some(caller), _) => {
            let who = identity::by_id(tx, caller.identity.id)?.ok_or(Code::AuthInvalid)?;
            let facts = facts(tx, &rules, place.id, Some(who.id))?;
            let verified_elsewhere = proved_by_another(tx, &found.email, Some(who.id))?;
            let guest = Guest::Known { identity: &who, verified_elsewhere };
            let changes = invitation::accept(&rules, &found, &waiting, guest, &facts, ctx.now)?;
            (who, changes)
        }
        (None, Some((name, password))) => {
            let who = newcomer(ctx, tx, &found.email, name.clone());
            let guest = Guest::New {
                identity: Box::new(who.clone()),
                password: password.clone(),
                verified_elsewhere: proved_by_another(tx, &found.email, None)?,
            };
            let changes =
                invitation::accept(&rules, &found, &waiting, guest, &facts(tx, &rules, place.id, None)?, ctx.now)?;
            (who, changes)
        }
        (None, None) => return Err(Code::AuthRequired.into()),
    };
    tx.apply(changes)?;
    let member = members::by_id(tx, place.id, found.member)?.ok_or(Code::NotFound)?;
    carrying::give(ctx, tx, &rules, &found, &member)?;
    let session = if ctx.caller.is_none() {
        Some(sessions::begin(ctx, tx, &who, Proof::one(Method::Password, ctx.now))?)
    } else {
        None
    };
    Ok(CameIn { organization: Some((&place).into()), membership: Some((&member).into()), session })
}

/// Signs up, and joins an organization that is open. An address that has an account already is
/// answered exactly like a new one: the new identity has not proved it and so never stands for it.
///
/// # Errors
/// Those of [`guard_join`], `rate.limited`, refused values.
pub async fn sign_up(ctx: &Ctx, wanted: SignUp) -> Result<Answer<CameIn>, Stop> {
    ctx.app.limits.sign_up.take(&address_key(ctx.address), ctx.now.micros() / 1_000).map_err(limited)?;
    let email = Email::parse(&wanted.email, "email")?;
    let name = text::name(&wanted.name, "name")?;
    check_new_password(ctx, &wanted.password, "password")?;
    let organization = wanted.organization.clone().filter(|o| !o.is_empty());
    match &organization {
        Some(named) => drop(open_to_all(ctx, named.clone()).await?),
        None => drop(arrivals::of_sign_ups(ctx)?),
    }
    let password = ctx.app.passwords.hash(Secret::new(wanted.password.clone())).await.map_err(password_stop)?;
    ctx.write(move |ctx, tx| {
        let who = newcomer(ctx, tx, email.shown(), name.clone());
        let place = match &organization {
            Some(named) => Some(signed_up(ctx, tx, named, &who, &password)?),
            None => {
                tx.apply(sign_up_anywhere(&who, password.clone()))?;
                None
            }
        };
        let proof = letters::link(ctx, tx, LinkKind::EmailVerify, who.id, &who.email)?;
        tx.apply(proof)?;
        let member = match &place {
            Some(place) => members::of_identity_here(tx, place.id, who.id)?,
            None => None,
        };
        // Nobody is in before their address is proved, where joining waits for that.
        let session = if member.is_some() {
            Some(sessions::begin(ctx, tx, &who, Proof::one(Method::Password, ctx.now))?)
        } else {
            None
        };
        Ok(CameIn {
            organization: place.as_ref().map(Into::into),
            membership: member.as_ref().map(Into::into),
            session,
        })
    })
    .await
}

/// Makes the new person and, as far as the rules let them in at once, their membership.
fn signed_up(ctx: &Ctx, tx: &mut Tx<'_>, named: &str, who: &Identity, password: &str) -> Result<Organization, Stop> {
    let found = organization::find(tx, named)?.ok_or(Code::JoinClosed)?;
    tx.take_organization(found.id)?.ok_or(Code::JoinClosed)?;
    let place = organization::by_id(tx, found.id)?.ok_or(Code::JoinClosed)?;
    let rules = ctx.app.rules(tx, &place)?;
    let facts = facts(tx, &rules, place.id, None)?;
    let member = joining::newcomer(tx, &rules, place.id, who, Origin::SignUp);
    tx.apply(decide_sign_up(&rules, who, password.to_owned(), member, &facts, ctx.now)?)?;
    Ok(place)
}

/// The name of an organization that lets people in by themselves. A closed one and one that does not exist answer
/// alike.
///
/// # Errors
/// `join.closed`.
pub async fn open_to_all(ctx: &Ctx, organization: String) -> Result<String, Stop> {
    ctx.read(move |ctx, conn| {
        let found = organization::find(conn, &organization)?.ok_or(Code::JoinClosed)?;
        let rules = ctx.app.rules(conn, &found)?;
        let facts = facts(conn, &rules, found.id, None)?;
        if is_open(rules.policy(), &facts) { Ok(found.name) } else { Err(Code::JoinClosed.into()) }
    })
    .await
}
