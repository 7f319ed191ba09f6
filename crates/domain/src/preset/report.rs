//! What is wrong with a preset file: where, which rule, and what to do.

use serde::Serialize;
use std::cell::RefCell;
use std::fmt;

/// One violation in a preset file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PresetError {
    /// The file's name as it was given to [`super::Preset::parse`].
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The stable name of the rule, for example `permission.duplicate`.
    pub rule: &'static str,
    /// What is wrong.
    pub detail: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for PresetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PresetError { file, line, rule, detail, hint } = self;
        write!(f, "{file}:{line}: {rule}: {detail} ({hint})")
    }
}

impl std::error::Error for PresetError {}

/// Collects violations while a file is read, so that one look shows all of them.
pub(super) struct Report<'t> {
    file: &'t str,
    text: &'t str,
    errors: RefCell<Vec<PresetError>>,
}

impl<'t> Report<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Report<'t> {
        let errors = RefCell::default();
        Report { file, text, errors }
    }

    /// Adds a violation at byte `at` of the text.
    pub(super) fn add(&self, at: usize, rule: &'static str, detail: impl Into<String>, hint: impl Into<String>) {
        let before = self.text.bytes().take(at);
        self.errors.borrow_mut().push(PresetError {
            file: self.file.to_owned(),
            line: before.filter(|byte| *byte == b'\n').count() + 1,
            rule,
            detail: detail.into(),
            hint: hint.into(),
        });
    }

    /// The violations in the order of their lines.
    pub(super) fn into_errors(self) -> Vec<PresetError> {
        let mut errors = self.errors.into_inner();
        errors.sort_by_key(|error| error.line);
        errors
    }
}
