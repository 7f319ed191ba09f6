//! Credentials that a caller carries: tokens `gld_<kind>_<base62><checksum>`, session cookies and CSRF tokens.
//!
//! A mistyped token is told apart from an unknown one without asking the store. This module mints and recognises;
//! what a credential may do, and whether it still lives, is for others to say.

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use subtle::ConstantTimeEq;

use super::key::{InstanceKey, MacKey};
use super::secret::{Entropy, Secret, random_bytes};

const PREFIX: &str = "gld_";
/// 43 digits of base 62 hold 256 bits (62^43 > 2^256).
const BODY_DIGITS: usize = 43;
/// 6 digits of base 62 hold the 32 bits of a CRC-32.
const CHECKSUM_DIGITS: usize = 6;
/// 32 bytes in base64 without padding.
const SESSION_CHARACTERS: usize = 43;
/// Without `i`, `l`, `o` and `1`.
const CODE_DIGITS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a token is for; part of its text, so that a token is never taken for one of another kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A person's own token.
    Pat,
    /// A service account's.
    Svc,
    /// An installation's of the product: proves the organization, opens nothing.
    Dep,
    /// A directory's, for SCIM.
    Scim,
    /// In an invitation's mail.
    Inv,
    /// In a share link.
    Share,
    /// In a mail that lets a password be set anew.
    Reset,
    /// In a mail that proves an address.
    Verify,
    /// Printed at the first start.
    Setup,
    /// In an invite link that anybody holding it may use.
    Link,
}

impl TokenKind {
    /// Every kind, in the order of the reference.
    pub const ALL: [Self; 10] = [
        Self::Pat,
        Self::Svc,
        Self::Dep,
        Self::Scim,
        Self::Inv,
        Self::Share,
        Self::Reset,
        Self::Verify,
        Self::Setup,
        Self::Link,
    ];

    /// The kind as written in a token.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pat => "pat",
            Self::Svc => "svc",
            Self::Dep => "dep",
            Self::Scim => "scim",
            Self::Inv => "inv",
            Self::Share => "share",
            Self::Reset => "reset",
            Self::Verify => "verify",
            Self::Setup => "setup",
            Self::Link => "link",
        }
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TokenKind {
    type Err = TokenTypo;

    fn from_str(text: &str) -> Result<Self, TokenTypo> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(TokenTypo::Kind)
    }
}

/// Why a text cannot be a token, whoever might know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenTypo {
    /// Does not begin with `gld_`.
    Prefix,
    /// The word after `gld_` is no kind.
    Kind,
    /// Too short, too long, or a character that is no letter or digit.
    Form,
    /// A character was changed, lost or swapped.
    Checksum,
}

impl fmt::Display for TokenTypo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prefix => "this is not a guildhall token; they begin with `gld_`",
            Self::Kind => "this token names an unknown kind; copy it again, whole",
            Self::Form => "this token is cut off or holds a foreign character; copy it again, whole",
            Self::Checksum => "this token has a typing mistake; copy it again, whole",
        })
    }
}

impl std::error::Error for TokenTypo {}

/// A credential just made: the secret to show once, and what to keep.
#[derive(Debug, Clone)]
pub struct MintedToken {
    /// The text for its holder.
    pub secret: Secret<String>,
    /// What the store keeps.
    pub hash: [u8; 32],
    /// The last four characters, to tell tokens apart in lists.
    pub last4: String,
}

/// A session just made. The secret is the cookie's value.
#[derive(Debug, Clone)]
pub struct MintedSession {
    /// 256 random bits in base64 (URL alphabet, no padding).
    pub secret: Secret<String>,
    /// What the store keeps.
    pub hash: [u8; 32],
}

/// The derived keys that make and recognise credentials. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CredentialKeys {
    token: MacKey,
    session: MacKey,
    csrf: MacKey,
    factor: MacKey,
    device: MacKey,
}

impl CredentialKeys {
    /// Derives the keys. Stored hashes are worthless without the instance key, even for short secrets.
    pub fn new(key: &InstanceKey) -> Self {
        Self {
            token: key.subkey("token"),
            session: key.subkey("session"),
            csrf: key.subkey("csrf"),
            factor: key.subkey("factor"),
            device: key.subkey("device"),
        }
    }

    /// Makes a token with 256 random bits.
    pub fn mint(&self, kind: TokenKind, entropy: &dyn Entropy) -> MintedToken {
        let mut text = format!("{PREFIX}{kind}_");
        push_base62(&mut text, random_bytes(entropy));
        let sum = checksum(text.as_bytes());
        text.extend(sum.into_iter().map(char::from));
        let last4 = text.get(text.len().saturating_sub(4)..).unwrap_or_default().to_owned();
        MintedToken { hash: self.token.mac(&[text.as_bytes()]), last4, secret: Secret::new(text) }
    }

    /// Recognises a token: its kind and the hash to look it up by.
    ///
    /// # Errors
    /// [`TokenTypo`] when no such token can exist.
    pub fn parse(&self, text: &str) -> Result<(TokenKind, [u8; 32]), TokenTypo> {
        recognise(text).map(|kind| (kind, self.token.mac(&[text.as_bytes()])))
    }

    /// The hash of a token of one kind; `None` when it is none of those.
    pub fn parse_as(&self, wanted: TokenKind, text: &str) -> Option<[u8; 32]> {
        let ours = recognise(text).is_ok_and(|kind| kind == wanted);
        ours.then(|| self.token.mac(&[text.as_bytes()]))
    }

    /// Makes a session's cookie value.
    pub fn mint_session(&self, entropy: &dyn Entropy) -> MintedSession {
        let text = BASE64_URL_SAFE_NO_PAD.encode(random_bytes::<32>(entropy));
        MintedSession { hash: self.session.mac(&[text.as_bytes()]), secret: Secret::new(text) }
    }

    /// The hash to look a cookie's value up by; `None` when it cannot be a session of ours.
    pub fn session_hash(&self, cookie: &str) -> Option<[u8; 32]> {
        let well_formed = cookie.len() == SESSION_CHARACTERS
            && cookie.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        well_formed.then(|| self.session.mac(&[cookie.as_bytes()]))
    }

    /// Makes backup codes: what their owner is shown, and what is kept. 50 random bits each, in letters and digits that
    /// are not mistaken for one another.
    pub fn backup_codes(&self, user: &[u8; 16], count: usize, entropy: &dyn Entropy) -> Vec<(String, [u8; 32])> {
        let digit = |byte: &u8| CODE_DIGITS.get(usize::from(byte & 31)).copied().map_or('x', char::from);
        let code = |_| {
            let drawn: String = random_bytes::<10>(entropy).iter().map(digit).collect();
            let (left, right) = drawn.split_at_checked(5).unwrap_or((&drawn, ""));
            (format!("{left}-{right}"), self.backup_hash(user, &drawn))
        };
        (0..count).map(code).collect()
    }

    /// The hash to look a backup code up by, however it was typed.
    pub fn backup_hash(&self, user: &[u8; 16], given: &str) -> [u8; 32] {
        let plain: String = given.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
        self.factor.mac(&[b"backup", user, plain.to_ascii_lowercase().as_bytes()])
    }

    /// Makes the cookie of a browser that signed in with `account`: good for nothing but being known.
    pub fn mint_device(&self, account: &str, entropy: &dyn Entropy) -> String {
        let id = BASE64_URL_SAFE_NO_PAD.encode(random_bytes::<12>(entropy));
        let proof = BASE64_URL_SAFE_NO_PAD.encode(self.device.mac(&[id.as_bytes(), b" ", account.as_bytes()]));
        format!("{id}.{proof}")
    }

    /// The id of a browser that signed in with `account` before, by its cookie.
    pub fn device_of<'a>(&self, cookie: &'a str, account: &str) -> Option<&'a str> {
        let (id, proof) = cookie.split_once('.')?;
        let wanted = BASE64_URL_SAFE_NO_PAD.encode(self.device.mac(&[id.as_bytes(), b" ", account.as_bytes()]));
        same(wanted.as_bytes(), proof.as_bytes()).then_some(id)
    }

    /// The CSRF token of a session: bound to it, and to nothing that a page could guess.
    pub fn csrf_token(&self, session_id: &[u8]) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.csrf.mac(&[b"csrf", session_id]))
    }

    /// Whether `given` is the CSRF token of this session, in constant time.
    pub fn csrf_matches(&self, session_id: &[u8], given: &str) -> bool {
        same(self.csrf_token(session_id).as_bytes(), given.as_bytes())
    }
}

/// The kind of a token that is free of typing mistakes; no key is needed. Reads at most some 60 bytes of any input.
///
/// # Errors
/// [`TokenTypo`] when no such token can exist.
pub fn recognise(text: &str) -> Result<TokenKind, TokenTypo> {
    let rest = text.strip_prefix(PREFIX).ok_or(TokenTypo::Prefix)?;
    // The longest kind has six letters: no underscore among the first seven characters means none will do.
    let head = rest.as_bytes().get(..rest.len().min(7)).unwrap_or_default();
    let end = head.iter().position(|byte| *byte == b'_').ok_or(TokenTypo::Kind)?;
    let (kind, body) = rest.split_at_checked(end).ok_or(TokenTypo::Kind)?;
    let kind: TokenKind = kind.parse()?;
    let body = body.strip_prefix('_').ok_or(TokenTypo::Form)?;
    if body.len() != BODY_DIGITS + CHECKSUM_DIGITS || !body.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(TokenTypo::Form);
    }
    let (unsigned, sum) = text.as_bytes().split_last_chunk().ok_or(TokenTypo::Form)?;
    if *sum != checksum(unsigned) {
        return Err(TokenTypo::Checksum);
    }
    Ok(kind)
}

/// Whether two secrets are equal, in time that depends on their lengths only.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// Appends 256 bits, big end first, as exactly [`BODY_DIGITS`] digits.
fn push_base62(text: &mut String, mut bytes: [u8; 32]) {
    let mut digits = [0; BODY_DIGITS];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0_u16;
        for byte in &mut bytes {
            let value = remainder << 8 | u16::from(*byte);
            *byte = (value / 62) as u8;
            remainder = value % 62;
        }
        *digit = base62_digit(u32::from(remainder));
    }
    text.extend(digits.into_iter().map(char::from));
}

/// The CRC-32 of the text so far, as digits.
fn checksum(text: &[u8]) -> [u8; CHECKSUM_DIGITS] {
    let mut rest = crc32fast::hash(text);
    let mut digits = [0; CHECKSUM_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = base62_digit(rest % 62);
        rest /= 62;
    }
    digits
}

fn base62_digit(value: u32) -> u8 {
    DIGITS.get(value as usize).copied().unwrap_or(b'0')
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
