//! Tables that many versions of an index share: rows in pages, and numbers found by a hash. A new
//! version copies the pages it changes and nothing else; whoever holds an old one keeps reading it.
//! Knows nothing of what the rows mean.

use std::sync::Arc;

/// Rows in a page.
const PAGE: usize = 128;
/// Entries a page of a table is meant to hold, and its first size.
const MEANT: usize = 96;
const FIRST: usize = 256;

/// Rows by their number. A number is given once and never again.
#[derive(Clone, Debug)]
pub(super) struct Rows<T> {
    pages: Arc<Vec<Arc<[T]>>>,
    len: usize,
}

impl<T: Clone + Default> Rows<T> {
    pub(super) fn new() -> Self {
        Self { pages: Arc::new(Vec::new()), len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let at = number as usize;
        self.pages.get(at / PAGE)?.get(at % PAGE)
    }

    /// The row, on a page of this version's own.
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let at = number as usize;
        Arc::make_mut(Arc::make_mut(&mut self.pages).get_mut(at / PAGE)?).get_mut(at % PAGE)
    }

    pub(super) fn push(&mut self, row: T) -> u32 {
        let number = u32::try_from(self.len).unwrap_or(u32::MAX);
        if self.len.is_multiple_of(PAGE) {
            Arc::make_mut(&mut self.pages).push((0..PAGE).map(|_| T::default()).collect());
        }
        self.len += 1;
        if let Some(free) = self.get_mut(number) {
            *free = row;
        }
        number
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0_u32..).zip(self.pages.iter().flat_map(|page| page.iter()).take(self.len))
    }

    /// Memory of the pages.
    pub(super) fn bytes(&self) -> usize {
        self.pages.len() * PAGE * size_of::<T>()
    }
}

/// Numbers of rows by the hash of what they are found by. Pages hold `number + 1`, and 0 where
/// nothing is; a page grows by itself, so that keys which meet only cost the page they meet in.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pages: Arc<Vec<Arc<[u32]>>>,
    len: usize,
}

fn empty(size: usize) -> Arc<[u32]> {
    std::iter::repeat_n(0, size).collect()
}

/// Which page: other bits of the hash than those for the place in it.
const fn page_of(hash: u64, pages: usize) -> usize {
    (hash >> 32) as usize & (pages - 1)
}

/// Puts `entry` into the first free place; the page must have one.
fn place(page: &mut [u32], hash: u64, entry: u32) {
    let mask = page.len() - 1;
    let mut at = hash as usize & mask;
    while let Some(found) = page.get_mut(at) {
        if *found == 0 {
            *found = entry;
            return;
        }
        at = (at + 1) & mask;
    }
}

impl Table {
    pub(super) fn new() -> Self {
        Self { pages: Arc::new(vec![empty(FIRST)]), len: 0 }
    }

    /// The number with this hash for which `is` says yes.
    #[inline]
    pub(super) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let page = self.pages.get(page_of(hash, self.pages.len()))?;
        let mask = page.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match *page.get(at)? {
                0 => return None,
                entry if is(entry - 1) => return Some(entry - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Adds a number that is not there yet; `hash_of` tells the hash of those that are.
    pub(super) fn insert(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) {
        self.len += 1;
        if self.len > self.pages.len() * MEANT {
            self.spread(&hash_of);
        }
        let at = page_of(hash, self.pages.len());
        let Some(page) = Arc::make_mut(&mut self.pages).get_mut(at) else { return };
        let used = page.iter().filter(|entry| **entry != 0).count();
        if (used + 1) * 4 > page.len() * 3 {
            *page = again(page, page.len() * 2, &hash_of, |_| true);
        }
        place(Arc::make_mut(page), hash, number + 1);
    }

    /// Takes a number out.
    pub(super) fn remove(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) {
        let at = page_of(hash, self.pages.len());
        let Some(page) = Arc::make_mut(&mut self.pages).get_mut(at) else { return };
        *page = again(page, page.len(), &hash_of, |entry| entry != number + 1);
        self.len = self.len.saturating_sub(1);
    }

    /// Twice as many pages.
    fn spread(&mut self, hash_of: &impl Fn(u32) -> u64) {
        let count = self.pages.len() * 2;
        let mut parts: Vec<Vec<u32>> = vec![Vec::new(); count];
        for entry in self.pages.iter().flat_map(|page| page.iter()).filter(|entry| **entry != 0) {
            if let Some(part) = parts.get_mut(page_of(hash_of(*entry - 1), count)) {
                part.push(*entry);
            }
        }
        let page = |part: &Vec<u32>| {
            let size = (part.len() * 2).next_power_of_two().max(FIRST);
            again(part, size, hash_of, |_| true)
        };
        self.pages = Arc::new(parts.iter().map(page).collect());
    }

    /// Memory of the pages.
    pub(super) fn bytes(&self) -> usize {
        self.pages.iter().map(|page| page.len() * size_of::<u32>()).sum()
    }
}

/// A page of `size` with the entries that `keep` keeps.
fn again(entries: &[u32], size: usize, hash_of: &impl Fn(u32) -> u64, keep: impl Fn(u32) -> bool) -> Arc<[u32]> {
    let mut page = empty(size);
    let fresh = Arc::make_mut(&mut page);
    for entry in entries.iter().filter(|entry| **entry != 0 && keep(**entry)) {
        place(fresh, hash_of(*entry - 1), *entry);
    }
    page
}

/// The hash of an id. Ids are made here, never chosen by a caller, so it only has to spread well.
pub(super) const fn of_id(bits: u128) -> u64 {
    fold((bits >> 64) as u64 ^ 0x9e37_79b9_7f4a_7c15, bits as u64 ^ 0xd1b5_4a32_d192_ed03)
}

const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product >> 64) as u64 ^ product as u64
}

/// The hash of a text that callers choose, keyed by a number they do not know.
#[inline]
pub(super) fn of_text(seed: u64, kind: u16, text: &str) -> u64 {
    let bytes = text.as_bytes();
    // INVARIANT: of what is multiplied, each side holds something that callers do not know.
    let other = seed.rotate_left(32) ^ 0x9e37_79b9_7f4a_7c15;
    let mut hash = seed ^ u64::from(kind) << 48 ^ bytes.len() as u64;
    let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else {
        let word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        return fold(fold(hash ^ word, other), 0xd1b5_4a32_d192_ed03);
    };
    // The last word may lie over what was hashed already.
    for word in bytes.as_chunks().0.iter().skip(1) {
        hash = fold(hash ^ u64::from_le_bytes(*word), other);
    }
    let ends = fold(hash ^ u64::from_le_bytes(*first), other ^ u64::from_le_bytes(*last));
    fold(ends, 0xd1b5_4a32_d192_ed03)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn versions_keep_what_they_were() {
        let mut rows = Rows::new();
        for n in 0..1_000_u32 {
            assert_eq!(rows.push(n), n);
        }
        let before = rows.clone();
        *rows.get_mut(500).unwrap() = 7;
        assert_eq!((before.get(500), rows.get(500)), (Some(&500), Some(&7)));
        assert!(Arc::ptr_eq(before.pages.first().unwrap(), rows.pages.first().unwrap()), "an untouched page is shared");
        assert_eq!(rows.iter().count(), 1_000);
        assert_eq!(rows.get(2_000), None);
    }

    #[test]
    fn what_was_put_in_is_found_and_what_was_taken_out_is_not() {
        // Sequential ids and keys that all meet in one place.
        for (hash, many) in [((|n| of_id(u128::from(n))) as fn(u32) -> u64, 3_000), (|_| 3, 300)] {
            let mut table = Table::new();
            for n in 0..many {
                table.insert(hash(n), n, hash);
            }
            for n in (0..many).step_by(3) {
                table.remove(hash(n), n, hash);
            }
            for n in 0..many + 500 {
                let there = n < many && n % 3 != 0;
                assert_eq!(table.find(hash(n), |found| found == n), there.then_some(n));
            }
        }
    }

    #[test]
    fn texts_hash_by_seed_kind_and_every_byte() {
        let all = [of_text(1, 0, "a"), of_text(2, 0, "a"), of_text(1, 1, "a"), of_text(1, 0, "a\0"), of_text(1, 0, "")];
        let unlike: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(unlike.len(), all.len());
    }
}
