//! The question before somebody goes: removed, leaving, or deleting their account, with who gets what
//! they own. A page of its own; with scripts it floats as a dialog.

use askama::Template;

use super::{Choice, Consequence, Input, Person, Shell, TypedWord};

/// Something that is owned, and who gets it.
#[derive(Clone, Debug)]
pub struct Heirloom {
    /// The field's name, `transfers.res_…`.
    pub field: String,
    /// What it is called.
    pub name: String,
    /// What it is, such as `Project`.
    pub kind: String,
    /// The address of who gets it.
    pub heir: Input,
}

/// Who gets what is owned.
#[derive(Clone, Debug)]
pub struct Handing {
    /// How many things, and what becomes of them when nothing is said.
    pub lead: String,
    /// `transfer_to`: the address of who gets everything not named below.
    pub all: Input,
    /// The things, the first of them when there are many.
    pub each: Vec<Heirloom>,
    /// How many are not shown.
    pub hidden: usize,
    /// People to choose from: address and name. Others may be typed.
    pub people: Vec<Choice>,
}

impl Handing {
    /// Whether something was said about one of the things.
    fn answered(&self) -> bool {
        self.each.iter().any(|one| !one.heir.value.is_empty() || one.heir.error.is_some())
    }
}

/// Remove somebody, leave, delete one's account.
#[derive(Clone, Debug, Template)]
#[template(path = "people/going.html")]
pub struct GoingPage {
    /// Surroundings.
    pub page: Shell,
    /// The question.
    pub title: String,
    /// Who it is about; `None` for the reader.
    pub person: Option<Person>,
    /// One or two sentences.
    pub lead: String,
    /// What ends and what stays.
    pub consequences: Vec<Consequence>,
    /// Why it is refused now; the form is then absent.
    pub refused: Option<String>,
    /// What is wrong with the answer that was sent.
    pub problem: Option<String>,
    /// Who gets what they own; `None` when they own nothing.
    pub handing: Option<Handing>,
    /// What remains to be done elsewhere, a sentence each.
    pub after: Vec<String>,
    /// A word to type.
    pub typed: Option<TypedWord>,
    /// `password`, where the account has one.
    pub password: Option<Input>,
    /// Where the form posts: the address of the page itself.
    pub action: String,
    /// The word on the button.
    pub yes: String,
    /// Back.
    pub cancel_href: String,
}
