//! The kinds of values: what is allowed, read and said.
//!
//! Knows no setting by name.

use std::net::SocketAddr;

use serde_json::Value;

use super::Cidr;

/// The values a setting takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A folder or file.
    Path,
    /// IP address and port.
    SocketAddress,
    /// An address with one of these schemes.
    Url(&'static [&'static str]),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A line of text that is not empty.
    Text,
    /// A cookie's name.
    CookieName,
    /// A mail address, alone or as `Name <address>`.
    Mailbox,
    /// Base64 of 32 bytes.
    Key,
    /// A whole number from … to.
    Number(u64, u64),
    /// Whole numbers, each from … to.
    Numbers(u64, u64),
    /// Ranges of addresses.
    Networks,
}

impl Kind {
    /// The value in its own type, when it is allowed. Text is read as the type demands (numbers, comma-separated
    /// lists), so that the environment and flags serve as well as a file.
    pub fn accept(self, given: &Value) -> Option<Value> {
        match self {
            Self::Number(min, max) => number(given, min, max).map(Value::from),
            Self::Numbers(min, max) => {
                let numbers: Option<Vec<u64>> = items(given)?.iter().map(|item| number(item, min, max)).collect();
                numbers.filter(|numbers| !numbers.is_empty()).map(Value::from)
            }
            Self::Networks => {
                let items = items(given)?;
                let fits = items.iter().all(|item| item.as_str().is_some_and(|text| text.parse::<Cidr>().is_ok()));
                fits.then_some(Value::Array(items))
            }
            _ => given.as_str().filter(|text| self.fits(text)).map(Value::from),
        }
    }

    /// What is allowed, to follow "expected".
    pub fn allowed(self) -> String {
        match self {
            Self::Path => "a path".to_owned(),
            Self::SocketAddress => "an IP address and a port such as `127.0.0.1:8080` or `[::]:8080`".to_owned(),
            Self::Url(schemes) => {
                let schemes: Vec<_> = schemes.iter().map(|scheme| format!("`{scheme}://…`")).collect();
                format!("an address {}", schemes.join(" or "))
            }
            Self::Choice(words) => {
                let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
                words.join(" or ")
            }
            Self::Text => "a line of text".to_owned(),
            Self::CookieName => "letters, digits, `-` and `_`".to_owned(),
            Self::Mailbox => "a mail address, alone or as `Name <address>`".to_owned(),
            Self::Key => "base64 of 32 bytes; make one with `openssl rand -base64 32`".to_owned(),
            Self::Number(min, max) => format!("a whole number from {min} to {max}"),
            Self::Numbers(min, max) => {
                format!("whole numbers from {min} to {max}, separated by commas")
            }
            Self::Networks => "address ranges such as `10.0.0.0/8`, separated by commas".to_owned(),
        }
    }

    fn fits(self, text: &str) -> bool {
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            return false;
        }
        match self {
            Self::SocketAddress => text.parse::<SocketAddr>().is_ok(),
            Self::Url(schemes) => text.split_once("://").is_some_and(|(scheme, rest)| {
                let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                schemes.contains(&scheme) && !host.is_empty() && !rest.contains(char::is_whitespace)
            }),
            Self::Choice(words) => words.contains(&text),
            Self::CookieName => text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'),
            Self::Mailbox => text.parse::<lettre::message::Mailbox>().is_ok(),
            Self::Key => crate::security::key::InstanceKey::from_base64(text, "").is_ok(),
            _ => true,
        }
    }
}

fn number(given: &Value, min: u64, max: u64) -> Option<u64> {
    let number = match given {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_u64()?,
    };
    (min..=max).contains(&number).then_some(number)
}

/// A list as it is, or text taken apart at commas. Empty text is the empty list.
fn items(given: &Value) -> Option<Vec<Value>> {
    match given {
        Value::Array(items) => Some(items.clone()),
        Value::String(text) => {
            Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect())
        }
        _ => None,
    }
}
