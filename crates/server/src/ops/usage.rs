//! Use of a product, as the product reports it, held to the limits. Reports are a stream: they take
//! no organization and raise no revision.

use guildhall_domain::action::Action;
use guildhall_domain::limit::{Limit, unit};
use guildhall_domain::member::Member;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::time::Timestamp;
use guildhall_domain::usage::{self as rules_of, AMOUNT_MOST, Gauge, Measured, Subject};
use guildhall_store::read::{group, limit as limits};
use guildhall_store::{Conn, Stop};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::check::subject;
use super::limits::LimitScope;
use super::{Answer, Ctx, Place};

/// Something used.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// `usr_…`, `mem_…` or a proved email address; left out or `null` for anonymous use.
    #[serde(default)]
    pub subject: Option<String>,
    /// Of what.
    pub unit: String,
    /// How much.
    pub amount: u64,
    /// Count it only where it fits every limit; otherwise it is counted in any case.
    #[serde(default)]
    pub enforce: bool,
}

/// May so much be used?
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageQuestion {
    /// `usr_…`, `mem_…` or a proved email address; left out or `null` for anonymous use.
    #[serde(default)]
    pub subject: Option<String>,
    /// Of what.
    pub unit: String,
    /// How much; left out: anything at all.
    #[serde(default)]
    pub amount: u64,
}

/// Whose use of what to tell.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// `usr_…`, `mem_…` or a proved email address; left out for anonymous use.
    pub subject: Option<String>,
    /// Of what.
    pub unit: String,
}

/// One limit as it stands for somebody.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GaugeView {
    /// `lim_…`
    pub limit: String,
    /// Whose use it measures.
    pub scope: LimitScope,
    /// How much.
    pub budget: u64,
    /// In how many seconds back from each moment.
    pub period_s: i64,
    /// What was used.
    pub used: u64,
    /// What is left.
    pub remaining: u64,
    /// When there is room again; `null` while there is, or when there never will be.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reset_at: Option<Timestamp>,
}

/// What is left for somebody.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UsageView {
    /// Whose use; `null` is anonymous use.
    pub subject: Option<String>,
    /// Of what.
    pub unit: String,
    /// Whether they may go on.
    pub allowed: bool,
    /// How much may still be used; `null` where nothing limits it.
    pub remaining: Option<u64>,
    /// When they may go on; `null` while they may.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reset_at: Option<Timestamp>,
    /// The limits that concern them.
    pub limits: Vec<GaugeView>,
}

fn view(asked: Option<&str>, unit: &str, gauges: &[Gauge]) -> UsageView {
    let stopped = rules_of::stopped_by(gauges, 0);
    let limits = gauges.iter().map(|g| GaugeView {
        limit: g.limit.id.to_string(),
        scope: g.limit.scope.into(),
        budget: g.limit.terms.budget,
        period_s: g.limit.terms.period_s,
        used: g.used,
        remaining: g.remaining(),
        reset_at: g.free_at,
    });
    UsageView {
        subject: asked.map(str::to_owned),
        unit: unit.to_owned(),
        allowed: stopped.is_none(),
        remaining: rules_of::remaining(gauges),
        reset_at: stopped.and_then(|g| g.free_at),
        limits: limits.collect(),
    }
}

/// How much of a limit is used, and when `amount` will fit if it does not.
///
/// # Errors
/// [`Stop::Failed`].
pub fn gauge(ctx: &Ctx, conn: &mut Conn<'_>, limit: &Limit, whose: Measured, amount: u64) -> Result<Gauge, Stop> {
    let gone_by_s = rules_of::gone_by_s(ctx.now, limit.terms.period_s);
    let used = limits::used(conn, limit.organization, &limit.unit, whose, gone_by_s)?;
    let gauge = Gauge { limit: limit.clone(), used, free_at: None };
    if !gauge.is_full(amount) {
        return Ok(gauge);
    }
    let window = limits::window(conn, limit.organization, &limit.unit, whose, gone_by_s)?;
    Ok(gauge.until(&window, amount))
}

/// Every limit of a unit that concerns somebody.
fn gauges(
    ctx: &Ctx,
    conn: &mut Conn<'_>,
    place: &Place,
    (who, unit): (Option<&Member>, &str),
    amount: u64,
) -> Result<Vec<Gauge>, Stop> {
    let here = place.organization.id;
    let groups = who.map(|m| group::of_member(conn, here, m.id)).transpose()?.unwrap_or_default();
    let groups: Vec<_> = groups.into_iter().map(|one| one.group).collect();
    let subject = Subject { member: who.map(|m| (m.id, m.kind)), groups: &groups };
    let mut found = Vec::new();
    for limit in limits::of_unit(conn, here, unit)? {
        if let Some(whose) = rules_of::measured(&limit, subject) {
            found.push(gauge(ctx, conn, &limit, whose, amount)?);
        }
    }
    Ok(found)
}

fn exceeded(ctx: &Ctx, gauge: &Gauge) -> Refusal {
    let limit = &gauge.limit;
    let wait_us = gauge.free_at.map(|at| at.micros() - ctx.now.micros());
    let wait_s = wait_us.map_or(limit.terms.period_s, |us| us.div_euclid(1_000_000) + 1).max(1);
    let scope = limit.scope.word();
    let detail = match gauge.free_at {
        Some(at) => format!("the {scope}'s limit on `{}` is reached until {at}", limit.unit),
        None => format!("the {scope}'s limit on `{}` is {}; so much never fits", limit.unit, limit.terms.budget),
    };
    let facts = json!({
        "limit": limit.id,
        "scope": LimitScope::from(limit.scope),
        "unit": limit.unit,
        "budget": limit.terms.budget,
        "period_s": limit.terms.period_s,
        "used": gauge.used,
        "reset_at": gauge.free_at,
        "retry_after_s": wait_s,
    });
    Refusal { extra: Some(("", facts)), ..Refusal::because(Code::UsageExceeded, detail) }
}

/// Whoever is named; nobody for anonymous use.
fn named(conn: &mut Conn<'_>, place: &Place, asked: Option<&str>) -> Result<Option<Member>, Stop> {
    let Some(text) = asked else { return Ok(None) };
    let found = subject(conn, place, text)?;
    let missing = || Refusal::value(Code::UsageSubject, "subject", "there is nobody like that here");
    Ok(Some(found.ok_or_else(missing)?))
}

/// Anybody may ask about themself; about others only products.
fn named_to_ask(conn: &mut Conn<'_>, place: &Place, asked: Option<&str>) -> Result<Option<Member>, Stop> {
    let me = place.me()?.id;
    let found = named(conn, place, asked);
    match &found {
        Ok(Some(member)) if member.id == me => {}
        _ => drop(place.permit(Action::UsageReport)?),
    }
    found
}

/// Counts what was used. With `enforce`, only where it fits: then no two at once pass a budget.
///
/// # Errors
/// `not_found`, `access.denied`, `usage.exceeded`, `usage.subject`, refused values.
pub async fn report(ctx: &Ctx, organization: &str, wanted: Report) -> Result<Answer<UsageView>, Stop> {
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.place(tx, &organization)?;
        place.permit(Action::UsageReport)?;
        let unit = unit(&wanted.unit)?;
        if !(1..=AMOUNT_MOST).contains(&wanted.amount) {
            return Err(Refusal::field("amount", "field.out_of_range", format!("1 to {AMOUNT_MOST}")).into());
        }
        let here = place.organization.id;
        let who = named(tx, &place, wanted.subject.as_deref())?;
        if wanted.enforce {
            tx.take_turn(here, &unit)?;
            let before = gauges(ctx, tx, &place, (who.as_ref(), &unit), wanted.amount)?;
            if let Some(full) = rules_of::stopped_by(&before, wanted.amount) {
                return Err(exceeded(ctx, full).into());
            }
        }
        tx.add_usage(here, &unit, who.as_ref().map(|m| m.id), wanted.amount)?;
        let after = gauges(ctx, tx, &place, (who.as_ref(), &unit), 0)?;
        Ok(view(wanted.subject.as_deref(), &unit, &after))
    })
    .await
}

/// May so much be used? Counts nothing.
///
/// # Errors
/// `not_found`, `access.denied`, `usage.exceeded`, `usage.subject`, refused values.
pub async fn check(ctx: &Ctx, organization: &str, asked: UsageQuestion) -> Result<UsageView, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let who = named_to_ask(conn, &place, asked.subject.as_deref())?;
        let unit = unit(&asked.unit)?;
        let gauges = gauges(ctx, conn, &place, (who.as_ref(), &unit), asked.amount)?;
        match rules_of::stopped_by(&gauges, asked.amount) {
            Some(full) => Err(exceeded(ctx, full).into()),
            None => Ok(view(asked.subject.as_deref(), &unit, &gauges)),
        }
    })
    .await
}

/// What is left for somebody.
///
/// # Errors
/// `not_found`, `access.denied`, `usage.subject`, refused values.
pub async fn show(ctx: &Ctx, organization: &str, asked: UsageQuery) -> Result<UsageView, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let who = named_to_ask(conn, &place, asked.subject.as_deref())?;
        let unit = unit(&asked.unit)?;
        let gauges = gauges(ctx, conn, &place, (who.as_ref(), &unit), 0)?;
        Ok(view(asked.subject.as_deref(), &unit, &gauges))
    })
    .await
}
