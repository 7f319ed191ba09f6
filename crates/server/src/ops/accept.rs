//! Coming in: by an invitation, or by signing up where an organization is open.

use guildhall_domain::change::{Change, LinkKind};
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{MemberId, OrgId, UserId};
use guildhall_domain::invitation::{self, Belongs, Guest, State, guard_join, status_on_joining};
use guildhall_domain::member::{Member, MemberKind, Origin, Status};
use guildhall_domain::policy::SignupClosedByInvites;
use guildhall_domain::preset::Rules;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text::{self, Email};
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{identity, invitation as invitations, member as members, organization};
use guildhall_store::{Conn, Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sessions::{self, Begun, check_new_password, limited, password_stop};
use super::view::{MemberView, OrganizationView};
use super::{Answer, Ctx, letters, link_joining};
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

fn secret_of(ctx: &Ctx, token: &str) -> Result<[u8; 32], Refusal> {
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
        invitation::open(&found, ctx.now)?;
        let place = organization::by_id(conn, found.organization)?.ok_or(Code::InvitationUnknown)?;
        let rules = ctx.app.rules(conn, &place)?;
        let key = Email::parse(&found.email, "email")?;
        let taken = identity::verified(conn, key.key())?.is_some() && found.deliver == invitation::Deliver::Email;
        let refusal = match &ctx.caller {
            Some(caller) => {
                let around = belongs(conn, caller.identity.id, place.id)?;
                invitation::guard_known(&found, &caller.identity).and_then(|()| guard_join(&rules, around)).err()
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
            email: found.email,
            name: found.name,
            expires_at: found.expires_at,
            bearer: false,
            must_sign_in: taken,
            refusal,
        })
    })
    .await
}

pub(super) fn belongs(conn: &mut Conn<'_>, user: UserId, here: OrgId) -> Result<Belongs, Stop> {
    Ok(Belongs {
        here: members::of_identity_here(conn, here, user)?.is_some(),
        elsewhere: members::present_elsewhere(conn, user, here)?,
    })
}

/// Has an identity other than `who` proved this address?
fn proved_by_another(tx: &mut Tx<'_>, email: &str, who: Option<UserId>) -> Result<bool, Stop> {
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
        Ok(invitation::open(&found, ctx.now)?)
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
    let key = Email::parse(&found.email, "email")?;
    if claimed.is_some_and(|mine| mine.key() != key.key()) {
        return Err(Code::InvitationOtherPerson.into());
    }
    let place = organization::by_id(tx, found.organization)?.ok_or(Code::InvitationUnknown)?;
    let rules = ctx.app.rules(tx, &place)?;
    let waiting = members::by_id(tx, found.organization, found.member)?.ok_or(Code::InvitationUnknown)?;
    let (who, changes) = match (&ctx.caller, newcomer_facts) {
        (Some(caller), _) => {
            let who = identity::by_id(tx, caller.identity.id)?.ok_or(Code::AuthInvalid)?;
            let around = belongs(tx, who.id, place.id)?;
            let verified_elsewhere = proved_by_another(tx, &found.email, Some(who.id))?;
            let guest = Guest::Known { identity: &who, verified_elsewhere };
            let changes = invitation::accept(&rules, &found, &waiting, guest, around, ctx.now)?;
            (who, changes)
        }
        (None, Some((name, password))) => {
            let who = newcomer(ctx, tx, &found.email, name.clone());
            let guest = Guest::New {
                identity: Box::new(who.clone()),
                password: password.clone(),
                verified_elsewhere: proved_by_another(tx, &found.email, None)?,
            };
            let changes = invitation::accept(&rules, &found, &waiting, guest, Belongs::default(), ctx.now)?;
            (who, changes)
        }
        (None, None) => return Err(Code::AuthRequired.into()),
    };
    tx.apply(changes)?;
    let member = members::by_id(tx, place.id, found.member)?.ok_or(Code::NotFound)?;
    let session = if ctx.caller.is_none() { Some(sessions::begin(ctx, tx, &who)?) } else { None };
    Ok(CameIn { organization: Some((&place).into()), membership: Some((&member).into()), session })
}

/// Signs up, and joins an organization that is open. An address that has an account already is
/// answered exactly like a new one: the new identity has not proved it and so never stands for it.
///
/// # Errors
/// `join.closed`, `rate.limited`, refused values.
pub async fn sign_up(ctx: &Ctx, wanted: SignUp) -> Result<Answer<CameIn>, Stop> {
    ctx.app.limits.sign_up.take(&address_key(ctx.address), ctx.now.micros() / 1_000).map_err(limited)?;
    let email = Email::parse(&wanted.email, "email")?;
    let name = text::name(&wanted.name, "name")?;
    check_new_password(ctx, &wanted.password, "password")?;
    let Some(organization) = wanted.organization.clone().filter(|o| !o.is_empty()) else {
        return Err(Refusal::because(
            Code::JoinClosed,
            "name the organization to join; without an invitation nobody signs up here",
        )
        .into());
    };
    open_to_all(ctx, organization.clone()).await?;
    let password = ctx.app.passwords.hash(Secret::new(wanted.password.clone())).await.map_err(password_stop)?;
    ctx.write(move |ctx, tx| {
        let found = organization::find(tx, &organization)?.ok_or(Code::JoinClosed)?;
        tx.take_organization(found.id)?.ok_or(Code::JoinClosed)?;
        let place = organization::by_id(tx, found.id)?.ok_or(Code::JoinClosed)?;
        let rules = ctx.app.rules(tx, &place)?;
        if !is_open(tx, &rules, place.id)? {
            return Err(Code::JoinClosed.into());
        }
        guard_join(&rules, Belongs::default())?;
        let who = newcomer(ctx, tx, email.shown(), name.clone());
        let status = status_on_joining(&rules, email.shown(), false);
        let member = Member {
            id: MemberId::new(tx.fresh()),
            organization: place.id,
            user: Some(who.id),
            kind: MemberKind::Person,
            email: who.email.clone(),
            name: who.name.clone(),
            handle: None,
            role: rules.policy().role_default.as_str().to_owned(),
            status,
            origin: Origin::SignUp,
            joined_at: (status == Status::Active).then_some(ctx.now),
            created_at: ctx.now,
            created_by: None,
            last_active_at: None,
            sessions_from: Timestamp::default(),
            revision: 0,
        };
        tx.apply(vec![
            Change::IdentityCreated { identity: Box::new(who.clone()), password: Some(password.clone()) },
            Change::MemberJoined { member: Box::new(member.clone()) },
        ])?;
        let proof = letters::link(ctx, tx, LinkKind::EmailVerify, who.id, &who.email)?;
        tx.apply(proof)?;
        let session = sessions::begin(ctx, tx, &who)?;
        let member = members::by_id(tx, place.id, member.id)?.ok_or(Code::NotFound)?;
        Ok(CameIn { organization: Some((&place).into()), membership: Some((&member).into()), session: Some(session) })
    })
    .await
}

/// Whether people may join by themselves now: the switch, and what invitations do to it.
fn is_open(conn: &mut Conn<'_>, rules: &Rules, here: OrgId) -> Result<bool, Stop> {
    let closed = match rules.policy().signup_closed_by_invites {
        SignupClosedByInvites::Never | SignupClosedByInvites::Switch => false,
        SignupClosedByInvites::Implicit => invitations::any(conn, here, None)?,
        SignupClosedByInvites::ImplicitLiteral => invitations::any(conn, here, Some(State::Pending))?,
    };
    Ok(rules.policy().signup_open && !closed)
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
        if is_open(conn, &rules, found.id)? { Ok(found.name) } else { Err(Code::JoinClosed.into()) }
    })
    .await
}
