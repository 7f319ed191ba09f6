//! Queues letters beside the changes that cause them, in the same commit. Does not send.

use guildhall_domain::change::{Change, LinkKind};
use guildhall_domain::ids::{InvitationId, LinkId, MailId, OrgId, UserId};
use guildhall_domain::invitation::Invitation;
use guildhall_domain::member::Member;
use guildhall_domain::organization::Organization;
use guildhall_domain::policy::SeatsMode;
use guildhall_domain::preset::Rules;
use guildhall_domain::tenant::Tenant;
use guildhall_domain::time::Timestamp;
use guildhall_store::{Stop, Tx};
use time::OffsetDateTime;

use super::Ctx;
use crate::mail::Message;
use crate::mail::letters::{
    self, InvitationMail, LinkMail, MembershipMail, SeatsMail, email_verification, invitation, password_reset,
    tenant_seats,
};
use crate::security::token::TokenKind;

/// What sealed mail is bound to.
pub const PURPOSE: &str = "outbox";
/// How long a mailed link for an identity works.
pub const LINK_LIFE_S: i64 = 86_400;

fn calendar(at: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.micros()) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn queued(
    ctx: &Ctx,
    tx: &Tx<'_>,
    kind: &'static str,
    about: (Option<OrgId>, Option<InvitationId>),
    message: &Message,
) -> Change {
    let mail = MailId::new(tx.fresh());
    let text = serde_json::to_vec(message).unwrap_or_default();
    let sealed = ctx.app.key.seal(PURPOSE, mail.uuid().as_bytes(), &text, ctx.app.entropy.as_ref());
    Change::MailQueued { mail, organization: about.0, invitation: about.1, kind, to: message.to.clone(), sealed }
}

/// The letter of an invitation.
#[must_use]
pub fn invite(
    ctx: &Ctx,
    tx: &Tx<'_>,
    organization: &Organization,
    rules: &Rules,
    (made, to): (&Invitation, &str),
    secret: &str,
) -> Change {
    let inviter = ctx.caller.as_ref().map(|c| c.identity.name.as_str()).filter(|name| !name.is_empty());
    let role = rules.role("organization", &made.role).map(|r| r.name.as_str());
    let single = rules.organization_roles().count() == 1;
    let message = invitation(&InvitationMail {
        to,
        organization: &organization.name,
        inviter,
        role: role.filter(|_| !single),
        link: &invitation_link(ctx, secret),
        expires_at: made.expires_at.map(calendar),
    });
    queued(ctx, tx, "invitation", (Some(organization.id), Some(made.id)), &message)
}

/// Where an invitation is accepted.
#[must_use]
pub fn invitation_link(ctx: &Ctx, secret: &str) -> String {
    format!("{}/invite/{secret}", ctx.app.public_url)
}

/// The letters that tell a tenant's owners how full it is (TP-26).
#[must_use]
pub fn tenant_people(ctx: &Ctx, tx: &Tx<'_>, tenant: &Tenant, percent: u64, owners: &[String]) -> Vec<Change> {
    let most = tenant.settings.seats.unwrap_or_default();
    let letter = |to: &String| tenant_seats(&SeatsMail { to, tenant: &tenant.name, percent, seats: most });
    owners.iter().map(|to| queued(ctx, tx, "tenant_seats", (None, None), &letter(to))).collect()
}

/// A single-use link for an identity: the record of it and its address.
pub fn issue(ctx: &Ctx, tx: &Tx<'_>, kind: LinkKind, user: UserId, email: &str) -> (Change, String) {
    let (token, path) = match kind {
        LinkKind::PasswordReset => (TokenKind::Reset, "password/reset"),
        LinkKind::EmailVerify => (TokenKind::Verify, "email/verify"),
        LinkKind::SetUp => (TokenKind::Setup, "setup"),
    };
    let minted = ctx.app.credentials.mint(token, ctx.app.entropy.as_ref());
    let issued = Change::LinkIssued {
        link: LinkId::new(tx.fresh()),
        kind,
        user: Some(user),
        email: email.to_owned(),
        hash: minted.hash,
        expires_at: ctx.now.plus_s(LINK_LIFE_S),
    };
    (issued, format!("{}/{path}/{}", ctx.app.public_url, minted.secret.expose()))
}

/// A mailed link for an identity: the link itself and its letter.
pub fn link(ctx: &Ctx, tx: &mut Tx<'_>, kind: LinkKind, user: UserId, email: &str) -> Result<Vec<Change>, Stop> {
    let (issued, address) = issue(ctx, tx, kind, user, email);
    let expires_at = Some(calendar(ctx.now.plus_s(LINK_LIFE_S)));
    let mail = LinkMail { to: email, link: &address, expires_at };
    let (name, message) = match kind {
        LinkKind::EmailVerify => ("email_verification", email_verification(&mail)),
        LinkKind::PasswordReset | LinkKind::SetUp => ("password_reset", password_reset(&mail)),
    };
    Ok(vec![issued, queued(ctx, tx, name, (None, None), &message)])
}

/// The letter to somebody who was let in.
#[must_use]
pub fn approved(ctx: &Ctx, tx: &Tx<'_>, organization: &Organization, rules: &Rules, member: &Member) -> Change {
    let role = rules.role("organization", &member.role).map_or("", |r| r.name.as_str());
    let message = letters::approved(&MembershipMail {
        to: &member.email,
        organization: &organization.name,
        role,
        link: &format!("{}/{}", ctx.app.public_url, organization.slug),
    });
    queued(ctx, tx, "member_approved", (Some(organization.id), None), &message)
}

/// The letter to somebody who was turned away.
#[must_use]
pub fn rejected(ctx: &Ctx, tx: &Tx<'_>, organization: &Organization, member: &Member, reason: Option<&str>) -> Change {
    let message = letters::rejected(&member.email, &organization.name, reason);
    queued(ctx, tx, "member_rejected", (Some(organization.id), None), &message)
}

/// The letter with the code that proves a mail domain.
#[must_use]
pub fn domain_code(ctx: &Ctx, tx: &Tx<'_>, organization: &Organization, to: &str, code: &str) -> Change {
    queued(ctx, tx, "domain_code", (Some(organization.id), None), &letters::domain_code(to, &organization.name, code))
}

/// The letter to an owner whose organization has lost a mail domain.
#[must_use]
pub fn domain_lost(ctx: &Ctx, tx: &Tx<'_>, organization: &Organization, to: &str, domain: &str) -> Change {
    let link = format!("{}/{}/admin/sso", ctx.app.public_url, organization.slug);
    let message = letters::domain_lost(to, &organization.name, domain, &link);
    queued(ctx, tx, "domain_lost", (Some(organization.id), None), &message)
}

/// The letter to somebody whose passkey two devices seem to hold.
#[must_use]
pub fn passkey_copied(ctx: &Ctx, tx: &Tx<'_>, to: &str, passkey: &str) -> Change {
    let link = format!("{}/account/security", ctx.app.public_url);
    queued(ctx, tx, "passkey_copied", (None, None), &letters::passkey_copied(to, passkey, &link))
}

/// The letter to an owner whose organization has filled its seats so far.
#[must_use]
pub fn seats(
    ctx: &Ctx,
    tx: &Tx<'_>,
    organization: &Organization,
    to: &str,
    taken: (u64, u64),
    mode: SeatsMode,
) -> Change {
    let link = format!("{}/{}/admin/users", ctx.app.public_url, organization.slug);
    let message = letters::seats(to, &organization.name, taken, mode == SeatsMode::Cap, &link);
    queued(ctx, tx, "seats", (Some(organization.id), None), &message)
}
