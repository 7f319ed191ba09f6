//! The one write path. A transaction takes its organizations first (raising their revision),
//! reads facts, and applies changes; each change moves its rows and writes its audit record in the
//! same commit. Does not decide anything.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use guildhall_domain::change::Change;
use guildhall_domain::ids::{EventId, OrgId, TenantId};
use guildhall_domain::tenant::{self, TenantChange};
use guildhall_domain::time::Timestamp;
use uuid::Uuid;

use crate::apply;
use crate::conn::Conn;
use crate::consequence;
use crate::error::StoreError;
use crate::follow::Commit;
use crate::params;

const LOCK_ORGANIZATION: &str =
    "UPDATE organizations SET revision = revision + 1 WHERE id = $1 AND deleted_at IS NULL RETURNING revision";
const LOCK_IDENTITY: &str =
    "UPDATE identities SET revision = revision + 1 WHERE id = $1 AND deleted_at IS NULL RETURNING revision";
const LOCK_TENANT: &str = "UPDATE tenants SET revision = revision + 1 WHERE id = $1 RETURNING revision";
const LOCK_INSTANCE: &str = "UPDATE instance SET revision = revision + 1 WHERE id = 1 RETURNING revision";
const INSTANCE_REVISION: &str = "SELECT revision FROM instance WHERE id = 1";
const ATTEMPT: &str = "SAVEPOINT attempt";
const UNDO: &str = "ROLLBACK TO SAVEPOINT attempt";
const KEEP: &str = "RELEASE SAVEPOINT attempt";
pub(crate) const INSERT_EVENT: &str = "INSERT INTO audit_events (organization_id, revision, id, kind, actor_kind, actor_id, actor_name, credential, target_kind, target_id, target_name, before_value, after_value, outcome, address, request_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

pub(crate) const STATEMENTS: &[&str] =
    &[LOCK_ORGANIZATION, LOCK_IDENTITY, LOCK_TENANT, LOCK_INSTANCE, INSTANCE_REVISION, INSERT_EVENT];

/// Makes fresh ids. They sort by the given moment.
pub trait IdSource: Send + Sync {
    /// 128 bits nobody has used.
    fn fresh(&self, at: Timestamp) -> Uuid;
}

/// Who does something, as the audit trail names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// `identity`, `service_account`, `system` or `anonymous`.
    pub kind: String,
    /// Id of the identity, empty for others.
    pub id: String,
    /// Address or name, for people.
    pub name: String,
    /// The session or token used.
    pub credential: String,
    /// Network address the request came from.
    pub address: String,
    /// The request's id.
    pub request_id: String,
}

/// The trail of what belongs to no organization.
pub const INSTANCE_TRAIL: OrgId = OrgId::new(Uuid::nil());

/// One write transaction.
pub struct Tx<'a> {
    conn: Conn<'a>,
    ids: &'a dyn IdSource,
    author: &'a Author,
    now: Timestamp,
    revisions: BTreeMap<OrgId, u64>,
    changes: Vec<Change>,
    /// How many records this one wrote.
    records: u128,
}

impl<'a> Deref for Tx<'a> {
    type Target = Conn<'a>;
    fn deref(&self) -> &Self::Target {
        &self.conn
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.conn
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: Conn<'a>, ids: &'a dyn IdSource, author: &'a Author, now: Timestamp) -> Self {
        Self { conn, ids, author, now, revisions: BTreeMap::new(), changes: Vec::new(), records: 0 }
    }

    /// The moment this transaction stands for.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// A fresh id's bits.
    #[must_use]
    pub fn fresh(&self) -> Uuid {
        self.ids.fresh(self.now)
    }

    /// The id of the next record. Records of one transaction are of one moment; their place in it
    /// stands where ids of one millisecond sort first (RFC 9562, 6.2), so that the trail tells
    /// them in the order they happened.
    pub(crate) fn event_id(&mut self) -> EventId {
        let place = self.records.min(0xfff) << 64;
        self.records += 1;
        EventId::new(Uuid::from_u128(self.ids.fresh(self.now).as_u128() & !(0xfff << 64) | place))
    }

    /// The revision at which the installation's trail is written: without it, records would not stand in their order.
    pub(crate) fn instance_revision(&mut self) -> Result<u64, StoreError> {
        Ok(self.conn.first(INSTANCE_REVISION, &[], |row| row.next::<u64>())?.unwrap_or(0))
    }

    /// Does something that may be refused: then nothing of it stands.
    ///
    /// # Errors
    /// What the work returns; [`StoreError`].
    pub fn attempt<T, E: From<StoreError>>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let (revisions, before) = (self.revisions.clone(), self.changes.len());
        self.conn.execute(ATTEMPT, &[])?;
        let done = work(self);
        if done.is_err() {
            self.conn.execute(UNDO, &[])?;
            (self.revisions, _) = (revisions, self.changes.truncate(before));
        }
        self.conn.execute(KEEP, &[])?;
        done
    }

    /// What those who follow commits are told when this one stands.
    pub(crate) fn into_commit(self) -> Commit {
        Commit { revisions: self.revisions.into_iter().collect(), changes: self.changes }
    }

    /// Everything applied so far.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Takes an organization: its writers queue here, on both engines. `None` when there is no
    /// such organization.
    ///
    /// INVARIANT: facts about an organization that a decision rests on are read after this.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_organization(&mut self, id: OrgId) -> Result<Option<u64>, StoreError> {
        let revision = self.conn.first(LOCK_ORGANIZATION, params![id], |row| row.next::<u64>())?;
        if let Some(revision) = revision {
            self.revisions.insert(id, revision);
        }
        Ok(revision)
    }

    /// Takes an identity; comes before organizations. `None` when it is deleted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_identity(&mut self, id: guildhall_domain::ids::UserId) -> Result<Option<u64>, StoreError> {
        self.conn.first(LOCK_IDENTITY, params![id], |row| row.next::<u64>())
    }

    /// Takes a tenant: whoever changes it queues here. Comes after identities and before
    /// organizations.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_tenant(&mut self, id: TenantId) -> Result<Option<u64>, StoreError> {
        let revision = self.conn.first(LOCK_TENANT, params![id], |row| row.next::<u64>())?;
        if let Some(revision) = revision {
            self.revisions.insert(tenant::trail(id), revision);
        }
        Ok(revision)
    }

    /// Takes the installation; comes before identities.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_instance(&mut self) -> Result<u64, StoreError> {
        self.conn
            .first(LOCK_INSTANCE, &[], |row| row.next::<u64>())?
            .ok_or_else(|| StoreError::Corrupt("the instance row is missing".to_owned()))
    }

    /// Applies changes: rows and audit records, in order.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the transaction is kept then.
    pub fn apply(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        for change in changes {
            self.apply_one(&change)?;
            let follows = consequence::of(self, &change)?;
            self.changes.push(change);
            // INVARIANT: what follows has no consequences of its own.
            for change in follows {
                self.apply_one(&change)?;
                self.changes.push(change);
            }
        }
        Ok(())
    }

    fn apply_one(&mut self, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::OrganizationCreated { organization } => drop(self.revisions.insert(organization.id, 1)),
            Change::Tenant(TenantChange::Created { tenant, .. }) => drop(self.revisions.insert(tenant.trail(), 1)),
            _ => {}
        }
        let revision_of = |id: OrgId| self.revisions.get(&id).copied();
        apply::rows(&mut self.conn, change, self.now, &revision_of)?;
        if let Some(fact) = change.audit() {
            let trail = fact.organization.unwrap_or(INSTANCE_TRAIL);
            let revision = match fact.organization {
                Some(id) => self
                    .revisions
                    .get(&id)
                    .copied()
                    .ok_or_else(|| StoreError::Bug(format!("{id} was not taken before it was changed")))?,
                None => self.instance_revision()?,
            };
            let id = self.event_id();
            let (target_kind, target_id, target_name) = &fact.target;
            self.conn.execute(
                INSERT_EVENT,
                params![
                    trail,
                    revision,
                    id,
                    fact.kind,
                    &self.author.kind,
                    &self.author.id,
                    &self.author.name,
                    &self.author.credential,
                    *target_kind,
                    target_id,
                    target_name,
                    &fact.before,
                    &fact.after,
                    "success",
                    &self.author.address,
                    &self.author.request_id,
                    self.now
                ],
            )?;
        }
        Ok(())
    }
}
