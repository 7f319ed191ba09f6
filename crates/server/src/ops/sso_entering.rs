//! What becomes of somebody whom a provider vouched for: which account is meant, whether it comes in, what the
//! mapping makes of it, and the session. Decides nothing.

use guildhall_domain::change::Change;
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{ConnectionId, OrgId, UserId};
use guildhall_domain::invitation::{self, Guest};
use guildhall_domain::joining::JoinChange;
use guildhall_domain::member::{Member, Origin, Status};
use guildhall_domain::preset::Rules;
use guildhall_domain::proof::{Method, Proof};
use guildhall_domain::refusal::Code;
use guildhall_domain::sso::{
    Account, Claims, Connection, Entrance, Gains, Known, Link, SsoChange, account_for, gains, guard_linked, guard_mail,
    join, placed,
};
use guildhall_domain::text::{self, Email};
use guildhall_store::read::{
    group as groups, identity, invitation as invitations, member as members, organization, sso as connections,
};
use guildhall_store::{Stop, Tx};

use super::sso::Entered;
use super::{Answer, Ctx, arrivals, carrying, joining, sessions};

/// Lets somebody in whom a provider vouched for. `user` was signed in when the way to the provider began.
///
/// # Errors
/// `sso.no_address`, `sso.domain`, `sso.link_required`, `sso.no_account`, and those of joining.
pub async fn enter(
    ctx: &Ctx,
    by: ConnectionId,
    claims: Claims,
    user: Option<UserId>,
    next: Option<String>,
) -> Result<Entered, Stop> {
    // Only whoever began and comes back in one session is signed in.
    let present = ctx.caller.as_ref().filter(|c| c.session().is_some()).map(|c| c.identity.id);
    let signed_in = user.filter(|user| present == Some(*user));
    let ctx = Ctx { caller: None, ..ctx.clone() };
    let spelled = claims.email.map(|given| Email::parse(&given, "email").map_or(given, |e| e.shown().to_owned()));
    let claims = Claims { email: spelled, ..claims };
    let done = ctx.write(move |ctx, tx| entered(ctx, tx, by, &claims, signed_in, next.as_deref())).await?;
    match done {
        Answer::Done(entered) => Ok(entered),
        Answer::Preview(_) => Err(Code::SsoState.into()),
    }
}

fn entered(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    by: ConnectionId,
    claims: &Claims,
    signed_in: Option<UserId>,
    next: Option<&str>,
) -> Result<Entered, Stop> {
    let (connection, _) = connections::by_id(tx, by)?.filter(|(c, _)| c.enabled).ok_or(Code::SsoState)?;
    let claims = &heard(tx, &connection, claims)?;
    let email = guard_mail(&connection, claims);
    // Identities come before organizations; what was known before the lock is asked again behind it.
    let peek = account(tx, &connection, claims, email.as_ref().ok(), signed_in)?;
    if let Some(user) = peek.user() {
        tx.take_identity(user)?.ok_or(Code::SsoNoAccount)?;
    }
    if let Some(here) = connection.organization {
        tx.take_organization(here)?.ok_or(Code::SsoUnknown)?;
    }
    let account = account(tx, &connection, claims, email.as_ref().ok(), signed_in)?;
    if account.user() != peek.user() {
        return Err(Code::SsoState.into());
    }
    if !(matches!(account, Account::Tied(_)) && connection.domains.is_empty()) {
        email.as_ref().map_err(Clone::clone)?;
    }
    let who = tied(ctx, tx, &connection, claims, account, email.as_ref().ok())?;
    let fallback = match connection.organization {
        Some(here) => {
            admit(ctx, tx, &connection, here, claims, &who)?;
            organization::by_id(tx, here)?.map_or_else(|| "/".to_owned(), |place| format!("/{}", place.slug))
        }
        None => {
            arrivals::arrive(ctx, tx, &who)?;
            "/".to_owned()
        }
    };
    let proof = Proof { connection: Some(by), ..Proof::one(Method::Sso, ctx.now) };
    let (session, begun) = sessions::begin_named(ctx, tx, &who, proof)?;
    if let Some(sid) = &claims.sid {
        tx.session_sid(session, sid)?;
    }
    let next = next.filter(|path| !path.is_empty()).map_or(fallback, str::to_owned);
    Ok(Entered { session: begun, next })
}

/// What the provider says, with whether its word for the address counts.
fn heard(tx: &mut Tx<'_>, connection: &Connection, claims: &Claims) -> Result<Claims, Stop> {
    let email = claims.email.as_deref().and_then(|text| Email::parse(text, "email").ok());
    let owner = match &email {
        Some(email) => connections::claimed_by(tx, email.domain())?,
        None => None,
    };
    let claimed = owner.is_some() && owner == connection.organization;
    let email_verified = email.is_some() && connection.vouches(claims.email_verified, claimed);
    Ok(Claims { email_verified, ..claims.clone() })
}

fn account(
    tx: &mut Tx<'_>,
    connection: &Connection,
    claims: &Claims,
    email: Option<&Email>,
    signed_in: Option<UserId>,
) -> Result<Account, Stop> {
    let mut known = Known {
        linked: connections::linked(tx, connection.id, &connection.issuer, &claims.subject)?,
        ..Known::default()
    };
    if let Some(email) = email {
        known.proved = identity::verified(tx, email.key())?;
        let owner = connections::claimed_by(tx, email.domain())?;
        known.claimed = owner.is_some() && owner == connection.organization;
    }
    if let Some(here) = connection.organization {
        if let Some(user) = signed_in
            && members::of_identity_here(tx, here, user)?.is_some()
        {
            known.signed_in = identity::by_id(tx, user)?;
        }
        if let Some(email) = email {
            let found = members::by_email(tx, here, email.key())?;
            let waits = |m: &Member| m.status == Status::Invited && claims.email_verified;
            known.member_with_address = found.is_some_and(|m| !waits(&m));
        }
    }
    Ok(account_for(connection, claims, known)?)
}

/// The identity, tied to the provider's name for it; made where it is new.
fn tied(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    connection: &Connection,
    claims: &Claims,
    account: Account,
    email: Option<&Email>,
) -> Result<Identity, Stop> {
    let (who, whole) = match account {
        Account::Tied(who) => return Ok(who),
        Account::Tie(who, whole) => (who, whole),
        Account::New { proved } => {
            let email = email.ok_or(Code::SsoNoAddress)?;
            let who = Identity {
                id: UserId::new(tx.fresh()),
                email: email.shown().to_owned(),
                email_verified_at: proved.then_some(ctx.now),
                name: text::name(&claims.name, "name").unwrap_or_else(|_| email.shown().to_owned()),
                handle: None,
                administrator: false,
                valid_from: guildhall_domain::time::Timestamp::default(),
                revision: 1,
                created_at: ctx.now,
            };
            tx.apply(vec![Change::IdentityCreated { identity: Box::new(who.clone()), password: None }])?;
            if connection.organization.is_none() && proved && claims.hosted_domain.as_deref() == Some(email.domain()) {
                // PX-23: the domain's own people found its organization, or join it.
                tx.apply(vec![Change::Join(JoinChange::SignUpWaits { user: who.id, organization: None })])?;
            }
            (who, true)
        }
    };
    let link = Link {
        connection: connection.id,
        organization: connection.organization,
        issuer: connection.issuer.clone(),
        subject: claims.subject.clone(),
        user: who.id,
        whole,
        email: claims.email.clone().unwrap_or_default(),
        created_at: ctx.now,
    };
    tx.apply(vec![Change::Sso(SsoChange::Linked { link: Box::new(link) })])?;
    Ok(who)
}

/// Into the organization: by an invitation that waits (PL-5), or as somebody new (PL-26); and what the mapping makes
/// of them, as of everybody who signs in.
fn admit(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    connection: &Connection,
    here: OrgId,
    claims: &Claims,
    who: &Identity,
) -> Result<(), Stop> {
    let place = organization::by_id(tx, here)?.ok_or(Code::SsoUnknown)?;
    let rules = ctx.app.rules(tx, &place)?;
    let gains = gains(&rules, connection, claims);
    let present = members::of_identity_here(tx, here, who.id)?;
    let newcomer = joining::newcomer(tx, &rules, here, who, Origin::Provider);
    let facts = joining::facts(tx, &rules, here, Some(who.id))?;
    let entrance = Entrance { member: present, newcomer, facts };
    guard_linked(&entrance)?;
    if entrance.member.is_none() && !accepted(ctx, tx, &rules, &entrance, claims, who)? {
        tx.apply(join(&rules, connection, claims, entrance, &gains, ctx.now)?)?;
    }
    place_anew(tx, &rules, connection, here, who, &gains)
}

/// Accepts the invitation that waits for the address, with everything it gives. The organization's provider
/// vouches for the address there; that proves it nowhere else.
fn accepted(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    rules: &Rules,
    entrance: &Entrance,
    claims: &Claims,
    who: &Identity,
) -> Result<bool, Stop> {
    let Some(email) = claims.email.as_deref().and_then(|text| Email::parse(text, "email").ok()) else {
        return Ok(false);
    };
    let here = entrance.newcomer.organization;
    let invited = members::by_email(tx, here, email.key())?.filter(|m| m.status == Status::Invited);
    let Some(invited) = invited.filter(|_| claims.email_verified) else { return Ok(false) };
    let Some(waiting) = invitations::of_member(tx, here, invited.id)? else { return Ok(false) };
    let vouched = Identity {
        email: email.shown().to_owned(),
        email_verified_at: who.email_verified_at.or(Some(ctx.now)),
        ..who.clone()
    };
    let guest = Guest::Known { identity: &vouched, verified_elsewhere: false };
    let Ok(changes) = invitation::accept(rules, &waiting, &invited, guest, &entrance.facts, ctx.now) else {
        return Ok(false);
    };
    tx.apply(changes)?;
    let member = members::by_id(tx, here, invited.id)?.ok_or(Code::NotFound)?;
    carrying::give(ctx, tx, rules, &waiting, &member)?;
    Ok(true)
}

fn place_anew(
    tx: &mut Tx<'_>,
    rules: &Rules,
    connection: &Connection,
    here: OrgId,
    who: &Identity,
    gains: &Gains,
) -> Result<(), Stop> {
    let Some(member) = members::of_identity_here(tx, here, who.id)? else { return Ok(()) };
    if !matches!(member.status, Status::Active | Status::PendingApproval) {
        return Ok(());
    }
    let around = members::surroundings(tx, &member, &rules.preset().top_role().slug)?;
    let held = groups::held(tx, here, member.id)?;
    let mut mapped = Vec::new();
    for id in &gains.mapped_groups {
        mapped.extend(groups::by_id(tx, here, *id)?.filter(|g| !mapped.contains(g)));
    }
    Ok(tx.apply(placed(rules, connection, &member, around, gains, &held, &mapped))?)
}
