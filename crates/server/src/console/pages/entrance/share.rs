//! What a share link opens, for whoever holds it.

use axum::extract::Path;
use axum::http::StatusCode;

use crate::console::view::SharePage;
use crate::console::visit::{Shown, Visit};
use crate::ops::share_links;

/// `GET /share/{token}`
pub(super) async fn show(visit: Visit, Path(token): Path<String>) -> Shown {
    let (held, target) = share_links::open(&visit.ctx, &token).await.map_err(|stop| visit.wrong(stop))?;
    let preset = held.rules.preset();
    let given = held.link.given.mask(&held.rules, &target.kind);
    let labels = preset.catalogue.told(given).map(|permission| permission.label.clone());
    visit.page(
        StatusCode::OK,
        &SharePage {
            page: visit.plain(&target.name),
            kind: preset.resource_type(&target.kind).map_or_else(|| target.kind.clone(), |kind| kind.name.clone()),
            name: target.name.clone(),
            organization: held.organization.name.clone(),
            permissions: labels.collect(),
            expires: held.link.expires_at.map(|at| visit.when(at)),
        },
    )
}
