//! The rights indexes of organizations: loaded on first use, followed commit by commit in the order
//! of their revisions, bounded by the memory they take. Readers take the present version and wait
//! for nobody; whoever writes makes the next.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use guildhall_domain::change::Change;
use guildhall_domain::ids::OrgId;
use guildhall_domain::index::{Followed, Index};
use guildhall_store::{Commit, StoreError};

/// How long a commit waits for the one before it, which another thread is about to tell of.
const GAP: Duration = Duration::from_millis(500);
/// How long a reader waits for another that is loading the same organization.
const LOAD: Duration = Duration::from_secs(30);
/// Loads that are begun again because what they read was overtaken.
const TRIES: usize = 5;
/// Commits between two looks at how much an index has grown.
const MEASURE_EVERY: u64 = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Away,
    Loading,
    Here,
}

/// What is to be followed still, by revision.
struct Feed {
    state: State,
    waiting: BTreeMap<u64, Arc<Vec<Change>>>,
}

struct Slot {
    now: ArcSwapOption<Index>,
    feed: Mutex<Feed>,
    moved: Condvar,
    used: AtomicU64,
    bytes: AtomicUsize,
}

impl Slot {
    fn new() -> Self {
        Self {
            now: ArcSwapOption::empty(),
            feed: Mutex::new(Feed { state: State::Away, waiting: BTreeMap::new() }),
            moved: Condvar::new(),
            used: AtomicU64::new(0),
            bytes: AtomicUsize::new(0),
        }
    }

    fn feed(&self) -> MutexGuard<'_, Feed> {
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, feed: MutexGuard<'a, Feed>, most: Duration) -> (MutexGuard<'a, Feed>, bool) {
        let (feed, end) = self.moved.wait_timeout(feed, most).unwrap_or_else(PoisonError::into_inner);
        (feed, end.timed_out())
    }

    /// Lets the index go; the next reader loads it anew.
    fn drop_index(&self, feed: &mut Feed) {
        feed.state = State::Away;
        feed.waiting.clear();
        self.now.store(None);
        self.bytes.store(0, Ordering::Relaxed);
        self.moved.notify_all();
    }

    fn publish(&self, index: Index) {
        self.now.store(Some(Arc::new(index)));
        self.moved.notify_all();
    }

    /// Follows a commit. INVARIANT: when this returns, the index has reached `revision` or is gone.
    fn follow(&self, revision: u64, changes: Arc<Vec<Change>>) {
        let mut feed = self.feed();
        match feed.state {
            State::Away => return,
            State::Loading => {
                // Whoever loads follows it before anybody sees what was loaded.
                feed.waiting.insert(revision, changes);
                self.moved.notify_all();
                return;
            }
            State::Here => drop(feed.waiting.insert(revision, changes)),
        }
        self.advance(&mut feed);
        while feed.state == State::Here && self.reached() < revision {
            let (waited, late) = self.wait(feed, GAP);
            feed = waited;
            if late && feed.state == State::Here && self.reached() < revision {
                self.drop_index(&mut feed);
            }
        }
    }

    fn reached(&self) -> u64 {
        self.now.load().as_ref().map_or(0, |index| index.revision())
    }

    /// Follows everything that comes next.
    fn advance(&self, feed: &mut Feed) {
        let Some(present) = self.now.load_full() else { return };
        if !feed.waiting.keys().any(|revision| *revision <= present.revision() + 1) {
            return;
        }
        let mut index = Index::clone(&present);
        match catch_up(&mut index, &mut feed.waiting) {
            Followed::Here if !index.is_worn() => {
                if index.revision().is_multiple_of(MEASURE_EVERY) {
                    self.bytes.store(index.bytes(), Ordering::Relaxed);
                }
                self.publish(index);
            }
            _ => self.drop_index(feed),
        }
    }
}

/// Follows what waits, as far as it goes on without a gap.
fn catch_up(index: &mut Index, waiting: &mut BTreeMap<u64, Arc<Vec<Change>>>) -> Followed {
    while let Some(next) = waiting.first_entry() {
        let revision = *next.key();
        if revision > index.revision() + 1 {
            break;
        }
        let changes = next.remove();
        if revision == index.revision() + 1 && index.follow(revision, &changes) == Followed::Lost {
            return Followed::Lost;
        }
    }
    Followed::Here
}

/// The indexes of one process.
pub struct Rights {
    slots: RwLock<HashMap<OrgId, Arc<Slot>>>,
    clock: AtomicU64,
    most_bytes: usize,
}

impl Rights {
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { slots: RwLock::new(HashMap::new()), clock: AtomicU64::new(1), most_bytes }
    }

    fn find(&self, organization: OrgId) -> Option<Arc<Slot>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).get(&organization).cloned()
    }

    /// The present version of an organization's index, when it is loaded.
    #[must_use]
    pub fn now(&self, organization: OrgId) -> Option<Arc<Index>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.get(&organization)?;
        let index = slot.now.load_full()?;
        let clock = self.clock.load(Ordering::Relaxed);
        if slot.used.load(Ordering::Relaxed) != clock {
            slot.used.store(clock, Ordering::Relaxed);
        }
        Some(index)
    }

    /// The present version; `load` reads it when it is not here. What is loaded is kept, and
    /// nobody else loads it meanwhile.
    ///
    /// # Errors
    /// What `load` returns.
    pub fn get(
        &self,
        organization: OrgId,
        mut load: impl FnMut() -> Result<Option<Index>, StoreError>,
    ) -> Result<Option<Arc<Index>>, StoreError> {
        if let Some(index) = self.now(organization) {
            return Ok(Some(index));
        }
        for _ in 0..TRIES {
            let slot = self.slot(organization);
            let mut feed = slot.feed();
            while feed.state == State::Loading {
                let (waited, late) = slot.wait(feed, LOAD);
                feed = waited;
                if late {
                    return Err(StoreError::Busy);
                }
            }
            if let Some(index) = slot.now.load_full() {
                return Ok(Some(index));
            }
            feed.state = State::Loading;
            drop(feed);
            let loading = Loading(&slot);
            let Some(index) = load()? else { return Ok(None) };
            if let Some(index) = loading.end(index) {
                self.make_room(organization);
                return Ok(Some(index));
            }
        }
        // Overtaken again and again: this one answer is read for itself.
        Ok(load()?.map(Arc::new))
    }

    fn slot(&self, organization: OrgId) -> Arc<Slot> {
        if let Some(slot) = self.find(organization) {
            return slot;
        }
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(organization).or_insert_with(|| Arc::new(Slot::new())))
    }

    /// Lets those go that were not used for longest, until all fit; never the one just loaded.
    fn make_room(&self, loaded: OrgId) {
        let clock = self.clock.fetch_add(1, Ordering::Relaxed) + 1;
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(&loaded) {
            slot.used.store(clock, Ordering::Relaxed);
        }
        let mut total: usize = slots.values().map(|slot| slot.bytes.load(Ordering::Relaxed)).sum();
        while total > self.most_bytes {
            let others = slots.iter().filter(|(id, _)| **id != loaded);
            let Some((victim, slot)) = others.min_by_key(|(_, slot)| slot.used.load(Ordering::Relaxed)) else { break };
            let (victim, slot) = (*victim, Arc::clone(slot));
            total = total.saturating_sub(slot.bytes.load(Ordering::Relaxed));
            // INVARIANT: a slot nobody tells of commits holds no index.
            slot.drop_index(&mut slot.feed());
            slots.remove(&victim);
        }
    }

    /// Follows a commit in every organization it took.
    pub(super) fn follow(&self, commit: Commit) {
        let changes = Arc::new(commit.changes);
        for (organization, revision) in commit.revisions {
            if let Some(slot) = self.find(organization) {
                slot.follow(revision, Arc::clone(&changes));
            }
        }
    }

    /// Lets all go.
    pub(super) fn forget_all(&self) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        for (_, slot) in slots.drain() {
            slot.drop_index(&mut slot.feed());
        }
    }

    /// The present version of every index that is loaded.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Index>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.values().filter_map(|slot| slot.now.load_full()).collect()
    }

    /// How much memory the indexes take, roughly, and how many there are.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let here = slots.values().map(|slot| slot.bytes.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0);
        here.fold((0, 0), |(bytes, many), one| (bytes + one, many + 1))
    }
}

/// A load under way; ends as away when it fails.
struct Loading<'a>(&'a Slot);

impl Loading<'_> {
    /// Follows what was committed meanwhile and shows the index; `None` when it has to be read again.
    fn end(self, mut index: Index) -> Option<Arc<Index>> {
        let slot = self.0;
        let mut feed = slot.feed();
        loop {
            if feed.state != State::Loading || catch_up(&mut index, &mut feed.waiting) == Followed::Lost {
                return None;
            }
            if feed.waiting.is_empty() {
                break;
            }
            // Of two commits the later was told first; nobody sees the index before it has both.
            let (waited, late) = slot.wait(feed, GAP);
            feed = waited;
            if late {
                return None;
            }
        }
        slot.bytes.store(index.bytes(), Ordering::Relaxed);
        feed.state = State::Here;
        slot.publish(index);
        slot.now.load_full()
    }
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        let mut feed = self.0.feed();
        if feed.state == State::Loading {
            self.0.drop_index(&mut feed);
        }
    }
}
