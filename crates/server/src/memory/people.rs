//! Credentials in use and where their holders belong. A change that names a person forgets all that
//! is kept of them at once, however much that is: everything kept of one person hangs on one
//! [`Life`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use guildhall_domain::ids::{MemberId, OrgId, TenantId, UserId};
use guildhall_domain::member::Member;
use guildhall_domain::tenant::TenantRole;
use guildhall_domain::time::Timestamp;

use super::kept::{Kept, Ticket};
use crate::ops::{Caller, Credential};

/// How often a mark of a credential is put down for the streams that write "last seen".
pub const CREDENTIAL_EVERY_S: i64 = 1;
/// How often one of a membership is.
pub const MEMBER_EVERY_S: i64 = 60;

/// Whether what was read of a person still holds.
type Life = Arc<AtomicBool>;

/// When something was last seen, exactly, and when that was last put down to be written.
#[derive(Debug, Default)]
pub struct LastSeen {
    seen: AtomicI64,
    put_down: AtomicI64,
}

impl LastSeen {
    fn at(seen: Timestamp) -> Self {
        Self { seen: AtomicI64::new(seen.micros()), put_down: AtomicI64::new(0) }
    }

    /// When it was last seen before.
    #[must_use]
    pub fn before(&self) -> Timestamp {
        Timestamp::from_micros(self.seen.load(Ordering::Relaxed))
    }

    /// It is seen now; says whether to put that down, which is done every so many seconds.
    pub fn now(&self, now: Timestamp, every_s: i64) -> bool {
        self.seen.fetch_max(now.micros(), Ordering::Relaxed);
        let due = now.seconds_since(Timestamp::from_micros(self.put_down.load(Ordering::Relaxed))) >= every_s;
        if due {
            self.put_down.store(now.micros(), Ordering::Relaxed);
        }
        due
    }
}

/// A credential that was recognised.
#[derive(Debug)]
pub struct Known {
    /// Its holder, with it.
    pub caller: Arc<Caller>,
    /// When it was last used.
    pub last: LastSeen,
    life: Life,
}

impl Known {
    /// What is not kept, for one request.
    #[must_use]
    pub fn unkept(caller: Caller) -> Self {
        Self::new(caller, Life::default())
    }

    fn new(caller: Caller, life: Life) -> Self {
        let seen = match &caller.credential {
            Credential::Session(session) => session.seen_at,
            Credential::Token(token) => token.last_used_at.unwrap_or_default(),
        };
        Self { caller: Arc::new(caller), last: LastSeen::at(seen), life }
    }
}

/// Somebody's place in one organization.
#[derive(Debug)]
pub struct Seat {
    /// The membership.
    pub member: Arc<Member>,
    /// When they were last active there.
    pub last: LastSeen,
}

impl Seat {
    fn new(member: Member) -> Self {
        Self { last: LastSeen::at(member.last_active_at.unwrap_or_default()), member: Arc::new(member) }
    }

    /// When they were last active, as that was last put down.
    #[must_use]
    pub fn last_active_at(&self) -> Option<Timestamp> {
        let put_down = Timestamp::from_micros(self.last.put_down.load(Ordering::Relaxed));
        self.member.last_active_at.max(Some(put_down).filter(|at| *at > Timestamp::default()))
    }
}

/// Everywhere somebody belongs.
#[derive(Debug)]
pub struct Belongs {
    /// Every membership that is not removed, by organization.
    pub seats: Vec<Seat>,
    /// What they are in tenants.
    pub tenants: Vec<(TenantId, TenantRole)>,
    life: Life,
}

impl Belongs {
    /// What is not kept, for one answer.
    #[must_use]
    pub fn unkept(members: Vec<Member>, tenants: Vec<(TenantId, TenantRole)>) -> Self {
        Self { seats: members.into_iter().map(Seat::new).collect(), tenants, life: Life::default() }
    }

    /// The place in one organization.
    #[must_use]
    pub fn at(&self, organization: OrgId) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.member.organization == organization)
    }

    /// What they are in a tenant.
    #[must_use]
    pub fn role_in(&self, tenant: TenantId) -> Option<TenantRole> {
        self.tenants.iter().find(|(id, _)| *id == tenant).map(|(_, role)| *role)
    }
}

/// Credentials by their hash, and memberships by person.
pub struct People {
    credentials: Kept<[u8; 32], Arc<Known>>,
    belongs: Kept<UserId, Arc<Belongs>>,
    lives: Mutex<HashMap<UserId, Life>>,
    most: usize,
}

impl People {
    /// For so many.
    pub(super) fn new(most: usize) -> Self {
        Self { credentials: Kept::new(most), belongs: Kept::new(most), lives: Mutex::new(HashMap::new()), most }
    }

    fn lives(&self) -> MutexGuard<'_, HashMap<UserId, Life>> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The life of a person: one for all that is kept of them.
    fn life(&self, user: UserId) -> Life {
        let mut lives = self.lives();
        if lives.len() > self.most * 2 {
            // Nothing hangs on those any more.
            lives.retain(|_, life| Arc::strong_count(life) > 1);
        }
        Arc::clone(lives.entry(user).or_insert_with(|| Arc::new(AtomicBool::new(true))))
    }

    /// Whoever holds the credential of this hash.
    #[must_use]
    pub fn known(&self, hash: &[u8; 32]) -> Option<Arc<Known>> {
        self.credentials.get(hash).filter(|known| known.life.load(Ordering::SeqCst))
    }

    /// Everywhere somebody belongs.
    #[must_use]
    pub fn belongs(&self, user: UserId) -> Option<Arc<Belongs>> {
        self.belongs.get(&user).filter(|found| found.life.load(Ordering::SeqCst))
    }

    /// Everybody of whom it is kept where they belong.
    #[must_use]
    pub fn all(&self) -> Vec<(UserId, Arc<Belongs>)> {
        self.belongs.all().into_iter().filter(|(_, found)| found.life.load(Ordering::SeqCst)).collect()
    }

    /// Take it before reading a credential.
    #[must_use]
    pub fn credentials_ticket(&self) -> Ticket {
        self.credentials.ticket()
    }

    /// Take it before reading memberships.
    #[must_use]
    pub fn belongs_ticket(&self) -> Ticket {
        self.belongs.ticket()
    }

    /// Forgets all that is kept of a person.
    pub fn forget(&self, user: UserId) {
        // Both counts first: whoever read before is refused, whoever has kept hangs on the life.
        self.credentials.overtake();
        self.belongs.forget(&user);
        if let Some(life) = self.lives().remove(&user) {
            life.store(false, Ordering::SeqCst);
        }
    }

    /// Forgets the tokens a membership holds.
    pub fn forget_tokens(&self, organization: OrgId, holder: MemberId) {
        self.credentials.forget_where(|known| match &known.caller.credential {
            Credential::Token(token) => token.organization == Some(organization) && token.member == Some(holder),
            Credential::Session(_) => false,
        });
    }

    /// Forgets where everybody belongs, but nobody's credentials.
    pub fn forget_belongings(&self) {
        self.belongs.forget_all();
    }

    /// Forgets everybody.
    pub fn forget_all(&self) {
        self.credentials.forget_all();
        self.belongs.forget_all();
        for (_, life) in self.lives().drain() {
            life.store(false, Ordering::SeqCst);
        }
    }

    /// Keeps a credential that was read under `ticket`.
    pub fn keep_known(&self, ticket: Ticket, hash: [u8; 32], caller: Caller) -> Arc<Known> {
        let life = self.life(caller.identity.id);
        let known = Arc::new(Known::new(caller, life));
        self.credentials.keep(ticket, hash, Arc::clone(&known));
        known
    }

    /// Keeps where somebody belongs, which was read under `ticket`.
    pub fn keep_belongs(
        &self,
        ticket: Ticket,
        user: UserId,
        members: Vec<Member>,
        tenants: Vec<(TenantId, TenantRole)>,
    ) -> Arc<Belongs> {
        let belongs = Arc::new(Belongs { life: self.life(user), ..Belongs::unkept(members, tenants) });
        self.belongs.keep(ticket, user, Arc::clone(&belongs));
        belongs
    }
}
