//! Mail that was caught: the `.eml` files the program wrote.

use crate::TestApp;

/// One caught message.
#[derive(Clone, Debug)]
pub struct Caught {
    /// To whom.
    pub to: String,
    /// The whole message.
    pub text: String,
}

impl Caught {
    /// The first link in it that contains `part`.
    #[must_use]
    pub fn link(&self, part: &str) -> Option<String> {
        let ends = |c: char| c.is_whitespace() || "<>\"'".contains(c);
        self.text.split(ends).find(|word| word.starts_with("http") && word.contains(part)).map(str::to_owned)
    }

    /// The secret at the end of the first link that contains `part`.
    #[must_use]
    pub fn secret(&self, part: &str) -> String {
        let link = self.link(part).unwrap_or_else(|| panic!("no link with `{part}` in {}", self.text));
        link.rsplit('/').next().unwrap_or_default().to_owned()
    }
}

impl Caught {
    /// The word that follows some others in it.
    #[must_use]
    pub fn word_after(&self, words: &str) -> String {
        let rest = self.text.split(words).nth(1).unwrap_or_else(|| panic!("no `{words}` in {}", self.text));
        rest.split_whitespace().next().unwrap_or_default().to_owned()
    }
}

impl TestApp {
    /// Sends what waits and gives every message to `to`, oldest first.
    pub async fn mails_to(&self, to: &str) -> Vec<Caught> {
        self.deliver().await;
        let mut files: Vec<_> = std::fs::read_dir(self.folder.join("outbox"))
            .map_or_else(|_| Vec::new(), |d| d.flatten().map(|f| f.path()).collect());
        files.sort();
        let texts = files.iter().filter_map(|f| std::fs::read_to_string(f).ok());
        texts
            .filter(|t| t.contains(&format!("To: {to}")) || t.contains(&format!("To: <{to}>")))
            .map(|text| Caught { to: to.to_owned(), text })
            .collect()
    }
}
