//! Whom required single sign-on binds: everybody who would then get in by it alone. Part of a preview; changes
//! nothing.

use guildhall_domain::ids::OrgId;
use guildhall_domain::member::{MemberKind, Status};
use guildhall_domain::preset::Rules;
use guildhall_domain::proof;
use guildhall_store::read::member::Filter;
use guildhall_store::read::{Page, member as members, sso as connections};
use guildhall_store::{Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody who would get in by single sign-on alone.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PreviewCaptured {
    /// `mem_…`
    pub member: String,
    /// Their address.
    pub email: String,
    /// Whether they have come in so before; whoever has not is tied at their first sign-in.
    pub linked: bool,
}

/// Everybody whom the change from `before` to `after` binds, from whatever moment on.
///
/// # Errors
/// [`Stop`].
pub fn of(tx: &mut Tx<'_>, here: OrgId, before: &Rules, after: &Rules) -> Result<Vec<PreviewCaptured>, Stop> {
    let (was, is) = (before.policy(), after.policy());
    let same = was.sso_required == is.sso_required && was.sso_break_glass == is.sso_break_glass;
    if same || !is.sso_required {
        return Ok(Vec::new());
    }
    let mut captured = Vec::new();
    let filter = Filter { status: Some(Status::Active), ..Filter::default() };
    for (_, member) in members::list(tx, here, &filter, &Page { after: None, limit: u32::MAX })? {
        if member.kind == MemberKind::ServiceAccount || proof::keeps_way_in(after, &member) {
            continue;
        }
        let linked = match member.user {
            Some(user) => connections::is_tied(tx, here, user)?,
            None => false,
        };
        captured.push(PreviewCaptured { member: member.id.to_string(), email: member.email, linked });
    }
    Ok(captured)
}
