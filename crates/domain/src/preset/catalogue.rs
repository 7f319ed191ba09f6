//! A preset's permissions, by name and by bit.

use std::sync::Arc;

use crate::action::Action;
use crate::condition::{Condition, Scene};
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

/// A permission that a role can give under a condition: a bit of its own, which is given, kept from somebody and
/// looked up like any other, and which stands for another permission where its condition holds.
#[derive(Clone, Debug)]
pub struct Conditional {
    /// Its own bit.
    pub bit: Bit,
    /// What it stands for.
    pub of: Bit,
    /// When.
    pub condition: Arc<Condition>,
}

/// All permissions of a preset: those its file names, in its order, then the engine's other ones, then those that
/// depend on conditions.
///
/// INVARIANT: the engine's actions have the bits of [`Action::bit`]; the product's own permissions follow in
/// file order. So an action needs no lookup, and a bit never leaves the process.
///
/// INVARIANT: a set that is given or let through and holds a permission holds it under every condition too: see
/// [`Catalogue::whole`]. So sets are compared as sets, and nobody gives without a condition what they hold under one.
#[derive(Clone, Default, Debug)]
pub struct Catalogue {
    permissions: Vec<(Bit, Permission)>,
    /// Places among the permissions, counted from 1, by the hash of their names; 0 is free.
    by_name: Vec<u16>,
    conditional: Vec<Conditional>,
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

    /// Adds a permission under a condition; `None` when that is there already or no bit is left.
    pub(super) fn add_conditional(&mut self, of: Bit, condition: &Arc<Condition>) -> Option<Bit> {
        let Permission { name, label, applies_to, .. } = self.permission(of)?.clone();
        let (name, label) = (format!("{name}@{}", condition.slug), format!("{label}, {}", condition.label));
        let bit = self.add(Permission { name, label, applies_to, covers: Vec::new() })?;
        self.conditional.push(Conditional { bit, of, condition: Arc::clone(condition) });
        Some(bit)
    }

    /// The permissions that depend on conditions.
    #[must_use]
    pub fn conditional(&self) -> &[Conditional] {
        &self.conditional
    }

    /// What a permission is called under its conditions.
    pub fn under_conditions(&self, of: Bit) -> impl Iterator<Item = &Conditional> {
        self.conditional.iter().filter(move |one| one.of == of)
    }

    /// The condition of this name.
    #[must_use]
    pub fn condition(&self, slug: &str) -> Option<&Condition> {
        self.conditional.iter().map(|one| &*one.condition).find(|condition| condition.slug == slug)
    }

    /// The condition of a permission that depends on one.
    #[must_use]
    pub fn condition_of(&self, bit: Bit) -> Option<&Conditional> {
        self.conditional.iter().find(|one| one.bit == bit)
    }

    /// A set with everything that follows from what is in it: who may do something may do it under any condition.
    #[must_use]
    pub fn whole(&self, mask: Mask) -> Mask {
        let follows = self.conditional.iter().filter(|one| mask.contains(one.of));
        follows.fold(mask, |whole, one| whole.with(one.bit))
    }

    /// What naming a permission in a list gives.
    #[must_use]
    pub fn gives(&self, name: &str) -> Option<Mask> {
        self.bit(name).map(|bit| self.whole(Mask::EMPTY.with(bit)))
    }

    /// What a list of names gives; names of nothing give nothing.
    #[must_use]
    pub fn given_by(&self, names: &[String]) -> Mask {
        self.whole(names.iter().filter_map(|name| self.bit(name)).collect())
    }

    /// What somebody with these permissions may do in a scene: what depends on conditions gives way to what it
    /// stands for, where it stands for anything then. The scene is looked at only when something depends on it.
    #[must_use]
    pub fn settled<'a>(&self, held: Mask, scene: impl FnOnce() -> Scene<'a>) -> Mask {
        let mut open =
            self.conditional.iter().filter(|one| held.contains(one.bit) && !held.contains(one.of)).peekable();
        let own = self.conditional.iter().fold(held, |own, one| own.without(one.bit));
        if open.peek().is_none() {
            return own;
        }
        let scene = scene();
        let action = |of| self.permission(of).map_or("", |permission| permission.name.as_str());
        open.filter(|one| one.condition.holds(action(one.of), &scene)).fold(own, |allowed, one| allowed.with(one.of))
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

    /// The permissions of a set, in file order; what follows from another one is not told beside it.
    pub fn told(&self, mask: Mask) -> impl Iterator<Item = &Permission> {
        let follows = move |bit| self.condition_of(bit).is_some_and(|one| mask.contains(one.of));
        self.iter().filter(move |(bit, _)| mask.contains(*bit) && !follows(*bit)).map(|(_, permission)| permission)
    }

    /// The names of everything in a set, to be compared with those of another preset.
    pub fn whole_names(&self, mask: Mask) -> Vec<&str> {
        self.iter().filter(|(bit, _)| mask.contains(*bit)).map(|(_, permission)| permission.name.as_str()).collect()
    }

    /// The names of what is told of a set.
    pub fn names(&self, mask: Mask) -> Vec<&str> {
        self.told(mask).map(|permission| permission.name.as_str()).collect()
    }

    /// The permissions a pattern means: `*` all, `type.*` all of a type, `*.verb` a verb on every type, else
    /// the one with that name. What depends on conditions is meant by its name only. `None` when it means none.
    pub(super) fn matching(&self, pattern: &str) -> Option<Mask> {
        let all_named = |means: &dyn Fn(&str) -> bool| -> Mask {
            let plain = self.iter().filter(|(bit, _)| self.condition_of(*bit).is_none());
            plain.filter(|(_, permission)| means(&permission.name)).map(|(bit, _)| bit).collect()
        };
        let mask = if let Some(verb) = pattern.strip_prefix("*.") {
            all_named(&|name| name.split_once('.').is_some_and(|(_, own)| own == verb))
        } else {
            match pattern.strip_suffix('*') {
                Some("") => all_named(&|_| true),
                Some(prefix) if prefix.ends_with('.') => all_named(&|name| name.starts_with(prefix)),
                _ => self.bit(pattern).into_iter().collect(),
            }
        };
        (!mask.is_empty()).then_some(mask)
    }
}
