//! Organizations: made, listed, renamed, tuned, ended.

use std::sync::Arc;

use guildhall_domain::action::Action;
use guildhall_domain::change::Naming;
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{MemberId, OrgId};
use guildhall_domain::joining::{Address, Facts, Way, guard_join};
use guildhall_domain::member::Status;
use guildhall_domain::organization::{self as rules_of, Organization};
use guildhall_domain::policy::{Knob, OrganizationCreators, Policy};
use guildhall_domain::preset::{self, Preset, Rules};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::tenant::{Deed, Tenant};
use guildhall_domain::time::Timestamp;
use guildhall_domain::{approval, text};
use guildhall_store::read::{Page, identity, member as members, organization, tenant};
use guildhall_store::{Conn, Stop, Tx};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::view::{List, Nothing, OrganizationView};
use super::{Answer, Caller, Ctx, approvals, lock_out, tenant_resources, tenants};

/// A new organization.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganization {
    /// Its name.
    pub name: String,
    /// Its slug; made from the name when left out.
    #[serde(default)]
    pub slug: Option<String>,
    /// Its preset; `standard` when left out.
    #[serde(default)]
    pub preset: Option<String>,
    /// The tenant it belongs to, by id or slug; for owners of that.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Whether it is to be your own: nobody else comes in, and nothing in it is shared. Everybody may have one,
    /// also of a tenant that one only is a member of, where that lets its people have them.
    #[serde(default)]
    pub personal: bool,
}

/// New names; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Renaming {
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// The new slug.
    #[serde(default)]
    pub slug: Option<String>,
}

/// One setting of the policy.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct KnobView {
    /// Dotted name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// What it does.
    pub sentence: String,
    /// What it takes.
    pub allowed: String,
    /// Whether an administrator may change it.
    pub open: bool,
    /// Whether it differs from the preset.
    pub changed: bool,
}

/// The policy of an organization.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PolicyView {
    /// Values by dotted name.
    pub policy: Map<String, Value>,
    /// Each setting with what it does.
    pub settings: Vec<KnobView>,
    /// Revision of the organization's last change, as in the `ETag`.
    pub revision: u64,
}

/// A preset by its name.
///
/// # Errors
/// `preset.unknown`.
pub fn preset_named(name: &str) -> Result<Arc<Preset>, Refusal> {
    preset::built_in(name).ok_or_else(|| {
        let known: Vec<_> = preset::all_built_in().iter().map(|p| p.name.clone()).collect();
        Refusal::value(Code::PresetUnknown, "preset", format!("no preset `{name}`; there are {}", known.join(", ")))
    })
}

/// A new organization's record, with a slug nobody has.
///
/// # Errors
/// Refused values, `organization.slug_taken`.
pub fn draft(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    name: &str,
    slug: Option<&str>,
    preset: &Preset,
) -> Result<Organization, Stop> {
    let name = text::name(name, "name")?;
    let id = OrgId::new(tx.fresh());
    let slug = match slug {
        Some(given) => {
            let given = text::slug(given, "slug")?;
            if slug_taken(tx, &given)? {
                return Err(Code::SlugTaken.into());
            }
            given
        }
        None => free_slug(tx, &name, id)?,
    };
    Ok(Organization {
        id,
        slug,
        name,
        preset: preset.name.clone(),
        preset_version: preset.version,
        preset_text: preset.text.clone(),
        policy: Map::new(),
        valid_from: Timestamp::default(),
        revision: 1,
        created_at: ctx.now,
        tenant: None,
    })
}

/// Organizations and people share one space of short names (TP-19).
fn slug_taken(tx: &mut Tx<'_>, slug: &str) -> Result<bool, Stop> {
    Ok(organization::find(tx, slug)?.is_some() || identity::by_handle(tx, slug)?.is_some())
}

/// A name that the policy takes. Where names are unique, whoever looks waits for whoever looked before.
fn free_name(tx: &mut Tx<'_>, policy: &Policy, given: &str, own: Option<OrgId>) -> Result<String, Stop> {
    let name = text::name(given, "name")?;
    let taken = policy.organization_name_unique && {
        tx.take_instance()?;
        organization::name_taken(tx, &name, own.unwrap_or(OrgId::new(uuid::Uuid::nil())))?
    };
    rules_of::guard_name(policy, &name, taken)?;
    Ok(name)
}

pub(super) fn free_slug(tx: &mut Tx<'_>, name: &str, id: OrgId) -> Result<String, Stop> {
    let base = text::slug_from(name).unwrap_or_else(|| "team".to_owned());
    for n in 1..100_u32 {
        let candidate = if n == 1 { base.clone() } else { format!("{base}-{n}") };
        if !slug_taken(tx, &candidate)? {
            return Ok(candidate);
        }
    }
    Ok(id.to_string().replace('_', "-"))
}

fn guard_creator(preset: &Preset, caller: &Caller) -> Result<(), Refusal> {
    let closed = preset.policy.organization_created_by == OrganizationCreators::Administrators;
    if closed && !caller.identity.administrator { Err(Code::OrganizationCreate.into()) } else { Ok(()) }
}

/// A preset, and what making an organization of it would refuse the caller.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The preset.
    pub preset: Arc<Preset>,
    /// `None` when the caller may.
    pub refusal: Option<Refusal>,
}

/// Every preset, as the caller may have it or not.
///
/// # Errors
/// `auth.required`.
pub fn offers(ctx: &Ctx) -> Result<Vec<Offer>, Refusal> {
    let caller = ctx.caller()?;
    let offer = |p: &Arc<Preset>| Offer { preset: Arc::clone(p), refusal: guard_creator(p, caller).err() };
    Ok(preset::all_built_in().iter().map(offer).collect())
}

/// May somebody have an organization of their own, in the tenant named or in none? The word of every tenant
/// they belong to counts.
fn guard_own(tx: &mut Tx<'_>, who: &Identity, above: Option<&Tenant>) -> Result<(), Stop> {
    let theirs = tenant::of_person(tx, who, &Page { after: None, limit: u32::MAX })?;
    for tenant in above.into_iter().chain(theirs.iter().map(|(_, tenant)| tenant)) {
        tenant.settings.guard_personal(true)?;
    }
    for member in members::of_identity(tx, who.id)? {
        let place = organization::by_id(tx, member.organization)?;
        rules_of::guard_first_own(place.as_ref())?;
    }
    Ok(())
}

/// Makes an organization with the caller as holder of its top role.
///
/// # Errors
/// `organization.create_denied`, `member.elsewhere`, those of entering the tenant, refused values.
pub async fn create(ctx: &Ctx, wanted: NewOrganization) -> Result<Answer<OrganizationView>, Stop> {
    let caller = ctx.caller()?.clone();
    if let super::Credential::Token(token) = &caller.credential
        && token.organization.is_some()
    {
        return Err(Refusal::because(
            Code::OrganizationCreate,
            "a token bound to one organization makes no others; sign in",
        )
        .into());
    }
    let preset = preset_named(wanted.preset.as_deref().unwrap_or("standard"))?;
    if wanted.tenant.is_none() && !wanted.personal {
        guard_creator(&preset, &caller)?;
    }
    ctx.write(move |ctx, tx| {
        if preset.policy.organization_name_unique {
            tx.take_instance()?;
        }
        tx.take_identity(caller.identity.id)?.ok_or(Code::AuthInvalid)?;
        let above = match wanted.tenant.as_deref() {
            Some(name) if wanted.personal => Some(tenants::entered(ctx, tx, name, Deed::See)?.0),
            Some(name) => Some(tenants::taken(ctx, tx, name)?.0),
            None => None,
        };
        if wanted.personal {
            guard_own(tx, &caller.identity, above.as_ref())?;
        }
        let elsewhere = members::present_elsewhere(tx, caller.identity.id, OrgId::new(uuid::Uuid::nil()))?;
        let address = Address::of(&caller.identity.email, caller.identity.email_verified_at.is_some());
        let rules = Rules::new(Arc::clone(&preset), preset.policy.clone());
        guard_join(&rules, Way::Founder, address, &Facts { elsewhere, ..Facts::default() })?;
        // The first organization is named by the operator; whoever comes later keeps the rules of names.
        free_name(tx, &preset.policy, &wanted.name, None)?;
        let made = draft(ctx, tx, &wanted.name, wanted.slug.as_deref(), &preset)?;
        let made = rules_of::below(made, above.as_ref());
        let made = if wanted.personal { Organization { policy: rules_of::personal(), ..made } } else { made };
        let member = MemberId::new(tx.fresh());
        tx.apply(rules_of::create(made.clone(), &preset, &caller.identity, member, ctx.now))?;
        tenant_resources::arrive(ctx, tx, &made, &preset)?;
        Ok((&made).into())
    })
    .await
}

/// The organizations the caller is an active member of.
///
/// # Errors
/// `auth.required`.
pub async fn list(ctx: &Ctx, page: Page<OrgId>) -> Result<List<OrganizationView>, Stop> {
    let caller = ctx.caller()?.clone();
    ctx.read(move |_, conn| {
        let limit = page.limit;
        if let super::Credential::Token(token) = &caller.credential
            && let Some(bound) = token.organization
        {
            let here = members::of_identity_here(conn, bound, caller.identity.id)?;
            let reached = here.filter(|m| m.status == Status::Active && token.member == Some(m.id));
            let one = reached.map(|m| organization::by_id(conn, m.organization)).transpose()?.flatten();
            return Ok(List { items: one.iter().map(Into::into).collect(), next: None });
        }
        let found = organization::of_identity(conn, caller.identity.id, &Page { limit: limit + 1, ..page })?;
        let items: Vec<OrganizationView> = found.iter().take(limit as usize).map(Into::into).collect();
        let next = (found.len() > limit as usize).then(|| items.last().map(|o| o.id.clone())).flatten();
        Ok(List { items, next })
    })
    .await
}

/// One organization.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn get(ctx: &Ctx, name: &str) -> Result<OrganizationView, Stop> {
    let name = name.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        place.permit(Action::OrganizationRead)?;
        Ok(place.organization.as_ref().into())
    })
    .await
}

/// Renames an organization.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, `organization.slug_taken`, refused values.
pub async fn rename(ctx: &Ctx, name: &str, wanted: Renaming) -> Result<Answer<OrganizationView>, Stop> {
    let name = name.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &name)?;
        let permit = place.permit(Action::OrganizationUpdate)?;
        ctx.guard_seen(place.organization.revision)?;
        let after = Naming {
            name: match wanted.name.as_deref() {
                Some(given) => free_name(tx, place.rules.policy(), given, Some(place.organization.id))?,
                None => place.organization.name.clone(),
            },
            slug: wanted
                .slug
                .as_deref()
                .map_or_else(|| Ok(place.organization.slug.clone()), |s| text::slug(s, "slug"))?,
        };
        if after.slug != place.organization.slug && slug_taken(tx, &after.slug)? {
            return Err(Code::SlugTaken.into());
        }
        tx.apply(rules_of::rename(&permit, &place.organization, after))?;
        reread(tx, place.organization.id)
    })
    .await
}

fn reread(conn: &mut Conn<'_>, id: OrgId) -> Result<OrganizationView, Stop> {
    Ok((&organization::by_id(conn, id)?.ok_or(Code::NotFound)?).into())
}

/// Ends an organization for good; `confirm` must be its slug.
///
/// # Errors
/// `not_found`, `access.denied`, `organization.confirm_name`.
pub async fn delete(ctx: &Ctx, name: &str, confirm: String) -> Result<Answer<Nothing>, Stop> {
    let name = name.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &name)?;
        let permit = place.permit(Action::OrganizationDelete)?;
        ctx.guard_seen(place.organization.revision)?;
        tx.apply(rules_of::delete(&permit, &place.organization, &confirm)?)?;
        Ok(Nothing {})
    })
    .await
}

/// The policy.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn policy(ctx: &Ctx, name: &str) -> Result<PolicyView, Stop> {
    let name = name.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        place.permit(Action::PolicyRead)?;
        Ok(shown(&place.rules, place.organization.revision))
    })
    .await
}

fn shown(rules: &Rules, revision: u64) -> PolicyView {
    let base = &rules.preset().policy;
    let settings: Vec<KnobView> = Knob::ALL
        .iter()
        .map(|knob| KnobView {
            name: knob.name().to_owned(),
            value: rules.policy().get(*knob),
            sentence: knob.sentence().to_owned(),
            allowed: knob.allowed(),
            open: rules.preset().open_knobs.contains(knob),
            changed: rules.policy().get(*knob) != base.get(*knob),
        })
        .collect();
    PolicyView { policy: settings.iter().map(|s| (s.name.clone(), s.value.clone())).collect(), settings, revision }
}

/// Changes settings of the policy, all or none. Switching approvals off approves whoever waits.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, `policy.unknown_knob`, `policy.closed`, `policy.invalid_value`,
/// `policy.locks_out`, `sso.no_connection`, `sso.break_glass`.
pub async fn change_policy(ctx: &Ctx, name: &str, wanted: Map<String, Value>) -> Result<Answer<PolicyView>, Stop> {
    let name = name.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &name)?;
        let permit = place.permit(Action::PolicyUpdate)?;
        ctx.guard_recent(&place)?;
        ctx.guard_seen(place.organization.revision)?;
        let changes = rules_of::change_policy(&permit, &place.organization, &place.rules, &wanted)?;
        let changed = !changes.is_empty();
        tx.apply(changes)?;
        let after = organization::by_id(tx, place.organization.id)?.ok_or(Code::NotFound)?;
        let rules = lock_out::guard(ctx, tx, &place.rules, &after)?;
        if changed && approval::opens(place.rules.policy(), rules.policy()) {
            approvals::approve_waiting(ctx, tx, &after, &rules)?;
        }
        Ok(shown(&rules, after.revision))
    })
    .await
}
