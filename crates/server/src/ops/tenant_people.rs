//! The people of a tenant: taken in, given roles, taken out.

use guildhall_domain::identity::Identity;
use guildhall_domain::ids::TenantMemberId;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::tenant::{self as rules_of, Deed, Tenant, TenantMember, TenantRole};
use guildhall_domain::text::Email;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{Page, identity, tenant as tenants};
use guildhall_store::{Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::tenants::{entered, taken};
use super::view::{List, Nothing};
use super::{Answer, Ctx, id, letters};
use crate::http::cursor;

/// Somebody to take into a tenant: by handle, or by an address that counts once it is proved.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTenantMember {
    /// The handle of an account.
    #[serde(default)]
    pub handle: Option<String>,
    /// An address, whether or not it has an account yet.
    #[serde(default)]
    pub email: Option<String>,
    /// `member`, or `owner`.
    #[serde(default)]
    pub role: Option<String>,
}

/// Another role in a tenant.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTenantRole {
    /// `member` or `owner`.
    pub role: String,
}

/// Somebody of a tenant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TenantMemberView {
    /// `tmb_…`
    pub id: String,
    /// How they were named: an address, or `@handle`.
    pub label: String,
    /// `owner` or `member`.
    pub role: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Last request seen in any organization of the tenant, kept roughly.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_active_at: Option<Timestamp>,
}

impl From<&TenantMember> for TenantMemberView {
    fn from(m: &TenantMember) -> Self {
        Self {
            id: m.id.to_string(),
            label: m.label.clone(),
            role: m.role.word().to_owned(),
            created_at: m.created_at,
            last_active_at: m.last_active_at,
        }
    }
}

/// The people of a tenant, oldest first.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn members(ctx: &Ctx, tenant: &str, page: Page<TenantMemberId>) -> Result<List<TenantMemberView>, Stop> {
    let tenant = tenant.to_owned();
    ctx.read(move |ctx, conn| {
        let (found, _, _) = entered(ctx, conn, &tenant, Deed::Run)?;
        let limit = page.limit;
        let people = tenants::members(conn, found.id, &Page { limit: limit + 1, ..page })?;
        let (shown, last) = cursor::window(&people, limit);
        Ok(List { items: shown.iter().map(Into::into).collect(), next: last.map(|m| m.id.to_string()) })
    })
    .await
}

fn role_named(word: &str) -> Result<TenantRole, Refusal> {
    TenantRole::of(word).ok_or_else(|| Refusal::value(Code::RoleUnknown, "role", "`owner` or `member`"))
}

/// Somebody by their handle, the address by which they may be trusted, and how the tenant calls them.
type Named = (Option<Identity>, Option<Email>, String);

/// Takes the identity that a name stands for at this moment, so that it stays theirs until they are in.
fn take_holder(tx: &mut Tx<'_>, wanted: &NewTenantMember) -> Result<(), Stop> {
    let who = match (wanted.handle.as_deref(), wanted.email.as_deref().map(|given| Email::parse(given, "email"))) {
        (Some(handle), None) => identity::by_handle(tx, handle.trim_start_matches('@'))?,
        (None, Some(Ok(email))) => identity::verified(tx, email.key())?,
        _ => None,
    };
    if let Some(who) = who {
        tx.take_identity(who.id)?;
    }
    Ok(())
}

/// How somebody is named: by handle, or by an address, which stands for whoever proved it.
fn named(tx: &mut Tx<'_>, wanted: &NewTenantMember) -> Result<Named, Stop> {
    match (wanted.handle.as_deref(), wanted.email.as_deref()) {
        (Some(handle), None) => {
            let handle = handle.trim_start_matches('@');
            let missing = || Refusal::value(Code::TenantMemberUnknown, "handle", "nobody has that handle");
            let who = identity::by_handle(tx, handle)?.ok_or_else(missing)?;
            let proved = who.email_verified_at.and_then(|_| Email::parse(&who.email, "handle").ok());
            Ok((Some(who), proved, format!("@{handle}")))
        }
        (None, Some(given)) => {
            let email = Email::parse(given, "email")?;
            let label = email.shown().to_owned();
            Ok((identity::verified(tx, email.key())?, Some(email), label))
        }
        _ => Err(Refusal::field("email", "field.missing", "name one person, by `handle` or by `email`").into()),
    }
}

/// Whether a tenant has somebody already, by the same name or another.
fn belongs(tx: &mut Tx<'_>, tenant: &Tenant, who: Option<&Identity>, email: Option<&Email>) -> Result<bool, Stop> {
    match (who, email) {
        (Some(who), _) => Ok(tenants::role(tx, tenant.id, who)?.is_some()),
        (None, Some(email)) => Ok(tenants::names(tx, tenant.id, email.key())?),
        (None, None) => Ok(false),
    }
}

/// Takes somebody into a tenant: whom the name stands for, else whoever proves the address. No answer tells whether an
/// address has an account.
///
/// # Errors
/// `not_found`, `access.denied`, `tenant.member_unknown`, `tenant.member_already`, `tenant.domain`,
/// `tenant.seats`, refused values.
pub async fn add(ctx: &Ctx, tenant: &str, wanted: NewTenantMember) -> Result<Answer<TenantMemberView>, Stop> {
    let tenant = tenant.to_owned();
    ctx.write(move |ctx, tx| {
        // An identity is taken before a tenant, and no stranger takes one.
        entered(ctx, tx, &tenant, Deed::Run)?;
        take_holder(tx, &wanted)?;
        let (found, permit) = taken(ctx, tx, &tenant)?;
        let role = wanted.role.as_deref().map_or(Ok(TenantRole::Member), role_named)?;
        let (who, email, label) = named(tx, &wanted)?;
        let already = belongs(tx, &found, who.as_ref(), email.as_ref())?;
        let people = tenants::count(tx, found.id)?;
        let member = TenantMember {
            tenant: found.id,
            id: TenantMemberId::new(tx.fresh()),
            user: who.map(|who| who.id),
            label,
            role,
            created_at: ctx.now,
            last_active_at: None,
        };
        let view = TenantMemberView::from(&member);
        tx.apply(rules_of::add(permit, &found, member, email.as_ref(), already, people)?)?;
        if let Some(step) = rules_of::seat_step(&found.settings, people) {
            let owners = tenants::owners(tx, found.id)?;
            let mail = letters::tenant_people(ctx, tx, &found, step, &owners);
            tx.apply(mail)?;
        }
        Ok(view)
    })
    .await
}

/// What an address names in tenants stays with whoever proved it as they take another one. The identity was taken.
///
/// # Errors
/// [`Stop::Failed`].
pub(super) fn keep_named(tx: &mut Tx<'_>, who: &Identity) -> Result<(), Stop> {
    for place in tenants::named(tx, who)? {
        tx.take_tenant(place.tenant)?;
        let there = tenants::by_id(tx, place.tenant)?.zip(tenants::member_by_id(tx, place.tenant, place.id)?);
        let Some((tenant, place)) = there else { continue };
        let own = tenants::places(tx, who.id)?.into_iter().find(|own| own.tenant == tenant.id);
        tx.apply(rules_of::keep(who.id, rules_of::Named { tenant, place, own }))?;
    }
    Ok(())
}

fn somebody(tx: &mut Tx<'_>, tenant: &Tenant, member: &str) -> Result<TenantMember, Stop> {
    Ok(tenants::member_by_id(tx, tenant.id, id(member)?)?.ok_or(Code::NotFound)?)
}

/// Gives somebody another role in a tenant.
///
/// # Errors
/// `not_found`, `access.denied`, `role.unknown`, `tenant.last_owner`.
pub async fn change_role(
    ctx: &Ctx,
    tenant: &str,
    member: &str,
    wanted: NewTenantRole,
) -> Result<Answer<TenantMemberView>, Stop> {
    let (tenant, member) = (tenant.to_owned(), member.to_owned());
    ctx.write(move |ctx, tx| {
        let (found, permit) = taken(ctx, tx, &tenant)?;
        let who = somebody(tx, &found, &member)?;
        let role = role_named(&wanted.role)?;
        let other = tenants::other_owner(tx, &who)?;
        tx.apply(rules_of::change_role(permit, &found, &who, role, other)?)?;
        Ok((&somebody(tx, &found, &member)?).into())
    })
    .await
}

/// Takes somebody out of a tenant; their memberships of its organizations stay.
///
/// # Errors
/// `not_found`, `access.denied`, `tenant.last_owner`.
pub async fn remove(ctx: &Ctx, tenant: &str, member: &str) -> Result<Answer<Nothing>, Stop> {
    let (tenant, member) = (tenant.to_owned(), member.to_owned());
    ctx.write(move |ctx, tx| {
        let (found, permit) = taken(ctx, tx, &tenant)?;
        let who = somebody(tx, &found, &member)?;
        let other = tenants::other_owner(tx, &who)?;
        tx.apply(rules_of::remove(permit, &found, &who, other)?)?;
        Ok(Nothing {})
    })
    .await
}
