//! The PHC string of an Argon2id hash: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.
//!
//! Reads and writes the text and bounds the costs; computes nothing.
//! Source: the PHC string format (P-H-C/phc-string-format), RFC 9106.

use std::fmt;

use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine};

/// What a stored hash may ask of us at most: foreign hashes are welcome, ruinous ones are not.
const MAX_MEMORY_KIB: u32 = 131_072;
const MAX_ITERATIONS: u32 = 8;
const MAX_LANES: u32 = 16;

/// The costs of one hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Costs {
    pub(super) memory_kib: u32,
    pub(super) iterations: u32,
    pub(super) lanes: u32,
}

/// A stored hash, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phc {
    pub(super) costs: Costs,
    pub(super) salt: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

impl Phc {
    /// `None` for anything but Argon2id version 19 with bearable costs, a salt of 8 to 64 bytes and a hash of 16 to 64.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut fields = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let mut given = fields.next()?.split(',');
        let costs = Costs {
            memory_kib: number(given.next()?, "m=")?,
            iterations: number(given.next()?, "t=")?,
            lanes: number(given.next()?, "p=")?,
        };
        let salt = BASE64_STANDARD_NO_PAD.decode(fields.next()?).ok()?;
        let hash = BASE64_STANDARD_NO_PAD.decode(fields.next()?).ok()?;
        let bearable = (1..=MAX_LANES).contains(&costs.lanes)
            && (8 * costs.lanes..=MAX_MEMORY_KIB).contains(&costs.memory_kib)
            && (1..=MAX_ITERATIONS).contains(&costs.iterations)
            && (8..=64).contains(&salt.len())
            && (16..=64).contains(&hash.len());
        (bearable && given.next().is_none() && fields.next().is_none()).then_some(Self { costs, salt, hash })
    }
}

impl fmt::Display for Phc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Costs { memory_kib, iterations, lanes } = self.costs;
        let salt = BASE64_STANDARD_NO_PAD.encode(&self.salt);
        let hash = BASE64_STANDARD_NO_PAD.encode(&self.hash);
        write!(f, "$argon2id$v=19$m={memory_kib},t={iterations},p={lanes}${salt}${hash}")
    }
}

fn number(field: &str, name: &str) -> Option<u32> {
    field.strip_prefix(name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_hash_reads_back_as_written() {
        let phc =
            Phc { costs: Costs { memory_kib: 19_456, iterations: 2, lanes: 1 }, salt: vec![1; 16], hash: vec![2; 32] };
        assert_eq!(Phc::parse(&phc.to_string()), Some(phc));
    }

    #[test]
    fn ruinous_and_malformed_hashes_are_refused() {
        let salt = "AQEBAQEBAQEBAQEBAQEBAQ";
        let hash = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI";
        assert!(Phc::parse(&format!("$argon2id$v=19$m=65536,t=3,p=4${salt}${hash}")).is_some());
        for costs in [
            "m=4294967295,t=2,p=1",
            "m=131073,t=2,p=1",
            "m=19456,t=9,p=1",
            "m=19456,t=0,p=1",
            "m=19456,t=2,p=0",
            "m=19456,t=2,p=17",
            "m=7,t=2,p=1",
            "m=64,t=2,p=16",
            "m=19456,t=2",
            "m=19456,t=2,p=1,x=1",
            "t=2,m=19456,p=1",
            "m=-1,t=2,p=1",
            "",
        ] {
            assert_eq!(Phc::parse(&format!("$argon2id$v=19${costs}${salt}${hash}")), None, "{costs}");
        }
        for text in [
            "",
            "plain",
            "$argon2id$v=19$m=19456,t=2,p=1",
            "$2b$12$abc",
            "$argon2id$v=16$m=8,t=1,p=1$AQ$AQ",
            "$argon2i$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI",
            "$argon2id$v=19$m=19456,t=2,p=1$AQ$AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI",
            "$argon2id$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$ü",
        ] {
            assert_eq!(Phc::parse(text), None, "{text}");
        }
    }
}
