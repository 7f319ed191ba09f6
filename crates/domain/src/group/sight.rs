//! Who runs a group, and who sees it. Changes nothing.

use crate::policy::GroupsShown;
use crate::preset::Rules;

/// Whether somebody with a role runs a group by their place in it: as its manager, or since their role runs
/// every group they are in (ON-15).
#[must_use]
pub fn runs(rules: &Rules, role: &str, manager: Option<bool>) -> bool {
    manager.is_some_and(|manager| manager || rules.rights(role).manages_all)
}

/// Whether somebody who sees groups sees this one, which they run or do not run (ON-30).
#[must_use]
pub fn is_seen(rules: &Rules, runs: bool, may_manage_all: bool) -> bool {
    runs || may_manage_all || rules.policy().group_shown == GroupsShown::All
}
