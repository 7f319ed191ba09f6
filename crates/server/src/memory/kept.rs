//! A bounded map of what was read from the database. What is put in was read under a [`Ticket`],
//! and is only kept when nothing was forgotten since: a reader that was overtaken by a commit
//! cannot bring back what the commit has ended.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Taken before something is read; shows that nothing was forgotten since.
#[derive(Clone, Copy, Debug)]
pub struct Ticket(u64);

/// The count of what was forgotten.
#[derive(Debug, Default)]
pub struct Forgotten(AtomicU64);

impl Forgotten {
    /// Take it before reading.
    pub fn ticket(&self) -> Ticket {
        Ticket(self.0.load(Ordering::SeqCst))
    }

    /// INVARIANT: counted before anything is taken out, so that whoever read earlier and puts in
    /// later is either refused or taken out.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether something was forgotten since.
    pub fn since(&self, ticket: Ticket) -> bool {
        self.0.load(Ordering::SeqCst) != ticket.0
    }
}

struct Entry<V> {
    value: V,
    used: AtomicU64,
}

/// A bounded map; when it is full, what was not used for longest goes.
pub struct Kept<K, V> {
    most: usize,
    entries: RwLock<HashMap<K, Entry<V>>>,
    forgotten: Forgotten,
    clock: AtomicU64,
}

impl<K: Eq + Hash + Clone, V: Clone> Kept<K, V> {
    /// An empty map for so many.
    pub fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            entries: RwLock::new(HashMap::new()),
            forgotten: Forgotten::default(),
            clock: AtomicU64::new(0),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<K, Entry<V>>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<K, Entry<V>>> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept under `key`.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let entries = self.read();
        let entry = entries.get(key)?;
        // The clock only moves when something is put in: what is hot is not written to all the time.
        let now = self.clock.load(Ordering::Relaxed);
        if entry.used.load(Ordering::Relaxed) != now {
            entry.used.store(now, Ordering::Relaxed);
        }
        Some(entry.value.clone())
    }

    /// Everything that is kept, in no order.
    pub fn all(&self) -> Vec<(K, V)> {
        self.read().iter().map(|(key, entry)| (key.clone(), entry.value.clone())).collect()
    }

    /// Take it before reading what is to be put in.
    pub fn ticket(&self) -> Ticket {
        self.forgotten.ticket()
    }

    /// Keeps what was read under `ticket`, unless something was forgotten since.
    pub fn keep(&self, ticket: Ticket, key: K, value: V) {
        let mut entries = self.write();
        if self.forgotten.since(ticket) {
            return;
        }
        if entries.len() >= self.most && !entries.contains_key(&key) {
            cast_out(&mut entries);
        }
        let used = AtomicU64::new(self.clock.fetch_add(1, Ordering::Relaxed) + 1);
        entries.insert(key, Entry { value, used });
    }

    /// Counts something as forgotten that is not held here by its key.
    pub fn overtake(&self) {
        self.forgotten.count();
    }

    /// Forgets one.
    pub fn forget(&self, key: &K) {
        self.forgotten.count();
        self.write().remove(key);
    }

    /// Forgets those for which `over` says yes.
    pub fn forget_where(&self, over: impl Fn(&V) -> bool) {
        self.forgotten.count();
        self.write().retain(|_, entry| !over(&entry.value));
    }

    /// Forgets all.
    pub fn forget_all(&self) {
        self.forgotten.count();
        self.write().clear();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Takes out the quarter that was not used for longest.
fn cast_out<K: Eq + Hash, V>(entries: &mut HashMap<K, Entry<V>>) {
    let mut used: Vec<u64> = entries.values().map(|entry| entry.used.load(Ordering::Relaxed)).collect();
    let quarter = used.len() / 4;
    let (_, limit, _) = used.select_nth_unstable(quarter);
    let limit = *limit;
    entries.retain(|_, entry| entry.used.load(Ordering::Relaxed) > limit);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_something_was_forgotten_is_not_kept() {
        let kept: Kept<u32, &str> = Kept::new(10);
        let early = kept.ticket();
        kept.forget(&7);
        kept.keep(early, 7, "old");
        assert_eq!(kept.get(&7), None);
        kept.keep(kept.ticket(), 7, "new");
        assert_eq!(kept.get(&7), Some("new"));
        kept.forget_where(|value| *value == "new");
        assert!(kept.is_empty());
    }

    #[test]
    fn it_is_bounded_and_what_is_used_stays() {
        let kept: Kept<u32, u32> = Kept::new(100);
        for n in 0..10_000 {
            kept.keep(kept.ticket(), n, n);
            assert_eq!(kept.get(&0), Some(0));
            assert!(kept.len() <= 100);
        }
        assert_eq!(kept.get(&9_999), Some(9_999));
        assert_eq!(kept.get(&1), None);
    }
}
