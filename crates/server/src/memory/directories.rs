//! The directories of organizations in which somebody looked for people: loaded on first use, bounded by the
//! memory they take. A commit only notes whose entries it touched; whoever looks next reads those anew first.
//! So the order of commits does not matter, and what is found is never older than the question.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use guildhall_domain::change::Change;
use guildhall_domain::directory::{Directory, Facet, Wanted};
use guildhall_domain::ids::{MemberId, OrgId, UserId};
use guildhall_domain::provisioning::ScimChange;
use guildhall_store::read::Page;
use guildhall_store::read::directory;
use guildhall_store::read::member::{After, Filter};
use guildhall_store::{Commit, Conn, StoreError};

use super::member_of;

/// With more entries to be read anew than one of so many, the whole is read.
const MUCH: usize = 8;
/// So many are always read one by one.
const LITTLE: usize = 10_000;

/// What is not as the database has it any more.
#[derive(Debug, Default)]
struct Touched {
    all: bool,
    members: HashSet<MemberId>,
    users: HashSet<UserId>,
}

#[derive(Default)]
struct Slot {
    touched: Mutex<Touched>,
    /// Held while the directory is brought up to date, so that whoever comes meanwhile waits for it.
    now: RwLock<Option<Directory>>,
    used: AtomicU64,
    bytes: AtomicUsize,
}

impl Slot {
    fn touched(&self) -> MutexGuard<'_, Touched> {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings the directory up to date. INVARIANT: what was touched is taken before anything is read, so what
    /// is read is no older; `conn` must not have read anything before.
    fn renew(&self, conn: &mut Conn<'_>, organization: OrgId) -> Result<(), StoreError> {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let touched = std::mem::take(&mut *self.touched());
        let renewed = match now.take().filter(|_| !touched.all) {
            None => directory::whole(conn, organization),
            Some(kept) => renewed(conn, organization, kept, &touched),
        };
        match renewed {
            Ok(directory) => {
                self.bytes.store(directory.bytes(), Ordering::Relaxed);
                *now = Some(directory);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn is_fresh(&self) -> bool {
        let here = self.now.read().unwrap_or_else(PoisonError::into_inner).is_some();
        let touched = self.touched();
        here && !touched.all && touched.members.is_empty() && touched.users.is_empty()
    }
}

fn renewed(
    conn: &mut Conn<'_>,
    organization: OrgId,
    mut kept: Directory,
    touched: &Touched,
) -> Result<Directory, StoreError> {
    let mut members: Vec<MemberId> = touched.members.iter().copied().collect();
    for user in &touched.users {
        members.extend(directory::of_identity(conn, organization, *user)?);
    }
    if members.len() > LITTLE.max(kept.len() / MUCH) {
        return directory::whole(conn, organization);
    }
    directory::renew(conn, organization, &members, &mut kept)?;
    Ok(kept)
}

/// The directories of one process.
pub struct Directories {
    slots: RwLock<HashMap<OrgId, Arc<Slot>>>,
    clock: AtomicU64,
    most_bytes: usize,
}

impl Directories {
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { slots: RwLock::default(), clock: AtomicU64::new(1), most_bytes }
    }

    fn slot(&self, organization: OrgId) -> Option<Arc<Slot>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).get(&organization).cloned()
    }

    fn each(&self, touch: impl Fn(&mut Touched)) {
        for slot in self.slots.read().unwrap_or_else(PoisonError::into_inner).values() {
            touch(&mut slot.touched());
        }
    }

    fn touch(&self, organization: OrgId, touch: impl FnOnce(&mut Touched)) {
        if let Some(slot) = self.slot(organization) {
            touch(&mut slot.touched());
        }
    }

    /// Notes whom a commit touched.
    pub(super) fn follow(&self, commit: &Commit) {
        for change in &commit.changes {
            if let Change::Scim(ScimChange::AddressChanged { user, .. }) = change {
                self.each(|touched| {
                    touched.users.insert(*user);
                });
                continue;
            }
            if let Some(member) = member_of(change) {
                self.touch(member.organization, |touched| {
                    touched.members.insert(member.id);
                });
                continue;
            }
            match change {
                Change::ProfileEdited { user, .. } | Change::EmailVerified { user, .. } => {
                    self.each(|touched| {
                        touched.users.insert(*user);
                    });
                }
                // Nothing of these is looked for.
                Change::OrganizationRenamed { .. }
                | Change::PolicyChanged { .. }
                | Change::AccountChanged { .. }
                | Change::AuthenticationReset { .. }
                | Change::PasswordChanged { .. }
                | Change::IdentityCreated { .. }
                | Change::IdentityAuthenticationReset { .. }
                | Change::SessionsEnded { .. }
                | Change::SessionProved { .. }
                | Change::Factor(_)
                | Change::SessionEnded { .. }
                | Change::LinkIssued { .. }
                | Change::LinkUsed { .. }
                | Change::MailQueued { .. }
                | Change::InvitationResent { .. }
                | Change::Token(_)
                | Change::Link(_)
                | Change::Limit(_)
                | Change::Group(_)
                | Change::Resource(_) => {}
                _ if commit.revisions.is_empty() => self.forget(),
                _ => {
                    let here = commit.revisions.iter().map(|(organization, _)| *organization);
                    here.for_each(|organization| self.touch(organization, |touched| touched.all = true));
                }
            }
        }
    }

    /// Lets all go: nobody knows what is in the database any more.
    pub(super) fn forget(&self) {
        self.each(|touched| touched.all = true);
    }

    /// Makes sure that a search finds whatever was committed before this call.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn renew(&self, conn: &mut Conn<'_>, organization: OrgId) -> Result<(), StoreError> {
        let slot = match self.slot(organization) {
            Some(slot) if slot.is_fresh() => return Ok(()),
            Some(slot) => slot,
            None => {
                let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(slots.entry(organization).or_default())
            }
        };
        slot.used.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        slot.renew(conn, organization)?;
        self.shrink(organization);
        Ok(())
    }

    /// Those not used for longest leave until the rest is small enough.
    fn shrink(&self, but: OrgId) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let mut bytes: usize = slots.values().map(|slot| slot.bytes.load(Ordering::Relaxed)).sum();
        while bytes > self.most_bytes {
            let others = slots.iter().filter(|(id, _)| **id != but);
            let oldest = others.min_by_key(|(_, slot)| slot.used.load(Ordering::Relaxed)).map(|(id, _)| *id);
            let Some(gone) = oldest.and_then(|id| slots.remove(&id)) else { return };
            bytes = bytes.saturating_sub(gone.bytes.load(Ordering::Relaxed));
        }
    }

    /// Whoever is looked for, in the order of the list; `None` when the directory is not here.
    pub fn search(&self, organization: OrgId, filter: &Filter, page: &Page<After>) -> Option<Vec<After>> {
        // Who is in a group is not known here; few are, so the tables tell it.
        let slot = self.slot(organization).filter(|_| filter.group.is_none())?;
        // Whoever found memory in doubt has renewed nothing; what was let go since is not answered from.
        if slot.touched().all {
            return None;
        }
        slot.used.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        let now = slot.now.read().unwrap_or_else(PoisonError::into_inner);
        let directory = now.as_ref()?;
        let mut facets: Vec<Facet> = Vec::new();
        facets.extend(filter.status.map(Facet::Status));
        facets.extend(filter.kind.map(Facet::Kind));
        if let Some(role) = &filter.role {
            match directory.known_role(role) {
                Some(role) => facets.push(role),
                None => return Some(Vec::new()),
            }
        }
        let found = directory.search(&Wanted {
            query: filter.query.as_deref().unwrap_or_default(),
            facets: &facets,
            after: page.after.as_ref().map(|(key, id)| (key.as_str(), *id)),
            limit: page.limit as usize,
        });
        Some(found.into_iter().map(|(key, id)| (key.to_owned(), id)).collect())
    }
}
