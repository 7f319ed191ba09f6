//! How a person, a service account or an organization is shown: name, initials, a colour that stays
//! the same. Names come from strangers: they may be blank, endless or in any script.

/// Initials on a colour.
#[derive(Clone, Debug, Default)]
pub struct Avatar {
    /// One or two characters.
    pub initials: String,
    /// 1 to 6, chosen by the key.
    pub tone: u8,
}

impl Avatar {
    /// The avatar of `name`; `key` (an id or an address) chooses the colour.
    #[must_use]
    pub fn of(name: &str, key: &str) -> Self {
        let hash = key.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
        Self { initials: initials(name), tone: u8::try_from(hash % 6 + 1).unwrap_or(1) }
    }

    /// The class of its colour.
    #[must_use]
    pub fn tone_class(&self) -> &'static str {
        match self.tone {
            1 => "tone-1",
            2 => "tone-2",
            3 => "tone-3",
            4 => "tone-4",
            5 => "tone-5",
            _ => "tone-6",
        }
    }
}

/// Somebody in a list or at the head of a page.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// Initials and colour.
    pub avatar: Avatar,
    /// What to call them; never blank.
    pub name: String,
    /// The address below the name; empty when the name is the address or there is none.
    pub email: String,
    /// The page about them; empty for none.
    pub href: String,
    /// Words behind the name, such as `You` or `Service account`.
    pub labels: Vec<String>,
}

impl Person {
    /// A person by name and address; a name with nothing to read in it gives way to the address.
    #[must_use]
    pub fn new(name: &str, email: &str, key: &str) -> Self {
        let readable = is_readable(name);
        let shown = if readable {
            name.trim()
        } else if is_readable(email) {
            email
        } else {
            "(no name)"
        };
        Self {
            avatar: Avatar::of(shown, key),
            name: shorten(shown),
            email: if readable { shorten(email) } else { String::new() },
            href: String::new(),
            labels: Vec::new(),
        }
    }

    /// With a page to go to.
    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = href.into();
        self
    }

    /// With a word behind the name.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.labels.push(label.into());
        self
    }
}

/// The most characters of a name that a list shows; the rest would only be cut off by the layout.
const SHOWN_CHARS: usize = 160;

fn shorten(text: &str) -> String {
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(SHOWN_CHARS).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}

/// Whether a text shows anything: blanks, marks that turn direction and other invisible characters do not.
fn is_readable(text: &str) -> bool {
    text.chars().any(is_visible)
}

fn is_visible(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !is_invisible(c)
}

/// Format characters that take no room: joiners, direction marks, tags (Unicode general category Cf
/// as far as it occurs in names) and the Hangul fillers.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

fn initials(name: &str) -> String {
    let mut words = name.split(|c: char| c.is_whitespace() || matches!(c, '.' | '-' | '_' | '@' | '+'));
    let first_of = |word: &str| word.chars().find(|&c| c.is_alphanumeric() && is_visible(c));
    let first = words.by_ref().find_map(first_of);
    // Of an address only what stands before the `@` speaks of the person.
    let rest = name.split('@').next().unwrap_or(name);
    let last = rest
        .split(|c: char| c.is_whitespace() || matches!(c, '.' | '-' | '_' | '+'))
        .filter_map(first_of)
        .skip(1)
        .last();
    match first {
        Some(first) => first.to_uppercase().chain(last.into_iter().flat_map(char::to_uppercase)).take(2).collect(),
        None => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_come_from_the_first_and_the_last_word() {
        for (name, wanted) in [
            ("Ada Lovelace", "AL"),
            ("ada", "A"),
            ("grace.hopper@navy.example", "GH"),
            ("Ana María de la Cruz", "AC"),
            ("<script>alert(1)</script>", "S"),
            ("\u{202e}evil", "E"),
            ("李小龍", "李"),
            ("🦀🦀", "?"),
            ("", "?"),
        ] {
            assert_eq!(initials(name), wanted, "{name}");
        }
    }

    #[test]
    fn a_name_without_anything_to_read_gives_way_to_the_address() {
        for blank in ["", "   ", "\u{200b}\u{202e}", "\u{3164}"] {
            let person = Person::new(blank, "a@example.org", "usr_1");
            assert_eq!((person.name.as_str(), person.email.as_str()), ("a@example.org", ""));
        }
        assert_eq!(Person::new(" ", "", "usr_1").name, "(no name)");
        assert_eq!(Person::new("🦀", "a@example.org", "usr_1").name, "🦀");
    }

    #[test]
    fn an_endless_name_is_cut() {
        let person = Person::new(&"é".repeat(10_000), "a@example.org", "usr_1");
        assert_eq!(person.name.chars().count(), SHOWN_CHARS + 1);
        assert!(person.name.ends_with('…'));
    }

    #[test]
    fn the_colour_stays_with_the_key() {
        assert_eq!(Avatar::of("A", "usr_1").tone, Avatar::of("B", "usr_1").tone);
        assert!((1..=6).contains(&Avatar::of("", "").tone));
    }
}
