//! Tenants: made, listed, renamed, tuned; their organizations and their trail. Who belongs to one is
//! in `tenant_people`.

use std::sync::Arc;

use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{OrgId, TenantId, TenantMemberId};
use guildhall_domain::member::Member;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::tenant::{self as rules_of, Deed, Settings, Tenant, TenantPermit, TenantRole};
use guildhall_domain::text;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{Page, audit, tenant as tenants};
use guildhall_store::{Conn, Stop, Tx};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::audit::AuditQuery;
use super::identities::guard_whole;
use super::view::{EventView, List, Nothing, OrganizationView};
use super::{Answer, Ctx, Place};
use crate::http::cursor;
use crate::memory::Head;
use crate::memory::people::Belongs;

/// A new tenant.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTenant {
    /// Its name.
    pub name: String,
    /// Its slug; made from the name when left out.
    #[serde(default)]
    pub slug: Option<String>,
}

/// A new name for a tenant.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameTenant {
    /// The new name.
    pub name: String,
}

/// One tenant, as everybody in it sees it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TenantView {
    /// `tnt_…`
    pub id: String,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What you are in it: `owner` or `member`.
    pub role: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Revision of its last change, as in its `ETag`.
    pub revision: u64,
}

impl TenantView {
    fn of(t: &Tenant, role: TenantRole) -> Self {
        Self {
            id: t.id.to_string(),
            slug: t.slug.clone(),
            name: t.name.clone(),
            role: role.word().to_owned(),
            created_at: t.created_at,
            revision: t.revision,
        }
    }
}

/// What a tenant lays over its organizations.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TenantSettingsView {
    /// Values by name.
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
    /// How many people the tenant has.
    pub people: u64,
    /// Revision of the tenant's last change, as in the `ETag`.
    pub revision: u64,
}

/// Who asks, with a credential that reaches beyond one organization.
pub(super) fn person(ctx: &Ctx) -> Result<Identity, Refusal> {
    guard_whole(ctx)?;
    Ok(ctx.caller()?.identity.clone())
}

/// The tenant with what the caller is in it, and leave to do `deed`.
pub(super) fn entered(
    ctx: &Ctx,
    conn: &mut Conn<'_>,
    name: &str,
    deed: Deed,
) -> Result<(Tenant, TenantRole, TenantPermit), Stop> {
    let who = person(ctx)?;
    let found = tenants::find(conn, name)?.ok_or(Code::NotFound)?;
    let role = tenants::role(conn, found.id, &who)?;
    let permit = rules_of::authorize(role, deed)?;
    if ctx.caller()?.issued_at() < found.valid_from {
        return Err(Code::AuthInvalid.into());
    }
    Ok((found, role.ok_or(Code::NotFound)?, permit))
}

/// The same for a write by an owner: the tenant is taken first.
pub(super) fn taken(ctx: &Ctx, tx: &mut Tx<'_>, name: &str) -> Result<(Tenant, TenantPermit), Stop> {
    person(ctx)?;
    let found = tenants::find(tx, name)?.ok_or(Code::NotFound)?;
    tx.take_tenant(found.id)?;
    let (tenant, _, permit) = entered(ctx, tx, name, Deed::Run)?;
    Ok((tenant, permit))
}

fn free_slug(tx: &mut Tx<'_>, name: &str, id: TenantId) -> Result<String, Stop> {
    let base = text::slug_from(name).unwrap_or_else(|| "tenant".to_owned());
    Ok(match tenants::find(tx, &base)? {
        None => base,
        Some(_) => id.to_string().replace('_', "-"),
    })
}

/// Makes a tenant; the caller owns it.
///
/// # Errors
/// `auth.required`, `tenant.create_denied`, `tenant.slug_taken`, refused values.
pub async fn create(ctx: &Ctx, wanted: NewTenant) -> Result<Answer<TenantView>, Stop> {
    let who = person(ctx)?;
    ctx.write(move |ctx, tx| {
        let name = text::name(&wanted.name, "name")?;
        let id = TenantId::new(tx.fresh());
        let (slug, slug_taken) = match wanted.slug.as_deref() {
            Some(given) => {
                let given = text::slug(given, "slug")?;
                let taken = tenants::find(tx, &given)?.is_some();
                (given, taken)
            }
            None => (free_slug(tx, &name, id)?, false),
        };
        let made = Tenant {
            id,
            slug,
            name,
            settings: Settings::default(),
            valid_from: Timestamp::default(),
            revision: 1,
            created_at: ctx.now,
        };
        let view = TenantView::of(&made, TenantRole::Owner);
        tx.apply(rules_of::create(&who, made, TenantMemberId::new(tx.fresh()), slug_taken)?)?;
        Ok(view)
    })
    .await
}

/// The tenants the caller belongs to.
///
/// # Errors
/// `auth.required`.
pub async fn list(ctx: &Ctx, page: Page<TenantId>) -> Result<List<TenantView>, Stop> {
    let who = person(ctx)?;
    ctx.read(move |_, conn| {
        let limit = page.limit;
        let found = tenants::of_person(conn, &who, &Page { limit: limit + 1, ..page })?;
        let (shown, last) = cursor::window(&found, limit);
        let items = shown.iter().map(|(role, t)| TenantView::of(t, *role)).collect();
        Ok(List { items, next: last.map(|(_, t)| t.id.to_string()) })
    })
    .await
}

/// One tenant.
///
/// # Errors
/// `not_found`.
pub async fn get(ctx: &Ctx, tenant: &str) -> Result<TenantView, Stop> {
    let tenant = tenant.to_owned();
    ctx.read(move |ctx, conn| {
        let (found, role, _) = entered(ctx, conn, &tenant, Deed::See)?;
        Ok(TenantView::of(&found, role))
    })
    .await
}

/// Renames a tenant.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, refused values.
pub async fn rename(ctx: &Ctx, tenant: &str, wanted: RenameTenant) -> Result<Answer<TenantView>, Stop> {
    let tenant = tenant.to_owned();
    ctx.write(move |ctx, tx| {
        let (found, permit) = taken(ctx, tx, &tenant)?;
        ctx.guard_seen(found.revision)?;
        tx.apply(rules_of::rename(permit, &found, text::name(&wanted.name, "name")?))?;
        let after = tenants::by_id(tx, found.id)?.ok_or(Code::NotFound)?;
        Ok(TenantView::of(&after, TenantRole::Owner))
    })
    .await
}

fn written(settings: &Settings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn settings_view(conn: &mut Conn<'_>, tenant: &Tenant) -> Result<TenantSettingsView, Stop> {
    let people = tenants::count(conn, tenant.id)?;
    Ok(TenantSettingsView { settings: written(&tenant.settings), people, revision: tenant.revision })
}

/// Takes every organization of a tenant, in the order of their ids, as everybody who takes several.
pub(super) fn take_organizations(tx: &mut Tx<'_>, tenant: &Tenant) -> Result<Vec<OrgId>, Stop> {
    let mut taken = Vec::new();
    for one in tenants::organizations(tx, tenant.id, &Page { after: None, limit: u32::MAX })? {
        taken.extend(tx.take_organization(one.id)?.map(|_| one.id));
    }
    Ok(taken)
}

/// The settings of a tenant, for its owners.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn settings(ctx: &Ctx, tenant: &str) -> Result<TenantSettingsView, Stop> {
    let tenant = tenant.to_owned();
    ctx.read(move |ctx, conn| {
        let (found, _, _) = entered(ctx, conn, &tenant, Deed::Run)?;
        settings_view(conn, &found)
    })
    .await
}

/// Changes settings, all or none; what is left out stays.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, refused values.
pub async fn change_settings(
    ctx: &Ctx,
    tenant: &str,
    wanted: Map<String, Value>,
) -> Result<Answer<TenantSettingsView>, Stop> {
    let tenant = tenant.to_owned();
    ctx.write(move |ctx, tx| {
        let (found, permit) = taken(ctx, tx, &tenant)?;
        ctx.guard_seen(found.revision)?;
        let mut after = written(&found.settings);
        for (name, value) in &wanted {
            if !after.contains_key(name) {
                let known: Vec<&str> = after.keys().map(String::as_str).collect();
                let why = format!("there is no such setting; known: {}", known.join(", "));
                return Err(Refusal::field(name, "field.unknown", why).into());
            }
            after.insert(name.clone(), value.clone());
            // One at a time, so that the refusal names the one that does not fit.
            if let Err(error) = serde_json::from_value::<Settings>(Value::Object(after.clone())) {
                return Err(Refusal::field(name, "field.wrong_type", error.to_string()).into());
            }
        }
        let after: Settings = serde_json::from_value(Value::Object(after))
            .map_err(|error| Refusal::field("body", "field.wrong_type", error.to_string()))?;
        let after = after.checked()?;
        if after.sign_in_methods != found.settings.sign_in_methods {
            after.guard_way_back(ctx.caller()?.method())?;
        }
        // What holds below changes with it: each organization moves on, so that nobody goes by rules of before.
        take_organizations(tx, &found)?;
        tx.apply(rules_of::change_settings(permit, &found, after))?;
        let after = tenants::by_id(tx, found.id)?.ok_or(Code::NotFound)?;
        settings_view(tx, &after)
    })
    .await
}

/// The organizations of a tenant.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn organizations(ctx: &Ctx, tenant: &str, page: Page<OrgId>) -> Result<List<OrganizationView>, Stop> {
    let tenant = tenant.to_owned();
    ctx.read(move |ctx, conn| {
        let (found, _, _) = entered(ctx, conn, &tenant, Deed::Run)?;
        let limit = page.limit;
        let all = tenants::organizations(conn, found.id, &Page { limit: limit + 1, ..page })?;
        let (shown, last) = cursor::window(&all, limit);
        Ok(List { items: shown.iter().map(Into::into).collect(), next: last.map(|o| o.id.to_string()) })
    })
    .await
}

/// Makes every session and token issued up to now invalid for the tenant and in each of its
/// organizations.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn reset_authentication(ctx: &Ctx, tenant: &str) -> Result<Answer<Nothing>, Stop> {
    let tenant = tenant.to_owned();
    ctx.write(move |ctx, tx| {
        let (found, permit) = taken(ctx, tx, &tenant)?;
        let organizations = take_organizations(tx, &found)?;
        tx.apply(rules_of::reset_authentication(permit, &found, &organizations, ctx.now))?;
        Ok(Nothing {})
    })
    .await
}

/// The audit trail of a tenant, newest first.
///
/// # Errors
/// `not_found`, `access.denied`, `cursor.invalid`, refused values.
pub async fn trail(ctx: &Ctx, tenant: &str, query: AuditQuery) -> Result<List<EventView>, Stop> {
    let (filter, page) = query.page()?;
    let tenant = tenant.to_owned();
    ctx.read(move |ctx, conn| {
        let (found, _, _) = entered(ctx, conn, &tenant, Deed::Run)?;
        let limit = page.limit;
        let all = audit::list(conn, found.trail(), &filter, &Page { limit: limit + 1, ..page })?;
        Ok(super::audit::listed(all, limit))
    })
    .await
}

/// What the tenant of a place lays over it; the defaults where there is none.
///
/// # Errors
/// [`Stop::Failed`].
pub(super) fn settings_above(conn: &mut Conn<'_>, place: &Place) -> Result<Settings, Stop> {
    let above = place.organization.tenant.map(|id| tenants::by_id(conn, id)).transpose()?.flatten();
    Ok(above.map(|tenant| tenant.settings).unwrap_or_default())
}

/// How the caller stands in an organization of a tenant, whose settings hold for everybody there.
///
/// # Errors
/// `auth.method`, `tenant.personal_off`.
pub(super) fn standing(
    ctx: &Ctx,
    head: &Head,
    belongs: &Belongs,
    member: Option<Arc<Member>>,
) -> Result<Option<Arc<Member>>, Refusal> {
    let (Some(tenant), Some(settings)) = (head.organization.tenant, &head.above) else { return Ok(member) };
    let caller = ctx.caller()?;
    let (here, top) = (head.organization.id, &head.rules.preset().top_role().slug);
    let member = match belongs.role_in(tenant) {
        None => member,
        role => {
            let member = member.map(Arc::unwrap_or_clone);
            rules_of::standing(role, &caller.identity, here, top, member).map(Arc::new)
        }
    };
    let Some(member) = member else { return Ok(None) };
    settings.guard_personal(head.rules.policy().organization_personal)?;
    if let Some(method) = caller.method() {
        settings.guard_method(method)?;
    }
    Ok(Some(member))
}
