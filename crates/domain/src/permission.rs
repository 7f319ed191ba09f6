//! Permissions as bits: a preset's permissions are numbered once, a set of them is a [`Mask`] of four words.
//!
//! Knows no names (see [`crate::preset::Catalogue`]) and decides nothing (see [`crate::rights`]).

use std::ops::{BitAnd, BitOr, BitOrAssign, Not, Sub};

/// The number of one permission within its preset. A preset has at most [`Bit::COUNT`] of them.
///
/// Bits live only in memory: what is stored and sent are the names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Bit(u8);

impl Bit {
    /// How many permissions one preset can hold.
    pub const COUNT: usize = 256;

    /// The permission numbered `index`.
    #[inline]
    pub const fn new(index: u8) -> Bit {
        Bit(index)
    }

    /// The number itself.
    #[inline]
    pub const fn index(self) -> u8 {
        self.0
    }

    #[inline]
    const fn word(self) -> usize {
        (self.0 >> 6) as usize
    }

    #[inline]
    const fn flag(self) -> u64 {
        1 << (self.0 & 63)
    }
}

/// A set of permissions of one preset.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Mask([u64; 4]);

impl Mask {
    /// No permission.
    pub const EMPTY: Mask = Mask([0; 4]);
    /// Every permission, also those a preset does not use: the neutral element of `&`.
    pub const ALL: Mask = Mask([u64::MAX; 4]);

    /// This set and `bit`.
    #[must_use]
    pub fn with(self, bit: Bit) -> Mask {
        self | Mask::only(bit)
    }

    /// This set but not `bit`.
    #[must_use]
    pub fn without(self, bit: Bit) -> Mask {
        self - Mask::only(bit)
    }

    /// Whether `bit` is in the set.
    #[inline]
    pub fn contains(self, bit: Bit) -> bool {
        self.0.get(bit.word()).is_some_and(|word| word & bit.flag() != 0)
    }

    /// Whether everything in this set is in `other` too.
    #[inline]
    pub fn is_subset_of(self, other: Mask) -> bool {
        (self - other).is_empty()
    }

    /// Whether nothing is in the set.
    #[inline]
    pub fn is_empty(self) -> bool {
        self == Mask::EMPTY
    }

    /// The bits of the set in rising order.
    pub fn iter(self) -> impl Iterator<Item = Bit> {
        (0..=u8::MAX).map(Bit).filter(move |bit| self.contains(*bit))
    }

    #[inline]
    fn only(bit: Bit) -> Mask {
        let mut words = [0; 4];
        if let Some(word) = words.get_mut(bit.word()) {
            *word = bit.flag();
        }
        Mask(words)
    }

    #[inline]
    fn zip(self, other: Mask, combine: impl Fn(u64, u64) -> u64) -> Mask {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Mask([combine(a, e), combine(b, f), combine(c, g), combine(d, h)])
    }
}

impl BitOr for Mask {
    type Output = Mask;
    #[inline]
    fn bitor(self, other: Mask) -> Mask {
        self.zip(other, |a, b| a | b)
    }
}

impl BitOrAssign for Mask {
    #[inline]
    fn bitor_assign(&mut self, other: Mask) {
        *self = *self | other;
    }
}

impl BitAnd for Mask {
    type Output = Mask;
    #[inline]
    fn bitand(self, other: Mask) -> Mask {
        self.zip(other, |a, b| a & b)
    }
}

/// What is in the left set and not in the right one.
impl Sub for Mask {
    type Output = Mask;
    #[inline]
    fn sub(self, other: Mask) -> Mask {
        self.zip(other, |a, b| a & !b)
    }
}

impl Not for Mask {
    type Output = Mask;
    fn not(self) -> Mask {
        Mask::ALL - self
    }
}

impl FromIterator<Bit> for Mask {
    fn from_iter<I: IntoIterator<Item = Bit>>(bits: I) -> Mask {
        bits.into_iter().fold(Mask::EMPTY, Mask::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_its_own() {
        for index in 0..=u8::MAX {
            let bit = Bit::new(index);
            let only = Mask::EMPTY.with(bit);
            assert_eq!(only.iter().collect::<Vec<_>>(), [bit]);
            assert!(!Mask::ALL.without(bit).contains(bit));
            assert_eq!(Mask::ALL.without(bit) | only, Mask::ALL);
        }
    }

    #[test]
    fn sets_behave_as_sets() {
        let low: Mask = [1, 2, 63, 64].map(Bit::new).into_iter().collect();
        let high: Mask = [64, 128, 255].map(Bit::new).into_iter().collect();
        assert_eq!((low & high).iter().collect::<Vec<_>>(), [Bit::new(64)]);
        assert_eq!((low | high).iter().count(), 6);
        assert_eq!(low - high, low.without(Bit::new(64)));
        assert_eq!(!low & low, Mask::EMPTY);
        assert!((low & high).is_subset_of(low));
        assert!(!low.is_subset_of(high));
        assert!(Mask::EMPTY.is_subset_of(low) && Mask::EMPTY.is_empty() && !low.is_empty());
    }
}
