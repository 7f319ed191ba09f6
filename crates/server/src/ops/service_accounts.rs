//! Service accounts: made, listed, shown, changed, deleted. Their tokens are in `service_tokens`.

use std::collections::BTreeMap;

use guildhall_domain::access::Permit;
use guildhall_domain::action::Action;
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{MemberId, ServiceAccountId, UserId};
use guildhall_domain::member::{Member, MemberKind, Origin, Status};
use guildhall_domain::ownership;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::service_account::{self as rules_of, ServiceAccount, ServiceAccountEdit};
use guildhall_domain::text;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{Page, joining, member as members, service_account as accounts};
use guildhall_store::{Conn, Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::departures::{self, Handover};
use super::removal_plan::{self, OwnedThing};
use super::resource_shapes::OwnerView;
use super::view::{List, Nothing};
use super::{Answer, Ctx, Place, id};
use crate::http::cursor;

/// A new service account.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewServiceAccount {
    /// Its name, 1 to 100 characters; it stays.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// `mem_…` of the person who answers for it; left out: whoever makes it.
    #[serde(default)]
    pub owner: Option<String>,
    /// Slug or id of its role, at most one's own; left out: the role of whoever joins.
    #[serde(default)]
    pub role: Option<String>,
}

/// Changes of a service account; what is left out stays. Its name does.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditServiceAccount {
    /// The new description.
    #[serde(default)]
    pub description: Option<String>,
    /// `mem_…` of the new owner.
    #[serde(default)]
    pub owner: Option<String>,
    /// Slug or id of the new role.
    #[serde(default)]
    pub role: Option<String>,
}

/// What deleting a service account takes.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteServiceAccount {
    /// Its name, typed.
    pub confirm: String,
    /// `mem_…` of who gets everything it owns that `transfers` does not name.
    #[serde(default)]
    pub transfer_to: Option<String>,
    /// Resource to member: `res_…` to `mem_…`, or to `null` for the organization.
    #[serde(default)]
    pub transfers: BTreeMap<String, Option<String>>,
}

/// One service account.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ServiceAccountView {
    /// `svc_…`
    pub id: String,
    /// `mem_…` of its membership.
    pub member: String,
    /// Its name.
    pub name: String,
    /// What it is for, perhaps empty.
    pub description: String,
    /// Who answers for it; `null` once they are gone.
    pub owner: Option<OwnerView>,
    /// Slug of its role.
    pub role: String,
    /// `active` or `deactivated`.
    pub status: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Last request seen with any of its tokens, kept roughly; `null` until first used.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
    /// Revision of its last change, as in its `ETag`.
    pub revision: u64,
}

fn view(account: &ServiceAccount, owners: &[Member]) -> ServiceAccountView {
    let owner = owners.iter().find(|m| Some(m.id) == account.owner);
    let m = &account.member;
    ServiceAccountView {
        id: account.id().to_string(),
        member: m.id.to_string(),
        name: m.name.clone(),
        description: account.description.clone(),
        owner: owner.map(|o| OwnerView { id: o.id.to_string(), email: o.email.clone(), name: o.name.clone() }),
        role: m.role.clone(),
        status: m.status.word().to_owned(),
        created_at: m.created_at,
        last_used_at: m.last_active_at,
        revision: m.revision,
    }
}

fn views(conn: &mut Conn<'_>, place: &Place, found: &[ServiceAccount]) -> Result<Vec<ServiceAccountView>, Stop> {
    let ids: Vec<MemberId> = found.iter().filter_map(|a| a.owner).collect();
    let owners = members::some(conn, place.organization.id, &ids)?;
    Ok(found.iter().map(|account| view(account, &owners)).collect())
}

fn shown(conn: &mut Conn<'_>, place: &Place, account: &str) -> Result<ServiceAccountView, Stop> {
    let found = load(conn, place, account)?;
    Ok(views(conn, place, &[found])?.pop().ok_or(Code::NotFound)?)
}

/// A service account of the path.
///
/// # Errors
/// `not_found`.
pub(super) fn load(conn: &mut Conn<'_>, place: &Place, account: &str) -> Result<ServiceAccount, Stop> {
    let wanted: ServiceAccountId = id(account)?;
    Ok(accounts::by_id(conn, place.organization.id, wanted)?.ok_or(Code::NotFound)?)
}

/// The member somebody named as owner.
fn owner_named(conn: &mut Conn<'_>, place: &Place, named: &str) -> Result<Member, Stop> {
    let wanted = named.parse::<MemberId>().ok();
    let found = wanted.map(|id| members::by_id(conn, place.organization.id, id)).transpose()?.flatten();
    let strange = || Refusal::value(Code::ServiceAccountOwner, "owner", format!("no member `{named}` here"));
    Ok(found.ok_or_else(strange)?)
}

fn described(text: Option<&str>) -> Result<String, Refusal> {
    match text.map(str::trim).filter(|t| !t.is_empty()) {
        Some(given) => text::name(given, "description"),
        None => Ok(String::new()),
    }
}

/// Makes a service account; what it holds comes later.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn create(
    ctx: &Ctx,
    organization: &str,
    wanted: NewServiceAccount,
) -> Result<Answer<ServiceAccountView>, Stop> {
    let organization = organization.to_owned();
    let name = text::short_name(&wanted.name, "name")?;
    let description = described(wanted.description.as_deref())?;
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::ServiceAccountManage)?;
        let owner = match &wanted.owner {
            Some(named) => Some(owner_named(tx, &place, named)?),
            // A program answers for nothing.
            None => ownership::of_maker(place.me()?).filter(|me| me.kind == MemberKind::Person).cloned(),
        };
        let role = wanted.role.as_deref().unwrap_or_else(|| place.rules.policy().role_default.as_str());
        let role = place.role_slug("organization", role);
        let (account, identity) = draft(ctx, tx, &place, (&name, &description), role, owner.as_ref());
        let made = account.id().to_string();
        let seats = joining::seats(tx, place.organization.id)?;
        tx.apply(rules_of::create(&permit, &place.rules, account, identity, owner.as_ref(), seats)?)?;
        shown(tx, &place, &made)
    })
    .await
}

fn draft(
    ctx: &Ctx,
    tx: &Tx<'_>,
    place: &Place,
    (name, description): (&str, &str),
    role: String,
    owner: Option<&Member>,
) -> (ServiceAccount, Identity) {
    let bits = tx.fresh();
    let identity = Identity {
        id: UserId::new(bits),
        email: String::new(),
        email_verified_at: None,
        name: name.to_owned(),
        handle: None,
        administrator: false,
        valid_from: Timestamp::default(),
        revision: 1,
        created_at: ctx.now,
    };
    let member = Member {
        id: MemberId::new(bits),
        organization: place.organization.id,
        user: Some(identity.id),
        kind: MemberKind::ServiceAccount,
        email: String::new(),
        name: name.to_owned(),
        handle: None,
        role,
        status: Status::Active,
        origin: Origin::Direct,
        joined_at: Some(ctx.now),
        created_at: ctx.now,
        created_by: place.standing.member.as_ref().map(|me| me.id),
        last_active_at: None,
        sessions_from: Timestamp::default(),
        managed: false,
        revision: 0,
    };
    (ServiceAccount { member, description: description.to_owned(), owner: owner.map(|m| m.id) }, identity)
}

/// A page of service accounts, newest first.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn list(
    ctx: &Ctx,
    organization: &str,
    page: Page<ServiceAccountId>,
) -> Result<List<ServiceAccountView>, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::ServiceAccountManage)?;
        let limit = page.limit;
        let found = accounts::list(conn, place.organization.id, &Page { limit: limit + 1, ..page })?;
        let (window, last) = cursor::window(&found, limit);
        let next = last.map(|a| a.id().to_string());
        Ok(List { items: views(conn, &place, window)?, next })
    })
    .await
}

/// One service account.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn get(ctx: &Ctx, organization: &str, account: &str) -> Result<ServiceAccountView, Stop> {
    let (organization, account) = (organization.to_owned(), account.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::ServiceAccountManage)?;
        shown(conn, &place, &account)
    })
    .await
}

/// The place, leave to manage service accounts, and one of them, for a write.
pub(super) fn taken(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    organization: &str,
    account: &str,
) -> Result<(Place, Permit, ServiceAccount), Stop> {
    let place = ctx.take_place(tx, organization)?;
    let permit = place.permit(Action::ServiceAccountManage)?;
    let found = load(tx, &place, account)?;
    Ok((place, permit, found))
}

/// Describes a service account, hands it to another owner, gives it another role.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, and those of the decision.
pub async fn edit(
    ctx: &Ctx,
    organization: &str,
    account: &str,
    wanted: EditServiceAccount,
) -> Result<Answer<ServiceAccountView>, Stop> {
    let (organization, account) = (organization.to_owned(), account.to_owned());
    let description = wanted.description.as_deref().map(|text| described(Some(text))).transpose()?;
    ctx.write(move |ctx, tx| {
        let (place, permit, found) = taken(ctx, tx, &organization, &account)?;
        ctx.guard_seen(found.member.revision)?;
        let owner = wanted.owner.as_deref().map(|named| owner_named(tx, &place, named)).transpose()?;
        let around = members::surroundings(tx, &found.member, &place.rules.preset().top_role().slug)?;
        let role = wanted.role.as_deref().map(|role| place.role_slug("organization", role));
        let edit =
            ServiceAccountEdit { description: description.clone(), owner: owner.as_ref(), role: role.as_deref() };
        tx.apply(rules_of::edit(&permit, &place.rules, &found, around, edit)?)?;
        shown(tx, &place, &account)
    })
    .await
}

/// What a service account owns, for whoever may delete it.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn owned(ctx: &Ctx, organization: &str, account: &str) -> Result<Vec<OwnedThing>, Stop> {
    let (organization, account) = (organization.to_owned(), account.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::ServiceAccountManage)?;
        let found = load(conn, &place, &account)?;
        Ok(removal_plan::owns(&place, &departures::owned_estate(conn, &found.member)?))
    })
    .await
}

/// Deletes a service account with its tokens; `confirm` must be its name. What it owns goes as what people own.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, and those of the decision.
pub async fn delete(
    ctx: &Ctx,
    organization: &str,
    account: &str,
    wanted: DeleteServiceAccount,
) -> Result<Answer<Nothing>, Stop> {
    let (organization, account) = (organization.to_owned(), account.to_owned());
    let DeleteServiceAccount { confirm, transfer_to, transfers } = wanted;
    let said = Handover { transfer_to, transfers };
    ctx.write(move |ctx, tx| {
        let (place, permit, found) = taken(ctx, tx, &organization, &account)?;
        ctx.guard_seen(found.member.revision)?;
        let estate = departures::estate(ctx, tx, &place, &found.member, &said)?;
        tx.apply(rules_of::delete(&permit, &place.rules, &found, &estate, &confirm)?)?;
        Ok(Nothing {})
    })
    .await
}
