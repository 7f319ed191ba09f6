//! A mail as text and as simple HTML, made from the same paragraphs.
//!
//! No pictures, no addresses of others, nothing that reports back. What people typed (names) is cleaned here, once.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

/// Longer subjects are cut; RFC 5322 would fold them, people would not read them.
const MAX_SUBJECT_CHARACTERS: usize = 150;
/// Longer names are cut, so that nobody writes a letter of their own into ours.
const MAX_NAME_CHARACTERS: usize = 100;

/// One mail, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The address alone, without a name.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The body for those who read text.
    pub text: String,
    /// The same body as HTML.
    pub html: String,
}

/// A mail in the making: paragraphs, one link at most, paragraphs.
#[derive(Debug, Default)]
pub(super) struct Letter {
    subject: String,
    before: Vec<String>,
    action: Option<(String, String)>,
    after: Vec<String>,
}

impl Letter {
    pub(super) fn new(subject: String) -> Self {
        Self { subject, ..Self::default() }
    }

    pub(super) fn paragraph(mut self, text: String) -> Self {
        let paragraphs = if self.action.is_some() { &mut self.after } else { &mut self.before };
        paragraphs.push(text);
        self
    }

    pub(super) fn action(mut self, label: &str, link: &str) -> Self {
        self.action = Some((label.to_owned(), link.to_owned()));
        self
    }

    pub(super) fn to(self, address: &str) -> Message {
        Message {
            to: address.to_owned(),
            subject: cut(&one_line(&self.subject), MAX_SUBJECT_CHARACTERS),
            text: self.text(),
            html: self.html(),
        }
    }

    fn text(&self) -> String {
        let link = self.action.iter().map(|(label, link)| format!("{label}:\n{link}"));
        let paragraphs: Vec<String> =
            self.before.iter().cloned().chain(link).chain(self.after.iter().cloned()).collect();
        paragraphs.join("\n\n") + "\n"
    }

    fn html(&self) -> String {
        let mut html = String::from("<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>");
        html.push_str(&escaped(&self.subject));
        html.push_str(
            "</title></head>\n<body style=\"font:16px/1.5 sans-serif;color:#1a1a1a;max-width:36em;margin:2em auto\">\n",
        );
        for text in &self.before {
            let _ = writeln!(html, "<p>{}</p>", escaped(text));
        }
        if let Some((label, link)) = &self.action {
            let (label, link) = (escaped(label), escaped(link));
            let _ = writeln!(
                html,
                "<p><a href=\"{link}\" style=\"display:inline-block;padding:.6em 1.2em;background:#1f4fd8;color:#fff;border-radius:.4em;text-decoration:none\">{label}</a></p>\n\
                 <p style=\"font-size:.85em;color:#555\">If the button does not work, open this address:<br>{link}</p>"
            );
        }
        for text in &self.after {
            let _ = writeln!(html, "<p style=\"color:#555\">{}</p>", escaped(text));
        }
        html.push_str("</body></html>\n");
        html
    }
}

/// A name that somebody typed, fit for one line of a mail: without control and direction characters, and cut.
pub(super) fn name(typed: &str) -> String {
    cut(&one_line(typed), MAX_NAME_CHARACTERS)
}

/// INVARIANT: holds no line break, so that no header and no paragraph can be smuggled in.
fn one_line(text: &str) -> String {
    let visible = |character: char| {
        let is_direction =
            matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let is_break = character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
        if is_break || is_direction { ' ' } else { character }
    };
    let plain: String = text.chars().map(visible).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    text.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}
