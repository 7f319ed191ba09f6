//! Resources of a tenant: made, listed, sent to other organizations, ended; and what becomes of them in each of those.

use std::sync::Arc;

use guildhall_domain::ids::{OrgId, ResourceId, TenantResourceId};
use guildhall_domain::organization::Organization;
use guildhall_domain::preset::{Preset, Rules};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::tenant::{self as rules_of, Deed, Tenant, TenantResource};
use guildhall_domain::text;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{Page, organization, tenant_resource as shared};
use guildhall_store::{Conn, Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::tenants::{entered, take_organizations, taken};
use super::view::{List, Nothing};
use super::{Answer, Ctx, id};
use crate::http::cursor;

/// Stands for all organizations of a tenant, those to come too.
const ALL: &str = "*";

/// A new resource of a tenant.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTenantResource {
    /// A type of the organizations' presets.
    #[serde(rename = "type")]
    pub kind: String,
    /// For people.
    pub name: String,
    /// Ids or slugs of the organizations it goes to; `["*"]` is all, those to come too.
    #[serde(default)]
    pub organizations: Vec<String>,
}

/// Changes of a tenant's resource; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditTenantResource {
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it goes from now on.
    #[serde(default)]
    pub organizations: Option<Vec<String>>,
}

/// A resource of a tenant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TenantResourceView {
    /// `tnr_…`
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// For people.
    pub name: String,
    /// `org_…` of the organizations it goes to, or `["*"]`.
    pub organizations: Vec<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Revision of its last change, as in its `ETag`.
    pub revision: u64,
}

impl From<&TenantResource> for TenantResourceView {
    fn from(r: &TenantResource) -> Self {
        let all = || vec![ALL.to_owned()];
        Self {
            id: r.id.to_string(),
            kind: r.kind.clone(),
            name: r.name.clone(),
            organizations: r.to.as_ref().map_or_else(all, |named| named.iter().map(ToString::to_string).collect()),
            created_at: r.created_at,
            revision: r.revision,
        }
    }
}

/// An organization of the tenant with its rules.
type Below = (OrgId, Arc<Rules>);

/// Every organization of the tenant, taken.
fn below(ctx: &Ctx, tx: &mut Tx<'_>, tenant: &Tenant) -> Result<Vec<Below>, Stop> {
    let mut all = Vec::new();
    for here in take_organizations(tx, tenant)? {
        if let Some(organization) = organization::by_id(tx, here)? {
            all.push((here, ctx.app.rules_uncached(tx, &organization)?));
        }
    }
    Ok(all)
}

/// The organizations somebody names.
fn named(conn: &mut Conn<'_>, tenant: &Tenant, names: &[String]) -> Result<Option<Vec<OrgId>>, Stop> {
    if names.iter().any(|name| name == ALL) {
        return Ok(None);
    }
    let mut found = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let here = organization::find(conn, name)?.filter(|here| here.tenant == Some(tenant.id));
        let field = format!("organizations[{at}]");
        let unknown = || Refusal::field(field, "field.invalid", "the tenant has no such organization");
        let here = here.ok_or_else(unknown)?.id;
        if !found.contains(&here) {
            found.push(here);
        }
    }
    Ok(Some(found))
}

/// Lets the organizations have what goes to them, and nothing else.
fn spread(ctx: &Ctx, tx: &mut Tx<'_>, all: &[Below], from: &TenantResource, ends: bool) -> Result<(), Stop> {
    for (here, rules) in all {
        let present = shared::in_organization(tx, *here, from.id)?;
        let goes = !ends && from.goes_to(*here);
        let fresh = ResourceId::new(tx.fresh());
        tx.apply(rules_of::in_organization(from, goes, *here, rules.preset(), present.as_ref(), fresh, ctx.now)?)?;
    }
    Ok(())
}

/// Lets a new organization of a tenant have what goes to all.
///
/// # Errors
/// [`Stop`].
pub(super) fn arrive(ctx: &Ctx, tx: &mut Tx<'_>, made: &Organization, preset: &Preset) -> Result<(), Stop> {
    let Some(tenant) = made.tenant else { return Ok(()) };
    for from in shared::list(tx, tenant, &Page { after: None, limit: u32::MAX })? {
        let (goes, fresh) = (from.to.is_none(), ResourceId::new(tx.fresh()));
        tx.apply(rules_of::in_organization(&from, goes, made.id, preset, None, fresh, ctx.now)?)?;
    }
    Ok(())
}

fn load(conn: &mut Conn<'_>, tenant: &Tenant, resource: &str) -> Result<TenantResource, Stop> {
    Ok(shared::by_id(conn, tenant.id, id(resource)?)?.ok_or(Code::NotFound)?)
}

/// Makes one.
///
/// # Errors
/// `not_found`, `access.denied`, `resource.type`, `resource.parent`, refused values.
pub async fn create(ctx: &Ctx, tenant: &str, wanted: NewTenantResource) -> Result<Answer<TenantResourceView>, Stop> {
    let tenant = tenant.to_owned();
    ctx.write(move |ctx, tx| {
        let (found, permit) = taken(ctx, tx, &tenant)?;
        let all = below(ctx, tx, &found)?;
        let presets: Vec<&Preset> = all.iter().map(|(_, rules)| rules.preset()).collect();
        rules_of::guard_known(&wanted.kind, &presets)?;
        let made = TenantResource {
            id: TenantResourceId::new(tx.fresh()),
            tenant: found.id,
            kind: wanted.kind.clone(),
            name: text::name(&wanted.name, "name")?,
            to: named(tx, &found, &wanted.organizations)?,
            created_at: ctx.now,
            revision: 0,
        };
        tx.apply(rules_of::create_resource(permit, &found, made.clone()))?;
        spread(ctx, tx, &all, &made, false)?;
        Ok((&load(tx, &found, &made.id.to_string())?).into())
    })
    .await
}

/// A page of them, oldest first.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn list(ctx: &Ctx, tenant: &str, page: Page<TenantResourceId>) -> Result<List<TenantResourceView>, Stop> {
    let tenant = tenant.to_owned();
    ctx.read(move |ctx, conn| {
        let (found, _, _) = entered(ctx, conn, &tenant, Deed::Run)?;
        let limit = page.limit;
        let all = shared::list(conn, found.id, &Page { limit: limit + 1, ..page })?;
        let (shown, last) = cursor::window(&all, limit);
        Ok(List { items: shown.iter().map(Into::into).collect(), next: last.map(|r| r.id.to_string()) })
    })
    .await
}

/// Renames one, or sends it to other organizations: where it no longer goes, what was granted on it is gone.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, `resource.type`, `resource.parent`, refused values.
pub async fn edit(
    ctx: &Ctx,
    tenant: &str,
    resource: &str,
    wanted: EditTenantResource,
) -> Result<Answer<TenantResourceView>, Stop> {
    let (tenant, resource) = (tenant.to_owned(), resource.to_owned());
    ctx.write(move |ctx, tx| {
        let (found, permit) = taken(ctx, tx, &tenant)?;
        let before = load(tx, &found, &resource)?;
        ctx.guard_seen(before.revision)?;
        let mut after = before.clone();
        if let Some(name) = &wanted.name {
            after.name = text::name(name, "name")?;
        }
        if let Some(names) = &wanted.organizations {
            after.to = named(tx, &found, names)?;
        }
        let all = below(ctx, tx, &found)?;
        tx.apply(rules_of::edit_resource(permit, &found, &before, after.clone()))?;
        spread(ctx, tx, &all, &after, false)?;
        Ok((&load(tx, &found, &resource)?).into())
    })
    .await
}

/// Ends one, wherever it went.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`.
pub async fn delete(ctx: &Ctx, tenant: &str, resource: &str) -> Result<Answer<Nothing>, Stop> {
    let (tenant, resource) = (tenant.to_owned(), resource.to_owned());
    ctx.write(move |ctx, tx| {
        let (found, permit) = taken(ctx, tx, &tenant)?;
        let gone = load(tx, &found, &resource)?;
        ctx.guard_seen(gone.revision)?;
        let all = below(ctx, tx, &found)?;
        spread(ctx, tx, &all, &gone, true)?;
        tx.apply(rules_of::delete_resource(permit, &found, &gone))?;
        Ok(Nothing {})
    })
    .await
}
