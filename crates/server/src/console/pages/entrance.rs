//! Pages.

use std::sync::Arc;

use axum::Router;

use crate::app::App;

/// The pages of this part.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
}
