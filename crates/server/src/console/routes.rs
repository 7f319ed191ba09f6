//! Every page of the console, on one page.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tower_http::compression::CompressionLayer;

use super::pages::{account, admin, entrance, tenants};
use super::{assets, visit};
use crate::app::App;

/// The pages.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        // Only what carries no secret is compressed: lengths tell (BREACH).
        .route("/assets/{file}", get(assets::serve).layer(CompressionLayer::new()))
        .merge(entrance::routes())
        .merge(account::routes())
        .merge(admin::routes())
        .merge(tenants::routes())
        .method_not_allowed_fallback(visit::not_so)
}
