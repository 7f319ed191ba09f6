//! The audit trail: listed, filtered, exported.

use guildhall_domain::action::Action;
use guildhall_domain::identity::guard_administrator;
use guildhall_domain::ids::{EventId, OrgId};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::time::Timestamp;
use guildhall_store::read::audit::{After, Event, Filter};
use guildhall_store::read::{Page, audit};
use guildhall_store::{INSTANCE_TRAIL, Stop};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Ctx;
use super::identities::guard_whole;
use super::view::{EventView, List};
use crate::http::cursor;

/// How many records one step of an export reads.
const STEP: u32 = 500;

/// Which records to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Id or email address of who did it.
    pub actor: Option<String>,
    /// Id of what it happened to, or the email address of whom.
    pub target: Option<String>,
    /// Dotted type, such as `member.removed`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Not before this time.
    pub since: Option<String>,
    /// Before this time.
    pub until: Option<String>,
    /// `success`, `denied` or `failure`.
    pub outcome: Option<String>,
    /// How many at most: 1 to 100.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub after: Option<String>,
}

impl AuditQuery {
    fn filter(&self) -> Result<Filter, Refusal> {
        let time = |text: &Option<String>, field: &str| {
            let given = text.as_deref().filter(|t| !t.is_empty());
            given
                .map(|t| t.parse::<Timestamp>().map_err(|e| Refusal::field(field, "field.invalid", e.to_string())))
                .transpose()
        };
        let kept = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        Ok(Filter {
            actor: kept(&self.actor),
            target: kept(&self.target),
            kind: kept(&self.kind),
            outcome: kept(&self.outcome),
            since: time(&self.since, "since")?,
            until: time(&self.until, "until")?,
        })
    }

    /// What to list of a trail, and from where on.
    pub(super) fn page(&self) -> Result<(Filter, Page<After>), Refusal> {
        let after = self.after.as_deref().map(cursor::read::<(u64, String)>).transpose()?;
        let after =
            after.map(|(revision, id)| Ok((revision, id.parse().map_err(|_| Code::CursorInvalid)?))).transpose();
        let after = after.map_err(|code: Code| Refusal::of(code))?;
        Ok((self.filter()?, Page { after, limit: cursor::limit(self.limit)? }))
    }
}

/// A page of the trail, newest first.
///
/// # Errors
/// `not_found`, `access.denied`, `cursor.invalid`, refused values.
pub async fn list(ctx: &Ctx, organization: &str, query: AuditQuery) -> Result<List<EventView>, Stop> {
    let (filter, page) = query.page()?;
    let organization = organization.to_owned();
    settle(ctx).await;
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::AuditRead)?;
        let limit = page.limit;
        let found = audit::list(conn, place.organization.id, &filter, &Page { limit: limit + 1, ..page })?;
        Ok(listed(found, limit))
    })
    .await
}

/// Writes what waits to be noted, so that whoever reads the trail reads all of it. A trail that cannot be
/// written can still be read.
async fn settle(ctx: &Ctx) {
    if let Err(stop) = ctx.app.notes.write(&ctx.app.store, ctx.now).await {
        tracing::warn!(?stop, "refusals and failed sign-ins wait to be noted");
    }
}

/// The trail of the installation, newest first: identities, sign-ins and failed ones, what was refused outside
/// any organization. For its administrators.
///
/// # Errors
/// `auth.required`, `token.scope_missing`, `instance.administrator_required`, `cursor.invalid`, refused values.
pub async fn of_instance(ctx: &Ctx, query: AuditQuery) -> Result<List<EventView>, Stop> {
    guard_whole(ctx)?;
    guard_administrator(&ctx.caller()?.identity)?;
    let (filter, page) = query.page()?;
    settle(ctx).await;
    ctx.read(move |_, conn| {
        let limit = page.limit;
        Ok(listed(audit::list(conn, INSTANCE_TRAIL, &filter, &Page { limit: limit + 1, ..page })?, limit))
    })
    .await
}

/// One page of the records found, with the place to go on from.
pub(super) fn listed(found: Vec<Event>, limit: u32) -> List<EventView> {
    let more = found.len() > limit as usize;
    let items: Vec<EventView> = found.into_iter().take(limit as usize).map(Into::into).collect();
    let next = items.last().filter(|_| more).map(|e| cursor::write(&(e.revision, &e.id)));
    List { items, next }
}

/// What the caller did, newest first: to themself, and where they belong.
///
/// # Errors
/// `auth.required`, `token.scope_missing`.
pub async fn acts(ctx: &Ctx, page: Page<EventId>) -> Result<List<EventView>, Stop> {
    guard_whole(ctx)?;
    let who = ctx.caller()?.identity.id;
    settle(ctx).await;
    ctx.read(move |_, conn| {
        let limit = page.limit;
        let found = audit::acts(conn, who, &Page { limit: limit + 1, ..page })?;
        let (shown, last) = cursor::window(&found, limit);
        let next = last.map(|event| event.id.to_string());
        Ok(List { items: shown.iter().cloned().map(Into::into).collect(), next })
    })
    .await
}

/// An export under way: it goes through the trail step by step, never holding more than a step.
#[derive(Debug)]
pub struct Export {
    ctx: Ctx,
    name: String,
    organization: OrgId,
    filter: Filter,
    after: Option<After>,
    done: bool,
}

/// Begins an export.
///
/// # Errors
/// `not_found`, `access.denied`, refused values.
pub async fn export(ctx: &Ctx, organization: &str, query: &AuditQuery) -> Result<Export, Stop> {
    let filter = query.filter()?;
    let name = organization.to_owned();
    let asked = name.clone();
    settle(ctx).await;
    let id = ctx
        .read(move |ctx, conn| {
            let place = ctx.place(conn, &asked)?;
            place.permit(Action::AuditRead)?;
            ctx.guard_recent(&place)?;
            Ok(place.organization.id)
        })
        .await?;
    Ok(Export { ctx: ctx.clone(), name, organization: id, filter, after: None, done: false })
}

impl Export {
    /// The next records; `None` at the end. The right to read is asked anew at each step.
    ///
    /// # Errors
    /// [`Stop`]; the export ends there.
    pub async fn step(&mut self) -> Result<Option<Vec<EventView>>, Stop> {
        if self.done {
            return Ok(None);
        }
        let (organization, filter, after, name) =
            (self.organization, self.filter.clone(), self.after, self.name.clone());
        let found = self
            .ctx
            .read(move |ctx, conn| {
                ctx.place(conn, &name)?.permit(Action::AuditRead)?;
                Ok(audit::list(conn, organization, &filter, &Page { after, limit: STEP })?)
            })
            .await?;
        self.done = found.len() < STEP as usize;
        self.after = found.last().map(|e| (e.revision, e.id));
        Ok(Some(found.into_iter().map(Into::into).collect()))
    }
}
