//! Helping somebody back in who lost what they sign in with: second factors taken away, a link for a new password.

use guildhall_domain::action::Action;
use guildhall_domain::change::LinkKind;
use guildhall_domain::factor as rules_of;
use guildhall_domain::member;
use guildhall_domain::refusal::Code;
use guildhall_domain::text::Email;
use guildhall_store::read::identity;
use guildhall_store::{Stop, Tx};

use super::members::{Facts, decide, gone};
use super::sessions::limited;
use super::view::Nothing;
use super::{Answer, Ctx, letters};

/// Takes all second factors of a member away and ends their sessions; they sign in with their password and set up
/// new ones.
///
/// # Errors
/// `not_found`, `access.denied`, `proof.stale`, and those of the decision.
pub async fn reset_factors(ctx: &Ctx, organization: &str, member: &str) -> Result<Answer<Nothing>, Stop> {
    let decision = |ctx: &Ctx, _: &mut Tx<'_>, f: &Facts| {
        ctx.guard_recent(&f.place)?;
        let administrator = ctx.caller()?.identity.administrator;
        Ok(rules_of::reset(&f.permit, &f.place.rules, &f.member, f.around, administrator)?)
    };
    decide(ctx, organization, member, Action::MemberRecover, decision, gone).await
}

/// Mails a member the link that sets a new password. It goes to their own address, as one that they asked for would;
/// nobody else sees it.
///
/// # Errors
/// `not_found`, `access.denied`, `proof.stale`, `rate.limited`, and those of the decision.
pub async fn send_password_link(ctx: &Ctx, organization: &str, member: &str) -> Result<Answer<Nothing>, Stop> {
    let decision = |ctx: &Ctx, tx: &mut Tx<'_>, f: &Facts| {
        ctx.guard_recent(&f.place)?;
        let user = member::guard_recovery(&f.permit, &f.place.rules, &f.member)?;
        let who = identity::by_id(tx, user)?.ok_or(Code::NotFound)?;
        let reached = identity::reachable(tx, Email::parse(&who.email, "email")?.key())?;
        let mut changes = rules_of::mail_link(&f.member, reached.is_some_and(|reached| reached.id == user))?;
        if !ctx.dry_run {
            let now_ms = ctx.now.micros() / 1_000;
            ctx.app.limits.mails_to_recipient.take(&who.email, now_ms).map_err(limited)?;
        }
        changes.extend(letters::link(ctx, tx, LinkKind::PasswordReset, user, &who.email)?);
        Ok(changes)
    };
    decide(ctx, organization, member, Action::MemberRecover, decision, gone).await
}
