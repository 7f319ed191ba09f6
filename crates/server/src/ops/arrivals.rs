//! What a proved address opens: the sign-up that waited for it, the organizations of its mail domain with
//! the invitations that wait there, and approvals it makes needless. Happens beside proving and signing in,
//! and never stands in the way of either.

use std::collections::BTreeSet;

use guildhall_domain::approval;
use guildhall_domain::change::Change;
use guildhall_domain::disposable::is_public;
use guildhall_domain::identity::{Identity, verify_email};
use guildhall_domain::ids::{MemberId, OrgId};
use guildhall_domain::invitation::{self, Guest};
use guildhall_domain::joining::{Address, Facts, JoinChange, Way, arrive as decide, guard_join, waits_no_more};
use guildhall_domain::member::{Member, Origin, Status};
use guildhall_domain::organization::{self as rules_of, Organization};
use guildhall_domain::preset::{Preset, Rules};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text::Email;
use guildhall_store::read::sso::claimed_by;
use guildhall_store::read::{identity, invitation as invitations, joining as joins, member as members, organization};
use guildhall_store::{Stop, Tx};
use serde_json::{Map, json};
use std::sync::Arc;

use super::organizations::{free_slug, preset_named};
use super::{Ctx, joining, letters};

/// Lets somebody in wherever their proved address leads. The identity was taken.
///
/// # Errors
/// [`Stop`]; what an organization refuses is no error.
pub fn arrive(ctx: &Ctx, tx: &mut Tx<'_>, who: &Identity) -> Result<(), Stop> {
    if who.email_verified_at.is_none() {
        return Ok(());
    }
    let email = Email::parse(&who.email, "email")?;
    let waited = joins::waiting_sign_up(tx, who.id)?;
    let wanted = waited.flatten();
    let mine = members::of_identity(tx, who.id)?;
    let mut places: BTreeSet<OrgId> = joins::led_by(tx, email.domain())?.into_iter().chain(wanted).collect();
    // Where somebody works already there is nothing to open, and nobody to keep waiting.
    places.retain(|here| !mine.iter().any(|m| m.organization == *here));
    places.extend(mine.iter().filter(|m| m.status == Status::PendingApproval).map(|m| m.organization));
    let mut full = false;
    for here in places {
        match enter(ctx, tx, who, &email, here, wanted == Some(here)) {
            Err(Stop::Refused(refusal)) => full |= refusal.code == Code::SeatsFull && wanted == Some(here),
            other => other?,
        }
    }
    let Some(wanted) = waited else { return Ok(()) };
    if wanted.is_none() {
        found(ctx, tx, who, &email)?;
    }
    // A full house may have room at the next sign-in.
    if !full {
        tx.apply(vec![Change::Join(JoinChange::SignUpSettled { user: who.id })])?;
    }
    Ok(())
}

/// Whoever opened a link mailed to an address they had not proved has proved it: so do people whom a directory
/// brought, with their first password.
///
/// # Errors
/// `email.taken`.
pub fn proved_by_link(ctx: &Ctx, tx: &mut Tx<'_>, who: &Identity, mailed_to: &str) -> Result<(), Stop> {
    if who.email_verified_at.is_some() || who.email != mailed_to {
        return Ok(());
    }
    let email = Email::parse(mailed_to, "email")?;
    if identity::verified(tx, email.key())?.is_some() {
        return Err(Code::EmailTaken.into());
    }
    Ok(tx.apply(verify_email(who, mailed_to, ctx.now))?)
}

/// Whether signing in may let somebody in anywhere.
///
/// # Errors
/// [`Stop`].
pub fn leads_anywhere(tx: &mut Tx<'_>, who: &Identity) -> Result<bool, Stop> {
    if who.email_verified_at.is_none() {
        return Ok(false);
    }
    let email = Email::parse(&who.email, "email")?;
    Ok(!joins::led_by(tx, email.domain())?.is_empty() || joins::waiting_sign_up(tx, who.id)?.is_some())
}

fn enter(ctx: &Ctx, tx: &mut Tx<'_>, who: &Identity, email: &Email, here: OrgId, wanted: bool) -> Result<(), Stop> {
    tx.take_organization(here)?.ok_or(Code::NotFound)?;
    let place = organization::by_id(tx, here)?.ok_or(Code::NotFound)?;
    let rules = ctx.app.rules(tx, &place)?;
    if let Some(member) = members::of_identity_here(tx, here, who.id)? {
        if waits_no_more(&rules, &member) {
            tx.apply(approval::approve_by_policy(&member, ctx.now))?;
            let letter = letters::approved(ctx, tx, &place, &rules, &member);
            tx.apply(vec![letter])?;
        }
        return Ok(());
    }
    if rules.policy().domain_claimed_only && !wanted && claimed_by(tx, email.domain())? != Some(here) {
        return Err(Code::JoinDomain.into());
    }
    let facts = joining::facts(tx, &rules, here, Some(who.id))?;
    // PL-5: an invitation that waits is accepted, with everything it gives.
    if let Some(member) = members::by_email(tx, here, email.key())?.filter(|m| m.status == Status::Invited)
        && let Some(changes) = accepted(ctx, tx, &rules, who, &member, &facts)?
    {
        return Ok(tx.apply(changes)?);
    }
    let (way, origin) = if wanted { (Way::SignUp, Origin::SignUp) } else { (Way::Domain, Origin::Domain) };
    let member = joining::newcomer(tx, &rules, here, who, origin);
    Ok(tx.apply(decide(&rules, way, member, &facts, ctx.now)?)?)
}

fn accepted(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    rules: &Rules,
    who: &Identity,
    member: &Member,
    facts: &Facts,
) -> Result<Option<Vec<Change>>, Stop> {
    let Some(waiting) = invitations::of_member(tx, member.organization, member.id)? else { return Ok(None) };
    let guest = Guest::Known { identity: who, verified_elsewhere: false };
    Ok(invitation::accept(rules, &waiting, member, guest, facts, ctx.now).ok())
}

/// Makes the organization of somebody's mail domain, which takes the domain's other people in (PX-23).
/// Domains that are nobody's own make none.
fn found(ctx: &Ctx, tx: &mut Tx<'_>, who: &Identity, email: &Email) -> Result<(), Stop> {
    let Ok(preset) = of_sign_ups(ctx) else { return Ok(()) };
    let somewhere = members::of_identity(tx, who.id)?.iter().any(|m| m.status != Status::Requested);
    if somewhere || is_public(email.domain()) {
        return Ok(());
    }
    let rules = Rules::new(Arc::clone(&preset), preset.policy.clone());
    guard_join(&rules, Way::Founder, Address::of(&who.email, true), &Facts::default())?;
    let id = OrgId::new(tx.fresh());
    let organization = Organization {
        id,
        slug: free_slug(tx, email.domain(), id)?,
        name: email.domain().to_owned(),
        preset: preset.name.clone(),
        preset_version: preset.version,
        preset_text: preset.text.clone(),
        policy: Map::from_iter([("domain.auto_join".to_owned(), json!([email.domain()]))]),
        valid_from: guildhall_domain::time::Timestamp::default(),
        revision: 1,
        created_at: ctx.now,
        tenant: None,
    };
    let member = MemberId::new(tx.fresh());
    Ok(tx.apply(rules_of::create(organization, &preset, who, member, ctx.now))?)
}

/// The preset whose rules hold for signing up without naming an organization.
///
/// # Errors
/// `join.closed` where the installation has none, or its preset makes no organizations.
pub fn of_sign_ups(ctx: &Ctx) -> Result<Arc<Preset>, Refusal> {
    let named = ctx.app.config.sign_up_preset.as_deref().map(preset_named).transpose()?;
    named.filter(|preset| preset.policy.signup_makes_organization).ok_or_else(|| {
        Refusal::because(Code::JoinClosed, "name the organization to join; without an invitation nobody signs up here")
    })
}

/// Refuses a sign-in that has to wait for the proof of the address, and mails the proof anew.
///
/// # Errors
/// `auth.unproved`.
pub fn guard_waiting(tx: &mut Tx<'_>, who: &Identity) -> Result<(), Stop> {
    let waits = who.email_verified_at.is_none() && joins::waiting_sign_up(tx, who.id)?.is_some();
    if waits { Err(Code::AuthUnproved.into()) } else { Ok(()) }
}

/// The same for whoever shows a password, with a fresh letter.
///
/// # Errors
/// `auth.unproved`.
pub async fn guard_proved(ctx: &Ctx, who: &Identity) -> Result<(), Stop> {
    if who.email_verified_at.is_some() {
        return Ok(());
    }
    let user = who.id;
    if ctx.read(move |_, conn| Ok(joins::waiting_sign_up(conn, user)?)).await?.is_none() {
        return Ok(());
    }
    let now_ms = ctx.now.micros() / 1_000;
    if !ctx.dry_run && ctx.app.limits.mails_to_recipient.take(&who.email, now_ms).is_ok() {
        let asked = ctx.clone();
        ctx.app
            .store
            .write(ctx.author(), ctx.now, guildhall_store::Keep::Commit, move |tx| {
                let who = identity::by_id(tx, user)?.ok_or(Code::AuthInvalid)?;
                let proof =
                    letters::link(&asked, tx, guildhall_domain::change::LinkKind::EmailVerify, who.id, &who.email)?;
                Ok(tx.apply(proof)?)
            })
            .await?;
        ctx.app.mail_waits.notify_one();
    }
    Err(Code::AuthUnproved.into())
}
