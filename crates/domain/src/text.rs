//! Names and addresses as people type them: trimmed, bounded, folded for comparison. Does not look
//! anything up.

use unicode_normalization::UnicodeNormalization;

use crate::refusal::{Code, Refusal};

/// Longest name of a person or organization, in characters.
pub const NAME_MAX_CHARS: usize = 200;
/// Longest name of a token, service account or deploy key, in characters (ON-40).
pub const SHORT_NAME_MAX_CHARS: usize = 100;
/// Longest email address, in bytes (RFC 5321, 4.5.3.1.3).
pub const EMAIL_MAX_BYTES: usize = 254;
/// Longest slug or handle, in bytes.
pub const SLUG_MAX_BYTES: usize = 63;

/// An email address: as typed, and the key under which equal addresses meet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email {
    shown: String,
    key: String,
}

impl Email {
    /// Reads one address. The local part is kept as typed; addresses that differ only by letter
    /// case or by the form of their domain (Unicode or `xn--`) have the same key.
    ///
    /// # Errors
    /// `email.invalid`, naming `field`.
    pub fn parse(text: &str, field: &str) -> Result<Self, Refusal> {
        let bad = |why: &str| Err(Refusal::value(Code::EmailInvalid, field, why));
        let text = text.trim();
        if text.len() > EMAIL_MAX_BYTES {
            return bad("longer than 254 bytes; check the address");
        }
        let Some((local, domain)) = text.rsplit_once('@') else {
            return bad("no `@`; write it as `name@example.com`");
        };
        let odd = |c: char| c.is_control() || c.is_whitespace() || is_invisible(c) || "()<>[],;:\\\"@".contains(c);
        if local.is_empty() || local.len() > 64 || local.chars().any(odd) {
            return bad("the part before `@` is empty, too long or has a character that mail does not carry");
        }
        if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            return bad("a dot stands where none may stand before `@`");
        }
        let ascii = match idna::domain_to_ascii_strict(domain) {
            Ok(ascii) if ascii.contains('.') || ascii == "localhost" => ascii,
            _ => return bad("the part after `@` is not a domain name"),
        };
        if ascii.len() > 253 || ascii.ends_with('.') {
            return bad("the part after `@` is not a domain name");
        }
        Ok(Self { shown: format!("{local}@{ascii}"), key: format!("{}@{ascii}", fold(local)) })
    }

    /// As typed, with the domain in its ASCII form.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The key for comparison.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The domain, lower case, in its ASCII form.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.key.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Whether a text is this address, perhaps written otherwise.
    #[must_use]
    pub fn is_same(&self, text: &str) -> bool {
        Self::parse(text, "email").is_ok_and(|other| other.key == self.key)
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// The form under which equal names meet: compatibility-composed and lower case.
#[must_use]
pub fn fold(text: &str) -> String {
    // Nothing in ASCII composes, and most texts are.
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc().flat_map(char::to_lowercase).nfc().collect()
}

/// A name of a person or thing: trimmed, inner white space made single spaces, control and
/// direction-changing characters dropped.
///
/// # Errors
/// `field.empty` or `field.too_long`, naming `field`.
pub fn name(text: &str, field: &str) -> Result<String, Refusal> {
    name_within(text, field, NAME_MAX_CHARS)
}

/// The same for what programs hold: tokens, service accounts, deploy keys (ON-40).
///
/// # Errors
/// `field.empty` or `field.too_long`, naming `field`.
pub fn short_name(text: &str, field: &str) -> Result<String, Refusal> {
    name_within(text, field, SHORT_NAME_MAX_CHARS)
}

fn name_within(text: &str, field: &str, most: usize) -> Result<String, Refusal> {
    let kept: String = text
        .chars()
        .filter(|c| c.is_whitespace() || !(c.is_control() || is_invisible(*c) && *c != '\u{200d}'))
        .collect();
    let tidy = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    if tidy.is_empty() {
        return Err(Refusal::field(field, "field.empty", "must not be empty"));
    }
    if tidy.chars().count() > most {
        return Err(Refusal::field(field, "field.too_long", format!("at most {most} characters")));
    }
    Ok(tidy)
}

/// A slug or handle: lower-case letters, digits and single hyphens, begun and ended by a letter or
/// digit, 1 to 63 bytes.
///
/// # Errors
/// `field.invalid`, naming `field`.
pub fn slug(text: &str, field: &str) -> Result<String, Refusal> {
    let good = !text.is_empty()
        && text.len() <= SLUG_MAX_BYTES
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--");
    let taken = matches!(
        text,
        "admin"
            | "api"
            | "assets"
            | "auth"
            | "setup"
            | "invite"
            | "sign-in"
            | "sign-out"
            | "sign-up"
            | "healthz"
            | "readyz"
            | "metrics"
            | "design"
            | "theme"
            | "scim"
            | "access"
            | "password"
            | "email"
            | "organizations"
            | "tenants"
            | "me"
            | "well-known"
    );
    if good && !taken {
        return Ok(text.to_owned());
    }
    let why = if taken {
        "that word is the program's own; choose another"
    } else {
        "1 to 63 lower-case letters, digits and single hyphens"
    };
    Err(Refusal::field(field, "field.invalid", why))
}

/// A slug made from a name; `None` when nothing of it can stand in a slug.
#[must_use]
pub fn slug_from(name: &str) -> Option<String> {
    let mut made = String::new();
    for c in fold(name).nfkd() {
        if c.is_ascii_alphanumeric() {
            made.push(c);
        } else if !made.is_empty() && !made.ends_with('-') && !('\u{0300}'..='\u{036f}').contains(&c) {
            made.push('-');
        }
        if made.len() >= 40 {
            break;
        }
    }
    slug(made.trim_matches('-'), "slug").ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_differ_by_case_meet() {
        let a = Email::parse(" Ann.Lee@Example.COM ", "email").unwrap();
        let b = Email::parse("ann.lee@example.com", "email").unwrap();
        assert_eq!(a.key(), b.key());
        assert_eq!(a.shown(), "Ann.Lee@example.com");
        assert_eq!(a.domain(), "example.com");
        assert_eq!(Email::parse("x@bücher.example", "email").unwrap().domain(), "xn--bcher-kva.example");
    }

    #[test]
    fn hostile_addresses_are_refused_by_field() {
        for bad in [
            "",
            "@",
            "a@",
            "@b.c",
            "a b@c.de",
            "a@b",
            "a@b..c",
            ".a@b.de",
            "a@-b.de",
            "a\u{202e}@b.de",
            "a@b.de\r\nBcc: x@y.de",
            "<a@b.de>",
        ] {
            let refusal = Email::parse(bad, "email").unwrap_err();
            assert_eq!(refusal.code, Code::EmailInvalid, "{bad}");
        }
        assert!(Email::parse(&format!("{}@b.de", "a".repeat(300)), "email").is_err());
    }

    #[test]
    fn names_are_tidied_and_bounded() {
        assert_eq!(name("  Ann \u{202e} \n Lee ", "name").unwrap(), "Ann Lee");
        assert!(name(" \u{200b} ", "name").is_err());
        assert!(name(&"x".repeat(10_000), "name").is_err());
    }

    #[test]
    fn slugs_come_from_names() {
        assert_eq!(slug_from("Acmé & Sons, Ltd.").as_deref(), Some("acme-sons-ltd"));
        assert_eq!(slug_from("日本"), None);
        assert!(slug("admin", "slug").is_err());
        assert!(slug("a--b", "slug").is_err());
    }
}
