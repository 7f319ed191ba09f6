//! Grants on resources, share links, and what was shared with whom.

use axum::http::StatusCode;
use axum::response::Response;
use guildhall_store::read::Page;

use super::PageQuery;
use crate::http::cursor;
use crate::http::extract::{Body, NoParameters, Path, Query};
use crate::http::problem::Problem;
use crate::http::reply::{Json, done, object, written};
use crate::ops::Ctx;
use crate::ops::grants::{self, EditGrant, GrantView, NewGrant};
use crate::ops::share_links::{self, NewShareLink, ShareLinkView};
use crate::ops::shared::{self, SharedView};
use crate::ops::view::List;

/// List the grants on a resource.
#[utoipa::path(
    get,
    path = "/organizations/{org}/resources/{resource}/grants",
    tag = "Sharing",
    operation_id = "list_grants",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("resource" = String, Path, description = "`res_…` or `type:external_id`"),
        PageQuery,
    ),
    responses((status = 200, description = "List the grants on a resource", body = List<GrantView>)),
    extensions(("x-permission" = json!("{type}.share"))),
)]
pub async fn grants(
    ctx: Ctx,
    Path((org, resource)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<GrantView>>, Problem> {
    Ok(Json(grants::list(&ctx, &org, &resource, query.by_id()?).await?))
}

/// Grant something on a resource.
#[utoipa::path(
    post,
    path = "/organizations/{org}/resources/{resource}/grants",
    tag = "Sharing",
    operation_id = "create_grant",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("resource" = String, Path, description = "`res_…` or `type:external_id`"),
    ),
    request_body = NewGrant,
    responses((status = 201, description = "Grant something on a resource", body = GrantView)),
    extensions(("x-permission" = json!("{type}.share"))),
)]
pub async fn grant(
    ctx: Ctx,
    Path((org, resource)): Path<(String, String)>,
    Body(wanted): Body<NewGrant>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, grants::create(&ctx, &org, &resource, wanted).await?))
}

/// Take back all grants on a resource at once.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/resources/{resource}/grants",
    tag = "Sharing",
    operation_id = "revoke_resource_grants",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("resource" = String, Path, description = "`res_…` or `type:external_id`"),
    ),
    responses((status = 204, description = "Take back all grants on a resource at once")),
    extensions(("x-permission" = json!("{type}.share"))),
)]
pub async fn revoke_all(ctx: Ctx, Path((org, resource)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(grants::revoke_all(&ctx, &org, &resource).await?))
}

/// Show a grant.
#[utoipa::path(
    get,
    path = "/organizations/{org}/grants/{grant}",
    tag = "Sharing",
    operation_id = "get_grant",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("grant" = String, Path, description = "`grt_…`"),
    ),
    responses((status = 200, description = "Show a grant", body = GrantView)),
    extensions(("x-permission" = json!("{type}.share"))),
)]
pub async fn get(
    ctx: Ctx,
    Path((org, grant)): Path<(String, String)>,
    _: Query<NoParameters>,
) -> Result<Response, Problem> {
    Ok(object(StatusCode::OK, &grants::get(&ctx, &org, &grant).await?))
}

/// Let a grant give something else, or end at another time.
#[utoipa::path(
    patch,
    path = "/organizations/{org}/grants/{grant}",
    tag = "Sharing",
    operation_id = "edit_grant",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("grant" = String, Path, description = "`grt_…`"),
    ),
    request_body = EditGrant,
    responses((status = 200, description = "Let a grant give something else, or end at another time", body = GrantView)),
    extensions(("x-permission" = json!("{type}.share"))),
)]
pub async fn edit(
    ctx: Ctx,
    Path((org, grant)): Path<(String, String)>,
    Body(wanted): Body<EditGrant>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::OK, grants::edit(&ctx, &org, &grant, wanted).await?))
}

/// Take a grant back.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/grants/{grant}",
    tag = "Sharing",
    operation_id = "revoke_grant",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("grant" = String, Path, description = "`grt_…`"),
    ),
    responses((status = 204, description = "Take a grant back")),
    extensions(("x-permission" = json!("{type}.share"))),
)]
pub async fn revoke(ctx: Ctx, Path((org, grant)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(grants::revoke(&ctx, &org, &grant).await?))
}

/// Take back all grants of a member at once.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/members/{member}/grants",
    tag = "Sharing",
    operation_id = "revoke_member_grants",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("member" = String, Path, description = "`mem_…`"),
    ),
    responses((status = 204, description = "Take back all grants of a member at once")),
    extensions(("x-permission" = json!("grant.manage"))),
)]
pub async fn revoke_of_member(ctx: Ctx, Path((org, member)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(done(grants::revoke_of_member(&ctx, &org, &member).await?))
}

/// List the links that share a resource.
#[utoipa::path(
    get,
    path = "/organizations/{org}/resources/{resource}/share-links",
    tag = "Sharing",
    operation_id = "list_share_links",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("resource" = String, Path, description = "`res_…` or `type:external_id`"),
        PageQuery,
    ),
    responses((status = 200, description = "List the links that share a resource", body = List<ShareLinkView>)),
    extensions(("x-permission" = json!("{type}.share"))),
)]
pub async fn links(
    ctx: Ctx,
    Path((org, resource)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<ShareLinkView>>, Problem> {
    Ok(Json(share_links::list(&ctx, &org, &resource, query.by_id()?).await?))
}

/// Share a resource by a link; its secret is shown this once.
#[utoipa::path(
    post,
    path = "/organizations/{org}/resources/{resource}/share-links",
    tag = "Sharing",
    operation_id = "create_share_link",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("resource" = String, Path, description = "`res_…` or `type:external_id`"),
    ),
    request_body = NewShareLink,
    responses((status = 201, description = "Share a resource by a link; its secret is shown this once", body = ShareLinkView)),
    extensions(("x-permission" = json!("{type}.share"))),
)]
pub async fn share(
    ctx: Ctx,
    Path((org, resource)): Path<(String, String)>,
    Body(wanted): Body<NewShareLink>,
) -> Result<Response, Problem> {
    Ok(written(StatusCode::CREATED, share_links::create(&ctx, &org, &resource, wanted).await?))
}

/// End a share link.
#[utoipa::path(
    delete,
    path = "/organizations/{org}/resources/{resource}/share-links/{share_link}",
    tag = "Sharing",
    operation_id = "revoke_share_link",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        ("resource" = String, Path, description = "`res_…` or `type:external_id`"),
        ("share_link" = String, Path, description = "`lnk_…`"),
    ),
    responses((status = 204, description = "End a share link")),
    extensions(("x-permission" = json!("{type}.share"))),
)]
pub async fn revoke_link(
    ctx: Ctx,
    Path((org, resource, link)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    Ok(done(share_links::revoke(&ctx, &org, &resource, &link).await?))
}

/// List what is shared with you.
#[utoipa::path(
    get,
    path = "/organizations/{org}/me/shared-with-me",
    tag = "Sharing",
    operation_id = "list_shared_with_me",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        PageQuery,
    ),
    responses((status = 200, description = "List what is shared with you", body = List<SharedView>)),
    extensions(("x-permission" = json!("organization.read"))),
)]
pub async fn with_me(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<SharedView>>, Problem> {
    Ok(Json(shared::with_me(&ctx, &org, page(&query)?).await?))
}

/// List what you share.
#[utoipa::path(
    get,
    path = "/organizations/{org}/me/shared-by-me",
    tag = "Sharing",
    operation_id = "list_shared_by_me",
    params(
        ("org" = String, Path, description = "Id or slug of the organization"),
        PageQuery,
    ),
    responses((status = 200, description = "List what you share", body = List<SharedView>)),
    extensions(("x-permission" = json!("organization.read"))),
)]
pub async fn by_me(
    ctx: Ctx,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<SharedView>>, Problem> {
    Ok(Json(shared::by_me(&ctx, &org, page(&query)?).await?))
}

fn page(query: &PageQuery) -> Result<Page<uuid::Uuid>, Problem> {
    let after = query.after.as_deref().map(shared::after).transpose()?;
    Ok(Page { after, limit: cursor::limit(query.limit)? })
}
