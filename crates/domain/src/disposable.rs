//! Mail domains that are nobody's own: large providers, and those anybody has a box at for a few minutes. A short list of well-known ones: it keeps
//! accidents out, not somebody determined; `signup.domains` and approvals do that.

const DISPOSABLE: &[&str] = &[
    "10minutemail.com",
    "20minutemail.com",
    "burnermail.io",
    "discard.email",
    "dispostable.com",
    "emailondeck.com",
    "fakeinbox.com",
    "getairmail.com",
    "getnada.com",
    "grr.la",
    "guerrillamail.com",
    "guerrillamail.net",
    "guerrillamail.org",
    "maildrop.cc",
    "mailinator.com",
    "mailnesia.com",
    "mintemail.com",
    "moakt.com",
    "mohmal.com",
    "mytemp.email",
    "sharklasers.com",
    "spamgourmet.com",
    "temp-mail.org",
    "tempmail.com",
    "tempmailo.com",
    "throwawaymail.com",
    "trashmail.com",
    "yopmail.com",
];

/// Whether a domain, in lower case and ASCII form, is one of them or below one.
#[must_use]
pub fn is_disposable(domain: &str) -> bool {
    DISPOSABLE.iter().any(|known| domain.strip_suffix(known).is_some_and(|left| left.is_empty() || left.ends_with('.')))
}

/// Mail domains of large providers, where an address says nothing of whom one works with.
const PUBLIC: &[&str] = &[
    "aol.com",
    "fastmail.com",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "outlook.com",
    "posteo.de",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "t-online.de",
    "web.de",
    "yahoo.com",
    "yandex.ru",
    "zoho.com",
];

/// Whether a domain, in lower case and ASCII form, is nobody's own.
#[must_use]
pub fn is_public(domain: &str) -> bool {
    PUBLIC.contains(&domain) || is_disposable(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subdomains_are_as_short_lived_as_their_domain() {
        assert!(is_disposable("mailinator.com") && is_disposable("a.mailinator.com"));
        assert!(!is_disposable("notmailinator.com") && !is_disposable("acme.test") && !is_disposable(""));
        assert!(is_public("gmail.com") && is_public("mailinator.com") && !is_public("acme.test"));
        assert!(DISPOSABLE.is_sorted() && PUBLIC.is_sorted());
    }
}
