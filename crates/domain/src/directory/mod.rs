//! The directory of one organization, for looking people up by a part of what they are called: whoever is
//! wanted is found in the order they are listed, however many there are. Holds what it is told; does not
//! know who may look, and does not read anything.
//!
//! A few runs of falling size, each sorted and indexed by itself; what is new is put into the smallest,
//! and runs of like size are made into one. So a change costs the logarithm of the whole.

mod segment;

use crate::ids::MemberId;
use crate::member::{MemberKind, Status};
use segment::Segment;

/// Entries that are not indexed yet.
const FRESH: usize = 256;
/// A run is joined with the one before it unless that is so many times larger.
const STEP: usize = 4;

/// What a list can be narrowed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Facet {
    /// The state of the membership.
    Status(Status),
    /// Person or program.
    Kind(MemberKind),
    /// A role, by the number [`Directory::role`] gives it.
    Role(u16),
}

/// Somebody, as they are looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub id: MemberId,
    /// By what they are listed, folded.
    pub sort_key: Box<str>,
    /// What is looked in, folded.
    pub search_key: Box<str>,
    /// What narrows lists to them.
    pub facets: Vec<Facet>,
}

impl Entry {
    fn facets(&self) -> impl Iterator<Item = Facet> + '_ {
        self.facets.iter().copied()
    }

    fn key(&self) -> (&str, MemberId) {
        (&self.sort_key, self.id)
    }
}

/// Whom one looks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Part of what is looked in, folded.
    pub query: &'a str,
    /// All of these hold.
    pub facets: &'a [Facet],
    /// Only whoever is listed after.
    pub after: Option<(&'a str, MemberId)>,
    /// How many at most.
    pub limit: usize,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Directory {
    runs: Vec<Segment>,
    fresh: Vec<Entry>,
    roles: Vec<Box<str>>,
}

impl Directory {
    /// The number of a role, given when it is first named.
    pub fn role(&mut self, slug: &str) -> Facet {
        let known = self.roles.iter().position(|role| &**role == slug);
        let at = known.unwrap_or_else(|| {
            self.roles.push(slug.into());
            self.roles.len() - 1
        });
        Facet::Role(u16::try_from(at).unwrap_or(u16::MAX))
    }

    /// The number of a role that somebody has or had.
    #[must_use]
    pub fn known_role(&self, slug: &str) -> Option<Facet> {
        let at = self.roles.iter().position(|role| &**role == slug)?;
        Some(Facet::Role(u16::try_from(at).unwrap_or(u16::MAX)))
    }

    /// Everybody at once: for the beginning.
    pub fn fill(&mut self, entries: Vec<Entry>) {
        self.fresh.clear();
        self.runs = vec![Segment::of(entries)];
    }

    /// Somebody is new, or is called otherwise now.
    pub fn put(&mut self, entry: Entry) {
        self.remove(entry.id);
        self.fresh.push(entry);
        if self.fresh.len() < FRESH {
            return;
        }
        let mut entries = std::mem::take(&mut self.fresh);
        while let Some(last) = self.runs.pop_if(|last| last.len() < entries.len() * STEP) {
            entries.extend(last.into_entries());
        }
        self.runs.push(Segment::of(entries));
    }

    /// Somebody is listed no more.
    pub fn remove(&mut self, id: MemberId) {
        self.fresh.retain(|entry| entry.id != id);
        // INVARIANT: at most one place of an id is not dead.
        let _found = self.runs.iter_mut().any(|run| run.kill(id));
    }

    /// Whoever is wanted, in the order they are listed, each with what they are listed by.
    #[must_use]
    pub fn search(&self, wanted: &Wanted<'_>) -> Vec<(&str, MemberId)> {
        let fresh = self.fresh.iter().filter(|entry| {
            entry.search_key.contains(wanted.query)
                && wanted.facets.iter().all(|facet| entry.facets.contains(facet))
                && wanted.after.is_none_or(|(key, id)| entry.key() > (key, id))
        });
        let mut found: Vec<(&str, MemberId)> = fresh.map(Entry::key).collect();
        for run in &self.runs {
            found.extend(run.first(wanted));
        }
        found.sort_unstable();
        found.truncate(wanted.limit);
        found
    }

    /// How many are listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fresh.len() + self.runs.iter().map(Segment::len).sum::<usize>()
    }

    /// Whether nobody is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes it takes, roughly.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.runs.iter().map(Segment::bytes).sum::<usize>() + self.fresh.len() * (FRESH / 2)
    }
}
