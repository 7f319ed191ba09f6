//! The audit trail.

use axum::response::Response;
use guildhall_store::Stop;
use serde::Deserialize;
use utoipa::IntoParams;

use super::export::{Format, Row, Steps, cell, streamed};
use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::Json;
use crate::ops::Ctx;
use crate::ops::audit::{self, AuditQuery, Export};
use crate::ops::view::{EventView, List};

/// What to export, and how.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `csv` or `ndjson`.
    pub format: Option<String>,
    /// Id or email address of who did it.
    pub actor: Option<String>,
    /// Id of what it happened to, or the email address of whom.
    pub target: Option<String>,
    /// Dotted type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Not before this time.
    pub since: Option<String>,
    /// Before this time.
    pub until: Option<String>,
    /// `success`, `denied` or `failure`.
    pub outcome: Option<String>,
}

/// List the audit trail, newest first.
#[utoipa::path(get, path = "/organizations/{org}/audit-events", tag = "Audit", operation_id = "list_audit_events",
    params(("org" = String, Path, description = "Id or slug of the organization"), AuditQuery),
    responses((status = 200, description = "Records", body = List<EventView>)),
    extensions(("x-permission" = json!("audit.read"))))]
pub async fn list(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<List<EventView>>, Problem> {
    Ok(Json(audit::list(&ctx, &org, query).await?))
}

/// List the installation's audit trail, newest first: identities, sign-ins, refusals outside organizations.
#[utoipa::path(get, path = "/instance/audit-events", tag = "Audit", operation_id = "list_instance_audit_events",
    params(AuditQuery),
    responses((status = 200, description = "Records", body = List<EventView>)))]
pub async fn of_instance(ctx: Ctx, Query(query): Query<AuditQuery>) -> Result<Json<List<EventView>>, Problem> {
    Ok(Json(audit::of_instance(&ctx, query).await?))
}

/// Export the audit trail as CSV or NDJSON, streamed.
#[utoipa::path(get, path = "/organizations/{org}/audit-events/export", tag = "Audit", operation_id = "export_audit_events",
    params(("org" = String, Path, description = "Id or slug of the organization"), ExportQuery),
    responses((status = 200, description = "Every record, newest first", content((String = "text/csv"), (String = "application/x-ndjson")))),
    extensions(("x-permission" = json!("audit.read"))))]
pub async fn export(ctx: Ctx, Path(org): Path<String>, Query(query): Query<ExportQuery>) -> Result<Response, Problem> {
    let format = Format::asked(query.format.as_deref())?;
    let ExportQuery { actor, target, kind: what, since, until, outcome, .. } = query;
    let query = AuditQuery { actor, target, kind: what, since, until, outcome, limit: None, after: None };
    Ok(streamed(audit::export(&ctx, &org, &query).await?, format, "audit-events"))
}

impl Steps for Export {
    type Row = EventView;

    async fn step(&mut self) -> Result<Option<Vec<EventView>>, Stop> {
        Export::step(self).await
    }
}

impl Row for EventView {
    const HEAD: &'static [&'static str] = &[
        "at",
        "revision",
        "id",
        "type",
        "actor_type",
        "actor_id",
        "actor_name",
        "credential",
        "target_type",
        "target_id",
        "target_name",
        "before",
        "after",
        "outcome",
        "address",
        "request_id",
    ];

    fn cells(&self) -> Vec<String> {
        let json = |value: &serde_json::Value| if value.is_null() { String::new() } else { value.to_string() };
        vec![
            self.at.to_string(),
            self.revision.to_string(),
            self.id.clone(),
            self.kind.clone(),
            self.actor.kind.clone(),
            self.actor.id.clone(),
            cell(&self.actor.name),
            self.credential.clone().unwrap_or_default(),
            self.target.kind.clone(),
            self.target.id.clone(),
            cell(&self.target.name),
            json(&self.before),
            json(&self.after),
            self.outcome.clone(),
            self.address.clone(),
            cell(&self.request_id),
        ]
    }
}
