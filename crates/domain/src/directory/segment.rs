//! A run of entries in the order they are shown, with the sets of places where each three bytes of their
//! texts occur. Never grows: what is newer lies in another run, and a place whose entry moved on is dead.

use std::collections::{BTreeMap, HashMap};

use roaring::{MultiOps, RoaringBitmap};

use super::{Entry, Facet, Wanted};
use crate::ids::MemberId;

/// Sets that are intersected before the texts themselves are looked at.
const RAREST: usize = 4;
/// With more candidates than this the remaining sets are intersected too.
const MANY: u64 = 4_096;
/// Of the rarest set so many are looked at before any are intersected: mostly enough are among them.
const GLANCE: usize = 1_024;
/// A text of one or two bytes that may occur in more than one of so many entries is looked for in the
/// texts one after the other: enough of them are soon found.
const COMMON: u64 = 16;

/// Three bytes of a text, as a number; past its end there are zeros.
fn gram(bytes: &[u8], at: usize) -> u32 {
    (0..3).fold(0, |number, ahead| number << 8 | u32::from(bytes.get(at + ahead).copied().unwrap_or_default()))
}

#[derive(Debug)]
struct Place {
    id: MemberId,
    begin: usize,
    search_len: usize,
    /// Mostly the text begins with it, and then it is kept once.
    sort_begin: usize,
    sort_len: usize,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Segment {
    places: Vec<Place>,
    texts: String,
    by_id: Vec<u32>,
    grams: BTreeMap<u32, RoaringBitmap>,
    facets: HashMap<Facet, RoaringBitmap>,
    dead: RoaringBitmap,
}

impl Segment {
    /// Of entries in any order.
    pub(super) fn of(mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable_by(|a, b| (&a.sort_key, a.id).cmp(&(&b.sort_key, b.id)));
        entries.truncate(u32::MAX as usize);
        let mut made = Self::default();
        for (at, entry) in (0..=u32::MAX).zip(&entries) {
            made.push(at, entry);
        }
        made.by_id = (0..=u32::MAX).take(entries.len()).collect();
        let ids: Vec<MemberId> = made.places.iter().map(|place| place.id).collect();
        made.by_id.sort_unstable_by_key(|at| ids.get(*at as usize));
        made
    }

    fn push(&mut self, at: u32, entry: &Entry) {
        let (search, sort) = (&*entry.search_key, &*entry.sort_key);
        let begin = self.texts.len();
        self.texts.push_str(search);
        let mut sort_begin = begin;
        if !search.starts_with(sort) {
            sort_begin = self.texts.len();
            self.texts.push_str(sort);
        }
        self.places.push(Place { id: entry.id, begin, search_len: search.len(), sort_begin, sort_len: sort.len() });
        for start in 0..search.len() {
            self.grams.entry(gram(search.as_bytes(), start)).or_default().insert(at);
        }
        for facet in entry.facets() {
            self.facets.entry(facet).or_default().insert(at);
        }
    }

    /// Entries that count.
    pub(super) fn len(&self) -> usize {
        self.places.len().saturating_sub(usize::try_from(self.dead.len()).unwrap_or(usize::MAX))
    }

    /// Bytes it takes, roughly.
    pub(super) fn bytes(&self) -> usize {
        let sets = self.grams.values().chain(self.facets.values()).map(RoaringBitmap::serialized_size).sum::<usize>();
        self.texts.len() + self.places.len() * (size_of::<Place>() + size_of::<u32>()) + sets
    }

    /// The entry of a member is somewhere else now, or nowhere.
    pub(super) fn kill(&mut self, id: MemberId) -> bool {
        let found = self.by_id.binary_search_by_key(&Some(id), |at| self.places.get(*at as usize).map(|p| p.id));
        match found.ok().and_then(|at| self.by_id.get(at)) {
            Some(at) => self.dead.insert(*at),
            None => false,
        }
    }

    fn text(&self, begin: usize, len: usize) -> &str {
        self.texts.get(begin..begin.saturating_add(len)).unwrap_or_default()
    }

    fn search_key(&self, place: &Place) -> &str {
        self.text(place.begin, place.search_len)
    }

    fn key(&self, place: &Place) -> (&str, MemberId) {
        (self.text(place.sort_begin, place.sort_len), place.id)
    }

    /// Its entries that count, to be put into another run.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        let mut entries: Vec<Option<Entry>> = (0..=u32::MAX)
            .zip(&self.places)
            .map(|(at, place)| {
                (!self.dead.contains(at)).then(|| Entry {
                    id: place.id,
                    sort_key: self.key(place).0.into(),
                    search_key: self.search_key(place).into(),
                    facets: Vec::new(),
                })
            })
            .collect();
        for (facet, set) in &self.facets {
            for at in set {
                if let Some(Some(entry)) = entries.get_mut(at as usize) {
                    entry.facets.push(*facet);
                }
            }
        }
        entries.into_iter().flatten().collect()
    }

    /// The first entries, in order, that are wanted: at most `limit`.
    pub(super) fn first<'a>(&'a self, wanted: &Wanted<'_>) -> Vec<(&'a str, MemberId)> {
        let begin = match wanted.after {
            Some((key, id)) => self.places.partition_point(|place| self.key(place) <= (key, id)),
            None => 0,
        };
        let (Ok(begin), Ok(end)) = (u32::try_from(begin), u32::try_from(self.places.len())) else { return Vec::new() };
        let query = wanted.query.as_bytes();
        let facets: Option<Vec<_>> = wanted.facets.iter().map(|facet| self.facets.get(facet)).collect();
        let whole = 0..(query.len() + 1).saturating_sub(3);
        let grams: Option<Vec<_>> = whole.map(|at| self.grams.get(&gram(query, at))).collect();
        let (Some(facets), Some(mut grams)) = (facets, grams) else { return Vec::new() };
        let short = (1..3).contains(&query.len()).then(|| self.beginning_with(query)).flatten();
        grams.extend(&short);
        grams.sort_unstable_by_key(|set| set.len());
        let hit = |at: u32| {
            let place = self.places.get(at as usize)?;
            let holds = !self.dead.contains(at) && self.search_key(place).contains(wanted.query);
            (holds && facets.iter().all(|set| set.contains(at))).then(|| self.key(place))
        };
        let Some(rarest) = grams.iter().chain(&facets).min_by_key(|set| set.len()) else {
            return (begin..end).filter_map(hit).take(wanted.limit).collect();
        };
        let mut glance = rarest.range(begin..);
        let mut found: Vec<_> = glance.by_ref().take(GLANCE).filter_map(hit).take(wanted.limit).collect();
        if let Some(next) = glance.next().filter(|_| found.len() < wanted.limit) {
            let rest = narrowed(&facets, &grams);
            found.extend(rest.range(next..).filter_map(hit).take(wanted.limit - found.len()));
        }
        found
    }

    /// The places of a text of one or two bytes; `None` when that may be a good part of all.
    fn beginning_with(&self, short: &[u8]) -> Option<RoaringBitmap> {
        let low = gram(short, 0);
        let high = low | if short.len() == 1 { 0xffff } else { 0xff };
        let sets: Vec<&RoaringBitmap> = self.grams.range(low..=high).map(|(_, set)| set).collect();
        let most = sets.iter().map(|set| set.len()).sum::<u64>();
        (most <= self.places.len() as u64 / COMMON).then(|| sets.into_iter().union())
    }
}

/// What is in all facets, and in all sets of grams, the rarest first, unless few are left before.
fn narrowed(facets: &[&RoaringBitmap], grams: &[&RoaringBitmap]) -> RoaringBitmap {
    let (rarest, others) = grams.split_at(grams.len().min(RAREST));
    let mut found = facets.iter().chain(rarest).copied().intersection();
    if found.len() > MANY {
        others.iter().for_each(|set| found &= *set);
    }
    found
}
