//! The audit trail.

use axum::Json;
use axum::body::Body as HttpBody;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use guildhall_domain::refusal::Refusal;
use serde::Deserialize;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;

use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;
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

/// Export the audit trail as CSV or NDJSON, streamed.
#[utoipa::path(get, path = "/organizations/{org}/audit-events/export", tag = "Audit", operation_id = "export_audit_events",
    params(("org" = String, Path, description = "Id or slug of the organization"), ExportQuery),
    responses((status = 200, description = "Every record, newest first", content((String = "text/csv"), (String = "application/x-ndjson")))),
    extensions(("x-permission" = json!("audit.read"))))]
pub async fn export(ctx: Ctx, Path(org): Path<String>, Query(query): Query<ExportQuery>) -> Result<Response, Problem> {
    let (csv, kind, file) = match query.format.as_deref() {
        None | Some("ndjson") => (false, "application/x-ndjson", "audit-events.ndjson"),
        Some("csv") => (true, "text/csv; charset=utf-8", "audit-events.csv"),
        Some(_) => return Err(Refusal::field("format", "field.invalid", "`csv` or `ndjson`").into()),
    };
    let ExportQuery { actor, target, kind: what, since, until, outcome, .. } = query;
    let query = AuditQuery { actor, target, kind: what, since, until, outcome, limit: None, after: None };
    let export = audit::export(&ctx, &org, &query).await?;
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(2);
    tokio::spawn(stream(export, csv, sender));
    let mut response = Response::new(HttpBody::from_stream(ReceiverStream::new(receiver).map(|part| part)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{file}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// A client that goes away ends the export; a fault cuts the body off, so that no half trail
/// passes for a whole one.
async fn stream(mut export: Export, csv: bool, sender: tokio::sync::mpsc::Sender<Result<Vec<u8>, std::io::Error>>) {
    let mut head = csv;
    loop {
        let part = match export.step().await {
            Ok(Some(events)) => {
                if csv {
                    as_csv(&events, std::mem::take(&mut head))
                } else {
                    as_ndjson(&events)
                }
            }
            Ok(None) => return,
            Err(stop) => {
                tracing::error!(?stop, "an export broke off");
                Err(std::io::Error::other("the export broke off"))
            }
        };
        let broken = part.is_err();
        if sender.send(part).await.is_err() || broken {
            return;
        }
    }
}

fn as_ndjson(events: &[EventView]) -> Result<Vec<u8>, std::io::Error> {
    let mut out = Vec::new();
    for event in events {
        serde_json::to_writer(&mut out, event)?;
        out.push(b'\n');
    }
    Ok(out)
}

/// A cell that a spreadsheet would take for a formula is told to be text.
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn as_csv(events: &[EventView], head: bool) -> Result<Vec<u8>, std::io::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if head {
        writer.write_record([
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
        ])?;
    }
    for e in events {
        let json = |value: &serde_json::Value| if value.is_null() { String::new() } else { value.to_string() };
        writer.write_record([
            e.at.to_string(),
            e.revision.to_string(),
            e.id.clone(),
            e.kind.clone(),
            e.actor.kind.clone(),
            e.actor.id.clone(),
            cell(&e.actor.name),
            e.credential.clone().unwrap_or_default(),
            e.target.kind.clone(),
            e.target.id.clone(),
            cell(&e.target.name),
            json(&e.before),
            json(&e.after),
            e.outcome.clone(),
            e.address.clone(),
            cell(&e.request_id),
        ])?;
    }
    writer.into_inner().map_err(|e| std::io::Error::other(e.to_string()))
}
