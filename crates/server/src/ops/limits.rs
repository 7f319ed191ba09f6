//! Usage limits: made, listed with what is used of them, changed, ended.

use guildhall_domain::action::Action;
use guildhall_domain::ids::LimitId;
use guildhall_domain::limit::{self as rules_of, Limit, Scope, Terms};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::time::Timestamp;
use guildhall_domain::usage::{Gauge, Measured};
use guildhall_store::read::{Page, group, limit as limits, member};
use guildhall_store::{Conn, Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::usage::gauge;
use super::view::{List, Nothing};
use super::{Answer, Ctx, Place, id};
use crate::http::cursor;

/// Whose use a limit measures.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitScope {
    /// `organization`, `group` or `member`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `grp_…` or `mem_…`; of a member without it, each member by themself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl From<Scope> for LimitScope {
    fn from(scope: Scope) -> Self {
        Self { kind: scope.word().to_owned(), id: scope.id() }
    }
}

/// A new limit.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLimit {
    /// Whose use.
    pub scope: LimitScope,
    /// Of what, in the product's word: `tokens`, `cost_cents`, `compute_s`.
    pub unit: String,
    /// How much.
    pub budget: u64,
    /// In how many seconds back from each moment.
    pub period_s: i64,
    /// For groups: whether the members share the budget, which they do when it is left out.
    #[serde(default)]
    pub pooled: Option<bool>,
    /// Whether it is in force, which it is when left out.
    #[serde(default)]
    pub enabled: Option<bool>,
}

/// Changes of a limit; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditLimit {
    /// How much.
    #[serde(default)]
    pub budget: Option<u64>,
    /// In how many seconds back from each moment.
    #[serde(default)]
    pub period_s: Option<i64>,
    /// For groups: whether the members share the budget.
    #[serde(default)]
    pub pooled: Option<bool>,
    /// Whether it is in force.
    #[serde(default)]
    pub enabled: Option<bool>,
}

/// One limit, and how much of it is used.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LimitView {
    /// `lim_…`
    pub id: String,
    /// Whose use.
    pub scope: LimitScope,
    /// Of what.
    pub unit: String,
    /// How much.
    pub budget: u64,
    /// In how many seconds back from each moment.
    pub period_s: i64,
    /// Whether those it measures share the budget.
    pub pooled: bool,
    /// Whether it is in force.
    pub enabled: bool,
    /// What was used in the period up to now; `null` where each has the budget by themself.
    pub used: Option<u64>,
    /// What is left.
    pub remaining: Option<u64>,
    /// When there is room again; `null` while there is.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reset_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Revision of its last change, as in its `ETag`.
    pub revision: u64,
}

impl LimitView {
    fn of(limit: &Limit, gauge: Option<&Gauge>) -> Self {
        Self {
            id: limit.id.to_string(),
            scope: limit.scope.into(),
            unit: limit.unit.clone(),
            budget: limit.terms.budget,
            period_s: limit.terms.period_s,
            pooled: limit.terms.pooled,
            enabled: limit.terms.enabled,
            used: gauge.map(|g| g.used),
            remaining: gauge.map(Gauge::remaining),
            reset_at: gauge.and_then(|g| g.free_at),
            created_at: limit.created_at,
            revision: limit.revision,
        }
    }
}

/// A limit with what is used of it, when it has one sum.
fn shown(ctx: &Ctx, conn: &mut Conn<'_>, limit: &Limit) -> Result<LimitView, Stop> {
    let whose = match limit.scope {
        Scope::Organization => Some(Measured::All),
        Scope::Group(id) => limit.terms.pooled.then_some(Measured::Group(id)),
        Scope::Member(id) => id.map(Measured::One),
    };
    let gauge = whose.map(|whose| gauge(ctx, conn, limit, whose, 0)).transpose()?;
    Ok(LimitView::of(limit, gauge.as_ref()))
}

fn scope_named(tx: &mut Tx<'_>, place: &Place, wanted: &LimitScope) -> Result<Scope, Stop> {
    let here = place.organization.id;
    let missing = || Refusal::value(Code::UsageLimitScope, "scope.id", "there is none like that here");
    match (wanted.kind.as_str(), wanted.id.as_deref()) {
        ("organization", None) => Ok(Scope::Organization),
        ("organization", Some(_)) => {
            Err(Refusal::field("scope.id", "field.invalid", "an organization's limit names nobody").into())
        }
        ("group", None) => Err(Refusal::field("scope.id", "field.missing", "name the group").into()),
        ("group", Some(text)) => {
            let id = text.parse().map_err(|_| missing())?;
            let found = group::by_id(tx, here, id)?.ok_or_else(missing)?;
            Ok(Scope::Group(found.id))
        }
        ("member", None) => Ok(Scope::Member(None)),
        ("member", Some(text)) => {
            let id = text.parse().map_err(|_| missing())?;
            let found = member::by_id(tx, here, id)?.ok_or_else(missing)?;
            Ok(Scope::Member(Some(found.id)))
        }
        _ => Err(Refusal::field("scope.type", "field.invalid", "one of `organization`, `group`, `member`").into()),
    }
}

/// Makes a limit.
///
/// # Errors
/// `not_found`, `access.denied`, `usage_limit.scope`, `usage_limit.too_many`, refused values.
pub async fn create(ctx: &Ctx, organization: &str, wanted: NewLimit) -> Result<Answer<LimitView>, Stop> {
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::LimitManage)?;
        let scope = scope_named(tx, &place, &wanted.scope)?;
        let terms = Terms {
            budget: wanted.budget,
            period_s: wanted.period_s,
            pooled: wanted.pooled.unwrap_or(true),
            enabled: wanted.enabled.unwrap_or(true),
        };
        let made = Limit {
            id: LimitId::new(tx.fresh()),
            organization: place.organization.id,
            scope,
            unit: rules_of::unit(&wanted.unit)?,
            terms: terms.checked(scope)?,
            created_at: ctx.now,
            revision: 0,
        };
        let which = made.id.to_string();
        let present = limits::count(tx, place.organization.id)?;
        tx.apply(rules_of::create(&permit, made, present)?)?;
        let made = load(tx, &place, &which)?;
        shown(ctx, tx, &made)
    })
    .await
}

fn load(conn: &mut Conn<'_>, place: &Place, limit: &str) -> Result<Limit, Stop> {
    Ok(limits::by_id(conn, place.organization.id, id(limit)?)?.ok_or(Code::NotFound)?)
}

/// A page of limits, oldest first, each with what is used of it.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn list(ctx: &Ctx, organization: &str, page: Page<LimitId>) -> Result<List<LimitView>, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::LimitManage)?;
        let limit = page.limit;
        let found = limits::list(conn, place.organization.id, &Page { limit: limit + 1, ..page })?;
        let (rows, last) = cursor::window(&found, limit);
        let items: Vec<LimitView> = rows.iter().map(|one| shown(ctx, conn, one)).collect::<Result<_, _>>()?;
        Ok(List { items, next: last.map(|one| one.id.to_string()) })
    })
    .await
}

/// One limit, with what is used of it.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn get(ctx: &Ctx, organization: &str, limit: &str) -> Result<LimitView, Stop> {
    let (organization, limit) = (organization.to_owned(), limit.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::LimitManage)?;
        let found = load(conn, &place, &limit)?;
        shown(ctx, conn, &found)
    })
    .await
}

/// Changes a limit's terms.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, refused values.
pub async fn edit(ctx: &Ctx, organization: &str, limit: &str, wanted: EditLimit) -> Result<Answer<LimitView>, Stop> {
    let (organization, limit) = (organization.to_owned(), limit.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::LimitManage)?;
        let found = load(tx, &place, &limit)?;
        ctx.guard_seen(found.revision)?;
        let after = Terms {
            budget: wanted.budget.unwrap_or(found.terms.budget),
            period_s: wanted.period_s.unwrap_or(found.terms.period_s),
            pooled: wanted.pooled.unwrap_or(found.terms.pooled),
            enabled: wanted.enabled.unwrap_or(found.terms.enabled),
        };
        tx.apply(rules_of::edit(&permit, &found, after.checked(found.scope)?))?;
        let edited = load(tx, &place, &limit)?;
        shown(ctx, tx, &edited)
    })
    .await
}

/// Ends a limit.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`.
pub async fn delete(ctx: &Ctx, organization: &str, limit: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, limit) = (organization.to_owned(), limit.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::LimitManage)?;
        let found = load(tx, &place, &limit)?;
        ctx.guard_seen(found.revision)?;
        tx.apply(rules_of::delete(&permit, &found))?;
        Ok(Nothing {})
    })
    .await
}
