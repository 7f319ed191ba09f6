//! What a form holds: typed values with what is wrong with them, and choices. It does not validate.

/// One input: what was typed (kept when the form is shown again) and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The value to show; never filled for passwords.
    pub value: String,
    /// One sentence that says what is wrong and what is allowed.
    pub error: Option<String>,
}

impl Input {
    /// An input with a value and nothing wrong.
    #[must_use]
    pub fn of(value: impl Into<String>) -> Self {
        Self { value: value.into(), error: None }
    }

    /// The same input with an error.
    #[must_use]
    pub fn wrong(mut self, error: impl Into<String>) -> Self {
        self.error = Some(error.into());
        self
    }
}

/// One entry of a select, a group of radio buttons or a list of checkboxes.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// A sentence below the label; empty for none.
    pub hint: String,
    /// Whether it is chosen.
    pub selected: bool,
    /// Why it cannot be chosen; `None` when it can.
    pub refused: Option<String>,
}

impl Choice {
    /// A choice that may be taken and is not.
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), ..Self::default() }
    }

    /// With a sentence below the label.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Chosen when `selected`.
    #[must_use]
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// Shown, but not to be taken.
    #[must_use]
    pub fn refused(mut self, why: impl Into<String>) -> Self {
        self.refused = Some(why.into());
        self
    }
}

/// A question with several choices and what is wrong with the answer.
#[derive(Clone, Debug, Default)]
pub struct Select {
    /// In the order they are shown.
    pub choices: Vec<Choice>,
    /// One sentence, as in [`Input`].
    pub error: Option<String>,
}

impl Select {
    /// A question nobody answered wrongly yet.
    #[must_use]
    pub fn of(choices: Vec<Choice>) -> Self {
        Self { choices, error: None }
    }
}
