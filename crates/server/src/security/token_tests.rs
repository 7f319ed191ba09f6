#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
use super::*;
use crate::security::secret::SeededEntropy;

fn keys(seed: u64) -> CredentialKeys {
    CredentialKeys::new(&InstanceKey::generate(&SeededEntropy::new(seed)))
}

#[test]
fn every_kind_is_minted_and_recognised() {
    let keys = keys(1);
    let entropy = SeededEntropy::new(2);
    for kind in TokenKind::ALL {
        let minted = keys.mint(kind, &entropy);
        let text = minted.secret.expose();
        assert!(text.starts_with(&format!("gld_{kind}_")), "{text}");
        assert_eq!(text.len(), 4 + kind.as_str().len() + 1 + 49);
        assert!(text.ends_with(&minted.last4) && minted.last4.len() == 4);
        assert_eq!(keys.parse(text), Ok((kind, minted.hash)));
        assert_ne!(self::keys(9).parse(text).unwrap().1, minted.hash, "the hash is keyed");
    }
}

#[test]
fn a_token_keeps_all_its_random_bits() {
    let mut highest = String::new();
    push_base62(&mut highest, [0xff; 32]);
    let mut lowest = String::new();
    push_base62(&mut lowest, [0; 32]);
    // Read back by another way: 43 digits of base 62 as a sum modulo a prime.
    let modulo = |text: &str| {
        text.bytes().fold(0_u128, |sum, byte| {
            (sum * 62 + DIGITS.iter().position(|digit| *digit == byte).unwrap() as u128) % 1_000_000_007
        })
    };
    let expected = [0xff_u8; 32].iter().fold(0_u128, |sum, byte| (sum * 256 + u128::from(*byte)) % 1_000_000_007);
    assert_eq!(modulo(&highest), expected);
    assert_eq!(lowest, "0".repeat(43));
}

#[test]
fn every_single_mistake_and_swap_is_a_typo() {
    let keys = keys(1);
    let text = keys.mint(TokenKind::Pat, &SeededEntropy::new(3)).secret.expose().clone();
    for position in 0..text.len() {
        let mut wrong = text.clone().into_bytes();
        wrong[position] = if wrong[position] == b'a' { b'b' } else { b'a' };
        assert!(keys.parse(std::str::from_utf8(&wrong).unwrap()).is_err(), "changed at {position}");
        assert!(keys.parse(&text[..position]).is_err(), "cut at {position}");
        let mut swapped = text.clone().into_bytes();
        if position > 8 && position + 1 < swapped.len() && swapped[position] != swapped[position + 1] {
            swapped.swap(position, position + 1);
            assert_eq!(keys.parse(std::str::from_utf8(&swapped).unwrap()), Err(TokenTypo::Checksum));
        }
    }
    assert_eq!(keys.parse(&format!("{text}a")), Err(TokenTypo::Form));
    assert_eq!(keys.parse(&format!(" {text}")), Err(TokenTypo::Prefix));
}

#[test]
fn hostile_text_is_refused_quietly() {
    let keys = keys(1);
    let long = format!("gld_pat_{}", "é".repeat(1 << 20));
    let hostile = [
        "",
        "gld_",
        "gld__",
        "gld_pat",
        "gld_pat_",
        "gld_PAT_x",
        "gld_é_",
        "gld_日本語日本語",
        "gld_pat\0_",
        "gld_aaaaaaé_x",
        "gld_pat_éééééééééééééééééééééééé1",
        &long,
        "\u{202e}gld_pat_",
    ];
    for text in hostile {
        assert!(keys.parse(text).is_err(), "{text:.40}");
        assert_eq!(keys.session_hash(text), None);
    }
    // Every prefix of bytes up to any boundary of multi-byte characters.
    for length in 0..64 {
        let text: String = "gld_svc_".chars().chain("aé日😀".chars().cycle()).take(length).collect();
        assert!(keys.parse(&text).is_err());
    }
}

#[test]
fn sessions_and_csrf_tokens_are_bound() {
    let keys = keys(1);
    let entropy = SeededEntropy::new(4);
    let session = keys.mint_session(&entropy);
    assert_eq!(keys.session_hash(session.secret.expose()), Some(session.hash));
    assert_ne!(keys.mint_session(&entropy).hash, session.hash);
    let csrf = keys.csrf_token(&session.hash);
    assert!(keys.csrf_matches(&session.hash, &csrf));
    assert!(!keys.csrf_matches(&keys.mint_session(&entropy).hash, &csrf));
    assert!(!keys.csrf_matches(&session.hash, "") && !keys.csrf_matches(&session.hash, &format!("{csrf}x")));
    assert!(!self::keys(2).csrf_matches(&session.hash, &csrf));
}
