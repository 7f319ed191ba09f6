//! Deleting one's own identity: every membership ends in one transaction, and what was known about
//! the person is erased.

use std::collections::BTreeSet;

use guildhall_domain::departure::{self as rules_of, Ending, TenantPlaces};
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::UserId;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::tenant::TenantMember;
use guildhall_store::read::{identity, member as members, organization, tenant as tenants};
use guildhall_store::{Conn, Stop};
use serde::Deserialize;
use utoipa::ToSchema;

use super::departures::owned_estate;
use super::identities::guard_whole;
use super::sessions::{limited, password_stop};
use super::view::Nothing;
use super::{Answer, Ctx};
use crate::security::secret::Secret;

/// What deleting oneself takes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Farewell {
    /// One's own handle or address, typed.
    pub confirm: String,
    /// The password, when the account has one.
    #[serde(default)]
    pub password: Option<String>,
}

/// Refuses whoever cannot show the password of the account.
async fn guard_password(ctx: &Ctx, user: UserId, given: Option<String>) -> Result<(), Stop> {
    let Some(stored) = ctx.read(move |_, conn| Ok(identity::password(conn, user)?)).await? else { return Ok(()) };
    let given =
        given.ok_or_else(|| Refusal::field("password", "field.missing", "must be given: the account has one"))?;
    let (account, now_ms) = (user.to_string(), ctx.now.micros() / 1_000);
    ctx.app.limits.may_sign_in(&account, ctx.address, now_ms).map_err(limited)?;
    if !ctx.app.passwords.verify(Secret::new(given), Some(stored)).await.map_err(password_stop)? {
        ctx.app.limits.sign_in_failed(&account, ctx.address, now_ms);
        return Err(Code::PasswordWrong.into());
    }
    Ok(())
}

/// Every membership of somebody in a present organization, with what its end rests on.
fn endings(ctx: &Ctx, conn: &mut Conn<'_>, user: UserId) -> Result<Vec<Ending>, Stop> {
    let mut endings = Vec::new();
    for member in members::of_identity(conn, user)? {
        let Some(organization) = organization::by_id(conn, member.organization)? else { continue };
        let rules = ctx.app.rules(conn, &organization)?;
        let around = members::surroundings(conn, &member, &rules.preset().top_role().slug)?;
        let estate = owned_estate(conn, &member)?;
        endings.push(Ending { organization, rules, member, around, estate });
    }
    Ok(endings)
}

/// Their places in tenants: by identity, and those that the address they proved names.
fn all_places(conn: &mut Conn<'_>, who: &Identity) -> Result<Vec<TenantMember>, Stop> {
    let mut places = tenants::places(conn, who.id)?;
    places.extend(tenants::named(conn, who)?);
    Ok(places)
}

/// Where somebody stands in tenants.
fn tenant_places(conn: &mut Conn<'_>, who: &Identity) -> Result<TenantPlaces, Stop> {
    let mut places = Vec::new();
    for member in all_places(conn, who)? {
        places.extend(tenants::by_id(conn, member.tenant)?.map(|tenant| (tenant, member)));
    }
    Ok(TenantPlaces { places, alone: tenants::owned_alone(conn, who)? })
}

/// What the page that asks shows.
#[derive(Clone, Debug)]
pub struct Before {
    /// Why it would be refused now, if it would.
    pub refusal: Option<Refusal>,
    /// What has to be typed.
    pub confirm: String,
    /// Whether the account has a password to show.
    pub has_password: bool,
}

/// What deleting the caller's identity meets, without deleting it.
///
/// # Errors
/// `auth.required`, `token.scope_missing`.
pub async fn before(ctx: &Ctx) -> Result<Before, Stop> {
    guard_whole(ctx)?;
    let user = ctx.caller()?.identity.id;
    ctx.read(move |ctx, conn| {
        let who = identity::by_id(conn, user)?.ok_or(Code::AuthInvalid)?;
        let confirm = who.handle.clone().unwrap_or_else(|| who.email.clone());
        let endings = endings(ctx, conn, user)?;
        let tenants = tenant_places(conn, &who)?;
        let refusal = rules_of::delete_identity(&who, &confirm, &endings, &tenants).err();
        Ok(Before { refusal, confirm, has_password: identity::password(conn, user)?.is_some() })
    })
    .await
}

/// Deletes the caller's own identity.
///
/// # Errors
/// `auth.required`, `token.scope_missing`, `password.wrong`, `rate.limited`, and those of the
/// decision.
pub async fn delete_me(ctx: &Ctx, wanted: Farewell) -> Result<Answer<Nothing>, Stop> {
    guard_whole(ctx)?;
    let user = ctx.caller()?.identity.id;
    guard_password(ctx, user, wanted.password).await?;
    let typed = wanted.confirm;
    ctx.write(move |ctx, tx| {
        tx.take_identity(user)?.ok_or(Code::AuthInvalid)?;
        let who = identity::by_id(tx, user)?.ok_or(Code::AuthInvalid)?;
        // In the order of their ids, as everybody takes several; whoever changes where the person
        // belongs takes the identity first, so these are all.
        for present in members::of_identity(tx, user)? {
            tx.take_organization(present.organization)?;
        }
        let places = all_places(tx, &who)?;
        for tenant in places.iter().map(|place| place.tenant).collect::<BTreeSet<_>>() {
            tx.take_tenant(tenant)?;
        }
        let endings = endings(ctx, tx, user)?;
        let tenants = tenant_places(tx, &who)?;
        tx.apply(rules_of::delete_identity(&who, &typed, &endings, &tenants)?)?;
        Ok(Nothing {})
    })
    .await
}
