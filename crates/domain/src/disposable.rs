//! Mail domains that anybody has a box at for a few minutes. A short list of well-known ones: it keeps
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subdomains_are_as_short_lived_as_their_domain() {
        assert!(is_disposable("mailinator.com") && is_disposable("a.mailinator.com"));
        assert!(!is_disposable("notmailinator.com") && !is_disposable("acme.test") && !is_disposable(""));
        assert!(DISPOSABLE.is_sorted());
    }
}
