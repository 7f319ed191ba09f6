//! Pages that ask before something is done. Each is a page of its own; with scripts it floats as a
//! dialog over the page it was asked from.

use std::sync::Arc;

use askama::Template;

use super::{Input, Person, Select, Shell, Words};

/// One thing that ends or stays when the answer is yes.
#[derive(Clone, Debug)]
pub struct Consequence {
    /// A sentence, such as `2 sessions end at once`.
    pub text: String,
    /// Whether it ends (or else stays).
    pub ends: bool,
}

impl Consequence {
    /// Something that ends.
    #[must_use]
    pub fn ends(text: impl Into<String>) -> Self {
        Self { text: text.into(), ends: true }
    }

    /// Something that stays.
    #[must_use]
    pub fn stays(text: impl Into<String>) -> Self {
        Self { text: text.into(), ends: false }
    }
}

/// A word to be typed before something that cannot be undone; sent as `confirm`.
#[derive(Clone, Debug)]
pub struct TypedWord {
    /// What has to be typed.
    pub expected: String,
    /// What was typed.
    pub input: Input,
}

/// Remove, leave, deactivate, reactivate, approve, reject, end sessions, cancel an invitation, revoke
/// a token, delete the organization.
#[derive(Clone, Debug, Template)]
#[template(path = "people/confirm.html")]
pub struct ConfirmPage {
    /// Surroundings.
    pub page: Shell,
    /// The question.
    pub title: String,
    /// Who it is about; `None` when it is about no person.
    pub person: Option<Person>,
    /// One or two sentences.
    pub lead: String,
    /// What ends and what stays.
    pub consequences: Vec<Consequence>,
    /// Why it is refused now; the button is then absent.
    pub refused: Option<String>,
    /// A word to type.
    pub typed: Option<TypedWord>,
    /// What a reason may be given for, sent as `reason`; `None` asks for none.
    pub reason: Option<Input>,
    /// Where the form posts: the address of the page itself.
    pub action: String,
    /// The word on the button.
    pub yes: String,
    /// Whether it ends something.
    pub danger: bool,
    /// Back.
    pub cancel_href: String,
}

/// `GET /{org}/admin/users/{mem}/role` and `…/invitations/{inv}/role`
#[derive(Clone, Debug, Template)]
#[template(path = "people/change_role.html")]
pub struct ChangeRolePage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// Whose role.
    pub person: Person,
    /// `role`, each with its sentence and the reason when it cannot be given.
    pub role: Select,
    /// Where the form posts: the address of the page itself.
    pub action: String,
    /// Back.
    pub cancel_href: String,
}
