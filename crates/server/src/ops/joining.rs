//! Asking to join, and the facts that every way of joining rests on.

use guildhall_domain::approval;
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{MemberId, OrgId, UserId};
use guildhall_domain::joining::{Address, Facts};
use guildhall_domain::member::{Member, MemberKind, Origin, Status};
use guildhall_domain::policy::SignupClosedByInvites;
use guildhall_domain::preset::Rules;
use guildhall_domain::refusal::Code;
use guildhall_domain::seats::{self, Seats};
use guildhall_domain::text::Email;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::joining::{self as joins, Asked};
use guildhall_store::read::{Page, identity, invitation as invitations, member as members, organization};
use guildhall_store::{Conn, Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::identities::guard_whole;
use super::sessions::limited;
use super::view::{List, Nothing};
use super::{Answer, Ctx};
use crate::http::cursor;
use crate::security::limits::address_key;

/// How long somebody sees that they were turned away.
const REJECTION_SHOWN_S: i64 = 30 * 86_400;
const MOST_SHOWN: u32 = 100;

/// The organization somebody waits for, as far as it is theirs to see.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AskedOrganization {
    /// `org_…`
    pub id: String,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
}

/// One's own waiting for an organization.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct JoinRequestView {
    /// Where.
    pub organization: AskedOrganization,
    /// `mem_…` of the membership that waits.
    pub membership: String,
    /// `requested`, `pending_approval`, or `rejected` for thirty days after it.
    pub status: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
    /// When one was turned away.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub rejected_at: Option<Timestamp>,
    /// Why, in the administrator's words.
    pub reason: Option<String>,
}

impl From<Asked> for JoinRequestView {
    fn from(a: Asked) -> Self {
        Self {
            organization: AskedOrganization { id: a.organization.to_string(), slug: a.slug, name: a.name },
            membership: a.member.to_string(),
            status: if a.status == Status::Removed { "rejected" } else { a.status.word() }.to_owned(),
            asked_at: a.created_at,
            rejected_at: a.rejected_at,
            reason: a.reason,
        }
    }
}

/// Who is here, where the policy limits it: nothing is counted for nothing.
///
/// # Errors
/// [`Stop`].
pub fn seats(conn: &mut Conn<'_>, rules: &Rules, here: OrgId) -> Result<Seats, Stop> {
    match seats::most(rules.policy()) {
        Some(_) => Ok(joins::seats(conn, here)?),
        None => Ok(Seats::default()),
    }
}

/// What a join of `who` rests on; `None` is somebody new.
///
/// # Errors
/// [`Stop`].
pub fn facts(conn: &mut Conn<'_>, rules: &Rules, here: OrgId, who: Option<UserId>) -> Result<Facts, Stop> {
    let mut facts = Facts { seats: seats(conn, rules, here)?, ..Facts::default() };
    if let Some(user) = who {
        facts.here = members::of_identity_here(conn, here, user)?.is_some();
        facts.elsewhere = members::present_elsewhere(conn, user, here)?;
        facts.gone = joins::gone(conn, here, user)?;
    }
    match rules.policy().signup_closed_by_invites {
        SignupClosedByInvites::Never | SignupClosedByInvites::Switch => {}
        SignupClosedByInvites::Implicit => facts.invited_once = invitations::any(conn, here, None)?,
        SignupClosedByInvites::ImplicitLiteral => {
            facts.invited_now = invitations::any(conn, here, Some(guildhall_domain::invitation::State::Pending))?;
        }
    }
    Ok(facts)
}

/// The membership of somebody who comes in by themself, before it is decided how it begins.
pub fn newcomer(tx: &Tx<'_>, rules: &Rules, here: OrgId, who: &Identity, origin: Origin) -> Member {
    Member {
        id: MemberId::new(tx.fresh()),
        organization: here,
        user: Some(who.id),
        kind: MemberKind::Person,
        email: who.email.clone(),
        name: who.name.clone(),
        handle: who.handle.clone(),
        role: rules.policy().role_default.as_str().to_owned(),
        status: Status::Requested,
        origin,
        joined_at: None,
        created_at: tx.now(),
        created_by: None,
        last_active_at: None,
        sessions_from: Timestamp::default(),
        managed: false,
        revision: 0,
    }
}

/// Asks to join. An organization that is unknown, or takes no requests, is not there.
///
/// # Errors
/// `auth.required`, `token.scope_missing`, `not_found`, `rate.limited`, and those of the decision.
pub async fn ask(ctx: &Ctx, name: &str) -> Result<Answer<JoinRequestView>, Stop> {
    guard_whole(ctx)?;
    let user = ctx.caller()?.identity.id;
    ctx.app.limits.accept.take(&address_key(ctx.address), ctx.now.micros() / 1_000).map_err(limited)?;
    let name = name.to_owned();
    ctx.write(move |ctx, tx| {
        tx.take_identity(user)?;
        let found = organization::find(tx, &name)?.ok_or(Code::NotFound)?;
        if !ctx.app.rules(tx, &found)?.policy().join_requests {
            return Err(Code::NotFound.into());
        }
        tx.take_organization(found.id)?.ok_or(Code::NotFound)?;
        let place = organization::by_id(tx, found.id)?.ok_or(Code::NotFound)?;
        let rules = ctx.app.rules(tx, &place)?;
        let who = identity::by_id(tx, user)?.ok_or(Code::AuthInvalid)?;
        let proved = who.email_verified_at.is_some();
        let facts = facts(tx, &rules, place.id, Some(user))?;
        let key = Email::parse(&who.email, "email")?;
        let known = members::by_email(tx, place.id, key.key())?;
        let invited = proved && known.is_some_and(|m| m.status == Status::Invited);
        let member = newcomer(tx, &rules, place.id, &who, Origin::Request);
        let address = Address::of(&who.email, proved);
        tx.apply(approval::ask(&rules, member, address, &facts, invited)?)?;
        latest(ctx, tx, user, place.id)
    })
    .await
}

fn latest(ctx: &Ctx, conn: &mut Conn<'_>, user: UserId, here: OrgId) -> Result<JoinRequestView, Stop> {
    let all = joins::asked_by(conn, user, ctx.now, MOST_SHOWN)?;
    Ok(all.into_iter().find(|a| a.organization == here).ok_or(Code::NotFound)?.into())
}

/// Takes back one's own request to join.
///
/// # Errors
/// `auth.required`, `token.scope_missing`, `not_found`.
pub async fn withdraw(ctx: &Ctx, name: &str) -> Result<Answer<Nothing>, Stop> {
    guard_whole(ctx)?;
    let user = ctx.caller()?.identity.id;
    let name = name.to_owned();
    ctx.write(move |_, tx| {
        let found = organization::find(tx, &name)?.ok_or(Code::NotFound)?;
        // Only somebody who waits here makes its writers queue.
        approval::withdraw(members::of_identity_here(tx, found.id, user)?.as_ref())?;
        tx.take_organization(found.id)?.ok_or(Code::NotFound)?;
        let asked = members::of_identity_here(tx, found.id, user)?;
        tx.apply(approval::withdraw(asked.as_ref())?)?;
        Ok(Nothing {})
    })
    .await
}

/// Where one waits to be let in, and where one was turned away lately.
///
/// # Errors
/// `auth.required`, `token.scope_missing`, `cursor.invalid`.
pub async fn mine(ctx: &Ctx, page: Page<MemberId>) -> Result<List<JoinRequestView>, Stop> {
    guard_whole(ctx)?;
    let user = ctx.caller()?.identity.id;
    ctx.read(move |ctx, conn| {
        let found = joins::asked_by(conn, user, ctx.now.plus_s(-REJECTION_SHOWN_S), MOST_SHOWN)?;
        let mut seen = std::collections::HashSet::new();
        let mut newest: Vec<Asked> = found.into_iter().filter(|a| seen.insert(a.organization)).collect();
        newest.sort_by_key(|a| std::cmp::Reverse(a.member));
        newest.retain(|a| page.after.is_none_or(|after| a.member < after));
        let (shown, last) = cursor::window(&newest, page.limit);
        let next = last.map(|a| a.member.to_string());
        Ok(List { items: shown.iter().cloned().map(Into::into).collect(), next })
    })
    .await
}
