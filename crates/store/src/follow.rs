//! Whoever follows the commits of this process: told of each after it stands and before whoever
//! asked for it is answered. Does not know what is made of it.

use guildhall_domain::change::Change;
use guildhall_domain::ids::OrgId;

/// What a write kept.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// The organizations it took, and the revision it raised each to.
    pub revisions: Vec<(OrgId, u64)>,
    /// What it changed, in order.
    pub changes: Vec<Change>,
}

/// Follows commits. Called on the threads that write, so it must be quick.
pub trait Follower: Send + Sync {
    /// A commit stands. Those of one organization may come in another order than that of their
    /// revisions, since several threads write.
    fn committed(&self, commit: Commit);

    /// Nobody knows whether a commit stands, or will in a moment: the connection broke off during
    /// it. Nothing is told of what became of it.
    fn unsure(&self);

    /// From now on this process does not know any more what is in the database: another may write
    /// to it. Told again when it is alone once more.
    fn forget(&self);
}
