//! What an operation said to a form that was sent: nothing yet, or a refusal that belongs to it, so that the same
//! page comes back with what was typed and each error at its field. Decides nothing.

use axum::http::{HeaderValue, StatusCode};
use guildhall_domain::refusal::{Code, FieldError, Kind, Refusal};
use guildhall_store::Stop;

use super::view::{Flash, Input, Tone};
use super::visit::{Shown, Visit, Wrong};
use crate::http::problem::{status, told};

/// What was said to a form.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The status of the page that shows it.
    pub status: StatusCode,
    /// What is wrong with no field in particular, as a sentence.
    pub problem: Option<String>,
    /// The refusal's code; `None` when nothing was refused.
    pub code: Option<Code>,
    errors: Vec<FieldError>,
    wait_s: Option<u64>,
}

impl Default for Verdict {
    fn default() -> Self {
        Self { status: StatusCode::OK, problem: None, code: None, errors: Vec::new(), wait_s: None }
    }
}

/// The field that a code speaks of without naming it.
const fn field_of(code: Code) -> Option<&'static str> {
    match code {
        Code::SlugTaken => Some("slug"),
        Code::HandleTaken => Some("handle"),
        Code::EmailTaken => Some("email"),
        Code::PasswordWrong => Some("current_password"),
        Code::DeleteConfirm => Some("confirm"),
        _ => None,
    }
}

/// Whether a refusal is answered by the form's own page. What is hidden, forged or broken is not; who is not signed
/// in is led to the sign-in page, unless it is that page's own form that was refused.
fn is_of_a_form(refusal: &Refusal) -> bool {
    match refusal.code.kind() {
        Kind::Conflict
        | Kind::Gone
        | Kind::Stale
        | Kind::Invalid
        | Kind::Unpaid
        | Kind::Forbidden
        | Kind::Limited
        | Kind::Unavailable => !matches!(refusal.code, Code::CsrfInvalid | Code::FactorRequired | Code::ProofStale),
        Kind::Unauthenticated => {
            matches!(refusal.code, Code::CredentialsWrong | Code::AuthCodeWrong | Code::PasskeyRefused)
        }
        Kind::Malformed | Kind::Hidden | Kind::Method | Kind::TooLarge | Kind::MediaType => false,
    }
}

impl Verdict {
    /// The refusal of a form with these fields, named as the operation names them. What is wrong elsewhere becomes
    /// the problem of the whole.
    ///
    /// # Errors
    /// What no form can answer, as a page of its own.
    pub fn of(visit: &Visit, stop: Stop, fields: &[&str]) -> Result<Self, Wrong> {
        // Asked only of refusals: a fault is logged where its page is made, once.
        let known = match &stop {
            Stop::Refused(refusal) if is_of_a_form(refusal) => told(&stop),
            _ => None,
        };
        let Some(refusal) = known else { return Err(visit.wrong(stop)) };
        let mut errors = refusal.errors;
        if let Some(field) = field_of(refusal.code).filter(|_| errors.is_empty()) {
            let (field, code) = (field.to_owned(), refusal.code.name().to_owned());
            errors.push(FieldError { field, code, detail: refusal.detail.clone() });
        }
        let placed = !errors.is_empty() && errors.iter().all(|e| fields.contains(&e.field.as_str()));
        Ok(Self {
            status: status(refusal.code.kind()),
            problem: (!placed).then(|| sentence(&refusal.detail)),
            code: Some(refusal.code),
            errors,
            wait_s: refusal.extra.filter(|(name, _)| *name == "retry_after_s").and_then(|(_, v)| v.as_u64()),
        })
    }

    /// The same; where nothing was said, with the page's own status.
    #[must_use]
    pub fn or_status(self, status: StatusCode) -> Self {
        if self.code.is_none() { Self { status, ..self } } else { self }
    }

    /// What is wrong with one field, as a sentence.
    #[must_use]
    pub fn at(&self, field: &str) -> Option<String> {
        self.errors.iter().find(|e| e.field == field).map(|e| sentence(&e.detail))
    }

    /// A field as it was typed, with what is wrong with it.
    #[must_use]
    pub fn input(&self, field: &str, value: impl Into<String>) -> Input {
        Input { value: value.into(), error: self.at(field) }
    }

    /// The problem of the whole as a message above a page that has no room of its own for it.
    #[must_use]
    pub fn flash(&self) -> Option<Flash> {
        self.problem.as_ref().map(|text| Flash::new(Tone::Bad, text.as_str()))
    }

    /// Answers the page that shows it.
    ///
    /// # Errors
    /// When the template cannot be written.
    pub fn page<T: askama::Template>(&self, visit: &Visit, page: &T) -> Shown {
        let mut response = visit.page(self.status, page)?;
        if let Some(wait_s) = self.wait_s {
            response.headers_mut().insert("retry-after", HeaderValue::from(wait_s));
        }
        Ok(response)
    }
}

/// An operation's words as a sentence: they come lower case, without a full stop, with input in backticks.
#[must_use]
pub fn sentence(words: &str) -> String {
    let plain = words.replace('`', "");
    let mut letters = plain.chars();
    let mut text: String = match letters.next() {
        Some(first) if !words.starts_with('`') => first.to_uppercase().chain(letters).collect(),
        _ => plain,
    };
    if !text.is_empty() && !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_sentences() {
        for (words, wanted) in [
            ("must not be empty", "Must not be empty."),
            ("`ada@acme.test` is the only active Owner", "ada@acme.test is the only active Owner."),
            ("no role `x`; there are owner, admin", "No role x; there are owner, admin."),
            ("Done.", "Done."),
            ("", ""),
        ] {
            assert_eq!(sentence(words), wanted);
        }
    }
}
