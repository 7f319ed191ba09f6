//! A preset's permissions, by name and by bit.

use crate::action::Action;
use crate::permission::{Bit, Mask};

/// One permission of a preset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Permission {
    /// `type.verb`, unique in the preset.
    pub name: String,
    /// What it allows, for people.
    pub label: String,
    /// What it is asked of: the organization ([`super::ORGANIZATION`]), or a type of the preset.
    pub applies_to: String,
    /// The lines of the product's specification it stands for.
    pub covers: Vec<String>,
}

/// All permissions of a preset: those its file names, in its order, then the engine's other ones.
///
/// INVARIANT: the engine's actions have the bits of [`Action::bit`]; the product's own permissions follow in
/// file order. So an action needs no lookup, and a bit never leaves the process.
#[derive(Clone, Default, Debug)]
pub struct Catalogue {
    permissions: Vec<(Bit, Permission)>,
    /// Places among the permissions, counted from 1, by the hash of their names; 0 is free.
    by_name: Vec<u16>,
}

/// More than three for each permission that a preset can hold.
const SLOTS: usize = 1024;

/// Where to look for a name first: each check looks for one. Callers ask for any name, but only presets put names
/// in, so nobody can make many of them meet.
#[inline]
fn slot_of(name: &str) -> usize {
    let bytes = name.as_bytes();
    let word = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => u64::from_le_bytes(*first).rotate_left(7) ^ u64::from_le_bytes(*last),
        _ => bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    (word ^ bytes.len() as u64).wrapping_mul(0x517c_c1b7_2722_0a95) as usize >> 32 & (SLOTS - 1)
}

impl Catalogue {
    /// Adds a permission; `None` when its name is taken or no bit is left.
    pub(super) fn add(&mut self, permission: Permission) -> Option<Bit> {
        let slot = self.find(&permission.name).err()?;
        let bit = match Action::by_permission(&permission.name) {
            Some(action) => action.bit(),
            None => self.next_free()?,
        };
        self.permissions.push((bit, permission));
        self.by_name.resize(SLOTS, 0);
        *self.by_name.get_mut(slot)? = u16::try_from(self.permissions.len()).ok()?;
        Some(bit)
    }

    /// The bit of a name, or the slot where the name would stand.
    #[inline]
    fn find(&self, name: &str) -> Result<Bit, usize> {
        let mut slot = slot_of(name);
        while let Some(place @ 1..) = self.by_name.get(slot) {
            match self.permissions.get(usize::from(*place) - 1) {
                Some((bit, permission)) if permission.name == name => return Ok(*bit),
                _ => slot = (slot + 1) % SLOTS,
            }
        }
        Err(slot)
    }

    /// Adds the engine's permissions that the file does not name, in the engine's own words: a preset written
    /// before an action existed stays valid.
    pub(super) fn complete(&mut self) {
        for action in Action::ALL {
            self.add(Permission {
                name: action.permission().to_owned(),
                label: action.label().to_owned(),
                applies_to: super::ORGANIZATION.to_owned(),
                covers: Vec::new(),
            });
        }
    }

    fn next_free(&self) -> Option<Bit> {
        let own = self.permissions.iter().filter(|(bit, _)| !Action::all_bits().contains(*bit));
        let index = Action::ALL.len() + own.count();
        u8::try_from(index).ok().map(Bit::new)
    }

    /// The permissions with their bits, in file order.
    pub fn iter(&self) -> impl Iterator<Item = (Bit, &Permission)> {
        self.permissions.iter().map(|(bit, permission)| (*bit, permission))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.permissions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.permissions.is_empty()
    }

    /// The bit of a name.
    #[inline]
    pub fn bit(&self, name: &str) -> Option<Bit> {
        self.find(name).ok()
    }

    /// The permission of a bit.
    pub fn permission(&self, bit: Bit) -> Option<&Permission> {
        self.iter().find(|(own, _)| *own == bit).map(|(_, permission)| permission)
    }

    /// All permissions of the catalogue.
    pub fn all(&self) -> Mask {
        self.iter().map(|(bit, _)| bit).collect()
    }

    /// The names of a set, in file order.
    pub fn names(&self, mask: Mask) -> Vec<&str> {
        self.iter().filter(|(bit, _)| mask.contains(*bit)).map(|(_, permission)| permission.name.as_str()).collect()
    }

    /// The permissions a pattern means: `*` all, `type.*` all of a type, `*.verb` a verb on every type, else
    /// the one with that name. `None` when it means none.
    pub(super) fn matching(&self, pattern: &str) -> Option<Mask> {
        if let Some(verb) = pattern.strip_prefix("*.") {
            let named = |name: &str| name.split_once('.').is_some_and(|(_, own)| own == verb);
            let of_verb = self.iter().filter(|(_, permission)| named(&permission.name));
            return Some(of_verb.map(|(bit, _)| bit).collect()).filter(|mask: &Mask| !mask.is_empty());
        }
        let mask = match pattern.strip_suffix('*') {
            Some("") => self.all(),
            Some(prefix) if prefix.ends_with('.') => {
                self.iter().filter(|(_, permission)| permission.name.starts_with(prefix)).map(|(bit, _)| bit).collect()
            }
            _ => self.bit(pattern).into_iter().collect(),
        };
        (!mask.is_empty()).then_some(mask)
    }
}
