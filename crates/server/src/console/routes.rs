//! Every page of the console, on one page.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::assets;
use super::pages::{account, admin, entrance};
use crate::app::App;

/// The pages.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/assets/{file}", get(assets::serve))
        .merge(entrance::routes())
        .merge(account::routes())
        .merge(admin::routes())
}
