//! Every question the program asks of its tables, by subject. Does not change anything.

pub mod audit;
pub mod credential;
pub mod group;
pub mod identity;
pub mod invitation;
pub mod member;
pub mod organization;
pub mod outbox;
pub mod resource;
pub mod schema;

/// A list question's words: what to begin after, and how many at most.
#[derive(Clone, Debug)]
pub struct Page<K> {
    /// The last row seen, if any.
    pub after: Option<K>,
    /// At most so many rows.
    pub limit: u32,
}

pub(crate) fn statements() -> impl Iterator<Item = String> {
    [organization::STATEMENTS, identity::STATEMENTS, invitation::STATEMENTS, credential::STATEMENTS, outbox::STATEMENTS]
        .into_iter()
        .flatten()
        .map(|sql| (*sql).to_owned())
        .chain(member::statements())
        .chain(audit::statements())
        .chain(group::statements())
        .chain(resource::statements())
}
