//! Typed identifiers: a short prefix that names the kind, then 128 sortable bits (UUID version 7,
//! RFC 9562) in 26 characters of Crockford's base 32, lower case. Does not make ids: the caller
//! brings the bits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const PREFIX_LEN: usize = 4;
const ENCODED_LEN: usize = 26;

/// A text that is not an id of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadId {
    /// The prefix that was expected, such as `mem_`.
    pub expected: &'static str,
}

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected an id that begins with `{}`", self.expected)
    }
}

impl std::error::Error for BadId {}

/// The whole id in one piece: most answers hold several.
fn encode(prefix: &str, id: Uuid) -> [u8; PREFIX_LEN + ENCODED_LEN] {
    let mut bits = id.as_u128();
    let mut text = [b'0'; PREFIX_LEN + ENCODED_LEN];
    for letter in text.iter_mut().skip(PREFIX_LEN).rev() {
        *letter = ALPHABET.get((bits & 31) as usize).copied().unwrap_or(b'0');
        bits >>= 5;
    }
    text.iter_mut().zip(prefix.bytes()).for_each(|(to, from)| *to = from);
    text
}

fn decode(text: &str) -> Option<Uuid> {
    if text.len() != ENCODED_LEN || text.as_bytes().first().is_some_and(|b| *b > b'7') {
        return None;
    }
    let mut bits: u128 = 0;
    for byte in text.bytes() {
        bits = (bits << 5) | u128::from(five(byte)?);
    }
    Some(Uuid::from_u128(bits))
}

/// The place of a letter in the alphabet, which leaves out `i`, `l`, `o` and `u`.
const fn five(byte: u8) -> Option<u8> {
    Some(match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'h' => byte - b'a' + 10,
        b'j' | b'k' => byte - b'j' + 18,
        b'm' | b'n' => byte - b'm' + 20,
        b'p'..=b't' => byte - b'p' + 22,
        b'v'..=b'z' => byte - b'v' + 27,
        _ => return None,
    })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The prefix every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps the given 128 bits.
            #[must_use]
            pub const fn new(bits: Uuid) -> Self {
                Self(bits)
            }

            /// The 128 bits, as the store keeps them.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(std::str::from_utf8(&encode($prefix, self.0)).map_err(|_| fmt::Error)?)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                text.strip_prefix($prefix)
                    .and_then(decode)
                    .map(Self)
                    .ok_or(BadId { expected: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// An organization.
    OrgId = "org_";
    /// An identity: one person (or service account), in any number of organizations.
    UserId = "usr_";
    /// A membership: an identity's (or an invitee's) place in one organization.
    MemberId = "mem_";
    /// An invitation.
    InvitationId = "inv_";
    /// A service account. The bits are those of its membership.
    ServiceAccountId = "svc_";
    /// A token.
    TokenId = "tok_";
    /// A browser session.
    SessionId = "ses_";
    /// A second factor: an authenticator app or a passkey.
    FactorId = "fac_";
    /// A mail domain that an organization claims.
    DomainId = "dom_";
    /// A connection to an identity provider.
    ConnectionId = "sso_";
    /// A record of the audit trail.
    EventId = "evt_";
    /// A role, addressed by id.
    RoleId = "rol_";
    /// A group of members.
    GroupId = "grp_";
    /// An inner scope or resource.
    ResourceId = "res_";
    /// A grant on a resource.
    GrantId = "grt_";
    /// A tenant: the tier above organizations.
    TenantId = "tnt_";
    /// Somebody's place in a tenant.
    TenantMemberId = "tmb_";
    /// A resource of a tenant, there in the organizations it goes to.
    TenantResourceId = "tnr_";
    /// A link that shares a resource with whoever holds it.
    ShareLinkId = "lnk_";
    /// A usage limit.
    LimitId = "lim_";
    /// A message waiting in the outbox. Not shown outside.
    MailId = "mai_";
    /// A mailed single-use link for an identity. Not shown outside.
    LinkId = "mlk_";
    /// An invite link.
    InviteLinkId = "lnk_";
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_sort_like_their_bits() {
        let low = MemberId::new(Uuid::from_u128(1));
        let high = MemberId::new(Uuid::from_u128(u128::MAX));
        for id in [low, high] {
            assert_eq!(id.to_string().parse::<MemberId>().unwrap(), id);
        }
        assert!(low.to_string() < high.to_string());
    }

    #[test]
    fn a_letter_is_read_as_it_is_written() {
        for byte in 0..=u8::MAX {
            let place = ALPHABET.iter().position(|known| *known == byte);
            assert_eq!(five(byte).map(usize::from), place, "{byte}");
        }
    }

    #[test]
    fn foreign_and_broken_ids_are_refused() {
        let id = OrgId::new(Uuid::from_u128(7)).to_string();
        assert!(id.parse::<MemberId>().is_err());
        for bad in ["", "org_", "org_\u{202e}", "org_8zzzzzzzzzzzzzzzzzzzzzzzzz", "org_0000000000000000000000000O"] {
            assert!(bad.parse::<OrgId>().is_err(), "{bad}");
        }
    }
}
