//! Letting waiting people in, one by one or all at once, and turning them away; each is written to.

use guildhall_domain::action::Action;
use guildhall_domain::approval;
use guildhall_domain::joining::{Address, Facts};
use guildhall_domain::member::{Member, Status};
use guildhall_domain::organization::Organization;
use guildhall_domain::preset::Rules;
use guildhall_domain::text;
use guildhall_store::read::{identity, member as members};
use guildhall_store::{Conn, Stop, Tx};
use serde::Deserialize;
use utoipa::ToSchema;

use super::members::{decide, gone, shown};
use super::view::{MemberView, Nothing};
use super::{Answer, Ctx, joining, letters};

/// Why somebody is turned away.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// Kept in the audit trail, mailed to the person and shown to them.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What letting somebody in rests on: whether they proved their address, and the facts of joining. Whoever
/// came in already rests on nothing further.
///
/// # Errors
/// [`Stop`].
pub fn facts(conn: &mut Conn<'_>, rules: &Rules, member: &Member) -> Result<(bool, Facts), Stop> {
    match member.user.filter(|_| member.status == Status::Requested) {
        Some(user) => Ok((proved(conn, member)?, joining::facts(conn, rules, member.organization, Some(user))?)),
        None => Ok((false, Facts::default())),
    }
}

fn proved(conn: &mut Conn<'_>, member: &Member) -> Result<bool, Stop> {
    let who = member.user.map(|user| identity::by_id(conn, user)).transpose()?.flatten();
    Ok(who.is_some_and(|who| who.email_verified_at.is_some()))
}

/// Lets a waiting person in.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn approve(ctx: &Ctx, organization: &str, member: &str) -> Result<Answer<MemberView>, Stop> {
    decide(
        ctx,
        organization,
        member,
        Action::MemberApprove,
        |ctx, tx, f| {
            let (proved, facts) = facts(tx, &f.place.rules, &f.member)?;
            let address = Address::of(&f.member.email, proved);
            let mut changes = approval::approve(&f.permit, &f.place.rules, &f.member, address, &facts, ctx.now)?;
            if !changes.is_empty() {
                changes.extend(welcome(ctx, tx, &f.place.organization, &f.place.rules, &f.member)?);
            }
            Ok(changes)
        },
        shown,
    )
    .await
}

/// The letter to somebody who was let in; an address that nobody has proved gets none.
fn welcome(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    organization: &Organization,
    rules: &Rules,
    member: &Member,
) -> Result<Option<guildhall_domain::change::Change>, Stop> {
    Ok(proved(tx, member)?.then(|| letters::approved(ctx, tx, organization, rules, member)))
}

/// Turns a waiting person away.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn reject(ctx: &Ctx, organization: &str, member: &str, why: Rejection) -> Result<Answer<Nothing>, Stop> {
    let reason = why.reason.as_deref().map(|r| text::name(r, "reason")).transpose()?;
    decide(
        ctx,
        organization,
        member,
        Action::MemberApprove,
        move |ctx, tx, f| {
            let mut changes = approval::reject(&f.permit, &f.member, f.around, reason.as_deref(), ctx.now)?;
            if proved(tx, &f.member)? {
                changes.push(letters::rejected(ctx, tx, &f.place.organization, &f.member, reason.as_deref()));
            }
            Ok(changes)
        },
        gone,
    )
    .await
}

/// Lets everybody in who waits for an approval: approvals were switched off.
///
/// # Errors
/// [`Stop`].
pub fn approve_waiting(ctx: &Ctx, tx: &mut Tx<'_>, organization: &Organization, rules: &Rules) -> Result<(), Stop> {
    for waiting in members::waiting(tx, organization.id, u32::MAX)? {
        tx.apply(approval::approve_by_policy(&waiting, ctx.now))?;
        let letter = welcome(ctx, tx, organization, rules, &waiting)?;
        tx.apply(letter.into_iter().collect())?;
    }
    Ok(())
}
