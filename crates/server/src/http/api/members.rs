//! Members.

use axum::http::StatusCode;
use axum::response::Response;
use guildhall_domain::time::Timestamp;
use guildhall_store::Stop;
use serde::Deserialize;
use utoipa::IntoParams;

use super::export::{Format, Row, Steps, cell, streamed};
use crate::http::extract::{Body, NoParameters, OptionalBody, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, object, written};
use crate::ops::Ctx;
use crate::ops::approvals::{self, Rejection};
use crate::ops::departures::{self, Handover};
use crate::ops::member_role::{self, NewMemberRole};
use crate::ops::members::{self, Export, MemberQuery};
use crate::ops::removal_plan::{self, RemovalPlan};
use crate::ops::view::{List, MemberView};

/// List members, people who are invited among them.
#[utoipa::path(
    get,
    path = "/organizations/{org}/members",
    tag = "Members",
    operation_id = "list_members",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        MemberQuery,
    ),
    responses((status = 200, description = "List members, people who are invited among them", body = List<MemberView>)),
    extensions(("x-permission" = json!("member.list"))),
)]
pub async fn list(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<MemberQuery>,
) -> Result<Json<List<MemberView>>, Problem> {
    Ok(Json(members::list(&ctx, &org, query).await?))
}

/// Which members to export, and how.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MemberExportQuery {
    /// `csv` or `ndjson`.
    pub format: Option<String>,
    /// Part of a name, address or handle.
    pub query: Option<String>,
    /// Only of this status.
    pub status: Option<String>,
    /// Only with this role.
    pub role: Option<String>,
    /// Only in this group: `grp_…`.
    pub group: Option<String>,
    /// `person` or `service_account`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// Export the members as CSV or NDJSON, streamed.
#[utoipa::path(
    get,
    path = "/organizations/{org}/members/export",
    tag = "Members",
    operation_id = "export_members",
    params(("org" = String, Path, description = "Id or slug of the organization"), MemberExportQuery),
    responses((status = 200, description = "Every member, by name", content((String = "text/csv"), (String = "application/x-ndjson")))),
    extensions(("x-permission" = json!("member.list"))),
)]
pub async fn export(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(asked): Query<MemberExportQuery>,
) -> Result<Response, Problem> {
    let format = Format::asked(asked.format.as_deref())?;
    let MemberExportQuery { query, status, role, group, kind, .. } = asked;
    let query = MemberQuery { query, status, role, group, kind, limit: None, after: None };
    Ok(streamed(members::export(&ctx, &org, query).await?, format, "members"))
}

impl Steps for Export {
    type Row = MemberView;

    async fn step(&mut self) -> Result<Option<Vec<MemberView>>, Stop> {
        Export::step(self).await
    }
}

impl Row for MemberView {
    const HEAD: &'static [&'static str] =
        &["email", "role", "status", "name", "handle", "type", "groups", "joined_at", "last_active_at", "id"];

    fn cells(&self) -> Vec<String> {
        let groups: Vec<&str> = self.groups.iter().map(|group| group.name.as_str()).collect();
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        vec![
            cell(self.identity.email.as_deref().unwrap_or_default()),
            self.role.clone(),
            self.status.clone(),
            cell(&self.identity.name),
            cell(self.identity.handle.as_deref().unwrap_or_default()),
            self.identity.kind.clone(),
            cell(&groups.join("; ")),
            time(self.joined_at),
            time(self.last_active_at),
            self.id.clone(),
        ]
    }
}

/// Show a member.
#[utoipa::path(
    get,
    path = "/organizations/{org}/members/{member}",
    tag = "Members",
    operation_id = "get_member",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    responses((status = 200, description = "Show a member", body = MemberView)),
    extensions(("x-permission" = json!("member.list"))),
)]
pub async fn get(
    ctx: Ctx,
    Path((org, member)): Path<(String, String)>,
    _: Query<NoParameters>,
) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &members::get(&ctx, &org, &member).await?))
}

/// Give a member another role.
#[utoipa::path(
    patch,
    path = "/organizations/{org}/members/{member}",
    tag = "Members",
    operation_id = "change_member_role",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    request_body = NewMemberRole,
    responses((status = 200, description = "Give a member another role", body = MemberView)),
    extensions(("x-permission" = json!("member.change_role"))),
)]
pub async fn change_role(
    ctx: Ctx,
    Path((org, member)): Path<(String, String)>,
    Body(wanted): Body<NewMemberRole>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, member_role::change(&ctx, &org, &member, wanted).await?))
}

/// Remove a member.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/members/{member}",
    tag = "Members",
    operation_id = "remove_member",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    request_body = Option<Handover>,
    responses((status = 204, description = "Remove a member")),
    extensions(("x-permission" = json!("member.remove"))),
)]
pub async fn remove(
    ctx: Ctx,
    Path((org, member)): Path<(String, String)>,
    OptionalBody(said): OptionalBody<Handover>,
) -> Result<Response, Problem> {
    Ok(done(departures::remove(&ctx, &org, &member, said).await?))
}

/// Show what removing a member meets and leaves; your own is what leaving does.
#[utoipa::path(
    get,
    path = "/organizations/{org}/members/{member}/removal-plan",
    tag = "Members",
    operation_id = "get_removal_plan",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    responses((status = 200, description = "Show what removing a member meets and leaves", body = RemovalPlan)),
    extensions(("x-permission" = json!("member.remove"))),
)]
pub async fn removal_plan(
    ctx: Ctx,
    Path((org, member)): Path<(String, String)>,
    _: Query<NoParameters>,
) -> Result<Json<RemovalPlan>, Problem> {
    Ok(Json(removal_plan::plan(&ctx, &org, &member).await?))
}

/// Undo the removal of a member.
#[utoipa::path(
    post,
    path = "/organizations/{org}/members/{member}/restore",
    tag = "Members",
    operation_id = "restore_member",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    responses((status = 200, description = "Undo the removal of a member", body = MemberView)),
    extensions(("x-permission" = json!("member.remove"))),
)]
pub async fn restore(ctx: Ctx, Path((org, member)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, departures::restore(&ctx, &org, &member).await?))
}

/// Let a waiting person in.
#[utoipa::path(
    post,
    path = "/organizations/{org}/members/{member}/approve",
    tag = "Members",
    operation_id = "approve_member",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    responses((status = 200, description = "Let a waiting person in", body = MemberView)),
    extensions(("x-permission" = json!("member.approve"))),
)]
pub async fn approve(ctx: Ctx, Path((org, member)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, approvals::approve(&ctx, &org, &member).await?))
}

/// Turn a waiting person away.
#[utoipa::path(
    post,
    path = "/organizations/{org}/members/{member}/reject",
    tag = "Members",
    operation_id = "reject_member",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    request_body = Option<Rejection>,
    responses((status = 204, description = "Turn a waiting person away")),
    extensions(("x-permission" = json!("member.approve"))),
)]
pub async fn reject(
    ctx: Ctx,
    Path((org, member)): Path<(String, String)>,
    OptionalBody(why): OptionalBody<Rejection>,
) -> Result<Response, Problem> {
    Ok(done(approvals::reject(&ctx, &org, &member, why).await?))
}

/// Switch a member off.
#[utoipa::path(
    post,
    path = "/organizations/{org}/members/{member}/deactivate",
    tag = "Members",
    operation_id = "deactivate_member",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    responses((status = 200, description = "Switch a member off", body = MemberView)),
    extensions(("x-permission" = json!("member.deactivate"))),
)]
pub async fn deactivate(ctx: Ctx, Path((org, member)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, members::deactivate(&ctx, &org, &member).await?))
}

/// Switch a member on again.
#[utoipa::path(
    post,
    path = "/organizations/{org}/members/{member}/reactivate",
    tag = "Members",
    operation_id = "reactivate_member",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    responses((status = 200, description = "Switch a member on again", body = MemberView)),
    extensions(("x-permission" = json!("member.deactivate"))),
)]
pub async fn reactivate(ctx: Ctx, Path((org, member)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, members::reactivate(&ctx, &org, &member).await?))
}

/// End the sessions a member has here.
#[utoipa::path(
    post,
    path = "/organizations/{org}/members/{member}/end-sessions",
    tag = "Members",
    operation_id = "end_member_sessions",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    responses((status = 204, description = "End the sessions a member has here")),
    extensions(("x-permission" = json!("member.end_sessions"))),
)]
pub async fn end_sessions(ctx: Ctx, Path((org, member)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(members::end_sessions(&ctx, &org, &member).await?))
}

/// Leave the organization.
#[utoipa::path(
    post,
    path = "/organizations/{org}/leave",
    tag = "Members",
    operation_id = "leave_organization",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
    ),
    request_body = Option<Handover>,
    responses((status = 204, description = "Leave the organization")),
    extensions(("x-permission" = json!("member.leave"))),
)]
pub async fn leave(
    ctx: Ctx,
    Path(org): Path<String>,
    OptionalBody(said): OptionalBody<Handover>,
) -> Result<Response, Problem> {
    Ok(done(departures::leave(&ctx, &org, said).await?))
}
