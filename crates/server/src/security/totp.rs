//! Codes of authenticator apps: RFC 6238 on RFC 4226, with SHA-1, six digits and steps of 30 seconds, which is what
//! every app computes. Remembers nothing: that a code counts once is the store's and the domain's to keep.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// Bytes of a shared secret, as RFC 4226 recommends (160 bits).
pub const SECRET_BYTES: usize = 20;
const STEP_S: i64 = 30;
const DIGITS: usize = 6;
/// How many steps the clock of a phone may be off, either way.
const SKEW: i64 = 1;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The code of one step.
fn code(secret: &[u8], step: u64) -> String {
    let mut block = [0_u8; 64];
    for (target, source) in block.iter_mut().zip(secret) {
        *target = *source;
    }
    let mut mac = Hmac::<Sha1>::new(&block.into());
    mac.update(&step.to_be_bytes());
    let hash: [u8; 20] = mac.finalize().into_bytes().into();
    // RFC 4226, 5.3: four bytes at the place that the last four bits name, without the sign.
    let at = usize::from(hash.last().copied().unwrap_or_default() & 0x0f);
    let cut = hash.iter().skip(at).take(4).fold(0_u32, |whole, byte| whole << 8 | u32::from(*byte));
    format!("{:0DIGITS$}", (cut & 0x7fff_ffff) % 1_000_000)
}

/// The step whose code `given` is, the latest if it is that of several; spaces in it do not count.
#[must_use]
pub fn step_of(secret: &[u8], given: &str, now_s: i64) -> Option<u64> {
    let given: String = given.chars().filter(|c| !c.is_whitespace()).collect();
    let present = now_s / STEP_S;
    let mut found = None;
    for step in present - SKEW..=present + SKEW {
        let step = u64::try_from(step).unwrap_or_default();
        if bool::from(code(secret, step).as_bytes().ct_eq(given.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

/// Bytes in base 32 (RFC 4648), without padding: as people type a secret.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    let (mut text, mut bits, mut held) = (String::new(), 0_u32, 0_u32);
    let mut push = |held: u32, bits: u32| {
        let digit = ALPHABET.get((held >> bits & 31) as usize).copied().unwrap_or_default();
        text.push(char::from(digit));
    };
    for byte in bytes {
        held = (held << 8 | u32::from(*byte)) & 0xffff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(held, bits);
        }
    }
    if bits > 0 {
        push(held << (5 - bits), 0);
    }
    text
}

/// What the QR code of a secret says to an app.
#[must_use]
pub fn uri(issuer: &str, account: &str, secret: &[u8]) -> String {
    let (issuer, account) = (escaped(issuer), escaped(account));
    format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
        base32(secret)
    )
}

/// Percent-encoding of everything but what every app takes as it is; `+` for a space would be shown as such.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const RFC: &[u8] = b"12345678901234567890";

    #[test]
    fn the_vectors_of_rfc_6238_hold() {
        // Appendix B, the last six of its eight digits.
        let vectors = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (at_s, wanted) in vectors {
            assert_eq!(code(RFC, at_s / 30), wanted);
            assert_eq!(step_of(RFC, wanted, i64::try_from(at_s).unwrap()), Some(at_s / 30));
        }
    }

    #[test]
    fn a_code_is_good_one_step_before_and_after() {
        for (off_s, known) in [(-30, true), (30, true), (-60, false), (60, false)] {
            assert_eq!(step_of(RFC, "081804", 1_111_111_109 + off_s).is_some(), known, "{off_s}");
        }
        assert_eq!(step_of(RFC, "081 804", 1_111_111_109), Some(37_037_036));
        for wrong in ["", "81804", "0818040", "08180x", "٠٨١٨٠٤"] {
            assert_eq!(step_of(RFC, wrong, 1_111_111_109), None, "{wrong}");
        }
    }

    #[test]
    fn the_vectors_of_rfc_4648_hold() {
        for (bytes, wanted) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), wanted);
        }
    }

    #[test]
    fn an_app_is_told_everything_it_asks() {
        let told = uri("Guild & Hall", "ann@acme.test", b"foobar");
        assert!(told.starts_with("otpauth://totp/Guild%20%26%20Hall:ann%40acme.test?secret=MZXW6YTBOI&"), "{told}");
    }
}
