//! The second bare reference: what somebody would write who knows that rights are bits and keeps
//! them in hash maps by 128-bit ids. No state of a membership, no expiry, no ceilings, no scopes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use guildhall_domain::ids::{MemberId, ResourceId, UserId};
use guildhall_domain::permission::{Bit, Mask};
use uuid::Uuid;

use crate::world::Shared;

/// A multiplication for each eight bytes: what fast maps of trusted keys use.
#[derive(Default)]
pub(crate) struct Fold(u64);

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        for eight in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut().zip(eight).for_each(|(to, from)| *to = *from);
            self.write_u64(u64::from_ne_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_u16(&mut self, word: u16) {
        self.write_u64(u64::from(word));
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub(crate) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Fold>>;

/// What somebody has by their role, and the groups they are in.
pub(crate) type Person = (Mask, [u16; 3]);

/// See the module.
pub(crate) struct Hashed {
    people: Map<Uuid, Person>,
    to_people: Map<(Uuid, Uuid), Mask>,
    to_groups: Map<(Uuid, u16), Mask>,
    pub(crate) questions: Vec<(Uuid, Uuid, Bit)>,
}

impl Hashed {
    pub(crate) fn new(
        ids: &[(MemberId, UserId)],
        people: &[Person],
        workspaces: &[ResourceId],
        granted: &[Shared],
    ) -> Self {
        let mut made = Self {
            people: ids.iter().zip(people).map(|((_, user), person)| (user.uuid(), *person)).collect(),
            to_people: Map::default(),
            to_groups: Map::default(),
            questions: Vec::new(),
        };
        for (workspace, (to_people, to_groups)) in workspaces.iter().zip(granted) {
            for (person, mask) in to_people {
                let user = ids[*person as usize].1.uuid();
                *made.to_people.entry((workspace.uuid(), user)).or_insert(Mask::EMPTY) |= *mask;
            }
            for (group, mask) in to_groups {
                *made.to_groups.entry((workspace.uuid(), *group)).or_insert(Mask::EMPTY) |= *mask;
            }
        }
        made
    }

    pub(crate) fn ask(&self, (user, workspace, bit): &(Uuid, Uuid, Bit)) -> bool {
        let Some((floor, groups)) = self.people.get(user) else { return false };
        let mut mask = *floor;
        if let Some(given) = self.to_people.get(&(*workspace, *user)) {
            mask |= *given;
        }
        for group in groups {
            if let Some(given) = self.to_groups.get(&(*workspace, *group)) {
                mask |= *given;
            }
        }
        mask.contains(*bit)
    }
}

/// The map of people alone, to be weighed.
pub(crate) fn people(ids: &[Uuid]) -> Map<Uuid, Person> {
    ids.iter().map(|id| (*id, (Mask::EMPTY, [0; 3]))).collect()
}
