//! Whom a change of the policy leaves standing: people who wait, and whose way in it closes or does not open; and
//! people who lack the second factor it asks for.
//! Part of a preview; changes nothing.

use guildhall_domain::factor::asked_of;
use guildhall_domain::ids::OrgId;
use guildhall_domain::joining::{Address, guard_exclusive};
use guildhall_domain::member::Status;
use guildhall_domain::policy::ApprovalMode;
use guildhall_domain::preset::Rules;
use guildhall_store::read::member::Filter;
use guildhall_store::read::{Page, factor as factors, member as members};
use guildhall_store::{Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody whom a change of the policy would leave waiting.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PreviewStranded {
    /// `mem_…`
    pub member: String,
    /// Their address.
    pub email: String,
    /// `invited`, `requested` or `pending_approval`.
    pub status: String,
    /// Why, and what to do.
    pub why: String,
}

/// Everybody whom the change from `before` to `after` strands.
///
/// # Errors
/// [`Stop`].
pub fn of(tx: &mut Tx<'_>, here: OrgId, before: &Rules, after: &Rules) -> Result<Vec<PreviewStranded>, Stop> {
    let (was, is) = (before.policy(), after.policy());
    let mut stranded = Vec::new();
    let switched_off = was.approval_mode != ApprovalMode::Off && is.approval_mode == ApprovalMode::Off;
    let narrowed = was.domain_exclusive != is.domain_exclusive;
    for status in [Status::Invited, Status::Requested, Status::PendingApproval] {
        if !(narrowed || switched_off && status == Status::PendingApproval) {
            continue;
        }
        let filter = Filter { status: Some(status), ..Filter::default() };
        for (_, member) in members::list(tx, here, &filter, &Page { after: None, limit: u32::MAX })? {
            let outside = guard_exclusive(is, Address::of(&member.email, false), true).err();
            let why = match outside.filter(|_| narrowed) {
                Some(refusal) => refusal.detail,
                None if switched_off && status == Status::PendingApproval => {
                    "goes on waiting: approve or reject them".to_owned()
                }
                None => continue,
            };
            let (id, email) = (member.id.to_string(), member.email.clone());
            stranded.push(PreviewStranded { member: id, email, status: status.word().to_owned(), why });
        }
    }
    Ok(stranded)
}

/// Somebody who has no second factor and would be asked for one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PreviewWithoutFactor {
    /// `mem_…`
    pub member: String,
    /// Their address.
    pub email: String,
}

/// Everybody whom the policy asks for a factor after the change and not before, and who has none.
///
/// # Errors
/// [`Stop`].
pub fn without_factor(
    tx: &mut Tx<'_>,
    here: OrgId,
    before: &Rules,
    after: &Rules,
) -> Result<Vec<PreviewWithoutFactor>, Stop> {
    if before.policy().mfa_required == after.policy().mfa_required {
        return Ok(Vec::new());
    }
    let people = factors::people_without(tx, here)?;
    let asked = people.into_iter().filter(|m| asked_of(after, m) && !asked_of(before, m));
    Ok(asked.map(|m| PreviewWithoutFactor { member: m.id.to_string(), email: m.email }).collect())
}
