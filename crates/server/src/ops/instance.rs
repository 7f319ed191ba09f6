//! What administrators do to the whole installation.

use guildhall_domain::identity as rules_of;
use guildhall_store::Stop;

use super::identities::guard_whole;
use super::view::Nothing;
use super::{Answer, Ctx};

/// Makes every session and token of the installation issued up to now invalid, the caller's too.
///
/// # Errors
/// `auth.required`, `token.scope_missing`, `instance.administrator_required`.
pub async fn reset_authentication(ctx: &Ctx) -> Result<Answer<Nothing>, Stop> {
    guard_whole(ctx)?;
    let who = ctx.caller()?.identity.clone();
    ctx.write(move |ctx, tx| {
        tx.take_instance()?;
        tx.apply(rules_of::reset_everybody(&who, ctx.now)?)?;
        Ok(Nothing {})
    })
    .await
}
