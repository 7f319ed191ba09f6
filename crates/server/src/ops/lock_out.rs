//! Refuses a policy under which nobody who runs the organization would get in any more, whichever way it came: by
//! single settings, or with another preset. Called once it is written, in the same transaction.

use std::sync::Arc;

use guildhall_domain::organization::Organization;
use guildhall_domain::preset::Rules;
use guildhall_domain::{proof, sso};
use guildhall_store::read::{member as members, sso as connections};
use guildhall_store::{Stop, Tx};

use super::Ctx;

/// The rules that hold from now on.
///
/// # Errors
/// `policy.locks_out`, `sso.no_connection`, `sso.break_glass`.
pub(super) fn guard(ctx: &Ctx, tx: &mut Tx<'_>, before: &Rules, after: &Organization) -> Result<Arc<Rules>, Stop> {
    let rules = ctx.app.rules_uncached(tx, after)?;
    proof::guard_lock_out(rules.policy(), ctx.address)?;
    if rules.policy().sso_required {
        let enabled = !connections::open(tx, Some(after.id))?.is_empty();
        sso::guard_required(before.policy(), rules.policy(), enabled)?;
        let top = members::top_holders(tx, after.id, &rules.preset().top_role().slug, u32::MAX)?;
        sso::guard_way_in(&rules, &members::some(tx, after.id, &top)?)?;
    }
    Ok(rules)
}
