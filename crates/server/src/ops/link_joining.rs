//! Coming in with an invite link, and what its page shows before. Makes no links.

use guildhall_domain::change::LinkKind;
use guildhall_domain::ids::MemberId;
use guildhall_domain::invite_link::{self, InviteLink, Joiner};
use guildhall_domain::joining::{Address, Way, guard_join};
use guildhall_domain::organization::Organization;
use guildhall_domain::preset::Rules;
use guildhall_domain::proof::{Method, Proof};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text::Email;
use guildhall_store::read::{identity, invite_link as links, member as members, organization};
use guildhall_store::{Conn, Stop, Tx};
use std::sync::Arc;

use super::accept::{Accept, CameIn, Opened, newcomer, newcomer_facts};
use super::joining;
use super::{Answer, Ctx, letters, sessions};
use crate::security::token::TokenKind;

/// What the secret of an invite link is looked up by; `None` for every other text.
pub(super) fn secret_of(ctx: &Ctx, token: &str) -> Option<[u8; 32]> {
    ctx.app.credentials.parse_as(TokenKind::Link, token)
}

fn found(ctx: &Ctx, conn: &mut Conn<'_>, hash: &[u8; 32]) -> Result<(InviteLink, Organization, Arc<Rules>), Stop> {
    let link = links::by_secret(conn, hash)?.ok_or(Code::InvitationUnknown)?;
    let place = organization::by_id(conn, link.organization)?.ok_or(Code::InvitationUnknown)?;
    let rules = ctx.app.rules(conn, &place)?;
    Ok((link, place, rules))
}

/// Looks at a link (PX-19).
///
/// # Errors
/// `invitation.unknown`, `invitation.cancelled`, `invite_link.*`.
pub(super) async fn look(ctx: &Ctx, hash: [u8; 32]) -> Result<Opened, Stop> {
    ctx.read(move |ctx, conn| {
        let (link, place, rules) = found(ctx, conn, &hash)?;
        invite_link::guard_open(&rules, &link, ctx.now)?;
        let refusal = match &ctx.caller {
            Some(caller) => {
                let who = &caller.identity;
                let facts = joining::facts(conn, &rules, place.id, Some(who.id))?;
                guard_join(&rules, Way::Link, Address::of(&who.email, who.email_verified_at.is_some()), &facts).err()
            }
            None => None,
        };
        let many = rules.organization_roles().count() > 1;
        let role = rules.role("organization", &link.role).filter(|_| many);
        let inviter = link.created_by.map(|by| members::by_id(conn, place.id, by)).transpose()?.flatten();
        Ok(Opened {
            organization: place.name,
            email: String::new(),
            name: String::new(),
            role: role.map(|r| r.name.clone()).unwrap_or_default(),
            // Whoever holds a link may be anybody, and is not told addresses.
            inviter: inviter.map(|m| m.name).unwrap_or_default(),
            expires_at: link.expires_at,
            bearer: true,
            must_sign_in: false,
            refusal,
        })
    })
    .await
}

/// Joins with a link: signed in, with the identity in use; otherwise by making one. An address that
/// has an account already is answered exactly like a new one: the new identity has not proved it.
///
/// # Errors
/// `invitation.unknown`, `invitation.cancelled`, `invitation.other_person`, `invite_link.*`,
/// `member.already`, `member.elsewhere`, refused values.
pub(super) async fn join(ctx: &Ctx, hash: [u8; 32], wanted: Accept) -> Result<Answer<CameIn>, Stop> {
    let claimed = wanted.email.as_deref().map(|given| Email::parse(given, "email")).transpose()?;
    // A dead link is told before anything else is asked, and before work is spent on a password.
    ctx.read(move |ctx, conn| {
        if ctx.is_repetition(conn)? {
            return Ok(());
        }
        let (link, _, rules) = found(ctx, conn, &hash)?;
        Ok(invite_link::guard_open(&rules, &link, ctx.now)?)
    })
    .await?;
    if ctx.caller.is_none() && claimed.is_none() {
        let detail = "this link was not made for one address; say which is yours";
        return Err(Refusal::field("email", "field.missing", detail).into());
    }
    let facts = newcomer_facts(ctx, &wanted).await?;
    ctx.write(move |ctx, tx| enter(ctx, tx, &hash, claimed.as_ref(), facts.as_ref())).await
}

fn enter(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    hash: &[u8; 32],
    claimed: Option<&Email>,
    facts: Option<&(String, String)>,
) -> Result<CameIn, Stop> {
    let peek = links::by_secret(tx, hash)?.ok_or(Code::InvitationUnknown)?;
    if let Some(caller) = &ctx.caller {
        tx.take_identity(caller.identity.id)?;
    }
    tx.take_organization(peek.organization)?.ok_or(Code::InvitationUnknown)?;
    // Read again under the lock: two at the last use meet here, and so do a guest and a reset.
    let (link, place, rules) = found(ctx, tx, hash)?;
    let member = MemberId::new(tx.fresh());
    let (joiner, around) = match (&ctx.caller, facts, claimed) {
        (Some(caller), ..) => {
            let who = identity::by_id(tx, caller.identity.id)?.ok_or(Code::AuthInvalid)?;
            if claimed.is_some_and(|mine| !mine.is_same(&who.email)) {
                return Err(Refusal::because(
                    Code::InvitationOtherPerson,
                    "you are signed in with another address; leave `email` out, or sign out first",
                )
                .into());
            }
            let around = joining::facts(tx, &rules, place.id, Some(who.id))?;
            (Joiner { identity: who, password: None, member }, around)
        }
        (None, Some((name, password)), Some(email)) => {
            let who = newcomer(ctx, tx, email.shown(), name.clone());
            let around = joining::facts(tx, &rules, place.id, None)?;
            (Joiner { identity: who, password: Some(password.clone()), member }, around)
        }
        (None, ..) => return Err(Code::AuthRequired.into()),
    };
    let who = joiner.identity.clone();
    tx.apply(invite_link::join(&rules, &link, joiner, &around, ctx.now)?)?;
    let mut session = None;
    if ctx.caller.is_none() {
        let proof = letters::link(ctx, tx, LinkKind::EmailVerify, who.id, &who.email)?;
        tx.apply(proof)?;
        session = Some(sessions::begin(ctx, tx, &who, Proof::one(Method::Password, ctx.now))?);
    }
    let joined = members::by_id(tx, place.id, member)?.ok_or(Code::NotFound)?;
    Ok(CameIn { organization: Some((&place).into()), membership: Some((&joined).into()), session })
}
