//! Looks again at the mail domains that organizations have proved to be their own.

use std::sync::Arc;

use guildhall_store::Stop;
use guildhall_store::read::claimed_domain as claims;

use crate::app::App;
use crate::ops::{Ctx, DAY_S, domains};

/// As many at a time: name servers are slow, and the rest is due at the next turn.
const AT_A_TIME: u32 = 20;

/// Looks at those that nobody looked at for a day.
///
/// # Errors
/// [`Stop`].
pub async fn look_again(app: &Arc<App>) -> Result<(), Stop> {
    let before = app.now().plus_s(-DAY_S);
    let due = app.store.read(move |conn| Ok(claims::due(conn, before, AT_A_TIME)?)).await?;
    for claim in due {
        domains::look_again(&Ctx::of_operator(app, "domains"), claim).await?;
    }
    Ok(())
}
