//! The one write path. A transaction takes its organizations first (raising their revision),
//! reads facts, and applies changes; each change moves its rows and writes its audit record in the
//! same commit. Does not decide anything.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;

use guildhall_domain::change::{AuditFact, Change};
use guildhall_domain::ids::{EventId, OrgId, TenantId};
use guildhall_domain::tenant::{self, TenantChange};
use guildhall_domain::time::Timestamp;
use uuid::Uuid;

use crate::apply::{self, At, places::Places};
use crate::conn::Conn;
use crate::consequence;
use crate::error::StoreError;
use crate::follow::Commit;
use crate::params;
use crate::read::group;
use crate::value::Value;

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
const INSERT_EVENTS: &str = "INSERT INTO audit_events (organization_id, revision, id, kind, actor_kind, actor_id, actor_name, credential, target_kind, target_id, target_name, before_value, after_value, outcome, address, request_id, at) VALUES ";
const EVENT_COLUMNS: usize = 17;
/// The bits of an id (RFC 9562, 5.7) that say neither when it was made nor what it is.
const DRAWN: u128 = (1 << 62) - 1;
/// Most records that are written by one statement.
const EVENTS: usize = 32;

pub(crate) static ONE_EVENT: LazyLock<String> = LazyLock::new(|| insert_events(1));
static MANY_EVENTS: LazyLock<String> = LazyLock::new(|| insert_events(EVENTS));

fn insert_events(many: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=EVENT_COLUMNS).map(|n| format!("${}", row * EVENT_COLUMNS + n)).collect();
        format!("({})", places.join(", "))
    };
    format!("{INSERT_EVENTS}{}", (0..many).map(row).collect::<Vec<_>>().join(", "))
}

/// Every statement here.
pub(crate) fn statements() -> [&'static str; 7] {
    [LOCK_ORGANIZATION, LOCK_IDENTITY, LOCK_TENANT, LOCK_INSTANCE, INSTANCE_REVISION, &ONE_EVENT, &MANY_EVENTS]
}

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
    /// The installation's revision, once somebody asked.
    instance: Option<u64>,
    /// Whether organizations have groups that are for everybody, as far as somebody asked.
    welcomes: BTreeMap<OrgId, bool>,
    changes: Vec<Change>,
    /// How many records this one wrote.
    records: u128,
    /// What the trail calls the changes, and how many there are of each.
    kinds: BTreeMap<&'static str, usize>,
    /// Records of the trail that are still to be written.
    events: Vec<Value>,
    /// An id that those of the records are made from.
    first_event: Option<u128>,
    places: RefCell<Places>,
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
        Self {
            conn,
            ids,
            author,
            now,
            revisions: BTreeMap::new(),
            instance: None,
            welcomes: BTreeMap::new(),
            changes: Vec::new(),
            records: 0,
            kinds: BTreeMap::new(),
            events: Vec::new(),
            first_event: None,
            places: RefCell::default(),
        }
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
    /// them in the order they happened. The rest is drawn once, and counts from there.
    pub(crate) fn event_id(&mut self) -> EventId {
        let first = *self.first_event.get_or_insert_with(|| self.ids.fresh(self.now).as_u128());
        let (ordered, drawn) = (self.records.min(0xfff) << 64, first.wrapping_add(self.records) & DRAWN);
        self.records += 1;
        EventId::new(Uuid::from_u128(first & !DRAWN & !(0xfff << 64) | ordered | drawn))
    }

    /// The revision at which the installation's trail is written: without it, records would not stand in their order.
    pub(crate) fn instance_revision(&mut self) -> Result<u64, StoreError> {
        if self.instance.is_none() {
            self.instance = self.conn.first(INSTANCE_REVISION, &[], |row| row.next::<u64>())?;
        }
        Ok(self.instance.unwrap_or(0))
    }

    /// Does something that may be refused: then nothing of it stands.
    ///
    /// # Errors
    /// What the work returns; [`StoreError`].
    pub fn attempt<T, E: From<StoreError>>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        // What still waits to be written stands in any case.
        self.finish()?;
        let (revisions, kinds, before) = (self.revisions.clone(), self.kinds.clone(), self.changes.len());
        self.conn.execute(ATTEMPT, &[])?;
        let done = work(self);
        if done.is_err() {
            self.conn.execute(UNDO, &[])?;
            (self.revisions, self.kinds) = (revisions, kinds);
            self.changes.truncate(before);
            self.events.clear();
            self.places = RefCell::default();
            self.welcomes.clear();
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

    /// What the trail calls everything applied so far, and how many there are of each kind.
    #[must_use]
    pub const fn kinds(&self) -> &BTreeMap<&'static str, usize> {
        &self.kinds
    }

    /// The revision of an organization that was taken.
    #[must_use]
    pub fn revision(&self, organization: OrgId) -> Option<u64> {
        self.revisions.get(&organization).copied()
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
        let revision = self.conn.first(LOCK_INSTANCE, &[], |row| row.next::<u64>())?;
        self.instance = revision;
        revision.ok_or_else(|| StoreError::Corrupt("the instance row is missing".to_owned()))
    }

    /// Whether an organization has groups that are for everybody. It is asked once: only a change of groups alters it.
    pub(crate) fn welcomes(&mut self, organization: OrgId) -> Result<bool, StoreError> {
        if let Some(known) = self.welcomes.get(&organization) {
            return Ok(*known);
        }
        let has = group::any_joining(&mut self.conn, organization)?;
        self.welcomes.insert(organization, has);
        Ok(has)
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
        if matches!(change, Change::Group(_)) {
            self.welcomes.clear();
        }
        let revision_of = |id: OrgId| self.revisions.get(&id).copied();
        let at = At { now: self.now, revision_of: &revision_of, places: &self.places };
        apply::rows(&mut self.conn, &at, change)?;
        match change.audit() {
            Some(fact) => self.record(fact),
            None => Ok(()),
        }
    }

    /// Puts a record of the trail down.
    fn record(&mut self, fact: AuditFact) -> Result<(), StoreError> {
        let revision = match fact.organization {
            Some(id) => {
                self.revision(id).ok_or_else(|| StoreError::Bug(format!("{id} was not taken before it was changed")))?
            }
            None => self.instance_revision()?,
        };
        *self.kinds.entry(fact.kind).or_default() += 1;
        let (target_kind, target_id, target_name) = fact.target;
        let row: [Value; EVENT_COLUMNS] = [
            fact.organization.unwrap_or(INSTANCE_TRAIL).into(),
            revision.into(),
            self.event_id().into(),
            fact.kind.into(),
            (&self.author.kind).into(),
            (&self.author.id).into(),
            (&self.author.name).into(),
            (&self.author.credential).into(),
            target_kind.into(),
            target_id.into(),
            target_name.into(),
            (&fact.before).into(),
            (&fact.after).into(),
            "success".into(),
            (&self.author.address).into(),
            (&self.author.request_id).into(),
            self.now.into(),
        ];
        self.events.extend(row);
        if self.events.len() < EVENTS * EVENT_COLUMNS {
            return Ok(());
        }
        self.conn.execute(&MANY_EVENTS, &self.events)?;
        self.events.clear();
        Ok(())
    }

    /// Writes what was put down for the end. INVARIANT: nothing is committed without, and no work of a transaction
    /// reads the trail or the places of lists.
    pub(crate) fn finish(&mut self) -> Result<(), StoreError> {
        for row in self.events.chunks(EVENT_COLUMNS) {
            self.conn.execute(&ONE_EVENT, row)?;
        }
        self.events.clear();
        self.places.get_mut().write(&mut self.conn)
    }
}
